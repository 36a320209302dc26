"""What a step did to small places: halos, noise, texture, print, skin.

Each function compares the photo as it should look after what was declared with the photo as it looks,
and gives one number, 0 for nothing. `fidelity` has the limits. See docs/methods.md, section 6.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, TypeVar

import cv2
import numpy as np

from packshot.arrays import ByteArray, ByteMask, Float32Array, Mask, Pixels, Plane
from packshot.enhance.denoise import measure_noise
from packshot.measure.planes import quantile, to_uint8
from packshot.measure.reference.ciede2000 import ciede2000, rgb_to_lab

_HALO_RADIUS: Final = 4
"""Pixels about an edge within which a halo is looked for: what sharpening at the size photos are judged
at draws. A judgement."""

_MIN_EDGE: Final = 40.0
"""Grey levels between the darkest and the lightest neighbour beside which a halo shows. A judgement."""

_HALO_QUANTILE: Final = 0.98
"""Share of the places beside edges that have less: halos run along edges, they are no single pixels."""

_DETAIL_SIGMA: Final = 2.0
"""Pixels: deviation of the blur that fine detail does not survive."""

_WINDOW_SIGMA: Final = 6.0
"""Pixels: deviation of the windows in which fine detail is compared, as large as a letter."""

_WINDOW_STEP: Final = 4
"""Pixels from one window to the next: windows are so wide that what lies between says the same."""

_TEXTURE_QUANTILE: Final = 0.99
"""Share of the photo that has less texture of which it had none: a patch of a hundredth shows."""

_NOISE_QUANTILES: Final = (0.05, 0.25, 0.5)
"""Shares of the photo that are quieter than where noise is compared: level ground is there in most
product photos, in some only a twentieth of the picture."""

_NOISE_FLOOR: Final = 1.0
"""Grey levels of fine detail that nobody sees: quieter ground counts as this."""

_MIN_STROKE: Final = 15.0
"""Grey levels by which a stroke differs from its surroundings. A judgement: print on paper has 100,
embossed print 20."""

_STROKE_PER_NOISE: Final = 3.0
"""The same, for each grey level of luma noise: what noise draws is no print. With less, denoising was
refused on 7 of 12 noisy photos (docs/decisions/0035-guards-that-count-everything.md)."""

_STROKE_BOXES: Final = (9, 9, 11)
"""Pixels: sides of three boxes that one after the other give the surroundings of a stroke, nearly a
Gaussian blur of deviation 5, wider than strokes of small print, in a tenth of the time."""

_MIN_KEPT_STROKE: Final = 0.25
"""Share of its difference that a stroke must keep to count as there. A judgement."""

_PRINT_WINDOW: Final = 24
"""Pixels: side of the windows in which strokes are counted, about two letters."""

_MIN_STROKE_SHARE: Final = 0.12
"""Share of a window that strokes must cover: one edge that runs through covers less."""

_SKIN_RED, _SKIN_BLUE = (133, 173), (77, 127)
"""Cr and Cb of skin of all tones (Chai and Ngan, Face segmentation using skin-color map, IEEE TCSVT
9(4), 1999)."""

_MIN_SKIN_SHARE: Final = 0.005
"""Share of the photo below which skin-coloured pixels are chance."""

_SKIN_SIGMA: Final = 5.0
"""Pixels: deviation of the blur under which skin is compared, so that noise does not count."""

_SKIN_STEP: Final = 4
"""Pixels from one place to the next where skin is compared, less than a deviation of that blur. Of 30
photos none drifts by .1 more or less than with every pixel; with 8 pixels they drift by .2 more."""

_ROW_LENGTH: Final = 512
"""Pixels of a row in which colours are compared that lie anywhere: a working size."""

Reducible = TypeVar("Reducible", Pixels, Float32Array)
"""A photo, or values of its pixels."""


@dataclass(frozen=True, eq=False)
class ComparedPhoto:
    """A photo as it is compared: what several measures of small places need, computed once each.

    Attributes:
        pixels: (H, W, 3) uint8.

    Example:
        >>> round(ComparedPhoto(np.full((8, 8, 3), 120, np.uint8)).detail_power.max().item(), 6)
        0.0
    """

    pixels: Pixels

    @cached_property
    def luma(self) -> Plane:
        """(H, W) grey levels."""
        return to_uint8(cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY))

    @cached_property
    def fine_detail(self) -> Float32Array:
        """(H, W) luma less what a narrow blur leaves of it, in grey levels."""
        luma = self.luma.astype(np.float32)
        return np.asarray(cv2.subtract(luma, cv2.GaussianBlur(luma, (0, 0), _DETAIL_SIGMA)), np.float32)

    @cached_property
    def detail_power(self) -> Float32Array:
        """(h, w) mean square of fine detail in windows four pixels apart."""
        return _window_mean(cv2.multiply(self.fine_detail, self.fine_detail))


def measure_halo(expected: ComparedPhoto, result: ComparedPhoto) -> float:
    """Measure how far values go beyond all their neighbours beside edges: halos and ringing.

    Args:
        expected: The photo as declared changes leave it.
        result: Of the same size.

    Returns:
        Grey levels of luma that a fiftieth of the places beside edges exceed; 0 without edges.

    Example:
        >>> edge = np.repeat(np.uint8([[[60], [180]]]), 32, axis=1).repeat(64, axis=0).repeat(3, axis=2)
        >>> sharpened = cv2.addWeighted(edge, 2, cv2.GaussianBlur(edge, (0, 0), 2), -1, 0)
        >>> edge, sharpened = ComparedPhoto(edge), ComparedPhoto(sharpened)
        >>> measure_halo(edge, edge), measure_halo(edge, sharpened) > 30
        (0.0, True)
    """
    before, after = expected.luma, result.luma
    kernel = np.ones((2 * _HALO_RADIUS + 1,) * 2, np.uint8)
    lowest, highest = cv2.erode(before, kernel), cv2.dilate(before, kernel)
    beside_edges = np.asarray(cv2.subtract(highest, lowest) >= _MIN_EDGE)
    if not beside_edges.any():
        return 0.0
    # Differences of bytes stop at zero.
    excess = to_uint8(cv2.max(cv2.subtract(after, highest), cv2.subtract(lowest, after)))
    return quantile(excess[beside_edges].astype(np.float32), _HALO_QUANTILE)


def measure_made_up_texture(expected: ComparedPhoto, result: ComparedPhoto) -> float:
    """Measure fine detail that is new and no stronger form of what was there.

    Of the variance of fine detail in a window, what the detail before explains by a factor is taken
    off; the rest counts as far as there is more detail than before, so that what noise hid is not new.

    Args:
        expected: The photo as declared changes leave it.
        result: Of the same size.

    Returns:
        Grey levels, deviation, that a hundredth of the photo exceeds.

    Example:
        >>> plain = np.full((96, 96, 3), 120, np.uint8)
        >>> woven = plain.copy()
        >>> woven[::3] += 12
        >>> plain, woven = ComparedPhoto(plain), ComparedPhoto(woven)
        >>> measure_made_up_texture(plain, plain), measure_made_up_texture(plain, woven) > 4
        (0.0, True)
    """
    old_power, new_power = expected.detail_power, result.detail_power
    joint = _window_mean(cv2.multiply(expected.fine_detail, result.fine_detail))
    explained = joint * np.abs(joint) / np.maximum(old_power, np.float32(1e-3))
    made_up = np.minimum(new_power - np.maximum(explained, 0), new_power - old_power)
    return float(np.sqrt(max(quantile(made_up.ravel(), _TEXTURE_QUANTILE), 0.0)))


def measure_noise_growth(expected: ComparedPhoto, result: ComparedPhoto) -> float:
    """Measure by which factor fine detail grew where there was least: noise made stronger.

    Args:
        expected: The photo as declared changes leave it.
        result: Of the same size.

    Returns:
        The largest factor of the quietest twentieth, quarter and half; 1 for the same.

    Example:
        >>> grain = np.random.default_rng(1).normal(0, 3, (96, 96, 1)).repeat(3, axis=2)
        >>> quiet, loud = (
        ...     ComparedPhoto(np.uint8(np.clip(120 + factor * grain, 0, 255))) for factor in (1, 2)
        ... )
        >>> round(measure_noise_growth(quiet, quiet), 1), round(measure_noise_growth(quiet, loud), 1)
        (1.0, 2.0)
    """
    levels = (np.quantile(np.sqrt(one.detail_power), _NOISE_QUANTILES) for one in (expected, result))
    before, after = (np.maximum(level, _NOISE_FLOOR) for level in levels)
    return float((after / before).max())


def measure_changed_print(expected: ComparedPhoto, result: ComparedPhoto) -> float:
    """Measure how many strokes of print are gone or turned, where most are: letters keep their shapes.

    Print is where strokes, lighter or darker than their surroundings, fill an eighth of a window of two
    letters. One is gone where a quarter of its difference is not left, or it has become the opposite.

    Args:
        expected: The photo as declared changes leave it.
        result: Of the same size.

    Returns:
        Share, 0..1, of the strokes of the window that changed most; 0 without print.

    Example:
        >>> label = np.full((96, 192, 3), 240, np.uint8)
        >>> _ = cv2.putText(label, "8 ml", (8, 64), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 20), 5)
        >>> other = np.full((96, 192, 3), 240, np.uint8)
        >>> _ = cv2.putText(other, "3 ml", (8, 64), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 20), 5)
        >>> label, other = ComparedPhoto(label), ComparedPhoto(other)
        >>> measure_changed_print(label, label), measure_changed_print(label, other) > 0.2
        (0.0, True)
    """
    min_stroke = max(_MIN_STROKE, _STROKE_PER_NOISE * measure_noise(expected.pixels).luma)
    gone, strokes = _find_changed_strokes(expected.luma, result.luma, min_stroke)
    gone_shares, stroke_shares = _count_share(gone), _count_share(strokes)
    is_print = stroke_shares >= _MIN_STROKE_SHARE
    return float((gone_shares[is_print] / stroke_shares[is_print]).max()) if is_print.any() else 0.0


def _find_changed_strokes(before: Plane, after: Plane, min_stroke: float) -> tuple[ByteMask, ByteMask]:
    """Find strokes that are gone, or of the opposite sign, and all strokes there were.

    Differences of bytes stop at zero: a stroke that is turned differs by nothing on its old side.
    """
    sides = zip(_contrast_to_surroundings(before), _contrast_to_surroundings(after), strict=True)
    gone, strokes = [], []
    for old, new in sides:
        is_stroke = to_uint8(cv2.compare(old, min_stroke, cv2.CMP_GE))
        is_less = to_uint8(cv2.compare(new, cv2.LUT(old, _least_kept_table()), cv2.CMP_LT))
        gone.append(to_uint8(cv2.bitwise_and(is_stroke, is_less)))
        strokes.append(is_stroke)
    return to_uint8(cv2.bitwise_or(*gone)), to_uint8(cv2.bitwise_or(*strokes))


@cache
def _least_kept_table() -> ByteArray:
    """(256,) the least difference, in whole grey levels, that is left of a stroke that stayed."""
    return np.asarray(np.ceil(np.arange(256) * _MIN_KEPT_STROKE), np.uint8)


def measure_skin_drift(expected: ComparedPhoto, result: ComparedPhoto) -> float:
    """Measure how far skin changed its colour.

    Args:
        expected: The photo as declared changes leave it.
        result: Of the same size.

    Returns:
        CIEDE2000, mean over what has the colour of skin; 0 where next to nothing has.

    Example:
        >>> hand = np.full((64, 64, 3), (224, 172, 140), np.uint8)
        >>> hand, redder = ComparedPhoto(hand), ComparedPhoto(hand + np.uint8([20, 0, 0]))
        >>> measure_skin_drift(hand, hand), measure_skin_drift(hand, redder) > 4
        (0.0, True)
    """
    skin = _find_skin(expected.pixels)
    if skin.mean() < _MIN_SKIN_SHARE:
        return 0.0
    shares = _reduce(skin.astype(np.float32), _SKIN_STEP)
    is_judged = shares > 0
    blurred = (_reduce(one.pixels, _SKIN_STEP, _SKIN_SIGMA) for one in (expected, result))
    before, after = (rgb_to_lab(_lay_in_rows(one[is_judged])) for one in blurred)
    weights = shares[is_judged]
    return float(ciede2000(before, after).ravel()[: len(weights)] @ weights / weights.sum())


def _find_skin(pixels: Pixels) -> Mask:
    planes = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)
    lower, upper = (0, _SKIN_RED[0], _SKIN_BLUE[0]), (255, _SKIN_RED[1], _SKIN_BLUE[1])
    return np.asarray(cv2.inRange(planes, np.array(lower), np.array(upper)) > 0)


def _lay_in_rows(colours: Pixels) -> Pixels:
    """(R, 512, 3) of (N, 3): a picture of them alone, the last one repeated to its end."""
    missing = -len(colours) % _ROW_LENGTH
    return np.pad(colours, ((0, missing), (0, 0)), mode="edge").reshape(-1, _ROW_LENGTH, 3)


def _window_mean(values: Float32Array) -> Float32Array:
    return np.asarray(_reduce(values, _WINDOW_STEP, _WINDOW_SIGMA), np.float32)


def _reduce(values: Reducible, step: int, sigma: float = 0.0) -> Reducible:
    """Average squares of pixels, and blur so that both together are a blur of a deviation in pixels."""
    height, width = (max(1, side // step) for side in values.shape[:2])
    means = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)
    rest = math.sqrt(max(sigma**2 - (step**2 - 1) / 12, 0)) / step
    return np.asarray(cv2.GaussianBlur(means, (0, 0), rest) if rest else means, values.dtype)


def _contrast_to_surroundings(luma: Plane) -> tuple[Plane, Plane]:
    """How much lighter than its surroundings a pixel is, and how much darker.

    A median of 3 is taken first, so that noise makes no strokes.
    """
    smooth = cv2.medianBlur(luma, 3)
    around = smooth
    for side in _STROKE_BOXES:
        around = cv2.blur(around, (side, side))
    return to_uint8(cv2.subtract(smooth, around)), to_uint8(cv2.subtract(around, smooth))


def _count_share(mask: ByteMask) -> Float32Array:
    """Share of each window, a quarter of one apart, that a mask covers."""
    window = (_PRINT_WINDOW, _PRINT_WINDOW)
    counts = np.asarray(cv2.boxFilter(mask & 1, cv2.CV_16U, window, normalize=False))
    step = _PRINT_WINDOW // 4
    return np.asarray(counts[step::step, step::step] / np.float32(_PRINT_WINDOW**2), np.float32)
