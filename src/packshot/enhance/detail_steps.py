"""Planners of the steps that bring back or strengthen detail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from packshot.arrays import Pixels
from packshot.enhance.deblock import deblock, quality_left
from packshot.enhance.deconvolve import deblur, motion_deblur
from packshot.enhance.denoise import noise_of
from packshot.enhance.detail import (
    FINE_RADIUS,
    LOCAL_RADIUS,
    MEASURED_SIDE,
    crispen,
    detail_of,
    local_contrast,
)
from packshot.enhance.sharpen import sharpen
from packshot.enhance.step import Intent, Step
from packshot.measure.planes import make_planes
from packshot.measure.sharpness import MotionBlur, edge_width, find_edges, gradients, motion_blur

_SOFT, _MOVED = 0.8, 0.35
_SHARPEST_QUARTER: Final = 1.2
_DEFOCUSED, _STREAK, _SMALLEST_SIDE = 1.0, 3.0, 64
_NOISE_RANGE, _GRAIN_RANGE = (1.5, 6.0), (1.0, 2.5)
_FINE_ENOUGH, _MOST_CRISPENED = 20.0, 1.5
_LOCAL_ENOUGH, _MOST_CONTRAST = 15.0, 1.0
_LEAST_ADDED, _LEAST_DETAIL = 0.1, 1.0
_STREAK_SHORTENED: Final = 1.4
_BLOCKS_TAKEN: Final = 0.35

Change = Callable[[Pixels], Pixels]


@dataclass(frozen=True)
class _Blur:
    """How a photo is blurred.

    Attributes:
        width: Of the sharper edges, pixels at 512; 0 where there are too few to tell.
        motion: What the edges say of it.
        scale: Pixels of the photo for one at 512.
        noise: Of luma, grey levels.
    """

    width: float
    motion: MotionBlur | None
    scale: float
    noise: float

    @property
    def moved(self) -> bool:
        """Whether one direction lost much more detail than the other."""
        return self.motion is not None and self.motion.anisotropy >= _MOVED

    def undone(self, pixels: Pixels) -> float:
        """The share of it that can be undone, 0..1: little where there is noise, fine or coarse."""
        by_noise = float(np.interp(self.noise, _NOISE_RANGE, (1, 0)))
        if by_noise == 0:
            return 0.0
        return min(by_noise, float(np.interp(detail_of(pixels).grain, _GRAIN_RANGE, (1, 0))))


def plan_deblur(pixels: Pixels) -> Step | None:
    """Undo defocus from a blur of 1 pixel (at 512) on, less the more noise is left.

    Left alone: less blur, which `plan_sharpen` takes; motion; photos below 64 pixels.
    """
    found = _blur_of(pixels)
    if _too_small(pixels) or found.width < _DEFOCUSED or found.moved:
        return None
    share = found.undone(pixels)
    change = partial(deblur, blur=found.width * found.scale, strength=share)
    return _undoing("deblur", share, f"out of focus by {found.width:.1f} px at 512", change)


def plan_motion_deblur(pixels: Pixels) -> Step | None:
    """Undo motion along a line from a streak of 3 pixels (at 512) on, less the more noise is left."""
    found = _blur_of(pixels)
    motion = found.motion
    if _too_small(pixels) or motion is None or not found.moved or motion.streak < _STREAK:
        return None
    share = found.undone(pixels)
    length = _STREAK_SHORTENED * motion.streak * found.scale
    change = partial(motion_deblur, length=length, angle=motion.angle, strength=share)
    reason = f"moved by {motion.streak:.1f} px at 512, at {motion.angle:.0f} degrees"
    return _undoing("motion-deblur", share, reason, change)


def plan_sharpen(pixels: Pixels) -> Step | None:
    """Sharpen from a blur of 0.8 pixels (at 512) on, less the more noise is left.

    Motion blur is left alone: what undoes an even blur draws lines beside it.
    """
    found = _blur_of(pixels)
    if found.width < _SOFT or found.moved:
        return None
    share = found.undone(pixels)
    change = partial(sharpen, blur=_SHARPEST_QUARTER * found.width * found.scale, strength=share)
    return _undoing("sharpen", share, f"edges blurred by {found.width:.1f} px at 512", change)


def _undoing(name: str, share: float, reason: str, change: Change) -> Step | None:
    """A step that undoes a share of a blur; None where it is 0."""
    if share == 0:
        return None
    intents = frozenset({Intent.DETAIL})
    return Step(name, intents, share, reason, partial(_after_blocks, change=change))


def plan_crispen(pixels: Pixels) -> Step | None:
    """Strengthen fine detail where 97 % of it are weaker than 20 grey levels, as in no good photo."""
    found = detail_of(pixels)
    amount = _missing(found.fine, _FINE_ENOUGH, _MOST_CRISPENED)
    if amount == 0:
        return None
    radius = FINE_RADIUS * _scale(pixels)
    step = partial(crispen, radius=radius, amount=amount, noise=found.grain)
    reason = f"fine detail of {found.fine:.0f} grey levels"
    return Step(
        "crispen", frozenset({Intent.CONTRAST}), amount, reason, partial(_after_blocks, change=step)
    )


def plan_local_contrast(pixels: Pixels) -> Step | None:
    """Strengthen local contrast where 97 % of it are weaker than 15 grey levels."""
    found = detail_of(pixels)
    amount = _missing(found.local, _LOCAL_ENOUGH, _MOST_CONTRAST)
    if amount == 0:
        return None
    radius = LOCAL_RADIUS * _scale(pixels)
    step = partial(local_contrast, radius=radius, amount=amount, noise=found.grain)
    reason = f"local contrast of {found.local:.0f} grey levels"
    return Step(
        "local-contrast",
        frozenset({Intent.CONTRAST}),
        amount,
        reason,
        partial(_after_blocks, change=step),
    )


def _after_blocks(pixels: Pixels, change: Change) -> Pixels:
    """A change of detail after some of an encoder's blocks, which it would show, were taken off."""
    quality = quality_left(pixels)
    return change(pixels if quality is None else deblock(pixels, quality, _BLOCKS_TAKEN))


def _missing(found: float, enough: float, most: float) -> float:
    """What share of itself detail lacks; 0 where that is little, or there is next to no detail."""
    lacking = min(enough / max(found, _LEAST_DETAIL) - 1, most)
    return lacking if found >= _LEAST_DETAIL and lacking >= _LEAST_ADDED else 0.0


def _scale(pixels: Pixels) -> float:
    """Pixels of the photo for one where detail is measured."""
    return float(max(MEASURED_SIDE, *pixels.shape)) / MEASURED_SIDE


def _blur_of(pixels: Pixels) -> _Blur:
    planes = make_planes(pixels)
    noise = noise_of(pixels).luma
    edges = find_edges(gradients(planes.grey), noise)
    width, motion = edge_width(edges, planes.scale), motion_blur(edges, planes.scale)
    return _Blur(width or 0.0, motion, planes.scale, noise)


def _too_small(pixels: Pixels) -> bool:
    return bool(min(pixels.shape[:2]) < _SMALLEST_SIDE)
