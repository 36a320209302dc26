"""Photos against rules as one self-contained page: a row for each photo and policy, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, TextIO

from packshot.render.page import Page, Picture, page_template
from packshot.render.renderer import RenderOptions
from packshot.report import Decision, PolicySummary, RuleOutcome, Status, Verdict
from packshot.texts import format_value, load_policy_texts
from packshot.texts.policy import format_asked

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


class VerdictPage(Page[Verdict]):
    """A matrix whose rows are sorted from the worst to the best photo.

    Columns in which all photos pass, and those that nothing was measured for, are folded: they tell no
    photo from another.
    """

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._policies = options.policies
        self._days = (options.on, options.since)
        self._asks = load_policy_texts(self._language)
        self._columns = _columns(self._policies)
        self._numbers = {rule: number for number, rule in enumerate(self._columns)}
        self._telling: set[int] = set()
        self._decisions = {policy.name: Counter[Decision]() for policy in self._policies}
        self._picture: tuple[str, Picture | None] = ("", None)

    def add(self, result: Verdict) -> None:
        """Render a row; an unreadable photo is listed once, whatever the number of policies."""
        told = self._unreadable and self._unreadable[-1][0] == result.path
        if result.status is Status.OK or not told:
            super().add(result)

    def _tally(self, verdict: Verdict) -> None:
        self._decisions[verdict.policy][verdict.decision or Decision.MANUAL] += 1
        for outcome in verdict.outcomes:
            measured = outcome.value is not None
            if measured and outcome.decision is not Decision.PASS:
                self._telling.add(self._numbers[outcome.rule])

    def _card(self, verdict: Verdict) -> str:
        return page_template("verdict_row.html.j2").render(
            verdict=verdict,
            file=PurePath(verdict.path),
            picture=self._picture_of(verdict.path),
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

    def _picture_of(self, path: str) -> Picture | None:
        """The thumbnail, made once: the rows of one photo follow one another."""
        if self._picture[0] != path:
            self._picture = path, self._thumbnail(path, THUMBNAIL_SIDE)
        return self._picture[1]

    def _cells(self, verdict: Verdict) -> list[Cell]:
        outcomes = {outcome.rule: outcome for outcome in verdict.outcomes}
        return [self._cell(outcomes.get(rule), number) for rule, number in self._numbers.items()]

    def _cell(self, outcome: RuleOutcome | None, number: int) -> Cell:
        if outcome is None:
            return Cell(None, number)
        tone = _TONES[outcome.decision]
        if outcome.metric is None:
            return Cell(outcome, number, tone)
        value = format_value(outcome.value, outcome.unit, self._language)
        return Cell(outcome, number, tone, value, format_asked(outcome, self._language))

    def _rank(self, verdict: Verdict) -> float:
        """The gravest verdicts first, of these the ones with the most rules that are not met."""
        gravity = list(Decision).index(verdict.decision or Decision.FAIL)
        fails, warnings = (len(verdict.decided(d)) for d in (Decision.FAIL, Decision.WARN))
        return 1e6 * gravity - 1e3 * fails - warnings

    def _page(self) -> Iterator[str]:
        on, since = self._days
        return self._rendered(
            "verdict_report.html.j2",
            asks=self._asks,
            columns=self._columns,
            telling=sorted(self._telling),
            decisions=self._decisions,
            met=[
                decision for decision in Decision if any(c[decision] for c in self._decisions.values())
            ],
            tones=_TONES,
            policies=[policy.name for policy in self._policies],
            rules=[(policy.name, rule) for policy in self._policies for rule in policy.rules],
            on=on,
            since=since,
        )


def _columns(policies: Sequence[PolicySummary]) -> Mapping[str, str]:
    """Titles by rule, of all policies; rules of one name share a column."""
    titles: dict[str, str] = {}
    for policy in policies:
        for rule in policy.rules:
            titles.setdefault(rule.rule, rule.title)
    return titles
