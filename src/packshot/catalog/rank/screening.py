"""A policy's word on the photos of a product: each is screened as if it were the main photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from packshot.catalog.rank.products import Product
from packshot.policy import Policy, load_policy, overlays_asked, screen
from packshot.report import Assessment, Decision


@dataclass(frozen=True)
class Screened:
    """What a policy says of a photo.

    Attributes:
        verdict: ``pass``, ``warn``, ``fail`` or ``manual``.
        failures: What it fails, or is warned of, in words.
    """

    verdict: str
    failures: tuple[str, ...] = ()


Screen = Callable[[Assessment, Product], Screened]


@dataclass(frozen=True)
class Screening:
    """Which policy, on which day.

    Attributes:
        policy: A name, or the path of a file.
        on: The day; rules that begin later do not apply.
        language: Of failures.
    """

    policy: str
    on: date
    language: str = "en"

    def screen(self) -> Screen:
        """Load the policy.

        Raises:
            PackshotError: It is unknown, or cannot be read.
        """
        policy = load_policy(self.policy)
        return lambda assessment, product: self._screened(assessment, product, policy)

    @property
    def overlays(self) -> tuple[str, ...]:
        """What lies over photos that the policy asks about; see `overlays_asked`.

        Raises:
            PackshotError: The policy is unknown, or cannot be read.
        """
        return overlays_asked([load_policy(self.policy)])

    @property
    def name(self) -> str:
        """Of the policy, as reports call it."""
        return Path(self.policy).stem

    def _screened(self, assessment: Assessment, product: Product, policy: Policy) -> Screened:
        category = product.category or None
        verdict = screen(assessment, policy, on=self.on, category=category, language=self.language)
        failures = verdict.decided(Decision.FAIL) or verdict.decided(Decision.WARN)
        decision = verdict.decision or Decision.MANUAL
        return Screened(decision.value, tuple(outcome.title for outcome in failures))
