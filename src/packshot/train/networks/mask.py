"""The mask network: where in a photo the product is.

An encoder-decoder in the manner of U-Net (Ronneberger, Fischer and Brox, MICCAI 2015). The encoder is
EfficientNet-Lite0 without its two widest stages; the decoder is narrow and separable, because most of
what it needs to know the ImageNet stages know already.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.train.networks.efficientnet_lite import EfficientNetLite
from packshot.train.networks.statistics import scaled

_STAGES = 5
_SKIPPED = (112, 40, 24, 16)
"""Channels of the maps the decoder takes, coarse to fine: at a 16th, 8th, 4th and half of the side."""

_WIDTHS = (96, 64, 48, 24)


class Separable(nn.Module):
    """Filter each channel, then mix them."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, inputs, kernel, padding=kernel // 2, groups=inputs, bias=False),
            nn.BatchNorm2d(inputs),
            nn.ReLU6(),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H, W)."""
        y: Tensor = self.layers(x)
        return x + y if x.shape == y.shape else y


class Context(nn.Module):
    """The coarsest map, told what the whole picture holds."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(inputs, outputs, 1)
        self.whole = nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU6(), nn.Linear(outputs, outputs))
        self.mix = nn.Sequential(*(Separable(outputs, outputs, 5) for _ in range(3)))

    def forward(self, coarse: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H, W)."""
        told = self.whole(coarse.mean((2, 3)))[:, :, None, None]
        mixed: Tensor = self.mix(F.relu6(self.enter(coarse) + told))
        return mixed


class Rise(nn.Module):
    """One step of the decoder: twice the side, joined with the encoder's map of that side."""

    def __init__(self, inputs: int, skipped: int, outputs: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(inputs, outputs, 1)
        self.skip = nn.Conv2d(skipped, outputs, 1)
        self.mix = Separable(outputs, outputs)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Map (B, inputs, H, W) and (B, skipped, 2 H, 2 W) to (B, outputs, 2 H, 2 W)."""
        raised = F.interpolate(self.narrow(coarse), scale_factor=2.0, mode="bilinear")
        mixed: Tensor = self.mix(F.relu6(raised + self.skip(fine)))
        return mixed


class Decoder(nn.Module):
    """Maps of the encoder to a mask, and whether there is a product at all."""

    def __init__(self) -> None:
        super().__init__()
        self.context = Context(_SKIPPED[0], _WIDTHS[0])
        steps = zip(_WIDTHS[:-1], _SKIPPED[1:], _WIDTHS[1:], strict=True)
        self.rises = nn.ModuleList(Rise(*step) for step in steps)
        self.mask = nn.Conv2d(_WIDTHS[-1], 1, 3, padding=1)
        self.presence = nn.Linear(_WIDTHS[0], 1)

    def forward(self, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Decode.

        Args:
            maps: Of `_SKIPPED` channels, coarse to fine.

        Returns:
            Logits of the mask at half of the photo's side, (B, S / 2, S / 2), and of presence, (B,).
        """
        y = self.context(maps[0])
        presence = self.presence(y.mean((2, 3))).squeeze(1)
        for rise, fine in zip(self.rises, maps[1:], strict=True):
            y = rise(y, fine)
        return self.mask(y).squeeze(1), presence


class MaskNetwork(nn.Module):
    """Photos to masks.

    Args:
        trunk: Pre-trained; its later stages and its head are dropped.
    """

    def __init__(self, trunk: EfficientNetLite) -> None:
        super().__init__()
        kept = sorted(trunk.stage_ends)[_STAGES - 1] + 1
        trunk._blocks = trunk._blocks[:kept]
        del trunk._conv_head, trunk._bn1
        self.trunk = trunk
        self.decoder = Decoder()

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Find the product.

        Args:
            pixels: (B, S, S, 3) uint8 RGB.

        Returns:
            Logits of the mask, (B, S / 2, S / 2), and of there being a product, (B,).
        """
        stages = self.trunk.stages(scaled(pixels))
        # After the stem come the stages; the fifth keeps the side of the fourth.
        logits, presence = self.decoder([stages[5], stages[3], stages[2], stages[1]])
        return logits, presence

    def train(self, mode: bool = True) -> MaskNetwork:
        """Training leaves the trunk's normalisation at its ImageNet statistics."""
        super().train(mode)
        self.trunk.eval()
        return self


class ShippedMask(nn.Module):
    """The network as it ships: probabilities in place of logits."""

    def __init__(self, network: MaskNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """(B, S, S, 3) uint8 RGB to (B, S / 2, S / 2) and (B,) probabilities."""
        logits, presence = self.network(pixels)
        return torch.sigmoid(logits), torch.sigmoid(presence)
