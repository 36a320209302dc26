"""Assessments as JSON lines, CSV, a table for the terminal, or a page for the browser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TextIO

from rich.text import Text

from packshot.render.cause_bar import draw_cause_bar, mark_cause
from packshot.render.cause_words import LostPoints, describe_aspects, list_lost_points
from packshot.render.lines import CsvTable, JsonLines, RowSink
from packshot.render.renderer import Makers, Renderer, RenderOptions
from packshot.render.terminal import GRADE_COLOURS, SEVERITY_COLOURS, BorderlessTable, make_console
from packshot.render.wording import describe_without_findings, is_weak_guess
from packshot.report import (
    MEASUREMENTS,
    OVERLAYS,
    Assessment,
    Distortion,
    Emotion,
    Evidence,
    Facts,
    Finding,
    Record,
    Region,
    Severity,
    Status,
)
from packshot.texts import format_measurement, load_texts

_SUMMARY_FIELDS = ("path", "status", "error", "score", "grade", "percentile", "reference", "confidence")
_ASPECTS = ("technical", "presentation")
_EMOTION_FIELDS = (
    "polarity",
    "positive_probability",
    "positive_intensity",
    "negative_intensity",
    "valence",
)
_FACT_FIELDS = tuple(name for name in Facts.model_fields if name != "exif")


class AssessmentRows(CsvTable[Assessment]):
    """All that an assessment holds but the damage map and the EXIF fields, which do not fit in cells.

    Example:
        >>> import io
        >>> from packshot.render import renderer_for
        >>> with renderer_for(Assessment, "csv", stream := io.StringIO()) as rows:
        ...     rows.add(Assessment(path="mug.jpg", status=Status.UNREADABLE, error="empty"))
        >>> stream.getvalue().splitlines()[1].split(",")[:4]
        ['mug.jpg', 'unreadable', 'empty', '']
    """

    def __init__(self, stream: TextIO | RowSink) -> None:
        columns = (
            *_SUMMARY_FIELDS,
            *_ASPECTS,
            "causes",
            *(f"product_{side}" for side in Region.model_fields),
            *_FACT_FIELDS,
            *("errors", "warnings", "findings", "remedies", "distortions", "evidence"),
            *_iter_measurement_columns(),
            *_EMOTION_FIELDS,
        )
        super().__init__(stream, columns, has_listing=True)

    def _iter_cells(self, assessment: Assessment) -> Iterator[object]:
        severities = Counter(finding.severity for finding in assessment.findings)
        yield from (getattr(assessment, name) for name in _SUMMARY_FIELDS)
        yield from (getattr(getattr(assessment, name), "score", None) for name in _ASPECTS)
        yield "; ".join(f"{cause.code}:{cause.points:g}" for cause in assessment.causes)
        yield from _get_fields(assessment.product, Region.model_fields)
        yield from _get_fields(assessment.facts, _FACT_FIELDS)
        yield from (severities[Severity.ERROR], severities[Severity.WARNING])
        yield "; ".join(finding.code for finding in assessment.findings)
        yield " ".join(finding.remedy for finding in assessment.findings)
        yield "; ".join(f"{d.kind} {d.probability:.2f}" for d in assessment.distortions)
        yield "; ".join(_summarise_evidence(evidence) for evidence in assessment.evidence)
        yield from _iter_measurements(assessment)
        yield from _get_fields(assessment.emotion, _EMOTION_FIELDS)


class AssessmentTable(Renderer[Assessment]):
    """A table for people, printed when all is known.

    Example:
        >>> import io
        >>> with AssessmentTable(stream := io.StringIO(), "en", explain=False) as table:
        ...     table.add(Assessment(path="mug.jpg", status=Status.UNREADABLE, error="empty"))
        >>> stream.getvalue().splitlines()[1].split()
        ['mug.jpg', 'Unreadable', 'empty']
    """

    def __init__(self, stream: TextIO, language: str, explain: bool) -> None:
        self._console = make_console(stream)
        self._language = language
        self._texts = load_texts(language)
        self._explain = explain
        labels = self._texts.labels
        self._table = BorderlessTable()
        self._table.add_text_column(labels["photo"])
        self._table.add_text_column(labels["score"], justify="right")
        self._table.add_text_column(labels["grade"])
        self._table.add_text_column(labels["findings"])

    def add(self, assessment: Assessment) -> None:
        """Remember a row."""
        if assessment.status is not Status.OK:
            reason = Text(assessment.error or "", style="red")
            status_text = Text(self._texts.labels[assessment.status], "red")
            self._table.add_row(Text(assessment.path), "", status_text, reason)
            return
        colour = GRADE_COLOURS[assessment.grade]
        self._table.add_row(
            Text(assessment.path),
            Text(f"{assessment.score:.1f}", style=f"bold {colour}"),
            Text(self._texts.grades[assessment.grade], style=colour),
            self._format_advice(assessment),
        )

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)

    def _format_advice(self, assessment: Assessment) -> Text:
        causes = list_lost_points(assessment, self._language)
        lines = self._format_scores(assessment, causes)
        lines += self._format_causes_and_findings(assessment, causes)
        if is_weak_guess(assessment):
            lines.append(Text(self._texts.labels["weak_guess"], style="dim"))
        if not assessment.findings:
            lines.append(Text(describe_without_findings(assessment, self._language), style="dim"))
        if assessment.emotion is not None:
            lines.append(Text(_format_emotion(assessment.emotion, self._language), style="dim"))
        if self._explain:
            lines += [Text(line, style="dim") for line in self._format_details(assessment)]
        return Text("\n").join(lines)

    def _format_scores(self, assessment: Assessment, causes: Sequence[LostPoints]) -> list[Text]:
        """Write the two aspects and the bar, each where it is known."""
        aspects = describe_aspects(assessment, self._language, self._explain)
        lines = [Text(aspects)] if aspects else []
        if causes:
            only_ascii = self._console.options.ascii_only
            lines.append(draw_cause_bar(assessment, causes, only_ascii=only_ascii))
        return lines

    def _format_causes_and_findings(
        self, assessment: Assessment, causes: Sequence[LostPoints]
    ) -> Iterator[Text]:
        """Write causes in the order of their letters, then findings that cost no points."""
        findings = {finding.code: finding for finding in assessment.findings}
        for cause in causes:
            finding = findings.pop(cause.code, None)
            yield self._format_cause(cause) if finding is None else self._format_finding(finding, cause)
        yield from (self._format_finding(finding, None) for finding in findings.values())

    def _format_finding(self, finding: Finding, cause: LostPoints | None) -> Text:
        title = (self._texts.title(finding.code), SEVERITY_COLOURS[finding.severity])
        parts = [finding.remedy]
        if self._explain:
            parts = [finding.reason, *self._format_probability(finding), finding.remedy]
        if cause is None:
            return Text.assemble(title, ". ", " ".join(parts))
        lost = f": {self._format_points(cause)}. "
        return Text.assemble(mark_cause(cause), " ", title, lost, " ".join(parts))

    def _format_cause(self, cause: LostPoints) -> Text:
        return Text.assemble(mark_cause(cause), f" {cause.title}: {self._format_points(cause)}.")

    def _format_points(self, cause: LostPoints) -> str:
        return self._texts.label("lost", value=f"{cause.points:.1f}")

    def _format_probability(self, finding: Finding) -> Iterator[str]:
        if finding.probability is not None:
            yield f"({self._texts.chance(finding.probability)})"

    def _format_details(self, assessment: Assessment) -> list[str]:
        assessment_texts = self._texts
        confidence = f"{(assessment.confidence or 0) * 100:.0f}"
        return [
            assessment_texts.label("confidence", value=confidence),
            *(self._format_distortion(distortion) for distortion in assessment.distortions),
            f"{assessment_texts.labels['evidence']}:",
            *(f"  {self._format_evidence(evidence)}" for evidence in assessment.evidence),
            f"{assessment_texts.labels['measurements']}:",
            *(f"  {line}" for line in self._measurements(assessment)),
        ]

    def _measurements(self, assessment: Assessment) -> Iterator[str]:
        for name, measured in assessment.measurements.items():
            if measured.value is not None:
                value = format_measurement(name, measured.value, self._language)
                yield f"{self._texts.measurements[name]}: {value}"

    def _format_distortion(self, distortion: Distortion) -> str:
        assessment_texts = self._texts
        level = assessment_texts.label("level", value=f"{distortion.level:.1f}")
        kind = assessment_texts.kind(distortion.kind)
        return f"{assessment_texts.labels['distortions']}: {kind} {distortion.probability:.0%}, {level}"

    def _format_evidence(self, evidence: Evidence) -> str:
        assessment_texts = self._texts
        kind = [] if evidence.kind is None else [assessment_texts.kind(evidence.kind)]
        level = (
            [] if not evidence.level else [assessment_texts.label("level", value=str(evidence.level))]
        )
        parts = [
            evidence.example,
            assessment_texts.label("evidence_rated", value=f"{evidence.score:.1f}"),
            *self._format_aspect_ratings(evidence),
            assessment_texts.label("evidence_weight", value=f"{evidence.weight * 100:.0f}"),
            *(*kind, *level, assessment_texts.origin(evidence.origin)),
        ]
        return ", ".join(parts)

    def _format_aspect_ratings(self, evidence: Evidence) -> Iterator[str]:
        for name, rating in _iter_aspect_ratings(evidence):
            yield f"{self._texts.labels[name]} {rating:.1f}"


def _iter_aspect_ratings(evidence: Evidence) -> Iterator[tuple[str, float]]:
    """Yield the aspects that were rated, with their ratings."""
    pairs = ((name, getattr(evidence, name)) for name in _ASPECTS)
    yield from ((name, rating) for name, rating in pairs if rating is not None)


def _summarise_evidence(evidence: Evidence) -> str:
    """Write a rated photo for a cell: name, rating and weight, then the ratings of its aspects."""
    aspects = "".join(f", {name} {rating:.1f}" for name, rating in _iter_aspect_ratings(evidence))
    return f"{evidence.example} = {evidence.score:.1f} ({evidence.weight:.0%}){aspects}"


def _get_fields(record: Record | None, names: Iterable[str]) -> Iterator[object]:
    """Get some fields of a record; None for each where there is no record."""
    return (getattr(record, name, None) for name in names)


def _iter_measurements(assessment: Assessment) -> Iterator[float | None]:
    """Yield the value of every measurement, and its score where the property has one."""
    for name in (*MEASUREMENTS, *OVERLAYS):
        measurement = assessment.measurements.get(name)
        yield None if measurement is None else measurement.value
        if _has_score(name):
            yield None if measurement is None else measurement.score


def _iter_measurement_columns() -> Iterator[str]:
    """Yield the headings of what `_iter_measurements` yields."""
    for name in (*MEASUREMENTS, *OVERLAYS):
        yield name
        if _has_score(name):
            yield f"{name}_score"


def _format_emotion(emotion: Emotion, language: str) -> str:
    from packshot.render.emotion_words import format_line

    return format_line(emotion, language)


def _make_page(stream: TextIO, options: RenderOptions) -> Renderer[Assessment]:
    """Make the page; its templates and pictures are loaded for it alone."""
    from packshot.render.assessment_page import AssessmentPage

    return AssessmentPage(stream, options)


def _has_score(name: str) -> bool:
    return name in MEASUREMENTS and MEASUREMENTS[name].scored


MAKERS: Final[Makers[Assessment]] = {
    "table": lambda stream, options: AssessmentTable(stream, options.language, options.explain),
    "jsonl": lambda stream, _: JsonLines(stream),
    "csv": lambda stream, _: AssessmentRows(stream),
    "html": _make_page,
}
