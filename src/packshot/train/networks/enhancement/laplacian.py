"""Sharpening of feature maps by the Laplacian operator (docs/methods.md, section 2.1, equation 2.8)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

_KERNEL = ((0, -1, 0), (-1, 4, -1), (0, -1, 0))


class LaplacianSharpening(nn.Module):
    """``d + z lap(d)``, z = 1 as the filter's centre is positive, so that edges gain.

    Both terms are one depthwise convolution, whose kernel is fixed. Outside lie zeros.

    Example:
        >>> edge = torch.tensor([0.0, 0.0, 1.0, 1.0]).repeat(4, 1)[None, None]
        >>> LaplacianSharpening(1)(edge)[0, 0, 1].tolist()  # outside lie zeros
        [0.0, -1.0, 2.0, 2.0]
    """

    kernel: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        kernel = torch.tensor(_KERNEL, dtype=torch.float32)
        kernel[1, 1] += 1
        self.register_buffer("kernel", kernel.repeat(channels, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to as many, sharpened."""
        return F.conv2d(x, self.kernel, padding=1, groups=x.shape[1])
