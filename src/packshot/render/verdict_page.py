"""Photos against rules as one self-contained page: a row for each photo and policy, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, TextIO

from packshot.render.manual_checks import ManualChecks
from packshot.render.page import Page, Picture, load_template
from packshot.render.renderer import RenderOptions
from packshot.report import Decision, PolicySummary, RuleOutcome, Status, Verdict
from packshot.texts import format_value, load_policy_texts
from packshot.texts.policy import format_outcome_requirement

THUMBNAIL_SIDE = 176
"""Pixels of the long side of a photo in a card. A judgement: large enough to see it, small enough for
thousands on a page."""
_DECISION_RANK_STEP: Final = 1e6
_FAIL_RANK_STEP: Final = 1e3
"""Between the ranks of two decisions, and of one rule more that fails: no policy has a thousand
rules."""
_COLOUR_NAMES: Final = {
    Decision.FAIL: "bad",
    Decision.MANUAL: "info",
    Decision.WARN: "fair",
    Decision.INFO: "none",
    Decision.PASS: "good",
}


@dataclass(frozen=True)
class MatrixCell:
    """The outcome of a rule for a photo, in the matrix.

    Attributes:
        outcome: The rule's; None where the policy has no such rule for the photo.
        number: Of its column.
        colour: The name of its colour.
        value: What was measured; empty where it was not.
        requirement: What was asked for; empty where only a person can judge.

    Example:
        >>> MatrixCell(None, number=3, colour="none").value
        ''
    """

    outcome: RuleOutcome | None
    number: int
    colour: str = ""
    value: str = ""
    requirement: str = ""


class VerdictPage(Page[Verdict]):
    """A matrix whose rows are sorted from the worst to the best photo.

    Columns in which all photos pass, and those that nothing was measured for, are folded: they tell no
    photo from another.

    Example:
        >>> import io
        >>> fields = dict(path="a.jpg", status="ok", policy="shop", role="main", decision="pass")
        >>> options = RenderOptions(policies=(PolicySummary(name="shop", rules=()),))
        >>> with VerdictPage(stream := io.StringIO(), options) as page:
        ...     page.add(Verdict(on="2024-05-01", **fields))
        >>> "a.jpg" in stream.getvalue()
        True
    """

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._policies = options.policies
        self._dates = (options.on, options.since)
        self._policy_texts = load_policy_texts(self._language)
        self._column_titles = _build_column_titles(self._policies)
        self._column_numbers = {rule: number for number, rule in enumerate(self._column_titles)}
        self._relevant_columns: set[int] = set()
        self._checks = ManualChecks(self._policies)
        self._decision_counts = {policy.name: Counter[Decision]() for policy in self._policies}
        self._picture: tuple[str, Picture | None] = ("", None)

    def add(self, result: Verdict) -> None:
        """Render a row; an unreadable photo is listed once, whatever the number of policies."""
        is_listed = self._unreadable and self._unreadable[-1][0] == result.path
        if result.status is Status.OK or not is_listed:
            super().add(result)

    def _count(self, verdict: Verdict) -> None:
        self._decision_counts[verdict.policy][verdict.decision or Decision.MANUAL] += 1
        self._checks.add(verdict.policy, verdict.manual_checks)
        for outcome in verdict.outcomes:
            is_measured = outcome.value is not None
            if is_measured and outcome.decision is not Decision.PASS:
                self._relevant_columns.add(self._column_numbers[outcome.rule])

    def _render_card(self, verdict: Verdict) -> str:
        return load_template("verdict_row.html.j2").render(
            verdict=verdict,
            file=PurePath(verdict.path),
            picture=self._picture_of(verdict.path),
            cells=self._build_cells(verdict),
            several=len(self._policies) > 1,
            tone=_COLOUR_NAMES[verdict.decision or Decision.MANUAL],
            rank=self._compute_rank(verdict),
            told=select_told_outcomes(verdict),
            unseen=verdict.select_outcomes(Decision.MANUAL),
            tones=_COLOUR_NAMES,
            words=self._texts,
            asks=self._policy_texts,
        )

    def _picture_of(self, path: str) -> Picture | None:
        """Make the thumbnail once: the rows of one photo follow one another."""
        if self._picture[0] != path:
            self._picture = path, self._thumbnail(path, THUMBNAIL_SIDE)
        return self._picture[1]

    def _build_cells(self, verdict: Verdict) -> list[MatrixCell]:
        outcomes = {outcome.rule: outcome for outcome in verdict.outcomes}
        return [
            self._build_cell(outcomes.get(rule), number) for rule, number in self._column_numbers.items()
        ]

    def _build_cell(self, outcome: RuleOutcome | None, number: int) -> MatrixCell:
        if outcome is None:
            return MatrixCell(None, number)
        colour = _COLOUR_NAMES[outcome.decision]
        if outcome.metric is None:
            return MatrixCell(outcome, number, colour)
        value = format_value(outcome.value, outcome.unit, self._language)
        return MatrixCell(
            outcome, number, colour, value, format_outcome_requirement(outcome, self._language)
        )

    def _compute_rank(self, verdict: Verdict) -> float:
        """Rank the gravest verdicts first, of these the ones with the most rules that are not met."""
        decision_rank = list(Decision).index(verdict.decision or Decision.FAIL)
        fails, warnings = (len(verdict.select_outcomes(d)) for d in (Decision.FAIL, Decision.WARN))
        return _DECISION_RANK_STEP * decision_rank - _FAIL_RANK_STEP * fails - warnings

    def _render_page(self) -> Iterator[str]:
        on, since = self._dates
        return self._render_template(
            "verdict_report.html.j2",
            asks=self._policy_texts,
            checks=self._checks.list_rules(),
            columns=self._column_titles,
            telling=sorted(self._relevant_columns),
            decisions=self._decision_counts,
            met=[
                decision
                for decision in Decision
                if any(c[decision] for c in self._decision_counts.values())
            ],
            tones=_COLOUR_NAMES,
            policies=[policy.name for policy in self._policies],
            rules=[(policy.name, rule) for policy in self._policies for rule in policy.rules],
            on=on,
            since=since,
        )


def select_told_outcomes(verdict: Verdict) -> list[RuleOutcome]:
    """Select what is wrong with a photo, the gravest first; of rules about one metric the gravest.

    Example:
        >>> fields = dict(title="Size", reason="", remedy="", value=300.0, unit="px", op="at-least")
        >>> outcomes = [
        ...     RuleOutcome.model_construct(rule=rule, metric="width", decision=decision, **fields)
        ...     for rule, decision in (("best", Decision.INFO), ("min", Decision.FAIL))
        ... ]
        >>> verdict = Verdict.model_construct(outcomes=outcomes)
        >>> [outcome.rule for outcome in select_told_outcomes(verdict)]
        ['min']
    """
    wrong = verdict.select_outcomes(Decision.FAIL, Decision.WARN, Decision.INFO)
    told: list[RuleOutcome] = []
    for outcome in sorted(wrong, key=_rank_decision):
        worse = (one.metric for one in told if _rank_decision(one) < _rank_decision(outcome))
        if outcome.metric not in worse:
            told.append(outcome)
    return told


def _rank_decision(outcome: RuleOutcome) -> int:
    return list(Decision).index(outcome.decision)


def _build_column_titles(policies: Sequence[PolicySummary]) -> Mapping[str, str]:
    """Map rules of all policies to titles; rules of one name share a column."""
    titles: dict[str, str] = {}
    for policy in policies:
        for rule in policy.rules:
            titles.setdefault(rule.rule, rule.title)
    return titles
