"""Optimising towards a policy: its rules as goals, and what became of each rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from math import inf
from typing import Final

from packshot.enhance.goals import PresentationGoals, Range
from packshot.policy import Policy, Rule, screen
from packshot.policy.requirements import Operator, Requirement
from packshot.policy.wording import describe_rule, rule_title
from packshot.report import (
    Assessment,
    Enhancement,
    Level,
    PolicyChange,
    RuleChange,
    RuleOutcome,
    Status,
    Verdict,
)

_AIM_MARGIN: Final = 0.015
"""Share of the side by which the product is to fill more than the least that a rule asks for, or less
than the most: a box is measured to a working pixel, a 320th of the side. A judgement."""

_PURE_WHITE: Final = 254.9
"""Whiteness, 0..255, of a background that is exactly white but for some pixels in a hundred."""

_METRICS: Final = ("fill_box_side", "centring", "aspect_ratio")
"""Metrics of which goals are made, with `background_pure_white` and `_SIZE_METRICS`."""

_SIZE_METRICS: Final = ("megapixels", "resolution", "resolution_short", "width", "height")
"""Metrics of size: only rules that refuse a photo hold a crop back, not those that would like more."""

_BINDING_LEVELS: Final = frozenset({Level.ERROR, Level.WARN})


@dataclass(frozen=True)
class PolicyTarget:
    """The policy to work towards, and which of its rules hold.

    Attributes:
        policy: The policy.
        on: The day.
        role: Of the photos.
        category: Of the products; None for no rules but those for all.
        language: Of what is said of its rules.

    Example:
        >>> from packshot.policy import load_policy
        >>> target = PolicyTarget(load_policy("amazon-main"), date(2026, 5, 1))
        >>> round(target.derive_goals().fill_share, 3)
        0.865
    """

    policy: Policy
    on: date
    role: str = "main"
    category: str | None = None
    language: str = "en"

    def derive_goals(self, goals: PresentationGoals | None = None) -> PresentationGoals:
        """Derive goals from the rules that hold; what they say nothing of stays as it is in `goals`.

        Advice counts for where to aim, not for what is left alone.
        """
        return derive_goals(self._select_rules(), PresentationGoals() if goals is None else goals)

    def compare(self, enhancement: Enhancement) -> Enhancement:
        """Return a record with what became of each rule; an unreadable photo's as it is."""
        before = enhancement.before
        if enhancement.status is not Status.OK or before is None:
            return enhancement
        verdicts = [self._screen(before), self._screen(enhancement.after or before)]
        decisions = [verdict.decision for verdict in verdicts if verdict.decision is not None]
        outcomes = [{one.rule: one for one in verdict.outcomes} for verdict in verdicts]
        rules = (self._compare_rule(rule, *outcomes) for rule in self._select_rules())
        change = PolicyChange(
            policy=self.policy.name,
            on=self.on,
            before=decisions[0],
            after=decisions[1],
            manual_checks=verdicts[1].manual_checks,
            rules=tuple(rule for rule in rules if rule is not None),
        )
        return enhancement.model_copy(update={"policy": change})

    def _select_rules(self) -> tuple[Rule, ...]:
        return self.policy.select_rules(self.on, self.role, self.category)

    def _screen(self, assessment: Assessment) -> Verdict:
        return screen(
            assessment,
            self.policy,
            on=self.on,
            role=self.role,
            category=self.category,
            language=self.language,
        )

    def _compare_rule(
        self, rule: Rule, before: dict[str, RuleOutcome], after: dict[str, RuleOutcome]
    ) -> RuleChange | None:
        """Compare a rule before and after; None where it applies to neither photo."""
        was, is_now = before.get(rule.id), after.get(rule.id)
        if was is None and is_now is None:
            return None
        return RuleChange(
            rule=rule.id,
            title=rule_title(rule, self.language),
            asked=describe_rule(rule, self.language),
            before=was.decision if was else None,
            after=is_now.decision if is_now else None,
            value_before=was.value if was else None,
            value_after=is_now.value if is_now else None,
            unit=next(one.unit for one in (is_now, was) if one is not None),
            remedy=is_now.remedy if is_now else "",
        )


