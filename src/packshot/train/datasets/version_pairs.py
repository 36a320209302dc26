"""Pairs of versions of photos whose original is known: what a judge of versions learns from.

Originals are damaged, or left as they are; every step of the project, at several strengths, plain
changes of light, colour and detail, and the network change them. Whether a version is nearer to the
original than what it was made of is measured, by several full-reference measures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.distort import Kind, distort
from packshot.distort.parameters import apply_curve
from packshot.enhance.classical import restore
from packshot.enhance.deblock import deblock
from packshot.enhance.denoise import Noise, denoise
from packshot.enhance.network import EnhancementNetwork
from packshot.enhance.sharpen import sharpen
from packshot.enhance.step_candidates import CLASSICAL_STEPS
from packshot.enhance.tone import remove_haze
from packshot.measure.reference import haarpsi, psnr, ssim
from packshot.measure.reference.ciede2000 import mean_ciede2000
from packshot.train.datasets.mixes import damage_by_seed

Change = Callable[[Pixels], Pixels]
Damage = Callable[[Pixels, np.random.Generator], Pixels]

GAIN_NAMES: Final = ("psnr", "ssim", "haarpsi", "ciede2000")
"""Measures of a gain, in order; CIEDE2000 counts backwards, so that more is nearer."""

HARM: Final[Mapping[str, float]] = {"psnr": 0.1, "ssim": 0.002}
"""By so much a measure falls where a photo is harmed: decibels, and units of SSIM."""

MAX_PSNR: Final = 60.0
"""Decibels that equal pictures count as."""

_MAX_LEVEL = 5
_SEED_LIMIT = 1 << 31
_PLAIN_CHANGES = 7
"""Plain changes of each damaged photo."""


@dataclass(frozen=True, eq=False)
class VersionPair:
    """A photo before and after a change, and how much nearer to its original it came.

    Attributes:
        before: (H, W, 3) uint8.
        after: Of the same shape.
        gains: (4,) by `GAIN_NAMES`: decibels, SSIM 0..1, HaarPSI 0..1, units of CIEDE2000.
        change: Name of what was done.

    Example:
        >>> grey = np.full((64, 64, 3), 120, np.uint8)
        >>> pair = VersionPair(grey - 20, grey, measure_gains(grey, grey - 20, grey), "expose")
        >>> bool((pair.gains > 0).all())
        True
    """

    before: Pixels
    after: Pixels
    gains: Float32Array
    change: str


def measure_gains(original: Pixels, before: Pixels, after: Pixels) -> Float32Array:
    """Measure how much nearer to its original a photo came, by each of `GAIN_NAMES`.

    Args:
        original: (H, W, 3) uint8.
        before: Of the same shape.
        after: Of the same shape.

    Returns:
        (4,) positive where nearer.

    Example:
        >>> grey = np.full((64, 64, 3), 120, np.uint8)
        >>> measure_gains(grey, grey, grey).tolist()
        [0.0, 0.0, 0.0, 0.0]
    """
    return measure_truth(original, after) - measure_truth(original, before)


def measure_truth(original: Pixels, version: Pixels) -> Float32Array:
    """Measure how near a version is to its original: (4,) by `GAIN_NAMES`, more is nearer.

    Example:
        >>> grey = np.full((64, 64, 3), 120, np.uint8)
        >>> measure_truth(grey, grey).round(2).tolist()
        [60.0, 1.0, 1.0, -0.0]
    """
    truth = (
        min(psnr(original, version), MAX_PSNR),
        ssim(original, version),
        haarpsi(original, version),
        -mean_ciede2000(original, version),
    )
    return np.array(truth, np.float32)


def make_pairs(
    original: Pixels,
    damages: Mapping[str, Damage],
    changes: Mapping[str, Change],
    generator: np.random.Generator,
    per_damage: int,
) -> Iterator[tuple[str, VersionPair]]:
    """Damage an original, change it in several ways; give the kind of damage and the pair.

    What changes nothing is left out; of the rest so many are drawn.

    Args:
        original: (H, W, 3) uint8.
        damages: By name.
        changes: By name.
        generator: Of every choice.
        per_damage: Pairs of each damaged version, at most.
    """
    for damage_name, damage in damages.items():
        before = damage(original, generator)
        truth_before = measure_truth(original, before)
        names = generator.permutation(sorted(changes))
        made = 0
        for name in names:
            after = changes[name](before)
            if after.shape != before.shape or np.array_equal(after, before):
                continue
            gains = measure_truth(original, after) - truth_before
            yield damage_name, VersionPair(before, after, gains, str(name))
            made += 1
            if made == per_damage:
                break


def draw_damages(generator: np.random.Generator) -> dict[str, Damage]:
    """Draw what happens to one original: nothing, a mix, a mix that leaves its light, two kinds.

    Example:
        >>> list(draw_damages(np.random.default_rng(0)))[:3]
        ['none', 'mix', 'mix of detail']
    """
    damages: dict[str, Damage] = {
        "none": lambda pixels, _: pixels,
        "mix": lambda pixels, rng: damage_by_seed(pixels, int(rng.integers(_SEED_LIMIT)))[0],
        "mix of detail": lambda pixels, rng: damage_by_seed(
            pixels, int(rng.integers(_SEED_LIMIT)), with_light=False
        )[0],
    }
    for kind in generator.choice(sorted(DAMAGE_KINDS), 2, replace=False):
        damages[str(kind)] = _make_damage(Kind(str(kind)))
    return damages


DAMAGE_KINDS: Final = (
    Kind.GAUSSIAN_BLUR,
    Kind.LENS_BLUR,
    Kind.MOTION_BLUR,
    Kind.UPSCALED_THUMBNAIL,
    Kind.JPEG,
    Kind.WEBP,
    Kind.WHITE_NOISE,
    Kind.MULTIPLICATIVE_NOISE,
    Kind.COLOUR_COMPONENT_NOISE,
    Kind.IMPULSE_NOISE,
    Kind.DARKEN,
    Kind.LOW_LIGHT,
    Kind.VEIL,
    Kind.CONTRAST,
    Kind.MEAN_SHIFT,
    Kind.WRONG_WHITE_BALANCE,
    Kind.OVER_SHARPEN,
)
"""Kinds that steps mend or may take for what they mend."""


def _make_damage(kind: Kind) -> Damage:
    def damage(pixels: Pixels, generator: np.random.Generator) -> Pixels:
        level = int(generator.integers(1, _MAX_LEVEL + 1))
        return distort(pixels, kind, level, seed=int(generator.integers(_SEED_LIMIT)))

    return damage


def list_step_changes(network: EnhancementNetwork | None) -> dict[str, Change]:
    """List every step of the project, whole and by half, and all repairs one after the other.

    Example:
        >>> names = list_step_changes(None)
        >>> "denoise" in names, "denoise by half" in names
        (True, True)
    """
    whole: dict[str, Change] = {name: _follow_plan(name) for name in CLASSICAL_STEPS}
    whole["classical"] = lambda pixels: restore(pixels)[0]
    if network is not None:
        whole["network"] = network.enhance
        whole["classical, network"] = lambda pixels: network.enhance(restore(pixels)[0])
    halves = {f"{name} by half": _halve(change) for name, change in whole.items()}
    return whole | halves


def draw_plain_changes(generator: np.random.Generator) -> dict[str, Change]:
    """Draw changes that nothing measured called for: what a judge must also be able to refuse.

    Example:
        >>> len(draw_plain_changes(np.random.default_rng(0)))
        7
    """
    makers = generator.choice(len(_PLAIN_MAKERS), _PLAIN_CHANGES, replace=False)
    return dict(_PLAIN_MAKERS[int(place)](generator) for place in makers)


def _follow_plan(name: str) -> Change:
    def change(pixels: Pixels) -> Pixels:
        step = CLASSICAL_STEPS[name](pixels)
        return pixels if step is None else step.apply(pixels)

    return change


def _halve(change: Change) -> Change:
    return lambda pixels: np.asarray(cv2.addWeighted(change(pixels), 0.5, pixels, 0.5, 0), np.uint8)


def _draw_exposure(generator: np.random.Generator) -> tuple[str, Change]:
    gain = float(2 ** generator.uniform(-1, 1.5))
    return "plain light", lambda pixels: _scale_light(pixels, (gain, gain, gain))


def _draw_balance(generator: np.random.Generator) -> tuple[str, Change]:
    gain = float(generator.uniform(-0.4, 0.4))
    return "plain balance", lambda pixels: _scale_light(pixels, (1 + gain, 1.0, 1 - gain))


def _draw_gamma(generator: np.random.Generator) -> tuple[str, Change]:
    power = float(2 ** generator.uniform(-0.8, 0.8))
    return "plain gamma", lambda pixels: apply_curve(pixels, lambda values: values**power)


def _draw_stretch(generator: np.random.Generator) -> tuple[str, Change]:
    black, white = float(generator.uniform(0, 0.25)), float(generator.uniform(0.75, 1))
    return "plain stretch", lambda pixels: remove_haze(pixels, black, white)


def _draw_denoise(generator: np.random.Generator) -> tuple[str, Change]:
    luma = float(generator.uniform(1, 15))
    noise = Noise(luma, luma, chroma=float(generator.uniform(0.2, 0.5)) * luma)
    return "plain denoise", lambda pixels: denoise(pixels, noise)


def _draw_deblock(generator: np.random.Generator) -> tuple[str, Change]:
    quality = int(generator.integers(8, 60))
    return "plain deblock", lambda pixels: deblock(pixels, quality)


def _draw_sharpen(generator: np.random.Generator) -> tuple[str, Change]:
    blur = float(generator.uniform(0.5, 2.5))
    return "plain sharpen", lambda pixels: sharpen(pixels, blur)


def _draw_unsharp(generator: np.random.Generator) -> tuple[str, Change]:
    sigma, amount = float(generator.uniform(0.6, 3)), float(generator.uniform(0.3, 1.5))
    return "plain unsharp", lambda pixels: _mask_unsharp(pixels, sigma, amount)


def _draw_blur(generator: np.random.Generator) -> tuple[str, Change]:
    sigma = float(generator.uniform(0.4, 1.5))
    return "plain blur", lambda pixels: np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def _draw_saturation(generator: np.random.Generator) -> tuple[str, Change]:
    share = float(generator.uniform(0.3, 1.7))

    def change(pixels: Pixels) -> Pixels:
        grey = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        return np.asarray(cv2.addWeighted(pixels, share, grey, 1 - share, 0), np.uint8)

    return "plain saturation", change


def _draw_contrast(generator: np.random.Generator) -> tuple[str, Change]:
    """Draw an S-curve, or its opposite, about the middle."""
    strength = float(generator.uniform(-0.7, 1.5))

    def curve(values: Float32Array) -> Float32Array:
        bent = values + strength * values * (1 - values) * (2 * values - 1)
        return np.clip(bent, 0, 1)

    return "plain contrast", lambda pixels: apply_curve(pixels, curve)


def _draw_local_contrast(generator: np.random.Generator) -> tuple[str, Change]:
    sigma, amount = float(generator.uniform(8, 40)), float(generator.uniform(-0.4, 0.8))
    return "plain local contrast", lambda pixels: _mask_unsharp(pixels, sigma, amount)


def _draw_levelling(generator: np.random.Generator) -> tuple[str, Change]:
    """Draw a step towards tones that are all as frequent."""
    share = float(generator.uniform(0.1, 0.9))

    def change(pixels: Pixels) -> Pixels:
        counts = np.bincount(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).ravel(), minlength=256)
        level = np.cumsum(counts) / counts.sum()
        table = 255 * share * level + (1 - share) * np.arange(256)
        return np.asarray(np.rint(table).astype(np.uint8)[pixels], np.uint8)

    return "plain levelling", change


def _draw_grain(generator: np.random.Generator) -> tuple[str, Change]:
    sigma, seed = float(generator.uniform(1, 12)), int(generator.integers(_SEED_LIMIT))

    def change(pixels: Pixels) -> Pixels:
        noise = np.random.default_rng(seed).standard_normal(pixels.shape, np.float32)
        return np.clip(np.rint(pixels + sigma * noise), 0, 255).astype(np.uint8)

    return "plain grain", change


def _draw_smoothing(generator: np.random.Generator) -> tuple[str, Change]:
    colour, size = float(generator.uniform(8, 60)), float(generator.uniform(1.5, 5))
    return "plain smoothing", lambda pixels: np.asarray(
        cv2.bilateralFilter(pixels, -1, colour, size), np.uint8
    )


_PLAIN_MAKERS: Final[Sequence[Callable[[np.random.Generator], tuple[str, Change]]]] = (
    _draw_exposure,
    _draw_balance,
    _draw_gamma,
    _draw_stretch,
    _draw_denoise,
    _draw_deblock,
    _draw_sharpen,
    _draw_unsharp,
    _draw_blur,
    _draw_saturation,
    _draw_contrast,
    _draw_local_contrast,
    _draw_levelling,
    _draw_grain,
    _draw_smoothing,
)


def _mask_unsharp(pixels: Pixels, sigma: float, amount: float) -> Pixels:
    """Add so much of what a blur takes; a negative amount takes it away."""
    soft = cv2.GaussianBlur(pixels, (0, 0), sigma)
    return np.asarray(cv2.addWeighted(pixels, 1 + amount, soft, -amount, 0), np.uint8)


def _scale_light(pixels: Pixels, gains: tuple[float, float, float]) -> Pixels:
    shares = np.power(np.asarray(gains, np.float32), np.float32(1 / 2.2))
    return apply_curve(pixels, lambda values: values * shares)
