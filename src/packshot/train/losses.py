"""Losses that make a vector useful for retrieval."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

SMOOTH_L1_BETA = 0.1
"""Difference of scores at which the smooth L1 distance turns from square to linear."""

_EXCLUDED_LOGIT = -1e4
"""Logit of evidence that must not serve: its weight is 0 in 32 bits, and gradients stay finite."""


def retrieve_scores(
    vectors: Tensor, others: Tensor, scores: Tensor, excluded: Tensor, temperature: float
) -> Tensor:
    """Estimate scores of photos as the kernel form of retrieval does, from other photos' scores.

    Each is the mean of the others' scores weighted by ``softmax(cos / temperature)``.

    Args:
        vectors: (B, D) unit vectors of the photos.
        others: (N, D) unit vectors of the evidence.
        scores: (N,) of the evidence.
        excluded: (B, N) True where the evidence must not serve the photo.
        temperature: Of the kernel.

    Returns:
        (B,) in the unit of `scores`.

    Example:
        >>> vectors = torch.tensor([[1.0, 0.0]])
        >>> others = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> excluded = torch.zeros(1, 2, dtype=torch.bool)
        >>> scores = retrieve_scores(vectors, others, torch.tensor([0.9, 0.1]), excluded, 0.05)
        >>> [round(score, 3) for score in scores.tolist()]
        [0.9]
    """
    logits = vectors @ others.T / temperature
    return logits.masked_fill(excluded, _EXCLUDED_LOGIT).softmax(dim=1) @ scores


def retrieval_loss(vectors: Tensor, scores: Tensor, groups: Tensor, temperature: float) -> Tensor:
    """Compute how badly each photo's score follows from its neighbours' in the batch.

    The score of each photo is retrieved from the others' (`retrieve_scores`), and compared by the smooth
    L1 distance.
    Photos of the same group never serve each other. The gradient pulls together what has like scores.

    Args:
        vectors: (B, D) unit vectors.
        scores: (B,) 0..1.
        groups: (B,) group numbers.
        temperature: Of the kernel.

    Returns:
        A scalar.

    Example:
        >>> vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
        >>> groups = torch.arange(4)
        >>> alike, unlike = torch.tensor([0.9, 0.9, 0.1, 0.1]), torch.tensor([0.9, 0.1, 0.9, 0.1])
        >>> [round(retrieval_loss(vectors, s, groups, 0.05).item(), 2) for s in (alike, unlike)]
        [0.0, 0.75]
    """
    excluded = groups[:, None] == groups[None, :]
    predicted = retrieve_scores(vectors, vectors, scores, excluded, temperature)
    return F.smooth_l1_loss(predicted, scores, beta=SMOOTH_L1_BETA)


def ranking_loss(predicted: Tensor, scores: Tensor, margin: float = 0.02, gap: float = 0.05) -> Tensor:
    """Compute the mean hinge over all pairs whose scores differ by more than `gap`.

    Args:
        predicted: (B,).
        scores: (B,) 0..1.
        margin: By which the better photo must lead.
        gap: Closer pairs count as equal.

    Returns:
        A scalar; 0 where no pair differs enough.

    Example:
        >>> scores = torch.tensor([0.2, 0.5, 0.9])
        >>> right, wrong = (ranking_loss(order, scores).item() for order in (scores, scores.flip(0)))
        >>> round(right, 3), round(wrong, 3)
        (0.0, 0.487)
    """
    difference = scores[:, None] - scores[None, :]
    lead = (predicted[:, None] - predicted[None, :]) * difference.sign()
    counted = difference.abs() > gap
    hinge = torch.relu(margin - lead) * counted
    return hinge.sum() / counted.sum().clamp(min=1)


def masked_cross_entropy(logits: Tensor, labels: Tensor, smoothing: float = 0.05) -> Tensor:
    """Compute the cross-entropy (docs/methods.md, equation 1.3) over the rows that have a label.

    Args:
        logits: (B, Z).
        labels: (B,) class numbers; negative where unknown.
        smoothing: Label smoothing.

    Returns:
        A scalar; 0 where no row has a label.

    Example:
        >>> logits = torch.tensor([[8.0, 0.0], [0.0, 8.0]])
        >>> round(masked_cross_entropy(logits, torch.tensor([0, -1]), smoothing=0.0).item(), 4)
        0.0003
    """
    known = labels >= 0
    if not bool(known.any()):
        return logits.sum() * 0
    return F.cross_entropy(logits[known], labels[known].long(), label_smoothing=smoothing)
