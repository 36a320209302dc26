"""The overlay network: where text and watermarks were laid over a photo.

Small and fully convolutional. Half of its blocks work at an eighth of the side with growing dilation
(Yu and Koltun, "Multi-scale context aggregation by dilated convolutions", ICLR 2016): whether lettering
is laid over a photo or printed on the product is seen from its surroundings.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.train.networks.statistics import scaled

_STEM, _FINE, _COARSE = 12, 24, 56
_DILATIONS = (1, 2, 4, 8, 2, 1)


class DilatedBlock(nn.Module):
    """Filter each channel, then mix them; added to the input."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 1, dilation, dilation, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same."""
        added: Tensor = x + self.layers(x)
        return added


def _shrinking(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU6()
    )


class OverlayNetwork(nn.Module):
    """Photos to two maps of logits: lines of text, watermarks."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_shrinking(3, _STEM), _shrinking(_STEM, _FINE))
        self.coarse = nn.Sequential(
            _shrinking(_FINE, _COARSE), *(DilatedBlock(_COARSE, dilation) for dilation in _DILATIONS)
        )
        self.narrow = nn.Conv2d(_COARSE, _FINE, 1)
        self.mix = DilatedBlock(_FINE)
        self.maps = nn.Conv2d(_FINE, 2, 1)
        nn.init.constant_(self.maps.bias, -3.0)  # type: ignore[arg-type]

    def forward(self, pixels: Tensor) -> Tensor:
        """Find overlays.

        Args:
            pixels: (B, H, W, 3) uint8 RGB, both sides multiples of 8.

        Returns:
            (B, 2, H / 4, W / 4) logits of text and of watermark.
        """
        fine = self.stem(scaled(pixels))
        raised = F.interpolate(self.narrow(self.coarse(fine)), scale_factor=2.0, mode="bilinear")
        logits: Tensor = self.maps(self.mix(F.relu6(fine + raised)))
        return logits


class ShippedOverlay(nn.Module):
    """The network as it ships: probabilities in place of logits."""

    def __init__(self, network: OverlayNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 RGB to (B, 2, H / 4, W / 4) probabilities."""
        return torch.sigmoid(self.network(pixels))
