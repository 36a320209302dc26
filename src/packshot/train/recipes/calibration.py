"""Calibration: from what evidence says to scores, from lines to chances, from chances to findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from packshot.arrays import Float64Array
from packshot.assess.atlas import AspectModel, ConfidenceModel, ScoreCalibration

_CLOSE_POINTS: Final = 10.0
"""Points, 0..100, within which a score counts as right: what a confidence is the chance of."""

_ITERATIONS: Final = 400
"""Steps of Newton's method, more than enough."""

_PHOTOS_PER_KNOT: Final = 80
"""Photos whose mean rating makes a knot of the calibration. A judgement."""

_MAX_KNOTS: Final = 12
"""Knots of a calibration at most. A judgement."""

_MIN_KNOT_STEP: Final = 0.5
"""Points of raw score between two knots at least."""

_SLOPE_SHARE: Final = 0.1
"""Share of the raw score in the calibrated one, 0..1: a flat stretch would make unequal photos equal. A
judgement."""

MAX_FALSE_ALARMS: Final = 0.03
"""Share, 0..1, of the photos of which no pass names a fault that may reach its limit. Below the 4 in
100 that are allowed, for photos of other shops exceed it more often."""

_MAX_LIMIT: Final = 0.5
"""Chance, 0..1, from which on a fault is a finding in any case."""

_MIN_COST: Final = 4.0
"""Points that a sure fault costs at least: raters that name it do not think it free. A judgement."""


@dataclass(frozen=True, eq=False)
class JudgedAspect:
    """What evidence says of one aspect of N photos.

    Attributes:
        raw: (N,) aggregated scores; NaN where it says nothing.
        nearness: (N,) mean similarity of the evidence.
        spread: (N,) deviation of what the evidence says, in points.

    Example:
        >>> JudgedAspect(np.array([50.0]), np.array([0.9]), np.array([8.0])).raw.shape
        (1,)
    """

    raw: Float64Array
    nearness: Float64Array
    spread: Float64Array


def fit_aspect(
    judged: JudgedAspect, truth: Float64Array, ends: tuple[float, float] = (0.0, 100.0)
) -> AspectModel:
    """Fit calibration and confidence of an aspect.

    Args:
        judged: Of photos by evidence of other products.
        truth: (N,) their ratings.
        ends: See `fit_calibration`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> truth = rng.uniform(0, 100, 400)
        >>> judged = JudgedAspect(0.5 * truth + 25, rng.uniform(0.7, 1, 400), rng.uniform(5, 20, 400))
        >>> round(fit_aspect(judged, truth).calibration(37.5))
        26
    """
    known = ~np.isnan(judged.raw)
    raw, rated = judged.raw[known], truth[known]
    calibration = fit_calibration(raw, rated, ends)
    scores = np.array([calibration(value) for value in raw])
    level = scores / 100
    columns = [np.ones_like(level), judged.nearness[known], judged.spread[known], level, level**2]
    close = np.abs(scores - rated) <= _CLOSE_POINTS
    weights = fit_logistic(np.stack(columns, axis=1), close.astype(float))
    trust = ConfidenceModel(**dict(zip(ConfidenceModel.model_fields, weights, strict=True)))
    return AspectModel(calibration=calibration, trust=trust)


