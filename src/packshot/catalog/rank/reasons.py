"""Reasons in a seller's words: why one photo stands before another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import PurePath

from packshot.catalog.rank.candidate import RankCandidate, is_clearly_better
from packshot.report import Measurement, Severity
from packshot.texts import format_measurement, load_texts

_MAX_LISTED = 3
"""Properties, or findings, named in one reason: more are not read. A judgement."""

_NOTABLE_DIFFERENCE = 15.0
"""Points on a property's own scale, 0..100, from which on a difference is worth a word. A judgement."""

_NOTABLE_UNEVENNESS = 0.1
"""Difference of combing from which on tones count as changed: of versions of training originals 32 in
100 are by this more uneven than the original, less uneven 1 in 100."""

_NOTABLE_PLEASANTNESS = 0.1
"""Difference of the probability that people find a photo pleasant, 0..1, worth a word. A judgement."""

_MAX_PERCENT = 99.0
"""Per cent at most that direct comparison is said to be sure: it is right in 98.5 % of pairs (decision
21)."""


class ReasonWriter:
    """Writes reasons in one language, about one policy.

    Example:
        >>> from packshot.report import Assessment
        >>> best, poor = (
        ...     RankCandidate(Assessment(path=path, status="ok", score=score, confidence=0.8))
        ...     for path, score in (("front.jpg", 85.0), ("dark.jpg", 40.0))
        ... )
        >>> ReasonWriter("en", None).explain_place(best, poor)
        ('scores 85 against 40',)
    """

    def __init__(self, language: str, policy: str | None) -> None:
        """Remember how to speak.

        Raises:
            InvalidInput: An unknown language.
        """
        self._language = language
        self._texts = load_texts(language)
        self._ranking_texts = self._texts.ranking
        self._policy = policy or ""

    def explain_place(self, photo: RankCandidate, following: RankCandidate | None) -> tuple[str, ...]:
        """Return what sets a photo before the next; its own failures where it fails."""
        failure_reasons = (self._explain_failure(photo),) if photo.is_failing else ()
        if following is None:
            return failure_reasons
        return (*failure_reasons, *self._explain_better(photo, following))

    def explain_copy(self, photo: RankCandidate, best: RankCandidate) -> tuple[str, ...]:
        """Return that a photo is a copy, and in what it is worse."""
        text = self._ranking_texts["copy"].format(name=_file_name(best))
        return (
            text,
            *self._explain_measurements(best, photo, key="worse"),
            *self._explain_tones(best, photo, "uneven-histogram"),
        )

    def explain_no_photo(self, count: int) -> str:
        """Explain a product without any photo that can be used."""
        return self._ranking_texts["none-readable" if count else "no-photo"].format(count=count)

    def explain_first(self, best: RankCandidate, count: int) -> str:
        """Explain the order of a product whose present main photo is not known."""
        return self._ranking_texts["only" if count == 1 else "first"].format(name=_file_name(best))

    def explain_stay(self, current: RankCandidate, count: int) -> str:
        """Explain that the present photo is the best."""
        if current.is_failing:
            key = "only-fails" if count == 1 else "all-fail"
            return self._ranking_texts[key].format(
                name=_file_name(current), why=self._explain_failure(current)
            )
        return self._ranking_texts["only" if count == 1 else "stays"].format(name=_file_name(current))

    def explain_near_tie(self, best: RankCandidate, current: RankCandidate) -> str:
        """Explain that another is the best, but not clearly."""
        return self._ranking_texts["as-good"].format(name=_file_name(best), present=_file_name(current))

    def explain_swap(self, best: RankCandidate, current: RankCandidate, *, is_copy: bool) -> str:
        """Explain that another photo should take the present one's place.

        Args:
            best: The other.
            current: The one that is shown.
            is_copy: One is a copy of the other.
        """
        reason = self._join(self._explain_better(best, current, is_copy=is_copy))
        return self._ranking_texts["swap"].format(
            name=_file_name(best), present=_file_name(current), why=reason
        )

    def explain_unreadable(self, best: RankCandidate, current: RankCandidate) -> str:
        """Explain that the present photo cannot be read."""
        error = current.assessment.error or ""
        return self._ranking_texts["swap-unreadable"].format(
            name=_file_name(best), present=_file_name(current), error=error
        )

    def _explain_better(
        self, one: RankCandidate, other: RankCandidate, *, is_copy: bool = False
    ) -> tuple[str, ...]:
        comparison = [*self._explain_comparison(one, other)] if is_copy else []
        return (
            *self._explain_policy(one, other),
            *(comparison or self._explain_score(one, other)),
            *self._explain_emotion(one, other),
            *self._explain_measurements(one, other, key="better"),
            *(self._explain_tones(one, other, "even-histogram") if is_copy else ()),
            *self._explain_findings(one, other),
        )

    def _explain_policy(self, one: RankCandidate, other: RankCandidate) -> Iterator[str]:
        if other.is_failing and not one.is_failing:
            yield self._ranking_texts["passes"].format(
                policy=self._policy, why=self._join(other.failures)
            )

    def _explain_score(self, one: RankCandidate, other: RankCandidate) -> Iterator[str]:
        values = {"score": f"{one.score:.0f}", "other": f"{other.score:.0f}"}
        margin = f"{max(one.score_margin, other.score_margin):.0f}"
        if is_clearly_better(one, other):
            yield self._ranking_texts["score"].format(**values)
        elif not is_clearly_better(other, one):
            yield self._ranking_texts["tie"].format(score_margin=margin, **values)
        else:
            yield self._ranking_texts["lower-score"].format(**values)

    def _explain_comparison(self, one: RankCandidate, other: RankCandidate) -> Iterator[str]:
        """Yield how sure direct comparison is; nothing where the two were not compared."""
        if one.log_odds is not None and other.log_odds is not None:
            probability = 100 / (1 + math.exp(other.log_odds - one.log_odds))
            yield self._ranking_texts["beside"].format(value=f"{min(probability, _MAX_PERCENT):.0f}")

    def _explain_tones(self, one: RankCandidate, other: RankCandidate, key: str) -> Iterator[str]:
        """Yield, of two copies, that the other's tones were computed from those of the first."""
        if other.histogram_unevenness - one.histogram_unevenness >= _NOTABLE_UNEVENNESS:
            yield self._ranking_texts[key]

    def _explain_emotion(self, one: RankCandidate, other: RankCandidate) -> Iterator[str]:
        if one.pleasantness is None or other.pleasantness is None:
            return
        if one.pleasantness - other.pleasantness >= _NOTABLE_PLEASANTNESS:
            values = {
                "value": f"{100 * one.pleasantness:.0f}",
                "other": f"{100 * other.pleasantness:.0f}",
            }
            yield self._ranking_texts["pleasant"].format(**values)

    def _explain_measurements(self, one: RankCandidate, other: RankCandidate, key: str) -> Iterator[str]:
        """Yield properties by which the first is the better, the largest difference first."""
        own, others = one.assessment.measurements, other.assessment.measurements
        gains = {
            name: _measurement_score(value) - _measurement_score(others[name])
            for name, value in own.items()
            if name in others and None not in (value.score, others[name].score)
        }
        notable = sorted(
            (name for name in gains if gains[name] >= _NOTABLE_DIFFERENCE), key=lambda n: -gains[n]
        )
        for name in notable[:_MAX_LISTED]:
            yield self._ranking_texts[key].format(
                measurement=self._texts.measurements[name],
                value=format_measurement(name, own[name].value, self._language),
                other=format_measurement(name, others[name].value, self._language),
            )

    def _explain_findings(self, one: RankCandidate, other: RankCandidate) -> Iterator[str]:
        """Yield what was found in the other and not in this one."""
        own_codes = {finding.code for finding in one.assessment.findings}
        titles = [
            self._texts.title(finding.code)
            for finding in other.assessment.findings
            if finding.code not in own_codes and finding.severity is not Severity.INFO
        ]
        if titles:
            yield self._ranking_texts["found"].format(found=self._join(titles[:_MAX_LISTED]))

    def _explain_failure(self, photo: RankCandidate) -> str:
        return self._ranking_texts["fails"].format(policy=self._policy, why=self._join(photo.failures))

    def _join(self, parts: tuple[str, ...] | list[str]) -> str:
        return self._ranking_texts["joint"].join(parts)


def _file_name(photo: RankCandidate) -> str:
    return PurePath(photo.path).name


def _measurement_score(measurement: Measurement) -> float:
    return 0.0 if measurement.score is None else measurement.score
