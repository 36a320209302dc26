"""Placeholders: pictures that stand where a photo is missing."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, ByteMask, Int32Array, Mask, Pixels, Plane
from packshot.measure.background import Background
from packshot.measure.planes import Planes, as_bytes, histogram, percentiles

_SAME: Final = 4
_BLANK_SHARE: Final = 0.997
_FLAT_STEP: Final = 4
_RIPPLE: Final = 6
_FLAT_SHARE: Final = 0.77
_FLAT_AT_ALL: Final = 0.2
_TONES: Final = 2
_TONE_WIDTH: Final = 6
_TONE_SHARE: Final = 0.88
_DARKEST: Final = 30
_LEAST: Final = 0.002
_MOST_CHROMATIC: Final = 24
_LUMA: Final = (0.299, 0.587, 0.114)
_INK_SHARE: Final = 0.35
_UNEXPLAINED: Final = 0.1
_EDGE: Final = 7
_MOST_LETTERING: Final = 0.12
_MOST_ROWS: Final = 4
_ROW_GAP: Final = 0.01
_SPECK: Final = 3
_FEWEST_LETTERS: Final = 5
_TALLEST: Final = 2.2
_TALLEST_ROW: Final = 0.2
_WIDEST_LETTER: Final = 3.0
_STROKE: Final = 0.3
_CORE_SHARE: Final = 0.2


def is_placeholder(planes: Planes, plain: Background | None, lettering: Mask | None = None) -> bool:
    """Whether a picture is blank, or shows but a flat grey symbol or words on a plain ground.

    Words are told by their shape: rows of small parts of one height. Where a network has looked for
    lettering, that counts as well.

    Args:
        planes: The picture.
        plain: Its plain background.
        lettering: (h, w) True where text is, working size; None where nobody looked.
    """
    if _is_blank(planes.small):
        return True
    if plain is None or plain.colour.max() - plain.colour.min() > _MOST_CHROMATIC:
        return False
    rest = plain.like == 0
    if lettering is not None:
        rest &= ~_widened(lettering)
        if rest.mean() < _LEAST:
            return True
    drawn = as_bytes(rest) * np.uint8(255)
    little = rest.mean() <= _MOST_LETTERING
    if not little and not _may_be_flat(planes.small, drawn):
        return False
    ink = _ink(planes, plain, drawn)
    if not _is_all(rest, ink):
        return False
    return _is_flat_drawing(planes, ink) or (little and _has_only_rows(ink))


def _is_blank(small: Pixels) -> bool:
    """Whether nearly every pixel has one colour."""
    colour = np.array([percentiles(histogram(as_bytes(channel)), 50)[0] for channel in cv2.split(small)])
    same = as_bytes(cv2.inRange(small, colour - _SAME, colour + _SAME))
    return bool(cv2.countNonZero(same) >= _BLANK_SHARE * same.size)


def _widened(lettering: Mask) -> Mask:
    return as_bytes(cv2.dilate(as_bytes(lettering), np.ones((5, 5), np.uint8))) > 0


def _may_be_flat(small: Pixels, rest: ByteMask) -> bool:
    """Whether enough of what is not background is flat at working size already: the rest is costly."""
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    steps = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    flat = cv2.countNonZero(cv2.bitwise_and(rest, as_bytes(cv2.compare(steps, _FLAT_STEP, cv2.CMP_LE))))
    return bool(flat >= _FLAT_AT_ALL * cv2.countNonZero(rest))


def _ink(planes: Planes, plain: Background, rest: ByteMask) -> ByteMask:
    """255 on native pixels that clearly differ from the ground, and are no ripple of JPEG beside it."""
    height, width = planes.grey.shape
    apart = _apart_from_ground(planes, plain)
    native = as_bytes(cv2.resize(rest, (width, height), interpolation=cv2.INTER_NEAREST))
    near = as_bytes(cv2.dilate(native, np.ones((2 * planes.factor + 1,) * 2, np.uint8)))
    most = percentiles(histogram(apart, near), 95)[0] if near.any() else 0.0
    least = max(float(plain.tolerance), _INK_SHARE * most)
    return as_bytes(cv2.bitwise_and(near, as_bytes(cv2.inRange(apart, (least,), (255,)))))


def _apart_from_ground(planes: Planes, plain: Background) -> Plane:
    """By how many grey levels native pixels differ from the ground."""
    tone, across, down = np.vstack([plain.colour, plain.slope]) @ np.asarray(_LUMA, np.float32)
    if plain.even:
        return as_bytes(cv2.absdiff(planes.grey, (float(round(tone)),)))
    height, width = planes.grey.shape
    x, y = (np.linspace(-0.5, 0.5, side, dtype=np.float32) for side in (width, height))
    ground = tone + x * across + y[:, None] * down
    return as_bytes(np.clip(np.abs(planes.grey - ground), 0, 255))


def _is_all(rest: Mask, ink: ByteMask) -> bool:
    """Whether ink, and a rim around it, is all that is not ground: no pale product bears the ink."""
    small = cv2.resize(ink, rest.shape[::-1], interpolation=cv2.INTER_AREA)
    rim = cv2.dilate(small, np.ones((5, 5), np.uint8)) > 0
    return bool((rest & ~rim).sum() <= _UNEXPLAINED * rest.sum())


def _is_flat_drawing(planes: Planes, ink: ByteMask) -> bool:
    """Whether what is drawn is grey and of one or two tones without any shading."""
    inner = cv2.erode(ink, np.ones((_EDGE, _EDGE), np.uint8), borderValue=(0,)) > 0
    if inner.mean() < _LEAST:
        return False
    steps = cv2.morphologyEx(planes.grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    flat = (steps <= _RIPPLE) & inner
    if np.count_nonzero(flat) < _FLAT_SHARE * np.count_nonzero(inner):
        return False
    colours = planes.pixels[flat].astype(np.int16)
    if np.percentile(colours.max(axis=1) - colours.min(axis=1), 98) > _MOST_CHROMATIC:
        return False
    return _has_few_tones(planes.grey[flat])


def _has_few_tones(tones: ByteArray) -> bool:
    """Whether one or two tones, neither near black, account for nearly all pixels."""
    counts = np.bincount(tones, minlength=256).astype(np.float64)
    total, taken = counts.sum(), 0.0
    for _ in range(_TONES):
        windows = np.convolve(counts, np.ones(_TONE_WIDTH + 1), mode="same")
        tone = int(windows.argmax())
        if tone < _DARKEST:
            return False
        near = slice(max(0, tone - _TONE_WIDTH // 2), tone + _TONE_WIDTH // 2 + 1)
        taken += counts[near].sum()
        counts[near] = 0
        if taken >= _TONE_SHARE * total:
            return True
    return False


def _has_only_rows(ink: ByteMask) -> bool:
    """Whether all that is drawn stands in a few rows of small parts of one height, as letters do.

    Args:
        ink: 255 where something is drawn, (H, W) uint8.
    """
    filled = np.flatnonzero(ink.any(axis=1))
    if len(filled) == 0:
        return False
    apart = np.diff(filled) > max(1, _ROW_GAP * len(ink))
    rows = np.split(filled, np.flatnonzero(apart) + 1)
    if len(rows) > _MOST_ROWS:
        return False
    return all(_is_row(ink[row[0] : row[-1] + 1]) for row in rows)


def _is_row(ink: ByteMask) -> bool:
    """Whether a row is made of letters: low, many, and none much lower or wider than the others."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    parts = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= _SPECK]
    if len(parts) < _FEWEST_LETTERS:
        return False
    heights, widths = parts[:, cv2.CC_STAT_HEIGHT], parts[:, cv2.CC_STAT_WIDTH]
    typical = float(np.median(heights))
    low = len(ink) <= _TALLEST * typical and len(ink) <= _TALLEST_ROW * ink.shape[1]
    return bool(low and widths.max() <= _WIDEST_LETTER * typical and _are_strokes(ink, parts))


def _are_strokes(ink: ByteMask, parts: Int32Array) -> bool:
    """Whether lines are thin: most of the ink is near an edge of it."""
    typical = float(np.median(parts[:, cv2.CC_STAT_HEIGHT]))
    reach = max(1, round(_STROKE * typical / 2))
    core = cv2.erode(ink, np.ones((2 * reach + 1,) * 2, np.uint8), borderValue=(0,))
    return bool(cv2.countNonZero(core) <= _CORE_SHARE * cv2.countNonZero(ink))
