"""Encoder-decoders in the manner of U-Net (Ronneberger, Fischer and Brox, MICCAI 2015), separable."""

from __future__ import annotations

from typing import Self

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.train.networks.efficientnet_lite import EfficientNetLite, keep_first_stages


class TrunkNetwork(nn.Module):
    """A network whose encoder is the first stages of a pre-trained one.

    Args:
        trunk: Pre-trained; its later stages and its head are dropped, in place.
        stages: How many stay.

    Example:
        >>> network = TrunkNetwork(EfficientNetLite(), stages=4)
        >>> network.train().trunk.training
        False
    """

    def __init__(self, trunk: EfficientNetLite, stages: int) -> None:
        super().__init__()
        self.trunk = keep_first_stages(trunk, stages)

    def train(self, mode: bool = True) -> Self:
        """Set the mode; training leaves the trunk's normalisation at its ImageNet statistics."""
        super().train(mode)
        self.trunk.eval()
        return self


class SeparableConv(nn.Module):
    """Filter each channel, then mix them.

    Example:
        >>> import torch
        >>> tuple(SeparableConv(8, 16)(torch.zeros(1, 8, 12, 12)).shape)
        (1, 16, 12, 12)
    """

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


class ContextBlock(nn.Module):
    """Mixes into the coarsest map what the whole picture holds.

    Example:
        >>> import torch
        >>> tuple(ContextBlock(80, 64)(torch.zeros(2, 80, 4, 4)).shape)
        (2, 64, 4, 4)
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(inputs, outputs, 1)
        self.whole = nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU6(), nn.Linear(outputs, outputs))
        self.mix = nn.Sequential(*(SeparableConv(outputs, outputs, 5) for _ in range(3)))

    def forward(self, coarse: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H, W)."""
        global_features = self.whole(coarse.mean((2, 3)))[:, :, None, None]
        mixed: Tensor = self.mix(F.relu6(self.enter(coarse) + global_features))
        return mixed


class UpsampleBlock(nn.Module):
    """One step of the decoder: twice the side, joined with the encoder's map of that side.

    Example:
        >>> import torch
        >>> coarse, fine = torch.zeros(1, 64, 4, 4), torch.zeros(1, 40, 8, 8)
        >>> tuple(UpsampleBlock(64, 40, 48)(coarse, fine).shape)
        (1, 48, 8, 8)
    """

    def __init__(self, inputs: int, skip_channels: int, outputs: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(inputs, outputs, 1)
        self.skip = nn.Conv2d(skip_channels, outputs, 1)
        self.mix = SeparableConv(outputs, outputs)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Map (B, inputs, H, W) and (B, skipped, 2 H, 2 W) to (B, outputs, 2 H, 2 W)."""
        upsampled = F.interpolate(self.narrow(coarse), scale_factor=2.0, mode="bilinear")
        mixed: Tensor = self.mix(F.relu6(upsampled + self.skip(fine)))
        return mixed
