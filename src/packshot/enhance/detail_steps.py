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

_MIN_SHARPEN_BLUR: Final = 0.8
"""Pixels at 512, deviation of the sharper edges: below, a photo is sharp. A judgement, under the 1.1
from which `measure.limits` reports blur."""

_MIN_MOTION_ANISOTROPY: Final = 0.35
"""Anisotropy of edges from which blur is motion: neither even sharpening nor defocus is undone there,
which would draw lines beside it. A judgement, above the 0.15 that the finding asks for
(`measure.limits`)."""

_SHARPEN_BLUR_FACTOR: Final = 1.2
"""Width to undo for each pixel measured, which is that of the sharper edges: the others are softer. A
judgement."""

_MIN_DEFOCUS_BLUR: Final = 1.0
"""Pixels at 512 from which blur is deconvolved; below, sharpening does. A judgement."""

_MIN_STREAK: Final = 3.0
"""Pixels at 512, measured length of a streak from which motion is undone: the finding's warning
(`measure.limits`)."""

_MIN_SIDE: Final = 64
"""Pixels, shorter side, below which nothing is deconvolved: too few edges to tell the blur by. A
judgement."""

_NOISE_RANGE: Final = (1.5, 6.0)
"""Grey levels of luma noise: up to the first all of a blur is undone, from the second on nothing,
between in proportion, since what brings back detail brings up noise. A judgement."""

_GRAIN_RANGE: Final = (1.0, 2.5)
"""The same for grain, which noise becomes in a compressed photo
(docs/decisions/0007-enhancement-steps.md)."""

_TARGET_FINE_DETAIL: Final = 20.0
"""Grey levels that 3 % of a crisp photo's fine detail exceed: people's best rated photos reach 30,
product originals 27, those rated worst 8 (docs/decisions/0007-enhancement-steps.md)."""

_MAX_CRISPEN_AMOUNT: Final = 1.5
"""Share of itself that is added to fine detail, at most: more shows what an encoder left. A
judgement."""

_TARGET_LOCAL_CONTRAST: Final = 15.0
"""Grey levels of local contrast that a good photo exceeds in 3 % of it
(docs/decisions/0007-enhancement-steps.md)."""

_MAX_CONTRAST_AMOUNT: Final = 1.0
"""Share of itself that is added to local contrast, at most. A judgement."""

_MIN_AMOUNT: Final = 0.1
"""Share of itself that detail must lack for a step to be worth a trial. A judgement."""

_MIN_DETAIL: Final = 1.0
"""Grey levels below which a photo shows next to nothing that could be made stronger. A judgement."""

_STREAK_FACTOR: Final = 1.4
"""Length to undo for each pixel measured: the measure finds about 0.55 of the true one where edges run
aslant, on twelve photos; more gains on long streaks and loses on short ones
(docs/decisions/0007-enhancement-steps.md)."""

_DEBLOCK_STRENGTH: Final = 0.35
"""Share of `deblock` applied before detail is strengthened: sharpened blocks were the new fault on four
of four photos looked at (docs/decisions/0007-enhancement-steps.md); more would take off detail. The
share is a judgement."""

Change = Callable[[Pixels], Pixels]


