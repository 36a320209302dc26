"""Comparison of two photos: is one a copy of the other, and by which changes?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array
from packshot.report import Change, DuplicateKind, Record, Region
from packshot.search.duplicates.agreement import Agreement, measure_agreement
from packshot.search.duplicates.alignment import AlignmentGuess, iter_guesses
from packshot.search.duplicates.frames import Box, SimilarityTransform, decompose_map, invert_map
from packshot.search.duplicates.second_shots import is_second_shot
from packshot.search.duplicates.small_differences import (
    LaidPhotos,
    lay_on_each_other,
    list_differences,
)
from packshot.search.duplicates.view import PhotoView

COMPARISON_VERSION = 5
"""Of the comparison: results of another are computed anew."""


@dataclass(frozen=True)
class ComparisonLimits:
    """Limits between a copy and another photo, and between a change and none.

    Shares are 0..1 of the structure, or of the area, as `Agreement` states them; colours are root mean
    squares in levels, 0..255. Set together, on copies made of the training originals and on pairs of
    different ones, by `benchmarks/search/duplicates.py` (decision 14), where nothing else is said. What
    they come to on held-out photos is in `benchmarks/results/duplicates.csv`.

    Attributes:
        min_match: Structure of the better explained photo that the other must have; with less the pair
            is a copy only under a mark.
        min_match_of_either: The same of the worse explained photo: below it nearly all of it is
            something else.
        min_overlap: Share of each photo that the other must cover.
        min_overlap_of_parts: The same where both show something else outside: less may be one product
            that two sets share.
        min_texture: Share of the overlap that must have structure: below it there is nothing to
            compare.
        max_colour_change: Levels by which all colours of a copy may be changed together.
        max_colour_change_with_overlay: The same where something lies on top, which the fit of the
            colours may have bent to.
        max_colour_change_of_product: The same where the background stayed: more is a variant in another
            colour. It was 18 until shades of one product, which change a frame by 9 to 11 levels,
            passed for copies among held-out photos.
        certain_max_colour_change: As `max_colour_change`, where all that is clear agrees
            (`certain_match`): strong tints.
        certain_max_colour_change_with_overlay: As `certain_max_colour_change`, with something on top.
        max_recoloured: Share of the overlap that may be a part in another colour; more is a variant of
            the product.
        recoloured_per_overlay: Added to `max_recoloured` for each share that is overlaid, of photos
            that match clearly.
        clear_match: Structure of the better explained photo from which on a copy needs no other
            evidence.
        certain_match: Structure from which on no other alignment is tried, and strong changes of colour
            are believed.
        exact_match: Structure of both photos from which on they are the same but for colours: a tint
            may then saturate whole parts, and `max_recoloured_throughout` holds.
        doubt_recoloured_per_overlay: As `recoloured_per_overlay`, of photos that do not match clearly.
        doubt_min_inliers: Features that must agree on the place of a pair that does not match clearly.
        doubt_min_clear_agreement: Structure outside what is overlaid that such a pair must share.
        doubt_max_colour_change: Levels by which colours may be changed under a mark where the
            background stayed.
        doubt_max_overlay_of_parts: Share that may be overlaid where such photos cover only parts of
            each other.
        min_overlay: Share of the overlap from which on something lies on top, and must look like one
            paint.
        min_paint_share: Share of what is overlaid that one paint must explain: less is another product,
            not a mark.
        certain_paint_share: The same where the mark hides most, or colours are strongly changed.
        max_laid_over: Share of the overlap that badges, banners and words may cover.
        min_flat_share: Share of what is overlaid that has one of three colours: badges and letters have.
        min_lettered: Share of it, without its rim, that has structure of its own, as words have: a
            cushion on a chair has .09, badges .13 and more.
        laid_over_agreement: Structure that the photos must share outside of them.
        laid_over_visible: Share of the structure that they must leave uncovered.
        laid_over_colours: Levels by which colours may be changed under them. These six: decision 40.
        min_sharp: Share of the rim of what is overlaid that must be an edge for it to be a mark, where
            it is small. Of 174 marks on 30 originals of split train all had .42 and more, the shadow of
            a jar .09 (decision 46).
        min_visible: Share of the structure that a mark must leave uncovered.
        min_rim_per_change: Change along the rim of the overlap over that of the whole, from which on
            the background changed too.
        min_rim_change: Levels of change along the rim from which on everything was tinted.
        max_recoloured_throughout: As `max_recoloured`, of photos that match exactly and were tinted
            throughout.
        whole_overlap: Overlap from which on a photo is covered as a whole; the rest allows for frames
            that do not meet to the pixel.
        min_visible_tilt: Degrees from the nearest quarter turn from which on a photo was turned; less
            is left unsaid. A judgement.
        min_visible_colour: Levels from which on a change of colours is named; less is left unsaid. A
            judgement.
        min_visible_overlay: Share of the overlap from which on a mark is named; as small as the
            smallest patch that counts (`AgreementLimits.min_patch_share`).
        max_plain_deviation: Standard deviation of grey levels, 0..255, below which what lies outside
            the overlap is plain, as a border is.
        size_tolerance: Natural logarithm of the ratio of sizes (2 %) beyond which a photo was resized:
            less is left unsaid. A judgement.

    Example:
        >>> LIMITS.max_recoloured + LIMITS.recoloured_per_overlay * 0.01  # Where 1 % is overlaid.
        0.08
    """

    min_match: float = 0.62
    min_match_of_either: float = 0.13
    min_overlap: float = 0.3
    min_overlap_of_parts: float = 0.5
    min_texture: float = 0.004
    max_colour_change: float = 29.0
    max_colour_change_with_overlay: float = 22.0
    max_colour_change_of_product: float = 8.0
    certain_max_colour_change: float = 56.0
    certain_max_colour_change_with_overlay: float = 40.0
    max_recoloured: float = 0.03
    recoloured_per_overlay: float = 5.0
    clear_match: float = 0.85
    certain_match: float = 0.9
    exact_match: float = 0.975
    doubt_recoloured_per_overlay: float = 1.5
    doubt_min_inliers: int = 15
    doubt_min_clear_agreement: float = 0.8
    doubt_max_colour_change: float = 8.0
    doubt_max_overlay_of_parts: float = 0.25
    min_overlay: float = 0.02
    min_paint_share: float = 0.5
    certain_paint_share: float = 0.7
    min_sharp: float = 0.25
    min_visible: float = 0.1
    max_laid_over: float = 0.25
    min_flat_share: float = 0.6
    min_lettered: float = 0.11
    laid_over_agreement: float = 0.95
    laid_over_visible: float = 0.65
    laid_over_colours: float = 3.0
    min_rim_per_change: float = 0.5
    min_rim_change: float = 12.0
    max_recoloured_throughout: float = 0.2
    whole_overlap: float = 0.97
    min_visible_tilt: float = 2.0
    min_visible_colour: float = 3.0
    min_visible_overlay: float = 0.002
    max_plain_deviation: float = 14.0
    size_tolerance: float = 0.02


LIMITS: Final = ComparisonLimits()


class Comparison(Record):
    """Result of comparing two photos.

    Attributes:
        is_copy: One was made from the other, or both from a third.
        likeness: 0..1, see `packshot.report.Duplicate`; 0 where they could not be aligned.
        is_variant: They agree as a whole and show something else in small places, or in shades.
        differences: Those places, in fractions of the first photo.
        other_differences: The same places, in fractions of the second.
        changes: What was done to the first to make the second; empty where that is no copy, and where
            it was only saved again.

    Example:
        >>> shrunk = Comparison(is_copy=True, changes=(Change(kind=DuplicateKind.RESIZED, amount=0.5),))
        >>> shrunk.reverse().changes[0].amount
        2.0
    """

    is_copy: bool = False
    likeness: float = 0.0
    is_variant: bool = False
    differences: tuple[Region, ...] = ()
    other_differences: tuple[Region, ...] = ()
    changes: tuple[Change, ...] = ()

    def reverse(self) -> Comparison:
        """Return the same from the second photo's side."""
        is_mirrored = any(change.kind is DuplicateKind.FLIPPED for change in self.changes)
        changes = tuple(_reverse_change(change, is_mirrored) for change in self.changes)
        places = {"differences": self.other_differences, "other_differences": self.differences}
        return self.model_copy(update={"changes": changes, **places})


