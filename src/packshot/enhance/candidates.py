"""From findings to steps that may help."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Final

from packshot.assess.advice import DISTORTION_PREFIX
from packshot.distort import Kind
from packshot.enhance.classical import (
    CLASSICAL,
    plan_deblock,
    plan_denoise,
    plan_exposure,
    plan_haze,
    plan_shadows,
    plan_sharpen,
    plan_white_balance,
)
from packshot.enhance.product_steps import plan_border, plan_framing, plan_straighten, plan_whiten
from packshot.enhance.step import Planner, Step
from packshot.measure.planes import Pixels

ORDER: Final[tuple[Planner, ...]] = (
    plan_deblock,
    plan_denoise,
    plan_white_balance,
    plan_exposure,
    plan_shadows,
    plan_haze,
    plan_sharpen,
    plan_border,
    plan_straighten,
    plan_whiten,
    plan_framing,
)
"""Every planner, in the order in which steps are applied: damage, then background, then frame."""

_CODEC = (plan_deblock,)
_NOISE = (plan_denoise,)
_SOFT = (plan_sharpen,)
_LIGHT = (plan_exposure, plan_shadows)

_BY_CODE: Final[Mapping[str, tuple[Planner, ...]]] = {
    "blurred": _SOFT,
    "product-blurred": _SOFT,
    "noisy": _NOISE,
    "too-dark": _LIGHT,
    "clipped-shadows": (plan_shadows,),
    "low-contrast": (plan_haze, plan_exposure),
    "colour-cast": (plan_white_balance,),
    "jpeg-artefacts": _CODEC,
    "ringing": _CODEC,
    "background-not-white": (plan_white_balance, plan_exposure, plan_whiten),
    "background-uneven": (plan_whiten,),
    "border": (plan_border,),
    "tilted": (plan_straighten,),
    "product-too-small": (plan_framing,),
    "off-centre": (plan_framing,),
}

_BY_KIND: Final[Mapping[Kind, tuple[Planner, ...]]] = {
    Kind.GAUSSIAN_BLUR: _SOFT,
    Kind.LENS_BLUR: _SOFT,
    Kind.MOTION_BLUR: _SOFT,
    Kind.DEFOCUSED_PRODUCT: _SOFT,
    Kind.UPSCALED_THUMBNAIL: (*_CODEC, *_SOFT),
    Kind.JPEG: _CODEC,
    Kind.WEBP: _CODEC,
    Kind.JPEG2000: _CODEC,
    Kind.PIXELATE: _CODEC,
    Kind.WHITE_NOISE: _NOISE,
    Kind.MULTIPLICATIVE_NOISE: _NOISE,
    Kind.COLOUR_COMPONENT_NOISE: _NOISE,
    Kind.IMPULSE_NOISE: _NOISE,
    Kind.DARKEN: _LIGHT,
    Kind.LOW_LIGHT: (*_LIGHT, *_NOISE),
    Kind.VEIL: (plan_haze,),
    Kind.CONTRAST: (plan_haze,),
    Kind.MEAN_SHIFT: (plan_haze, plan_exposure),
    Kind.WRONG_WHITE_BALANCE: (plan_white_balance,),
    Kind.UNEVEN_LIGHT: (plan_whiten,),
}

REPAIRS: Final[Mapping[str, tuple[Planner, ...]]] = {
    **_BY_CODE,
    **{DISTORTION_PREFIX + kind.value: planners for kind, planners in _BY_KIND.items()},
}
"""By code of a finding: what may help. A code that is not here needs another photo, or a person."""


def candidate_steps(
    pixels: Pixels, codes: Collection[str], quality: int | None = None, thorough: bool = True
) -> list[Step]:
    """Plan the steps that may mend what was found, in the order to apply them.

    Every step is planned for the pixels as they are: after one has been kept, ask again.

    Args:
        pixels: (H, W, 3) uint8, at full size.
        codes: Of the findings.
        quality: JPEG quality of the file, where it is known and its pixels are unchanged.
        thorough: Once one thing can be mended, ask all classical planners: damage seldom comes alone,
            and one kind hides another. Each still abstains where it measures nothing.

    Returns:
        None or more steps; none where no finding can be mended.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    wanted = {planner for code in codes for planner in REPAIRS.get(code, ())}
    if thorough and wanted:
        wanted |= set(CLASSICAL)
    planned = (_plan(planner, pixels, quality) for planner in ORDER if planner in wanted)
    return [step for step in planned if step is not None]


def _plan(planner: Planner, pixels: Pixels, quality: int | None) -> Step | None:
    told = partial(plan_deblock, quality=quality) if planner is plan_deblock else planner
    return told(pixels)
