"""The discriminator: it tells for each patch of a picture whether it is an original or enhanced.

Isola et al., "Image-to-image translation with conditional adversarial networks", CVPR 2017 (PatchGAN).
"""

from __future__ import annotations

import itertools

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class PatchDiscriminator(nn.Module):
    """Four strided convolutions, spectrally normalised, to one logit for each patch.

    Args:
        width: Channels of the first; each next has twice as many.

    Example:
        >>> import torch
        >>> tuple(PatchDiscriminator(width=4)(torch.rand(2, 3, 32, 32)).shape)
        (2, 1, 3, 3)
    """

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        widths = (3, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise(widths):
            layers += [spectral_norm(nn.Conv2d(inputs, outputs, 4, 2, 1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(widths[-1], 1, 4, 1, 1)))

    def forward(self, picture: Tensor) -> Tensor:
        """Map (B, 3, H, W), 0..1, to (B, 1, H / 8 - 1, W / 8 - 1) logits: large for originals."""
        logits: Tensor = self.layers(picture)
        return logits
