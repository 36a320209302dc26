"""The judge of versions: which of two versions of a photo is nearer to what was photographed.

Both are read by the first, frozen stages of an ImageNet trunk, whole and in parts
(`packshot.enhance.version_views`). A small head compares what is read. Exchanging the versions changes
the sign of every gain, exactly: the head is used both ways round and the answers are subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from packshot.enhance.version_views import PART_SORTS
from packshot.train.networks.efficientnet_lite import EfficientNetLite, keep_first_stages
from packshot.train.networks.statistics import scale_pixels, stage_statistics

STAGES = 4
"""Maps of the trunk that are read: the stem's and three stages', down to an eighth of the side."""

MAP_NUMBERS = 112
"""Channels of these maps together (Lite0)."""

BINS = 32
"""Bins of the histogram of each colour."""

THUMBNAIL_SIDE = 8
CHANGE_NUMBERS = 4

VERSION_NUMBERS = (1 + len(PART_SORTS)) * 2 * MAP_NUMBERS + 3 * BINS + 3 * THUMBNAIL_SIDE**2
"""Numbers that are read of each version."""

DIFFERENCE_NUMBERS = (1 + len(PART_SORTS)) * MAP_NUMBERS + CHANGE_NUMBERS
"""Numbers that are read of both together."""

GAIN_UNITS = (0.5, 0.01, 0.01, 0.5)
"""Decibels, SSIM, HaarPSI and CIEDE2000 that are hardly to be seen. A judgement."""

CHANCES = 2
"""That nothing is harmed, and that the version after is nearer."""

_CLIP = 6.0
"""Deviations at which a standardised number is cut. A convention."""


@dataclass(frozen=True)
class VersionReading:
    """What is read of a batch of pairs.

    Attributes:
        before: (B, 1184) of the version before.
        after: (B, 1184) of the one after.
        difference: (B, 452) of both; the same whichever came first.

    Example:
        >>> blank = torch.zeros(1, 2)
        >>> VersionReading(blank, blank + 1, blank).swap().before.tolist()
        [[1.0, 1.0]]
    """

    before: Tensor
    after: Tensor
    difference: Tensor

    def swap(self) -> VersionReading:
        """Return the same with the versions exchanged."""
        return VersionReading(self.after, self.before, self.difference)


class VersionReader(nn.Module):
    """Reads two versions by the first stages of a trunk.

    Args:
        trunk: Frozen here.

    Example:
        >>> reader = VersionReader(EfficientNetLite()).eval()
        >>> whole = torch.zeros(1, 2, 128, 128, 3, dtype=torch.uint8)
        >>> parts = torch.zeros(1, 2, 6, 96, 96, 3, dtype=torch.uint8)
        >>> reading = reader(whole, parts, torch.zeros(1, 4))
        >>> tuple(reading.before.shape), tuple(reading.difference.shape)
        ((1, 1184), (1, 452))
    """

    def __init__(self, trunk: EfficientNetLite) -> None:
        super().__init__()
        self.trunk = keep_first_stages(trunk, STAGES - 1).requires_grad_(False).eval()

    def forward(self, whole: Tensor, parts: Tensor, change: Tensor) -> VersionReading:
        """Read pairs.

        Args:
            whole: (B, 2, 128, 128, 3) uint8.
            parts: (B, 2, 6, 96, 96, 3) uint8.
            change: (B, 4).
        """
        statistics, differences = [], [change]
        for pictures, sorts in ((whole[:, :, None], 1), (parts, len(PART_SORTS))):
            count = pictures.shape[2]
            versions = [self._read_maps(pictures[:, place]) for place in (0, 1)]
            statistics.append(
                [_average_sorts(stage_statistics(maps), count, sorts) for maps in versions]
            )
            gaps = torch.cat([(a - b).abs().mean((2, 3)) for a, b in zip(*versions, strict=True)], dim=1)
            differences.append(_average_sorts(gaps, count, sorts))
        tones = [_read_tones(whole[:, place]) for place in (0, 1)]
        before, after = (
            torch.cat([part[place] for part in statistics] + [tones[place]], dim=1) for place in (0, 1)
        )
        return VersionReading(before, after, torch.cat(differences, dim=1))

    def _read_maps(self, pictures: Tensor) -> list[Tensor]:
        """Maps of (B, N, S, S, 3) pictures: (B * N, C, h, w) each."""
        flat = pictures.reshape(-1, *pictures.shape[2:])
        return self.trunk.stages(scale_pixels(flat))


def _average_sorts(numbers: Tensor, count: int, sorts: int) -> Tensor:
    """Average (B * count, F) over the pictures of each sort: (B, sorts * F)."""
    width = numbers.shape[1]
    return numbers.reshape(-1, sorts, count // sorts, width).mean(2).reshape(-1, sorts * width)


def _read_tones(whole: Tensor) -> Tensor:
    """(B, 288) histogram of each colour, in soft bins, and a thumbnail of 8 x 8 pixels."""
    values = whole.permute(0, 3, 1, 2).float() / 255
    places = torch.arange(BINS) / (BINS - 1)
    width = 1 / (BINS - 1)
    shares = [torch.relu(1 - (values - place).abs() / width).mean((2, 3)) for place in places.tolist()]
    side = whole.shape[1] // THUMBNAIL_SIDE
    thumbnail = torch.nn.functional.avg_pool2d(values, side)
    return torch.cat([torch.stack(shares, dim=2).flatten(1), thumbnail.flatten(1)], dim=1)


@dataclass(frozen=True)
class Verdict:
    """The judge's answer for a batch of pairs.

    Attributes:
        gains: (B, 4) expected gains, as `VersionHead.scale` makes them.
        chances: (B, 2) logits: that nothing is harmed, and that the version after is nearer.

    Example:
        >>> Verdict(torch.zeros(2, 4), torch.zeros(2, 2)).gains.shape
        torch.Size([2, 4])
    """

    gains: Tensor
    chances: Tensor


class VersionHead(nn.Module):
    """Compares what was read of two versions.

    Args:
        hidden: Width of the hidden layers.
        dropout: Share of numbers left out in training.

    Attributes:
        units: (gains,) of each measure: smaller gains count in proportion, larger ones by their
            logarithm, for some are a thousand times as large as others that matter.
        slopes: (2,) of the calibration of the chances.
        offsets: (2,) likewise.

    Example:
        >>> head = VersionHead(hidden=8).eval()
        >>> before, after = torch.rand(2, 3, VERSION_NUMBERS)
        >>> one = VersionReading(before, after, torch.rand(3, DIFFERENCE_NUMBERS))
        >>> bool(torch.allclose(head(one).gains, -head(one.swap()).gains))
        True
    """

    version_mean: Tensor
    version_deviation: Tensor
    difference_mean: Tensor
    difference_deviation: Tensor
    units: Tensor
    slopes: Tensor
    offsets: Tensor

    def __init__(self, hidden: int = 128, dropout: float = 0.3) -> None:
        super().__init__()
        for name, size in (("version", VERSION_NUMBERS), ("difference", DIFFERENCE_NUMBERS)):
            self.register_buffer(f"{name}_mean", torch.zeros(size))
            self.register_buffer(f"{name}_deviation", torch.ones(size))
        self.register_buffer("units", torch.tensor(GAIN_UNITS))
        self.register_buffer("slopes", torch.ones(CHANCES))
        self.register_buffer("offsets", torch.zeros(CHANCES))
        inputs = 2 * VERSION_NUMBERS + DIFFERENCE_NUMBERS
        self.layers = nn.Sequential(
            nn.Dropout(dropout / 2),
            nn.Linear(inputs, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.GELU(),
        )
        self.gains = nn.Linear(hidden, len(GAIN_UNITS), bias=False)
        self.chances = nn.Linear(hidden, CHANCES)

    def fit_scaling(self, reading: VersionReading) -> None:
        """Take location and scale of every number from many pairs; a change's are those of changes."""
        versions = torch.cat([reading.before, reading.after])
        self.version_mean.copy_(versions.mean(0))
        self.version_deviation.copy_(versions.std(0) + 1e-3)
        self.difference_mean.copy_(reading.difference.mean(0))
        self.difference_deviation.copy_(reading.difference.std(0) + 1e-3)

    def scale(self, gains: Tensor) -> Tensor:
        """Scale gains of any shape (..., 4) to what the head is taught."""
        return torch.asinh(gains / self.units)

    def undo_scaling(self, scaled: Tensor) -> Tensor:
        """Return gains in decibels, SSIM, HaarPSI and CIEDE2000."""
        return self.units * torch.sinh(scaled)

    def forward(self, reading: VersionReading) -> Verdict:
        """Judge a batch of pairs."""
        forwards, backwards = (self._compare(one) for one in (reading, reading.swap()))
        return Verdict(self.gains(forwards) - self.gains(backwards), self.chances(forwards))

    def _compare(self, reading: VersionReading) -> Tensor:
        before, after = (
            ((version - self.version_mean) / self.version_deviation).clamp(-_CLIP, _CLIP)
            for version in (reading.before, reading.after)
        )
        gap = (reading.difference - self.difference_mean) / self.difference_deviation
        inputs = torch.cat([before, after - before, gap.clamp(-_CLIP, _CLIP)], dim=1)
        return torch.as_tensor(self.layers(inputs))


