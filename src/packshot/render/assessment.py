"""Assessments as JSON lines, CSV, a table for the terminal, or a page for the browser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, TextIO

from rich.text import Text

from packshot.render.assessment_page import AssessmentPage
from packshot.render.emotion_words import in_a_line
from packshot.render.lines import CsvTable, JsonLines
from packshot.render.renderer import Makers, Renderer
from packshot.render.terminal import GRADE_COLOURS, SEVERITY_COLOURS, Columns, console_for
from packshot.render.wording import without_findings
from packshot.report import (
    MEASUREMENTS,
    OVERLAYS,
    Assessment,
    Distortion,
    Evidence,
    Facts,
    Finding,
    Record,
    Region,
    Severity,
    Status,
)
from packshot.texts import format_measurement, load_texts

_VERDICT = ("path", "status", "error", "score", "grade", "percentile", "reference", "confidence")
_FELT = ("polarity", "positive_probability", "positive_intensity", "negative_intensity", "valence")
_FACTS = tuple(name for name in Facts.model_fields if name != "exif")


class AssessmentRows(CsvTable[Assessment]):
    """All that an assessment holds but the damage map and the EXIF fields, which do not fit in cells."""

    def __init__(self, stream: TextIO) -> None:
        columns = (
            *_VERDICT,
            *(f"product_{side}" for side in Region.model_fields),
            *_FACTS,
            *("errors", "warnings", "findings", "remedies", "distortions", "evidence"),
            *_measured_columns(),
            *_FELT,
        )
        super().__init__(stream, columns)

    def _cells(self, assessment: Assessment) -> Iterator[object]:
        severities = Counter(finding.severity for finding in assessment.findings)
        yield from (getattr(assessment, name) for name in _VERDICT)
        yield from _fields(assessment.product, Region.model_fields)
        yield from _fields(assessment.facts, _FACTS)
        yield from (severities[Severity.ERROR], severities[Severity.WARNING])
        yield "; ".join(finding.code for finding in assessment.findings)
        yield " ".join(finding.remedy for finding in assessment.findings)
        yield "; ".join(f"{d.kind} {d.probability:.2f}" for d in assessment.distortions)
        yield "; ".join(f"{e.example} = {e.score:.1f} ({e.weight:.0%})" for e in assessment.evidence)
        yield from _measured(assessment)
        yield from _fields(assessment.emotion, _FELT)


class AssessmentTable(Renderer[Assessment]):
    """A table for people, printed when all is known."""

    def __init__(self, stream: TextIO, language: str, explain: bool) -> None:
        self._console = console_for(stream)
        self._language = language
        self._texts = load_texts(language)
        self._explain = explain
        labels = self._texts.labels
        self._table = Columns()
        self._table.column(labels["photo"])
        self._table.column(labels["score"], justify="right")
        self._table.column(labels["grade"])
        self._table.column(labels["findings"])

    def add(self, assessment: Assessment) -> None:
        """Remember a row."""
        if assessment.status is not Status.OK:
            reason = Text(assessment.error or "", style="red")
            verdict = Text(self._texts.labels[assessment.status], "red")
            self._table.add_row(Text(assessment.path), "", verdict, reason)
            return
        colour = GRADE_COLOURS[assessment.grade]
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
        if assessment.emotion is not None:
            lines.append(Text(in_a_line(assessment.emotion, self._language), style="dim"))
        if self._explain:
            lines += [Text(line, style="dim") for line in self._details(assessment)]
        return Text("\n").join(lines)

    def _finding(self, found: Finding) -> Text:
        title = self._texts.title(found.code)
        reason = f" {found.reason}" if self._explain else ""
        colour = SEVERITY_COLOURS[found.severity]
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
            *(f"  {line}" for line in self._measurements(assessment)),
        ]

    def _measurements(self, assessment: Assessment) -> Iterator[str]:
        for name, measured in assessment.measurements.items():
            if measured.value is not None:
                value = format_measurement(name, measured.value, self._language)
                yield f"{self._texts.measurements[name]}: {value}"

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
    for name in (*MEASUREMENTS, *OVERLAYS):
        found = assessment.measurements.get(name)
        yield None if found is None else found.value
        if _is_scored(name):
            yield None if found is None else found.score


def _measured_columns() -> Iterator[str]:
    """Headings of what `_measured` yields."""
    for name in (*MEASUREMENTS, *OVERLAYS):
        yield name
        if _is_scored(name):
            yield f"{name}_score"


def _is_scored(name: str) -> bool:
    return name in MEASUREMENTS and MEASUREMENTS[name].scored


MAKERS: Final[Makers[Assessment]] = {
    "table": lambda stream, options: AssessmentTable(stream, options.language, options.explain),
    "jsonl": lambda stream, _: JsonLines(stream),
    "csv": lambda stream, _: AssessmentRows(stream),
    "html": AssessmentPage,
}
