"""Labels that are wrong or missing, as proposals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from packshot.arrays import Float32Array, Float64Array
from packshot.catalog.clean.labels import LabelModel, learn
from packshot.catalog.clean.samples import Sample
from packshot.report import Problem, Proposal, Remedy
from packshot.texts import load_texts

REMARKED = 0.5
"""Probability that a label is wrong from which on it is remarked on."""

SURE = 0.9
"""Probability of the likelier label from which on it is proposed without a second look."""


def label_proposals(
    samples: Sequence[Sample], vectors: Float32Array, language: str
) -> Iterator[Proposal]:
    """Labels that do not fit what is pictured, then labels for photos that have none.

    Args:
        samples: Readable ones.
        vectors: (N, C) of length 1, in their order.
        language: Of reasons.
    """
    labelled = [number for number, sample in enumerate(samples) if sample.label]
    if not labelled:
        return
    given = np.asarray(vectors, np.float64)
    model = learn(given[labelled], [samples[number].label for number in labelled])
    if model is None:
        return
    for place, number in enumerate(labelled):
        if model.wrong[place] >= REMARKED:
            yield _wrong(samples[number], model, place, language)
    for number, sample in enumerate(samples):
        if not sample.label:
            yield _missing(sample, model, given[number : number + 1], language)


def _wrong(sample: Sample, model: LabelModel, place: int, language: str) -> Proposal:
    wrong = float(model.wrong[place])
    proposed = model.classes[int(model.likelier[place])]
    reason = (
        load_texts(language)
        .cleaning["wrong-label"]
        .format(label=sample.label, proposed=proposed, value=f"{100 * (1 - wrong):.0f}")
    )
    return Proposal(
        path=sample.path,
        problem=Problem.WRONG_LABEL,
        action=Remedy.RELABEL if wrong >= SURE else Remedy.REVIEW,
        reason=reason,
        confidence=round(wrong, 3),
        value=round(1 - wrong, 4),
        limit=1 - REMARKED,
        label=sample.label,
        proposed=proposed,
        split=sample.split,
    )


def _missing(sample: Sample, model: LabelModel, vector: Float64Array, language: str) -> Proposal:
    chances = model.probabilities(vector)[0]
    best = int(chances.argmax())
    sure = float(chances[best])
    reason = (
        load_texts(language)
        .cleaning["missing-label"]
        .format(proposed=model.classes[best], value=f"{100 * sure:.0f}")
    )
    return Proposal(
        path=sample.path,
        problem=Problem.MISSING_LABEL,
        action=Remedy.RELABEL if sure >= SURE else Remedy.REVIEW,
        reason=reason,
        confidence=round(sure, 3),
        value=round(sure, 4),
        limit=SURE,
        label="",
        proposed=model.classes[best],
        split=sample.split,
    )
