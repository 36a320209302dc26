"""Losses of the emotion network (docs/methods.md, section 3.3: equations 3.10 to 3.18; two are ours).

Two-class labels and outputs have the positive class first.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

_EPSILON = 1e-7
"""Keeps logarithms finite: below the resolution of a probability in 32 bits."""


def perception_loss(channel_peaks: Tensor, polarity: Tensor) -> Tensor:
    """Weak supervision K_PM: each branch responds to pictures of its polarity (equations 3.11 to 3.14).

    Args:
        channel_peaks: (B, 2) mean over space of each branch's largest channel.
        polarity: (B, 2) shares of positive and negative, of sum 1.

    Example:
        >>> polarity = torch.tensor([[1.0, 0.0]])
        >>> peaks = torch.tensor([[5.0, 0.0]])
        >>> right, wrong = perception_loss(peaks, polarity), perception_loss(peaks.flip(1), polarity)
        >>> round(right.item(), 3), round(wrong.item(), 3)
        (0.007, 5.007)
    """
    return -(polarity * F.log_softmax(channel_peaks, dim=1)).sum(1).mean()


def consistency_loss(intensities: Tensor, polarity: Tensor) -> Tensor:
    """K_RE: the difference of the intensities follows that of the labels (equation 3.15).

    Args:
        intensities: (B, 2) in 0..1.
        polarity: (B, 2) shares of positive and negative, of sum 1.

    Example:
        >>> polarity = torch.tensor([[1.0, 0.0]])
        >>> round(consistency_loss(torch.tensor([[0.8, 0.1]]), polarity).item(), 3)
        0.062
    """
    target = torch.tanh(polarity[:, 1] - polarity[:, 0])
    return (target - (intensities[:, 1] - intensities[:, 0])).abs().mean()


def distribution_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """K_FN: cross-entropy against a label distribution (equation 3.16).

    Args:
        predicted: (B, 7) probabilities.
        target: (B, 7) probabilities.

    Example:
        >>> target = torch.tensor([[0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.0]])
        >>> uniform = torch.full((1, 7), 1 / 7)
        >>> [round(distribution_loss(one, target).item(), 3) for one in (target, uniform)]
        [0.693, 1.946]
    """
    return -(target * (predicted + _EPSILON).log()).sum(1).mean()


def intensity_loss(intensities: Tensor, shares: Tensor) -> Tensor:
    """Each intensity is the share of raters on its side of neutral: binary cross-entropy. Ours.

    Args:
        intensities: (B, 2) in 0..1.
        shares: (B, 2) in 0..1; what is left of 1 is neutral.

    Example:
        >>> shares = torch.tensor([[0.9, 0.05]])
        >>> intensity_loss(shares, shares) < intensity_loss(shares.flip(1), shares)
        tensor(True)
    """
    return F.binary_cross_entropy(intensities.clamp(_EPSILON, 1 - _EPSILON), shares)


def side_loss(maps: Tensor, sides: Tensor) -> Tensor:
    """The mass of each map lies where its polarity is known to be. Ours.

    Args:
        maps: (B, 2, h, w), not negative.
        sides: (B, 2, h, w) in 0..1: the part of each cell that belongs to each polarity.

    Example:
        >>> sides = torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2).repeat(1, 2, 1, 1)
        >>> inside, half = sides.clone(), torch.ones(1, 2, 1, 2)
        >>> round(side_loss(inside, sides).item(), 3) + 0.0, round(side_loss(half, sides).item(), 3)
        (0.0, 0.693)
    """
    inside = (maps * sides).sum((2, 3))
    share = inside / (maps.sum((2, 3)) + _EPSILON)
    return -(share + _EPSILON).log().mean()
