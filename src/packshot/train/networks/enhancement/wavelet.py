"""The one-level two-dimensional Haar transform and its inverse.

Each square of 2 x 2 pixels becomes one number per band by an orthonormal 4 x 4 matrix, whose transpose
takes it back: both are a rearrangement and a 1 x 1 convolution, fast everywhere and exact.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

_HAAR = ((1, 1, 1, 1), (1, 1, -1, -1), (1, -1, 1, -1), (1, -1, -1, 1))
"""Rows: low, then detail across, down and on the diagonal; columns: the pixels of a square, row by
row."""


class HaarTransform(nn.Module):
    """Splits maps into a low band and three detail bands, and joins them again.

    Example:
        >>> transform, picture = HaarTransform(1), torch.tensor([[1.0, 2.0], [3.0, 6.0]])[None, None]
        >>> low, details = transform(picture)
        >>> low.item(), details.flatten().tolist(), transform.inverse(low, details).flatten().tolist()
        (6.0, [-3.0, -2.0, 1.0], [1.0, 2.0, 3.0, 6.0])
    """

    matrix: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        square = torch.tensor(_HAAR, dtype=torch.float32) / 2
        # Bands outermost: the first `channels` outputs are the low band of every channel.
        rows = torch.einsum("bp,cd->bcdp", square, torch.eye(channels))
        weights = rows.reshape(4 * channels, 4 * channels, 1, 1)
        self.register_buffer("matrix", weights, persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Transform (docs/methods.md, section 2.2: a_MM; a_MG, a_GM, a_GG).

        Args:
            x: (B, C, H, W), H and W even.

        Returns:
            The low band (B, C, H / 2, W / 2), twice the mean of each square; the details
            (B, 3 C, H / 2, W / 2): horizontal, vertical and diagonal edges of all channels.
        """
        bands = F.conv2d(F.pixel_unshuffle(x, 2), self.matrix)
        return bands[:, : self.channels], bands[:, self.channels :]

    def inverse(self, low: Tensor, details: Tensor) -> Tensor:
        """Undo `forward`."""
        bands = torch.cat([low, details], dim=1)
        return F.pixel_shuffle(F.conv2d(bands, self.matrix.transpose(0, 1)), 2)