def compare(first: PhotoView, second: PhotoView) -> Comparison:
    """Lay the second photo on the first in every way that is likely, and compare pixels.

    A photo without structure, such as a blank one, is never found to be a copy.

    Example:
        >>> from packshot.photo import Photo
        >>> names = ("mug", "mug-warm-cast", "speaker")
        >>> views = [PhotoView.from_photo(Photo.open(f"examples/photos/{name}.jpg")) for name in names]
        >>> [change.kind.value for change in compare(views[0], views[1]).changes]
        ['colour-shifted']
        >>> compare(views[0], views[2]).is_copy
        False
    """
    best: tuple[float, Agreement, AlignmentGuess] | None = None
    for guess in iter_guesses(first, second):
        candidate = measure_agreement(first, second, guess.mapping)
        if candidate is None:
            continue
        if best is None or (_score_alignment(candidate), guess.inliers) > (best[0], best[2].inliers):
            best = _score_alignment(candidate), candidate, guess
        if _is_certain(candidate, guess.inliers):
            break
    return Comparison() if best is None else _build_comparison(first, second, best[1], best[2])


def _build_comparison(
    first: PhotoView, second: PhotoView, evidence: Agreement, guess: AlignmentGuess
) -> Comparison:
    likeness = round((evidence.matched_first + evidence.matched_second) / 2, 4)
    is_copy = _is_copy(evidence, guess.inliers)
    is_recoloured = not is_copy and _is_recoloured(evidence)
    laid = None
    if (is_copy or is_recoloured) and evidence.overlay_share < LIMITS.min_overlay:
        laid = _lay_details(first, second, guess.mapping)
    if laid is not None and is_second_shot(_to_grey(laid.toned), _to_grey(laid.second), laid.mask):
        return Comparison(likeness=likeness)
    places = _list_places(evidence, laid)
    if places or is_recoloured:
        other_places = tuple(_map_region(place, first, second, guess.mapping) for place in places)
        return Comparison(
            likeness=likeness, is_variant=True, differences=places, other_differences=other_places
        )
    changes = tuple(_iter_changes(first, second, evidence, invert_map(guess.mapping))) if is_copy else ()
    return Comparison(is_copy=is_copy, likeness=likeness, changes=changes)


