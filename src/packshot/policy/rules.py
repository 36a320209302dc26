"""Policies as they are used: rules that are complete, and which of them apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from packshot.measure.overlay import sort_overlays
from packshot.policy.requirements import Requirement
from packshot.report import OVERLAYS, Level, SourceKind

LocalisedText = Mapping[str, str]
"""A text by language; one that is missing is said in English, or in the only one there is."""

MAIN_ROLE = "main"


@dataclass(frozen=True)
class RuleSource:
    """Where a rule is from.

    Attributes:
        name: Of the page or the publisher.
        url: Of the page, where its address is known.
        kind: Whose word it is.
        verified_on: When the rule was last compared with it; None where nobody says.
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
        level: What becomes of a photo that does not fulfil it.
        role: ``main``, or ``any`` for every photo of a product.
        categories: Those it is made for; empty for all.
        requirement: What it asks for; None where only a person can judge.
        when: Photos that do not fulfil this are not its business.
        effective_from: The first day; None for always.
        effective_until: The last day; None for ever.
        source: Where it is from.
        title: Its name in words, where the metric's does not do.
        reason: Why a photo does not fulfil it; or what a person must look at.
        remedy: What to do.
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
        """Whether it holds on a day for photos of a role and a category."""
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
    def specificity(self) -> tuple[bool, bool]:
        """Larger for variants made for fewer photos, which come before the others."""
        return bool(self.categories), self.role == MAIN_ROLE

    def has_conflict_with(self, other: Rule) -> bool:
        """Whether both may apply to one photo on one day, and neither comes before the other."""
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
    """What a marketplace, or a shop, asks of photos.

    Attributes:
        name: As users call it.
        title: In words.
        source: Where most of it is from.
        rules: In the order in which they are told.
    """

    name: str
    title: LocalisedText
    source: RuleSource
    rules: tuple[Rule, ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories that have rules of their own."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.categories))

    @property
    def overlays(self) -> frozenset[str]:
        """What its rules ask about that lies over photos: keys of `packshot.report.OVERLAYS`."""
        requirements = (one for rule in self.rules for one in (rule.requirement, rule.when) if one)
        return frozenset(one.metric for one in requirements) & OVERLAYS.keys()

    def select_rules(
        self, on: date, role: str = MAIN_ROLE, category: str | None = None
    ) -> tuple[Rule, ...]:
        """The rules that apply to photos of a role and a category on a day, one of each name."""
        return _select_rules(self, on, role, category)


def find_required_overlays(policies: Iterable[Policy]) -> tuple[str, ...]:
    """What lies over photos that any of the policies asks about, in the order of `OVERLAYS`."""
    return sort_overlays(frozenset[str]().union(*(policy.overlays for policy in policies)))


@lru_cache(maxsize=4096)
def _select_rules(policy: Policy, on: date, role: str, category: str | None) -> tuple[Rule, ...]:
    chosen: dict[str, Rule] = {}
    for rule in policy.rules:
        if rule.is_applicable(on, role, category):
            before = chosen.get(rule.id)
            if before is None or before.specificity < rule.specificity:
                chosen[rule.id] = rule
    return tuple(chosen.values())
