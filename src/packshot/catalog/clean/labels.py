"""Labels that do not fit what is pictured: how likely each is wrong, and which is likelier.

A linear classifier on content vectors is asked about every photo as if it had not seen that one. The
present labels are taken to be right but for an unknown share that was drawn by chance (Angluin and
Laird, 1988); that share and the classifier's certainty are those under which the present labels are
likeliest. Bayes' rule then says how likely each is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from packshot.arrays import Float64Array, Int64Array
from packshot.errors import InvalidInput

LEAST_OF_CLASS = 5
"""Examples that a class must have: of fewer nobody can tell what it looks like."""

PENALTY = 1.0
"""Of the classifier; vectors have length 1. From 0.3 to 3 the benchmark's figures hardly change."""

_CONSTANT = 0.1
_BALANCE = 0.5
_PRIOR_WRONG, _PRIOR_RIGHT = 1, 19
_TEMPERATURES = (-5.0, 1.0)
_NOISES = (-8.0, 0.0)
_GRID = 13
_ROUNDS = 5


@dataclass(frozen=True, eq=False)
class LabelModel:
    """What classes look like, learned from labels of which some may be wrong.

    Attributes:
        classes: Names, sorted; K of them.
        wrong: (N,) of each example given the probability that its label is wrong, 0..1; NaN for those
            whose class has too few examples.
        likelier: (N,) number of the class that it most likely is instead; -1 where that is not known.
        noise: Share of labels that seem to be wrong.
        temperature: By which scores are divided before they are probabilities.
        weights: (C + 1, K) of the classifier, the constant's last.
        centre: (C,) that vectors are taken relative to.
    """

    classes: tuple[str, ...]
    wrong: Float64Array
    likelier: Int64Array
    noise: float
    temperature: float
    weights: Float64Array
    centre: Float64Array

    def probabilities(self, vectors: Float64Array) -> Float64Array:
        """(M, K) of photos without a label.

        Args:
            vectors: (M, C) of length 1.
        """
        return _softmax(_inputs(vectors, self.centre) @ self.weights, self.temperature)


def learn(vectors: Float64Array, labels: Sequence[str]) -> LabelModel | None:
    """Learn from labelled photos; None where fewer than two classes have enough of them.

    Args:
        vectors: (N, C) content vectors of length 1.
        labels: N names of classes.

    Raises:
        InvalidInput: Not as many labels as vectors.
    """
    if len(vectors) != len(labels):
        raise InvalidInput(f"{len(vectors)} vectors, but {len(labels)} labels")
    names, numbers, counts = np.unique(np.array(labels), return_inverse=True, return_counts=True)
    enough = counts >= LEAST_OF_CLASS
    if enough.sum() < 2:
        return None
    judged = np.flatnonzero(enough[numbers])
    own = (np.cumsum(enough) - 1)[numbers[judged]]
    centre = np.asarray(vectors[judged].mean(axis=0), np.float64)
    weights, scores = classifier(_inputs(vectors[judged], centre), own, int(enough.sum()))
    temperature, noise = _likeliest(scores, own)
    chances = _softmax(scores, temperature)
    wrong, likelier = np.full(len(labels), np.nan), np.full(len(labels), -1, np.int64)
    wrong[judged] = _wrong(chances, own, noise)
    chances[np.arange(len(own)), own] = -1
    likelier[judged] = chances.argmax(axis=1)
    classes = tuple(str(name) for name in names[enough])
    return LabelModel(classes, wrong, likelier, noise, temperature, weights, centre)


def classifier(
    inputs: Float64Array, labels: Int64Array, count: int
) -> tuple[Float64Array, Float64Array]:
    """Regularised least squares, and what it says of each example when trained without it.

    Leaving one out needs no second training (Rifkin and Lippert, 2007, "Notes on regularized least
    squares"). Examples of frequent classes weigh a little less.

    Args:
        inputs: (N, D).
        labels: (N,) class numbers, every one below `count` at least once.
        count: Of classes.

    Returns:
        (D, K) weights, and (N, K) scores.
    """
    targets = np.eye(count)[labels] - 1 / count
    sizes = np.bincount(labels, minlength=count)
    shares = ((len(labels) / count / sizes) ** _BALANCE)[labels][:, None]
    weighted = inputs * shares
    solved = np.linalg.solve(weighted.T @ inputs + PENALTY * np.eye(inputs.shape[1]), weighted.T)
    weights = solved @ targets
    leverage = np.einsum("nd,dn->n", inputs, solved)[:, None]
    return weights, (inputs @ weights - leverage * targets) / np.maximum(1 - leverage, 1e-9)


def _inputs(vectors: Float64Array, centre: Float64Array) -> Float64Array:
    relative = np.asarray(vectors, np.float64) - centre
    return np.hstack([relative, np.full((len(relative), 1), _CONSTANT)])


def _softmax(scores: Float64Array, temperature: float) -> Float64Array:
    powers = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _seen(right: Float64Array, noise: float, count: int) -> Float64Array:
    """Probability of a label as it stands, from that of its being the true one."""
    return np.asarray((1 - noise) * right + noise * (1 - right) / (count - 1))


def _wrong(chances: Float64Array, labels: Int64Array, noise: float) -> Float64Array:
    """(N,) Bayes: that a label was drawn by chance, given what is pictured."""
    count = chances.shape[1]
    right = chances[np.arange(len(labels)), labels]
    seen = np.maximum(_seen(right, noise, count), 1e-12)
    return np.asarray(noise * (1 - right) / (count - 1) / seen)


def _likeliest(scores: Float64Array, labels: Int64Array) -> tuple[float, float]:
    """Temperature and share of wrong labels under which the labels are likeliest: a grid, refined.

    As if one wrong label in twenty had been seen before: in small sets little else tells a few wrong
    labels from a classifier that is unsure of all.
    """
    rows = np.arange(len(labels))

    def loss(place: tuple[float, float]) -> float:
        right = _softmax(scores, float(np.exp(place[0])))[rows, labels]
        noise = _share(place[1])
        seen = np.log(np.maximum(_seen(right, noise, scores.shape[1]), 1e-12)).sum()
        return -float(seen + _PRIOR_WRONG * np.log(noise) + _PRIOR_RIGHT * np.log1p(-noise))

    spans = [_TEMPERATURES, _NOISES]
    best = (0.0, 0.0)
    for _ in range(_ROUNDS):
        axes = [np.linspace(low, high, _GRID).tolist() for low, high in spans]
        best = min(product(*axes), key=loss)
        steps = [(high - low) / (_GRID - 1) for low, high in spans]
        spans = [(at - step, at + step) for at, step in zip(best, steps, strict=True)]
    return float(np.exp(best[0])), _share(best[1])


def _share(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))
