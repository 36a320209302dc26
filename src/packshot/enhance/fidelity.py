"""Fidelity: what a step did not mean to change, or had no cause to change, must be as it was.

A step declares its intents. What they explain is taken out first: for tone one rising curve for all
channels, for colour a factor for each channel of linear light, both fitted to the pair, and both only as
far as a fault of the original goes (`faults`): where nothing was too dark, flat or cast, every change of
tone or colour counts. For framing the step's own placement is taken out, for local contrast a smooth,
bounded factor on gradients. What is left is judged on the product, where it is found, and on the whole
photo: how far its colours moved (CIEDE2000), anywhere and on skin, whether its edges are where they
were (similarity of gradients at viewing size, weighted by the stronger one, as FSIM weighs), and what
became of small places (`local_changes`). See docs/methods.md, section 6.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float32Array, IndexArray, Mask, Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.enhance.affine import AffineTransform
from packshot.enhance.denoise import Noise, measure_noise
from packshot.enhance.detail import measure_grain
from packshot.enhance.faults import MeasuredFaults, measure_faults
from packshot.enhance.lamp_light import apply_gains
from packshot.enhance.light import encode_srgb, linear_light_table
from packshot.enhance.local_changes import (
    ComparedPhoto,
    measure_changed_print,
    measure_halo,
    measure_made_up_texture,
    measure_noise_growth,
    measure_skin_drift,
)
from packshot.enhance.noise_curve import measure_noise_curve
from packshot.enhance.step import Intent
from packshot.measure.photo import find_scene
from packshot.measure.planes import quantile, to_uint8
from packshot.measure.reference.ciede2000 import ciede2000, rgb_to_lab
from packshot.measure.reference.pair import (
    block_means,
    gradient_magnitude,
    luma,
    similarity_map,
    viewing_factor,
)
from packshot.photo.pixels import average_blocks, check_pixels, shrink_to_fit
from packshot.report import TrialOutcome

MAX_COLOUR_DRIFT: Final = 2.5
"""Largest CIEDE2000, ninth decile over the product, that still counts as the same colour.

With `MIN_STRUCTURE` from 31 damaged photos: every useful step passed (largest drift 0.9, least structure
0.94), a blur of 4 pixels on one photo in ten, a shift by 6 pixels on none
(docs/decisions/0007-enhancement-steps.md; docs/methods.md, section 6.2, equation 6.2)."""

MIN_STRUCTURE: Final = {True: 0.85, False: 0.93}
"""Least similarity of edges, 0..1, for steps that mean to change detail (True) and for others (equation
6.3)."""

MIN_VISIBLE_PRODUCT: Final = 0.999
"""Least share of the product that must still be in the picture: a thousandth is the rounding of its
mask."""

MAX_GRAIN: Final = 2.0
"""Grain in grey levels (`measure_grain`) that a result may always have
(docs/decisions/0007-enhancement-steps.md)."""

MAX_GRAIN_RATIO: Final = 1.3
"""Largest factor on the original's grain, for results with more than `MAX_GRAIN` (the same)."""

MAX_REGION_DRIFT: Final = 6.0
"""Largest CIEDE2000, mean over a region of `_REGION_SIDE`, that no part of what is judged may exceed
(docs/decisions/0035-guards-that-count-everything.md)."""

MAX_HALO: Final = 8.0
"""Grey levels beyond all neighbours that may be seen beside edges (`local_changes.measure_halo`; the
same)."""

MAX_MADE_UP_TEXTURE: Final = 5.0
"""Grey levels of fine detail that may be new (`local_changes.measure_made_up_texture`; the same)."""

MAX_NOISE_GROWTH: Final = 1.4
"""Factor by which the quiet parts of a photo may get rougher (`local_changes.measure_noise_growth`; the
same)."""

MAX_CHANGED_PRINT: Final = 0.25
"""Share of the strokes of print that may go, in the worst place (`local_changes.measure_changed_print`;
the same)."""

MAX_SKIN_DRIFT: Final = 2.0
"""CIEDE2000, mean over skin, that may be left (`local_changes.measure_skin_drift`; the same): people see
less on skin than elsewhere."""

MAX_CONTRAST_GAIN: Final = 3.0
"""Largest factor on the gradients of a place that counts as a change of local contrast (the same)."""

