"""Fidelity: what a step did not mean to change must be as it was.

A step declares its intents. What they explain is taken out first: for tone one rising curve for all
channels, for colour a factor for each channel of linear light, both fitted to the pair; for framing the
step's own placement; for local contrast a smooth, bounded factor on gradients. What is left is judged
on the product, where it is found: how far its colours
moved (CIEDE2000) and whether its edges are where they were (similarity of gradients at viewing size,
weighted by the stronger one, as FSIM weighs).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float32Array, IndexArray, Mask, Pixels
from packshot.enhance.detail import grain_of
from packshot.enhance.light import encoded, light_of_values
from packshot.enhance.placement import Placement
from packshot.enhance.step import Intent
from packshot.measure.planes import as_bytes, make_planes
from packshot.measure.product import product_of
from packshot.measure.reference.ciede2000 import cie_lab, ciede2000
from packshot.measure.reference.pair import (
    block_means,
    gradient_magnitude,
    luma,
    similarity,
    viewing_factor,
)
from packshot.photo.pixels import check_pixels

MOST_DRIFT: Final = 2.5
"""Largest CIEDE2000, ninth decile over the product, that still counts as the same colour."""

LEAST_STRUCTURE: Final = {True: 0.85, False: 0.93}
"""Least similarity of edges, for steps that mean to change detail and for others."""

LEAST_KEPT: Final = 0.999
"""Least share of the product that must still be in the picture."""

MOST_GRAIN: Final = 2.0
"""Grain in grey levels (`grain_of`) that a result may always have."""

MOST_GRAIN_GAIN: Final = 1.3
"""Largest factor on grain beyond that."""

LARGEST_GAIN_RATIO: Final = 2.6
"""Largest ratio of two channels' factors that counts as a correction of the light's colour."""

LARGEST_CONTRAST_GAIN: Final = 3.0
"""Largest factor on the gradients of a place that counts as a change of local contrast."""

_SPREAD, _WIDE_SPREAD = 3.0, 12.0
_GAIN_SPREAD: Final = 8.0
_BINS: Final = 32
_FEWEST: Final = 20
_CONSTANT: Final = 160.0
_SCHARR: Final = (3 / 16, 10 / 16, 3 / 16)
_CLIPPED, _DARK = 0.97, 0.01


@dataclass(frozen=True)
class Fidelity:
    """Whether a result is true to its original.

    Attributes:
        colour_drift: CIEDE2000 that a tenth of the product exceeds, after what was declared.
        structure: 0..1, similarity of edges.
        broken: Code of the limit that is broken: ``colour-drift``, ``structure``, ``grain``,
            ``cut-off``, ``no-product`` or ``size``; empty where all are kept.
        reason: The same in a few words.
    """

    colour_drift: float
    structure: float
    broken: str = ""
    reason: str = ""

    @property
    def accepted(self) -> bool:
        """Within all limits."""
        return not self.broken


def fidelity(
    original: Pixels, result: Pixels, intents: Collection[Intent], placement: Placement | None = None
) -> Fidelity:
    """Compare a result with its original.

    Args:
        original: (H, W, 3) uint8.
        result: (h, w, 3) uint8.
        intents: What the step declared.
        placement: Where pixels went, of a framing step.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    check_pixels(original, "original")
    check_pixels(result, "result")
    whole = np.ones(original.shape[:2], bool)
    found = _product(original, Intent.BACKGROUND in intents)
    if found is None and Intent.BACKGROUND in intents:
        return _refused("no-product", "no product was found to hold against the new background")
    judged = whole if found is None else found
    if placement is not None and Intent.FRAMING in intents:
        kept = 1.0 if found is None else _kept(found, placement)
        if kept < LEAST_KEPT:
            return _refused("cut-off", f"{1 - kept:.1%} of the product was cut off")
        judged, original = _moved(judged, placement), placement.warped(original)
    if original.shape != result.shape:
        return _refused("size", "the size changed, which no intent declares")
    return _compared(original, result, judged, frozenset(intents))


def _refused(broken: str, reason: str) -> Fidelity:
    return Fidelity(float("inf"), 0.0, broken, reason)


