"""The mask network: it finds where in a photo the product is.

An encoder-decoder in the manner of U-Net (Ronneberger, Fischer and Brox, MICCAI 2015). The encoder is
EfficientNet-Lite0 without its two widest stages; the decoder is narrow and separable, because most of
what it needs to know the ImageNet stages know already.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from packshot.train.networks.decoder import ContextBlock, TrunkNetwork, UpsampleBlock
from packshot.train.networks.efficientnet_lite import EfficientNetLite
from packshot.train.networks.statistics import scale_pixels

_STAGES = 5
"""Stages of the trunk that stay; the two widest would cost more than they tell (decision 18)."""

_SKIP_CHANNELS = (112, 40, 24, 16)
"""Channels of the maps the decoder takes, coarse to fine: at a 16th, 8th, 4th and half of the side."""

_WIDTHS = (96, 64, 48, 24)
"""Channels of the decoder at the same scales: the network has 784 000 parameters in all (decision
18)."""


class Decoder(nn.Module):
    """Turns maps of the encoder into a mask, and into whether there is a product at all.

    Example:
        >>> sizes = zip(_SKIP_CHANNELS, (2, 4, 8, 16))
        >>> mask, presence = Decoder()([torch.zeros(2, count, side, side) for count, side in sizes])
        >>> tuple(mask.shape), tuple(presence.shape)
        ((2, 16, 16), (2,))
    """

    def __init__(self) -> None:
        super().__init__()
        self.context = ContextBlock(_SKIP_CHANNELS[0], _WIDTHS[0])
        steps = zip(_WIDTHS[:-1], _SKIP_CHANNELS[1:], _WIDTHS[1:], strict=True)
        self.rises = nn.ModuleList(UpsampleBlock(*step) for step in steps)
        self.mask = nn.Conv2d(_WIDTHS[-1], 1, 3, padding=1)
        self.presence = nn.Linear(_WIDTHS[0], 1)

    def forward(self, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Decode.

        Args:
            maps: Of `_SKIP_CHANNELS` channels, coarse to fine.

        Returns:
            Logits of the mask at half of the photo's side, (B, S / 2, S / 2), and of presence, (B,).
        """
        y = self.context(maps[0])
        presence = self.presence(y.mean((2, 3))).squeeze(1)
        for rise, fine in zip(self.rises, maps[1:], strict=True):
            y = rise(y, fine)
        return self.mask(y).squeeze(1), presence


class MaskNetwork(TrunkNetwork):
    """Maps photos to masks.

    Args:
        trunk: Pre-trained; its later stages and its head are dropped, in place.

    Example:
        >>> network = MaskNetwork(EfficientNetLite()).eval()
        >>> mask, presence = network(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))
        >>> tuple(mask.shape), tuple(presence.shape)
        ((1, 32, 32), (1,))
    """

    def __init__(self, trunk: EfficientNetLite) -> None:
        super().__init__(trunk, _STAGES)
        self.decoder = Decoder()

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Find the product.

        Args:
            pixels: (B, S, S, 3) uint8 RGB.

        Returns:
            Logits of the mask, (B, S / 2, S / 2), and of there being a product, (B,).
        """
        stages = self.trunk.stages(scale_pixels(pixels))
        # After the stem come the stages; the fifth keeps the side of the fourth.
        logits, presence = self.decoder([stages[5], stages[3], stages[2], stages[1]])
        return logits, presence


class ShippedMask(nn.Module):
    """The network as it ships: probabilities in place of logits.

    Example:
        >>> shipped = ShippedMask(MaskNetwork(EfficientNetLite()).eval())
        >>> mask, presence = shipped(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))
        >>> bool(((0 <= mask) & (mask <= 1)).all()), 0 <= presence.item() <= 1
        (True, True)
    """

    def __init__(self, network: MaskNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """(B, S, S, 3) uint8 RGB to (B, S / 2, S / 2) and (B,) probabilities."""
        logits, presence = self.network(pixels)
        return torch.sigmoid(logits), torch.sigmoid(presence)
