"""Is one photo a copy of another, and what was done to it?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from packshot.arrays import Float64Array
from packshot.report import Change, DuplicateKind, Record, Region
from packshot.search.duplicates.agreement import Agreement, measure_agreement
from packshot.search.duplicates.alignment import AlignmentGuess, iter_guesses
from packshot.search.duplicates.colours import colour_likeness
from packshot.search.duplicates.frames import Box, SimilarityTransform, decompose_map, invert_map
from packshot.search.duplicates.view import PhotoView

COMPARISON_VERSION = 3
"""Of the comparison: results of another are computed anew."""

_MIN_MATCH = 0.62
_MIN_MATCH_OF_EITHER = 0.13
_MIN_OVERLAP = 0.3
_MIN_OVERLAP_OF_PARTS = 0.5
_MIN_TEXTURE = 0.004
_MAX_COLOUR_CHANGE = 29.0
_MAX_COLOUR_CHANGE_WITH_OVERLAY = 22.0
_MAX_COLOUR_CHANGE_OF_PRODUCT = 8.0
_CERTAIN_MAX_COLOUR_CHANGE = 56.0
_CERTAIN_MAX_COLOUR_CHANGE_WITH_OVERLAY = 40.0
_MAX_RECOLOURED = 0.03
_RECOLOURED_PER_OVERLAY = 5.0
_CLEAR_MATCH = 0.85
_CERTAIN_MATCH = 0.9
_EXACT_MATCH = 0.975
_DOUBT_RECOLOURED_PER_OVERLAY = 1.5
_DOUBT_MIN_INLIERS = 15
_DOUBT_MIN_CLEAR_AGREEMENT = 0.8
_DOUBT_MAX_COLOUR_CHANGE = 8.0
_DOUBT_MAX_OVERLAY_OF_PARTS = 0.25
_MIN_OVERLAY = 0.02
_MIN_PAINT_SHARE = 0.5
_CERTAIN_PAINT_SHARE = 0.7
_MIN_VISIBLE = 0.1
_MIN_RIM_PER_CHANGE = 0.5
_MIN_RIM_CHANGE = 12.0
_MAX_RECOLOURED_THROUGHOUT = 0.2
_WHOLE_OVERLAP = 0.97
_MIN_VISIBLE_TILT = 2.0
_MIN_VISIBLE_COLOUR = 3.0
_MIN_VISIBLE_OVERLAY = 0.002
_MAX_PLAIN_DEVIATION = 14.0
_SIZE_TOLERANCE = 0.02


class Comparison(Record):
    """What comparing two photos found.

    Attributes:
        is_copy: One was made from the other, or both from a third.
        likeness: 0..1, see `packshot.report.Duplicate`; 0 where they could not be aligned.
        inliers: Features of both that lie where one similarity puts them.
        scale: Size of what they show in the first photo, in shares of its long side, over that in the
            second; 1 of no features.
        colours: 0..1, what the photos' colours have in common; 0 where there are no such features.
        changes: What was done to the first to make the second; empty where that is no copy, and where it
            was only saved again.
    """

    is_copy: bool = False
    likeness: float = 0.0
    inliers: int = 0
    scale: float = 1.0
    colours: float = 0.0
    changes: tuple[Change, ...] = ()

    def reverse(self) -> Comparison:
        """The same from the second photo's side."""
        is_mirrored = any(change.kind is DuplicateKind.FLIPPED for change in self.changes)
        changes = tuple(_reverse_change(change, is_mirrored) for change in self.changes)
        return self.model_copy(update={"changes": changes, "scale": round(1 / self.scale, 3)})


def compare(first: PhotoView, second: PhotoView) -> Comparison:
    """Lay the second photo on the first in every way that is likely, and compare pixels.

    A photo without structure, such as a blank one, is never found to be a copy.
    """
    best: tuple[float, Agreement, AlignmentGuess] | None = None
    tried_guesses: list[AlignmentGuess] = []
    for guess in iter_guesses(first, second):
        tried_guesses.append(guess)
        candidate = measure_agreement(first, second, guess.mapping)
        if candidate is None:
            continue
        if best is None or (_score_alignment(candidate), guess.inliers) > (best[0], best[2].inliers):
            best = _score_alignment(candidate), candidate, guess
        if _is_certain(candidate, guess.inliers):
            break
    shared_features = _measure_shared_features(first, second, tried_guesses)
    return (
        shared_features
        if best is None
        else _build_comparison(first, second, best[1], best[2], shared_features)
    )


def _measure_shared_features(
    first: PhotoView, second: PhotoView, guesses_tried: list[AlignmentGuess]
) -> Comparison:
    """What most features agree on, whether the photos agree there or not."""
    best_guess = max(guesses_tried, key=lambda guess: guess.inliers, default=None)
    if best_guess is None or not best_guess.inliers:
        return Comparison()
    sides = max(second.size) / max(first.size)
    return Comparison(
        inliers=best_guess.inliers,
        scale=max(round(decompose_map(best_guess.mapping).scale * sides, 3), 0.001),
        colours=round(colour_likeness(first.colours, second.colours), 3),
    )


