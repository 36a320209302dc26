"""Noise removal whose strength is the noise that is there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels, Plane
from packshot.enhance.block_transform import BLOCK_SIDE, REACH, shrink_blocks
from packshot.enhance.noise_curve import Stabiliser, make_stabiliser, measure_noise_curve
from packshot.enhance.strips import apply_by_strips
from packshot.measure.noise import noise_level, sample_rows
from packshot.measure.planes import to_uint8
from packshot.measured_once import measured_once
from packshot.photo.pixels import check_pixels

_HARD_THRESHOLD: Final = 2.7
"""Standard deviations of noise below which a coefficient goes: what BM3D takes for its hard threshold
(Dabov et al., IEEE TIP 16(8), 2007); Yu and Sapiro take 3. `benchmarks/enhancement/classical_steps.py`
has what comes of it: 6 to 8 dB on white noise."""

_MIN_CHROMA_NOISE: Final = 0.3
"""Grey levels of chroma noise up to which chroma is left alone: about what rounding to whole levels
makes (1 / sqrt(12))."""

_LUMA_PER_CHROMA: Final = 2.1
"""Luma noise for each grey level of chroma noise, at most: of equal noise in red, green and blue,
chroma at half size has 0.32 of the deviation, luma 0.67."""


@dataclass(frozen=True)
class Noise:
    """Standard deviations of a photo's noise, in grey levels.

    Attributes:
        luma: Of luma.
        coarse: Of luma averaged over 2 x 2 pixels, doubled: equal to `luma` for white noise, larger
            where an encoder or an enlargement took the finest part of it.
        chroma: Of Cr and Cb averaged over 2 x 2 pixels, their mean.

    Example:
        >>> Noise(luma=4.0, coarse=5.5, chroma=1.2).strongest
        5.5
    """

    luma: float
    coarse: float
    chroma: float

    @property
    def strongest(self) -> float:
        """The largest of the three."""
        return max(self.luma, self.coarse, self.chroma)


@measured_once
def measure_noise(pixels: Pixels) -> Noise:
    """Measure the noise of luma at two scales, and of chroma.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        Zeros where a photo is too small to tell.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(1).normal(0, 8, (256, 256, 3))
        >>> measured = measure_noise(np.clip(128 + noise, 0, 255).astype(np.uint8))
        >>> round(measured.luma), round(measured.chroma)  # of 8: 0.67, and 0.32
        (5, 3)
    """
    check_pixels(pixels, "denoise")
    sample = sample_rows(np.ascontiguousarray(pixels))
    luma, red, blue = cv2.split(cv2.cvtColor(sample, cv2.COLOR_RGB2YCrCb))
    fine, coarse = _noise_level_or_zero(to_uint8(luma)), 2 * _noise_level_or_zero(_halve(luma))
    chroma = (_noise_level_or_zero(_halve(red)) + _noise_level_or_zero(_halve(blue))) / 2
    # Texture looks like coarse noise, but has little of it in its colours.
    return Noise(fine, max(fine, min(coarse, _LUMA_PER_CHROMA * chroma)), chroma)


def denoise(pixels: Pixels, noise: Noise, strength: float = 1.0) -> Pixels:
    """Remove noise of a known level, luma at full size and chroma at half size.

    Coefficients of overlapping cosine transforms below 2.7 standard deviations go (see
    `block_transform`). Chroma below a third of a grey level is left as it is.

    Args:
        pixels: (H, W, 3) uint8.
        noise: From `measure_noise`, or known.
        strength: Factor on the noise; 1 removes what was measured.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(1).normal(0, 8, (128, 128, 3))
        >>> noisy = np.clip(128 + noise, 0, 255).astype(np.uint8)
        >>> round(noisy.std()), round(denoise(noisy, measure_noise(noisy)).std())
        (8, 1)
    """
    check_pixels(pixels, "denoise")
    return apply_by_strips(pixels, partial(_denoise_strip, noise=noise, strength=strength), 2 * REACH)


@measured_once
def remove_noise(pixels: Pixels) -> Pixels:
    """Remove the noise that is there, which may be of different strength in light and dark.

    Tones are bent so that noise is equally strong everywhere (`noise_curve`), it is removed, and tones
    are bent back. What black and white had cut off, so that a noisy white was grey in the mean, is
    given back. As `denoise` where a photo is too small to tell.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(1).normal(0, 20, (128, 128, 3))
        >>> noisy = np.clip(255 + noise, 0, 255).astype(np.uint8)  # white paper
        >>> round(noisy.mean()), round(remove_noise(noisy).mean())
        (247, 255)
    """
    check_pixels(pixels, "denoise")
    curve = measure_noise_curve(pixels)
    if curve is None:
        return denoise(pixels, measure_noise(pixels))
    stabiliser = make_stabiliser(curve)
    stabilised_sample = stabiliser.apply(sample_rows(np.ascontiguousarray(pixels)))
    noise = measure_noise(round_to_uint8(stabilised_sample))
    change = partial(_denoise_stabilised_strip, stabiliser=stabiliser, noise=noise)
    return apply_by_strips(pixels, change, 2 * REACH)


def _denoise_stabilised_strip(pixels: Pixels, stabiliser: Stabiliser, noise: Noise) -> Pixels:
    planes = cv2.cvtColor(stabiliser.apply(pixels), cv2.COLOR_RGB2YCrCb)
    smooth = shrink_planes(planes, *_build_limits(noise, 1.0))
    return stabiliser.restore(np.asarray(cv2.cvtColor(smooth, cv2.COLOR_YCrCb2RGB), np.float32))


def _denoise_strip(pixels: Pixels, noise: Noise, strength: float) -> Pixels:
    return shrink_luma_and_chroma(pixels, *_build_limits(noise, strength))


def _build_limits(noise: Noise, strength: float) -> tuple[Float32Array, Float32Array | None]:
    """(8, 8) the limits of luma, and of chroma where that has noise."""
    luma_limits = _build_luma_limits(noise) * np.float32(_HARD_THRESHOLD * strength)
    chroma_limits = None
    if noise.chroma > _MIN_CHROMA_NOISE:
        chroma_limits = np.full(
            (BLOCK_SIDE, BLOCK_SIDE), _HARD_THRESHOLD * strength * noise.chroma, np.float32
        )
    return luma_limits, chroma_limits


def shrink_luma_and_chroma(
    pixels: Pixels, luma_limits: Float32Array, chroma_limits: Float32Array | None
) -> Pixels:
    """Set small coefficients to zero (see `shrink_blocks`): of luma at full size, of chroma at half.

    Args:
        pixels: (H, W, 3) uint8.
        luma_limits: (8, 8) smallest magnitude of a coefficient that stays, grey levels by frequency.
        chroma_limits: (8, 8) the same for Cr and Cb averaged over 2 x 2 pixels; None leaves them alone.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> checks = np.indices((16, 16)).sum(axis=0) % 2
        >>> pixels = np.repeat((120 + 6 * checks)[..., None], 3, axis=2).astype(np.uint8)
        >>> np.unique(shrink_luma_and_chroma(pixels, np.full((8, 8), 50, np.float32), None)).tolist()
        [123]
    """
    planes = cv2.cvtColor(pixels.astype(np.float32), cv2.COLOR_RGB2YCrCb)
    smooth = shrink_planes(planes, luma_limits, chroma_limits)
    return round_to_uint8(cv2.cvtColor(smooth, cv2.COLOR_YCrCb2RGB))


def shrink_planes(
    planes: Float32Array, luma_limits: Float32Array, chroma_limits: Float32Array | None
) -> Float32Array:
    """Do the same to planes of luma, Cr and Cb.

    Args:
        planes: (H, W, 3), any range; overwritten.
        luma_limits: See `shrink_luma_and_chroma`.
        chroma_limits: The same.

    Returns:
        The planes.

    Example:
        >>> import numpy as np
        >>> planes = np.repeat(np.float32(np.indices((16, 16)).sum(axis=0) % 2)[..., None], 3, axis=2)
        >>> round(float(np.ptp(shrink_planes(planes, np.full((8, 8), 50, np.float32), None)[..., 0])), 2)
        0.03
    """
    planes[..., 0] = shrink_blocks(planes[..., 0], luma_limits)
    if chroma_limits is not None:
        for channel in (1, 2):
            planes[..., channel] = shrink_at_half_size(planes[..., channel], chroma_limits)
    return planes


def shrink_at_half_size(plane: Float32Array, limits: Float32Array) -> Float32Array:
    """Shrink blocks of a plane averaged over 2 x 2 pixels, and enlarge it again.

    Args:
        plane: (H, W) values, any range.
        limits: (8, 8) smallest magnitude of a coefficient that stays, see `shrink_blocks`.

    Returns:
        (H, W) float32.

    Example:
        >>> import numpy as np
        >>> checks = np.float32(np.indices((16, 16)).sum(axis=0) % 2)
        >>> np.unique(shrink_at_half_size(checks, np.zeros((8, 8), np.float32)).round(2)).tolist()
        [0.5]
    """
    height, width = plane.shape
    half = cv2.resize(plane, (-(-width // 2), -(-height // 2)), interpolation=cv2.INTER_AREA)
    smooth = shrink_blocks(np.asarray(half, np.float32), limits)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def round_to_uint8(values: Float32Array) -> Pixels:
    """Round to whole grey levels and clip to 0..255.

    Example:
        >>> import numpy as np
        >>> round_to_uint8(np.float32([-3.0, 99.6, 300.0])).tolist()
        [0, 100, 255]
    """
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _build_luma_limits(noise: Noise) -> Float32Array:
    """(8, 8) the noise's deviation by frequency: the coarse one in the lower half of both."""
    limits = np.full((BLOCK_SIDE, BLOCK_SIDE), noise.luma, np.float32)
    limits[: BLOCK_SIDE // 2, : BLOCK_SIDE // 2] = noise.coarse
    return limits


def _halve(plane: object) -> Plane:
    values = to_uint8(plane)
    height, width = values.shape
    size = (max(1, width // 2), max(1, height // 2))
    return to_uint8(cv2.resize(values, size, interpolation=cv2.INTER_AREA))


def _noise_level_or_zero(plane: Plane) -> float:
    return noise_level(plane) or 0.0
