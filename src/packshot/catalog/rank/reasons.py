"""Why one photo stands before another, in a seller's words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import PurePath

from packshot.catalog.rank.candidate import Candidate, clearly_better
from packshot.report import Measurement, Severity
from packshot.texts import format_measurement, load_texts

_NAMED = 3
_NOTABLE = 15.0
"""Points on a property's own scale from which on a difference is worth a word."""

_COMBED = 0.1
"""Difference of combing from which on tones count as changed: of versions of training originals 32 in
100 are by this more combed than the original, less combed 1 in 100."""

_PLEASANTER = 0.1
_MOST_SURE = 99.0


class Reasons:
    """Words of one language, about one policy."""

    def __init__(self, language: str, policy: str | None) -> None:
        """Remember how to speak.

        Raises:
            InvalidInput: An unknown language.
        """
        self._language = language
        self._texts = load_texts(language)
        self._words = self._texts.ranking
        self._policy = policy or ""

    def ahead(self, photo: Candidate, following: Candidate | None) -> tuple[str, ...]:
        """What sets a photo before the next; its own failures where it fails."""
        own = (self._fails(photo),) if photo.fails else ()
        if following is None:
            return own
        return (*own, *self._better(photo, following))

    def copy(self, photo: Candidate, best: Candidate) -> tuple[str, ...]:
        """That a photo is a copy, and in what it is worse."""
        told = self._words["copy"].format(name=_name(best))
        return (told, *self._measured(best, photo, key="worse"), *self._by_tones(best, photo, "combed"))

    def nothing(self, count: int) -> str:
        """Of a product without any photo that can be used."""
        return self._words["none-readable" if count else "no-photo"].format(count=count)

    def first(self, best: Candidate, count: int) -> str:
        """Of a product whose present main photo is not known."""
        return self._words["only" if count == 1 else "first"].format(name=_name(best))

    def stays(self, present: Candidate, count: int) -> str:
        """The present photo is the best."""
        if present.fails:
            key = "only-fails" if count == 1 else "all-fail"
            return self._words[key].format(name=_name(present), why=self._fails(present))
        return self._words["only" if count == 1 else "stays"].format(name=_name(present))

    def as_good(self, best: Candidate, present: Candidate) -> str:
        """Another is the best, but not clearly."""
        return self._words["as-good"].format(name=_name(best), present=_name(present))

    def swap(self, best: Candidate, present: Candidate, *, copies: bool) -> str:
        """Another photo should take the present one's place.

        Args:
            best: The other.
            present: The one that is shown.
            copies: One is a copy of the other.
        """
        why = self._joined(self._better(best, present, copies=copies))
        return self._words["swap"].format(name=_name(best), present=_name(present), why=why)

    def swap_unreadable(self, best: Candidate, present: Candidate) -> str:
        """The present photo cannot be read."""
        error = present.assessment.error or ""
        return self._words["swap-unreadable"].format(
            name=_name(best), present=_name(present), error=error
        )

    def _better(self, one: Candidate, other: Candidate, *, copies: bool = False) -> tuple[str, ...]:
        side_by_side = [*self._by_merit(one, other)] if copies else []
        return (
            *self._by_policy(one, other),
            *(side_by_side or self._by_score(one, other)),
            *self._by_feeling(one, other),
            *self._measured(one, other, key="better"),
            *(self._by_tones(one, other, "uncombed") if copies else ()),
            *self._found(one, other),
        )

    def _by_policy(self, one: Candidate, other: Candidate) -> Iterator[str]:
        if other.fails and not one.fails:
            yield self._words["passes"].format(policy=self._policy, why=self._joined(other.failures))

    def _by_score(self, one: Candidate, other: Candidate) -> Iterator[str]:
        values = {"score": f"{one.score:.0f}", "other": f"{other.score:.0f}"}
        certainty = f"{max(one.certainty, other.certainty):.0f}"
        if clearly_better(one, other):
            yield self._words["score"].format(**values)
        elif not clearly_better(other, one):
            yield self._words["tie"].format(certainty=certainty, **values)
        else:
            yield self._words["lower-score"].format(**values)

    def _by_merit(self, one: Candidate, other: Candidate) -> Iterator[str]:
        """How sure direct comparison is; nothing where the two were not compared."""
        if one.merit is not None and other.merit is not None:
            sure = 100 / (1 + math.exp(other.merit - one.merit))
            yield self._words["beside"].format(value=f"{min(sure, _MOST_SURE):.0f}")

    def _by_tones(self, one: Candidate, other: Candidate, key: str) -> Iterator[str]:
        """Of two copies, that the other's tones were computed from values like those of the first."""
        if other.combed - one.combed >= _COMBED:
            yield self._words[key]

    def _by_feeling(self, one: Candidate, other: Candidate) -> Iterator[str]:
        if one.pleasant is None or other.pleasant is None:
            return
        if one.pleasant - other.pleasant >= _PLEASANTER:
            values = {"value": f"{100 * one.pleasant:.0f}", "other": f"{100 * other.pleasant:.0f}"}
            yield self._words["pleasant"].format(**values)

    def _measured(self, one: Candidate, other: Candidate, key: str) -> Iterator[str]:
        """The properties by which the first is the better, those of the largest difference first."""
        mine, theirs = one.assessment.measurements, other.assessment.measurements
        gains = {
            name: _score(value) - _score(theirs[name])
            for name, value in mine.items()
            if name in theirs and None not in (value.score, theirs[name].score)
        }
        notable = sorted((name for name in gains if gains[name] >= _NOTABLE), key=lambda n: -gains[n])
        for name in notable[:_NAMED]:
            yield self._words[key].format(
                measurement=self._texts.measurements[name],
                value=format_measurement(name, mine[name].value, self._language),
                other=format_measurement(name, theirs[name].value, self._language),
            )

    def _found(self, one: Candidate, other: Candidate) -> Iterator[str]:
        """What was found in the other and not in this one."""
        said = {found.code for found in one.assessment.findings}
        titles = [
            self._texts.title(found.code)
            for found in other.assessment.findings
            if found.code not in said and found.severity is not Severity.INFO
        ]
        if titles:
            yield self._words["found"].format(found=self._joined(titles[:_NAMED]))

    def _fails(self, photo: Candidate) -> str:
        return self._words["fails"].format(policy=self._policy, why=self._joined(photo.failures))

    def _joined(self, parts: tuple[str, ...] | list[str]) -> str:
        return self._words["joint"].join(parts)


def _name(photo: Candidate) -> str:
    return PurePath(photo.path).name


def _score(measured: Measurement) -> float:
    return 0.0 if measured.score is None else measured.score
