"""Validation: the quality of a network on photos it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from packshot.arrays import Pixels
from packshot.encode.views import to_whole_view
from packshot.enhance.network import STRIDE, VIEW_SIDE
from packshot.measure.reference.psnr import psnr
from packshot.measure.reference.ssim import ssim
from packshot.photo import Photo
from packshot.train.datasets.damaged import Original
from packshot.train.datasets.mixes import DamageMix, apply_mix, sample_mix

_MAX_SIDE = 512
"""Pixels of the long side of photos that are checked, as in training."""

_FIRST_SEED = 9000
"""Seed of the first photo's damage; those of the next ones count up."""

_SAMPLES = 3
"""Photos shown in TensorBoard."""

_SAMPLE_SIDE = 256
"""Pixels of the squares shown."""

_MAX_PSNR = 60.0
"""Decibels that equal photos count as: those of a difference of one level in one value of fifteen."""


@dataclass(frozen=True)
class ValidationScores:
    """Means over the held-out photos.

    Attributes:
        psnr: Of enhanced against original, dB.
        ssim: Likewise.
        gain: PSNR over that of the damaged, dB.
        undamaged_psnr: PSNR of undamaged photos after the network, dB, at most 60.

    Example:
        >>> scores = ValidationScores(psnr=24.0, ssim=0.9, gain=2.5, undamaged_psnr=45.0)
        >>> round(scores.selection_score, 2), str(scores)[:34]
        (34.0, 'PSNR 24.00 dB (+2.50 over damaged)')
    """

    psnr: float
    ssim: float
    gain: float
    undamaged_psnr: float

    @property
    def selection_score(self) -> float:
        """Criterion of checkpoints: PSNR, plus SSIM as -10 log10(1 - SSIM), both in dB.

        PSNR alone is that of light and colour, which differ by more than noise and blocks do.
        """
        return self.psnr - 10 * math.log10(max(1 - self.ssim, 1e-6))

    def __str__(self) -> str:
        """One line."""
        return (
            f"PSNR {self.psnr:.2f} dB ({self.gain:+.2f} over damaged), SSIM {self.ssim:.4f}, "
            f"undamaged photos kept to {self.undamaged_psnr:.1f} dB"
        )


@dataclass(frozen=True, eq=False)
class DamagedPhoto:
    """A photo and its damaged version, (H, W, 3) uint8 both.

    Example:
        >>> photo = damage_for_validation(np.full((32, 32, 3), 128, np.uint8), seed=1)
        >>> photo.pixels.shape == photo.original.shape
        True
    """

    original: Pixels
    pixels: Pixels