def _product(pixels: Pixels, without_holes: bool) -> Mask | None:
    """(H, W) the product, where the background is plain enough to find it.

    Args:
        pixels: (H, W, 3) uint8.
        without_holes: Leave out what shows the background's colour.
    """
    planes = make_planes(pixels)
    product = product_of(planes)
    if product is None:
        return None
    height, width = planes.grey.shape
    part = product.material if without_holes else product.mask
    mask = cv2.resize(as_bytes(part), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(mask > 0)


def _moved(mask: Mask, placement: Placement) -> Mask:
    size = (placement.width, placement.height)
    moved = cv2.warpAffine(as_bytes(mask), placement.matrix, size, flags=cv2.INTER_NEAREST)
    return np.asarray(moved > 0)


def _kept(product: Mask, placement: Placement) -> float:
    """The share of a product that a placement leaves in the picture."""
    rows, columns = np.nonzero(product[::4, ::4])
    if len(rows) == 0:
        return 1.0
    x, y = placement.matrix @ np.stack([4.0 * columns, 4.0 * rows, np.ones(len(rows))])
    inside = (x > -1) & (y > -1) & (x < placement.width) & (y < placement.height)
    return float(inside.mean())


def _compared(original: Pixels, result: Pixels, judged: Mask, intents: frozenset[Intent]) -> Fidelity:
    """The verdict on two pictures of one size."""
    factor = viewing_factor(original)
    shares = block_means(judged.astype(np.float32), factor)
    before, after = (block_means(pixels, factor) for pixels in (original, result))
    inside = _inner(shares > 0.5)
    expected = _explained(_rounded(before), _rounded(after), inside, intents)
    contrast = Intent.CONTRAST in intents
    drift = (_drift_of_surroundings if contrast else _drift)(expected, _rounded(after), inside)
    structure = _structure(expected, _rounded(after), inside, contrast)
    least = LEAST_STRUCTURE[Intent.DETAIL in intents]
    if drift > MOST_DRIFT:
        reason = f"colours drift by {drift:.1f}, {MOST_DRIFT:g} are allowed"
        return Fidelity(drift, structure, "colour-drift", reason)
    if structure < least:
        reason = f"edges are {structure:.0%} alike, {least:.0%} are needed"
        return Fidelity(drift, structure, "structure", reason)
    grain, most = grain_of(_rounded(after)), max(MOST_GRAIN, MOST_GRAIN_GAIN * grain_of(expected))
    if grain > most:
        reason = f"grain of {grain:.1f} grey levels, {most:.1f} are allowed"
        return Fidelity(drift, structure, "grain", reason)
    return Fidelity(drift, structure)


def _rounded(values: Float32Array) -> Pixels:
    return np.rint(values).astype(np.uint8)


def _inner(mask: Mask) -> Mask:
    """A mask less its rim; with it, where nothing would be left."""
    inner = cv2.erode(as_bytes(mask), np.ones((3, 3), np.uint8), borderValue=(1,)) > 0
    kept = inner if np.count_nonzero(inner) >= _FEWEST else mask
    return np.asarray(kept if kept.any() else np.ones_like(mask))


def _explained(before: Pixels, after: Pixels, inside: Mask, intents: frozenset[Intent]) -> Pixels:
    """The original as it should look after what was declared, and nothing else."""
    if Intent.COLOUR in intents:
        gains = _gains(before[inside], after[inside])
        light = encoded(light_of_values()[:, None] * gains)
        before = as_bytes(cv2.LUT(before, np.rint(light * 255).astype(np.uint8)[None]))
    if Intent.TONE in intents:
        curve = _tone_curve(before[inside], after[inside])
        before = as_bytes(cv2.LUT(before, curve))
    return before


def _gains(before: Pixels, after: Pixels) -> Float32Array:
    """(3,) the factor on linear light that explains most of the change of each channel.

    Bounded so that no two differ by more than `LARGEST_GAIN_RATIO`: what lies beyond counts as drift.
    """
    light = light_of_values()
    old, new = light[before], light[after]
    usable = ((old > _DARK) & (old < _CLIPPED) & (new > _DARK) & (new < _CLIPPED)).all(axis=1)
    if np.count_nonzero(usable) < _FEWEST:
        return np.ones(3, np.float32)
    gains = np.median(new[usable] / old[usable], axis=0)
    middle = float(np.sqrt(gains.min() * gains.max()))
    reach = LARGEST_GAIN_RATIO**0.5
    return np.asarray(np.clip(gains, middle / reach, middle * reach), np.float32)


def _tone_curve(before: Pixels, after: Pixels) -> ByteArray:
    """(256,) one rising curve for all channels: medians of what values became, joined by lines."""
    old, new = before.ravel(), after.ravel()
    counts = cv2.calcHist([old, new], [0, 1], None, [256, 256], [0, 256, 0, 256])
    bins = counts.reshape(_BINS, 256 // _BINS, 256)
    known = bins.sum((1, 2)) >= _FEWEST
    if not known.any():
        return np.arange(256, dtype=np.uint8)
    places = _means(bins.sum(2)[known], np.arange(256).reshape(_BINS, -1)[known])
    values = np.maximum.accumulate(_medians(bins.sum(1)[known]))
    # Beyond the last known value the curve runs on to black and white.
    ends = ([0.0, *places, 255.0], [min(0.0, values[0]), *values, max(255.0, values[-1])])
    return np.asarray(np.rint(np.interp(np.arange(256), *ends)), np.uint8)


def _means(counts: Float32Array, values: IndexArray) -> Float32Array:
    """Of each row: the mean of values that occur so many times."""
    return np.asarray((counts * values).sum(1) / counts.sum(1), np.float32)


def _medians(counts: Float32Array) -> Float32Array:
    """Of each row: the median of its places, which occur so many times; between two, their mean."""
    total, half = np.cumsum(counts, axis=1), counts.sum(1, keepdims=True) / 2
    lower, upper = (total < half).sum(1), (total <= half).sum(1)
    return np.asarray((lower + upper) / 2, np.float32)


def _drift(expected: Pixels, result: Pixels, inside: Mask) -> float:
    """The ninth decile of colour differences, of light blurred so that grain and detail do not count."""
    return _ninth_decile(*_blurred_lab(expected, result, inside, _SPREAD), inside)


def _drift_of_surroundings(expected: Pixels, result: Pixels, inside: Mask) -> float:
    """The same for what changes local contrast: lightness may move near, hue and chroma may not.

    The larger of two drifts: of light blurred so widely that local contrast does not count, and of
    hue and chroma alone, as narrowly as ever.
    """
    wide = _ninth_decile(*_blurred_lab(expected, result, inside, _WIDE_SPREAD), inside)
    old, new = _blurred_lab(expected, result, inside, _SPREAD)
    old[..., 0] = new[..., 0]
    return max(wide, _ninth_decile(old, new, inside))


def _blurred_lab(
    expected: Pixels, result: Pixels, inside: Mask, spread: float
) -> tuple[Float32Array, Float32Array]:
    """CIE Lab of both after a Gaussian blur of linear light over the mask alone."""
    old, new = (cie_lab(_blurred(pixels, inside, spread)) for pixels in (expected, result))
    return old, new


def _ninth_decile(old: Float32Array, new: Float32Array, inside: Mask) -> float:
    return float(np.quantile(ciede2000(old, new)[inside], 0.9))


def _blurred(pixels: Pixels, inside: Mask, spread: float) -> Pixels:
    weight = inside.astype(np.float32)
    sums = cv2.GaussianBlur(light_of_values()[pixels] * weight[..., None], (0, 0), spread)
    shares = np.maximum(cv2.GaussianBlur(weight, (0, 0), spread), 1e-3)
    return np.asarray(np.rint(encoded(sums / shares[..., None]) * 255), np.uint8)


def _structure(expected: Pixels, result: Pixels, inside: Mask, contrast: bool) -> float:
    """Similarity of gradients (Xue et al., GMSD, eq. 4), mean weighted by the stronger one.

    Where local contrast was meant to change, a smooth factor is taken out first.
    """
    slopes = [
        gradient_magnitude(luma(pixels.astype(np.float32)), _SCHARR) for pixels in (expected, result)
    ]
    if contrast:
        slopes[0] *= _contrast_gain(slopes[0], slopes[1])
    weights = np.maximum(*slopes) * inside
    weights[0], weights[-1], weights[:, 0], weights[:, -1] = 0, 0, 0, 0
    total = float(weights.sum(dtype=np.float64))
    if total <= 0:
        return 1.0
    alike = similarity(slopes[0], slopes[1], _CONSTANT)
    return float((alike * weights).sum(dtype=np.float64)) / total


def _contrast_gain(old: Float32Array, new: Float32Array) -> Float32Array:
    """(H, W) the factor on gradients that explains most of their change in each neighbourhood."""
    joint, own = (cv2.GaussianBlur(old * other, (0, 0), _GAIN_SPREAD) for other in (new, old))
    gains = joint / np.maximum(own, np.float32(1e-6))
    least, most = 1 / LARGEST_CONTRAST_GAIN, LARGEST_CONTRAST_GAIN
    return np.asarray(np.clip(gains, least, most), np.float32)
