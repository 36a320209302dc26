"""A photo in its own numbers: all bits and colours that its file has, and the way to sRGB and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PIL import Image

from packshot.arrays import AnyArray, Pixels, UInt16Array
from packshot.photo.colour_space import ColourSpace
from packshot.photo.decoded import DecodedPicture, Picture
from packshot.photo.decoding import decode_in_full
from packshot.photo.icc import read_colour_space
from packshot.photo.inputs import DEFAULT_LIMITS
from packshot.photo.limits import Limits
from packshot.photo.photo import check_limits
from packshot.photo.pixels import apply_orientation
from packshot.photo.structure import read_outline

_WHITE = 65535
_ROUNDING = 2
"""16-bit numbers by which white may be missed on the way through light."""
_DEEP_BITS = (10, 12)
"""Bits of AVIF and HEIC that are more than 8."""
_STRIP_ROWS = 256
"""Rows that are converted at a time; nothing but memory depends on it."""
_DEEP_STEP = 257
"""16-bit numbers for each of 8 bits: 65535 / 255."""


@dataclass(frozen=True, eq=False)
class FullPhoto:
    """A photo in its own numbers.

    Attributes:
        values: (H, W, 3) uint16, upright; of grey three alike, of 8 bits 257 times as much.
        bits: That the file has for each channel, 8, 10, 12 or 16; values fill the whole range of 16.
        is_grey: It has one channel.
        space: What the numbers mean; None for sRGB.
        profile: The ICC profile that says so; empty where code points, a gamma or nothing does.
        has_opacity: The file has a channel of opacity, 100 % everywhere.

    Example:
        >>> import cv2
        >>> data = cv2.imencode(".png", np.full((2, 3, 3), 1000, np.uint16))[1].tobytes()
        >>> photo = open_in_full(data)
        >>> photo.bits, photo.to_srgb()[0, 0].tolist(), photo.profile
        (16, [1000, 1000, 1000], b'')
    """

    values: UInt16Array
    bits: int
    is_grey: bool = False
    space: ColourSpace | None = None
    profile: bytes = b""
    has_opacity: bool = False

    def to_srgb(self) -> UInt16Array:
        """Return (H, W, 3) uint16 sRGB; what lies outside of it is clipped."""
        if self.space is None:
            return self.values
        srgb = np.empty_like(self.values)
        for rows in _iter_strips(self.values):
            srgb[rows] = self.space.to_deep_srgb(self.values[rows])
        return srgb

    def with_change(self, before: UInt16Array, after: UInt16Array) -> FullPhoto:
        """Return the photo with a change that was made in sRGB, in its own numbers.

        The difference counts: a colour that sRGB cannot hold keeps what it has more, and a pixel that
        did not change keeps its number. Without a profile the result is in sRGB.

        Args:
            before: From `to_srgb`.
            after: The same, changed; uint16.
        """
        if self.space is None or not self.profile:
            return replace(self, values=after, space=None)
        values = np.empty_like(after)
        for rows in _iter_strips(after):
            wanted = self.space.from_deep_srgb(after[rows])
            change = wanted.astype(np.int32) - self.space.from_deep_srgb(before[rows])
            values[rows] = np.clip(change + self.values[rows], 0, _WHITE)
            # What became white is white, not white but for two roundings.
            is_white = (after[rows] == _WHITE).all(axis=2) & (before[rows] != _WHITE).any(axis=2)
            white = wanted[is_white]
            values[rows][is_white] = np.where(white >= _WHITE - _ROUNDING, _WHITE, white)
        return replace(self, values=values)


def round_to_8_bits(values: UInt16Array) -> Pixels:
    """Round 16-bit numbers to 8 bits.

    Example:
        >>> round_to_8_bits(np.array([0, 128, 129, 65535], np.uint16)).tolist()
        [0, 0, 1, 255]
    """
    return np.asarray((values.astype(np.uint32) + _DEEP_STEP // 2) // _DEEP_STEP, np.uint8)


def open_in_full(data: bytes, limits: Limits = DEFAULT_LIMITS) -> FullPhoto | None:
    """Open a photo in its own numbers.

    Args:
        data: The file.
        limits: What to refuse.

    Returns:
        None where `Photo` has all there is, 8-bit sRGB, or all that can be had: of 32 bits, of printers'
        colours, of profiles of tables, of opacity.

    Raises:
        Exception: Decoders fail in every way on hostile bytes; `Photo.open` tells of these.

    Example:
        >>> open_in_full(open("examples/photos/mug.jpg", "rb").read()) is None  # 8-bit sRGB
        True
    """
    outline = read_outline(data, limits.max_frames)
    if outline is None:
        return None
    decoded = decode_in_full(outline, data, partial(check_limits, limits=limits))
    values, picture = _read_values(decoded.picture), decoded.picture
    if values is None:
        return None
    is_grey = values.ndim == 2
    space = picture.space
    if picture.profile:
        space = read_colour_space(picture.profile, "L" if is_grey else "RGB")
        if space is None:
            return None
    return _make_full_photo(decoded, values, space)


def _make_full_photo(
    decoded: DecodedPicture, values: AnyArray, space: ColourSpace | None
) -> FullPhoto | None:
    is_deep, is_grey = values.dtype == np.uint16, values.ndim == 2
    bits = (decoded.bits if decoded.bits in _DEEP_BITS else 16) if is_deep else 8
    is_plain = space is None or space.is_srgb
    if bits == 8 and (is_plain or not decoded.picture.profile):
        return None
    colours = values[..., None].repeat(3, axis=2) if is_grey else values
    upright = apply_orientation(colours, decoded.orientation)
    deep = np.asarray(upright, np.uint16)
    deep = deep if is_deep else deep * np.uint16(_DEEP_STEP)
    image = decoded.picture.image
    has_opacity = not isinstance(image, Image.Image) and image.ndim == 3 and image.shape[2] in (2, 4)
    kept = None if is_plain else space
    return FullPhoto(deep, bits, is_grey, kept, decoded.picture.profile, has_opacity)


def _read_values(picture: Picture) -> AnyArray | None:
    """Return (H, W) or (H, W, 3) uint8 or uint16; None for other modes, and where any is not opaque."""
    image = picture.image
    if isinstance(image, Image.Image):
        if "transparency" in image.info or (image.mode not in ("L", "RGB") and not picture.is_deep):
            return None
        return np.asarray(image).astype(np.uint16 if picture.is_deep else np.uint8, copy=False)
    channels = image.shape[2] if image.ndim == 3 else 1
    if channels in (1, 3):
        return image
    if int(image[..., -1].min()) != np.iinfo(image.dtype).max:
        return None
    return image[..., 0] if channels == 2 else image[..., :3]


def _iter_strips(values: AnyArray) -> Iterator[slice]:
    for top in range(0, values.shape[0], _STRIP_ROWS):
        yield slice(top, top + _STRIP_ROWS)
