"""Records as notebooks show them: a thumbnail, what it comes to, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from packshot.names import escape_undecodable
from packshot.render.page import load_template, make_thumbnail
from packshot.report import Assessment, Emotion, Enhancement, Record, Status
from packshot.texts import load_texts
from packshot.visible import escape_invisible

_THUMBNAIL_SIDE: Final = 112
"""Pixels of the longer side: some four kilobytes in a notebook's file. A judgement."""

_MAX_LINES: Final = 6
"""Lines below the headline: what is said first is what costs most. A judgement."""

Content = tuple[str, list[str]]
"""A headline and the lines below it."""


def to_html(record: Record) -> str | None:
    """Write a record as a piece of HTML, all text escaped; None for one that has no form of its own.

    The thumbnail is of the file at the record's path, and missing where there is none.

    Example:
        >>> failed = Assessment(path="<b>.jpg", status="unreadable", error="the file is empty")
        >>> "&lt;b&gt;.jpg" in to_html(failed), "<b>" in to_html(failed)
        (True, False)
    """
    describe = _DESCRIPTIONS.get(type(record))
    if describe is None:
        return None
    path = _find_shown_file(record)
    name = escape_invisible(escape_undecodable(Path(path).name or path))
    headline, lines = describe(record)
    return load_template("notebook.html.j2").render(
        picture=make_thumbnail(Path(path), _THUMBNAIL_SIDE) if Path(path).is_file() else None,
        name=name,
        alternative=f"{name}: {headline}",
        headline=headline,
        lines=lines[:_MAX_LINES],
    )


def _find_shown_file(record: Any) -> str:
    return str(getattr(record, "output", None) or record.path)


def _describe_assessment(assessment: Assessment) -> Content:
    if assessment.status is not Status.OK:
        return _describe_failure(assessment)
    grade = load_texts("en").grades[assessment.grade] if assessment.grade else ""
    headline = f"{assessment.score:.1f} {grade}" if assessment.score is not None else grade
    return headline, [f"{one.reason} {one.remedy}".strip() for one in assessment.findings]


def _describe_enhancement(enhancement: Enhancement) -> Content:
    if enhancement.status is not Status.OK:
        return _describe_failure(enhancement)
    before, after = enhancement.score_before, enhancement.score_after
    scores = "" if before is None or after is None else f", {before:.1f} to {after:.1f}"
    lines = [enhancement.reason] if enhancement.reason else []
    return f"{enhancement.action}{scores}", lines + [", ".join(enhancement.steps)] * bool(
        enhancement.steps
    )


def _describe_emotion(emotion: Emotion) -> Content:
    if emotion.polarity is None:
        return _describe_failure(emotion)
    words = load_texts("en").emotion
    intensities = {
        "positive-intensity": emotion.positive_intensity,
        "negative-intensity": emotion.negative_intensity,
    }
    lines = [f"{words[name]}: {value:.2f}" for name, value in intensities.items() if value is not None]
    return emotion.polarity.value, lines


def _describe_failure(record: Assessment | Enhancement | Emotion) -> Content:
    return record.status.value, [record.error] if record.error else []


_DESCRIPTIONS: Final[Mapping[type[Record], Callable[[Any], Content]]] = {
    Assessment: _describe_assessment,
    Enhancement: _describe_enhancement,
    Emotion: _describe_emotion,
}
