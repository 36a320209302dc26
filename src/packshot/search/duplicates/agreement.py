"""Agreement of two photos, pixel by pixel, where one is laid on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Int32Array, Mask
from packshot.report import Region
from packshot.search.duplicates.frames import (
    Box,
    compute_coverage,
    decompose_map,
    invert_map,
    make_region,
    warp,
)
from packshot.search.duplicates.view import PhotoView

Colours = Float64Array
"""(4, 3): from RGB of the first photo, and 1, to RGB of the second."""


@dataclass(frozen=True)
class AgreementLimits:
    """Limits and sizes of a comparison of aligned pixels.

    Pixels are those of the views, 384 a side at most (`VIEW_SIDE`); levels are 0..255. Set together, on
    copies made of the training originals and on pairs of different ones, by
    `benchmarks/search/duplicates.py` (decision 14), where nothing else is said.

    Attributes:
        window_side: Pixels a side of the square over which contrast and correlation are measured.
        smoothing_sigma: Pixels: standard deviation of the Gaussian that evens out how the two photos
            were resampled and compressed.
        min_contrast: Levels of standard deviation within a window: below is no structure, but noise and
            compression.
        max_contrast_weight: Levels above `min_contrast` from which on structure weighs no more, so that
            one strong edge does not outweigh a label.
        noise_constant: Squared levels added to the denominator of a correlation, so that faint windows
            do not correlate by chance, as in the structure term of SSIM (Wang et al. 2004).
        min_correlation: Correlation, -1..1, above which both photos have the same structure around a
            pixel.
        colour_limit: Levels, of the channel that differs most, from which on colours differ.
        limit_per_change: Added to `colour_limit` for each level by which all colours were changed: a
            strong change fits less well.
        min_overlap_pixels: Pixels that the photos must share: 16 x 16, below which shares mean nothing.
        min_patch_share: Share of the overlap below which a patch of other colours is left out, as the
            fringe of an edge.
        min_known_rim: Share of a patch's rim that must be an edge in both photos for it to be a
            recoloured part: most of it. With less the patch lies on top.
        min_edge_contrast: Contrast along the rim, over the difference of colours, from which on it is
            an edge; weaker texture is none.
        sharp_range: Range of colours within two pixels of the rim of what is overlaid, over the
            difference there, from which on that rim is an edge: 1 where one colour meets another, less
            by smoothing. A judgement, as shadows have less than half. Decision 46.
        white_level: Level above which, in all channels of both, a pixel tells of no change of colours.
        shifted_levels: Levels by which a change of all colours moves them: less is compression, more
            is something else in that place. A judgement, with the next.
        max_shifted: Share of the pixels that may be so moved where colours stayed.
        min_unchanged: Share of them that must be where they were.
        fit_rounds: Fits of a change of colours, each to what the one before explains; a judgement.
        same_colour_limit: Levels by which two fits may differ anywhere and still count as one.
        sampling_step: One pixel in so many enters the fit, for speed.
        min_common_structure: Share of structure, of the better explained photo, below which nothing
            else is computed: the pair is no copy at this place. Well below
            `ComparisonLimits.min_match`.
        ridge_weight: Weight, in squared levels, of the ridge that holds a fit of colours to no change
            where there are few colours to fit to.
        rim_parts: The rim of the overlap is the shorter side over this deep: a twentieth.

    Example:
        >>> LIMITS.colour_limit + LIMITS.limit_per_change * 10  # Levels, where all colours move by 10.
        29.0
    """

    window_side: int = 9
    smoothing_sigma: float = 0.8
    min_contrast: float = 3.0
    max_contrast_weight: float = 24.0
    noise_constant: float = 12.0
    min_correlation: float = 0.5
    colour_limit: float = 26.0
    limit_per_change: float = 0.3
    min_overlap_pixels: int = 256
    min_patch_share: float = 0.002
    min_known_rim: float = 0.5
    min_edge_contrast: float = 0.2
    sharp_range: float = 0.7
    white_level: float = 245.0
    shifted_levels: tuple[float, float] = (8.0, 40.0)
    max_shifted: float = 0.25
    min_unchanged: float = 0.3
    fit_rounds: int = 3
    same_colour_limit: float = 6.0
    sampling_step: int = 7
    min_common_structure: float = 0.35
    ridge_weight: float = 7.0
    rim_parts: int = 20


LIMITS: Final = AgreementLimits()

_FLAT_COLOURS: Final = 3
"""Colours of a badge: its ground, its letters, and one more. A judgement."""

_REACH_SIDE: Final = 2 * LIMITS.window_side + 1
"""Pixels a side of the square around a pixel whose contrast it may touch."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """Result of comparing two aligned photos. Shares are 0..1.

    Attributes:
        overlap_first: Share of the first photo that the second covers.
        overlap_second: Share of the second photo that lies on the first.
        matched_first: Share of the first's structure, within the overlap, that the second has too.
        matched_second: Share of the second's structure that the first has too.
        texture: Share of the overlap where either has any structure.
        recoloured_share: Share of the overlap where structure is the same and colour is not, whatever
            is done to all colours alike.
        overlay_share: Share of the overlap where one has something else than the other.
        paint_share: Share of what is overlaid that one see-through paint explains; 1 of none.
        flat_share: Share of what is overlaid that has one of the three commonest colours there, as
            letters and badges have; 1 of none.
        lettered_share: Share of what is overlaid, without its rim, that has structure of its own, as
            words have, and badges with words; 1 where it is all rim, as thin letters are.
        sharp_share: Share of the rim of what is overlaid where either photo shows an edge, as of marks;
            a shadow has none. 1 of none.
        second_is_marked: What is overlaid lies over the second photo.
        overlay_places: Where that lies, in fractions of the first photo.
        clear_agreement: The lower of `matched_first` and `matched_second`, but outside what is
            overlaid.
        visible_share: Share of the structure of the unmarked photo that lies outside what is overlaid.
        colour_change: Root mean square, 0..255, of the one change of all colours that fits best.
        rim_change: The same along the rim of the overlap, which mostly shows background.
        colour_means: Mean change of red, green, blue, -255..255.
        outside_deviation_first: Spread, 0..255, of the first photo's grey values outside the overlap.
        outside_deviation_second: Of the second photo's.

    Example:
        >>> import numpy as np
        >>> pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        >>> view = PhotoView(pixels, scale=1.0)
        >>> agreement = measure_agreement(view, view, np.eye(3))
        >>> agreement.matched_first, agreement.overlay_share, agreement.colour_change < 1
        (1.0, 0.0, True)
    """

    overlap_first: float
    overlap_second: float
    matched_first: float
    matched_second: float
    texture: float
    recoloured_share: float
    overlay_share: float
    paint_share: float
    flat_share: float
    lettered_share: float
    sharp_share: float
    second_is_marked: bool
    overlay_places: tuple[Region, ...]
    clear_agreement: float
    visible_share: float
    colour_change: float
    rim_change: float
    colour_means: tuple[float, float, float]
    outside_deviation_first: float
    outside_deviation_second: float


def measure_agreement(first: PhotoView, second: PhotoView, mapping: Float64Array) -> Agreement | None:
    """Compare two photos at the coarser one's resolution.

    Args:
        first: A photo.
        second: Another.
        mapping: From the second's points to the first's, in pixels of their views.

    Returns:
        What agrees; None where they hardly overlap or have hardly any structure in common.

    Example:
        >>> import numpy as np
        >>> from packshot.photo import Photo
        >>> mug = PhotoView.from_photo(Photo.open("examples/photos/mug.jpg"))
        >>> warm = PhotoView.from_photo(Photo.open("examples/photos/mug-warm-cast.jpg"))
        >>> agreement = measure_agreement(mug, warm, np.eye(3))
        >>> agreement.matched_first > 0.9, agreement.colour_change > 10
        (True, True)
    """
    scale = min(1.0, decompose_map(mapping).scale)
    size = (max(1, round(first.size[0] * scale)), max(1, round(first.size[1] * scale)))
    shrinking_map = np.diag([size[0] / first.size[0], size[1] / first.size[1], 1.0])
    mask = compute_coverage(second.frame, shrinking_map @ mapping, size)
    if np.count_nonzero(mask) < LIMITS.min_overlap_pixels:
        return None
    one = _smooth(warp(first.pixels, shrinking_map, size))
    two = _smooth(warp(second.pixels, shrinking_map @ mapping, size))
    contrasts = _measure_contrasts(_to_grey(one), _to_grey(two), mask)
    if max(contrasts.compute_matches(mask)[:2]) < LIMITS.min_common_structure:
        return None
    return _choose_best_colours(one, two, mask, contrasts, _measure_outside(first, second, mapping))


def _choose_best_colours(
    one: Float32Array, two: Float32Array, mask: Mask, contrasts: _ContrastPair, outside: _OutsideOverlap
) -> Agreement:
    """Compare under the change of colours by which least differs and the rest agrees best."""
    colour_changes = _fit_colour_changes(one, two, mask)
    agreements = [
        _compare_with_colours(colours, one, two, mask, contrasts, outside) for colours in colour_changes
    ]
    return max(
        agreements, key=lambda one: one.clear_agreement - one.overlay_share - one.recoloured_share
    )


def _compare_with_colours(
    colours: Colours,
    one: Float32Array,
    two: Float32Array,
    mask: Mask,
    contrasts: _ContrastPair,
    outside: _OutsideOverlap,
) -> Agreement:
    toned = apply_colours(one, colours)
    change = toned - one
    change_size = _root_mean_square(change[mask])
    means = change[mask].mean(axis=0)
    differences = _find_differences(
        toned, two, contrasts, mask, LIMITS.colour_limit + LIMITS.limit_per_change * change_size
    )
    matched_first, matched_second, texture = contrasts.compute_matches(mask)
    clear = mask & ~differences.reach_mask
    return Agreement(
        *(outside.overlap_first, outside.overlap_second),
        *(matched_first, matched_second, texture),
        *(differences.recoloured_share, differences.overlay_share),
        *(differences.paint_share, differences.flat_share, differences.lettered_share),
        sharp_share=differences.sharp_share,
        second_is_marked=differences.second_is_marked,
        overlay_places=differences.overlay_places,
        clear_agreement=min(contrasts.compute_matches(clear)[:2]),
        visible_share=contrasts.visible_share(clear, mask),
        colour_change=change_size,
        rim_change=_root_mean_square(change[_find_rim(mask)]),
        colour_means=(float(means[0]), float(means[1]), float(means[2])),
        outside_deviation_first=outside.deviation_first,
        outside_deviation_second=outside.deviation_second,
    )


def _root_mean_square(values: Float32Array) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0


def _find_rim(mask: Mask) -> Mask:
    """Return the outermost pixels of the overlap, a twentieth of the shorter side deep."""
    depth = max(1, min(mask.shape) // LIMITS.rim_parts)
    padded = np.pad(mask, 1).astype(np.uint8)
    inner = cv2.erode(padded, np.ones((2 * depth + 1, 2 * depth + 1), np.uint8))[1:-1, 1:-1]
    return np.asarray(mask & (inner == 0))


@dataclass(frozen=True)
class _OutsideOverlap:
    """Shares of the photos inside the overlap, and deviations outside."""

    overlap_first: float
    overlap_second: float
    deviation_first: float
    deviation_second: float


def _measure_outside(first: PhotoView, second: PhotoView, mapping: Float64Array) -> _OutsideOverlap:
    inside_first = compute_coverage(second.frame, mapping, first.size)
    inside_second = compute_coverage(first.frame, invert_map(mapping), second.size)
    return _OutsideOverlap(
        *(_inner_share(inside_first), _inner_share(inside_second)),
        *(_grey_deviation(first.grey, ~inside_first), _grey_deviation(second.grey, ~inside_second)),
    )


def _inner_share(mask: Mask) -> float:
    """Return the share of the frame, without a rim of a pixel, which never counts as covered."""
    inner = mask[1:-1, 1:-1]
    return float(inner.mean()) if inner.size else 0.0


def _grey_deviation(grey: Float32Array, mask: Mask) -> float:
    """Return the standard deviation of grey levels, without the rim of the overlap."""
    clear = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return float(grey[clear].std()) if clear.any() else 0.0


@dataclass(frozen=True, eq=False)
class _ContrastPair:
    """Local contrast of both photos, 0..255, and how far it correlates, -1..1; (H, W) each."""

    first: Float32Array
    second: Float32Array
    correlation: Float32Array

    @property
    def is_same(self) -> Mask:
        return self.correlation > LIMITS.min_correlation

    def compute_matches(self, mask: Mask) -> tuple[float, float, float]:
        """Return the shares of either photo's structure that the other has, and the share with any."""
        if not mask.any():
            return 0.0, 0.0, 0.0
        is_same = self.is_same[mask]
        shares = []
        for contrast in (self.first[mask], self.second[mask]):
            weights = _contrast_weights(contrast)
            total = float(weights.sum())
            shares.append(float(weights[is_same].sum()) / total if total else 0.0)
        is_textured = np.maximum(self.first, self.second)[mask] > LIMITS.min_contrast
        return shares[0], shares[1], float(is_textured.mean())

    def visible_share(self, clear: Mask, mask: Mask) -> float:
        """Return the share of structure in a clear part of a mask, of the photo that has less in it."""
        totals = [
            float(_contrast_weights(contrast[mask]).sum()) for contrast in (self.first, self.second)
        ]
        weaker = self.first if totals[0] <= totals[1] else self.second
        return float(_contrast_weights(weaker[clear]).sum()) / max(min(totals), 1e-6)