class VersionJudgeNetwork(nn.Module):
    """What ships: views of two versions in, expected gains and chances out.

    Example:
        >>> reader = VersionReader(EfficientNetLite())
        >>> network = VersionJudgeNetwork(reader, VersionHead(hidden=8)).eval()
        >>> whole = torch.zeros(1, 2, 128, 128, 3, dtype=torch.uint8)
        >>> parts = torch.zeros(1, 2, 6, 96, 96, 3, dtype=torch.uint8)
        >>> gains, chances = network(whole, parts, torch.zeros(1, 4))
        >>> gains.tolist(), tuple(chances.shape)
        ([[0.0, 0.0, 0.0, 0.0]], (1, 2))
    """

    def __init__(self, reader: VersionReader, head: VersionHead) -> None:
        super().__init__()
        self.reader, self.head = reader, head

    def forward(self, whole: Tensor, parts: Tensor, change: Tensor) -> tuple[Tensor, Tensor]:
        """Judge a batch; see `VersionReader.forward`.

        Returns:
            (B, 4) gains in decibels, SSIM, HaarPSI and CIEDE2000, and (B, 2) chances, 0..1.
        """
        verdict: Verdict = self.head(self.reader(whole, parts, change))
        gains = self.head.undo_scaling(verdict.gains)
        chances = torch.sigmoid(verdict.chances * self.head.slopes + self.head.offsets)
        return gains, chances