def fit_calibration(
    raw: Float64Array, truth: Float64Array, ends: tuple[float, float] = (0.0, 100.0)
) -> ScoreCalibration:
    """Fit mean ratings of equally many photos at a time, kept increasing.

    Args:
        raw: (N,) aggregated scores.
        truth: (N,) ratings.
        ends: Scores of 0 and of 100, as far as those between allow.

    Example:
        >>> raw = np.linspace(30, 70, 400)  # retrieval shrinks towards the mean
        >>> calibration = fit_calibration(raw, 2 * raw - 50)
        >>> [round(calibration(value)) for value in (40, 50, 60)]
        [31, 50, 69]
    """
    count = int(np.clip(len(raw) // _PHOTOS_PER_KNOT, 2, _MAX_KNOTS))
    bins = np.array_split(np.argsort(raw, kind="stable"), count)
    means = np.array([truth[rows].mean() for rows in bins])
    centres = np.array([raw[rows].mean() for rows in bins])
    shares = np.array([float(len(rows)) for rows in bins])
    level = fit_isotonic(means, shares)
    rising = (1 - _SLOPE_SHARE) * level + _SLOPE_SHARE * centres
    inside = np.concatenate([[True], np.diff(centres) > _MIN_KNOT_STEP])
    knots = np.clip(rising[inside], 1, 99).round(3).tolist()
    low, high = min(ends[0], knots[0]), max(ends[1], knots[-1])
    return ScoreCalibration(
        raw=(0.0, *centres[inside].round(3).tolist(), 100.0), score=(low, *knots, high)
    )


def fit_isotonic(values: Float64Array, weights: Float64Array) -> Float64Array:
    """Return the nearest non-decreasing values by weighted squares (pool adjacent violators).

    Args:
        values: (N,).
        weights: (N,) positive.

    Example:
        >>> fit_isotonic(np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4)).tolist()
        [1.0, 2.5, 2.5, 4.0]
    """
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        block = (value, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, heavy, size = blocks.pop()
            total = heavy + block[1]
            block = ((mean * heavy + block[0] * block[1]) / total, total, size + block[2])
        blocks.append(block)
    return np.concatenate([np.full(size, value) for value, _, size in blocks])


def fit_logistic(columns: Float64Array, labels: Float64Array) -> list[float]:
    """Fit a logistic regression by Newton's method, with a little ridge.

    Args:
        columns: (N, K); one of ones for a constant.
        labels: (N,) 0..1.

    Returns:
        K weights.

    Example:
        >>> x = np.linspace(-3, 3, 200)
        >>> weights = fit_logistic(np.stack([np.ones_like(x), x], axis=1), 1 / (1 + np.exp(1 - 2 * x)))
        >>> [round(weight, 1) for weight in weights]
        [-1.0, 2.0]
    """
    weights = np.zeros(columns.shape[1])
    for _ in range(_ITERATIONS):
        chance = 1 / (1 + np.exp(-np.clip(columns @ weights, -30, 30)))
        gradient = columns.T @ (labels - chance) - 1e-2 * weights
        curvature = (columns * (chance * (1 - chance))[:, None]).T @ columns
        step = np.linalg.solve(curvature + 1e-2 * np.eye(len(weights)), gradient)
        weights = weights + np.clip(step, -5, 5)
    return [float(w) for w in weights]


def fit_logistic_line(line: Float64Array, truth: Float64Array) -> tuple[float, float]:
    """Fit slope and intercept of the chance that a line's value stands for.

    Args:
        line: (N,) what a line says of photos it was not fitted to.
        truth: (N,) 0..1.

    Example:
        >>> line = np.linspace(0, 1, 200)
        >>> slope, intercept = fit_logistic_line(line, (line > 0.5).astype(float))
        >>> slope > 0, abs(slope * 0.5 + intercept) < 0.3
        (True, True)
    """
    scale = 1 / max(float(line.std()), 1e-6)
    columns = np.stack([np.ones_like(line), (line - line.mean()) * scale], axis=1)
    constant, slope = fit_logistic(columns, truth)
    return slope * scale, constant - slope * scale * float(line.mean())


def fit_fault_limit(
    chances: Float64Array, named: Float64Array, false_alarms: float = MAX_FALSE_ALARMS
) -> float:
    """Fit the chance from which on a fault is a finding, so that there are few false alarms.

    Args:
        chances: (N,) of photos whose products were left out.
        named: (N,) share of the passes that name the fault.
        false_alarms: Share of the photos of which none does, 0..1, that may reach it.

    Example:
        >>> chances = np.linspace(0, 1, 1001)
        >>> round(fit_fault_limit(chances, (chances > 0.4).astype(float)), 3)
        0.388
    """
    limit = float(np.quantile(chances[named == 0], 1 - false_alarms))
    return min(limit, _MAX_LIMIT)


def fit_costs(chances: Float64Array, lost: Float64Array) -> Float64Array:
    """Fit what each fault costs: points, never negative, that explain what ratings lack of 100.

    Args:
        chances: (N, Y) chance of each fault.
        lost: (N,) points that the ratings lack.

    Returns:
        (Y,) points that a sure fault costs, by least squares; a constant takes what none explains.

    Example:
        >>> chances = np.random.default_rng(0).random((300, 2))
        >>> fit_costs(chances, 5 + chances @ [30.0, 10.0]).round(1).tolist()
        [30.0, 10.0]
    """
    columns = np.concatenate([chances, np.ones((len(chances), 1))], axis=1)
    products, moments = columns.T @ columns, columns.T @ lost
    costs = np.zeros(columns.shape[1])
    for _ in range(_ITERATIONS):  # Coordinate descent: each in turn, kept from falling below nought.
        for y in range(len(costs)):
            rest = moments[y] - products[y] @ costs + products[y, y] * costs[y]
            costs[y] = max(rest / max(products[y, y], 1e-9), 0.0)
    return np.maximum(costs[:-1], _MIN_COST)