def derive_goals(rules: Iterable[Rule], goals: PresentationGoals) -> PresentationGoals:
    """Derive goals from rules.

    Args:
        rules: Those that hold for a photo.
        goals: What stays where no rule says anything.

    Example:
        >>> from packshot.policy import load_policy
        >>> rules = load_policy("walmart").select_rules(date(2026, 5, 1))
        >>> goals = derive_goals(rules, PresentationGoals())
        >>> goals.aspect_range, goals.min_whiteness > 250
        ((0.99, 1.01), True)
    """
    requirements = [(rule.level, rule.requirement) for rule in rules if rule.requirement]
    required = [one for level, one in requirements if level in _BINDING_LEVELS]
    refused = [one for level, one in requirements if level is Level.ERROR]
    bounds = {metric: _find_bounds(metric, required) for metric in _METRICS}
    bounds |= {metric: _find_bounds(metric, refused) for metric in _SIZE_METRICS}
    low, high = (share / 100 for share in _within(bounds["fill_box_side"], (0.0, 100.0)))
    low = low or min(goals.fill_range[0], high)
    aim = min(max(goals.fill_share, low + _AIM_MARGIN), max(low, high - _AIM_MARGIN))
    aspect = bounds["aspect_ratio"]
    long_side, short_side = bounds["resolution"], bounds["resolution_short"]
    sides = [bounds[name][0] for name in ("width", "height")]
    return replace(
        goals,
        fill_share=aim,
        fill_range=(low, high),
        max_offset=min(goals.max_offset, bounds["centring"][1] / 100),
        aspect_range=aspect if 0 < aspect[0] <= aspect[1] < inf else goals.aspect_range,
        min_long_side=round(max(goals.min_long_side, long_side[0], *sides)),
        min_short_side=round(max(goals.min_short_side, short_side[0], min(sides))),
        max_long_side=_round_down(long_side[1], goals.max_long_side),
        max_megapixels=min(bounds["megapixels"][1], goals.max_megapixels or inf)
        if bounds["megapixels"][1] < inf
        else goals.max_megapixels,
        min_whiteness=_find_whiteness(required, goals),
    )


def _find_bounds(metric: str, requirements: Iterable[Requirement]) -> Range:
    """Find the least and the most of a metric that all requirements allow; 0 and infinity for any."""
    low, high = 0.0, inf
    for one in requirements:
        if one.metric != metric:
            continue
        if one.op is Operator.BETWEEN and isinstance(one.limit, tuple):
            low, high = max(low, float(one.limit[0])), min(high, float(one.limit[1]))
        elif one.op in (Operator.AT_LEAST, Operator.MORE_THAN) and not isinstance(one.limit, tuple):
            low = max(low, float(one.limit) + (one.op is Operator.MORE_THAN))
        elif one.op in (Operator.AT_MOST, Operator.LESS_THAN) and not isinstance(one.limit, tuple):
            high = min(high, float(one.limit) - (one.op is Operator.LESS_THAN))
    return low, high


def _within(bounds: Range, most: Range) -> Range:
    return max(bounds[0], most[0]), min(bounds[1], most[1])


def _round_down(limit: float, otherwise: int | None) -> int | None:
    return otherwise if limit == inf else min(int(limit), otherwise or int(limit))


def _find_whiteness(requirements: Iterable[Requirement], goals: PresentationGoals) -> float:
    """Find how white a background must be: pure where a rule asks for pixels of exactly 255."""
    is_pure = any(one.metric == "background_pure_white" for one in requirements)
    return _PURE_WHITE if is_pure else goals.min_whiteness
