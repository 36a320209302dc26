"""From the many channels of a backbone to few: a fixed 1 x 1 convolution found without labels.

Two thousand channels are too many to learn from six hundred photos, and most of what differs between
photos lies in a few hundred directions. The convolution standardises every channel and turns to the main
directions of the pooled channels. Channels that mean something by themselves are kept apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from packshot.errors import InvalidInput


@dataclass(frozen=True)
class ProjectionSettings:
    """Settings of the reduction of channels.

    Attributes:
        directions: Main directions that are kept; less where there are not so many.
        passthrough: Trailing channels that stay as they are, but for their scale.
        emphasis: Deviation given to those, where a direction's is 1 on average.

    Example:
        >>> ProjectionSettings().directions, ProjectionSettings(passthrough=0).passthrough
        (256, 0)
    """

    directions: int = 256
    passthrough: int = 1
    emphasis: float = 6.0


class ChannelProjection(nn.Module):
    """A 1 x 1 convolution over a map whose channels come from several sources.

    Each source has a kernel of its own, so that each is quantised by its own range.

    Args:
        sizes: Channels of each source.
        outputs: Channels that come out.

    Example:
        >>> projection = ChannelProjection([6, 2], outputs=3)
        >>> tuple(projection(torch.rand(1, 8, 5, 5)).shape)
        (1, 3, 5, 5)
    """

    def __init__(self, sizes: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.sizes = list(sizes)
        self.parts = nn.ModuleList(nn.Conv2d(size, outputs, 1, bias=False) for size in sizes)
        self.offset = nn.Parameter(torch.zeros(1, outputs, 1, 1))

    @property
    def outputs(self) -> int:
        """Channels that come out."""
        return self.offset.shape[1]

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, sum of sizes, h, w) to (B, outputs, h, w)."""
        total: Tensor = self.offset
        sources = features.split(self.sizes, 1)  # type: ignore[no-untyped-call]
        for part, source in zip(self.parts, sources, strict=True):
            total = total + part(source)
        return total


def fit_channel_projection(
    pooled: Tensor, sizes: Sequence[int], settings: ProjectionSettings
) -> ChannelProjection:
    """Fit the projection to the main directions of photos.

    Args:
        pooled: (N, C) means over space of every channel.
        sizes: Channels of each source, of sum C.
        settings: How.

    Raises:
        InvalidInput: The sizes do not fit.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> pooled = torch.randn(50, 1) @ torch.randn(1, 6) + 0.01 * torch.randn(50, 6)
        >>> settings = ProjectionSettings(directions=1, passthrough=0)
        >>> projection = fit_channel_projection(pooled, [6], settings)
        >>> along = projection(pooled[:, :, None, None])
        >>> round(along.mean().abs().item(), 3), round(along.square().mean().sqrt().item(), 2)
        (0.0, 1.0)
    """
    if pooled.ndim != 2 or sum(sizes) != pooled.shape[1] or settings.passthrough >= pooled.shape[1]:
        raise InvalidInput(f"pooled features {tuple(pooled.shape)} do not have {sum(sizes)} channels")
    mean, deviation = pooled.mean(0), pooled.std(0) + 1e-6
    weights = _compute_directions((pooled - mean) / deviation, settings) / deviation
    projection = ChannelProjection(sizes, len(weights)).requires_grad_(False)
    kernels = weights.split(list(sizes), 1)  # type: ignore[no-untyped-call]
    for part, kernel in zip(projection.parts, kernels, strict=True):
        part.get_parameter("weight").copy_(kernel[:, :, None, None])
    projection.offset.copy_(-(weights @ mean)[None, :, None, None])
    return projection.eval()


def _compute_directions(standard: Tensor, settings: ProjectionSettings) -> Tensor:
    """Compute (outputs, C) weights: main directions of mean variance 1, then the kept channels."""
    channels = standard.shape[1] - settings.passthrough
    _, strengths, axes = torch.linalg.svd(standard[:, :channels], full_matrices=False)
    count = min(settings.directions, len(strengths))
    scale = (len(standard) * count / strengths[:count].square().sum()).sqrt()
    weights = torch.zeros(count + settings.passthrough, channels + settings.passthrough)
    weights[:count, :channels] = axes[:count] * scale
    weights[count:, channels:] = torch.eye(settings.passthrough) * settings.emphasis
    return weights


class ProjectedBackbone(nn.Module):
    """A backbone and its projection: pixels to G.

    Example:
        >>> class Pixels(nn.Module):
        ...     def forward(self, pixels):
        ...         return pixels.permute(0, 3, 1, 2).float()
        >>> backbone = ProjectedBackbone(Pixels(), ChannelProjection([3], outputs=2))
        >>> tuple(backbone(torch.zeros(1, 8, 8, 3, dtype=torch.uint8)).shape)
        (1, 2, 8, 8)
    """

    def __init__(self, backbone: nn.Module, projection: ChannelProjection) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection = projection

    def forward(self, pixels: Tensor) -> Tensor:
        """Map (B, S, S, 3) uint8 RGB to (B, outputs, h, w)."""
        projected: Tensor = self.projection(self.backbone(pixels))
        return projected
