"""From a decoded image of any mode to upright, opaque, 8-bit sRGB."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from PIL import Image

from packshot.arrays import AnyArray, Pixels
from packshot.errors import InvalidInput
from packshot.photo.colour_space import ColourSpace
from packshot.photo.decoded import Picture
from packshot.photo.icc import build_conversion, read_colour_space

_WIDE_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_VALUE_RANGES = {"f": (1.0, 255.0, 65535.0), "i": (255.0, 65535.0)}
"""What white may be in floats and 32-bit integers, the first that no value exceeds: nothing but the
values tells. The customary ranges: shares, 8 bits, 16 bits."""
_WHITE, _DEEP_WHITE = 255, 65535
_PROFILE_MODES = ("CMYK", "L", "RGB", "LAB")
_EIGHT_BIT_TABLE = np.rint(np.arange(65536) / 65535 * 255).astype(np.uint8)
_MIN_PIXELS_FOR_STRIPS = 8_000_000
"""Pixels from which on strips save memory worth having; smaller pictures are converted at once. With it
a photo of 100 megapixels stayed under 650 MB when strips came in;
`benchmarks/results/decoding_memory.csv` has what each format takes now."""
_STRIP_ROWS = 256
"""Rows of a strip, rounded to whole blocks; nothing but memory depends on it."""


def check_pixels(pixels: object, name: str, min_side: int = 1, *, allows_16_bits: bool = False) -> None:
    """Refuse anything but RGB pixels of 8 bits, at least `min_side` by `min_side`.

    Args:
        pixels: What should be (H, W, 3) uint8.
        name: What to call them in the message.
        min_side: Width and height that whoever asks can still use.
        allows_16_bits: Take uint16 as well.

    Raises:
        InvalidInput: Another type or shape, or too small.

    Example:
        >>> check_pixels(np.zeros((40, 30, 3), np.uint8), "mug")
        >>> check_pixels(np.zeros((40, 30, 3), np.uint8), "mug", min_side=64)
        Traceback (most recent call last):
            ...
        packshot.errors.InvalidInput: mug: 30 x 40 is too small, this needs 64 x 64
    """
    is_deep = allows_16_bits and isinstance(pixels, np.ndarray) and pixels.dtype == np.uint16
    if not isinstance(pixels, np.ndarray) or not (is_deep or pixels.dtype == np.uint8):
        kind = getattr(pixels, "dtype", type(pixels).__name__)
        raise InvalidInput(f"{name}: expected 8-bit pixels (uint8), got {kind}")
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InvalidInput(f"{name}: expected RGB pixels (height, width, 3), got {pixels.shape}")
    height, width = pixels.shape[:2]
    if min(height, width) < min_side:
        raise InvalidInput(
            f"{name}: {width} x {height} is too small, this needs {min_side} x {min_side}"
        )


def to_opaque_srgb(picture: Picture, max_side: int | None) -> tuple[Pixels, bool]:
    """Convert a decoded picture to RGB, and return whether any of its pixels was not opaque.

    A large one is converted in strips, and averaged where it is to become small, so that beside the
    decoded picture itself little memory is used.

    Args:
        picture: Of any mode.
        max_side: Sides of a large picture are reduced by a whole number, to this length or more; None
            keeps the size.

    Example:
        >>> clear = Picture(Image.new("RGBA", (2, 1), (200, 0, 0, 0)))
        >>> pixels, has_alpha = to_opaque_srgb(clear, None)
        >>> pixels.tolist(), has_alpha
        ([[[255, 255, 255], [255, 255, 255]]], True)
    """
    width, height = picture.size
    factor = 1 if max_side is None else max(1, max(width, height) // max_side)
    read_strip = _make_strip_reader(picture)
    if width * height < _MIN_PIXELS_FOR_STRIPS:
        return read_strip(0, height)
    size = (max(1, height // factor), max(1, width // factor))
    pixels, has_alpha, filled = np.empty((*size, 3), np.uint8), False, 0
    for top, bottom in _iter_strips(height, factor):
        strip, strip_has_alpha = read_strip(top, bottom)
        has_alpha = has_alpha or strip_has_alpha
        rows = max(1, (bottom - top) // factor)
        pixels[filled : filled + rows] = _resize_to(strip, (size[1], rows))
        filled += rows
    return pixels[:filled], has_alpha


def _iter_strips(height: int, factor: int) -> Iterator[tuple[int, int]]:
    """Yield the first row of strips and the one behind: multiples of `factor`, the rest is left out."""
    rows = factor * max(1, _STRIP_ROWS // factor)
    used_height = max(factor, height // factor * factor)
    for top in range(0, used_height, rows):
        yield top, min(top + rows, used_height, height)


def _resize_to(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Average to a width and height; leave as it is what has them."""
    if pixels.shape[1::-1] == size:
        return pixels
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _make_strip_reader(picture: Picture) -> Callable[[int, int], tuple[Pixels, bool]]:
    """Make the function that turns a strip of rows into RGB, and tells whether any is not opaque."""
    if picture.is_deep:
        space = picture.space or _read_deep_space(picture)
        if space is not None or not isinstance(picture.image, Image.Image):
            return lambda top, bottom: _flatten_deep(picture.slice_rows(top, bottom), picture, space)
    to_8bit = _make_8bit_converter(picture)
    return lambda top, bottom: _flatten_alpha(to_8bit(picture.crop_rows(top, bottom)), picture)


