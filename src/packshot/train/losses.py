"""Losses that make a vector useful for retrieval."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom


def retrieval_loss(
    vectors: Tensor, scores: Tensor, groups: Tensor, temperature: float, beta: float = 0.1
) -> Tensor:
    """How badly each photo's score follows from its neighbours' in the batch.

    The score of photo i is predicted as the kernel form of retrieval does it, the mean of the others'
    scores weighted by ``softmax(cos / temperature)``, and compared by the smooth L1 distance. Photos
    of the same group never serve each other. The gradient pulls together what has like scores.

    Args:
        vectors: (B, D) unit vectors.
        scores: (B,) 0..1.
        groups: (B,) group numbers.
        temperature: Of the kernel.
        beta: Where the smooth L1 distance turns from square to linear.

    Returns:
        A scalar.
    """
    logits = vectors @ vectors.T / temperature
    logits = logits.masked_fill(groups[:, None] == groups[None, :], -1e4)
    predicted = logits.softmax(dim=1) @ scores
    return F.smooth_l1_loss(predicted, scores, beta=beta)


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
