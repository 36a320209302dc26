"""Placeholders: pictures that stand where a photo is missing."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, ByteMask, Int32Array, Mask, Pixels, Plane
from packshot.measure.background import Background
from packshot.measure.planes import Planes, histogram, percentiles, to_uint8

_COLOUR_TOLERANCE: Final = 4
_BLANK_SHARE: Final = 0.997
_FLAT_STEP: Final = 4
_MAX_RIPPLE: Final = 6
_FLAT_SHARE: Final = 0.77
_MIN_FLAT_SHARE: Final = 0.2
_MAX_TONES: Final = 2
_TONE_WIDTH: Final = 6
_TONE_SHARE: Final = 0.88
_MIN_TONE: Final = 30
_MIN_SHARE: Final = 0.002
_MAX_CHROMA: Final = 24
_LUMA: Final = (0.299, 0.587, 0.114)
_INK_SHARE: Final = 0.35
_MAX_UNEXPLAINED_SHARE: Final = 0.1
_EROSION_SIDE: Final = 7
_MAX_TEXT_SHARE: Final = 0.12
_MAX_ROWS: Final = 4
_ROW_GAP: Final = 0.01
_SPECK_AREA: Final = 3
_MIN_LETTERS: Final = 5
_MAX_ROW_HEIGHT: Final = 2.2
_MAX_ROW_ASPECT: Final = 0.2
_MAX_LETTER_WIDTH: Final = 3.0
_STROKE_WIDTH: Final = 0.3
_CORE_SHARE: Final = 0.2


def is_placeholder(
    planes: Planes, plain_background: Background | None, text_mask: Mask | None = None
) -> bool:
    """Whether a picture is blank, or shows but a flat grey symbol or words on a plain ground.

    Words are told by their shape: rows of small parts of one height. Where a network has looked for
    lettering, that counts as well.

    Args:
        planes: The picture.
        plain_background: Its plain background.
        text_mask: (h, w) True where text is, working size; None where nobody looked.
    """
    if _is_blank(planes.small):
        return True
    if (
        plain_background is None
        or plain_background.colour.max() - plain_background.colour.min() > _MAX_CHROMA
    ):
        return False
    rest = plain_background.colour_mask == 0
    if text_mask is not None:
        rest &= ~_dilate(text_mask)
        if rest.mean() < _MIN_SHARE:
            return True
    rest_mask = to_uint8(rest) * np.uint8(255)
    is_small = rest.mean() <= _MAX_TEXT_SHARE
    if not is_small and not _can_be_flat(planes.small, rest_mask):
        return False
    ink = _find_ink(planes, plain_background, rest_mask)
    if not _is_only_ink(rest, ink):
        return False
    return _is_flat_drawing(planes, ink) or (is_small and _has_only_rows(ink))


def _is_blank(small: Pixels) -> bool:
    """Whether nearly every pixel has one colour."""
    colour = np.array([percentiles(histogram(to_uint8(channel)), 50)[0] for channel in cv2.split(small)])
    same = to_uint8(cv2.inRange(small, colour - _COLOUR_TOLERANCE, colour + _COLOUR_TOLERANCE))
    return bool(cv2.countNonZero(same) >= _BLANK_SHARE * same.size)


def _dilate(mask: Mask) -> Mask:
    return to_uint8(cv2.dilate(to_uint8(mask), np.ones((5, 5), np.uint8))) > 0


def _can_be_flat(small: Pixels, rest: ByteMask) -> bool:
    """Whether enough of what is not background is flat at working size already: the rest is costly."""
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    steps = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    flat = cv2.countNonZero(cv2.bitwise_and(rest, to_uint8(cv2.compare(steps, _FLAT_STEP, cv2.CMP_LE))))
    return bool(flat >= _MIN_FLAT_SHARE * cv2.countNonZero(rest))


def _find_ink(planes: Planes, plain_background: Background, rest: ByteMask) -> ByteMask:
    """255 on native pixels that clearly differ from the ground, and are no ripple of JPEG beside it."""
    height, width = planes.grey.shape
    difference = _background_difference(planes, plain_background)
    native = to_uint8(cv2.resize(rest, (width, height), interpolation=cv2.INTER_NEAREST))
    near = to_uint8(cv2.dilate(native, np.ones((2 * planes.factor + 1,) * 2, np.uint8)))
    max_difference = percentiles(histogram(difference, near), 95)[0] if near.any() else 0.0
    min_difference = max(float(plain_background.tolerance), _INK_SHARE * max_difference)
    return to_uint8(cv2.bitwise_and(near, to_uint8(cv2.inRange(difference, (min_difference,), (255,)))))


def _background_difference(planes: Planes, plain_background: Background) -> Plane:
    """By how many grey levels native pixels differ from the ground."""
    tone, across, down = np.vstack([plain_background.colour, plain_background.slope]) @ np.asarray(
        _LUMA, np.float32
    )
    if plain_background.is_even:
        return to_uint8(cv2.absdiff(planes.grey, (float(round(tone)),)))
    height, width = planes.grey.shape
    x, y = (np.linspace(-0.5, 0.5, side, dtype=np.float32) for side in (width, height))
    ground = tone + x * across + y[:, None] * down
    return to_uint8(np.clip(np.abs(planes.grey - ground), 0, 255))


def _is_only_ink(rest: Mask, ink: ByteMask) -> bool:
    """Whether ink, and a rim around it, is all that is not ground: no pale product bears the ink."""
    small = cv2.resize(ink, rest.shape[::-1], interpolation=cv2.INTER_AREA)
    rim = cv2.dilate(small, np.ones((5, 5), np.uint8)) > 0
    return bool((rest & ~rim).sum() <= _MAX_UNEXPLAINED_SHARE * rest.sum())


def _is_flat_drawing(planes: Planes, ink: ByteMask) -> bool:
    """Whether what is drawn is grey and of one or two tones without any shading."""
    inner = cv2.erode(ink, np.ones((_EROSION_SIDE, _EROSION_SIDE), np.uint8), borderValue=(0,)) > 0
    if inner.mean() < _MIN_SHARE:
        return False
    steps = cv2.morphologyEx(planes.grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    flat = (steps <= _MAX_RIPPLE) & inner
    if np.count_nonzero(flat) < _FLAT_SHARE * np.count_nonzero(inner):
        return False
    colours = planes.pixels[flat].astype(np.int16)
    if np.percentile(colours.max(axis=1) - colours.min(axis=1), 98) > _MAX_CHROMA:
        return False
    return _has_few_tones(planes.grey[flat])


def _has_few_tones(tones: ByteArray) -> bool:
    """Whether one or two tones, neither near black, account for nearly all pixels."""
    counts = np.bincount(tones, minlength=256).astype(np.float64)
    total, covered = counts.sum(), 0.0
    for _ in range(_MAX_TONES):
        windows = np.convolve(counts, np.ones(_TONE_WIDTH + 1), mode="same")
        tone = int(windows.argmax())
        if tone < _MIN_TONE:
            return False
        near = slice(max(0, tone - _TONE_WIDTH // 2), tone + _TONE_WIDTH // 2 + 1)
        covered += counts[near].sum()
        counts[near] = 0
        if covered >= _TONE_SHARE * total:
            return True
    return False


def _has_only_rows(ink: ByteMask) -> bool:
    """Whether all that is drawn stands in a few rows of small parts of one height, as letters do.

    Args:
        ink: 255 where something is drawn, (H, W) uint8.
    """
    filled_rows = np.flatnonzero(ink.any(axis=1))
    if len(filled_rows) == 0:
        return False
    has_gap = np.diff(filled_rows) > max(1, _ROW_GAP * len(ink))
    rows = np.split(filled_rows, np.flatnonzero(has_gap) + 1)
    if len(rows) > _MAX_ROWS:
        return False
    return all(_is_letter_row(ink[row[0] : row[-1] + 1]) for row in rows)


def _is_letter_row(ink: ByteMask) -> bool:
    """Whether a row is made of letters: low, many, and none much lower or wider than the others."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    parts = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= _SPECK_AREA]
    if len(parts) < _MIN_LETTERS:
        return False
    heights, widths = parts[:, cv2.CC_STAT_HEIGHT], parts[:, cv2.CC_STAT_WIDTH]
    typical = float(np.median(heights))
    is_low = len(ink) <= _MAX_ROW_HEIGHT * typical and len(ink) <= _MAX_ROW_ASPECT * ink.shape[1]
    return bool(is_low and widths.max() <= _MAX_LETTER_WIDTH * typical and _has_thin_strokes(ink, parts))


def _has_thin_strokes(ink: ByteMask, parts: Int32Array) -> bool:
    """Whether lines are thin: most of the ink is near an edge of it."""
    typical = float(np.median(parts[:, cv2.CC_STAT_HEIGHT]))
    reach = max(1, round(_STROKE_WIDTH * typical / 2))
    core = cv2.erode(ink, np.ones((2 * reach + 1,) * 2, np.uint8), borderValue=(0,))
    return bool(cv2.countNonZero(core) <= _CORE_SHARE * cv2.countNonZero(ink))
