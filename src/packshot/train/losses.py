"""Losses that make a vector useful for retrieval."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

SMOOTH_L1_BETA = 0.1
"""Difference of scores at which the smooth L1 distance turns from square to linear."""

_EXCLUDED_LOGIT = -1e4


def retrieve_scores(
    vectors: Tensor, others: Tensor, scores: Tensor, excluded: Tensor, temperature: float
) -> Tensor:
    """Scores as the kernel form of retrieval makes them of other photos' scores.

    Each is the mean of the others' scores weighted by ``softmax(cos / temperature)``.

    Args:
        vectors: (B, D) unit vectors of the photos.
        others: (N, D) unit vectors of the evidence.
        scores: (N,) of the evidence.
        excluded: (B, N) True where the evidence must not serve the photo.
        temperature: Of the kernel.

    Returns:
        (B,) in the unit of `scores`.
    """
    logits = vectors @ others.T / temperature
    return logits.masked_fill(excluded, _EXCLUDED_LOGIT).softmax(dim=1) @ scores


def retrieval_loss(vectors: Tensor, scores: Tensor, groups: Tensor, temperature: float) -> Tensor:
    """How badly each photo's score follows from its neighbours' in the batch.

    The score of each photo is `retrieve_scores` from the others and compared by the smooth L1 distance.
    Photos of the same group never serve each other. The gradient pulls together what has like scores.

    Args:
        vectors: (B, D) unit vectors.
        scores: (B,) 0..1.
        groups: (B,) group numbers.
        temperature: Of the kernel.

    Returns:
        A scalar.
    """
    excluded = groups[:, None] == groups[None, :]
    predicted = retrieve_scores(vectors, vectors, scores, excluded, temperature)
    return F.smooth_l1_loss(predicted, scores, beta=SMOOTH_L1_BETA)


def ranking_loss(predicted: Tensor, scores: Tensor, margin: float = 0.02, gap: float = 0.05) -> Tensor:
    """Mean hinge over all pairs whose scores differ by more than `gap` (pairwise ranking).

    Args:
        predicted: (B,).
        scores: (B,) 0..1.
        margin: By which the better photo must lead.
        gap: Closer pairs count as equal.

    Returns:
        A scalar; 0 where no pair differs enough.
    """
    difference = scores[:, None] - scores[None, :]
    lead = (predicted[:, None] - predicted[None, :]) * difference.sign()
    counted = difference.abs() > gap
    hinge = torch.relu(margin - lead) * counted
    return hinge.sum() / counted.sum().clamp(min=1)


def masked_cross_entropy(logits: Tensor, labels: Tensor, smoothing: float = 0.05) -> Tensor:
    """Cross-entropy (eq. 3) over the rows that have a label.

    Args:
        logits: (B, Z).
        labels: (B,) class numbers; negative where unknown.
        smoothing: Label smoothing.

    Returns:
        A scalar; 0 where no row has a label.
    """
    known = labels >= 0
    if not bool(known.any()):
        return logits.sum() * 0
    return F.cross_entropy(logits[known], labels[known].long(), label_smoothing=smoothing)
