"""Is one photo a copy of another, and what was done to it?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from packshot.arrays import Float64Array
from packshot.report import Change, DuplicateKind, Record, Region
from packshot.search.duplicates.agreement import Agreement, agreement
from packshot.search.duplicates.alignment import Guess, guesses
from packshot.search.duplicates.colours import colour_likeness
from packshot.search.duplicates.frames import Box, Placement, inverse, placement
from packshot.search.duplicates.view import View

VERSION = 3
"""Of the comparison: results of another are computed anew."""

_LEAST_EXPLAINED = 0.62
_LEAST_EXPLAINED_OF_EITHER = 0.13
_LEAST_OVERLAP = 0.3
_LEAST_OVERLAP_OF_PARTS = 0.5
_LEAST_TEXTURE = 0.004
_MOST_COLOUR_CHANGE = 29.0
_MOST_COLOUR_CHANGE_OVERLAID = 22.0
_MOST_COLOUR_CHANGE_OF_PRODUCT = 8.0
_CERTAIN_MOST_COLOUR_CHANGE = 56.0
_CERTAIN_MOST_COLOUR_CHANGE_OVERLAID = 40.0
_MOST_RECOLOURED = 0.03
_RECOLOURED_BY_OVERLAY = 5.0
_CLEAR = 0.85
_CERTAIN = 0.9
_EXACT = 0.975
_DOUBT_RECOLOURED_BY_OVERLAY = 1.5
_DOUBT_LEAST_INLIERS = 15
_DOUBT_LEAST_AGREEING = 0.8
_DOUBT_MOST_COLOUR_CHANGE = 8.0
_DOUBT_MOST_OVERLAID_OF_PARTS = 0.25
_OVERLAID = 0.02
_LEAST_PAINTED = 0.5
_PAINTED = 0.7
_LEAST_VISIBLE = 0.1
_RIM_OF_CHANGE = 0.5
_CHANGED_RIM = 12.0
_MOST_RECOLOURED_THROUGHOUT = 0.2
_WHOLE = 0.97
_VISIBLE_TILT = 2.0
_VISIBLE_COLOUR = 3.0
_VISIBLE_OVERLAY = 0.002
_PLAIN = 14.0
_SAME_SIZE = 0.02


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

    def reversed(self) -> Comparison:
        """The same from the second photo's side."""
        mirrored = any(change.kind is DuplicateKind.FLIPPED for change in self.changes)
        changes = tuple(_reversed(change, mirrored) for change in self.changes)
        return self.model_copy(update={"changes": changes, "scale": round(1 / self.scale, 3)})


def compare(first: View, second: View) -> Comparison:
    """Lay the second photo on the first in every way that is likely, and compare pixels.

    A photo without structure, such as a blank one, is never found to be a copy.
    """
    best: tuple[float, Agreement, Guess] | None = None
    tried: list[Guess] = []
    for guess in guesses(first, second):
        tried.append(guess)
        found = agreement(first, second, guess.mapping)
        if found is None:
            continue
        if best is None or (_merit(found), guess.inliers) > (best[0], best[2].inliers):
            best = _merit(found), found, guess
        if _certain(found, guess.inliers):
            break
    shared = _shared(first, second, tried)
    return shared if best is None else _judged(first, second, best[1], best[2], shared)


def _shared(first: View, second: View, tried: list[Guess]) -> Comparison:
    """What most features agree on, whether the photos agree there or not."""
    surest = max(tried, key=lambda guess: guess.inliers, default=None)
    if surest is None or not surest.inliers:
        return Comparison()
    sides = max(second.size) / max(first.size)
    return Comparison(
        inliers=surest.inliers,
        scale=max(round(placement(surest.mapping).scale * sides, 3), 0.001),
        colours=round(colour_likeness(first.colours, second.colours), 3),
    )


def _judged(first: View, second: View, found: Agreement, guess: Guess, shared: Comparison) -> Comparison:
    likeness = round((found.explained_first + found.explained_second) / 2, 4)
    is_copy = _is_copy(found, guess.inliers)
    changes = tuple(_changes(first, second, found, inverse(guess.mapping))) if is_copy else ()
    return shared.model_copy(update={"is_copy": is_copy, "likeness": likeness, "changes": changes})


def _merit(found: Agreement) -> float:
    """Rounded, so that of guesses of the same place the one that features agree with is taken."""
    explained = max(found.explained_first, found.explained_second)
    return round(explained + found.agreeing - 2 * found.recoloured, 2)


