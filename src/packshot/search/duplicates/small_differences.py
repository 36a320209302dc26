"""Small differences of two photos laid on each other: other numbers, a part in another shade."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float32Array, Float64Array, Int32Array, Mask, Pixels
from packshot.report import Region
from packshot.search.duplicates.agreement import apply_colours, fit_colours
from packshot.search.duplicates.frames import (
    Box,
    compute_coverage,
    decompose_map,
    full_box,
    make_region,
    warp,
)


@dataclass(frozen=True)
class DifferenceLimits:
    """Limits between a small difference and what saving a photo again leaves.

    Pixels are those of the common frame, `side` at most; levels are 0..255. Set on train halves of
    `benchmarks/search/small_differences.py` (decision 40).

    Attributes:
        side: Pixels of the long side at which two photos are compared.
        register_side: Pixels of the long side at which one is laid on the other more exactly.
        register_rounds: Steps of that, at most.
        noise_quantile: Of all differences beside structure, 0..1: what recompression makes of them.
        per_noise: Times that noise from which on a difference counts.
        min_levels: Levels from which on a difference counts, whatever the noise.
        min_peak: Levels that a place must reach somewhere.
        reach: Pixels within which differences are one place, such as the strokes of a word.
        min_pixels: Differing pixels of a place at least.
        max_share: Share of the frame, 0..1, that differing pixels may take up: more is no small place.
        min_balance: Pixels that only one photo has, of the one with fewer over the other: from here on
            signs stand in place of others; below something was laid over, or taken away.
        same_ink: Levels by which ink and paper of both may differ where they are one print: thin strokes
            have no pixel that is all ink.
        print_reach: Pixels around a place within which there is other ink of the same print.
        min_more_peak: Levels that a little more ink must reach: compression makes less.
        same_size: Natural logarithm of the ratio of sizes up to which a little more ink counts: resizing
            makes thin strokes vanish.
        max_more_ink: Pixels of ink that one photo may have more, as an 8 has more than a 3.
        shade_sigma: Pixels: standard deviation of the Gaussian under which shades are compared.
        min_shade: Levels by which the shade of a part differs at least.
        min_shade_share: Share of the frame, 0..1, that such a part takes up at least.
        max_shade_share: Share that all such parts may take up together: more is another change.
        max_rest: Levels by which the rest may differ where a part has another shade.
        min_rim: Levels, of both photos, from which on the rim of such a part is an edge.
        min_known_rim: Share of the rim, 0..1, that must be one.
        min_shade_cover: Share of the frame, 0..1, that both photos cover where shades are compared.
        sampling_step: One pixel in so many enters a fit of colours, for speed.

    Example:
        >>> LIMITS.min_levels < LIMITS.min_peak
        True
    """

    side: int = 1024
    register_side: int = 512
    register_rounds: int = 30
    noise_quantile: float = 0.97
    per_noise: float = 2.0
    min_levels: float = 28.0
    min_peak: float = 50.0
    reach: int = 9
    min_pixels: int = 6
    max_share: float = 0.02
    min_balance: float = 0.15
    same_ink: float = 70.0
    print_reach: int = 24
    max_more_ink: int = 150
    min_more_peak: float = 90.0
    same_size: float = 0.02
    shade_sigma: float = 4.0
    min_shade: float = 8.0
    min_shade_share: float = 0.003
    max_shade_share: float = 0.4
    max_rest: float = 3.0
    min_rim: float = 12.0
    min_known_rim: float = 0.8
    min_shade_cover: float = 0.97
    sampling_step: int = 7


LIMITS: Final = DifferenceLimits()

DETAIL_SIDE: Final = LIMITS.side
"""Pixels of the long side that photos need for this, and no more."""

_MOST_PLACES: Final = 12
"""Places that are told, the largest. A judgement."""


@dataclass(frozen=True)
class SmallDifference:
    """A place where two photos that are otherwise alike show something else.

    Attributes:
        region: Where, in fractions of the first photo.
        pixels: Differing pixels.

    Example:
        >>> place = SmallDifference(Region(x=0.1, y=0.2, width=0.05, height=0.02), pixels=40)
        >>> round(place.region.x + place.region.width, 2)
        0.15
    """

    region: Region
    pixels: int


def find_small_differences(
    first: Pixels, second: Pixels, mapping: Float64Array
) -> tuple[SmallDifference, ...]:
    """Find where two photos that agree as a whole show something else, the largest places first.

    Each is held against the range of the other's values around a pixel, so that a shift of a pixel is no
    difference; what counts is relative to what recompression left elsewhere. Something that lies
    over one photo alone is none.

    Args:
        first: RGB, (H, W, 3) uint8.
        second: RGB of another photo.
        mapping: From the second's points to the first's, pixels.

    Example:
        >>> page = np.full((200, 300, 3), 255, np.uint8)
        >>> pages = [page.copy(), page.copy()]
        >>> for one, text in zip(pages, ("chest 92", "chest 98")):
        ...     _ = cv2.putText(one, text, (40, 120), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
        >>> [round(place.region.x, 1) for place in find_small_differences(*pages, np.eye(3))]
        [0.5]
        >>> find_small_differences(page, page, np.eye(3))
        ()
    """
    laid = lay_on_each_other(first, second, mapping)
    return () if laid is None else list_differences(laid)


@dataclass(frozen=True, eq=False)
class LaidPhotos:
    """Two photos in one frame, of the coarser one's resolution.

    Attributes:
        first: (H, W, 3) RGB, 0..255.
        toned: The same with the one change of all colours, where there is one.
        second: (H, W, 3).
        mask: (H, W) where both are.
        has_same_size: Neither was resized.

    Example:
        >>> page = np.full((200, 300, 3), 255, np.uint8)
        >>> laid = lay_on_each_other(page, page[::2, ::2], np.diag([2.0, 2.0, 1.0]))
        >>> laid.first.shape, laid.has_same_size
        ((200, 300, 3), False)
    """

    first: Float32Array
    toned: Float32Array
    second: Float32Array
    mask: Mask
    has_same_size: bool


def list_differences(laid: LaidPhotos) -> tuple[SmallDifference, ...]:
    """List the places of `find_small_differences` in photos that lie on each other already.

    Example:
        >>> page = np.full((200, 300, 3), 255, np.uint8)
        >>> list_differences(lay_on_each_other(page, page, np.eye(3)))
        ()
    """
    places = [*_iter_other_signs(laid.toned, laid.second, laid.mask, laid.has_same_size)]
    if laid.toned is laid.first and laid.mask.mean() >= LIMITS.min_shade_cover:
        places += _iter_other_shades(laid.first, laid.second, laid.mask)
    return tuple(sorted(places, key=lambda place: -place.pixels)[:_MOST_PLACES])


def lay_on_each_other(first: Pixels, second: Pixels, mapping: Float64Array) -> LaidPhotos | None:
    """Lay the second photo on the first; None where they are too small, or share nothing.

    Args:
        first: RGB, (H, W, 3) uint8.
        second: RGB of another photo.
        mapping: From the second's points to the first's, pixels; it is made more exact.

    Example:
        >>> page = np.full((200, 300, 3), 255, np.uint8)
        >>> bool(lay_on_each_other(page, page, np.eye(3)).mask.mean() > 0.9)
        True
    """
    scale = min(1.0, decompose_map(mapping).scale, LIMITS.side / max(first.shape[:2]))
    size = (max(1, round(first.shape[1] * scale)), max(1, round(first.shape[0] * scale)))
    if min(size) < 2 * LIMITS.reach:
        return None
    shrinking = np.diag([size[0] / first.shape[1], size[1] / first.shape[0], 1.0])
    one = warp(first, shrinking, size)
    onto = _refine(one, second, shrinking @ mapping)
    mask = compute_coverage(full_box(second), onto, size)
    inner = cv2.erode(mask.view(np.uint8), np.ones((5, 5), np.uint8), borderValue=0) > 0
    if not inner.any():
        return None
    two = warp(second, onto, size)
    has_same_size = abs(math.log(decompose_map(mapping).scale)) <= LIMITS.same_size
    return LaidPhotos(one, _equalise_colours(one, two, inner), two, np.asarray(inner), has_same_size)


def _refine(one: Float32Array, second: Pixels, onto: Float64Array) -> Float64Array:
    """Lay the second photo on the first more exactly, by the correlation of all pixels.

    An affine map that makes the enhanced correlation coefficient largest (Evangelidis and Psarakis,
    IEEE TPAMI 30(10), 2008).
    """
    height, width = one.shape[:2]
    factor = min(1.0, LIMITS.register_side / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    shrinking = np.diag([size[0] / width, size[1] / height, 1.0])
    target, source = (
        np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)
        for image in (warp(one, shrinking, size), warp(second, shrinking @ onto, size))
    )
    step = np.eye(2, 3, dtype=np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, LIMITS.register_rounds, 1e-4)
    try:
        _, step = cv2.findTransformECC(target, source, step, cv2.MOTION_AFFINE, criteria)
    except cv2.error:  # No structure, or it did not converge: what is there already is used.
        return onto
    moved = np.vstack([step, [0, 0, 1]]).astype(np.float64)
    if np.abs(moved - np.eye(3))[:2, 2].max() > LIMITS.reach:
        return onto
    return np.asarray(np.linalg.inv(shrinking) @ np.linalg.inv(moved) @ shrinking @ onto)


def _equalise_colours(one: Float32Array, two: Float32Array, mask: Mask) -> Float32Array:
    """Return the first photo with the one change of all colours, where there is one; else itself."""
    sample = one[mask][:: LIMITS.sampling_step], two[mask][:: LIMITS.sampling_step]
    if np.median(np.abs(sample[0] - sample[1])) <= LIMITS.max_rest:
        return one
    return apply_colours(one, fit_colours(*sample))


def _iter_other_signs(
    one: Float32Array, two: Float32Array, mask: Mask, has_same_size: bool
) -> Iterator[SmallDifference]:
    """Yield places where one photo has ink that the other has not within a pixel, and the same print."""
    extras = _find_extras(_to_grey(one), _to_grey(two))
    difference = np.max(extras, axis=0) * mask
    structure = difference[mask & (_measure_range(_to_grey(one)) > LIMITS.min_levels)]
    noise = float(np.quantile(structure, LIMITS.noise_quantile)) if structure.size else 0.0
    limit = max(LIMITS.min_levels, LIMITS.per_noise * noise)
    is_different = difference > limit
    if np.count_nonzero(is_different) > LIMITS.max_share * mask.sum():
        return
    for box, pixels in _iter_parts(is_different, LIMITS.reach):
        inside, around = (_slice_around(box, reach) for reach in (LIMITS.reach, LIMITS.print_reach))
        is_sign = (
            pixels >= LIMITS.min_pixels
            and difference[inside].max() >= LIMITS.min_peak
            and (
                _is_same_print(one[inside], two[inside], extras[:, *inside] > limit)
                or (
                    has_same_size
                    and difference[inside].max() >= LIMITS.min_more_peak
                    and _is_more_print(one[around], two[around], extras[:, *around] > limit)
                )
            )
        )
        if is_sign:
            yield SmallDifference(make_region(box, mask.shape), pixels)


def _find_extras(one: Float32Array, two: Float32Array) -> Float32Array:
    """Return by how many levels a pixel lies outside what the other photo shows within a pixel of it.

    Returns:
        (4, H, W): the first darker, the second darker, the first lighter, the second lighter.
    """
    square = np.ones((3, 3), np.uint8)
    darker = [cv2.erode(other, square) - image for image, other in ((one, two), (two, one))]
    lighter = [image - cv2.dilate(other, square) for image, other in ((one, two), (two, one))]
    return np.asarray(darker + lighter, np.float32)


def _is_same_print(one: Float32Array, two: Float32Array, extras: Mask) -> bool:
    """Return whether two places hold other signs of one print: ink on paper of the same colours.

    Args:
        one: (h, w, 3) of the first photo.
        two: Of the second.
        extras: (4, h, w) which pixels only one of them has, as `_find_extras` puts them.
    """
    for only_one, only_two in (extras[:2], extras[2:]):
        counts = np.count_nonzero(only_one), np.count_nonzero(only_two)
        if min(counts) < LIMITS.min_balance * max(counts) or max(counts) < LIMITS.min_pixels:
            continue
        ink = np.abs(one[only_one].mean(axis=0) - two[only_two].mean(axis=0))
        paper = np.abs(two[only_one].mean(axis=0) - one[only_two].mean(axis=0))
        if min(counts) and max(ink.max(), paper.max()) <= LIMITS.same_ink:
            return True
    return False


def _is_more_print(one: Float32Array, two: Float32Array, extras: Mask) -> bool:
    """Return whether one of two places has a little more ink, of a colour that both have around it.

    Args:
        one: (h, w, 3) of the first photo.
        two: Of the second.
        extras: As for `_is_same_print`.
    """
    if np.count_nonzero(extras.any(axis=0)) > LIMITS.max_more_ink:
        return False
    for only, with_ink, without, is_dark in (
        *((extras[0], one, two, True), (extras[1], two, one, True)),
        *((extras[2], one, two, False), (extras[3], two, one, False)),
    ):
        if np.count_nonzero(only) >= LIMITS.min_pixels:
            grey = _to_grey(without)
            end = float(np.quantile(grey, 0.02 if is_dark else 0.98))
            known = without[grey <= end if is_dark else grey >= end].mean(axis=0)
            if np.abs(with_ink[only].mean(axis=0) - known).max() <= LIMITS.same_ink:
                return True
    return False


def _measure_range(grey: Float32Array) -> Float32Array:
    square = np.ones((5, 5), np.uint8)
    return np.asarray(cv2.dilate(grey, square) - cv2.erode(grey, square), np.float32)


def _slice_around(box: Box, margin: int) -> tuple[slice, slice]:
    top, left = max(0, int(box.top) - margin), max(0, int(box.left) - margin)
    return slice(top, int(box.bottom) + margin), slice(left, int(box.right) + margin)


def _to_grey(image: Float32Array) -> Float32Array:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def _iter_other_shades(one: Float32Array, two: Float32Array, mask: Mask) -> Iterator[SmallDifference]:
    """Yield parts in another shade, of photos whose rest was not changed."""
    smooth = cv2.GaussianBlur((one - two) * mask[..., None], (0, 0), LIMITS.shade_sigma)
    difference = np.abs(smooth).max(axis=2)
    is_different = (difference >= LIMITS.min_shade) & mask
    rest = difference[mask & ~is_different]
    square = np.ones((LIMITS.reach, LIMITS.reach), np.uint8)
    thick = np.asarray(cv2.morphologyEx(is_different.view(np.uint8), cv2.MORPH_OPEN, square)) > 0
    if (
        not rest.size
        or np.sqrt(np.mean(rest**2)) > LIMITS.max_rest
        or (np.count_nonzero(is_different) > LIMITS.max_shade_share * mask.sum())
    ):
        return
    edges = np.minimum(_measure_range(_to_grey(one)), _measure_range(_to_grey(two))) >= LIMITS.min_rim
    for box, pixels in _iter_parts(thick, 3):
        inside = _slice_around(box, LIMITS.reach)
        if pixels >= LIMITS.min_shade_share * mask.sum() and _is_part(thick[inside], edges[inside]):
            yield SmallDifference(make_region(box, mask.shape), pixels)


def _is_part(is_different: Mask, edges: Mask) -> bool:
    """Return whether the rim of a part is an edge in both photos; of what lies on top it is in one."""
    wide, square = np.ones((LIMITS.reach, LIMITS.reach), np.uint8), np.ones((3, 3), np.uint8)
    part = is_different.view(np.uint8)
    rim = np.asarray((cv2.dilate(part, square) > 0) & (cv2.erode(part, square) == 0))
    near = cv2.dilate(edges.view(np.uint8), wide) > 0
    return bool(near[rim].mean() >= LIMITS.min_known_rim) if rim.any() else False


def _iter_parts(is_different: Mask, reach: int) -> Iterator[tuple[Box, int]]:
    """Yield the box and the number of pixels of each group of pixels that lie within reach."""
    joined: ByteMask = np.asarray(
        cv2.morphologyEx(is_different.view(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    numbers: Int32Array = np.asarray(labels, np.int32)
    pixels = np.bincount(numbers[is_different], minlength=count)
    for part in range(1, count):
        left, top, width, height = (float(value) for value in stats[part, :4])
        yield Box(left, top, left + width, top + height), int(pixels[part])
