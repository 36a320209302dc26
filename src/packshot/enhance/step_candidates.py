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
from packshot.enhance.combined_repairs import (
    COMBINED_REPAIRS,
    MIN_COMBINED_REPAIRS,
    plan_combined_repairs,
)
from packshot.enhance.detail_steps import (
    plan_crispen,
    plan_deblur,
    plan_local_contrast,
    plan_motion_deblur,
    plan_sharpen,
)
from packshot.enhance.fidelity import FidelityMemory
from packshot.enhance.step import Planner
from packshot.texts import DISTORTION_PREFIX

CLASSICAL_STEPS: Final[Mapping[str, Planner]] = {
    "remove-impulses": plan_impulses,
    "deblock": plan_deblock,
    "denoise": plan_denoise,
    "white-balance": plan_white_balance,
    "take-off-haze": plan_haze,
    "expose": plan_exposure,
    "lift-shadows": plan_shadows,
    "stretch-tones": plan_tones,
    "deblur": plan_deblur,
    "motion-deblur": plan_motion_deblur,
    "sharpen": plan_sharpen,
    "local-contrast": plan_local_contrast,
    "crispen": plan_crispen,
}
"""Repairs of light, colour and detail, by name, in the order in which they are applied: flat tones are
stretched before light is added, for what is flat looks dark."""

PRODUCT_STEPS: Final = ("cut-border", "straighten", "whiten-background", "frame-product")
"""Names of changes of background and frame, which `presentation` makes: the loop has none of them."""

NETWORK_STEP: Final = "network"
STEP_NAMES: Final = (NETWORK_STEP, *CLASSICAL_STEPS, *PRODUCT_STEPS)
"""Names of the steps that the loop chooses from; `presentation` has those that it makes."""
STEPS_ON_REQUEST: Final = frozenset(
    (
        NETWORK_STEP,
        "lift-shadows",
        "stretch-tones",
        "deblur",
        "motion-deblur",
        "sharpen",
        "local-contrast",
        "crispen",
    )
)
"""Steps that are tried only where they are named: of those that make a photo sharper or fuller each took
damaged photos further from their originals, or undamaged ones
(docs/decisions/0035-guards-that-count-everything.md)."""

MEASURED_REPAIRS: Final = frozenset(("white-balance",))
"""Steps that are tried whatever is found: their own measurement asks for more evidence than a finding
does (docs/decisions/0044-casts-with-evidence.md)."""

_CODEC_REPAIRS = ("deblock",)
_NOISE_REPAIRS = ("remove-impulses", "denoise")
_BLUR_REPAIRS = ("deblur", "motion-deblur", "sharpen", "crispen")
_LIGHT_REPAIRS = ("take-off-haze", "expose", "lift-shadows")

_REPAIRS_BY_CODE: Final[Mapping[str, tuple[str, ...]]] = {
    "blurred": _BLUR_REPAIRS,
    "product-blurred": _BLUR_REPAIRS,
    "noisy": _NOISE_REPAIRS,
    "too-dark": _LIGHT_REPAIRS,
    "clipped-shadows": ("lift-shadows",),
    "low-contrast": ("take-off-haze", "stretch-tones", "expose", "local-contrast"),
    "colour-cast": ("white-balance",),
    "jpeg-artefacts": _CODEC_REPAIRS,
    "ringing": _CODEC_REPAIRS,
    "background-not-white": ("take-off-haze", "expose", "whiten-background"),
    "background-uneven": ("whiten-background",),
    "border": ("cut-border",),
    "product-too-small": ("frame-product",),
    "off-centre": ("frame-product",),
    "tilted": ("straighten",),
    "uneven-light": ("whiten-background",),
}
"""Repairs by code of what is measured: a choice by what each does, and each abstains where it measures
nothing."""

_REPAIRS_BY_KIND: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.GAUSSIAN_BLUR: _BLUR_REPAIRS,
    Kind.LENS_BLUR: _BLUR_REPAIRS,
    Kind.MOTION_BLUR: _BLUR_REPAIRS,
    Kind.DEFOCUSED_PRODUCT: _BLUR_REPAIRS,
    Kind.UPSCALED_THUMBNAIL: (*_CODEC_REPAIRS, *_BLUR_REPAIRS),
    Kind.JPEG: _CODEC_REPAIRS,
    Kind.WEBP: _CODEC_REPAIRS,
    Kind.JPEG2000: _CODEC_REPAIRS,
    Kind.PIXELATE: _CODEC_REPAIRS,
    Kind.WHITE_NOISE: _NOISE_REPAIRS,
    Kind.MULTIPLICATIVE_NOISE: _NOISE_REPAIRS,
    Kind.COLOUR_COMPONENT_NOISE: _NOISE_REPAIRS,
    Kind.IMPULSE_NOISE: _NOISE_REPAIRS,
    Kind.DARKEN: _LIGHT_REPAIRS,
    Kind.LOW_LIGHT: (*_LIGHT_REPAIRS, *_NOISE_REPAIRS),
    Kind.VEIL: ("take-off-haze", "stretch-tones"),
    Kind.CONTRAST: ("take-off-haze", "stretch-tones"),
    Kind.MEAN_SHIFT: ("take-off-haze", "stretch-tones", "expose"),
    Kind.WRONG_WHITE_BALANCE: ("white-balance",),
    Kind.UNEVEN_LIGHT: ("whiten-background",),
}
"""Repairs by kind of damage that the assessor recognises: those that undo what the kind does."""

