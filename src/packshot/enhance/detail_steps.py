"""Planners of the steps that bring back or strengthen detail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from packshot.arrays import Pixels
from packshot.enhance.deblock import deblock, estimate_jpeg_quality
from packshot.enhance.deconvolve import deblur, deblur_motion
from packshot.enhance.denoise import measure_noise
from packshot.enhance.detail import (
    FINE_RADIUS,
    LOCAL_RADIUS,
    MEASURED_SIDE,
    crispen,
    enhance_local_contrast,
    measure_detail,
)
from packshot.enhance.sharpen import sharpen
from packshot.enhance.step import Intent, Step
from packshot.measure.planes import make_planes
from packshot.measure.sharpness import MotionBlur, edge_width, find_edges, gradients, motion_blur

_MIN_SHARPEN_BLUR, _MIN_MOTION_ANISOTROPY = 0.8, 0.35
_SHARPEN_BLUR_FACTOR: Final = 1.2
_MIN_DEFOCUS_BLUR, _MIN_STREAK, _MIN_SIDE = 1.0, 3.0, 64
_NOISE_RANGE, _GRAIN_RANGE = (1.5, 6.0), (1.0, 2.5)
_TARGET_FINE_DETAIL, _MAX_CRISPEN_AMOUNT = 20.0, 1.5
_TARGET_LOCAL_CONTRAST, _MAX_CONTRAST_AMOUNT = 15.0, 1.0
_MIN_AMOUNT, _MIN_DETAIL = 0.1, 1.0
_STREAK_FACTOR: Final = 1.4
_DEBLOCK_STRENGTH: Final = 0.35

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
    def is_motion(self) -> bool:
        """Whether one direction lost much more detail than the other."""
        return self.motion is not None and self.motion.anisotropy >= _MIN_MOTION_ANISOTROPY

    def recoverable_share(self, pixels: Pixels) -> float:
        """The share of it that can be undone, 0..1: little where there is noise, fine or coarse."""
        noise_share = float(np.interp(self.noise, _NOISE_RANGE, (1, 0)))
        if noise_share == 0:
            return 0.0
        return min(noise_share, float(np.interp(measure_detail(pixels).grain, _GRAIN_RANGE, (1, 0))))


def plan_deblur(pixels: Pixels) -> Step | None:
    """Undo defocus from a blur of 1 pixel (at 512) on, less the more noise is left.

    Left alone: less blur, which `plan_sharpen` takes; motion; photos below 64 pixels.
    """
    blur = _measure_blur(pixels)
    if _is_too_small(pixels) or blur.width < _MIN_DEFOCUS_BLUR or blur.is_motion:
        return None
    share = blur.recoverable_share(pixels)
    change = partial(deblur, blur=blur.width * blur.scale, strength=share)
    return _make_deblur_step("deblur", share, f"out of focus by {blur.width:.1f} px at 512", change)


def plan_motion_deblur(pixels: Pixels) -> Step | None:
    """Undo motion along a line from a streak of 3 pixels (at 512) on, less the more noise is left."""
    blur = _measure_blur(pixels)
    motion = blur.motion
    if _is_too_small(pixels) or motion is None or not blur.is_motion or motion.streak < _MIN_STREAK:
        return None
    share = blur.recoverable_share(pixels)
    length = _STREAK_FACTOR * motion.streak * blur.scale
    change = partial(deblur_motion, length=length, angle=motion.angle, strength=share)
    reason = f"moved by {motion.streak:.1f} px at 512, at {motion.angle:.0f} degrees"
    return _make_deblur_step("motion-deblur", share, reason, change)


def plan_sharpen(pixels: Pixels) -> Step | None:
    """Sharpen from a blur of 0.8 pixels (at 512) on, less the more noise is left.

    Motion blur is left alone: what undoes an even blur draws lines beside it.
    """
    blur = _measure_blur(pixels)
    if blur.width < _MIN_SHARPEN_BLUR or blur.is_motion:
        return None
    share = blur.recoverable_share(pixels)
    change = partial(sharpen, blur=_SHARPEN_BLUR_FACTOR * blur.width * blur.scale, strength=share)
    return _make_deblur_step("sharpen", share, f"edges blurred by {blur.width:.1f} px at 512", change)


def _make_deblur_step(name: str, share: float, reason: str, change: Change) -> Step | None:
    """A step that undoes a share of a blur; None where it is 0."""
    if share == 0:
        return None
    intents = frozenset({Intent.DETAIL})
    return Step(name, intents, share, reason, partial(_deblock_and_change, change=change))


def plan_crispen(pixels: Pixels) -> Step | None:
    """Strengthen fine detail where 97 % of it are weaker than 20 grey levels, as in no good photo."""
    detail = measure_detail(pixels)
    amount = _missing_amount(detail.fine, _TARGET_FINE_DETAIL, _MAX_CRISPEN_AMOUNT)
    if amount == 0:
        return None
    radius = FINE_RADIUS * _photo_scale(pixels)
    change = partial(crispen, radius=radius, amount=amount, noise=detail.grain)
    reason = f"fine detail of {detail.fine:.0f} grey levels"
    return Step(
        "crispen",
        frozenset({Intent.CONTRAST}),
        amount,
        reason,
        partial(_deblock_and_change, change=change),
    )


def plan_local_contrast(pixels: Pixels) -> Step | None:
    """Strengthen local contrast where 97 % of it are weaker than 15 grey levels."""
    detail = measure_detail(pixels)
    amount = _missing_amount(detail.local, _TARGET_LOCAL_CONTRAST, _MAX_CONTRAST_AMOUNT)
    if amount == 0:
        return None
    radius = LOCAL_RADIUS * _photo_scale(pixels)
    change = partial(enhance_local_contrast, radius=radius, amount=amount, noise=detail.grain)
    reason = f"local contrast of {detail.local:.0f} grey levels"
    return Step(
        "local-contrast",
        frozenset({Intent.CONTRAST}),
        amount,
        reason,
        partial(_deblock_and_change, change=change),
    )


def _deblock_and_change(pixels: Pixels, change: Change) -> Pixels:
    """A change of detail after some of an encoder's blocks, which it would show, were taken off."""
    quality = estimate_jpeg_quality(pixels)
    return change(pixels if quality is None else deblock(pixels, quality, _DEBLOCK_STRENGTH))


def _missing_amount(measured: float, target: float, max_amount: float) -> float:
    """What share of itself detail lacks; 0 where that is little, or there is next to no detail."""
    lacking = min(target / max(measured, _MIN_DETAIL) - 1, max_amount)
    return lacking if measured >= _MIN_DETAIL and lacking >= _MIN_AMOUNT else 0.0


def _photo_scale(pixels: Pixels) -> float:
    """Pixels of the photo for one where detail is measured."""
    return float(max(MEASURED_SIDE, *pixels.shape)) / MEASURED_SIDE


def _measure_blur(pixels: Pixels) -> _Blur:
    planes = make_planes(pixels)
    noise = measure_noise(pixels).luma
    edges = find_edges(gradients(planes.grey), noise)
    width, motion = edge_width(edges, planes.scale), motion_blur(edges, planes.scale)
    return _Blur(width or 0.0, motion, planes.scale, noise)


def _is_too_small(pixels: Pixels) -> bool:
    return bool(min(pixels.shape[:2]) < _MIN_SIDE)
