"""Perception of intensity: one branch finds what is positive in a picture, one what is negative.

Source: docs/methods.md, section 3.1, equations 3.1 to 3.7.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

_EPSILON = 1e-6
"""Keeps the balance of two intensities of 0 finite."""

_INITIAL_DEVIATION = 0.01
"""Deviation of the first weights: maps begin faint, so that equation 3.8 begins near G itself."""


@dataclass(frozen=True)
class PerceptionOutput:
    """The answer of both branches; the positive one always comes first.

    Attributes:
        intensities: (B, 2) in 0..1, each on its own.
        maps: (B, 2, h, w), not negative: where each branch finds what it looks for.
        channel_peaks: (B, 2): mean over space of each branch's largest channel (3.12 and 3.13).

    Example:
        >>> maps, peaks = torch.zeros(1, 2, 1, 1), torch.zeros(1, 2)
        >>> output = PerceptionOutput(torch.tensor([[0.6, 0.2]]), maps, peaks)
        >>> [round(share, 2) for share in output.balance[0].tolist()]
        [0.75, 0.25]
    """

    intensities: Tensor
    maps: Tensor
    channel_peaks: Tensor

    @property
    def balance(self) -> Tensor:
        """Intensity vector y, (B, 2), of sum 1 (equation 3.7)."""
        return self.intensities / (self.intensities.sum(1, keepdim=True) + _EPSILON)


class IntensityBranch(nn.Module):
    """One branch: attention over channels, a map of the evidence, an intensity.

    Args:
        inputs: Channels of the feature map G.
        channels: Channels of the branch's own map G'.
        bottleneck: Numbers in the bottlenecks of attention and intensity.
        dropout: Share of G's channels that are left out in training.

    Example:
        >>> branch = IntensityBranch(inputs=8, channels=4, bottleneck=4)
        >>> intensity, attention_map, peak = branch(torch.rand(2, 8, 3, 3))
        >>> tuple(intensity.shape), tuple(attention_map.shape), bool((attention_map >= 0).all())
        ((2, 1), (2, 1, 3, 3), True)
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
        pooled = branch_map.mean((2, 3))  # 3.1
        squeezed = F.relu(self.expand(self.norm(self.reduce(pooled))))  # 3.2
        attention = torch.sigmoid(squeezed)  # 3.3
        attention_map = (attention[:, :, None, None] * branch_map).sum(1, keepdim=True)  # 3.4
        intensity = torch.sigmoid(self.intensity(F.relu(self.gather(pooled))))  # 3.5, 3.6
        return intensity, attention_map, branch_map.amax(1).mean((1, 2))[:, None]


class IntensityPerception(nn.Module):
    """Two branches of the same structure with weights of their own; see `IntensityBranch`.

    Example:
        >>> output = IntensityPerception(inputs=8, channels=4, bottleneck=4)(torch.rand(2, 8, 3, 3))
        >>> tuple(output.intensities.shape), tuple(output.maps.shape)
        ((2, 2), (2, 2, 3, 3))
    """

    def __init__(self, inputs: int, channels: int, bottleneck: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.positive = IntensityBranch(inputs, channels, bottleneck, dropout)
        self.negative = IntensityBranch(inputs, channels, bottleneck, dropout)

    def forward(self, features: Tensor) -> PerceptionOutput:
        """Perceive (B, inputs, h, w)."""
        both = zip(self.positive(features), self.negative(features), strict=True)
        return PerceptionOutput(*(torch.cat(pair, dim=1) for pair in both))
