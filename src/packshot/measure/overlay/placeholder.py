"""Placeholders: pictures that stand where a photo is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, ByteMask, Int32Array, Mask, Pixels, Plane
from packshot.measure.background import Background
from packshot.measure.planes import Planes, histogram, percentiles, to_uint8


@dataclass(frozen=True)
class PlaceholderLimits:
    """Limits that make a picture blank, a flat symbol, or words alone.

    Set by judgement while the detector was written: no calibration of them alone is on record. Together
    they find 148 of 150 drawn placeholders, and one in 171 studio photos and 79 scenes, by
    `benchmarks/measurements/overlays.py`.

    Attributes:
        colour_tolerance: Grey levels of each channel around the median: so near is the same colour.
        blank_share: Share of the picture, 0..1, of one colour: from here on it is blank.
        flat_step: Grey levels, at working size; up to here a 3 x 3 neighbourhood is flat.
        max_ripple: The same at native size, where JPEG ripples more.
        flat_share: Share of what is drawn, without its rims, that must be flat, 0..1.
        min_flat_share: The same at working size, rims counted: below it the costly look is spared.
        max_tones: Tones that a symbol has at most.
        tone_width: Grey levels that count as one tone.
        tone_share: Share of the flat pixels, 0..1, that the tones must account for.
        min_tone: Grey level: a symbol's tones are no darker, a black product on white is.
        min_share: Share of the picture, 0..1, that counts as something drawn.
        max_chroma: Grey levels between the largest and the smallest channel: placeholders are grey.
        ink_share: Share of the largest difference from the ground, 0..1, from which on a pixel is ink;
            below it is the rim or the ripple of JPEG.
        max_unexplained_share: Share of what is not ground, 0..1, that may be neither ink nor its rim.
        erosion_side: Pixels of the square that takes the rims off.
        max_text_share: Share of the picture, 0..1, that words alone fill at most.
        max_rows: Rows of words at most.
        row_gap: Gap between two rows, as a share of the height, 0..1.
        speck_area: Pixels; smaller parts are no letters.
        min_letters: Letters in a row at least.
        max_row_height: Height of a row over the median height of its letters, at most.
        max_row_aspect: Height of a row over its width, at most: letters stand in a line.
        max_letter_width: Width over the median height, at most: broader is a bar or a product.
        stroke_width: Width of a letter's stroke over its height, at most; what is thicker is core.
        core_share: Share of the ink, 0..1, that may be core.

    Example:
        >>> round(800 * 800 * (1 - LIMITS.blank_share))  # pixels of other colours in a blank picture
        1920
    """

    colour_tolerance: int = 4
    blank_share: float = 0.997
    flat_step: int = 4
    max_ripple: int = 6
    flat_share: float = 0.77
    min_flat_share: float = 0.2
    max_tones: int = 2
    tone_width: int = 6
    tone_share: float = 0.88
    min_tone: int = 30
    min_share: float = 0.002
    max_chroma: int = 24
    ink_share: float = 0.35
    max_unexplained_share: float = 0.1
    erosion_side: int = 7
    max_text_share: float = 0.12
    max_rows: int = 4
    row_gap: float = 0.01
    speck_area: int = 3
    min_letters: int = 5
    max_row_height: float = 2.2
    max_row_aspect: float = 0.2
    max_letter_width: float = 3.0
    stroke_width: float = 0.3
    core_share: float = 0.2


LIMITS: Final = PlaceholderLimits()

_LUMA: Final = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in Rec. 601 luma."""


def is_placeholder(
    planes: Planes, plain_background: Background | None, text_mask: Mask | None = None
) -> bool:
    """Return whether a picture is blank, or shows but a flat grey symbol or words on a plain ground.

    Words are told by their shape: rows of small parts of one height. Where a network has looked for
    lettering, that counts as well.

    Args:
        planes: The picture.
        plain_background: Its plain background.
        text_mask: (h, w) True where text is, working size; None where nobody looked.

    Returns:
        True for a placeholder.

    Example:
        >>> from packshot.measure.background import find_background
        >>> from packshot.measure.planes import make_planes
        >>> photo = np.full((300, 300, 3), 238, np.uint8)
        >>> photo[110:190, 90:210] = 170  # a grey symbol
        >>> planes = make_planes(photo)
        >>> is_placeholder(planes, find_background(planes.small))
        True
    """
    if _is_blank(planes.small):
        return True
    if (
        plain_background is None
        or plain_background.colour.max() - plain_background.colour.min() > LIMITS.max_chroma
    ):
        return False
    rest = plain_background.colour_mask == 0
    if text_mask is not None:
        rest &= ~_dilate(text_mask)
        if rest.mean() < LIMITS.min_share:
            return True
    rest_mask = to_uint8(rest) * np.uint8(255)
    is_small = rest.mean() <= LIMITS.max_text_share
    if not is_small and not _can_be_flat(planes.small, rest_mask):
        return False
    ink = _find_ink(planes, plain_background, rest_mask)
    if not _is_only_ink(rest, ink):
        return False
    return _is_flat_drawing(planes, ink) or (is_small and _has_only_rows(ink))


def _is_blank(small: Pixels) -> bool:
    """Return whether nearly every pixel has one colour."""
    colour = np.array([percentiles(histogram(to_uint8(channel)), 50)[0] for channel in cv2.split(small)])
    same = to_uint8(
        cv2.inRange(small, colour - LIMITS.colour_tolerance, colour + LIMITS.colour_tolerance)
    )
    return bool(cv2.countNonZero(same) >= LIMITS.blank_share * same.size)


