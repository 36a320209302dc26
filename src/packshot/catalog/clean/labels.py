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

MIN_CLASS_EXAMPLES = 5
"""Examples that a class must have: of fewer nobody can tell what it looks like."""

PENALTY = 1.0
"""Of the squares of the classifier's weights, vectors having length 1: larger is smoother. From 0.3 to 3
the figures of ``benchmarks/catalog/label_outliers.py`` hardly change."""

_BIAS_INPUT = 0.1
"""Value of the constant input: small, so that the penalty holds the constant near 0. A judgement."""

_BALANCE_EXPONENT = 0.5
"""Of a class's rarity in the weight of its examples: at 0 all weigh alike, at 1 all classes do. A
judgement."""

_PRIOR_WRONG, _PRIOR_RIGHT = 1, 19
"""Labels, as if seen before: one wrong in twenty. A judgement, for small sets: see
`_fit_noise_model`."""
_LOG_TEMPERATURE_RANGE = (-5.0, 1.0)
"""Natural logarithms of temperatures that are searched: 0.0067 to 2.7, scores being at most about 1."""

_NOISE_LOGIT_RANGE = (-8.0, 0.0)
"""Log odds of shares of wrong labels that are searched: 0.03 % to 50 %."""

_GRID_STEPS = 13
"""Values of each of both that are tried in a round."""

_REFINEMENTS = 5
"""Rounds; each searches a sixth of the range before, so that the last steps are below a thousandth."""


@dataclass(frozen=True, eq=False)
class LabelModel:
    """A model of what classes look like, learned from labels of which some may be wrong.

    Attributes:
        classes: Names, sorted; K of them.
        wrong_probability: (N,) the probability that an example's label is wrong, 0..1; NaN for those
            whose class has too few examples.
        likelier_class: (N,) number of the class that it most likely is instead; -1 where not known.
        noise_rate: Share of labels that seem to be wrong.
        temperature: By which scores are divided before they are probabilities.
        weights: (C + 1, K) of the classifier, the constant's last.
        centre: (C,) that vectors are taken relative to.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> vectors = np.repeat(np.eye(8)[:2], 20, axis=0) + rng.normal(0, 0.1, (40, 8))
        >>> model = fit_label_model(vectors, ["mug"] * 20 + ["lamp"] * 20)
        >>> probabilities = model.predict_probabilities(np.eye(8)[:2])
        >>> [model.classes[number] for number in probabilities.argmax(axis=1)]
        ['mug', 'lamp']
    """

    classes: tuple[str, ...]
    wrong_probability: Float64Array
    likelier_class: Int64Array
    noise_rate: float
    temperature: float
    weights: Float64Array
    centre: Float64Array

    def predict_probabilities(self, vectors: Float64Array) -> Float64Array:
        """Return the (M, K) probabilities of classes of photos without a label.

        Args:
            vectors: (M, C) of length 1.
        """
        return _softmax(_build_inputs(vectors, self.centre) @ self.weights, self.temperature)


def fit_label_model(vectors: Float64Array, labels: Sequence[str]) -> LabelModel | None:
    """Fit a model to labelled photos; None where fewer than two classes have enough of them.

    Args:
        vectors: (N, C) content vectors of length 1.
        labels: N names of classes.

    Raises:
        InvalidInput: Not as many labels as vectors.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> vectors = np.repeat(np.eye(8)[:2], 20, axis=0) + rng.normal(0, 0.1, (40, 8))
        >>> model = fit_label_model(vectors, ["lamp"] + ["mug"] * 19 + ["lamp"] * 20)
        >>> np.flatnonzero(model.wrong_probability > 0.5), model.classes[model.likelier_class[0]]
        (array([0]), 'mug')
    """
    if len(vectors) != len(labels):
        raise InvalidInput(f"{len(vectors)} vectors, but {len(labels)} labels")
    names, numbers, counts = np.unique(np.array(labels), return_inverse=True, return_counts=True)
    is_large_enough = counts >= MIN_CLASS_EXAMPLES
    if is_large_enough.sum() < 2:
        return None
    usable = np.flatnonzero(is_large_enough[numbers])
    own_class = (np.cumsum(is_large_enough) - 1)[numbers[usable]]
    centre = np.asarray(vectors[usable].mean(axis=0), np.float64)
    weights, scores = fit_classifier(
        _build_inputs(vectors[usable], centre), own_class, int(is_large_enough.sum())
    )
    temperature, noise_rate = _fit_noise_model(scores, own_class)
    class_probabilities = _softmax(scores, temperature)
    wrong_probability, likelier_class = np.full(len(labels), np.nan), np.full(len(labels), -1, np.int64)
    wrong_probability[usable] = _compute_wrong_probability(class_probabilities, own_class, noise_rate)
    class_probabilities[np.arange(len(own_class)), own_class] = -1
    likelier_class[usable] = class_probabilities.argmax(axis=1)
    classes = tuple(str(name) for name in names[is_large_enough])
    return LabelModel(
        classes, wrong_probability, likelier_class, noise_rate, temperature, weights, centre
    )


