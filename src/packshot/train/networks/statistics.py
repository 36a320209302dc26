"""Stage statistics: means and deviations at every depth of a trunk, and how its maps lie in the view."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from packshot.train.features import CONTENT_SIZE
from packshot.train.networks.efficientnet_lite import EfficientNetLite

_LARGE_SIDE = 64
"""Shorter side, in places, above which every second line and column of a map tells enough: to sum up the
two largest maps took as long as a quarter of the network. A judgement."""


def stage_statistics(maps: list[Tensor]) -> Tensor:
    """Compute mean and standard deviation over space of every channel of every map.

    Of large maps every second line and column is read.

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
    if min(stage.shape[2:]) > _LARGE_SIDE:
        stage = stage[:, :, ::2, ::2]
    mean = stage.mean((2, 3), keepdim=True)
    difference = stage - mean
    variance = (difference * difference).mean((2, 3))  # Exported, a power is slower than a product.
    return torch.cat([mean.flatten(1), (variance + 1e-8).sqrt()], dim=1)


STAGE_NUMBERS, LAYOUT_NUMBERS = 1632, 1728
"""Lengths of the statistics of EfficientNet-Lite0's stages, and of their layout."""

WHOLE_NUMBERS = CONTENT_SIZE + STAGE_NUMBERS + LAYOUT_NUMBERS
"""Numbers that are read of a whole view: head vector, stages, layout."""

LAYOUT_STAGES = (5, 7)
"""Maps whose layout is told: the last ones of a sixteenth and of a thirty-second of the view's side."""


def layout_statistics(maps: list[Tensor]) -> Tensor:
    """Compute what a pooled map no longer tells: what lies at the edges, and on which side.

    A product that is cut off is at an edge; one that is off centre is on one side. The line in the
    middle of an odd number of lines counts to neither half, so that mirroring the view changes nothing.

    Args:
        maps: (B, C_i, H_i, W_i) each, of two lines or more.

    Returns:
        (B, 4 * sum C_i): for each map and channel the mean of the means of the four outermost lines, the
        largest of them, the lower half less the upper, and by how much the left and the right half
        differ.

    Example:
        >>> maps = [torch.arange(16.0).reshape(1, 1, 4, 4)]
        >>> layout_statistics(maps)[0].tolist()
        [7.5, 13.5, 8.0, 2.0]
    """
    return torch.cat([_compute_layout(stage) for stage in maps], dim=1)


def _compute_layout(stage: Tensor) -> Tensor:
    height, width = stage.shape[2:]
    rows, columns = stage.mean(3), stage.mean(2)
    lines = [rows[:, :, 0], rows[:, :, -1], columns[:, :, 0], columns[:, :, -1]]
    # Pair by pair: quantisation cannot follow the shape of a maximum over an axis.
    largest = torch.maximum(torch.maximum(*lines[:2]), torch.maximum(*lines[2:]))
    half_height, half_width = height // 2, width // 2
    falls = rows[:, :, height - half_height :].mean(2) - rows[:, :, :half_height].mean(2)
    leans = columns[:, :, width - half_width :].mean(2) - columns[:, :, :half_width].mean(2)
    return torch.cat([torch.stack(lines).mean(0), largest, falls, leans.abs()], dim=1)


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


class WholeViewNetwork(ViewNetwork):
    """Reads the whole view; its statistics tell of the layout too.

    Example:
        >>> network = WholeViewNetwork(EfficientNetLite()).eval()
        >>> content, statistics = network(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))
        >>> tuple(content.shape), tuple(statistics.shape)
        ((1, 1280), (1, 3360))
    """

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Encode views.

        Args:
            pixels: (B, S, S, 3) uint8 RGB.

        Returns:
            (B, 1280) content vectors; (B, 2 * 816) stage statistics and (B, 4 * 432) of the layout
            (Lite0).
        """
        maps = self.trunk.stages(scale_pixels(pixels))
        statistics = [stage_statistics(maps), layout_statistics([maps[at] for at in LAYOUT_STAGES])]
        return self.trunk.head(maps[-1]).mean((2, 3)), torch.cat(statistics, dim=1)
