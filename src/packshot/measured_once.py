"""Measurements that are made once: what was found of a photo is kept as long as someone remembers.

The loop of `enhance` plans, guards and assesses the same few photos, and each of these asks for the same
planes, background, noise and light. Within `remembering`, functions marked `measured_once` keep their
answers for photos that nobody can change (`freeze`); everywhere else they measure as ever. Nothing
outlives the block, and threads know nothing of each other's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar, cast

import numpy as np

from packshot.arrays import Pixels

Measured = TypeVar("Measured")
Limits = ParamSpec("Limits")

_MAX_PHOTOS: Final = 4
"""Photos of which something is kept: as it came, as it is now, and two that are tried."""


@dataclass(eq=False)
class _KnownPhoto:
    """A photo, and what was measured on it. It is held: its place in memory is nobody else's."""

    pixels: Pixels
    answers: dict[object, object] = field(default_factory=dict)


@dataclass(eq=False)
class _Memory:
    """Some photos, the last one asked for at the end."""

    photos: list[_KnownPhoto] = field(default_factory=list)

    def recall(self, key: object, pixels: Pixels, measure: Callable[[], Measured]) -> Measured:
        """Return what is known under a key, or measure it."""
        answers = self._find(pixels).answers
        if key not in answers:
            answers[key] = measure()
        return cast(Measured, answers[key])

    def _find(self, pixels: Pixels) -> _KnownPhoto:
        known = next((one for one in self.photos if one.pixels is pixels), None) or _KnownPhoto(pixels)
        others = [one for one in self.photos if one is not known]
        self.photos = [*others[1 - _MAX_PHOTOS :], known]
        return known


_memory: ContextVar[_Memory | None] = ContextVar("measurements", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Have functions marked `measured_once` keep their answers until the end of the block.

    Example:
        >>> calls = []
        >>> measure = measured_once(lambda pixels: calls.append(pixels.mean()))
        >>> photo = freeze(np.zeros((4, 4, 3), np.uint8))
        >>> with remembering():
        ...     measure(photo), measure(photo)
        (None, None)
        >>> measure(photo), len(calls)
        (None, 2)
    """
    if _memory.get() is not None:  # A block within another shares its memory.
        yield
        return
    token = _memory.set(_Memory())
    try:
        yield
    finally:
        _memory.reset(token)


def measured_once(
    measure: Callable[Concatenate[Pixels, Limits], Measured],
) -> Callable[Concatenate[Pixels, Limits], Measured]:
    """Mark a function of pixels, and of limits that are hashable, whose answer nobody changes.

    See `remembering`.

    Example:
        >>> count_pixels = measured_once(lambda pixels: pixels.size // 3)
        >>> count_pixels(np.zeros((4, 4, 3), np.uint8))
        16
    """

    @wraps(measure)
    def recall(pixels: Pixels, *limits: Limits.args, **named: Limits.kwargs) -> Measured:
        memory = _memory.get()
        if memory is None or not _is_frozen(pixels):
            return measure(pixels, *limits, **named)
        key = (measure, limits, tuple(sorted(named.items())))
        return memory.recall(key, pixels, lambda: measure(pixels, *limits, **named))

    return cast(Callable[Concatenate[Pixels, Limits], Measured], recall)


def freeze(pixels: Pixels) -> Pixels:
    """Return a photo that nobody can change; a copy where others may hold it.

    Args:
        pixels: (H, W, 3) uint8. Where it owns its values and can be written to it is made read-only, not
            copied: only for what the caller has just made itself.

    Example:
        >>> photo = np.zeros((4, 4, 3), np.uint8)
        >>> freeze(photo) is photo, freeze(photo[:2]) is photo, photo.flags.writeable
        (True, False, False)
    """
    if _is_frozen(pixels):
        return pixels
    own = pixels if pixels.flags.owndata else pixels.copy()
    own.setflags(write=False)
    return own


def _is_frozen(pixels: Pixels) -> bool:
    """Return whether values belong to this array alone and cannot be written to."""
    is_array = isinstance(pixels, np.ndarray)
    return is_array and pixels.flags.owndata and not pixels.flags.writeable
