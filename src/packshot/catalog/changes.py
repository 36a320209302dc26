"""What enhancing changed on a photo, ready to be told."""

from __future__ import annotations

from dataclasses import dataclass

from packshot.assess.advice import texts
from packshot.report import Assessment, Enhancement, Finding, Trial

_UNKNOWN = "–"


@dataclass(frozen=True)
class Changes:
    """What became of the findings.

    Attributes:
        gone: Of the photo as it came, no longer there.
        remaining: Of the photo as it is now.
        new: Codes of those remaining that were not there before.
    """

    gone: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    new: frozenset[str]


def changes(photo: Enhancement) -> Changes:
    """Compare the findings before and after; nothing went away where nothing was changed."""
    before = _findings(photo.before)
    after = before if photo.after is None else _findings(photo.after)
    codes_before, codes_after = ({found.code for found in findings} for findings in (before, after))
    gone = tuple(found for found in before if found.code not in codes_after)
    return Changes(gone, after, frozenset(codes_after - codes_before))


def gain(photo: Enhancement) -> float:
    """Points won, of the scores as they are shown, with one digit; 0 where one is not known."""
    if photo.score_before is None or photo.score_after is None:
        return 0.0
    return round(round(photo.score_after, 1) - round(photo.score_before, 1), 1)


def headings_of_trials(language: str) -> tuple[str, ...]:
    """What stands above the columns of `in_words`."""
    columns = ("round", "step", "why", "score_then", "colour_drift", "structure", "verdict")
    return tuple(texts(language).labels[column] for column in columns)


def in_words(trial: Trial, language: str) -> tuple[str, ...]:
    """A trial as a row: round, step, why, score, colour drift, structure, verdict."""
    words = texts(language)
    titles = [words.title(code) for code in trial.called_for_by]
    return (
        str(trial.round),
        words.step(trial.step),
        "; ".join(titles) or words.labels["uncalled"],
        _number(trial.score, 1),
        _number(trial.colour_drift, 2),
        _number(trial.structure, 3),
        words.verdicts.get(trial.verdict, trial.verdict),
    )


def _findings(assessment: Assessment | None) -> tuple[Finding, ...]:
    return () if assessment is None else assessment.findings


def _number(value: float | None, digits: int) -> str:
    return _UNKNOWN if value is None else f"{value:.{digits}f}"