def _build_comparison(
    first: PhotoView,
    second: PhotoView,
    evidence: Agreement,
    guess: AlignmentGuess,
    shared_features: Comparison,
) -> Comparison:
    likeness = round((evidence.matched_first + evidence.matched_second) / 2, 4)
    is_copy = _is_copy(evidence, guess.inliers)
    changes = tuple(_iter_changes(first, second, evidence, invert_map(guess.mapping))) if is_copy else ()
    return shared_features.model_copy(
        update={"is_copy": is_copy, "likeness": likeness, "changes": changes}
    )


def _score_alignment(evidence: Agreement) -> float:
    """Rounded, so that of guesses of the same place the one that features agree with is taken."""
    matched = max(evidence.matched_first, evidence.matched_second)
    return round(matched + evidence.clear_agreement - 2 * evidence.recoloured_share, 2)


def _is_certain(evidence: Agreement, inliers: int) -> bool:
    """Whether no other guess could be better."""
    matched = min(evidence.matched_first, evidence.matched_second)
    return (
        matched > _CERTAIN_MATCH
        and evidence.overlay_share < _MIN_OVERLAY
        and _is_copy(evidence, inliers)
    )


def _is_copy(evidence: Agreement, inliers: int) -> bool:
    """Nearly all structure of one photo in the other is enough; less, if the rest looks like a mark."""
    if min(evidence.overlap_first, evidence.overlap_second) < _min_overlap(evidence):
        return False
    if evidence.texture < _MIN_TEXTURE or not _has_same_colours(evidence):
        return False
    if evidence.overlay_share > _MIN_OVERLAY and evidence.paint_share < _MIN_PAINT_SHARE:
        return False
    matched = evidence.matched_first, evidence.matched_second
    if max(matched) < _MIN_MATCH or min(matched) < _MIN_MATCH_OF_EITHER:
        return _is_under_mark(evidence, inliers)
    return max(matched) >= _CLEAR_MATCH or (
        evidence.clear_agreement >= _DOUBT_MIN_CLEAR_AGREEMENT
        and _is_alignment_certain(evidence, inliers)
    )


def _min_overlap(evidence: Agreement) -> float:
    """Photos that each show something else too may share a part, such as one product of a set."""
    both_show_more = (
        min(evidence.outside_deviation_first, evidence.outside_deviation_second) >= _MAX_PLAIN_DEVIATION
    )
    return _MIN_OVERLAP_OF_PARTS if both_show_more else _MIN_OVERLAP


def _has_same_colours(evidence: Agreement) -> bool:
    is_clear = max(evidence.matched_first, evidence.matched_second) >= _CLEAR_MATCH
    per_overlay = _RECOLOURED_PER_OVERLAY if is_clear else _DOUBT_RECOLOURED_PER_OVERLAY
    max_recoloured = _MAX_RECOLOURED + per_overlay * evidence.overlay_share
    is_exact = min(evidence.matched_first, evidence.matched_second) >= _EXACT_MATCH
    if is_exact and evidence.rim_change >= _MIN_RIM_CHANGE and _has_background_change(evidence):
        max_recoloured = _MAX_RECOLOURED_THROUGHOUT
    return (
        evidence.colour_change <= _max_colour_change(evidence)
        and evidence.recoloured_share <= max_recoloured
    )


def _has_background_change(evidence: Agreement) -> bool:
    """Whether all colours were changed: in a variant of the product the background stays."""
    return evidence.rim_change >= _MIN_RIM_PER_CHANGE * evidence.colour_change


def _max_colour_change(evidence: Agreement) -> float:
    """How far all colours may be changed: the further, the surer it is that nothing else was."""
    if not _has_background_change(evidence):
        return _MAX_COLOUR_CHANGE_OF_PRODUCT
    is_unmarked = evidence.overlay_share <= _MIN_OVERLAY
    if evidence.clear_agreement >= _CERTAIN_MATCH and evidence.paint_share >= _CERTAIN_PAINT_SHARE:
        return _CERTAIN_MAX_COLOUR_CHANGE if is_unmarked else _CERTAIN_MAX_COLOUR_CHANGE_WITH_OVERLAY
    return _MAX_COLOUR_CHANGE if is_unmarked else _MAX_COLOUR_CHANGE_WITH_OVERLAY


def _is_under_mark(evidence: Agreement, inliers: int) -> bool:
    """Whether nearly all that differs is one paint, and what it leaves uncovered is the same.

    A part of the product in another colour may pass for paint, but not where the background stays.
    """
    return (
        evidence.paint_share >= _CERTAIN_PAINT_SHARE
        and evidence.clear_agreement >= _CERTAIN_MATCH
        and evidence.visible_share >= _MIN_VISIBLE
        and inliers >= _DOUBT_MIN_INLIERS
        and (_has_background_change(evidence) or evidence.colour_change <= _DOUBT_MAX_COLOUR_CHANGE)
    )


