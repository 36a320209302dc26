"""Perception of intensity: one branch finds what is positive in a picture, one what is negative.

Source: METHODS.md section 3, equations 1 to 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

_EPSILON = 1e-6
# Deviation of the first weights: maps begin faint, so that eq. 8 begins near G itself.
_INITIAL_DEVIATION = 0.01


@dataclass(frozen=True)
class PerceptionOutput:
    """What both branches say; the positive one always comes first.

    Attributes:
        intensities: (B, 2) in 0..1, each on its own.
        maps: (B, 2, h, w), not negative: where each branch finds what it looks for.
        channel_peaks: (B, 2): mean over space of each branch's largest channel (eq. 12, 13).
    """

    intensities: Tensor
    maps: Tensor
    channel_peaks: Tensor

    @property
    def balance(self) -> Tensor:
        """The intensity vector y, (B, 2), of sum 1 (eq. 7)."""
        return self.intensities / (self.intensities.sum(1, keepdim=True) + _EPSILON)


class IntensityBranch(nn.Module):
    """One branch: attention over channels, a map of the evidence, an intensity.

    Args:
        inputs: Channels of the feature map G.
        channels: Channels of the branch's own map G'.
        bottleneck: Numbers in the bottlenecks of attention and intensity.
        dropout: Share of G's channels that are left out in training.
    """

    def __init__(self, inputs: int, channels: int, bottleneck: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(dropout)
        self.adjust = nn.Conv2d(inputs, channels, 1)
        nn.init.normal_(self.adjust.weight, std=_INITIAL_DEVIATION)
        self.reduce = nn.Linear(channels, bottleneck)
        self.norm = nn.LayerNorm(bottleneck)
        self.expand = nn.Linear(bottleneck, channels)
        self.gather = nn.Linear(channels, bottleneck)
        self.intensity = nn.Linear(bottleneck, 1)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Perceive (B, inputs, h, w).

        Returns:
            (B, 1) intensity in 0..1, (B, 1, h, w) attention map, (B, 1) mean of the largest channel.
        """
        branch_map = F.relu(self.adjust(self.dropout(features)))  # G'
        pooled = branch_map.mean((2, 3))  # eq. 1
        squeezed = F.relu(self.expand(self.norm(self.reduce(pooled))))  # eq. 2
        attention = torch.sigmoid(squeezed)  # eq. 3
        attention_map = (attention[:, :, None, None] * branch_map).sum(1, keepdim=True)  # eq. 4
        intensity = torch.sigmoid(self.intensity(F.relu(self.gather(pooled))))  # eq. 5, 6
        return intensity, attention_map, branch_map.amax(1).mean((1, 2))[:, None]


class IntensityPerception(nn.Module):
    """Two branches of the same structure with weights of their own; see `IntensityBranch`."""

    def __init__(self, inputs: int, channels: int, bottleneck: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.positive = IntensityBranch(inputs, channels, bottleneck, dropout)
        self.negative = IntensityBranch(inputs, channels, bottleneck, dropout)

    def forward(self, features: Tensor) -> PerceptionOutput:
        """Perceive (B, inputs, h, w)."""
        both = zip(self.positive(features), self.negative(features), strict=True)
        return PerceptionOutput(*(torch.cat(pair, dim=1) for pair in both))
