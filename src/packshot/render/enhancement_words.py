"""What enhancing changed on a photo, ready to be told."""

from __future__ import annotations

from dataclasses import dataclass

from packshot.render.wording import likely_remedy
from packshot.report import Action, Assessment, Enhancement, Finding, Severity, Trial
from packshot.texts import Texts, load_texts

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
    return tuple(load_texts(language).labels[column] for column in columns)


def in_words(trial: Trial, language: str) -> tuple[str, ...]:
    """A trial as a row: round, step, why, score, colour drift, structure, verdict."""
    words = load_texts(language)
    titles = [words.title(code) for code in trial.called_for_by]
    return (
        str(trial.round),
        _step(trial, words),
        "; ".join(titles) or words.labels["uncalled"],
        _number(trial.score, 1),
        _number(trial.colour_drift, 2),
        _number(trial.structure, 3),
        words.verdicts.get(trial.verdict, trial.verdict),
    )


def advice(photo: Enhancement) -> tuple[Finding, ...]:
    """What calls for another photo, of one that enhancing cannot save; notes do not."""
    if photo.action is not Action.RESHOOT:
        return ()
    return tuple(found for found in changes(photo).remaining if found.severity is not Severity.INFO)


def remedies(photo: Enhancement, language: str) -> list[str]:
    """How to take a photo again: what its findings say, else what its likeliest damage calls for."""
    found = [finding.remedy for finding in advice(photo)]
    if found or photo.action is not Action.RESHOOT or photo.before is None:
        return found
    return list(filter(None, [likely_remedy(photo.before, language)]))


def reason_alone(photo: Enhancement) -> str:
    """The reason, without the remedies it may repeat: `advice` gives them all, and where they belong."""
    reason = photo.reason or ""
    for found in advice(photo):
        reason = reason.replace(found.remedy, "")
    return " ".join(reason.split())


def _step(trial: Trial, words: Texts) -> str:
    step = words.step(trial.step)
    if trial.parts:
        step += f" ({', '.join(map(words.step, trial.parts))})"
    if trial.amount == 1:
        return step
    return words.label("partly", step=step, value=f"{trial.amount * 100:.0f}")


def _findings(assessment: Assessment | None) -> tuple[Finding, ...]:
    return () if assessment is None else assessment.findings


def _number(value: float | None, digits: int) -> str:
    return _UNKNOWN if value is None else f"{value:.{digits}f}"