def _is_alignment_certain(evidence: Agreement, inliers: int) -> bool:
    """Whether the photos lie on each other beyond doubt, though much differs."""
    if min(evidence.overlap_first, evidence.overlap_second) >= _WHOLE_OVERLAP:
        return True
    return inliers >= _DOUBT_MIN_INLIERS and evidence.overlay_share <= _DOUBT_MAX_OVERLAY_OF_PARTS


def _iter_changes(
    first: PhotoView, second: PhotoView, evidence: Agreement, mapping: Float64Array
) -> Iterator[Change]:
    """The changes from the first photo to the second, the most telling first."""
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
    if abs(math.log(factor)) > _SIZE_TOLERANCE or (not framing and _has_other_size(first, second)):
        yield Change(kind=DuplicateKind.RESIZED, amount=round(factor, 3))


def _has_other_size(first: PhotoView, second: PhotoView) -> bool:
    """Whether the long sides of the files differ."""
    one, two = (max(view.size) / view.scale for view in (first, second))
    return abs(math.log(one / two)) > _SIZE_TOLERANCE / 2


def _iter_overlay(evidence: Agreement) -> Iterator[Change]:
    """Of that with more structure the other cannot explain, something lies on top."""
    if evidence.overlay_share >= _MIN_VISIBLE_OVERLAY:
        marked_first = evidence.matched_first < evidence.matched_second
        amount = round(evidence.overlay_share, 4)
        yield Change(kind=DuplicateKind.WATERMARKED, amount=amount, of_keeper=marked_first)


def _iter_borders(
    first: PhotoView, second: PhotoView, evidence: Agreement, mapping: Float64Array
) -> Iterator[Change]:
    """A plain rest around either photo."""
    if (
        evidence.overlap_second < _WHOLE_OVERLAP
        and evidence.outside_deviation_second < _MAX_PLAIN_DEVIATION
    ):
        yield _make_framing_change(
            DuplicateKind.BORDERED, first.frame, mapping, second.frame, of_keeper=False
        )
    if (
        evidence.overlap_first < _WHOLE_OVERLAP
        and evidence.outside_deviation_first < _MAX_PLAIN_DEVIATION
        and evidence.overlap_second >= _WHOLE_OVERLAP
    ):
        inverse_mapping = invert_map(mapping)
        yield _make_framing_change(
            DuplicateKind.CROPPED, second.frame, inverse_mapping, first.frame, of_keeper=False
        )


def _iter_crops(
    first: PhotoView, second: PhotoView, evidence: Agreement, mapping: Float64Array
) -> Iterator[Change]:
    """A rest that shows something."""
    if evidence.overlap_first < _WHOLE_OVERLAP and (
        evidence.outside_deviation_first >= _MAX_PLAIN_DEVIATION
        or evidence.overlap_second < _WHOLE_OVERLAP
    ):
        inverse_mapping = invert_map(mapping)
        yield _make_framing_change(
            DuplicateKind.CROPPED, second.frame, inverse_mapping, first.frame, of_keeper=False
        )
    if (
        evidence.overlap_second < _WHOLE_OVERLAP
        and evidence.outside_deviation_second >= _MAX_PLAIN_DEVIATION
    ):
        yield _make_framing_change(
            DuplicateKind.CROPPED, first.frame, mapping, second.frame, of_keeper=True
        )


def _make_framing_change(
    kind: DuplicateKind, inner: Box, mapping: Float64Array, outer: Box, *, of_keeper: bool
) -> Change:
    """A change whose region is where the inner photo lies in the outer."""
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
    if abs(transform.tilt) > _MIN_VISIBLE_TILT:
        yield Change(kind=DuplicateKind.ROTATED, amount=round(transform.rotation % 360, 1))
    elif transform.quarter_turns and not is_upside_down:
        yield Change(kind=DuplicateKind.ROTATED, amount=90.0 * transform.quarter_turns)


def _iter_colour_changes(evidence: Agreement) -> Iterator[Change]:
    if evidence.colour_change < _MIN_VISIBLE_COLOUR:
        return
    red, green, blue = (round(value, 1) for value in evidence.colour_means)
    yield Change(
        kind=DuplicateKind.COLOUR_SHIFTED,
        amount=round(evidence.colour_change, 1),
        shift=(red, green, blue),
    )


_FRAMING_KINDS = {DuplicateKind.CROPPED, DuplicateKind.BORDERED, DuplicateKind.WATERMARKED}


def _reverse_change(change: Change, is_mirrored: bool) -> Change:
    """The change back; a turn after mirroring is undone by the same mirroring and turn."""
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
