"""MSBDN: a U-Net that boosts what it has by what it still lacks, and fuses all scales.

Dong et al., "Multi-scale boosted dehazing network with dense feature fusion", CVPR 2020. Decoder stages
strengthen, operate, subtract (SOS boosting); every encoder and decoder stage is corrected by
back-projection against the features of all scales before it. Sizes are cut from 31 million parameters to
about 0.3 million.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

_WIDTHS = (12, 24, 48)
"""Channels of the stages, cut to a network of about 0.3 million parameters."""

_DEEPEST_BLOCKS = 4
"""Residual blocks at the coarsest stage, cut likewise."""


class ConvResidualBlock(nn.Module):
    """Two convolutions and a residual connection.

    Example:
        >>> tuple(ConvResidualBlock(4)(torch.rand(1, 4, 8, 8)).shape)
        (1, 4, 8, 8)
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to as many."""
        return x + torch.as_tensor(self.second(torch.relu(self.first(x))))


class BackProjection(nn.Module):
    """Dense feature fusion: correct maps by how they differ from those of another scale, both ways.

    Args:
        channels: Of the maps to correct.
        others: Channels and scale (times the resolution of the maps) of each map before.

    Example:
        >>> fuse = BackProjection(8, [(4, 2.0)])
        >>> tuple(fuse(torch.rand(1, 8, 4, 4), [torch.rand(1, 4, 8, 8)]).shape)
        (1, 8, 4, 4)
    """

    def __init__(self, channels: int, others: list[tuple[int, float]]) -> None:
        super().__init__()
        self.scales = [scale for _, scale in others]
        self.project = nn.ModuleList(nn.Conv2d(channels, other, 1) for other, _ in others)
        self.back = nn.ModuleList(nn.Conv2d(other, channels, 1) for other, _ in others)

    def forward(self, x: Tensor, others: list[Tensor]) -> Tensor:
        """Map (B, C, H, W) to as many, given the maps before."""
        layers = zip(others, self.scales, self.project, self.back, strict=True)
        for other, scale, project, back in layers:
            error = other - _rescale(project(x), scale)
            x = x + torch.as_tensor(back(_rescale(error, 1 / scale)))
        return x


class Msbdn(nn.Module):
    """Encoder, deepest blocks, boosted decoder; predicts a change of the picture, at first none.

    The view is not used.

    Example:
        >>> pixels = torch.randint(0, 256, (1, 3, 16, 16), dtype=torch.uint8)
        >>> enhanced = Msbdn()(pixels, torch.zeros(1, 3, 64, 64, dtype=torch.uint8))
        >>> bool(torch.allclose(enhanced, pixels / 255))  # the photo itself at first
        True
    """

    def __init__(self) -> None:
        super().__init__()
        deeper = list(itertools.pairwise(_WIDTHS))
        self.enter = nn.Conv2d(3, _WIDTHS[0], 5, padding=2)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in deeper)
        self.encode = nn.ModuleList(ConvResidualBlock(width) for width in _WIDTHS)
        self.deepest = nn.Sequential(*(ConvResidualBlock(_WIDTHS[-1]) for _ in range(_DEEPEST_BLOCKS)))
        self.up = nn.ModuleList(nn.Conv2d(b, 4 * a, 1) for a, b in reversed(deeper))
        self.boost = nn.ModuleList(ConvResidualBlock(a) for a, _ in reversed(deeper))
        self.fuse_down = nn.ModuleList(
            BackProjection(b, [(_WIDTHS[j], 2.0 ** (i + 1 - j)) for j in range(i + 1)])
            for i, (_, b) in enumerate(deeper)
        )
        self.fuse_up = nn.ModuleList(
            BackProjection(a, [(_WIDTHS[j], 2.0 ** (i - j)) for j in range(len(_WIDTHS) - 1, i, -1)])
            for i, (a, _) in reversed(list(enumerate(deeper)))
        )
        self.leave = nn.Conv2d(_WIDTHS[0], 3, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)  # type: ignore[arg-type]

    def forward(self, pixels: Tensor, view: Tensor) -> Tensor:
        """Map (B, 3, H, W) uint8 to (B, 3, H, W), 0..1 nominally; H and W multiples of 4."""
        picture = pixels.float() / 255
        encoded = [self.encode[0](torch.relu(self.enter(picture)))]
        for step, block, fuse in zip(self.down, list(self.encode)[1:], self.fuse_down, strict=True):
            encoded.append(block(fuse(torch.relu(step(encoded[-1])), encoded)))
        deepest = encoded.pop()
        decoded = [deepest + self.deepest(deepest)]
        for grow, block, fuse in zip(self.up, self.boost, self.fuse_up, strict=True):
            upsampled = F.pixel_shuffle(grow(decoded[-1]), 2)
            boosted = block(encoded.pop() + upsampled) - upsampled
            decoded.append(fuse(boosted, decoded))
        return picture + torch.as_tensor(self.leave(decoded[-1]))


def _rescale(x: Tensor, scale: float) -> Tensor:
    if scale > 1:
        return F.interpolate(x, scale_factor=scale, mode="bilinear")
    return F.avg_pool2d(x, round(1 / scale))