def _is_marked(evidence: Agreement) -> bool:
    """Return whether something lies over one of the photos: then nothing smaller is looked for."""
    return evidence.overlay_share >= LIMITS.min_visible_overlay and not _is_soft(evidence)


def _is_soft(evidence: Agreement) -> bool:
    """Return whether what differs is small and fades away at its rim: a shadow, which is no mark."""
    return evidence.overlay_share < LIMITS.min_overlay and evidence.sharp_share < LIMITS.min_sharp


def _list_places(evidence: Agreement, laid: LaidPhotos | None) -> tuple[Region, ...]:
    """List where photos that agree as a whole show something else: other signs, shades, a shadow."""
    if laid is None or _is_marked(evidence):
        return ()
    places = tuple(place.region for place in list_differences(laid))
    is_other_shadow = _is_soft(evidence) and evidence.colour_change < LIMITS.min_visible_colour
    return (*places, *evidence.overlay_places) if is_other_shadow else places


def _lay_details(first: PhotoView, second: PhotoView, mapping: Float64Array) -> LaidPhotos | None:
    """Lay the photos on each other, as large as they can be had."""
    one, two = first.detail, second.detail
    enlarging, shrinking = (
        np.diag([photo.shape[1] / view.size[0], photo.shape[0] / view.size[1], 1.0])
        for photo, view in ((one, first), (two, second))
    )
    return lay_on_each_other(one, two, enlarging @ mapping @ invert_map(shrinking))


