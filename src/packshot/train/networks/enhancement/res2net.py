"""Res2Net blocks: several receptive fields within one residual block.

Gao et al., "Res2Net: a new multi-scale backbone architecture", IEEE TPAMI 43(2), 2021. Without batch
normalisation, which harms restoration: a picture's own contrast must survive.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Res2NetBlock(nn.Module):
    """Residual block whose middle is a hierarchy of 3 x 3 convolutions on parts of the channels.

    The first part passes through; each later part is convolved after the result before it was added.

    Args:
        channels: In and out, a multiple of `parts`.
        parts: How many parts, at least 2 (the paper's scale s).

    Example:
        >>> tuple(Res2NetBlock(8, parts=4)(torch.rand(1, 8, 6, 6)).shape)
        (1, 8, 6, 6)
    """

    def __init__(self, channels: int, parts: int = 4) -> None:
        super().__init__()
        if parts < 2 or channels % parts:
            raise ValueError(f"{channels} channels do not make {parts} parts of a Res2Net block")
        self.parts = parts
        width = channels // parts
        self.enter = nn.Conv2d(channels, channels, 1)
        self.middle = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(parts - 1))
        self.leave = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to as many."""
        first, *others = torch.relu(self.enter(x)).chunk(self.parts, dim=1)
        results = [first]
        for number, (part, convolve) in enumerate(zip(others, self.middle, strict=True)):
            combined = part + results[-1] if number else part
            results.append(torch.relu(convolve(combined)))
        return torch.relu(x + self.leave(torch.cat(results, dim=1)))