def _contrast_weights(contrast: Float32Array) -> Float32Array:
    return np.asarray(np.clip(contrast - LIMITS.min_contrast, 0, LIMITS.max_contrast_weight), np.float32)


def _measure_contrasts(one: Float32Array, two: Float32Array, mask: Mask) -> _ContrastPair:
    inside = mask.astype(np.float32)
    weight = np.maximum(_box_mean(inside), 1e-6)
    mean_one, mean_two = _box_mean(one * inside) / weight, _box_mean(two * inside) / weight
    variance_one = np.maximum(_box_mean(one * one * inside) / weight - mean_one**2, 0)
    variance_two = np.maximum(_box_mean(two * two * inside) / weight - mean_two**2, 0)
    covariance = _box_mean(one * two * inside) / weight - mean_one * mean_two
    correlation = covariance / (np.sqrt(variance_one * variance_two) + LIMITS.noise_constant)
    return _ContrastPair(np.sqrt(variance_one), np.sqrt(variance_two), correlation)


def _box_mean(image: Float32Array) -> Float32Array:
    return np.asarray(cv2.blur(image, (LIMITS.window_side, LIMITS.window_side)), np.float32)


def _smooth(image: Float32Array) -> Float32Array:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), LIMITS.smoothing_sigma), np.float32)


