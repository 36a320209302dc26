"""What the numbers of a picture mean: curves and primaries, from profiles, code points or a gamma.

A colour space is three curves, from stored numbers to shares of light, and a matrix from its primaries
to those of sRGB. That is all that the code points of PNG and AVIF say, and the profiles of cameras and
screens; profiles of printers hold tables instead, and are LittleCMS's to apply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np

from packshot.arrays import AnyArray, Float64Array, Pixels, UInt16Array

Curve = Callable[[Float64Array], Float64Array]
"""From stored numbers, as shares 0..1 of the largest, to shares of the light of white."""

_LEVELS = 65536
_D50 = np.array([0.9642, 1.0, 0.8249])
"""White of the space that ICC profiles meet in, XYZ: ICC.1:2022, section 7.2.16."""
_D65 = (0.3127, 0.3290)
"""White of sRGB, x and y: IEC 61966-2-1."""
_SRGB_PRIMARIES = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
"""Red, green and blue of sRGB, x and y: IEC 61966-2-1."""
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
"""From XYZ to the cone responses that adaptation works on: ICC.1:2022, annex E."""
_MAX_CONDITION = 1e4
"""Of a matrix of primaries; above it they lie on a line, as those of no real space do: BT.2020 has 7."""
_MAX_SRGB_DIFFERENCE = 1
"""Levels of 8 bits by which a space may differ from sRGB and count as it: rounding gives as much."""
_PROBE_STEPS = 9
"""Values of each channel that spaces are compared at."""


@dataclass(frozen=True, eq=False)
class ColourSpace:
    """Three curves and the primaries that they count in.

    Attributes:
        tables: (3, 65536) float32: the light that each 16-bit number stands for, 1 for white's.
        matrix: (3, 3): from its light of red, green and blue to that of sRGB.

    Example:
        >>> linear = make_colour_space(lambda shares: shares)
        >>> linear.to_srgb(np.array([[[0, 128, 255]]], np.uint8)).tolist()
        [[[0, 188, 255]]]
    """

    tables: AnyArray
    matrix: AnyArray

    def to_srgb(self, values: AnyArray) -> Pixels:
        """Convert numbers of this space to 8-bit sRGB; what lies outside of it is clipped.

        Args:
            values: (H, W, 3), or (H, W) of grey; uint8 or uint16, the whole range used.

        Returns:
            The same shape, uint8.
        """
        step = 1 if values.dtype == np.uint16 else (_LEVELS - 1) // 255
        if values.ndim == 2:
            return np.asarray(_encode_light(self.tables[1, ::step])[values], np.uint8)
        tables = self.tables[:, ::step]
        if np.allclose(self.matrix, np.eye(3), atol=1e-3):
            channels = [_encode_light(table)[values[..., at]] for at, table in enumerate(tables)]
            return np.stack(channels, axis=-1)
        light = np.stack([table[values[..., at]] for at, table in enumerate(tables)], axis=-1)
        return _encode_light(cv2.transform(light, self.matrix))

    def to_deep_srgb(self, values: AnyArray) -> UInt16Array:
        """Convert numbers of this space to 16-bit sRGB; what lies outside of it is clipped.

        Args:
            values: (H, W, 3) uint16, of grey three alike.

        Returns:
            The same shape, uint16.
        """
        light = np.stack([self.tables[at][values[..., at]] for at in range(3)], axis=-1)
        return _look_up_light(cv2.transform(light, self.matrix), _make_srgb_inverse())

    def from_deep_srgb(self, values: AnyArray) -> UInt16Array:
        """Convert 16-bit sRGB to numbers of this space.

        Args:
            values: (H, W, 3) uint16.

        Returns:
            The same shape, uint16: what `to_deep_srgb` undoes, but for rounding and clipping.
        """
        light = _make_srgb_table()[values]
        inverse = np.linalg.inv(self.matrix.astype(np.float64)).astype(np.float32)
        return _look_up_light(cv2.transform(light, inverse), self._inverse_tables)

    @cached_property
    def _inverse_tables(self) -> UInt16Array:
        """(3, 262145): the numbers that stand for light, by its square root."""
        return np.stack([_invert_curve(table) for table in self.tables])

    @property
    def is_srgb(self) -> bool:
        """Whether converting would change nothing, to a level of 8 bits."""
        probe = make_probe()
        difference = np.abs(self.to_srgb(probe).astype(int) - probe)
        return int(difference.max()) <= _MAX_SRGB_DIFFERENCE


def make_probe() -> Pixels:
    """Make pixels that show whether two spaces differ: (1, 985, 3), colours all over, and every grey.

    Example:
        >>> make_probe().shape
        (1, 985, 3)
    """
    steps = np.linspace(0, 255, _PROBE_STEPS).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    greys = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)
    return np.concatenate([colours, greys])[None]


def make_colour_space(
    curve: Curve | tuple[Curve, Curve, Curve], xyz_of_primaries: AnyArray | None = None
) -> ColourSpace:
    """Make a colour space.

    Args:
        curve: Of all channels, or of each.
        xyz_of_primaries: (3, 3): XYZ of red, green and blue as columns, with white at D50; None for
            those of sRGB.

    Example:
        >>> make_colour_space(decode_srgb).is_srgb
        True
    """
    curves = curve if isinstance(curve, tuple) else (curve,) * 3
    shares = np.arange(_LEVELS) / (_LEVELS - 1)
    tables = np.stack([np.clip(np.nan_to_num(each(shares)), 0, None) for each in curves])
    xyz = _find_srgb_primaries() if xyz_of_primaries is None else xyz_of_primaries
    matrix = np.linalg.inv(_find_srgb_primaries()) @ xyz
    return ColourSpace(tables.astype(np.float32), matrix.astype(np.float32))


def find_xyz_of_primaries(
    white: tuple[float, float], primaries: tuple[tuple[float, float], ...]
) -> Float64Array | None:
    """Find XYZ of primaries, adapted from their white to D50 by Bradford's way (ICC.1:2022, annex E).

    Args:
        white: Chromaticity x, y.
        primaries: The same of red, green and blue.

    Returns:
        (3, 3), red, green and blue as columns; None of what are no primaries.

    Example:
        >>> find_xyz_of_primaries((0.3127, 0.3290), ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))).round(3)
        array([[0.436, 0.385, 0.143],
               [0.222, 0.717, 0.061],
               [0.014, 0.097, 0.714]])
    """
    if min(y for _, y in (white, *primaries)) <= 0:
        return None
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    white_xyz = np.array([white[0] / white[1], 1.0, (1 - white[0] - white[1]) / white[1]])
    if not np.linalg.cond(columns) < _MAX_CONDITION:
        return None
    xyz = columns * np.linalg.solve(columns, white_xyz)
    cones, cones_of_d50 = _BRADFORD @ white_xyz, _BRADFORD @ _D50
    if not (cones > 0).all():
        return None
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(cones_of_d50 / cones) @ _BRADFORD @ xyz
    return np.asarray(adapted, np.float64)


def decode_srgb(shares: Float64Array) -> Float64Array:
    """Decode the curve of sRGB (IEC 61966-2-1): shares 0..1 to light 0..1.

    Example:
        >>> decode_srgb(np.array([0.0, 0.5, 1.0])).round(4).tolist()
        [0.0, 0.214, 1.0]
    """
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


_ROOT_STEPS = 2**18
"""Steps of the square root of light in tables from light to numbers: at most half a 16-bit number each
for curves near sRGB's, which rise steeply in the shadows, as the root does."""