@dataclass(frozen=True)
class _Blur:
    """The blur of a photo.

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
        """True where one direction lost much more detail than the other."""
        return self.motion is not None and self.motion.anisotropy >= _MIN_MOTION_ANISOTROPY

    def recoverable_share(self, pixels: Pixels) -> float:
        """Compute the share of it, 0..1, that can be undone: little where there is noise."""
        noise_share = float(np.interp(self.noise, _NOISE_RANGE, (1, 0)))
        if noise_share == 0:
            return 0.0
        return min(noise_share, float(np.interp(measure_detail(pixels).grain, _GRAIN_RANGE, (1, 0))))


def plan_deblur(pixels: Pixels) -> Step | None:
    """Undo defocus from a blur of 1 pixel (at 512) on, less the more noise is left.

    Left alone: less blur, which `plan_sharpen` takes; motion; photos below 64 pixels.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> from packshot import Photo
        >>> plan_deblur(Photo.open("examples/photos/perfume-enlarged-thumbnail.jpg").pixels).reason
        'out of focus by 1.2 px at 512'
        >>> plan_deblur(Photo.open("examples/photos/mug.jpg").pixels) is None
        True
    """
    blur = _measure_blur(pixels)
    if _is_too_small(pixels) or blur.width < _MIN_DEFOCUS_BLUR or blur.is_motion:
        return None
    share = blur.recoverable_share(pixels)
    change = partial(deblur, blur=blur.width * blur.scale, strength=share)
    return _make_deblur_step("deblur", share, f"out of focus by {blur.width:.1f} px at 512", change)


def plan_motion_deblur(pixels: Pixels) -> Step | None:
    """Undo motion along a line from a streak of 3 pixels (at 512) on, less the more noise is left.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> import cv2
        >>> from packshot import Photo
        >>> from packshot.distort.blur import make_line_kernel
        >>> sharp = Photo.open("examples/photos/speaker.jpg").pixels
        >>> plan_motion_deblur(cv2.filter2D(sharp, -1, make_line_kernel(17.0, 0.0))).reason
        'moved by 6.7 px at 512, at 0 degrees'
    """
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

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> from packshot import Photo
        >>> step = plan_sharpen(Photo.open("examples/photos/perfume-enlarged-thumbnail.jpg").pixels)
        >>> step.reason, step.strength
        ('edges blurred by 1.2 px at 512', 1.0)
    """
    blur = _measure_blur(pixels)
    if blur.width < _MIN_SHARPEN_BLUR or blur.is_motion:
        return None
    share = blur.recoverable_share(pixels)
    change = partial(sharpen, blur=_SHARPEN_BLUR_FACTOR * blur.width * blur.scale, strength=share)
    return _make_deblur_step("sharpen", share, f"edges blurred by {blur.width:.1f} px at 512", change)


def _make_deblur_step(name: str, share: float, reason: str, change: Change) -> Step | None:
    """Make a step that undoes a share of a blur; None where it is 0."""
    return None if share == 0 else _make_detail_step(name, Intent.DETAIL, share, reason, change)


def _make_detail_step(name: str, intent: Intent, amount: float, reason: str, change: Change) -> Step:
    """Make a step that changes detail once an encoder's blocks are taken off."""
    deblocked_change = partial(_deblock_and_change, change=change)
    return Step(name, frozenset({intent}), amount, reason, deblocked_change)


def plan_crispen(pixels: Pixels) -> Step | None:
    """Strengthen fine detail where 97 % of it are weaker than 20 grey levels, as in no good photo.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> from packshot import Photo
        >>> plan_crispen(Photo.open("examples/photos/clay-bowl.jpg").pixels).reason
        'fine detail of 6 grey levels'
        >>> plan_crispen(Photo.open("examples/photos/cream-jar.jpg").pixels) is None
        True
    """
    detail = measure_detail(pixels)
    amount = _missing_amount(detail.fine, _TARGET_FINE_DETAIL, _MAX_CRISPEN_AMOUNT)
    if amount == 0:
        return None
    radius = FINE_RADIUS * _photo_scale(pixels)
    change = partial(crispen, radius=radius, amount=amount, noise=detail.grain)
    reason = f"fine detail of {detail.fine:.0f} grey levels"
    return _make_detail_step("crispen", Intent.CONTRAST, amount, reason, change)


def plan_local_contrast(pixels: Pixels) -> Step | None:
    """Strengthen local contrast where 97 % of it are weaker than 15 grey levels.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> from packshot import Photo
        >>> plan_local_contrast(Photo.open("examples/photos/clay-bowl.jpg").pixels).reason
        'local contrast of 8 grey levels'
    """
    detail = measure_detail(pixels)
    amount = _missing_amount(detail.local, _TARGET_LOCAL_CONTRAST, _MAX_CONTRAST_AMOUNT)
    if amount == 0:
        return None
    radius = LOCAL_RADIUS * _photo_scale(pixels)
    change = partial(enhance_local_contrast, radius=radius, amount=amount, noise=detail.grain)
    reason = f"local contrast of {detail.local:.0f} grey levels"
    return _make_detail_step("local-contrast", Intent.CONTRAST, amount, reason, change)


def _deblock_and_change(pixels: Pixels, change: Change) -> Pixels:
    """Take off some of an encoder's blocks, which a change of detail would show, and apply it."""
    quality = estimate_jpeg_quality(pixels)
    return change(pixels if quality is None else deblock(pixels, quality, _DEBLOCK_STRENGTH))


def _missing_amount(measured: float, target: float, max_amount: float) -> float:
    """Return the share of itself that detail lacks; 0 where that, or all detail, is next to nothing."""
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
