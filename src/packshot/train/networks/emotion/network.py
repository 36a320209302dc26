"""The emotion network over a backbone's feature map, and its ablations."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from packshot.train.networks.emotion.fusion import VALENCE_STEPS, Fusion
from packshot.train.networks.emotion.perception import (
    IntensityBranch,
    IntensityPerception,
    PerceptionOutput,
)


@dataclass(frozen=True)
class EmotionShape:
    """Sizes, and what an ablation leaves out.

    Attributes:
        inputs: Channels of the backbone's feature map.
        channels: Of each branch.
        bottleneck: In attention, intensity and the residual block.
        dropout: In training, of channels before the branches and of pooled features.
        branches: 2; 1 for a single branch whose intensity counts for positive; 0 for no perception.

    Example:
        >>> EmotionShape(inputs=257).branches, EmotionShape(inputs=257, branches=0).branches
        (2, 0)
    """

    inputs: int
    channels: int = 24
    bottleneck: int = 32
    dropout: float = 0.3
    branches: int = 2


@dataclass(frozen=True)
class EmotionOutput:
    """The network's answer for a batch.

    Attributes:
        distribution: (B, 7) probabilities of valence 1..7.
        perception: Of both branches; None without perception.

    Example:
        >>> network = EmotionNetwork(EmotionShape(inputs=8, branches=0), torch.full((2, 7), 1 / 7))
        >>> output = network(torch.rand(2, 8, 4, 4))
        >>> tuple(output.distribution.shape), output.perception
        ((2, 7), None)
    """

    distribution: Tensor
    perception: PerceptionOutput | None


class SingleBranch(nn.Module):
    """The ablation with one branch: what is not positive is negative.

    Example:
        >>> output = SingleBranch(8, channels=4, bottleneck=4)(torch.rand(2, 8, 3, 3))
        >>> [round(total, 4) for total in output.intensities.sum(1).tolist()]
        [1.0, 1.0]
    """

    def __init__(self, inputs: int, channels: int, bottleneck: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.only = IntensityBranch(inputs, channels, bottleneck, dropout)

    def forward(self, features: Tensor) -> PerceptionOutput:
        """Perceive (B, inputs, h, w)."""
        intensity, attention_map, channel_peaks = self.only(features)
        return PerceptionOutput(
            torch.cat([intensity, 1 - intensity], 1),
            attention_map.expand(-1, 2, -1, -1) / 2,
            torch.cat([channel_peaks, -channel_peaks], 1),
        )


class EmotionNetwork(nn.Module):
    """Maps feature maps to a distribution of valence, intensities and attention maps.

    Args:
        shape: Sizes.
        spread: (2, 7) mean distribution of positive, then of negative photos; see `Fusion`.

    Example:
        >>> network = EmotionNetwork(EmotionShape(inputs=8), torch.full((2, 7), 1 / 7)).eval()
        >>> output = network(torch.rand(2, 8, 4, 4))
        >>> tuple(output.distribution.shape), tuple(output.perception.maps.shape)
        ((2, 7), (2, 2, 4, 4))
    """

    def __init__(self, shape: EmotionShape, spread: Tensor) -> None:
        super().__init__()
        kinds: dict[int, type[nn.Module]] = {2: IntensityPerception, 1: SingleBranch}
        kind = kinds.get(shape.branches)
        sizes = (shape.inputs, shape.channels, shape.bottleneck, shape.dropout)
        self.perception = kind(*sizes) if kind is not None else None
        self.fusion = Fusion(shape.inputs, shape.bottleneck, spread, shape.dropout)

    def forward(self, features: Tensor) -> EmotionOutput:
        """Read (B, inputs, h, w)."""
        if self.perception is None:
            return EmotionOutput(self.fusion(features, None, None), None)
        perceived: PerceptionOutput = self.perception(features)
        return EmotionOutput(self.fusion(features, perceived.maps, perceived.balance), perceived)


class PixelsToEmotion(nn.Module):
    """Joins a backbone and the network as they are exported: pixels to three arrays.

    The picture and its mirror image are both read, and the mean is given.

    Example:
        >>> class Average(nn.Module):
        ...     def forward(self, pixels):
        ...         return nn.functional.avg_pool2d(pixels.permute(0, 3, 1, 2) / 255, 8)
        >>> network = EmotionNetwork(EmotionShape(inputs=3), torch.full((2, 7), 1 / 7)).eval()
        >>> pixels = torch.randint(0, 256, (1, 32, 32, 3), dtype=torch.uint8)
        >>> [tuple(part.shape) for part in PixelsToEmotion(Average(), network)(pixels)]
        [(1, 7), (1, 2), (1, 2, 4, 4)]
    """

    def __init__(self, backbone: nn.Module, network: EmotionNetwork) -> None:
        super().__init__()
        self.backbone = backbone
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read pictures.

        Args:
            pixels: (B, S, S, 3) uint8 RGB.

        Returns:
            (B, 7) distribution of valence 1..7, (B, 2) intensities and (B, 2, h, w) attention maps,
            the positive ones first.
        """
        output: EmotionOutput = self.network(self.backbone(torch.cat([pixels, pixels.flip(2)])))
        perception = output.perception
        assert perception is not None
        count = pixels.shape[0]  # len() would fix the size of the batch on export
        outputs = (output.distribution, perception.intensities, perception.maps)
        (
            (distribution, intensities, maps),
            (mirrored_distribution, mirrored_intensities, mirrored_maps),
        ) = (
            [part[:count] for part in outputs],
            [part[count:] for part in outputs],
        )
        return (
            (distribution + mirrored_distribution) / 2,
            (intensities + mirrored_intensities) / 2,
            (maps + mirrored_maps.flip(3)) / 2,
        )


def mean_valence(distribution: Tensor) -> Tensor:
    """Return the mean valence, (B,) in 1..7, of (B, 7) probabilities.

    Example:
        >>> mean_valence(torch.tensor([[0.0, 0.0, 0.0, 0.5, 0.0, 0.5, 0.0]])).tolist()
        [5.0]
    """
    steps = torch.arange(1, VALENCE_STEPS + 1, dtype=distribution.dtype, device=distribution.device)
    return distribution @ steps