def _to_grey(image: Float32Array) -> Float32Array:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def _fit_colour_changes(one: Float32Array, two: Float32Array, mask: Mask) -> list[Colours]:
    """Fit by least squares to what is not overlaid, from two starts; one fit where both agree.

    Begun with all pixels, a fit may bend to a mark; begun with those of unchanged colour, it may stay
    with a white background that no change can make whiter. Where colours stayed, a fit could only bend
    to what lies on top: there is none.
    """
    if _has_same_colours(one[mask], two[mask]):
        return [np.eye(4, 3)]
    sources, targets = one[mask][:: LIMITS.sampling_step], two[mask][:: LIMITS.sampling_step]
    full_fit = fit_colours(sources, targets)
    is_unchanged = np.abs(sources - targets).max(axis=1) <= LIMITS.colour_limit / 2
    cautious_fit = fit_colours(sources, targets, is_unchanged)
    differences = np.abs(apply_colours(sources, full_fit) - apply_colours(sources, cautious_fit))
    return (
        [full_fit, cautious_fit] if differences.max(initial=0) > LIMITS.same_colour_limit else [full_fit]
    )


def _has_same_colours(sources: Float32Array, targets: Float32Array) -> bool:
    """Return whether (P, 3) colours stayed, or became something else: few are shifted by a little."""
    is_white = np.minimum(sources, targets).min(axis=1) > LIMITS.white_level
    differences = np.abs(sources - targets).max(axis=1)[~is_white]
    low, high = LIMITS.shifted_levels
    is_shifted = (differences > low) & (differences <= high)
    return bool(
        differences.size
        and is_shifted.mean() <= LIMITS.max_shifted
        and (differences <= low).mean() >= LIMITS.min_unchanged
    )


