"""From findings to steps that may help."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from packshot.distort import Kind
from packshot.enhance.classical import (
    plan_deblock,
    plan_denoise,
    plan_exposure,
    plan_haze,
    plan_impulses,
    plan_shadows,
    plan_tones,
    plan_white_balance,
)
from packshot.enhance.detail_steps import (
    plan_crispen,
    plan_deblur,
    plan_local_contrast,
    plan_motion_deblur,
    plan_sharpen,
)
from packshot.enhance.framing import SMALLEST_SIDE
from packshot.enhance.product_steps import plan_border, plan_framing, plan_straighten, plan_whiten
from packshot.enhance.step import Planner
from packshot.enhance.together import TOGETHER, plan_together
from packshot.texts import DISTORTION_PREFIX

CLASSICAL: Final[Mapping[str, Planner]] = {
    "remove-impulses": plan_impulses,
    "deblock": plan_deblock,
    "denoise": plan_denoise,
    "white-balance": plan_white_balance,
    "expose": plan_exposure,
    "lift-shadows": plan_shadows,
    "take-off-haze": plan_haze,
    "stretch-tones": plan_tones,
    "deblur": plan_deblur,
    "motion-deblur": plan_motion_deblur,
    "sharpen": plan_sharpen,
    "local-contrast": plan_local_contrast,
    "crispen": plan_crispen,
}
"""Repairs of light, colour and detail, by name, in the order in which they are applied."""

PRODUCT: Final[Mapping[str, Planner]] = {
    "cut-border": plan_border,
    "straighten": plan_straighten,
    "whiten-background": plan_whiten,
    "frame-product": plan_framing,
}
"""Changes of background and frame: after the repairs, the background before the frame."""

NETWORK: Final = "network"
STEP_NAMES: Final = (NETWORK, *CLASSICAL, *PRODUCT)
_CALL_THEMSELVES: Final = frozenset((NETWORK, *CLASSICAL, "straighten"))

_FEWEST_TOGETHER: Final = 2

_CODEC = ("deblock",)
_NOISE = ("remove-impulses", "denoise")
_SOFT = ("deblur", "motion-deblur", "sharpen", "crispen")
_LIGHT = ("expose", "lift-shadows")

_BY_CODE: Final[Mapping[str, tuple[str, ...]]] = {
    "blurred": _SOFT,
    "product-blurred": _SOFT,
    "noisy": _NOISE,
    "too-dark": _LIGHT,
    "clipped-shadows": ("lift-shadows",),
    "low-contrast": ("take-off-haze", "stretch-tones", "expose", "local-contrast"),
    "colour-cast": ("white-balance",),
    "jpeg-artefacts": _CODEC,
    "ringing": _CODEC,
    "background-not-white": ("white-balance", "expose", "whiten-background"),
    "background-uneven": ("whiten-background",),
    "border": ("cut-border",),
    "product-too-small": ("frame-product",),
    "off-centre": ("frame-product",),
}

_BY_KIND: Final[Mapping[Kind, tuple[str, ...]]] = {
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
    Kind.VEIL: ("take-off-haze", "stretch-tones"),
    Kind.CONTRAST: ("take-off-haze", "stretch-tones"),
    Kind.MEAN_SHIFT: ("take-off-haze", "stretch-tones", "expose"),
    Kind.WRONG_WHITE_BALANCE: ("white-balance",),
    Kind.UNEVEN_LIGHT: ("whiten-background",),
}

REPAIRS: Final[Mapping[str, tuple[str, ...]]] = {
    **_BY_CODE,
    **{DISTORTION_PREFIX + kind.value: names for kind, names in _BY_KIND.items()},
}
"""By code of a finding: what may help. A code that is not here needs another photo, or a person."""


@dataclass(frozen=True)
class Candidate:
    """A step that may help, not planned yet.

    Attributes:
        name: Of the step.
        plan: Measures pixels and plans the step for them.
        called_for_by: Codes of the findings it may mend; none where it is tried because of others.
        members: Those it tries together, in order.
    """

    name: str
    plan: Planner
    called_for_by: tuple[str, ...] = ()
    members: tuple[Candidate, ...] = ()


def planners(
    *, product: bool = True, scale: float = 1, network: Planner | None = None
) -> dict[str, Planner]:
    """The steps to choose from, by name, in the order to apply them.

    Args:
        product: Whether steps that change background and frame are wanted as well.
        scale: How many times larger the photo is than the pixels to plan for.
        network: Plans the enhancement network.
    """
    available = dict(CLASSICAL) if network is None else {NETWORK: network, **CLASSICAL}
    if product:
        framing = partial(plan_framing, smallest=SMALLEST_SIDE / scale)
        available |= {**PRODUCT, "frame-product": framing}
    return available


def candidates(
    codes: Collection[str], available: Mapping[str, Planner], *, thorough: bool = False
) -> list[Candidate]:
    """Steps that may mend what was found, in the order to try them.

    The network, which mends several kinds of damage at once, comes before the repairs where findings
    call for more than one of those, else after them.

    Args:
        codes: Of the findings.
        available: From `planners`.
        thorough: Have all repairs, and straightening: damage seldom comes alone, and one kind hides
            another. Each still abstains where it measures nothing.
    """
    called = {name: tuple(code for code in codes if name in _repairs(code)) for name in available}
    chosen = [
        Candidate(name, plan, called[name])
        for name, plan in available.items()
        if called[name] or (thorough and name in _CALL_THEMSELVES)
    ]
    ordered = chosen if _mixed(codes) else _network_after_repairs(chosen)
    return [*_together(chosen), *ordered]


def _together(chosen: list[Candidate]) -> list[Candidate]:
    """All repairs that were chosen, as one candidate more, where there are several."""
    repairs = tuple(one for one in chosen if one.name in CLASSICAL)
    if len(repairs) < _FEWEST_TOGETHER:
        return []
    plan = partial(plan_together, planners=tuple(one.plan for one in repairs))
    codes = dict.fromkeys(code for one in repairs for code in one.called_for_by)
    return [Candidate(TOGETHER, plan, tuple(codes), repairs)]


def _mixed(codes: Collection[str]) -> bool:
    """Whether findings call for different repairs: what the network was trained for."""
    called = {frozenset(name for name in _repairs(code) if name in CLASSICAL) for code in codes}
    return len(called - {frozenset[str]()}) > 1


def _network_after_repairs(chosen: list[Candidate]) -> list[Candidate]:
    """One kind of damage has a step made for it, which goes first."""
    return sorted(chosen, key=lambda one: (one.name in PRODUCT, one.name == NETWORK))


def _repairs(code: str) -> tuple[str, ...]:
    """The steps for a finding, with the network wherever a repair is among them."""
    named = REPAIRS.get(code, ())
    return (NETWORK, *named) if set(named) & set(CLASSICAL) else named