def _read_deep_space(picture: Picture) -> ColourSpace | None:
    is_grey = isinstance(picture.image, Image.Image) or picture.image.shape[2:] in ((), (2,))
    return read_colour_space(picture.profile, "L" if is_grey else "RGB") if picture.profile else None


def _flatten_deep(values: AnyArray, picture: Picture, space: ColourSpace | None) -> tuple[Pixels, bool]:
    """Convert numbers of 16 bits, with opacity behind or without, to 8-bit RGB on white."""
    channels = 1 if values.ndim == 2 else values.shape[2]
    grey = values if values.ndim == 2 else values[..., 0]
    colours = grey if channels <= 2 else values[..., :3]
    if space is None:
        pixels = np.asarray(_convert_to_rgb(Image.fromarray(_EIGHT_BIT_TABLE[colours]), picture))
    else:
        converted = space.to_srgb(colours)
        pixels = converted if converted.ndim == 3 else converted[..., None].repeat(3, axis=2)
    if channels in (1, 3) or int(values[..., -1].min()) == _DEEP_WHITE:
        return np.ascontiguousarray(pixels), False
    return _lay_on_white(pixels, values[..., -1]), True


def _lay_on_white(pixels: Pixels, alpha: AnyArray) -> Pixels:
    opacity = alpha[..., None].astype(np.float32) / _DEEP_WHITE
    return np.rint(pixels * opacity + _WHITE * (1 - opacity)).astype(np.uint8)


def _flatten_alpha(image: Image.Image, picture: Picture) -> tuple[Pixels, bool]:
    """Convert 8 bits to RGB on white, as the picture says; return whether any was not opaque."""
    if not _can_be_transparent(image):
        return _to_array(_convert_to_rgb(image, picture)), False
    rgba = _to_rgba(image)
    alpha = rgba.getchannel("A")
    if image.mode in ("LA", "La"):
        plain = rgba.getchannel("R")
    else:
        plain = image if image.mode in _PROFILE_MODES else rgba.convert("RGB")
    colours = _convert_to_rgb(plain, picture)
    if _darkest(alpha) == _WHITE:
        return _to_array(colours), False
    canvas = Image.new("RGB", image.size, (_WHITE,) * 3)
    canvas.paste(colours, mask=alpha)
    return _to_array(canvas), True


def _to_rgba(image: Image.Image) -> Image.Image:
    """Convert to RGBA; from grey that is multiplied by its opacity Pillow has a way by grey alone."""
    return (image.convert("LA") if image.mode == "La" else image).convert("RGBA")


def _to_array(image: Image.Image) -> Pixels:
    """Copy the pixels of an RGB image; fastest as Pillow keeps them, with a byte unused behind each."""
    width, height = image.size
    padded = np.frombuffer(image.tobytes("raw", "RGBX"), np.uint8).reshape(height, width, 4)
    return np.asarray(cv2.cvtColor(padded, cv2.COLOR_RGBA2RGB), np.uint8)


def _darkest(grey: Image.Image) -> int:
    return int(np.asarray(grey).min())


def _can_be_transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info


def apply_orientation(pixels: Pixels, orientation: int) -> Pixels:
    """Turn an array as its EXIF orientation, 1..8, demands.

    Example:
        >>> pixels = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)
        >>> apply_orientation(pixels, 6)[..., 0].tolist()  # a quarter turn clockwise
        [[3, 0], [4, 1], [5, 2]]
    """
    oriented = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: p.transpose(1, 0, 2)[:, ::-1],
        7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
        8: lambda p: p.transpose(1, 0, 2)[::-1],
    }[orientation](pixels)
    return np.ascontiguousarray(oriented)