def _to_grey(image: Float32Array) -> Float32Array:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def _map_region(place: Region, first: PhotoView, second: PhotoView, mapping: Float64Array) -> Region:
    """Return where a region of the first photo lies in the second."""
    (width, height), frame = first.size, second.frame
    left, top = place.x * width, place.y * height
    box = Box(left, top, left + place.width * width, top + place.height * height)
    return _find_region(box, invert_map(mapping), frame)


def _is_recoloured(evidence: Agreement) -> bool:
    """Return whether whole photos agree in all but the colours of a part: a variant of the product."""
    return (
        min(evidence.overlap_first, evidence.overlap_second) >= LIMITS.whole_overlap
        and min(evidence.matched_first, evidence.matched_second) >= LIMITS.certain_match
        and evidence.texture >= LIMITS.min_texture
        and not _has_same_colours(evidence)
    )


def _score_alignment(evidence: Agreement) -> float:
    """Score a guess; rounded, so that of two of the same place the one with features wins."""
    matched = max(evidence.matched_first, evidence.matched_second)
    return round(matched + evidence.clear_agreement - 2 * evidence.recoloured_share, 2)


def _is_certain(evidence: Agreement, inliers: int) -> bool:
    """Return whether no other guess could be better."""
    matched = min(evidence.matched_first, evidence.matched_second)
    return (
        matched > LIMITS.certain_match
        and evidence.overlay_share < LIMITS.min_overlay
        and _is_copy(evidence, inliers)
    )


def _is_copy(evidence: Agreement, inliers: int) -> bool:
    """Decide: nearly all structure of one photo in the other is enough; less, under a mark."""
    if min(evidence.overlap_first, evidence.overlap_second) < _min_overlap(evidence):
        return False
    if evidence.texture < LIMITS.min_texture or not _has_same_colours(evidence):
        return False
    if _is_laid_over(evidence, inliers):
        return True
    if evidence.overlay_share > LIMITS.min_overlay and evidence.paint_share < LIMITS.min_paint_share:
        return False
    matched = evidence.matched_first, evidence.matched_second
    if max(matched) < LIMITS.min_match or min(matched) < LIMITS.min_match_of_either:
        return _is_under_mark(evidence, inliers)
    return max(matched) >= LIMITS.clear_match or (
        evidence.clear_agreement >= LIMITS.doubt_min_clear_agreement
        and _is_alignment_certain(evidence, inliers)
    )


def _min_overlap(evidence: Agreement) -> float:
    """Return the least overlap; more where both show something else, as sets may share a product."""
    both_show_more = (
        min(evidence.outside_deviation_first, evidence.outside_deviation_second)
        >= LIMITS.max_plain_deviation
    )
    return LIMITS.min_overlap_of_parts if both_show_more else LIMITS.min_overlap


def _has_same_colours(evidence: Agreement) -> bool:
    is_clear = max(evidence.matched_first, evidence.matched_second) >= LIMITS.clear_match
    per_overlay = LIMITS.recoloured_per_overlay if is_clear else LIMITS.doubt_recoloured_per_overlay
    max_recoloured = LIMITS.max_recoloured + per_overlay * evidence.overlay_share
    is_exact = min(evidence.matched_first, evidence.matched_second) >= LIMITS.exact_match
    if is_exact and evidence.rim_change >= LIMITS.min_rim_change and _has_background_change(evidence):
        max_recoloured = LIMITS.max_recoloured_throughout
    return (
        evidence.colour_change <= _max_colour_change(evidence)
        and evidence.recoloured_share <= max_recoloured
    )


def _has_background_change(evidence: Agreement) -> bool:
    """Return whether all colours were changed: in a variant of the product the background stays."""
    return evidence.rim_change >= LIMITS.min_rim_per_change * evidence.colour_change


def _max_colour_change(evidence: Agreement) -> float:
    """Return how far all colours may change: the further, the surer it is that nothing else did."""
    if not _has_background_change(evidence):
        return LIMITS.max_colour_change_of_product
    is_unmarked = evidence.overlay_share <= LIMITS.min_overlay
    if (
        evidence.clear_agreement >= LIMITS.certain_match
        and evidence.paint_share >= LIMITS.certain_paint_share
    ):
        return (
            LIMITS.certain_max_colour_change
            if is_unmarked
            else LIMITS.certain_max_colour_change_with_overlay
        )
    return LIMITS.max_colour_change if is_unmarked else LIMITS.max_colour_change_with_overlay


