"""Photos against rules as one self-contained page: a row for each photo and policy, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import PurePath
from typing import Final, TextIO

from packshot.catalog.page import Page, Picture, page_template, thumbnail
from packshot.policy import Policy, Rule
from packshot.policy.rules import Source
from packshot.policy.wording import (
    asked_for,
    localised,
    policy_texts,
    requirement_shown,
    title_of,
    value_shown,
)
from packshot.report import Decision, RuleOutcome, Status, Verdict

THUMBNAIL_SIDE = 176
_TONES: Final = {
    Decision.FAIL: "bad",
    Decision.MANUAL: "info",
    Decision.WARN: "fair",
    Decision.INFO: "none",
    Decision.PASS: "good",
}


@dataclass(frozen=True)
class Cell:
    """What a rule says of a photo, in the matrix.

    Attributes:
        outcome: The rule's; None where the policy has no such rule for the photo.
        number: Of its column.
        tone: The name of its colour.
        value: What was measured; empty where it was not.
        asked: What was asked for; empty where only a person can judge.
    """

    outcome: RuleOutcome | None
    number: int
    tone: str = ""
    value: str = ""
    asked: str = ""


@dataclass(frozen=True)
class AskedFor:
    """A rule in the list of rules.

    Attributes:
        policy: Its policy's name.
        rule: The rule.
        title: In words.
        asked: What it asks for, in words.
        source: Where it is from.
    """

    policy: str
    rule: Rule
    title: str
    asked: str
    source: Source


class ScreeningPage(Page[Verdict]):
    """A matrix whose rows are sorted from the worst to the best photo.

    Columns in which all photos pass, and those that nothing was measured for, are folded: they tell no
    photo from another.
    """

    def __init__(
        self,
        stream: TextIO,
        language: str,
        policies: Sequence[Policy],
        on: date,
        since: date | None,
    ) -> None:
        super().__init__(stream, language)
        self._policies = policies
        self._days = (on, since)
        self._asks = policy_texts(language)
        self._columns = _columns(policies, language)
        self._numbers = {rule: number for number, rule in enumerate(self._columns)}
        self._telling: set[int] = set()
        self._decisions: Counter[Decision] = Counter()

    def add(self, result: Verdict) -> None:
        """Render a row; an unreadable photo is listed once, whatever the number of policies."""
        told = self._unreadable and self._unreadable[-1][0] == result.path
        if result.status is Status.OK or not told:
            super().add(result)

    def _tally(self, verdict: Verdict) -> None:
        self._decisions[verdict.decision or Decision.MANUAL] += 1
        for outcome in verdict.outcomes:
            measured = outcome.value is not None
            if measured and outcome.decision is not Decision.PASS:
                self._telling.add(self._numbers[outcome.rule])

    def _card(self, verdict: Verdict) -> str:
        return page_template("screening_row.html.j2").render(
            verdict=verdict,
            file=PurePath(verdict.path),
            picture=_picture(verdict.path),
            cells=self._cells(verdict),
            several=len(self._policies) > 1,
            tone=_TONES[verdict.decision or Decision.MANUAL],
            rank=self._rank(verdict),
            broken=verdict.decided(Decision.FAIL, Decision.WARN),
            better=verdict.decided(Decision.INFO),
            unseen=verdict.decided(Decision.MANUAL),
            tones=_TONES,
            words=self._words,
            asks=self._asks,
        )

    def _cells(self, verdict: Verdict) -> list[Cell]:
        outcomes = {outcome.rule: outcome for outcome in verdict.outcomes}
        return [self._cell(outcomes.get(rule), number) for rule, number in self._numbers.items()]

    def _cell(self, outcome: RuleOutcome | None, number: int) -> Cell:
        if outcome is None:
            return Cell(None, number)
        tone = _TONES[outcome.decision]
        if outcome.metric is None:
            return Cell(outcome, number, tone)
        value = value_shown(outcome.metric, outcome.value, self._language)
        return Cell(outcome, number, tone, value, asked_for(outcome, self._language))

    def _rank(self, verdict: Verdict) -> float:
        """The gravest verdicts first, of these the ones with the most rules that are not met."""
        gravity = list(Decision).index(verdict.decision or Decision.FAIL)
        fails, warnings = (len(verdict.decided(d)) for d in (Decision.FAIL, Decision.WARN))
        return 1e6 * gravity - 1e3 * fails - warnings

    def _page(self) -> Iterator[str]:
        on, since = self._days
        return self._rendered(
            "screening_report.html.j2",
            asks=self._asks,
            columns=self._columns,
            telling=sorted(self._telling),
            decisions=self._decisions,
            tones=_TONES,
            policies=[policy.name for policy in self._policies],
            rules=list(self._asked_for()),
            on=on,
            since=since,
        )

    def _asked_for(self) -> Iterator[AskedFor]:
        for policy in self._policies:
            for rule in policy.rules:
                asked = localised(rule.reason, self._language)
                if rule.requirement is not None:
                    asked = requirement_shown(rule.requirement, self._language)
                title = title_of(rule, self._language)
                yield AskedFor(policy.name, rule, title, asked, rule.source)


def _columns(policies: Sequence[Policy], language: str) -> Mapping[str, str]:
    """Titles by rule, of all policies; rules of one name share a column."""
    titles: dict[str, str] = {}
    for policy in policies:
        for rule in policy.rules:
            titles.setdefault(rule.id, title_of(rule, language))
    return titles


@lru_cache(maxsize=1)
def _picture(path: str) -> Picture | None:
    """The thumbnail; the rows of one photo follow one another."""
    return thumbnail(path, THUMBNAIL_SIDE)
