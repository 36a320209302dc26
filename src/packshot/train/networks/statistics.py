"""Stage statistics: what every depth of a trunk says about a picture, whatever its content."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from packshot.train.networks.efficientnet_lite import EfficientNetLite


def stage_statistics(maps: list[Tensor]) -> Tensor:
    """Mean and standard deviation over space of every channel of every map.

    Args:
        maps: (B, C_i, H_i, W_i) each.

    Returns:
        (B, 2 * sum C_i): for each map its C_i means, then its C_i deviations.
    """
    return torch.cat([_compute_moments(stage) for stage in maps], dim=1)


def _compute_moments(stage: Tensor) -> Tensor:
    mean = stage.mean((2, 3), keepdim=True)
    variance = (stage - mean).square().mean((2, 3))
    return torch.cat([mean.flatten(1), (variance + 1e-8).sqrt()], dim=1)


def scale_pixels(pixels: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 RGB to the trunk's input, (B, 3, H, W) in -1..1."""
    return ((pixels.float() - 127.0) / 128.0).permute(0, 3, 1, 2)


class ViewNetwork(nn.Module):
    """A trunk that reads a view's pixels; gives its head vector and its stage statistics."""

    def __init__(self, trunk: EfficientNetLite) -> None:
        super().__init__()
        self.trunk = trunk

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Encode views.

        Args:
            pixels: (B, S, S, 3) uint8 RGB.

        Returns:
            (B, 1280) content vectors and (B, 2 * 816) stage statistics (Lite0).
        """
        maps = self.trunk.stages(scale_pixels(pixels))
        return self.trunk.head(maps[-1]).mean((2, 3)), stage_statistics(maps)
