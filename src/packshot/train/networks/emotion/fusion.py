"""Fusion: the feature map, weighted where emotion was found, to a distribution of valence.

Source: docs/methods.md, section 3.2, equations 3.8 and 3.9.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

VALENCE_STEPS = 7
"""The raters' scale runs from 1, very negative, to 7, very positive; 4 is neutral."""


class ResidualBlock(nn.Module):
    """1 x 1 down, 3 x 3, 1 x 1 up, added to the input; the last kernel begins at zero.

    Example:
        >>> tuple(ResidualBlock(channels=8, bottleneck=4)(torch.rand(1, 8, 4, 4)).shape)
        (1, 8, 4, 4)
    """

    def __init__(self, channels: int, bottleneck: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(channels, bottleneck, 1)
        self.filter = nn.Conv2d(bottleneck, bottleneck, 3, padding=1)
        self.up = nn.Conv2d(bottleneck, channels, 1)
        nn.init.zeros_(self.up.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to the same shape."""
        summed: Tensor = x + self.up(F.relu(self.filter(F.relu(self.down(x)))))
        return summed


class Fusion(nn.Module):
    """Maps attended features to the distribution.

    The source adds the intensities to the probabilities of two classes. Here valence has seven
    classes: each intensity is spread over them as photos of its polarity are spread on average.

    Args:
        inputs: Channels of the feature map G.
        bottleneck: Channels within the residual block.
        spread: (2, 7) mean distribution of positive, then of negative photos.
        dropout: Share of pooled features left out in training.

    Example:
        >>> fusion = Fusion(8, 4, spread=torch.full((2, 7), 1 / 7))
        >>> distribution = fusion(torch.rand(3, 8, 4, 4), None, None)
        >>> tuple(distribution.shape), [round(total, 4) for total in distribution.sum(1).tolist()]
        ((3, 7), [1.0, 1.0, 1.0])
    """

    spread: Tensor

    def __init__(self, inputs: int, bottleneck: int, spread: Tensor, dropout: float = 0.0) -> None:
        super().__init__()
        self.residual = ResidualBlock(inputs, bottleneck)
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(inputs, VALENCE_STEPS)
        self.register_buffer("spread", spread)

    def forward(self, features: Tensor, maps: Tensor | None, balance: Tensor | None) -> Tensor:
        """Score pictures.

        Args:
            features: (B, inputs, h, w), G.
            maps: (B, n, h, w) attention maps of the branches; None without perception.
            balance: (B, 2) intensity vector y of sum 1; None to leave it out.

        Returns:
            (B, 7) probabilities of valence 1..7.
        """
        if maps is not None:
            features = features * maps.sum(1, keepdim=True) + features  # 3.8
        pooled = self.residual(features).mean((2, 3))
        fused = torch.softmax(self.classify(self.dropout(pooled)), dim=1)
        return fused if balance is None else (fused + balance @ self.spread) / 2  # 3.9