def _certain(found: Agreement, inliers: int) -> bool:
    """Whether no other guess could be better."""
    explained = min(found.explained_first, found.explained_second)
    return explained > _CERTAIN and found.overlaid < _OVERLAID and _is_copy(found, inliers)


def _is_copy(found: Agreement, inliers: int) -> bool:
    """Nearly all structure of one photo in the other is enough; less, if the rest looks like a mark."""
    if min(found.overlap_first, found.overlap_second) < _least_overlap(found):
        return False
    if found.texture < _LEAST_TEXTURE or not _colours_agree(found):
        return False
    if found.overlaid > _OVERLAID and found.painted < _LEAST_PAINTED:
        return False
    explained = found.explained_first, found.explained_second
    if max(explained) < _LEAST_EXPLAINED or min(explained) < _LEAST_EXPLAINED_OF_EITHER:
        return _lies_under_a_mark(found, inliers)
    return max(explained) >= _CLEAR or (
        found.agreeing >= _DOUBT_LEAST_AGREEING and _lies_there(found, inliers)
    )


def _least_overlap(found: Agreement) -> float:
    """Photos that each show something else too may share a part, such as one product of a set."""
    both_show_more = min(found.rest_first, found.rest_second) >= _PLAIN
    return _LEAST_OVERLAP_OF_PARTS if both_show_more else _LEAST_OVERLAP


def _colours_agree(found: Agreement) -> bool:
    clear = max(found.explained_first, found.explained_second) >= _CLEAR
    by_overlay = _RECOLOURED_BY_OVERLAY if clear else _DOUBT_RECOLOURED_BY_OVERLAY
    most_recoloured = _MOST_RECOLOURED + by_overlay * found.overlaid
    exact = min(found.explained_first, found.explained_second) >= _EXACT
    if exact and found.rim_change >= _CHANGED_RIM and _background_too(found):
        most_recoloured = _MOST_RECOLOURED_THROUGHOUT
    return found.colour_change <= _most_change(found) and found.recoloured <= most_recoloured


def _background_too(found: Agreement) -> bool:
    """Whether all colours were changed: in a variant of the product the background stays."""
    return found.rim_change >= _RIM_OF_CHANGE * found.colour_change


def _most_change(found: Agreement) -> float:
    """How far all colours may be changed: the further, the surer it is that nothing else was."""
    if not _background_too(found):
        return _MOST_COLOUR_CHANGE_OF_PRODUCT
    plain = found.overlaid <= _OVERLAID
    if found.agreeing >= _CERTAIN and found.painted >= _PAINTED:
        return _CERTAIN_MOST_COLOUR_CHANGE if plain else _CERTAIN_MOST_COLOUR_CHANGE_OVERLAID
    return _MOST_COLOUR_CHANGE if plain else _MOST_COLOUR_CHANGE_OVERLAID


def _lies_under_a_mark(found: Agreement, inliers: int) -> bool:
    """Whether nearly all that differs is one paint, and what it leaves uncovered is the same.

    A part of the product in another colour may pass for paint, but not where the background stays.
    """
    return (
        found.painted >= _PAINTED
        and found.agreeing >= _CERTAIN
        and found.visible >= _LEAST_VISIBLE
        and inliers >= _DOUBT_LEAST_INLIERS
        and (_background_too(found) or found.colour_change <= _DOUBT_MOST_COLOUR_CHANGE)
    )


def _lies_there(found: Agreement, inliers: int) -> bool:
    """Whether the photos lie on each other beyond doubt, though much differs."""
    if min(found.overlap_first, found.overlap_second) >= _WHOLE:
        return True
    return inliers >= _DOUBT_LEAST_INLIERS and found.overlaid <= _DOUBT_MOST_OVERLAID_OF_PARTS


def _changes(first: View, second: View, found: Agreement, mapping: Float64Array) -> Iterator[Change]:
    """The changes from the first photo to the second, the most telling first."""
    placed = placement(mapping)
    yield from _overlay(found)
    framing = [*_bordered(first, second, found, mapping), *_cropped(first, second, found, mapping)]
    yield from framing
    yield from _turned(placed)
    yield from _recoloured(found)
    factor = placed.scale * first.scale / second.scale
    if abs(math.log(factor)) > _SAME_SIZE or (not framing and _another_size(first, second)):
        yield Change(kind=DuplicateKind.RESIZED, amount=round(factor, 3))