def fit_colours(sources: Float32Array, targets: Float32Array, is_chosen: Mask | None = None) -> Colours:
    """Fit an affine map from colours to others: to those chosen, then to those that fit well.

    Args:
        sources: (P, 3), 0..255.
        targets: (P, 3) what they have become.
        is_chosen: (P,) those to begin with; None for all.

    Returns:
        (4, 3): what the channels, and 1, count for in each channel.

    Example:
        >>> colours = np.random.default_rng(0).uniform(20, 200, (500, 3)).astype(np.float32)
        >>> found = apply_colours(colours, fit_colours(colours, colours + np.float32(12)))
        >>> round(float((found - colours).mean()))
        12
    """
    is_chosen = np.ones(len(sources), bool) if is_chosen is None else is_chosen
    identity = np.eye(4, 3)
    colours = identity
    for _ in range(LIMITS.fit_rounds):
        values = np.column_stack([sources[is_chosen], np.ones(int(is_chosen.sum()))]).astype(np.float64)
        normal = values.T @ values + LIMITS.ridge_weight * np.eye(4)
        colours = identity + np.linalg.solve(normal, values.T @ (targets[is_chosen] - values @ identity))
        residuals = np.abs(sources @ colours[:3] + colours[3] - targets).max(axis=1)
        is_chosen = residuals <= max(float(np.median(residuals)), LIMITS.colour_limit / 2)
    return np.asarray(colours)


