"""The realistic mix of damage that steps and networks are compared on."""

from __future__ import annotations

from typing import Final

import numpy as np

from packshot.arrays import Pixels
from packshot.distort import Kind, distort

_STAGES: Final[tuple[tuple[float, tuple[Kind, ...]], ...]] = (
    (0.5, (Kind.GAUSSIAN_BLUR, Kind.LENS_BLUR, Kind.MOTION_BLUR)),
    (0.4, (Kind.LOW_LIGHT, Kind.DARKEN)),
    (0.5, (Kind.WRONG_WHITE_BALANCE,)),
    (0.25, (Kind.UPSCALED_THUMBNAIL,)),
    (0.5, (Kind.WHITE_NOISE, Kind.MULTIPLICATIVE_NOISE)),
    (0.6, (Kind.JPEG,)),
)
"""In the order in which a photo meets them: lens, light, camera, size, sensor, file.

Each comes with its chance."""

_LEVELS: Final = (1, 2, 3)
_CHANCES: Final = (0.45, 0.35, 0.2)


def apply_damage_mix(pixels: Pixels, seed: int) -> tuple[Pixels, tuple[str, ...]]:
    """One to six kinds of damage, mild to medium, by the seed.

    Args:
        pixels: (H, W, 3) uint8.
        seed: At least 0.

    Returns:
        The damaged photo, and what was done, as "kind:level".
    """
    generator = np.random.default_rng(seed)
    plan: list[tuple[Kind, int]] = []
    while not plan:
        plan = [
            (kinds[generator.integers(len(kinds))], int(generator.choice(_LEVELS, p=_CHANCES)))
            for chance, kinds in _STAGES
            if generator.random() < chance
        ]
    for kind, level in plan:
        pixels = distort(pixels, kind, level, int(generator.integers(2**31)))
    return pixels, tuple(f"{kind}:{level}" for kind, level in plan)
