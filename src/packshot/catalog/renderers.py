"""Results as JSON lines, CSV, a table for the terminal, or a page for the browser."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from packshot.assess.advice import shown, texts
from packshot.catalog.html import HtmlReport
from packshot.catalog.rendering import Renderer
from packshot.catalog.wording import without_findings
from packshot.errors import InvalidInput
from packshot.measure.scores import PROPERTIES
from packshot.report import (
    Assessment,
    Distortion,
    Evidence,
    Facts,
    Finding,
    Grade,
    Record,
    Region,
    Severity,
    Status,
)

_COLOURS = {
    Grade.EXCELLENT: "green",
    Grade.GOOD: "green",
    Grade.FAIR: "yellow",
    Grade.POOR: "red",
    Grade.BAD: "red",
    Grade.UNKNOWN: "dim",
}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_VERDICT = ("path", "status", "error", "score", "grade", "percentile", "reference", "confidence")
_FACTS = tuple(name for name in Facts.model_fields if name != "exif")
_SEVERITY_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
_PIPED_WIDTH = 140


def renderer(name: str, stream: TextIO, language: str, explain: bool = False) -> Renderer:
    """The renderer of a format: ``table``, ``jsonl``, ``csv`` or ``html``.

    Args:
        name: The format.
        stream: Where to write.
        language: Of words.
        explain: Tables: with evidence and measurements.

    Raises:
        InvalidInput: An unknown format or language.
    """
    texts(language)
    if name == "jsonl":
        return JsonLines(stream)
    if name == "csv":
        return CsvTable(stream)
    if name == "table":
        return TerminalTable(stream, language, explain)
    if name == "html":
        return HtmlReport(stream, language)
    raise InvalidInput(f"unknown format {name!r}; there are table, jsonl, csv, html")


class JsonLines(Renderer):
    """One JSON object a line, written as soon as it is known."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def add(self, assessment: Assessment) -> None:
        """Write a line."""
        self._stream.write(assessment.model_dump_json() + "\n")
        self._stream.flush()


class CsvTable(Renderer):
    """One row a photo; text that a spreadsheet would run as a formula is defused.

    Everything an assessment holds but the damage map and the EXIF fields, which do not fit in cells.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._writer = csv.writer(stream)
        self._writer.writerow(
            [
                *_VERDICT,
                *(f"product_{side}" for side in Region.model_fields),
                *_FACTS,
                *("errors", "warnings", "findings", "remedies", "distortions", "evidence"),
                *_measured_columns(),
            ]
        )

    def add(self, assessment: Assessment) -> None:
        """Write a row."""
        severities = Counter(finding.severity for finding in assessment.findings)
        cells: list[object] = [
            *(getattr(assessment, name) for name in _VERDICT),
            *_fields(assessment.product, Region.model_fields),
            *_fields(assessment.facts, _FACTS),
            *(severities[Severity.ERROR], severities[Severity.WARNING]),
            "; ".join(finding.code for finding in assessment.findings),
            " ".join(finding.remedy for finding in assessment.findings),
            "; ".join(f"{d.kind} {d.probability:.2f}" for d in assessment.distortions),
            "; ".join(f"{e.example} = {e.score:.1f} ({e.weight:.0%})" for e in assessment.evidence),
            *_measured(assessment),
        ]
        self._writer.writerow([_defused(cell) for cell in cells])
        self._stream.flush()


class TerminalTable(Renderer):
    """A table for people, printed when all is known."""

    def __init__(self, stream: TextIO, language: str, explain: bool) -> None:
        wide = stream.isatty() or "COLUMNS" in os.environ
        self._console = Console(file=stream, width=None if wide else _PIPED_WIDTH)
        self._language = language
        self._texts = texts(language)
        self._explain = explain
        labels = self._texts.labels
        self._table = Table(box=None, pad_edge=False)
        self._table.add_column(labels["photo"], overflow="fold", ratio=2)
        self._table.add_column(labels["score"], justify="right")
        self._table.add_column(labels["grade"])
        self._table.add_column(labels["findings"], ratio=4)

    def add(self, assessment: Assessment) -> None:
        """Remember a row."""
        if assessment.status is Status.UNREADABLE:
            reason = Text(assessment.error or "", style="red")
            verdict = Text(self._texts.labels["unreadable"], "red")
            self._table.add_row(Text(assessment.path), "", verdict, reason)
            return
        colour = _COLOURS[assessment.grade]
        self._table.add_row(
            Text(assessment.path),
            Text(f"{assessment.score:.1f}", style=f"bold {colour}"),
            Text(self._texts.grades[assessment.grade], style=colour),
            self._advice(assessment),
        )

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)

    def _advice(self, assessment: Assessment) -> Text:
        lines = [self._finding(found) for found in assessment.findings]
        if not lines:
            lines = [Text(without_findings(assessment, self._language), style="dim")]
        if self._explain:
            lines += [Text(line, style="dim") for line in self._details(assessment)]
        return Text("\n").join(lines)

    def _finding(self, found: Finding) -> Text:
        title = self._texts.findings[found.code].title
        reason = f" {found.reason}" if self._explain else ""
        colour = _SEVERITY_COLOURS[found.severity]
        return Text.assemble((f"{title}.", colour), f"{reason} {found.remedy}")

    def _details(self, assessment: Assessment) -> list[str]:
        words = self._texts
        confidence = f"{(assessment.confidence or 0) * 100:.0f}"
        return [
            words.label("confidence", value=confidence),
            *(self._likely(likely) for likely in assessment.distortions),
            f"{words.labels['evidence']}:",
            *(f"  {self._piece(piece)}" for piece in assessment.evidence),
            f"{words.labels['measurements']}:",
            *(
                f"  {words.measurements[name]}: {shown(name, measured.value, self._language)}"
                for name, measured in assessment.measurements.items()
                if measured.value is not None
            ),
        ]

    def _likely(self, likely: Distortion) -> str:
        words = self._texts
        level = words.label("level", value=f"{likely.level:.1f}")
        kind = words.kind(likely.kind)
        return f"{words.labels['distortions']}: {kind} {likely.probability:.0%}, {level}"

    def _piece(self, piece: Evidence) -> str:
        words = self._texts
        kind = [] if piece.kind is None else [words.kind(piece.kind)]
        level = [] if not piece.level else [words.label("level", value=str(piece.level))]
        parts = [
            words.label("evidence_rated", value=f"{piece.score:.1f}"),
            words.label("evidence_weight", value=f"{piece.weight * 100:.0f}"),
            *(*kind, *level, words.origin(piece.origin)),
        ]
        return ", ".join(parts)


def _fields(record: Record | None, names: Iterable[str]) -> Iterator[object]:
    """Some fields of a record; None for each where there is no record."""
    return (getattr(record, name, None) for name in names)


def _measured(assessment: Assessment) -> Iterator[float | None]:
    """Value of every measurement, and its score where the property has one."""
    for name, known in PROPERTIES.items():
        found = assessment.measurements.get(name)
        yield None if found is None else found.value
        if known.curve:
            yield None if found is None else found.score


def _measured_columns() -> Iterator[str]:
    """Headings of what `_measured` yields."""
    for name, known in PROPERTIES.items():
        yield name
        if known.curve:
            yield f"{name}_score"


def _defused(cell: object) -> object:
    """A cell that no spreadsheet runs; numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return "'" + cell
    return "" if cell is None else cell