def _dilate(mask: Mask) -> Mask:
    return to_uint8(cv2.dilate(to_uint8(mask), np.ones((5, 5), np.uint8))) > 0


def _can_be_flat(small: Pixels, rest: ByteMask) -> bool:
    """Return whether enough of what is not background is flat at working size: the rest is costly."""
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    steps = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    flat = cv2.countNonZero(
        cv2.bitwise_and(rest, to_uint8(cv2.compare(steps, LIMITS.flat_step, cv2.CMP_LE)))
    )
    return bool(flat >= LIMITS.min_flat_share * cv2.countNonZero(rest))


def _find_ink(planes: Planes, plain_background: Background, rest: ByteMask) -> ByteMask:
    """Mark native pixels that clearly differ from the ground, and are no ripple of JPEG beside it."""
    height, width = planes.grey.shape
    difference = _background_difference(planes, plain_background)
    native = to_uint8(cv2.resize(rest, (width, height), interpolation=cv2.INTER_NEAREST))
    near = to_uint8(cv2.dilate(native, np.ones((2 * planes.factor + 1,) * 2, np.uint8)))
    max_difference = percentiles(histogram(difference, near), 95)[0] if near.any() else 0.0
    min_difference = max(float(plain_background.tolerance), LIMITS.ink_share * max_difference)
    return to_uint8(cv2.bitwise_and(near, to_uint8(cv2.inRange(difference, (min_difference,), (255,)))))


def _background_difference(planes: Planes, plain_background: Background) -> Plane:
    """Compute by how many grey levels native pixels differ from the ground."""
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
    """Return whether all but ground is ink and a rim around it: no pale product bears the ink."""
    small = cv2.resize(ink, rest.shape[::-1], interpolation=cv2.INTER_AREA)
    rim = cv2.dilate(small, np.ones((5, 5), np.uint8)) > 0
    return bool((rest & ~rim).sum() <= LIMITS.max_unexplained_share * rest.sum())


def _is_flat_drawing(planes: Planes, ink: ByteMask) -> bool:
    """Return whether what is drawn is grey and of one or two tones without any shading."""
    inner = (
        cv2.erode(ink, np.ones((LIMITS.erosion_side, LIMITS.erosion_side), np.uint8), borderValue=(0,))
        > 0
    )
    if inner.mean() < LIMITS.min_share:
        return False
    steps = cv2.morphologyEx(planes.grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    flat = (steps <= LIMITS.max_ripple) & inner
    if np.count_nonzero(flat) < LIMITS.flat_share * np.count_nonzero(inner):
        return False
    colours = planes.pixels[flat].astype(np.int16)
    if np.percentile(colours.max(axis=1) - colours.min(axis=1), 98) > LIMITS.max_chroma:
        return False
    return _has_few_tones(planes.grey[flat])


def _has_few_tones(tones: ByteArray) -> bool:
    """Return whether one or two tones, neither near black, account for nearly all pixels."""
    counts = np.bincount(tones, minlength=256).astype(np.float64)
    total, covered = counts.sum(), 0.0
    for _ in range(LIMITS.max_tones):
        windows = np.convolve(counts, np.ones(LIMITS.tone_width + 1), mode="same")
        tone = int(windows.argmax())
        if tone < LIMITS.min_tone:
            return False
        near = slice(max(0, tone - LIMITS.tone_width // 2), tone + LIMITS.tone_width // 2 + 1)
        covered += counts[near].sum()
        counts[near] = 0
        if covered >= LIMITS.tone_share * total:
            return True
    return False


def _has_only_rows(ink: ByteMask) -> bool:
    """Return whether all that is drawn stands in a few rows of small parts of one height, as letters do.

    Args:
        ink: 255 where something is drawn, (H, W) uint8.
    """
    filled_rows = np.flatnonzero(ink.any(axis=1))
    if len(filled_rows) == 0:
        return False
    has_gap = np.diff(filled_rows) > max(1, LIMITS.row_gap * len(ink))
    rows = np.split(filled_rows, np.flatnonzero(has_gap) + 1)
    if len(rows) > LIMITS.max_rows:
        return False
    return all(_is_letter_row(ink[row[0] : row[-1] + 1]) for row in rows)


def _is_letter_row(ink: ByteMask) -> bool:
    """Return whether a row is made of letters: low, many, and none much wider than it is high."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    parts = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= LIMITS.speck_area]
    if len(parts) < LIMITS.min_letters:
        return False
    heights, widths = parts[:, cv2.CC_STAT_HEIGHT], parts[:, cv2.CC_STAT_WIDTH]
    typical = float(np.median(heights))
    is_low = (
        len(ink) <= LIMITS.max_row_height * typical and len(ink) <= LIMITS.max_row_aspect * ink.shape[1]
    )
    return bool(
        is_low and widths.max() <= LIMITS.max_letter_width * typical and _has_thin_strokes(ink, parts)
    )


def _has_thin_strokes(ink: ByteMask, parts: Int32Array) -> bool:
    """Return whether lines are thin: most of the ink is near an edge of it."""
    typical = float(np.median(parts[:, cv2.CC_STAT_HEIGHT]))
    reach = max(1, round(LIMITS.stroke_width * typical / 2))
    core = cv2.erode(ink, np.ones((2 * reach + 1,) * 2, np.uint8), borderValue=(0,))
    return bool(cv2.countNonZero(core) <= LIMITS.core_share * cv2.countNonZero(ink))
