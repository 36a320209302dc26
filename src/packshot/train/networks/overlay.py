"""The overlay network: it finds where text and watermarks were laid over a photo.

An encoder-decoder like the mask network, on the first four stages of EfficientNet-Lite0: whether
lettering is laid over a photo or printed on the product is seen from what surrounds it, and what
surrounds it the ImageNet stages know.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from packshot.train.networks.decoder import ContextBlock, TrunkNetwork, UpsampleBlock
from packshot.train.networks.efficientnet_lite import EfficientNetLite
from packshot.train.networks.statistics import scale_pixels

_STAGES = 4
"""Stages of the trunk that stay (decision 18)."""

_SKIP_CHANNELS = (80, 40, 24)
"""Channels of the maps the decoder takes, coarse to fine: at a 16th, 8th and 4th of the side."""

_WIDTHS = (64, 48, 32)
"""Channels of the decoder at the same scales: the network has 294 000 parameters in all (decision
18)."""

_MAPS = 2
"""Text and watermark."""

_INITIAL_BIAS = -3.0
"""Logit of both maps at first, a probability of 5 %: most of a photo has nothing over it. A
judgement."""


class OverlayNetwork(TrunkNetwork):
    """Maps photos to two maps of logits: lines of text, watermarks.

    Args:
        trunk: Pre-trained; its later stages and its head are dropped, in place.

    Example:
        >>> network = OverlayNetwork(EfficientNetLite()).eval()
        >>> tuple(network(torch.zeros(1, 64, 96, 3, dtype=torch.uint8)).shape)
        (1, 2, 16, 24)
    """

    def __init__(self, trunk: EfficientNetLite) -> None:
        super().__init__(trunk, _STAGES)
        self.context = ContextBlock(_SKIP_CHANNELS[0], _WIDTHS[0])
        steps = zip(_WIDTHS[:-1], _SKIP_CHANNELS[1:], _WIDTHS[1:], strict=True)
        self.rises = nn.ModuleList(UpsampleBlock(*step) for step in steps)
        self.maps = nn.Conv2d(_WIDTHS[-1], _MAPS, 1)
        nn.init.constant_(self.maps.bias, _INITIAL_BIAS)  # type: ignore[arg-type]

    @property
    def decoder_parameters(self) -> list[nn.Parameter]:
        """All that is not the trunk."""
        parts = (self.context, self.rises, self.maps)
        return [parameter for part in parts for parameter in part.parameters()]

    def forward(self, pixels: Tensor) -> Tensor:
        """Find overlays.

        Args:
            pixels: (B, H, W, 3) uint8 RGB, both sides multiples of 16.

        Returns:
            (B, 2, H / 4, W / 4) logits of text and of watermark.
        """
        stages = self.trunk.stages(scale_pixels(pixels))
        y = self.context(stages[4])
        for rise, fine in zip(self.rises, (stages[3], stages[2]), strict=True):
            y = rise(y, fine)
        logits: Tensor = self.maps(y)
        return logits


class ShippedOverlay(nn.Module):
    """The network as it ships: probabilities in place of logits.

    Example:
        >>> shipped = ShippedOverlay(OverlayNetwork(EfficientNetLite()).eval())
        >>> maps = shipped(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))
        >>> bool(((0 <= maps) & (maps <= 1)).all())
        True
    """

    def __init__(self, network: OverlayNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 RGB to (B, 2, H / 4, W / 4) probabilities."""
        return torch.sigmoid(self.network(pixels))
