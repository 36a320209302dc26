"""EnhanceGAN's generator: a global piecewise tone and colour adjustment, chosen by a network.

Deng, Loy, Tang, "Aesthetic-driven image enhancement by adversarial learning", ACM MM 2018: a piecewise
linear curve per channel of CIE Lab is predicted for the whole photo. Here a small network reads them off
the view, not ResNet-101, and pairs, which the paper does without, teach it beside the adversary.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

_PIECES = 8
"""Straight pieces of a curve over -1..1. A judgement."""

_CHANNELS = (3, 24, 48, 64, 96)
"""Of the convolutions over the view, each at half the side of the one before; small, for a CPU."""

_TO_XYZ = (
    (0.4124 / 0.9505, 0.3576 / 0.9505, 0.1805 / 0.9505),
    (0.2126, 0.7152, 0.0722),
    (0.0193 / 1.089, 0.1192 / 1.089, 0.9505 / 1.089),
)
"""RGB to XYZ over the white point D65 (IEC 61966-2-1)."""

_TO_LAB = ((0.0, 1.16, 0.0), (5.0, -5.0, 0.0), (0.0, 2.0, -2.0))
"""Compressed XYZ to CIE Lab over 100 (ISO/CIE 11664-4)."""

_BEND, _SLOPE, _OFFSET = (6 / 29) ** 3, (29 / 6) ** 2 / 3, 4 / 29
"""CIE Lab's compression is a cube root above the first, below a line (ISO/CIE 11664-4)."""

_EPSILON = 1e-6
"""Least value under a fractional power, whose slope at 0 is infinite."""


class EnhanceGan(nn.Module):
    """Bends channels of CIE Lab by piecewise linear curves. At the start the curves are the identity.

    Example:
        >>> network = EnhanceGan().eval()
        >>> pixels = torch.tensor([200, 120, 40], dtype=torch.uint8).reshape(1, 3, 1, 1)
        >>> enhanced = network(pixels, torch.zeros(1, 3, 64, 64, dtype=torch.uint8))
        >>> (enhanced.flatten() * 255).round().tolist()  # the identity at first
        [200.0, 120.0, 40.0]
    """

    to_xyz: Tensor
    to_lab: Tensor

    def __init__(self) -> None:
        super().__init__()
        steps = itertools.pairwise(_CHANNELS)
        layers = [layer for a, b in steps for layer in (nn.Conv2d(a, b, 3, 2, 1), nn.ReLU())]
        self.look = nn.Sequential(*layers)
        self.curves = nn.Linear(_CHANNELS[-1], 3 * (_PIECES + 1))
        nn.init.zeros_(self.curves.weight)
        nn.init.zeros_(self.curves.bias)
        self.register_buffer("to_xyz", torch.tensor(_TO_XYZ), persistent=False)
        self.register_buffer("to_lab", torch.tensor(_TO_LAB), persistent=False)

    def forward(self, pixels: Tensor, view: Tensor) -> Tensor:
        """Map (B, 3, H, W) and (B, 3, 64, 64) uint8 to (B, 3, H, W), 0..1 nominally."""
        offsets = self.curves(self.look(view.float() / 255).mean(dim=(2, 3)))
        lab = self.rgb_to_lab(pixels.float() / 255)
        return self.lab_to_rgb(lab + _interpolate_offsets(lab, offsets.reshape(-1, 3, _PIECES + 1)))

    def rgb_to_lab(self, rgb: Tensor) -> Tensor:
        """Convert (B, 3, H, W) to CIE Lab over 100: lightness 0..1, a and b about -1..1."""
        linear = torch.where(
            rgb > 0.04045, ((rgb.clamp(min=_EPSILON) + 0.055) / 1.055) ** 2.4, rgb / 12.92
        )
        xyz = _mix_channels(self.to_xyz, linear)
        compressed = torch.where(xyz > _BEND, xyz.clamp(min=_BEND) ** (1 / 3), _SLOPE * xyz + _OFFSET)
        return _mix_channels(self.to_lab, compressed) - _lightness_offset(compressed)

    def lab_to_rgb(self, lab: Tensor) -> Tensor:
        """Undo `rgb_to_lab`."""
        compressed = _mix_channels(torch.linalg.inv(self.to_lab), lab + _lightness_offset(lab))
        xyz = torch.where(compressed > 6 / 29, compressed**3, (compressed - _OFFSET) / _SLOPE)
        linear = _mix_channels(torch.linalg.inv(self.to_xyz), xyz)
        curved = 1.055 * linear.clamp(min=_EPSILON) ** (1 / 2.4) - 0.055
        return torch.where(linear > 0.0031308, curved, 12.92 * linear)


def _interpolate_offsets(lab: Tensor, offsets: Tensor) -> Tensor:
    """Interpolate offsets (B, 3, P + 1) at knots over -1..1 at every value of (B, 3, H, W)."""
    place = ((lab.clamp(-1, 1) + 1) / 2 * _PIECES).flatten(2)
    below = place.floor().clamp(max=_PIECES - 1)
    low = torch.gather(offsets, 2, below.long())
    high = torch.gather(offsets, 2, below.long() + 1)
    return (low + (place - below) * (high - low)).reshape(lab.shape)


def _mix_channels(matrix: Tensor, colours: Tensor) -> Tensor:
    return F.conv2d(colours, matrix[:, :, None, None])


def _lightness_offset(like: Tensor) -> Tensor:
    """Return 0.16 for L and nothing for a and b: L = 1.16 f(Y) - 0.16."""
    return torch.tensor([0.16, 0.0, 0.0], device=like.device)[:, None, None]
