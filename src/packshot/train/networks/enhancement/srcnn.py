"""SRCNN: three convolutions that restore an enlarged picture.

Dong, Loy, He, Tang, "Image super-resolution using deep convolutional networks", IEEE TPAMI 38(2), 2016:
the 9-1-5 network with 64 and 32 channels, on three colours.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Srcnn(nn.Module):
    """Patch extraction (9 x 9), mapping (1 x 1), reconstruction (5 x 5); the view is not used.

    Example:
        >>> pixels = torch.zeros(1, 3, 24, 16, dtype=torch.uint8)
        >>> tuple(Srcnn()(pixels, torch.zeros(1, 3, 64, 64, dtype=torch.uint8)).shape)
        (1, 3, 24, 16)
    """

    def __init__(self) -> None:
        super().__init__()
        self.extract = nn.Conv2d(3, 64, 9, padding=4, padding_mode="replicate")
        self.map = nn.Conv2d(64, 32, 1)
        self.reconstruct = nn.Conv2d(32, 3, 5, padding=2, padding_mode="replicate")

    def forward(self, pixels: Tensor, view: Tensor) -> Tensor:
        """Map (B, 3, H, W) uint8 to (B, 3, H, W), 0..1 nominally."""
        mapped = torch.relu(self.map(torch.relu(self.extract(pixels.float() / 255))))
        return torch.as_tensor(self.reconstruct(mapped))