REPAIRS: Final[Mapping[str, tuple[str, ...]]] = {
    **_REPAIRS_BY_CODE,
    **{DISTORTION_PREFIX + kind.value: names for kind, names in _REPAIRS_BY_KIND.items()},
}
"""Names of the steps that may help, by code of a finding. A code that is not here needs another photo,
or a person."""


@dataclass(frozen=True)
class StepCandidate:
    """A step that may help, not planned yet.

    Attributes:
        name: Of the step.
        plan: Measures pixels and plans the step for them.
        called_for_by: Codes of the findings it may mend; none where it is tried because of others.
        members: Those it tries together, in order.

    Example:
        >>> candidate = StepCandidate("denoise", plan_denoise, called_for_by=("noisy",))
        >>> candidate.name, candidate.called_for_by
        ('denoise', ('noisy',))
    """

    name: str
    plan: Planner
    called_for_by: tuple[str, ...] = ()
    members: tuple[StepCandidate, ...] = ()


def build_planners(*, network: Planner | None = None) -> dict[str, Planner]:
    """Return the planners that the loop chooses from, by name, in the order to apply them.

    Args:
        network: Plans the enhancement network.

    Example:
        >>> list(build_planners())[:3]
        ['remove-impulses', 'deblock', 'denoise']
    """
    return dict(CLASSICAL_STEPS) if network is None else {NETWORK_STEP: network, **CLASSICAL_STEPS}


def find_step_candidates(
    codes: Collection[str],
    available: Mapping[str, Planner],
    *,
    thorough: bool = False,
    guard: FidelityMemory | None = None,
) -> list[StepCandidate]:
    """Find the steps that may mend what was found, in the order to try them.

    The network, which mends several kinds of damage at once, comes before the repairs where findings
    call for more than one of those, else after them.

    Args:
        codes: Of the findings.
        available: From `build_planners`.
        thorough: Have all repairs: damage seldom comes alone, and one kind hides
            another. Each still abstains where it measures nothing.
        guard: Measures what repairs together may do; remembers what it measured before.

    Example:
        >>> found = find_step_candidates(["noisy", "border"], build_planners())
        >>> [candidate.name for candidate in found]
        ['repairs-together', 'remove-impulses', 'denoise']
        >>> found[0].members[0].called_for_by
        ('noisy',)
    """
    codes_by_step = {
        name: tuple(code for code in codes if name in _find_repairs(code)) for name in available
    }
    step_candidates = [
        StepCandidate(name, plan, codes_by_step[name])
        for name, plan in available.items()
        if codes_by_step[name] or thorough
    ]
    ordered = (
        step_candidates if _has_several_repairs(codes) else _move_network_after_repairs(step_candidates)
    )
    return [*_combine_repairs(step_candidates, guard), *ordered]


def _combine_repairs(
    step_candidates: list[StepCandidate], guard: FidelityMemory | None
) -> list[StepCandidate]:
    """Combine all repairs that were chosen into one candidate more, where there are several."""
    repairs = tuple(candidate for candidate in step_candidates if candidate.name in CLASSICAL_STEPS)
    if len(repairs) < MIN_COMBINED_REPAIRS:
        return []
    planners = tuple(candidate.plan for candidate in repairs)
    plan = partial(plan_combined_repairs, planners=planners, guard=guard)
    codes = dict.fromkeys(code for candidate in repairs for code in candidate.called_for_by)
    return [StepCandidate(COMBINED_REPAIRS, plan, tuple(codes), repairs)]


def _has_several_repairs(codes: Collection[str]) -> bool:
    """Return whether findings call for different repairs: what the network was trained for."""
    repair_sets = {
        frozenset(name for name in _find_repairs(code) if name in CLASSICAL_STEPS) for code in codes
    }
    return len(repair_sets - {frozenset[str]()}) > 1


def _move_network_after_repairs(step_candidates: list[StepCandidate]) -> list[StepCandidate]:
    """Move the network behind the repairs: one kind of damage has a step made for it."""
    return sorted(step_candidates, key=lambda one: one.name == NETWORK_STEP)


def _find_repairs(code: str) -> tuple[str, ...]:
    """Find the steps for a finding, with the network wherever a repair is among them."""
    step_names = REPAIRS.get(code, ())
    return (NETWORK_STEP, *step_names) if set(step_names) & set(CLASSICAL_STEPS) else step_names