_BLUR_SIGMA: Final = 3.0
"""Pixels at viewing size: deviation of the blur under which colours are compared, so that grain and
detail do not count as drift."""

_WIDE_BLUR_SIGMA: Final = 12.0
"""The same for lightness where local contrast was meant to change: the surroundings must keep theirs
(docs/decisions/0007-enhancement-steps.md)."""

_DRIFT_STEP: Final = 2
"""Pixels at viewing size from one place to the next where colours are compared, under a blur of more."""

_MIN_DRIFT_PLACES: Final = 8000
"""Places with fewer of which every pixel is compared. On 90 masks with more, the ninth decile moves by
.02 at most, once by .12, with the place of the first; on a small product it moved by .4."""

_REGION_SIDE: Final = 16
"""Pixels at viewing size: side of the regions of which each is judged, a sixteenth of the short side."""

_GAIN_SIGMA: Final = 8.0
"""Pixels at viewing size over which a change of local contrast is one smooth factor: the radius at
which it is made."""

_CURVE_BINS: Final = 32
"""Ranges of 8 grey levels in each of which one point of a tone curve is fitted: fewer miss a bend, more
follow noise."""

_MIN_SAMPLES: Final = 20
"""Pixels without which nothing is fitted, nor a mask's rim left out. A judgement."""

_GRADIENT_CONSTANT: Final = 160.0
"""Keeps the similarity of weak gradients near 1: FSIM's T2, of gradients 0..255 by Scharr's operator
(Zhang et al., FSIM, IEEE TIP 20(8), 2011)."""

_SCHARR: Final = (3 / 16, 10 / 16, 3 / 16)
"""Weights across the gradient, as FSIM has them."""

_MIN_NOISE: Final = 4.0
"""Grey levels of luma noise from which edges are compared under a blur: gradients of less noise hardly
count beside the constant of their similarity."""

_NOISE_SIGMA: Final = 1.5
"""Pixels at viewing size: deviation of that blur, which leaves a fifth of white noise."""

_MIN_REGION_SHARE: Final = 0.5
"""Share of a region that must be judged for it to count."""

_MAX_ORIGINALS: Final = 3
"""Originals of which is kept what was measured: the photo as it came, as it is now, and a trial's."""

_LOCAL_GUARDS: Final[
    tuple[tuple[TrialOutcome, Callable[[ComparedPhoto, ComparedPhoto], float], float, str], ...]
] = (
    (TrialOutcome.HALO, measure_halo, MAX_HALO, "halos, in grey levels, of"),
    (
        TrialOutcome.MADE_UP_TEXTURE,
        measure_made_up_texture,
        MAX_MADE_UP_TEXTURE,
        "new texture, in grey levels, of",
    ),
    (TrialOutcome.GRAIN, measure_noise_growth, MAX_NOISE_GROWTH, "noise grew by the factor"),
    (TrialOutcome.CHANGED_PRINT, measure_changed_print, MAX_CHANGED_PRINT, "strokes of print changed:"),
    (TrialOutcome.SKIN, measure_skin_drift, MAX_SKIN_DRIFT, "skin drifts by"),
)
"""What became of small places: the outcome, its measure, its limit, and the words of the reason."""

_CLIPPED, _DARK = 0.97, 0.01
"""Linear light, 0..1, of any channel before or after: beyond, values are cut off or noise, and tell no
factor."""


@dataclass(frozen=True)
class Fidelity:
    """The fidelity of a result to its original.

    Attributes:
        colour_drift: CIEDE2000 that a tenth of the product exceeds, after what was declared.
        structure: 0..1, similarity of edges.
        violation: The limit that is broken; None where all hold.
        reason: The same in a few words.

    Example:
        >>> Fidelity(colour_drift=0.4, structure=0.99).is_faithful
        True
    """

    colour_drift: float
    structure: float
    violation: TrialOutcome | None = None
    reason: str = ""

    @property
    def is_faithful(self) -> bool:
        """Within all limits."""
        return self.violation is None


