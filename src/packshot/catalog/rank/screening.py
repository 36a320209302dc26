"""Screening of the photos of a product: each is screened as if it were the main photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from packshot.catalog.rank.products import Product
from packshot.policy import Policy, find_required_overlays, load_policy, screen
from packshot.report import Assessment, Decision


@dataclass(frozen=True)
class ScreeningResult:
    """The outcome of a policy on a photo.

    Attributes:
        decision: Of the policy.
        failures: What it fails, or is warned of, in words.

    Example:
        >>> ScreeningResult(Decision.FAIL, ("White background",)).decision.value
        'fail'
    """

    decision: Decision
    failures: tuple[str, ...] = ()


ScreenFunction = Callable[[Assessment, Product], ScreeningResult]


@dataclass(frozen=True)
class ScreeningSettings:
    """The policy, and the day on which it is applied.

    Attributes:
        policy: A name, or the path of a file.
        on: The day; rules that begin later do not apply.
        language: Of failures.

    Example:
        >>> settings = ScreeningSettings("ebay", date(2026, 1, 1))
        >>> settings.name, "watermark" in settings.overlays
        ('ebay', True)
    """

    policy: str
    on: date
    language: str = "en"

    def load_screen(self) -> ScreenFunction:
        """Load the policy.

        Raises:
            PackshotError: It is unknown, or cannot be read.
        """
        policy = load_policy(self.policy)
        return lambda assessment, product: self._screen_photo(assessment, product, policy)

    @property
    def overlays(self) -> tuple[str, ...]:
        """Overlays that the policy asks about; see `find_required_overlays`.

        Raises:
            PackshotError: The policy is unknown, or cannot be read.
        """
        return find_required_overlays([load_policy(self.policy)])

    @property
    def name(self) -> str:
        """Name of the policy, as reports call it."""
        return Path(self.policy).stem

    def _screen_photo(self, assessment: Assessment, product: Product, policy: Policy) -> ScreeningResult:
        category = product.category or None
        verdict = screen(assessment, policy, on=self.on, category=category, language=self.language)
        failures = verdict.select_outcomes(Decision.FAIL) or verdict.select_outcomes(Decision.WARN)
        decision = verdict.decision or Decision.MANUAL
        return ScreeningResult(decision, tuple(outcome.title for outcome in failures))
