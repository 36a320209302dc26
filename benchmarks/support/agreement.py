"""How well scores agree with labels: SROCC, PLCC, and the spread of SROCC by bootstrap."""

from __future__ import annotations

import numpy as np

from packshot.arrays import Float64Array


def compute_agreement(scores: Float64Array, labels: Float64Array, draws: int = 100) -> dict[str, float]:
    """The columns that every table of agreement has, rounded.

    Args:
        scores: (N,) predicted.
        labels: (N,) true.
        draws: Bootstrap samples of the interval.
    """
    low, high = bootstrap_interval(scores, labels, draws)
    return {
        "photos": len(labels),
        "srocc": round(srocc(scores, labels), 4),
        "srocc_low": round(low, 4),
        "srocc_high": round(high, 4),
        "plcc": round(plcc(scores, labels), 4),
    }


def srocc(predicted: Float64Array, truth: Float64Array) -> float:
    """Spearman's rank correlation; ties share their mean rank."""
    return plcc(_compute_ranks(predicted), _compute_ranks(truth))


def plcc(predicted: Float64Array, truth: Float64Array) -> float:
    """Pearson's linear correlation."""
    return float(np.corrcoef(predicted, truth)[0, 1])


def bootstrap_interval(predicted: Float64Array, truth: Float64Array, draws: int) -> tuple[float, float]:
    """2.5th and 97.5th percentile of SROCC over bootstrap samples."""
    generator = np.random.default_rng(0)
    samples = generator.integers(0, len(truth), (draws, len(truth)))
    values = [srocc(predicted[rows], truth[rows]) for rows in samples]
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)


def _compute_ranks(values: Float64Array) -> Float64Array:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((2 * ends - counts - 1) / 2)[inverse].astype(np.float64)