class _Original:
    """An original: what is measured on it alone, once for all that it is compared with.

    Attributes:
        pixels: (H, W, 3) uint8, not to be changed from now on.
    """

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels

    @cached_property
    def product_mask(self) -> Mask | None:
        """(H, W) the product, see `_find_product_mask`."""
        return _find_product_mask(self.pixels, without_holes=False)

    @cached_property
    def product_without_holes(self) -> Mask | None:
        """The same less what shows the background's colour."""
        return _find_product_mask(self.pixels, without_holes=True)

    @cached_property
    def faults(self) -> MeasuredFaults:
        """Its faults of light and colour."""
        return measure_faults(self.pixels)

    @cached_property
    def noise(self) -> Noise:
        """Its noise."""
        return measure_noise(self.pixels)


@dataclass(eq=False)
class FidelityMemory:
    """Measures fidelity, and keeps what it measured: one original is held against many results.

    Nobody may change the arrays afterwards. Not for several threads at a time.

    Example:
        >>> import numpy as np
        >>> original = np.full((120, 120, 3), 230, np.uint8)
        >>> memory = FidelityMemory()
        >>> first, second = (memory.measure(original, original, {Intent.TONE}) for _ in range(2))
        >>> first is second
        True
    """

    _originals: list[_Original] = field(default_factory=list)
    _last: tuple[Pixels, Pixels, frozenset[Intent], Fidelity] | None = None

    def measure(
        self,
        original: Pixels,
        result: Pixels,
        intents: Collection[Intent],
        transform: AffineTransform | None = None,
    ) -> Fidelity:
        """Compare a result with its original: see `measure_fidelity`."""
        if transform is not None:
            return measure_fidelity(original, result, intents, transform)
        wanted = frozenset(intents)
        if self._last is not None:
            last_original, last_result, last_intents, fidelity = self._last
            if last_original is original and last_result is result and last_intents == wanted:
                return fidelity
        fidelity = _measure(self._find_original(original), result, wanted, None)
        self._last = original, result, wanted, fidelity
        return fidelity

    def _find_original(self, pixels: Pixels) -> _Original:
        for known in self._originals:
            if known.pixels is pixels:
                return known
        check_pixels(pixels, "original")
        self._originals = [*self._originals[1 - _MAX_ORIGINALS :], _Original(pixels)]
        return self._originals[-1]


def measure_fidelity(
    original: Pixels,
    result: Pixels,
    intents: Collection[Intent],
    transform: AffineTransform | None = None,
) -> Fidelity:
    """Compare a result with its original.

    Args:
        original: (H, W, 3) uint8.
        result: (h, w, 3) uint8.
        intents: What the step declared.
        transform: Where pixels went, of a framing step.

    Returns:
        Its drift (equation 6.2), its similarity of edges (6.3), and the first limit that is broken; both
        figures are the worst there are where a result cannot be compared.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> original = np.full((120, 120, 3), 230, np.uint8)
        >>> original[40:80, 40:80] = 20
        >>> dark, lighter = (original * 0.65).astype(np.uint8), original + np.uint8(20)
        >>> measure_fidelity(dark, original, {Intent.TONE}).is_faithful  # it was too dark
        True
        >>> measure_fidelity(original, lighter, {Intent.TONE}).violation.value  # it was not
        'colour-drift'
    """
    check_pixels(original, "original")
    return _measure(_Original(original), result, frozenset(intents), transform)


def _measure(
    known: _Original, result: Pixels, intents: frozenset[Intent], transform: AffineTransform | None
) -> Fidelity:
    check_pixels(result, "result")
    original = known.pixels
    everywhere = np.ones(original.shape[:2], bool)
    has_new_background = Intent.BACKGROUND in intents
    product_mask = known.product_without_holes if has_new_background else known.product_mask
    if product_mask is None and Intent.BACKGROUND in intents:
        return _make_rejection(
            TrialOutcome.NO_PRODUCT, "no product was found to hold against the new background"
        )
    judged_mask = everywhere if product_mask is None else product_mask
    if transform is not None and Intent.FRAMING in intents:
        visible_share = 1.0 if product_mask is None else _visible_share(product_mask, transform)
        if visible_share < MIN_VISIBLE_PRODUCT:
            return _make_rejection(
                TrialOutcome.CUT_OFF, f"{1 - visible_share:.1%} of the product was cut off"
            )
        judged_mask, known = _warp_mask(judged_mask, transform), _Original(transform.warp(original))
    if known.pixels.shape != result.shape:
        return _make_rejection(TrialOutcome.SIZE, "the size changed, which no intent declares")
    covers_all = not {Intent.BACKGROUND, Intent.FRAMING} & set(intents)
    is_part = covers_all and judged_mask is not everywhere
    masks = (judged_mask, everywhere) if is_part else (judged_mask,)
    return _compare(known, result, masks, intents)