def _is_under_mark(evidence: Agreement, inliers: int) -> bool:
    """Return whether nearly all that differs is one paint, and what it leaves uncovered is the same.

    A part of the product in another colour may pass for paint, but not where the background stays.
    """
    return (
        evidence.paint_share >= LIMITS.certain_paint_share
        and evidence.clear_agreement >= LIMITS.certain_match
        and evidence.visible_share >= LIMITS.min_visible
        and inliers >= LIMITS.doubt_min_inliers
        and (
            _has_background_change(evidence) or evidence.colour_change <= LIMITS.doubt_max_colour_change
        )
    )


def _is_laid_over(evidence: Agreement, inliers: int) -> bool:
    """Return whether all that differs is a badge, a banner or words, of flat colours."""
    return (
        LIMITS.min_overlay < evidence.overlay_share <= LIMITS.max_laid_over
        and evidence.flat_share >= LIMITS.min_flat_share
        and evidence.lettered_share >= LIMITS.min_lettered
        and evidence.clear_agreement >= LIMITS.laid_over_agreement
        and evidence.visible_share >= LIMITS.laid_over_visible
        and evidence.colour_change <= LIMITS.laid_over_colours
        and _is_alignment_certain(evidence, inliers)
    )


def _is_alignment_certain(evidence: Agreement, inliers: int) -> bool:
    """Return whether the photos lie on each other beyond doubt, though much differs."""
    if min(evidence.overlap_first, evidence.overlap_second) >= LIMITS.whole_overlap:
        return True
    return (
        inliers >= LIMITS.doubt_min_inliers
        and evidence.overlay_share <= LIMITS.doubt_max_overlay_of_parts
    )


def _iter_changes(
    first: PhotoView, second: PhotoView, evidence: Agreement, mapping: Float64Array
) -> Iterator[Change]:
    """Yield the changes from the first photo to the second, the most telling first."""
    transform = decompose_map(mapping)
    yield from _iter_overlay(evidence)
    framing = [
        *_iter_borders(first, second, evidence, mapping),
        *_iter_crops(first, second, evidence, mapping),
    ]
    yield from framing
    yield from _iter_turns(transform)
    yield from _iter_colour_changes(evidence)
    factor = transform.scale * first.scale / second.scale
    if abs(math.log(factor)) > LIMITS.size_tolerance or (not framing and _has_other_size(first, second)):
        yield Change(kind=DuplicateKind.RESIZED, amount=round(factor, 3))


def _has_other_size(first: PhotoView, second: PhotoView) -> bool:
    """Return whether the long sides of the files differ."""
    one, two = (max(view.size) / view.scale for view in (first, second))
    return abs(math.log(one / two)) > LIMITS.size_tolerance / 2


def _iter_overlay(evidence: Agreement) -> Iterator[Change]:
    """Yield a mark on the photo with more structure that the other cannot explain."""
    if _is_marked(evidence):
        amount = round(evidence.overlay_share, 4)
        marked_first = not evidence.second_is_marked
        yield Change(kind=DuplicateKind.WATERMARKED, amount=amount, of_keeper=marked_first)


def _iter_borders(
    first: PhotoView, second: PhotoView, evidence: Agreement, mapping: Float64Array
) -> Iterator[Change]:
    """Yield changes where the rest around either photo is plain."""
    if (
        evidence.overlap_second < LIMITS.whole_overlap
        and evidence.outside_deviation_second < LIMITS.max_plain_deviation
    ):
        yield _make_framing_change(
            DuplicateKind.BORDERED, first.frame, mapping, second.frame, of_keeper=False
        )
    if (
        evidence.overlap_first < LIMITS.whole_overlap
        and evidence.outside_deviation_first < LIMITS.max_plain_deviation
        and evidence.overlap_second >= LIMITS.whole_overlap
    ):
        inverse_mapping = invert_map(mapping)
        yield _make_framing_change(
            DuplicateKind.CROPPED, second.frame, inverse_mapping, first.frame, of_keeper=False
        )


