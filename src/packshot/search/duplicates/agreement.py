"""How far two photos agree where one lies on the other, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Mask
from packshot.search.duplicates.frames import covered, inverse, placement, warped
from packshot.search.duplicates.view import View

_Colours = Float64Array  # (4, 3): RGB of the first photo, and 1, to RGB of the second

_WINDOW = 9
_REACH = 2 * _WINDOW + 1
_SMOOTHING = 0.8
_FLAT = 3.0
_MOST_TEXTURE = 24.0
_NOISE = 12.0
_SAME_STRUCTURE = 0.5
_COLOUR_LIMIT = 26.0
_OF_CHANGE = 0.3
_LEAST_OVERLAP_PIXELS = 256
_SMALLEST_PATCH = 0.002
_KNOWN_RIM = 0.5
_EDGE = 0.2
_FITS = 3
_SAME_COLOUR = 6.0
_SAMPLED = 7
_LEAST_COMMON = 0.35
_RIDGE = 7.0
_RIM_PARTS = 20


@dataclass(frozen=True, eq=False)
class Agreement:
    """What comparing two aligned photos shows. Shares are 0..1.

    Attributes:
        overlap_first: Share of the first photo that the second covers.
        overlap_second: Share of the second photo that lies on the first.
        explained_first: Share of the first's structure, within the overlap, that the second has too.
        explained_second: Share of the second's structure that the first has too.
        texture: Share of the overlap where either has any structure.
        recoloured: Share of the overlap where structure is the same and colour is not, whatever is done
            to all colours alike.
        overlaid: Share of the overlap where one has something else than the other.
        painted: Share of what is overlaid that one see-through paint explains; 1 of none.
        agreeing: As `explained_first` and `explained_second`, the lower, but outside what is overlaid.
        visible: Share of the structure of the photo without a mark that lies outside what is overlaid.
        colour_change: Root mean square, 0..255, of the one change of all colours that fits best.
        rim_change: The same along the rim of the overlap, which mostly shows background.
        colour_means: Mean change of red, green, blue, -255..255.
        rest_first: Spread, 0..255, of the first photo's grey values outside the overlap.
        rest_second: Of the second photo's.
    """

    overlap_first: float
    overlap_second: float
    explained_first: float
    explained_second: float
    texture: float
    recoloured: float
    overlaid: float
    painted: float
    agreeing: float
    visible: float
    colour_change: float
    rim_change: float
    colour_means: tuple[float, float, float]
    rest_first: float
    rest_second: float


def agreement(first: View, second: View, mapping: Float64Array) -> Agreement | None:
    """Compare two photos at the coarser one's resolution.

    Args:
        first: A photo.
        second: Another.
        mapping: From the second's points to the first's, in pixels of their views.

    Returns:
        What agrees; None where they hardly overlap or have hardly any structure in common.
    """
    scale = min(1.0, placement(mapping).scale)
    size = (max(1, round(first.size[0] * scale)), max(1, round(first.size[1] * scale)))
    shrink = np.diag([size[0] / first.size[0], size[1] / first.size[1], 1.0])
    mask = covered(second.frame, shrink @ mapping, size)
    if np.count_nonzero(mask) < _LEAST_OVERLAP_PIXELS:
        return None
    one = _smooth(warped(first.pixels, shrink, size))
    two = _smooth(warped(second.pixels, shrink @ mapping, size))
    structure = _structure(_grey(one), _grey(two), mask)
    if max(structure.explained(mask)[:2]) < _LEAST_COMMON:
        return None
    return _compared(one, two, mask, structure, _rests(first, second, mapping))


def _compared(
    one: Float32Array, two: Float32Array, mask: Mask, structure: _Structure, rests: _Rests
) -> Agreement:
    """By the change of colours under which least differs and the rest agrees best."""
    changes = _colour_changes(one, two, mask)
    found = [_after(colours, one, two, mask, structure, rests) for colours in changes]
    return max(found, key=lambda one: one.agreeing - one.overlaid - one.recoloured)


def _after(
    colours: _Colours,
    one: Float32Array,
    two: Float32Array,
    mask: Mask,
    structure: _Structure,
    rests: _Rests,
) -> Agreement:
    toned = _recoloured(one, colours)
    change = toned - one
    size = _root_mean_square(change[mask])
    means = change[mask].mean(axis=0)
    differences = _differences(toned, two, structure, mask, _COLOUR_LIMIT + _OF_CHANGE * size)
    explained_first, explained_second, texture = structure.explained(mask)
    clear = mask & ~differences.reach
    return Agreement(
        *(rests.overlap_first, rests.overlap_second),
        *(explained_first, explained_second, texture),
        *(differences.recoloured, differences.overlaid, differences.painted),
        agreeing=min(structure.explained(clear)[:2]),
        visible=structure.visible(clear, mask),
        colour_change=size,
        rim_change=_root_mean_square(change[_rim(mask)]),
        colour_means=(float(means[0]), float(means[1]), float(means[2])),
        rest_first=rests.rest_first,
        rest_second=rests.rest_second,
    )


def _root_mean_square(values: Float32Array) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0


def _rim(mask: Mask) -> Mask:
    """The outermost pixels of the overlap, a twentieth of the shorter side deep."""
    depth = max(1, min(mask.shape) // _RIM_PARTS)
    framed = np.pad(mask, 1).astype(np.uint8)
    inner = cv2.erode(framed, np.ones((2 * depth + 1, 2 * depth + 1), np.uint8))[1:-1, 1:-1]
    return np.asarray(mask & (inner == 0))


@dataclass(frozen=True)
class _Rests:
    """What lies outside the overlap."""

    overlap_first: float
    overlap_second: float
    rest_first: float
    rest_second: float


def _rests(first: View, second: View, mapping: Float64Array) -> _Rests:
    inside_first = covered(second.frame, mapping, first.size)
    inside_second = covered(first.frame, inverse(mapping), second.size)
    return _Rests(
        *(_share(inside_first), _share(inside_second)),
        *(_spread(first.grey, ~inside_first), _spread(second.grey, ~inside_second)),
    )


def _share(mask: Mask) -> float:
    """Of the frame, not counting a rim of a pixel, which never counts as covered."""
    inner = mask[1:-1, 1:-1]
    return float(inner.mean()) if inner.size else 0.0


def _spread(grey: Float32Array, mask: Mask) -> float:
    """Standard deviation, of what is not the rim of the overlap."""
    clear = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return float(grey[clear].std()) if clear.any() else 0.0


@dataclass(frozen=True, eq=False)
class _Structure:
    """Local contrast of both photos, 0..255, and how far it correlates, -1..1; (H, W) each."""

    first: Float32Array
    second: Float32Array
    correlation: Float32Array

    @property
    def same(self) -> Mask:
        return self.correlation > _SAME_STRUCTURE

    def explained(self, mask: Mask) -> tuple[float, float, float]:
        """Shares of the first's and the second's structure that the other has; share with any."""
        if not mask.any():
            return 0.0, 0.0, 0.0
        same = self.same[mask]
        shares = []
        for contrast in (self.first[mask], self.second[mask]):
            weights = _weights(contrast)
            total = float(weights.sum())
            shares.append(float(weights[same].sum()) / total if total else 0.0)
        either = np.maximum(self.first, self.second)[mask] > _FLAT
        return shares[0], shares[1], float(either.mean())

    def visible(self, clear: Mask, mask: Mask) -> float:
        """Share of structure in a clear part of a mask, of the photo that has less within the mask."""
        totals = [float(_weights(contrast[mask]).sum()) for contrast in (self.first, self.second)]
        less = self.first if totals[0] <= totals[1] else self.second
        return float(_weights(less[clear]).sum()) / max(min(totals), 1e-6)


def _weights(contrast: Float32Array) -> Float32Array:
    return np.asarray(np.clip(contrast - _FLAT, 0, _MOST_TEXTURE), np.float32)


def _structure(one: Float32Array, two: Float32Array, mask: Mask) -> _Structure:
    inside = mask.astype(np.float32)
    weight = np.maximum(_boxed(inside), 1e-6)
    mean_one, mean_two = _boxed(one * inside) / weight, _boxed(two * inside) / weight
    variance_one = np.maximum(_boxed(one * one * inside) / weight - mean_one**2, 0)
    variance_two = np.maximum(_boxed(two * two * inside) / weight - mean_two**2, 0)
    covariance = _boxed(one * two * inside) / weight - mean_one * mean_two
    correlation = covariance / (np.sqrt(variance_one * variance_two) + _NOISE)
    return _Structure(np.sqrt(variance_one), np.sqrt(variance_two), correlation)


def _boxed(image: Float32Array) -> Float32Array:
    return np.asarray(cv2.blur(image, (_WINDOW, _WINDOW)), np.float32)


def _smooth(image: Float32Array) -> Float32Array:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), _SMOOTHING), np.float32)


def _grey(image: Float32Array) -> Float32Array:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def _colour_changes(one: Float32Array, two: Float32Array, mask: Mask) -> list[_Colours]:
    """Least squares over what is not overlaid, from two beginnings; one where both come to the same.

    Begun with all pixels, a fit may bend to a mark; begun with those of unchanged colour, it may stay
    with a white background that no change can make whiter.
    """
    sources, targets = one[mask][::_SAMPLED], two[mask][::_SAMPLED]
    everything = _fitted(sources, targets, np.ones(len(sources), bool))
    unchanged = np.abs(sources - targets).max(axis=1) <= _COLOUR_LIMIT / 2
    cautious = _fitted(sources, targets, unchanged)
    apart = np.abs(_recoloured(sources, everything) - _recoloured(sources, cautious))
    return [everything, cautious] if apart.max(initial=0) > _SAME_COLOUR else [everything]


def _fitted(sources: Float32Array, targets: Float32Array, chosen: Mask) -> _Colours:
    """From (P, 3) colours to others: fitted to those chosen, then to those that fit well."""
    same = np.eye(4, 3)
    colours = same
    for _ in range(_FITS):
        values = np.column_stack([sources[chosen], np.ones(int(chosen.sum()))]).astype(np.float64)
        normal = values.T @ values + _RIDGE * np.eye(4)
        colours = same + np.linalg.solve(normal, values.T @ (targets[chosen] - values @ same))
        missed = np.abs(sources @ colours[:3] + colours[3] - targets).max(axis=1)
        chosen = missed <= max(float(np.median(missed)), _COLOUR_LIMIT / 2)
    return np.asarray(colours)


def _recoloured(image: Float32Array, colours: _Colours) -> Float32Array:
    return np.asarray(np.clip(image @ colours[:3] + colours[3], 0, 255), np.float32)


@dataclass(frozen=True, eq=False)
class _Differences:
    """Of colour, after the one change of all colours; see `Agreement` for the fields.

    `reach` is (H, W), True where something overlaid may touch the measure of structure.
    """

    recoloured: float
    overlaid: float
    painted: float
    reach: Mask


def _differences(
    one: Float32Array, two: Float32Array, structure: _Structure, mask: Mask, limit: float
) -> _Differences:
    """What differs in colour, patch by patch.

    A patch whose rim is an edge in both photos is a part in another colour, as in a variant of the
    product; one whose rim one of the photos knows nothing of lies on top. Weak texture is no edge.
    """
    apart = np.abs(one - two).max(axis=2)
    differs = (apart > limit) & mask
    opened = cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, facts, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    areas = facts[:, cv2.CC_STAT_AREA]
    rims = labels * (cv2.erode(opened, np.ones((3, 3), np.uint8)) == 0)
    edges = structure.same & (np.minimum(structure.first, structure.second) >= _EDGE * apart)
    known = np.bincount(rims.ravel(), edges.ravel().astype(np.float64), count)
    lengths = np.maximum(np.bincount(rims.ravel(), minlength=count), 1)
    total = np.count_nonzero(mask)
    large = areas >= _SMALLEST_PATCH * total
    large[0] = False
    parts = large & (known / lengths > _KNOWN_RIM)
    overlays = large & ~parts
    covered_by_overlay = overlays[labels]
    explained_first, explained_second, _ = structure.explained(mask)
    second_is_marked = explained_first >= explained_second  # marks add structure
    return _Differences(
        recoloured=float(areas[parts].sum() / total),
        overlaid=float(areas[overlays].sum() / total),
        painted=_painted(one[covered_by_overlay], two[covered_by_overlay], second_is_marked),
        reach=cv2.dilate(covered_by_overlay.astype(np.uint8), np.ones((_REACH, _REACH), np.uint8)) > 0,
    )


def _painted(one: Float32Array, two: Float32Array, second_is_marked: bool) -> float:
    """Share of pixels, (P, 3) of each photo, that one see-through paint on one of them explains.

    Paint of one colour and opacity makes every channel a straight line of what lies under it. Which of
    the photos has it must be known: white paper would pass for opaque paint over anything.
    """
    if not len(one):
        return 1.0
    clean, marked = (one, two) if second_is_marked else (two, one)
    missed = np.zeros(len(clean), np.float32)
    for channel in range(3):
        under, over = clean[:, channel], marked[:, channel]
        slope = float(np.cov(under, over, bias=True)[0, 1] / (under.var() + 1.0))
        slope = min(max(slope, 0.0), 1.0)
        offset = float(np.median(over - slope * under))
        missed = np.maximum(missed, np.abs(over - slope * under - offset))
    return float(np.mean(missed <= _COLOUR_LIMIT))
