"""An audit in numbers; memory does not grow with the rows, only with sellers and categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from packshot.report import AuditRow, AuditStatus, Decision

BINS: Final = 10
"""Bars of the histogram of scores: ten points each."""

_STEPS_PER_POINT: Final = 100
"""Counters for a point of score: scores have two decimals, so that quantiles are exact."""

_QUANTILES: Final = (1, 5, 25, 50, 75, 95, 99)
"""Per cent of the photos, for the summary. A convention: median, quartiles and both tails."""


@dataclass
class GroupTally:
    """Counts of the photos of one seller or category.

    Example:
        >>> tally = GroupTally()
        >>> for score, codes in ((80.0, ()), (40.0, ("blurred",))):
        ...     tally.add(AuditRow(number=0, path="a.jpg", status="ok", score=score, findings=codes))
        >>> tally.mean_score, tally.most_frequent_fault
        (60.0, 'blurred')
    """

    input_count: int = 0
    assessed_count: int = 0
    failure_count: int = 0
    total_score: float = 0.0
    findings: Counter[str] = field(default_factory=Counter)

    def add(self, row: AuditRow) -> None:
        """Take a row into account."""
        self.input_count += 1
        self.failure_count += row.decision == Decision.FAIL or row.status is not AuditStatus.OK
        self.findings.update(row.failed_rules or row.findings)
        if row.score is not None:
            self.assessed_count += 1
            self.total_score += row.score

    @property
    def mean_score(self) -> float | None:
        """Mean score of the photos that were assessed, 0..100; None where there is none."""
        return self.total_score / self.assessed_count if self.assessed_count else None

    @property
    def most_frequent_fault(self) -> str:
        """Code of what is wrong most often; empty where nothing is."""
        return min(self.findings, key=lambda code: (-self.findings[code], code), default="")


class Tally:
    """Counts rows as they pass.

    Scores have two digits, so that counts of each hundredth of a point give exact quantiles.

    Attributes:
        input_count: Rows.
        statuses: Rows by status.
        decisions: Rows by decision.
        findings: Photos by finding.
        failed_rules: Photos by ``policy:rule``.
        by_policy: Photos by decision, by policy.
        sellers: By seller, where the feed tells.
        categories: By category, where the feed tells.

    Example:
        >>> tally = Tally()
        >>> for number, score in enumerate((15.0, 62.5, 100.0)):
        ...     tally.add(AuditRow(number=number, path=f"{number}.jpg", status="ok", score=score))
        >>> tally.quantiles()["p50"], tally.histogram()
        (62.5, (0, 1, 0, 0, 0, 0, 1, 0, 0, 1))
    """

    def __init__(self) -> None:
        self.input_count = 0
        self.statuses: Counter[str] = Counter()
        self.decisions: Counter[str] = Counter()
        self.findings: Counter[str] = Counter()
        self.failed_rules: Counter[str] = Counter()
        self.by_policy: dict[str, Counter[str]] = {}
        self.sellers: dict[str, GroupTally] = {}
        self.categories: dict[str, GroupTally] = {}
        self._lost_points: Counter[str] = Counter()
        self._scores = np.zeros(100 * _STEPS_PER_POINT + 1, np.int64)

    def add(self, row: AuditRow) -> None:
        """Take a row into account."""
        self.input_count += 1
        self.statuses[row.status] += 1
        if row.decision is not None:
            self.decisions[row.decision] += 1
        self.findings.update(row.findings)
        self.failed_rules.update(row.failed_rules)
        for policy, decision in row.decisions.items():
            self.by_policy.setdefault(policy, Counter())[decision] += 1
        for tallies, name in ((self.sellers, row.seller), (self.categories, row.category)):
            if name:
                tallies.setdefault(name, GroupTally()).add(row)
        if row.score is not None:
            self._scores[round(row.score * _STEPS_PER_POINT)] += 1
            for cause in row.causes:
                self._lost_points[cause.code] += round(cause.points * _STEPS_PER_POINT)

    @property
    def failure_count(self) -> int:
        """Number of rows whose decision is fail, or which could not be assessed."""
        return self.decisions[Decision.FAIL] + self.input_count - self.statuses[AuditStatus.OK]

    @property
    def mean_score(self) -> float | None:
        """Mean score of the photos that were assessed, 0..100; None where there is none."""
        count = int(self._scores.sum())
        points = np.arange(len(self._scores)) / _STEPS_PER_POINT
        return float(self._scores @ points / count) if count else None

    def lost_points(self) -> dict[str, float]:
        """Return the points lost by each cause, the mean of all photos with a score, most first."""
        count = int(self._scores.sum())
        return {
            code: round(steps / _STEPS_PER_POINT / count, 2)
            for code, steps in sort_by_frequency(self._lost_points)
        }

    def quantiles(self) -> dict[str, float]:
        """Return the smallest score that so many per cent of the photos do not exceed; empty if none."""
        cumulative = np.cumsum(self._scores)
        if not cumulative[-1]:
            return {}
        ranks = [max(1, int(np.ceil(cumulative[-1] * percent / 100))) for percent in _QUANTILES]
        scores = np.searchsorted(cumulative, ranks) / _STEPS_PER_POINT
        return {
            f"p{percent:02}": float(score) for percent, score in zip(_QUANTILES, scores, strict=True)
        }

    def histogram(self) -> tuple[int, ...]:
        """Return the numbers of photos in ten bins of ten points; 100 belongs to the last."""
        bins = np.minimum(np.arange(len(self._scores)) // (BINS * _STEPS_PER_POINT), BINS - 1)
        return tuple(int(count) for count in np.bincount(bins, self._scores, BINS))


def sort_by_frequency(counts: Counter[str]) -> Iterator[tuple[str, int]]:
    """Yield names with their counts, the most frequent first, equal ones by name.

    Example:
        >>> list(sort_by_frequency(Counter({"noisy": 2, "blurred": 2, "border": 5})))
        [('border', 5), ('blurred', 2), ('noisy', 2)]
    """
    yield from sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
