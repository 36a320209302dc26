"""Results as JSON lines, CSV, a table for the terminal, or a page for the browser."""

from __future__ import annotations

import csv
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from packshot.assess.advice import shown, texts
from packshot.catalog.html import HtmlReport
from packshot.errors import InvalidInput
from packshot.measure.scores import PROPERTIES
from packshot.report import Assessment, Grade, Status

_COLOURS = {
    Grade.EXCELLENT: "green",
    Grade.GOOD: "green",
    Grade.FAIR: "yellow",
    Grade.POOR: "red",
    Grade.BAD: "red",
    Grade.UNKNOWN: "dim",
}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Renderer(Protocol):
    """Takes assessments one at a time; complete when its context ends."""

    def add(self, assessment: Assessment) -> None:
        """Write, or remember, one result."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish."""


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


class _Rendering:
    """A context without a beginning or an end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


class JsonLines(_Rendering):
    """One JSON object a line, written as soon as it is known."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def add(self, assessment: Assessment) -> None:
        """Write a line."""
        self._stream.write(assessment.model_dump_json() + "\n")
        self._stream.flush()


class CsvTable(_Rendering):
    """One row a photo; text that a spreadsheet would run as a formula is defused."""

    def __init__(self, stream: TextIO) -> None:
        self._writer = csv.writer(stream)
        self._writer.writerow(
            [
                *("path", "status", "error", "score", "grade", "percentile", "confidence"),
                *("width", "height", "format", "findings", "remedies", "distortions"),
                *PROPERTIES,
            ]
        )

    def add(self, assessment: Assessment) -> None:
        """Write a row."""
        facts = assessment.facts
        cells: list[object] = [
            *(assessment.path, assessment.status, assessment.error, assessment.score),
            *(assessment.grade, assessment.percentile, assessment.confidence),
            *((facts.width, facts.height, facts.format) if facts else (None, None, None)),
            "; ".join(finding.code for finding in assessment.findings),
            " ".join(finding.remedy for finding in assessment.findings),
            "; ".join(f"{d.kind} {d.probability:.2f}" for d in assessment.distortions),
            *(_value(assessment, name) for name in PROPERTIES),
        ]
        self._writer.writerow([_defused(cell) for cell in cells])


class TerminalTable:
    """A table for people, printed when all is known."""

    def __init__(self, stream: TextIO, language: str, explain: bool) -> None:
        self._console = Console(file=stream)
        self._texts = texts(language)
        self._explain = explain
        self._table = Table(box=None, pad_edge=False)
        self._table.add_column("photo", overflow="fold")
        self._table.add_column("score", justify="right")
        for heading in ("grade", "what to do"):
            self._table.add_column(heading)

    def add(self, assessment: Assessment) -> None:
        """Remember a row."""
        if assessment.status is Status.UNREADABLE:
            reason = Text(assessment.error or "", style="red")
            self._table.add_row(Text(assessment.path), "", Text("unreadable", "red"), reason)
            return
        colour = _COLOURS[assessment.grade]
        self._table.add_row(
            Text(assessment.path),
            Text(f"{assessment.score:.1f}", style=f"bold {colour}"),
            Text(self._texts.grades[assessment.grade], style=colour),
            self._advice(assessment),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._table.row_count:
            self._console.print(self._table)

    def _advice(self, assessment: Assessment) -> Text:
        lines = [f"{self._texts.findings[f.code].title}. {f.remedy}" for f in assessment.findings] or [
            self._texts.labels["no_findings"]
        ]
        return Text("\n".join(lines + (self._details(assessment) if self._explain else [])))

    def _details(self, assessment: Assessment) -> list[str]:
        words = self._texts
        lines = [
            f"  {words.labels['confidence']} {assessment.confidence:.0%}",
            *(
                f"  {words.kinds.get(d.kind, d.kind)} {d.probability:.0%}, "
                f"{words.labels['level']} {d.level:.1f}"
                for d in assessment.distortions
            ),
            f"  {words.labels['evidence']}:",
            *(
                f"    {e.score:5.1f}  {e.weight:.0%}  {e.origin}"
                + (f", {words.kinds.get(e.kind, e.kind)} {e.level}" if e.kind else "")
                for e in assessment.evidence
            ),
        ]
        measured = (
            f"  {words.measurements[name]}: {shown(name, m.value)}"
            for name, m in assessment.measurements.items()
            if m.value is not None
        )
        return [*lines, *measured]


def _value(assessment: Assessment, name: str) -> float | None:
    measurement = assessment.measurements.get(name)
    return None if measurement is None else measurement.value


def _defused(cell: object) -> object:
    """A cell that no spreadsheet runs; numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return "'" + cell
    return "" if cell is None else cell
