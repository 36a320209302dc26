"""Losses of the emotion network (METHODS.md section 3, equations 10 to 16), and two of our own.

Two-class labels and outputs have the positive class first.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

_EPSILON = 1e-7


def perception_loss(channel_peaks: Tensor, polarity: Tensor) -> Tensor:
    """Weak supervision K_PM: each branch responds to pictures of its polarity (eq. 11-14).

    Args:
        channel_peaks: (B, 2) mean over space of each branch's largest channel.
        polarity: (B, 2) shares of positive and negative, of sum 1.
    """
    return -(polarity * F.log_softmax(channel_peaks, dim=1)).sum(1).mean()


def consistency_loss(intensities: Tensor, polarity: Tensor) -> Tensor:
    """K_RE: the difference of the intensities follows that of the labels (eq. 15).

    Args:
        intensities: (B, 2) in 0..1.
        polarity: (B, 2) shares of positive and negative, of sum 1.
    """
    target = torch.tanh(polarity[:, 1] - polarity[:, 0])
    return (target - (intensities[:, 1] - intensities[:, 0])).abs().mean()


def distribution_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """K_FN: cross-entropy against a label distribution (eq. 16).

    Args:
        predicted: (B, 7) probabilities.
        target: (B, 7) probabilities.
    """
    return -(target * (predicted + _EPSILON).log()).sum(1).mean()


def intensity_loss(intensities: Tensor, shares: Tensor) -> Tensor:
    """Each intensity is the share of raters on its side of neutral: binary cross-entropy. Ours.

    Args:
        intensities: (B, 2) in 0..1.
        shares: (B, 2) in 0..1; what is left of 1 is neutral.
    """
    return F.binary_cross_entropy(intensities.clamp(_EPSILON, 1 - _EPSILON), shares)


def side_loss(maps: Tensor, sides: Tensor) -> Tensor:
    """The mass of each map lies where its polarity is known to be. Ours.

    Args:
        maps: (B, 2, h, w), not negative.
        sides: (B, 2, h, w) in 0..1: the part of each cell that belongs to each polarity.
    """
    inside = (maps * sides).sum((2, 3))
    share = inside / (maps.sum((2, 3)) + _EPSILON)
    return -(share + _EPSILON).log().mean()
