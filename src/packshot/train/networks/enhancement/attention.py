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

# On so few numbers width costs nothing, and four ReLUs could all be dead.
_REDUCTION, _MIN_CHANNELS = 2, 8
_SPATIAL_KERNEL = 5


class ChannelAttention(nn.Module):
    """Weigh channels, 0..1, by their local mean and by the context (after SENet and RCAN).

    Args:
        channels: Of the maps.
        context: Length of the context vector; 0 for none.
        stride: Pixels of the photo per pixel of the maps; divides `CELL`.
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
    """Weigh places, 0..1, by the mean and the maximum over channels (after CBAM)."""

    def __init__(self) -> None:
        super().__init__()
        self.weigh = nn.Conv2d(2, 1, _SPATIAL_KERNEL, padding=_SPATIAL_KERNEL // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to as many."""
        pooled = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
        return x * torch.sigmoid(self.weigh(pooled))