def apply_colours(image: Float32Array, colours: Colours) -> Float32Array:
    """Apply such a map.

    Args:
        image: (..., 3), 0..255.
        colours: From `fit_colours`.

    Example:
        >>> apply_colours(np.full((1, 3), 100, np.float32), 2 * np.eye(4, 3)).tolist()
        [[200.0, 200.0, 200.0]]
    """
    return np.asarray(np.clip(image @ colours[:3] + colours[3], 0, 255), np.float32)


@dataclass(frozen=True, eq=False)
class _ColourDifferences:
    """Differences that the one change of all colours leaves; see `Agreement` for the fields.

    `reach_mask` is (H, W), True where something overlaid may touch the measure of structure.
    """

    recoloured_share: float
    overlay_share: float
    paint_share: float
    flat_share: float
    lettered_share: float
    sharp_share: float
    second_is_marked: bool
    overlay_places: tuple[Region, ...]
    reach_mask: Mask


def _find_differences(
    one: Float32Array, two: Float32Array, contrasts: _ContrastPair, mask: Mask, limit: float
) -> _ColourDifferences:
    """Find differences of colour, patch by patch.

    A patch whose rim is an edge in both photos is a part in another colour, as in a variant of the
    product; one whose rim one of the photos knows nothing of lies on top. Weak texture is no edge.
    """
    difference = np.abs(one - two).max(axis=2)
    is_different = (difference > limit) & mask
    opened = cv2.morphologyEx(is_different.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, component_stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    areas = component_stats[:, cv2.CC_STAT_AREA]
    rims = labels * (cv2.erode(opened, np.ones((3, 3), np.uint8)) == 0)
    edges = contrasts.is_same & (
        np.minimum(contrasts.first, contrasts.second) >= LIMITS.min_edge_contrast * difference
    )
    known_lengths = np.bincount(rims.ravel(), edges.ravel().astype(np.float64), count)
    lengths = np.maximum(np.bincount(rims.ravel(), minlength=count), 1)
    total = np.count_nonzero(mask)
    is_large = areas >= LIMITS.min_patch_share * total
    is_large[0] = False
    is_part = is_large & (known_lengths / lengths > LIMITS.min_known_rim)
    is_overlay = is_large & ~is_part
    overlay_mask = is_overlay[labels]
    sharp_shares = [
        _sharp_share(_measure_range(image) >= LIMITS.sharp_range * difference, overlay_mask & (rims > 0))
        for image in (one, two)
    ]
    second_is_marked = _is_second_marked(contrasts.compute_matches(mask)[:2], sharp_shares)
    marked_contrast = contrasts.second if second_is_marked else contrasts.first
    return _ColourDifferences(
        recoloured_share=float(areas[is_part].sum() / total),
        overlay_share=float(areas[is_overlay].sum() / total),
        paint_share=_paint_share(one[overlay_mask], two[overlay_mask], second_is_marked),
        flat_share=_flat_share((two if second_is_marked else one)[overlay_mask]),
        lettered_share=_lettered_share(marked_contrast, overlay_mask),
        sharp_share=max(sharp_shares),
        second_is_marked=second_is_marked,
        overlay_places=tuple(
            make_region(_box_of(component_stats[part]), mask.shape)
            for part in np.flatnonzero(is_overlay)
        ),
        reach_mask=cv2.dilate(
            overlay_mask.astype(np.uint8), np.ones((_REACH_SIDE, _REACH_SIDE), np.uint8)
        )
        > 0,
    )


def _is_second_marked(matches: Sequence[float], sharp_shares: Sequence[float]) -> bool:
    """Return whether it is the second photo that something lies over.

    A mark adds structure of its own, and has an edge where it ends. Structure alone was wrong in 3 of
    174 marks on 30 originals of split train, edges in none (decision 46).
    """
    added_structure, added_edges = matches[0] - matches[1], sharp_shares[1] - sharp_shares[0]
    return added_structure + added_edges >= 0


def _flat_share(colours: Float32Array) -> float:
    """Return the share of (P, 3) colours that lie near one of the three that most have."""
    rest, near = colours, 0
    for _ in range(_FLAT_COLOURS):
        if not len(rest):
            break
        bins = (rest // LIMITS.colour_limit).astype(np.int64) @ np.array([256, 16, 1])
        middle = np.median(rest[bins == np.bincount(bins).argmax()], axis=0)
        is_near = np.abs(rest - middle).max(axis=1) <= LIMITS.colour_limit
        near += int(np.count_nonzero(is_near))
        rest = rest[~is_near]
    return near / len(colours) if len(colours) else 1.0


def _lettered_share(contrast: Float32Array, overlay_mask: Mask) -> float:
    """Return the share of an overlay, without its rim, where the marked photo has structure."""
    square = np.ones((LIMITS.window_side, LIMITS.window_side), np.uint8)
    inner = cv2.erode(overlay_mask.view(np.uint8), square) > 0
    return float((contrast[inner] > LIMITS.max_contrast_weight / 2).mean()) if inner.any() else 1.0


def _box_of(stats: Int32Array) -> Box:
    """Return the box of a component, from OpenCV's statistics of it."""
    left, top, width, height = (float(value) for value in stats[:4])
    return Box(left, top, left + width, top + height)


def _measure_range(image: Float32Array) -> Float32Array:
    """Return by how much the channel that varies most varies within two pixels, levels."""
    square = np.ones((5, 5), np.uint8)
    return np.asarray((cv2.dilate(image, square) - cv2.erode(image, square)).max(axis=2), np.float32)


def _sharp_share(is_edge: Mask, rim: Mask) -> float:
    """Return the share of a rim where there is an edge; 1 of no rim."""
    return float(is_edge[rim].mean()) if rim.any() else 1.0


def _paint_share(one: Float32Array, two: Float32Array, second_is_marked: bool) -> float:
    """Return the share of pixels, (P, 3) of each photo, that one paint on one of them explains.

    Paint of one colour and opacity makes every channel a straight line of what lies under it. Which of
    the photos has it must be known: white paper would pass for opaque paint over anything.
    """
    if not len(one):
        return 1.0
    clean, marked = (one, two) if second_is_marked else (two, one)
    residuals = np.zeros(len(clean), np.float32)
    for channel in range(3):
        under, over = clean[:, channel], marked[:, channel]
        slope = float(np.cov(under, over, bias=True)[0, 1] / (under.var() + 1.0))
        slope = min(max(slope, 0.0), 1.0)
        offset = float(np.median(over - slope * under))
        residuals = np.maximum(residuals, np.abs(over - slope * under - offset))
    return float(np.mean(residuals <= LIMITS.colour_limit))