def average_to_side(pixels: Pixels, side: int) -> Pixels:
    """Average whole squares of pixels, the largest that leave the long side `side` or more; quick.

    What is left is less than twice as long; the remainder right and below is dropped.

    Args:
        pixels: (H, W, 3) uint8.
        side: In pixels, at least 1.

    Example:
        >>> average_to_side(np.zeros((1000, 800, 3), np.uint8), 300).shape
        (333, 266, 3)
    """
    return average_blocks(pixels, min(max(1, max(pixels.shape[:2]) // side), *pixels.shape[:2]))


def average_blocks(values: Pixels, block_side: int) -> Pixels:
    """Average disjoint squares of `block_side` pixels; the remainder right and below is dropped.

    Args:
        values: (H, W) or (H, W, 3) uint8.
        block_side: At least 1, at most the shorter side.

    Example:
        >>> average_blocks(np.array([[0, 100, 7], [50, 50, 7]], np.uint8), 2)
        array([[50]], dtype=uint8)
    """
    if block_side == 1:
        return values
    height, width = (side // block_side for side in values.shape[:2])
    cropped = values[: height * block_side, : width * block_side]
    if block_side == 3:  # There OpenCV has no fast way for areas, but one for means of neighbours.
        means = cv2.blur(cropped, (3, 3), anchor=(0, 0))
        return np.asarray(cv2.resize(means, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    return np.asarray(cv2.resize(cropped, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def shrink_to_fit(pixels: Pixels, max_side: int | None) -> Pixels:
    """Reduce by area averaging so that the long side is at most `max_side`; never enlarge.

    Example:
        >>> shrink_to_fit(np.zeros((1000, 800, 3), np.uint8), 300).shape
        (300, 240, 3)
    """
    height, width = pixels.shape[:2]
    longest = max(height, width)
    if max_side is None or longest <= max_side:
        return pixels
    factor = max_side / longest
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _make_8bit_converter(picture: Picture) -> Callable[[Image.Image], Image.Image]:
    """Make the function that turns strips of 16 or 32 bits or floats into 8 bits, and leaves others."""
    height = picture.size[1]
    mode = picture.crop_rows(0, 1).mode
    if mode not in _WIDE_MODES:
        return lambda strip: strip
    if mode.startswith("I;16"):
        return lambda strip: Image.fromarray(_EIGHT_BIT_TABLE[np.asarray(strip)])
    strips = (np.asarray(picture.crop_rows(top, bottom)) for top, bottom in _iter_strips(height, 1))
    bottom, top = _join_ranges([_finite_range(strip) for strip in strips], "f" if mode == "F" else "i")
    return lambda strip: Image.fromarray(_scale_to_8bit(np.asarray(strip), bottom, top))


def _scale_to_8bit(values: AnyArray, bottom: float, top: float) -> Pixels:
    """Scale numbers from `bottom` to `top` to 0..255, row by row; NaN and infinity count as 0."""
    scaled = np.empty(values.shape, np.uint8)
    for row, line in enumerate(values):
        finite = np.nan_to_num(line.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        scaled[row] = np.rint((finite - bottom) / (top - bottom) * 255)
    return scaled


def find_value_range(values: AnyArray) -> tuple[float, float]:
    """Find what black and white are in floats: 0 or less, and the customary number that none exceeds.

    Args:
        values: (H, W) or (H, W, C) floats.

    Example:
        >>> find_value_range(np.array([[0.0, 0.9]])), find_value_range(np.array([[0.0, 200.0]]))
        ((0.0, 1.0), (0.0, 255.0))
    """
    height = values.shape[0]
    ranges = [_finite_range(values[top:bottom]) for top, bottom in _iter_strips(height, 1)]
    return _join_ranges(ranges, "f")


def _join_ranges(ranges: list[tuple[float, float]], kind: str) -> tuple[float, float]:
    lowest, highest = min(low for low, _ in ranges), max(high for _, high in ranges)
    top = next((limit for limit in _VALUE_RANGES[kind] if highest <= limit), highest)
    return min(lowest, 0.0), top


def _finite_range(values: AnyArray) -> tuple[float, float]:
    """Find the least and largest number, at most and at least 0; NaN and infinity count as 0."""
    if values.dtype.kind != "f":
        return float(values.min(initial=0)), float(values.max(initial=0))
    finite = np.isfinite(values.astype(np.float32, copy=False))
    return float(values.min(initial=0, where=finite)), float(values.max(initial=0, where=finite))


def has_other_colours(picture: Picture) -> bool:
    """Return whether the numbers of a picture mean other colours than those of sRGB.

    Example:
        >>> from packshot.photo.colour_space import make_colour_space
        >>> image = Image.new("RGB", (2, 1))
        >>> linear = Picture(image, space=make_colour_space(lambda shares: shares))
        >>> has_other_colours(linear), has_other_colours(Picture(image))
        (True, False)
    """
    space = picture.space or (_read_deep_space(picture) if picture.is_deep else None)
    if space is not None:
        return not space.is_srgb
    if not picture.profile:
        return False
    mode = picture.image.mode if isinstance(picture.image, Image.Image) else "RGB"
    return build_conversion(picture.profile, _choose_profile_mode(mode)) is not None


def _choose_profile_mode(mode: str) -> str:
    """Return the mode of the profiles that pixels of a mode may have."""
    return {"1": "L", **{kept: kept for kept in _PROFILE_MODES}}.get(mode, "RGB")


def _convert_to_rgb(image: Image.Image, picture: Picture) -> Image.Image:
    """Convert to RGB by the profile or the colour space; plainly without one, or where that fails."""
    mode = _choose_profile_mode(image.mode)
    plain = image if image.mode == mode else image.convert(mode)
    if picture.space is not None and plain.mode in ("RGB", "L"):
        return Image.fromarray(picture.space.to_srgb(np.asarray(plain))).convert("RGB")
    conversion = build_conversion(picture.profile, plain.mode) if picture.profile else None
    converted = None if conversion is None else conversion(plain)
    return converted or (plain if plain.mode == "RGB" else plain.convert("RGB"))
