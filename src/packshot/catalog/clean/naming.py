"""Labels that are wrong or missing, as proposals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from packshot.arrays import Float32Array, Float64Array
from packshot.catalog.clean.labels import LabelModel, fit_label_model
from packshot.catalog.clean.samples import Sample
from packshot.report import Problem, Proposal, Remedy
from packshot.texts import load_texts

REPORT_PROBABILITY = 0.5
"""Probability that a label is wrong, 0..1, from which on it is remarked on. The probabilities mean what
they say: .90 said, .93 true, on types with 5 % swapped (``benchmarks/catalog/label_outliers.py``,
decision 21)."""

CERTAIN_PROBABILITY = 0.9
"""Probability of the likelier label, 0..1, from which on it is proposed without a second look: one in
ten of those at the limit is a mistake. A judgement."""


def propose_labels(
    samples: Sequence[Sample], vectors: Float32Array, language: str
) -> Iterator[Proposal]:
    """Propose labels where one does not fit what is pictured, then for photos that have none.

    Args:
        samples: Readable ones.
        vectors: (N, C) of length 1, in their order.
        language: Of reasons.

    Example:
        >>> from pathlib import Path
        >>> from packshot.sources import FeedRow
        >>> labels = ["lamp", *["mug"] * 19, *["lamp"] * 20]
        >>> samples = [
        ...     Sample(f"{n}.jpg", Path(f"{n}.jpg"), label, "", FeedRow(n, f"{n}.jpg"))
        ...     for n, label in enumerate(labels)
        ... ]
        >>> noise = np.random.default_rng(0).normal(0, 0.1, (40, 8))
        >>> vectors = (np.repeat(np.eye(8)[:2], 20, axis=0) + noise).astype(np.float32)
        >>> [(one.path, one.label, one.proposed) for one in propose_labels(samples, vectors, "en")]
        [('0.jpg', 'lamp', 'mug')]
    """
    labelled = [number for number, sample in enumerate(samples) if sample.label]
    if not labelled:
        return
    features = np.asarray(vectors, np.float64)
    model = fit_label_model(features[labelled], [samples[number].label for number in labelled])
    if model is None:
        return
    for position, number in enumerate(labelled):
        if model.wrong_probability[position] >= REPORT_PROBABILITY:
            yield _propose_relabel(samples[number], model, position, language)
    for number, sample in enumerate(samples):
        if not sample.label:
            yield _propose_label(sample, model, features[number : number + 1], language)


def _propose_relabel(sample: Sample, model: LabelModel, position: int, language: str) -> Proposal:
    wrong_probability = float(model.wrong_probability[position])
    proposed = model.classes[int(model.likelier_class[position])]
    reason = (
        load_texts(language)
        .cleaning["wrong-label"]
        .format(label=sample.label, proposed=proposed, value=f"{100 * (1 - wrong_probability):.0f}")
    )
    return Proposal(
        path=sample.path,
        problem=Problem.WRONG_LABEL,
        action=Remedy.RELABEL if wrong_probability >= CERTAIN_PROBABILITY else Remedy.REVIEW,
        reason=reason,
        confidence=round(wrong_probability, 3),
        value=round(1 - wrong_probability, 4),
        limit=1 - REPORT_PROBABILITY,
        label=sample.label,
        proposed=proposed,
        split=sample.split,
    )


def _propose_label(sample: Sample, model: LabelModel, vector: Float64Array, language: str) -> Proposal:
    class_probabilities = model.predict_probabilities(vector)[0]
    best_class = int(class_probabilities.argmax())
    probability = float(class_probabilities[best_class])
    reason = (
        load_texts(language)
        .cleaning["missing-label"]
        .format(proposed=model.classes[best_class], value=f"{100 * probability:.0f}")
    )
    return Proposal(
        path=sample.path,
        problem=Problem.MISSING_LABEL,
        action=Remedy.RELABEL if probability >= CERTAIN_PROBABILITY else Remedy.REVIEW,
        reason=reason,
        confidence=round(probability, 3),
        value=round(probability, 4),
        limit=CERTAIN_PROBABILITY,
        label="",
        proposed=model.classes[best_class],
        split=sample.split,
    )