class ValidationSet:
    """Held-out photos, each damaged by a mix that its place in the list fixes.

    Args:
        originals: To take from, evenly.
        count: How many.
        side: Long side in pixels; rounded down to what networks take.

    Example:
        >>> from pathlib import Path
        >>> mug = Original(Path("examples/photos/mug.jpg"), "mug", "kitchen", "val")
        >>> photos = ValidationSet([mug], side=128).photos
        >>> photos[0].original.shape, capped_psnr(photos[0].original, photos[0].pixels) < 60
        ((128, 128, 3), True)
    """

    def __init__(self, originals: Sequence[Original], count: int = 32, side: int = _MAX_SIDE) -> None:
        places = np.unique(np.linspace(0, len(originals) - 1, min(count, len(originals))).astype(int))
        self.photos = [
            damage_for_validation(
                _crop_to_stride(Photo.open(originals[place].path, max_side=side).pixels), seed
            )
            for seed, place in enumerate(places, start=_FIRST_SEED)
        ]

    @cached_property
    def damaged_psnr(self) -> list[float]:
        """PSNR of each damaged photo, dB."""
        return [capped_psnr(photo.original, photo.pixels) for photo in self.photos]

    def evaluate(self, network: nn.Module, device: torch.device) -> ValidationScores:
        """Enhance all photos, damaged and not; return the mean scores."""
        enhanced = [enhance_with_network(network, photo.pixels, device) for photo in self.photos]
        undamaged = [enhance_with_network(network, photo.original, device) for photo in self.photos]
        pairs = list(zip(self.photos, enhanced, strict=True))
        psnr_values = [capped_psnr(photo.original, picture) for photo, picture in pairs]
        return ValidationScores(
            psnr=float(np.mean(psnr_values)),
            ssim=float(np.mean([ssim(photo.original, picture) for photo, picture in pairs])),
            gain=float(np.mean(psnr_values) - np.mean(self.damaged_psnr)),
            undamaged_psnr=float(
                np.mean(
                    [capped_psnr(p.original, k) for p, k in zip(self.photos, undamaged, strict=True)]
                )
            ),
        )

    def render_samples(self, network: nn.Module, device: torch.device) -> Tensor:
        """Render parts of photos, damaged, enhanced, original side by side: (S, 3, 256, 768) uint8."""
        rows = []
        for photo in self.photos[:: max(1, len(self.photos) // _SAMPLES)][:_SAMPLES]:
            enhanced = enhance_with_network(network, photo.pixels, device)
            parts = [_crop_middle(picture) for picture in (photo.pixels, enhanced, photo.original)]
            rows.append(np.concatenate(parts, axis=1))
        return torch.from_numpy(np.stack(rows).transpose(0, 3, 1, 2).copy())


def damage_for_validation(original: Pixels, seed: int) -> DamagedPhoto:
    """Damage by the seed's first mix that does: how undamaged photos fare is measured apart.

    Example:
        >>> photo = damage_for_validation(np.full((32, 32, 3), 128, np.uint8), seed=1)
        >>> bool((photo.pixels == photo.original).all())
        False
    """
    generator = np.random.default_rng(seed)
    mix = sample_mix(generator)
    while mix == DamageMix():
        mix = sample_mix(generator)
    return DamagedPhoto(original, apply_mix(original, mix, generator))


def enhance_with_network(network: nn.Module, pixels: Pixels, device: torch.device) -> Pixels:
    """Run a network on a whole photo whose sides are multiples of 32.

    Example:
        >>> from packshot.train.networks.enhancement.variants import build_network
        >>> photo = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
        >>> enhanced = enhance_with_network(build_network("mscnn"), photo, torch.device("cpu"))
        >>> bool((enhanced == photo).all())  # untrained, it returns the photo
        True
    """
    view = to_whole_view(pixels, VIEW_SIDE)
    inputs = [torch.from_numpy(p.transpose(2, 0, 1)[None].copy()).to(device) for p in (pixels, view)]
    with torch.no_grad():
        enhanced: Tensor = network(*inputs)
    scaled = (enhanced[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return np.ascontiguousarray(scaled.permute(1, 2, 0).cpu().numpy())


def capped_psnr(original: Pixels, other: Pixels) -> float:
    """PSNR in dB, at most 60, so that a mean over photos exists where some are equal.

    Example:
        >>> photo = np.full((16, 16, 3), 100, np.uint8)
        >>> capped_psnr(photo, photo), round(capped_psnr(photo, photo + 1), 1)
        (60.0, 48.1)
    """
    return min(psnr(original, other), _MAX_PSNR)


def _crop_to_stride(pixels: Pixels) -> Pixels:
    """Return the upper left part whose sides are multiples of what networks take."""
    height, width = (side // STRIDE * STRIDE for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[:height, :width])


def _crop_middle(picture: Pixels) -> Pixels:
    """Return the middle, (256, 256, 3), black where the picture has none."""
    canvas = np.zeros((_SAMPLE_SIDE, _SAMPLE_SIDE, 3), np.uint8)
    top, left = (max(0, (side - _SAMPLE_SIDE) // 2) for side in picture.shape[:2])
    part = picture[top : top + _SAMPLE_SIDE, left : left + _SAMPLE_SIDE]
    canvas[: part.shape[0], : part.shape[1]] = part
    return canvas
