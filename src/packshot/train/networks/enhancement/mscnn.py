"""MSCNN: a coarse network sees much, a fine one refines what it says.

Ren et al., "Single image dehazing via multi-scale convolutional neural networks", ECCV 2016: large
kernels, pooling and enlarging, a linear combination; the fine network takes the coarse one's map among
its own.
The paper's map is a transmission, which inverts a model of haze. Damage here is no haze: the map holds
what multiplies and what is added for each colour, which covers that model and more.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

_COARSE_LAYERS = ((11, 5), (9, 5), (7, 10))
"""Kernel side and channels of each layer, as in the paper."""

_FINE_LAYERS = ((7, 4), (5, 5), (3, 10))
"""Likewise; the coarse map joins after the first."""

_MAP_CHANNELS = 6
"""A factor and an addend for each colour."""


class Mscnn(nn.Module):
    """Coarse and fine network; the view is not used.

    Example:
        >>> pixels = torch.randint(0, 256, (1, 3, 16, 16), dtype=torch.uint8)
        >>> enhanced = Mscnn()(pixels, torch.zeros(1, 3, 64, 64, dtype=torch.uint8))
        >>> bool(torch.allclose(enhanced, pixels / 255))  # the photo itself at first
        True
    """

    def __init__(self) -> None:
        super().__init__()
        self.coarse = ScaleNetwork(_COARSE_LAYERS, 0)
        self.fine = ScaleNetwork(_FINE_LAYERS, _MAP_CHANNELS)

    def forward(self, pixels: Tensor, view: Tensor) -> Tensor:
        """Map (B, 3, H, W) uint8 to (B, 3, H, W), 0..1 nominally; H and W multiples of 8."""
        picture = pixels.float() / 255
        coarse = self.coarse(picture, None)
        factor, addend = (coarse + self.fine(picture, coarse)).chunk(2, dim=1)
        return torch.as_tensor(picture * (1 + factor) + addend)


class ScaleNetwork(nn.Module):
    """Three convolutions, each halved and enlarged again, and a linear combination.

    Args:
        layers: Kernel side and channels of each.
        map_channels: Channels of the map that joins after the first layer.

    Example:
        >>> coarse = ScaleNetwork(((11, 5), (9, 5), (7, 10)), 0)
        >>> tuple(coarse(torch.rand(1, 3, 16, 16), None).shape)
        (1, 6, 16, 16)
    """

    def __init__(self, layers: tuple[tuple[int, int], ...], map_channels: int) -> None:
        super().__init__()
        inputs = [3, layers[0][1] + map_channels, *(channels for _, channels in layers[1:-1])]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(entry, channels, side, padding=side // 2)
            for entry, (side, channels) in zip(inputs, layers, strict=True)
        )
        self.combine = nn.Conv2d(layers[-1][1], _MAP_CHANNELS, 1)
        nn.init.zeros_(self.combine.weight)
        nn.init.zeros_(self.combine.bias)  # type: ignore[arg-type]

    def forward(self, picture: Tensor, coarse_map: Tensor | None) -> Tensor:
        """Map (B, 3, H, W), and a map of the same size if one is taken, to (B, 6, H, W)."""
        x = picture
        for number, convolve in enumerate(self.convolutions):
            pooled = F.max_pool2d(torch.relu(convolve(x)), 2)
            x = F.interpolate(pooled, scale_factor=2, mode="nearest")
            if number == 0 and coarse_map is not None:
                x = torch.cat([x, coarse_map], dim=1)
        return torch.as_tensor(self.combine(x))