def _make_rejection(violation: TrialOutcome, reason: str) -> Fidelity:
    return Fidelity(float("inf"), 0.0, violation, reason)


def _find_product_mask(pixels: Pixels, without_holes: bool) -> Mask | None:
    """(H, W) the product, where the background is plain enough to find it.

    Args:
        pixels: (H, W, 3) uint8.
        without_holes: Leave out what shows the background's colour.
    """
    product = find_scene(pixels).product
    if product is None:
        return None
    height, width = pixels.shape[:2]
    source_mask = product.material if without_holes else product.mask
    mask = cv2.resize(to_uint8(source_mask), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(mask > 0)


def _warp_mask(mask: Mask, transform: AffineTransform) -> Mask:
    size = (transform.width, transform.height)
    warped = cv2.warpAffine(to_uint8(mask), transform.matrix, size, flags=cv2.INTER_NEAREST)
    return np.asarray(warped > 0)


def _visible_share(product: Mask, transform: AffineTransform) -> float:
    """Compute the share of a product that a placement leaves in the picture."""
    rows, columns = np.nonzero(product[::4, ::4])
    if len(rows) == 0:
        return 1.0
    x, y = transform.matrix @ np.stack([4.0 * columns, 4.0 * rows, np.ones(len(rows))])
    inside = (x > -1) & (y > -1) & (x < transform.width) & (y < transform.height)
    return float(inside.mean())


def _compare(
    known: _Original, result: Pixels, masks: tuple[Mask, ...], intents: frozenset[Intent]
) -> Fidelity:
    """Compare two pictures of one size, over the product and, where all of it counts, the whole."""
    original = known.pixels
    factor = viewing_factor(original)
    before, after = (_average(pixels, factor) for pixels in (original, result))
    insides = [_erode_mask(block_means(mask.astype(np.float32), factor) > 0.5) for mask in masks]
    change = _fit_declared_change(known, before, after, insides[-1], intents)
    expected = change.apply_to(before)
    contrast = Intent.CONTRAST in intents
    is_noisy = Intent.DETAIL in intents and known.noise.luma >= _MIN_NOISE
    tones = _allow_for_clipping(original, before, after, change) if is_noisy else (expected, after)
    drifts = [_measure_drift(*tones, inside, contrast) for inside in insides]
    drift, region_drift = (max(values) for values in zip(*drifts, strict=True))
    edges = [_blur_noise(one) if is_noisy else one for one in (expected, after)]
    structure = _edge_similarity(edges[0], edges[1], insides[0], contrast)
    violation, reason = _find_violation(expected, after, drift, structure, intents)
    if violation is None and region_drift > MAX_REGION_DRIFT:
        violation = TrialOutcome.COLOUR_DRIFT
        reason = f"a place drifts by {region_drift:.1f}, {MAX_REGION_DRIFT:g} are allowed"
    if violation is None:
        reduced, shown = _reduce(original), _reduce(result)
        places = change.apply_to(reduced), shown
        tones = _allow_for_clipping(original, reduced, shown, change) if is_noisy else places
        violation, reason = _find_local_violation(places, tones, _reduce(to_uint8(masks[-1])) > 0)
    return Fidelity(drift, structure, violation, reason)


def _average(pixels: Pixels, factor: int) -> Pixels:
    """Average squares of pixels, halves rounded to even values: rounded up they would be a drift."""
    if factor == 2:
        return np.rint(block_means(pixels, factor)).astype(np.uint8)
    return average_blocks(pixels, factor)


def _reduce(pixels: Pixels) -> Pixels:
    """Reduce a photo that is larger than photos are judged at, where the limits of places were set."""
    return shrink_to_fit(pixels, ASSESSMENT_SIDE)


def _blur_noise(pixels: Pixels) -> Pixels:
    """Blur a picture at viewing size: gradients of noise are no edges."""
    return to_uint8(cv2.GaussianBlur(pixels, (0, 0), _NOISE_SIGMA))


def _find_violation(
    expected: Pixels, after: Pixels, drift: float, structure: float, intents: frozenset[Intent]
) -> tuple[TrialOutcome | None, str]:
    """Find the first limit that is broken at viewing size, and say it in a few words."""
    if drift > MAX_COLOUR_DRIFT:
        reason = f"colours drift by {drift:.1f}, {MAX_COLOUR_DRIFT:g} are allowed"
        return TrialOutcome.COLOUR_DRIFT, reason
    min_structure = MIN_STRUCTURE[Intent.DETAIL in intents]
    if structure < min_structure:
        reason = f"edges are {structure:.0%} alike, {min_structure:.0%} are needed"
        return TrialOutcome.STRUCTURE, reason
    grain, max_grain = (
        measure_grain(after),
        max(MAX_GRAIN, MAX_GRAIN_RATIO * measure_grain(expected)),
    )
    if grain > max_grain:
        reason = f"grain of {grain:.1f} grey levels, {max_grain:.1f} are allowed"
        return TrialOutcome.GRAIN, reason
    return None, ""


def _pair_judged(expected: Pixels, shown: Pixels, mask: Mask) -> tuple[ComparedPhoto, ComparedPhoto]:
    """Pair what is expected with what is shown; outside the mask nothing is taken to have changed."""
    judged = shown if mask.all() else np.where(mask[..., None], shown, expected)
    return ComparedPhoto(expected), ComparedPhoto(judged)


def _find_local_violation(
    places: tuple[Pixels, Pixels], tones: tuple[Pixels, Pixels], mask: Mask
) -> tuple[TrialOutcome | None, str]:
    """Find the first limit of small places that is broken; what is not judged counts as unchanged.

    Expected and shown, twice: as they are, and as skin is judged by: noise itself has colours of skin.
    """
    in_place, as_skin = (_pair_judged(*pair, mask) for pair in (places, tones))
    for outcome, measure, limit, words in _LOCAL_GUARDS:
        value = measure(*(as_skin if outcome is TrialOutcome.SKIN else in_place))
        if value > limit:
            return outcome, f"{words} {value:.2f}, {limit:g} are allowed"
    return None, ""


def _erode_mask(mask: Mask) -> Mask:
    """Take the rim off a mask, unless nothing would be left."""
    inner = cv2.erode(to_uint8(mask), np.ones((3, 3), np.uint8), borderValue=(1,)) > 0
    usable = inner if np.count_nonzero(inner) >= _MIN_SAMPLES else mask
    return np.asarray(usable if usable.any() else np.ones_like(mask))


@dataclass(frozen=True, eq=False)
class _DeclaredChange:
    """What a step meant to do to light, as far as it had cause to: a cast taken back, then a curve.

    Attributes:
        gains: (3,) factors on linear light.
        curve: (256,) uint8.
    """

    gains: Float32Array
    curve: ByteArray

    def apply_to(self, pixels: Pixels) -> Pixels:
        """Make a photo look as it should look after what was declared, and nothing else."""
        balanced = pixels if (self.gains == 1).all() else apply_gains(pixels, self.gains)
        return to_uint8(cv2.LUT(balanced, self.curve))


def _fit_declared_change(
    known: _Original, before: Pixels, after: Pixels, inside: Mask, intents: frozenset[Intent]
) -> _DeclaredChange:
    """Fit what was declared to a pair at viewing size, within what faults of the original allow."""
    change = _DeclaredChange(np.ones(3, np.float32), np.arange(256, dtype=np.uint8))
    if not {Intent.COLOUR, Intent.TONE} & intents:
        return change
    faults = known.faults
    if Intent.COLOUR in intents and faults.has_cast:
        change = replace(change, gains=_fit_gains(before[inside], after[inside], faults))
    if Intent.TONE in intents and faults.has_tone_fault:
        balanced = change.apply_to(before)
        change = replace(change, curve=_fit_tone_curve(balanced[inside], after[inside], faults))
    return change


def _allow_for_clipping(
    original: Pixels, before: Pixels, after: Pixels, change: _DeclaredChange
) -> tuple[Pixels, Pixels]:
    """What a noisy photo is expected to look like, and does, noise being blurred in both.

    Black and white cut noise off, so that a noisy white is grey in the mean: a step may leave that as it
    is or give back what was cut off, and all between.
    """
    curve = measure_noise_curve(original)
    means, result = _blur_noise(before), _blur_noise(after)
    if curve is None:
        return change.apply_to(means), result
    whole = to_uint8(cv2.LUT(means, curve.whole_levels()))
    low, high = (change.apply_to(to_uint8(bound(means, whole))) for bound in (cv2.min, cv2.max))
    return to_uint8(cv2.min(cv2.max(result, low), high)), result


def _fit_gains(before: Pixels, after: Pixels, faults: MeasuredFaults) -> Float32Array:
    """(3,) the factor on linear light that explains most of the change of each channel.

    Between 1 and what takes the cast back: what lies beyond counts as drift.
    """
    light = linear_light_table()
    old, new = light[before], light[after]
    usable = ((old > _DARK) & (old < _CLIPPED) & (new > _DARK) & (new < _CLIPPED)).all(axis=1)
    if np.count_nonzero(usable) < _MIN_SAMPLES:
        return np.ones(3, np.float32)
    gains = np.median(new[usable] / old[usable], axis=0)
    low, high = np.minimum(faults.gains, 1), np.maximum(faults.gains, 1)
    return np.asarray(np.clip(gains, low, high), np.float32)


def _fit_tone_curve(before: Pixels, after: Pixels, faults: MeasuredFaults) -> ByteArray:
    """(256,) one rising curve for all channels: medians of what values became, joined by lines.

    Between no change and what puts the faults right: what lies beyond counts as drift.
    """
    old, new = before.ravel(), after.ravel()
    counts = cv2.calcHist([old, new], [0, 1], None, [256, 256], [0, 256, 0, 256])
    bins = counts.reshape(_CURVE_BINS, 256 // _CURVE_BINS, 256)
    is_known = bins.sum((1, 2)) >= _MIN_SAMPLES
    if not is_known.any():
        return np.arange(256, dtype=np.uint8)
    inputs = _row_means(bins.sum(2)[is_known], np.arange(256).reshape(_CURVE_BINS, -1)[is_known])
    outputs = np.maximum.accumulate(_row_medians(bins.sum(1)[is_known]))
    # Beyond the last known value the curve runs on to black and white.
    ends = ([0.0, *inputs, 255.0], [min(0.0, outputs[0]), *outputs, max(255.0, outputs[-1])])
    values = np.arange(256)
    lowest, highest = np.minimum(values, faults.curve), np.maximum(values, faults.curve)
    return np.asarray(np.rint(np.clip(np.interp(values, *ends), lowest, highest)), np.uint8)


def _row_means(counts: Float32Array, values: IndexArray) -> Float32Array:
    """Of each row: the mean of values that occur so many times."""
    return np.asarray((counts * values).sum(1) / counts.sum(1), np.float32)


def _row_medians(counts: Float32Array) -> Float32Array:
    """Of each row: the median of its places, which occur so many times; between two, their mean."""
    total, half = np.cumsum(counts, axis=1), counts.sum(1, keepdims=True) / 2
    lower, upper = (total < half).sum(1), (total <= half).sum(1)
    return np.asarray((lower + upper) / 2, np.float32)


def _measure_drift(
    expected: Pixels, result: Pixels, inside: Mask, contrast_declared: bool
) -> tuple[float, float]:
    """Measure the ninth decile of colour differences over a mask, and the mean of its worst region.

    Blurred, so that grain does not count. Where local contrast was meant to change, lightness may move
    near, hue and chroma may not: the larger of two drifts counts, of light blurred so widely that local
    contrast does not count, and of hue and chroma alone, as narrowly as ever.
    """
    around = _find_surroundings(inside, _WIDE_BLUR_SIGMA if contrast_declared else _BLUR_SIGMA)
    expected, result, inside = expected[around], result[around], inside[around]
    places = np.count_nonzero(inside[::_DRIFT_STEP, ::_DRIFT_STEP])
    step = _DRIFT_STEP if places >= _MIN_DRIFT_PLACES else 1
    old, new = _blur_to_lab(expected, result, inside, _BLUR_SIGMA, step)
    if not contrast_declared:
        return _sum_up_drift(old, new, inside, step)
    wide_pair = _blur_to_lab(expected, result, inside, _WIDE_BLUR_SIGMA, step)
    wide = _sum_up_drift(*wide_pair, inside, step)
    old[..., 0] = new[..., 0]
    narrow = _sum_up_drift(old, new, inside, step)
    return max(wide[0], narrow[0]), max(wide[1], narrow[1])


def _find_surroundings(inside: Mask, sigma: float) -> tuple[slice, slice]:
    """Rows and columns of whole regions that a mask and the reach of a blur about it cover."""
    reach = math.ceil(4 * sigma)
    left, top, width, height = cv2.boundingRect(to_uint8(inside))
    spans = ((top, top + height), (left, left + width))
    rows, columns = (
        slice(
            max(0, first - reach) // _REGION_SIDE * _REGION_SIDE,
            -(-(last + reach) // _REGION_SIDE) * _REGION_SIDE,
        )
        for first, last in spans
    )
    return rows, columns


def _blur_to_lab(
    expected: Pixels, result: Pixels, inside: Mask, sigma: float, step: int
) -> tuple[Float32Array, Float32Array]:
    """CIE Lab of both after a Gaussian blur of linear light over the mask alone, by steps of pixels."""
    old, new = (rgb_to_lab(_blur_inside(pixels, inside, sigma, step)) for pixels in (expected, result))
    return old, new


def _sum_up_drift(old: Float32Array, new: Float32Array, inside: Mask, step: int) -> tuple[float, float]:
    """Ninth decile of CIEDE2000 over a mask, and mean of the region that has most."""
    judged = inside[::step, ::step]
    drift = np.where(judged, ciede2000(old, new), 0).astype(np.float32)
    sums, shares = (
        block_means(values, min(_REGION_SIDE // step, *judged.shape))
        for values in (drift, judged.astype(np.float32))
    )
    is_judged = shares >= _MIN_REGION_SHARE
    regions = sums[is_judged] / shares[is_judged] if is_judged.any() else np.zeros(1, np.float32)
    return quantile(drift[judged], 0.9), float(regions.max())


def _blur_inside(pixels: Pixels, inside: Mask, sigma: float, step: int) -> Pixels:
    light = np.asarray(cv2.LUT(pixels, linear_light_table()), np.float32)
    if inside.all():
        means = cv2.GaussianBlur(light, (0, 0), sigma)[::step, ::step]
    else:
        weight = inside.astype(np.float32)
        sums = cv2.GaussianBlur(light * weight[..., None], (0, 0), sigma)[::step, ::step]
        shares = np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma)[::step, ::step], 1e-3)
        means = sums / shares[..., None]
    return np.asarray(np.rint(encode_srgb(means) * 255), np.uint8)


def _edge_similarity(expected: Pixels, result: Pixels, inside: Mask, contrast_declared: bool) -> float:
    """Similarity of gradients (Xue et al., GMSD, eq. 4), mean weighted by the stronger one.

    Where local contrast was meant to change, a smooth factor is taken out first.
    """
    gradients = [
        gradient_magnitude(luma(pixels.astype(np.float32)), _SCHARR) for pixels in (expected, result)
    ]
    if contrast_declared:
        gradients[0] *= _fit_contrast_gain(gradients[0], gradients[1])
    weights = np.maximum(*gradients) * inside
    weights[0], weights[-1], weights[:, 0], weights[:, -1] = 0, 0, 0, 0
    total = float(weights.sum(dtype=np.float64))
    if total <= 0:
        return 1.0
    similarities = similarity_map(gradients[0], gradients[1], _GRADIENT_CONSTANT)
    return float((similarities * weights).sum(dtype=np.float64)) / total


def _fit_contrast_gain(old: Float32Array, new: Float32Array) -> Float32Array:
    """(H, W) the factor on gradients that explains most of their change in each neighbourhood."""
    joint, own = (cv2.GaussianBlur(old * other, (0, 0), _GAIN_SIGMA) for other in (new, old))
    gains = joint / np.maximum(own, np.float32(1e-6))
    min_gain, max_gain = 1 / MAX_CONTRAST_GAIN, MAX_CONTRAST_GAIN
    return np.asarray(np.clip(gains, min_gain, max_gain), np.float32)
