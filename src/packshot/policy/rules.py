"""Policies ready for use: rules that are complete, and the choice of those that apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from packshot.measure.overlay import sort_overlays
from packshot.policy.metrics import METRICS_WITHOUT_DETECTOR
from packshot.policy.requirements import Requirement
from packshot.report import OVERLAYS, Level, SourceKind

LocalisedText = Mapping[str, str]
"""A text by language; one that is missing is said in English, or in the only one there is."""

MAIN_ROLE = "main"

_CACHE_SIZE = 4096
"""Selections of rules that are remembered: policies times days, roles and categories of one run. A
judgement."""


@dataclass(frozen=True)
class RuleSource:
    """The source of a rule.

    Attributes:
        name: Of the page or the publisher.
        url: Of the page, where its address is known.
        kind: Whose word it is.
        verified_on: Day on which the rule was last compared with it; None where nobody says.

    Example:
        >>> RuleSource("Our own", None, SourceKind.COMMUNITY, date(2026, 5, 1)).verified_on.year
        2026
    """

    name: str
    url: str | None
    kind: SourceKind
    verified_on: date | None


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule.

    Attributes:
        id: Its name; rules of the same name are variants, of which one applies at a time.
        level: The consequence for a photo that does not fulfil it.
        role: ``main``, or ``any`` for every photo of a product.
        categories: Those it is made for; empty for all.
        requirement: What it asks for; None where only a person can judge.
        when: Photos that do not fulfil this are not its business.
        effective_from: The first day; None for always.
        effective_until: The last day; None for ever.
        source: Its source.
        title: Its name in words, where the metric's does not do.
        reason: Why a photo does not fulfil it; or what a person must look at.
        remedy: What to do.

    Example:
        >>> from packshot.policy import load_policy
        >>> rule = next(rule for rule in load_policy("amazon-main").rules if rule.id == "fill")
        >>> rule.requirement.op.value, rule.requirement.limit
        ('at-least', 85.0)
        >>> rule.is_applicable(date(2026, 5, 1), role="main", category=None)
        True
    """

    id: str
    level: Level
    role: str
    categories: tuple[str, ...]
    requirement: Requirement | None
    when: Requirement | None
    effective_from: date | None
    effective_until: date | None
    source: RuleSource
    title: LocalisedText
    reason: LocalisedText
    remedy: LocalisedText

    def is_applicable(self, on: date, role: str, category: str | None) -> bool:
        """Return whether it holds on a day for photos of a role and a category."""
        has_begun = self.effective_from is None or self.effective_from <= on
        has_ended = self.effective_until is not None and self.effective_until < on
        fits_role = self.role in ("any", role)
        return (
            has_begun
            and not has_ended
            and fits_role
            and (not self.categories or category in self.categories)
        )

    @property
    def is_manual_check(self) -> bool:
        """Whether only a person can judge it, on whatever photo: nothing measures what it asks for."""
        asked = [one.metric for one in (self.requirement, self.when) if one is not None]
        return self.requirement is None or not METRICS_WITHOUT_DETECTOR.keys().isdisjoint(asked)

    @property
    def specificity(self) -> tuple[bool, bool]:
        """A rank: larger for variants made for fewer photos, which come before the others."""
        return bool(self.categories), self.role == MAIN_ROLE

    def has_conflict_with(self, other: Rule) -> bool:
        """Return whether both may apply to one photo on one day, and neither comes before the other."""
        same_variant = self.id == other.id and self.specificity == other.specificity
        shares_category = not self.categories or bool(set(self.categories) & set(other.categories))
        return (
            same_variant
            and shares_category
            and self._has_start_before_end_of(other)
            and other._has_start_before_end_of(self)
        )

    def _has_start_before_end_of(self, other: Rule) -> bool:
        return (self.effective_from or date.min) <= (other.effective_until or date.max)


@dataclass(frozen=True, eq=False)
class Policy:
    """The rules of a marketplace, or a shop, for photos.

    Attributes:
        name: As users call it.
        title: In words.
        source: The source of most of it.
        rules: In the order in which outcomes are listed.

    Example:
        >>> from packshot.policy import load_policy
        >>> chosen = load_policy("amazon-main").select_rules(on=date(2026, 5, 1), role="main")
        >>> "fill" in [rule.id for rule in chosen]
        True
    """

    name: str
    title: LocalisedText
    source: RuleSource
    rules: tuple[Rule, ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories that have rules of their own, in the order of the rules."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.categories))

    @property
    def overlays(self) -> frozenset[str]:
        """Overlays that its rules ask about: keys of `packshot.report.OVERLAYS`."""
        requirements = (one for rule in self.rules for one in (rule.requirement, rule.when) if one)
        return frozenset(one.metric for one in requirements) & OVERLAYS.keys()

    def select_rules(
        self, on: date, role: str = MAIN_ROLE, category: str | None = None
    ) -> tuple[Rule, ...]:
        """Select the rules that apply to photos of a role and a category on a day, one of each name."""
        return _select_rules(self, on, role, category)

    def list_manual_checks(self, on: date) -> tuple[Rule, ...]:
        """List the rules that only a person can judge and that hold on a day, for whatever photos.

        Example:
            >>> from packshot.policy import load_policy
            >>> [rule.id for rule in load_policy("meta-catalog").list_manual_checks(date(2026, 5, 1))]
            ['promotion', 'illustration']
        """
        return tuple(
            rule
            for rule in self.rules
            if rule.is_manual_check
            and rule.is_applicable(on, rule.role, next(iter(rule.categories), None))
        )


def find_required_overlays(policies: Iterable[Policy]) -> tuple[str, ...]:
    """Find the overlays that any of the policies asks about, in the order of `OVERLAYS`.

    Example:
        >>> from packshot.policy import load_policy
        >>> find_required_overlays([load_policy("amazon-main")])
        ('text_area', 'watermark', 'border_width')
    """
    return sort_overlays(frozenset[str]().union(*(policy.overlays for policy in policies)))


@lru_cache(maxsize=_CACHE_SIZE)
def _select_rules(policy: Policy, on: date, role: str, category: str | None) -> tuple[Rule, ...]:
    chosen: dict[str, Rule] = {}
    for rule in policy.rules:
        if rule.is_applicable(on, role, category):
            before = chosen.get(rule.id)
            if before is None or before.specificity < rule.specificity:
                chosen[rule.id] = rule
    return tuple(chosen.values())