def _iter_crops(
    first: PhotoView, second: PhotoView, evidence: Agreement, mapping: Float64Array
) -> Iterator[Change]:
    """Yield changes where the rest around either photo shows something."""
    if evidence.overlap_first < LIMITS.whole_overlap and (
        evidence.outside_deviation_first >= LIMITS.max_plain_deviation
        or evidence.overlap_second < LIMITS.whole_overlap
    ):
        inverse_mapping = invert_map(mapping)
        yield _make_framing_change(
            DuplicateKind.CROPPED, second.frame, inverse_mapping, first.frame, of_keeper=False
        )
    if (
        evidence.overlap_second < LIMITS.whole_overlap
        and evidence.outside_deviation_second >= LIMITS.max_plain_deviation
    ):
        yield _make_framing_change(
            DuplicateKind.CROPPED, first.frame, mapping, second.frame, of_keeper=True
        )


def _make_framing_change(
    kind: DuplicateKind, inner: Box, mapping: Float64Array, outer: Box, *, of_keeper: bool
) -> Change:
    """Make a change whose region is where the inner photo lies in the outer."""
    region = _find_region(inner, mapping, outer)
    covered_share = region.width * region.height
    amount = covered_share if kind is DuplicateKind.CROPPED else 1 - covered_share
    return Change(kind=kind, amount=round(amount, 4), of_keeper=of_keeper, region=region)


def _find_region(inner: Box, mapping: Float64Array, outer: Box) -> Region:
    sides = ((inner.left, inner.right), (inner.top, inner.bottom))
    corners = np.array([[x, y, 1] for x in sides[0] for y in sides[1]]) @ mapping.T
    size = np.array([outer.width, outer.height])
    low = np.clip(corners[:, :2].min(axis=0) / size, 0, 1)
    high = np.clip(corners[:, :2].max(axis=0) / size, 0, 1)
    x, y, width, height = (round(float(value), 4) for value in (*low, *(high - low)))
    return Region(x=x, y=y, width=width, height=height)


def _iter_turns(transform: SimilarityTransform) -> Iterator[Change]:
    is_upside_down = transform.mirrored and transform.quarter_turns == 2
    if transform.mirrored:
        yield Change(kind=DuplicateKind.FLIPPED, amount=180.0 if is_upside_down else 0.0)
    if abs(transform.tilt) > LIMITS.min_visible_tilt:
        yield Change(kind=DuplicateKind.ROTATED, amount=round(transform.rotation % 360, 1))
    elif transform.quarter_turns and not is_upside_down:
        yield Change(kind=DuplicateKind.ROTATED, amount=90.0 * transform.quarter_turns)


def _iter_colour_changes(evidence: Agreement) -> Iterator[Change]:
    if evidence.colour_change < LIMITS.min_visible_colour:
        return
    red, green, blue = (round(value, 1) for value in evidence.colour_means)
    yield Change(
        kind=DuplicateKind.COLOUR_SHIFTED,
        amount=round(evidence.colour_change, 1),
        shift=(red, green, blue),
    )


_FRAMING_KINDS = {DuplicateKind.CROPPED, DuplicateKind.BORDERED, DuplicateKind.WATERMARKED}


def _reverse_change(change: Change, is_mirrored: bool) -> Change:
    """Return the change back; a turn after mirroring is undone by the same mirroring and turn."""
    update: dict[str, object] = {}
    if change.kind in _FRAMING_KINDS:
        update["of_keeper"] = not change.of_keeper
    elif change.kind is DuplicateKind.RESIZED and change.amount:
        update["amount"] = round(1 / change.amount, 3)
    elif change.kind is DuplicateKind.ROTATED and change.amount is not None and not is_mirrored:
        update["amount"] = (360 - change.amount) % 360
    if change.shift is not None:
        update["shift"] = tuple(-value for value in change.shift)
    return change.model_copy(update=update)
