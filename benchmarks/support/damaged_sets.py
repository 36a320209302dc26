"""Sets of one original and versions of it that were damaged on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from packshot.arrays import Pixels
from packshot.distort import Kind, distort, find_family

LEVELS = (2, 3, 4, 5)
SINGLE_DAMAGE_VERSIONS = 4
COMBINED_DAMAGE_VERSIONS = 2
"""Versions of one kind of damage in a set, and versions of several at once."""

_MAX_COMBINED = 3
_MIN_CHANGE = 0.5


@dataclass(frozen=True, eq=False)
class Version:
    """A photo of a set.

    Attributes:
        pixels: (H, W, 3) RGB.
        damage: Kind and level of each damage, in the order done; empty for the original.
    """

    pixels: Pixels
    damage: tuple[tuple[Kind, int], ...]

    @property
    def name(self) -> str:
        """Return what was done, fit for a file's name."""
        return "+".join(f"{kind}-{level}" for kind, level in self.damage) or "original"


def make_damaged_set(pixels: Pixels, seed: int) -> list[Version]:
    """The original, then its damaged versions, all of different families of kinds.

    What changes nothing (less colour for a grey product) is no damage: another kind takes its place.
    """
    generator = np.random.default_rng(seed)
    versions = [Version(pixels, ())]
    kinds = _iter_kinds(generator)
    while len(versions) <= SINGLE_DAMAGE_VERSIONS + COMBINED_DAMAGE_VERSIONS:
        count = (
            1
            if len(versions) <= SINGLE_DAMAGE_VERSIONS
            else int(generator.integers(2, _MAX_COMBINED + 1))
        )
        damage = tuple((next(kinds), int(generator.choice(LEVELS))) for _ in range(count))
        version = _apply_damage(pixels, damage, int(generator.integers(1 << 30)))
        if np.abs(version.astype(np.int16) - pixels).mean() >= _MIN_CHANGE:
            versions.append(Version(version, damage))
    return versions


def _iter_kinds(generator: np.random.Generator) -> Iterator[Kind]:
    """Kinds by chance, no family again before all were there."""
    while True:
        seen: set[str] = set()
        for number in generator.permutation(len(Kind)):
            kind = list(Kind)[number]
            if find_family(kind) not in seen:
                seen.add(find_family(kind))
                yield kind


def _apply_damage(pixels: Pixels, damage: tuple[tuple[Kind, int], ...], seed: int) -> Pixels:
    for place, (kind, level) in enumerate(damage):
        pixels = distort(pixels, kind, level, seed=seed + place)
    return pixels