def _another_size(first: View, second: View) -> bool:
    """Whether the long sides of the files differ."""
    one, two = (max(view.size) / view.scale for view in (first, second))
    return abs(math.log(one / two)) > _SAME_SIZE / 2


def _overlay(found: Agreement) -> Iterator[Change]:
    """Of that with more structure the other cannot explain, something lies on top."""
    if found.overlaid >= _VISIBLE_OVERLAY:
        marked_first = found.explained_first < found.explained_second
        amount = round(found.overlaid, 4)
        yield Change(kind=DuplicateKind.WATERMARKED, amount=amount, of_keeper=marked_first)


def _bordered(first: View, second: View, found: Agreement, mapping: Float64Array) -> Iterator[Change]:
    """A plain rest around either photo."""
    if found.overlap_second < _WHOLE and found.rest_second < _PLAIN:
        yield _framing(DuplicateKind.BORDERED, first.frame, mapping, second.frame, of_keeper=False)
    if found.overlap_first < _WHOLE and found.rest_first < _PLAIN and found.overlap_second >= _WHOLE:
        back = inverse(mapping)
        yield _framing(DuplicateKind.CROPPED, second.frame, back, first.frame, of_keeper=False)


def _cropped(first: View, second: View, found: Agreement, mapping: Float64Array) -> Iterator[Change]:
    """A rest that shows something."""
    if found.overlap_first < _WHOLE and (found.rest_first >= _PLAIN or found.overlap_second < _WHOLE):
        back = inverse(mapping)
        yield _framing(DuplicateKind.CROPPED, second.frame, back, first.frame, of_keeper=False)
    if found.overlap_second < _WHOLE and found.rest_second >= _PLAIN:
        yield _framing(DuplicateKind.CROPPED, first.frame, mapping, second.frame, of_keeper=True)


def _framing(
    kind: DuplicateKind, inner: Box, mapping: Float64Array, outer: Box, *, of_keeper: bool
) -> Change:
    """A change whose region is where the inner photo lies in the outer."""
    region = _region(inner, mapping, outer)
    left = region.width * region.height
    amount = left if kind is DuplicateKind.CROPPED else 1 - left
    return Change(kind=kind, amount=round(amount, 4), of_keeper=of_keeper, region=region)


def _region(inner: Box, mapping: Float64Array, outer: Box) -> Region:
    sides = ((inner.left, inner.right), (inner.top, inner.bottom))
    corners = np.array([[x, y, 1] for x in sides[0] for y in sides[1]]) @ mapping.T
    size = np.array([outer.width, outer.height])
    low = np.clip(corners[:, :2].min(axis=0) / size, 0, 1)
    high = np.clip(corners[:, :2].max(axis=0) / size, 0, 1)
    x, y, width, height = (round(float(value), 4) for value in (*low, *(high - low)))
    return Region(x=x, y=y, width=width, height=height)


def _turned(placed: Placement) -> Iterator[Change]:
    upside_down = placed.mirrored and placed.quarters == 2
    if placed.mirrored:
        yield Change(kind=DuplicateKind.FLIPPED, amount=180.0 if upside_down else 0.0)
    if abs(placed.tilt) > _VISIBLE_TILT:
        yield Change(kind=DuplicateKind.ROTATED, amount=round(placed.turn % 360, 1))
    elif placed.quarters and not upside_down:
        yield Change(kind=DuplicateKind.ROTATED, amount=90.0 * placed.quarters)


def _recoloured(found: Agreement) -> Iterator[Change]:
    if found.colour_change < _VISIBLE_COLOUR:
        return
    red, green, blue = (round(value, 1) for value in found.colour_means)
    yield Change(
        kind=DuplicateKind.COLOUR_SHIFTED,
        amount=round(found.colour_change, 1),
        shift=(red, green, blue),
    )


_FRAMING = {DuplicateKind.CROPPED, DuplicateKind.BORDERED, DuplicateKind.WATERMARKED}


def _reversed(change: Change, mirrored: bool) -> Change:
    """The change back; a turn after mirroring is undone by the same mirroring and turn."""
    update: dict[str, object] = {}
    if change.kind in _FRAMING:
        update["of_keeper"] = not change.of_keeper
    elif change.kind is DuplicateKind.RESIZED and change.amount:
        update["amount"] = round(1 / change.amount, 3)
    elif change.kind is DuplicateKind.ROTATED and change.amount is not None and not mirrored:
        update["amount"] = (360 - change.amount) % 360
    if change.shift is not None:
        update["shift"] = tuple(-value for value in change.shift)
    return change.model_copy(update=update)