def fit_classifier(
    inputs: Float64Array, labels: Int64Array, count: int
) -> tuple[Float64Array, Float64Array]:
    """Fit regularised least squares; also score each example as if trained without it.

    Leaving one out needs no second training (Rifkin and Lippert, 2007, "Notes on regularized least
    squares"). Examples of frequent classes weigh a little less.

    Args:
        inputs: (N, D).
        labels: (N,) class numbers, every one below `count` at least once.
        count: Of classes.

    Returns:
        (D, K) weights, and (N, K) scores.

    Example:
        >>> inputs, labels = np.eye(4)[[0, 0, 1, 1]], np.array([0, 0, 1, 1])
        >>> weights, scores = fit_classifier(inputs, labels, count=2)
        >>> weights.shape, scores.argmax(axis=1)
        ((4, 2), array([0, 0, 1, 1]))
    """
    targets = np.eye(count)[labels] - 1 / count
    sizes = np.bincount(labels, minlength=count)
    sample_weights = ((len(labels) / count / sizes) ** _BALANCE_EXPONENT)[labels][:, None]
    weighted = inputs * sample_weights
    solution = np.linalg.solve(weighted.T @ inputs + PENALTY * np.eye(inputs.shape[1]), weighted.T)
    weights = solution @ targets
    leverage = np.einsum("nd,dn->n", inputs, solution)[:, None]
    return weights, (inputs @ weights - leverage * targets) / np.maximum(1 - leverage, 1e-9)


def _build_inputs(vectors: Float64Array, centre: Float64Array) -> Float64Array:
    relative = np.asarray(vectors, np.float64) - centre
    return np.hstack([relative, np.full((len(relative), 1), _BIAS_INPUT)])


def _softmax(scores: Float64Array, temperature: float) -> Float64Array:
    exponentials = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _label_probability(right_probability: Float64Array, noise_rate: float, count: int) -> Float64Array:
    """Return the probability of a label as it stands, from that of its being the true one."""
    return np.asarray(
        (1 - noise_rate) * right_probability + noise_rate * (1 - right_probability) / (count - 1)
    )


def _compute_wrong_probability(
    class_probabilities: Float64Array, labels: Int64Array, noise_rate: float
) -> Float64Array:
    """Return the (N,) probability, by Bayes' rule, that a label was drawn by chance."""
    count = class_probabilities.shape[1]
    right_probability = class_probabilities[np.arange(len(labels)), labels]
    label_probability = np.maximum(_label_probability(right_probability, noise_rate, count), 1e-12)
    return np.asarray(noise_rate * (1 - right_probability) / (count - 1) / label_probability)


def _fit_noise_model(scores: Float64Array, labels: Int64Array) -> tuple[float, float]:
    """Temperature and share of wrong labels under which the labels are likeliest: a grid, refined.

    As if one wrong label in twenty had been seen before: in small sets little else tells a few wrong
    labels from a classifier that is unsure of all.
    """
    rows = np.arange(len(labels))

    def loss(point: tuple[float, float]) -> float:
        right_probability = _softmax(scores, float(np.exp(point[0])))[rows, labels]
        noise_rate = _sigmoid(point[1])
        log_likelihood = np.log(
            np.maximum(_label_probability(right_probability, noise_rate, scores.shape[1]), 1e-12)
        ).sum()
        return -float(
            log_likelihood + _PRIOR_WRONG * np.log(noise_rate) + _PRIOR_RIGHT * np.log1p(-noise_rate)
        )

    ranges = [_LOG_TEMPERATURE_RANGE, _NOISE_LOGIT_RANGE]
    best = (0.0, 0.0)
    for _ in range(_REFINEMENTS):
        axes = [np.linspace(low, high, _GRID_STEPS).tolist() for low, high in ranges]
        best = min(product(*axes), key=loss)
        steps = [(high - low) / (_GRID_STEPS - 1) for low, high in ranges]
        ranges = [(middle - step, middle + step) for middle, step in zip(best, steps, strict=True)]
    return float(np.exp(best[0])), _sigmoid(best[1])


def _sigmoid(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))
