"""Channel and spatial attention that a photo cut into tiles does not change.

Usual channel attention weighs channels by their mean over the whole picture, which a tile does not
know. Here the mean runs over cells of a fixed grid and is interpolated between their centres, and what
concerns the whole picture comes in as a context vector, worked out once from a small view of it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.enhance.network import STRIDE

CELL = STRIDE
"""Side of a cell in pixels of the photo: tiles lie on the same grid."""

_REDUCTION, _MIN_CHANNELS = 2, 8
"""Channels per hidden number, and hidden numbers at least: on so few width costs nothing, and four ReLUs
could all be dead. A judgement."""
_SPATIAL_KERNEL = 5
"""Pixels of the maps that decide on a place, along each side (CBAM has 7). A judgement."""


class ChannelAttention(nn.Module):
    """Weigh channels, 0..1, by their local mean and by the context (after SENet and RCAN).

    Args:
        channels: Of the maps.
        context: Length of the context vector; 0 for none.
        stride: Pixels of the photo per pixel of the maps; divides `CELL`.

    Example:
        >>> attention = ChannelAttention(channels=4, context=0, stride=8)
        >>> maps = torch.rand(1, 4, 8, 8)
        >>> weighed = attention(maps, None)
        >>> tuple(weighed.shape), bool((weighed <= maps).all())
        ((1, 4, 8, 8), True)
    """

    def __init__(self, channels: int, context: int, stride: int) -> None:
        super().__init__()
        self.cell = CELL // stride
        hidden = max(channels // _REDUCTION, _MIN_CHANNELS)
        self.squeeze = nn.Conv2d(channels, hidden, 1)
        self.situate = nn.Linear(context, hidden, bias=False) if context else None
        self.excite = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor, context: Tensor | None) -> Tensor:
        """Weigh maps.

        Args:
            x: (B, C, H, W), sides multiples of the cell.
            context: (B, K), or None where the module takes none.

        Returns:
            (B, C, H, W).
        """
        means = self.squeeze(F.avg_pool2d(x, self.cell))
        if self.situate is not None and context is not None:
            means = means + self.situate(context)[:, :, None, None]
        weights = torch.sigmoid(self.excite(torch.relu(means)))
        return x * F.interpolate(weights, scale_factor=self.cell, mode="bilinear")


class SpatialAttention(nn.Module):
    """Weigh places, 0..1, by the mean and the maximum over channels (after CBAM).

    Example:
        >>> maps = torch.rand(1, 4, 8, 8)
        >>> bool((SpatialAttention()(maps) <= maps).all())
        True
    """

    def __init__(self) -> None:
        super().__init__()
        self.weigh = nn.Conv2d(2, 1, _SPATIAL_KERNEL, padding=_SPATIAL_KERNEL // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to as many."""
        pooled = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
        return x * torch.sigmoid(self.weigh(pooled))