def _look_up_light(light: AnyArray, inverse_tables: UInt16Array) -> UInt16Array:
    """Find the numbers of light (H, W, 3), which is changed, in tables of each channel or of all."""
    roots = np.sqrt(np.clip(light, 0, 1, out=light), out=light)
    places = np.rint(np.multiply(roots, _ROOT_STEPS, out=roots), out=roots).astype(np.int32)
    tables = np.broadcast_to(inverse_tables, (3, inverse_tables.shape[-1]))
    return np.stack([np.take(tables[at], places[..., at]) for at in range(3)], axis=-1)


def _invert_curve(table: AnyArray) -> UInt16Array:
    """Make the table from the square root of light to the numbers that stand for it."""
    rising = np.maximum.accumulate(table.astype(np.float64))
    light = (np.arange(_ROOT_STEPS + 1) / _ROOT_STEPS) ** 2
    return np.rint(np.interp(light, rising, np.arange(_LEVELS))).astype(np.uint16)


@cache
def _make_srgb_table() -> AnyArray:
    """(65536,) float32: the light of 16-bit sRGB."""
    return decode_srgb(np.arange(_LEVELS) / (_LEVELS - 1)).astype(np.float32)


@cache
def _make_srgb_inverse() -> UInt16Array:
    return _invert_curve(_make_srgb_table())


def _encode_light(light: AnyArray) -> Pixels:
    """Encode light 0..1 of any shape by the curve of sRGB; clip what lies outside."""
    levels = np.rint(np.clip(light, 0, 1) * (_LEVELS - 1)).astype(np.uint16)
    return np.asarray(_make_encoding_table()[levels], np.uint8)


@cache
def _make_encoding_table() -> Pixels:
    """Make the (65536,) table from light to 8-bit sRGB: its steps are finer than a twentieth level."""
    light = np.arange(_LEVELS) / (_LEVELS - 1)
    shares = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(shares * 255), np.uint8)


@cache
def _find_srgb_primaries() -> Float64Array:
    primaries = find_xyz_of_primaries(_D65, _SRGB_PRIMARIES)
    if primaries is None:
        raise ArithmeticError("the primaries of sRGB lie on no line")
    return primaries
