"""Placeholders: pictures that stand where a photo is missing."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.measure.background import Background
from packshot.measure.planes import Mask, Pixels, Planes, as_bytes

_SAME: Final = 4
_BLANK_SHARE: Final = 0.997
_FLAT_STEP: Final = 4
_FLAT_SHARE: Final = 0.82
_FLAT_AT_ALL: Final = 0.2
_TONES: Final = 2
_TONE_WIDTH: Final = 6
_TONE_SHARE: Final = 0.88
_DARKEST: Final = 30
_LEAST: Final = 0.002
_MOST_CHROMATIC: Final = 24


def is_placeholder(
    planes: Planes, plain: Background | None, lettering: NDArray[np.bool_] | None = None
) -> bool:
    """Whether a picture is blank, or shows but a flat grey symbol or words on a plain ground.

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
    return _may_be_flat(planes.small, drawn) and _is_flat_drawing(planes, drawn)


def _is_blank(small: Pixels) -> bool:
    """Whether nearly every pixel has one colour."""
    deviation = np.abs(small.astype(np.int16) - np.median(small, axis=(0, 1))).max(axis=2)
    return bool((deviation <= _SAME).mean() >= _BLANK_SHARE)


def _widened(lettering: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return as_bytes(cv2.dilate(as_bytes(lettering), np.ones((5, 5), np.uint8))) > 0


def _may_be_flat(small: Pixels, rest: Mask) -> bool:
    """Whether enough of what is not background is flat at working size already: the rest is costly."""
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    steps = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    flat = cv2.countNonZero(cv2.bitwise_and(rest, as_bytes(cv2.compare(steps, _FLAT_STEP, cv2.CMP_LE))))
    return bool(flat >= _FLAT_AT_ALL * cv2.countNonZero(rest))


def _is_flat_drawing(planes: Planes, rest: Mask) -> bool:
    """Whether what is not background is grey and of one or two tones without any shading."""
    height, width = planes.grey.shape
    native = as_bytes(cv2.resize(rest, (width, height), interpolation=cv2.INTER_NEAREST))
    inner = cv2.erode(native, np.ones((2 * planes.factor + 3,) * 2, np.uint8), borderValue=(0,)) > 0
    if inner.mean() < _LEAST:
        return False
    steps = cv2.morphologyEx(planes.grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    flat = (steps <= _FLAT_STEP) & inner
    if np.count_nonzero(flat) < _FLAT_SHARE * np.count_nonzero(inner):
        return False
    colours = planes.pixels[flat].astype(np.int16)
    if np.percentile(colours.max(axis=1) - colours.min(axis=1), 98) > _MOST_CHROMATIC:
        return False
    return _has_few_tones(planes.grey[flat])


def _has_few_tones(tones: NDArray[np.uint8]) -> bool:
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
