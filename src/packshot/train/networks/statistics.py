"""Stage statistics: means and deviations at every depth of a trunk, whatever the content."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from packshot.train.networks.efficientnet_lite import EfficientNetLite


def stage_statistics(maps: list[Tensor]) -> Tensor:
    """Compute mean and standard deviation over space of every channel of every map.

    Args:
        maps: (B, C_i, H_i, W_i) each.

    Returns:
        (B, 2 * sum C_i): for each map its C_i means, then its C_i deviations.

    Example:
        >>> maps = [torch.tensor([0.0, 2.0, 4.0, 6.0]).reshape(1, 1, 2, 2), torch.ones(1, 2, 1, 1)]
        >>> [round(value, 2) for value in stage_statistics(maps)[0].tolist()]
        [3.0, 2.24, 1.0, 1.0, 0.0, 0.0]
    """
    return torch.cat([_compute_moments(stage) for stage in maps], dim=1)


def _compute_moments(stage: Tensor) -> Tensor:
    mean = stage.mean((2, 3), keepdim=True)
    variance = (stage - mean).square().mean((2, 3))
    return torch.cat([mean.flatten(1), (variance + 1e-8).sqrt()], dim=1)


def scale_pixels(pixels: Tensor) -> Tensor:
    """Scale (B, H, W, 3) uint8 RGB to the trunk's input, (B, 3, H, W) in -1..1.

    Example:
        >>> scale_pixels(torch.tensor([[[[255, 127, 0]]]], dtype=torch.uint8)).flatten().tolist()
        [1.0, 0.0, -0.9921875]
    """
    return ((pixels.float() - 127.0) / 128.0).permute(0, 3, 1, 2)


class ViewNetwork(nn.Module):
    """Reads a view's pixels by a trunk; gives its head vector and its stage statistics.

    Example:
        >>> network = ViewNetwork(EfficientNetLite()).eval()
        >>> content, statistics = network(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))
        >>> tuple(content.shape), tuple(statistics.shape)
        ((1, 1280), (1, 1632))
    """

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
