"""From a decoded image of any mode to upright, opaque, 8-bit sRGB."""

from __future__ import annotations

import io
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from packshot.errors import InvalidInput

Pixels = NDArray[np.uint8]

_WIDE_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
# Nothing but their values tells what 32-bit integers and floats mean by white.
_RANGES = {"f": (1.0, 255.0, 65535.0), "i": (255.0, 65535.0)}
_LARGEST_PROFILE = 4 * 2**20
_WHITE = 255
_TO_EIGHT_BITS = np.rint(np.arange(65536) / 65535 * 255).astype(np.uint8)
# Pixels from which on strips save memory worth having, and rows of a strip.
_LARGE = 8_000_000
_STRIP_ROWS = 256


def check_pixels(pixels: object, name: str, smallest: int = 1) -> None:
    """Refuse anything but 8-bit RGB pixels of at least `smallest` by `smallest`.

    Args:
        pixels: What should be (H, W, 3) uint8.
        name: What to call them in the message.
        smallest: Width and height that whoever asks can still use.

    Raises:
        InvalidInput: Another type or shape, or too small.
    """
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        kind = getattr(pixels, "dtype", type(pixels).__name__)
        raise InvalidInput(f"{name}: expected 8-bit pixels (uint8), got {kind}")
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InvalidInput(f"{name}: expected RGB pixels (height, width, 3), got {pixels.shape}")
    height, width = pixels.shape[:2]
    if min(height, width) < smallest:
        raise InvalidInput(
            f"{name}: {width} x {height} is too small, this needs {smallest} x {smallest}"
        )


def has_transparency(image: Image.Image) -> bool:
    """Whether any pixel of a decoded image is not opaque."""
    if "transparency" in image.info and image.mode in ("P", "L", "RGB", "1"):
        image = image.convert("RGBA")
    if image.mode not in ("RGBA", "LA", "PA", "La", "RGBa"):
        return False
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return bool(alpha.min() < _WHITE)


def opaque_srgb(image: Image.Image, max_side: int | None) -> tuple[Pixels, bool]:
    """RGB pixels of a decoded image, and whether any of its pixels was not opaque.

    A large image that is to become small is converted and averaged in strips, so that beside the decoded
    image itself little memory is used.

    Args:
        image: Decoded, of any mode.
        max_side: Sides of a large image are reduced by a whole number, to this length or more; None
            keeps the size.
    """
    narrow = narrowed(image)
    factor = 1 if max_side is None else max(image.size) // max_side
    if factor < 2 or image.width * image.height < _LARGE:
        return np.asarray(to_srgb(narrow), np.uint8), has_transparency(narrow)
    parts, transparent = [], False
    for strip in _strips(narrow, factor):
        transparent = transparent or has_transparency(strip)
        pixels = np.asarray(to_srgb(strip), np.uint8)
        size = (max(1, strip.width // factor), max(1, strip.height // factor))
        parts.append(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    return np.concatenate(parts).astype(np.uint8, copy=False), transparent


def _strips(image: Image.Image, factor: int) -> Iterator[Image.Image]:
    """Strips of the full width whose heights are multiples of `factor`; less than that is left out."""
    rows = factor * max(1, _STRIP_ROWS // factor)
    whole = max(factor, image.height // factor * factor)
    for top in range(0, whole, rows):
        yield image.crop((0, top, image.width, min(top + rows, whole, image.height)))


def narrowed(image: Image.Image) -> Image.Image:
    """A grey image of 16 or 32 bits or floats as one of 8 bits; others as they are."""
    if image.mode not in _WIDE_MODES:
        return image
    return Image.fromarray(_narrowed(np.asarray(image)))


def to_srgb(image: Image.Image) -> Image.Image:
    """An RGB image: profile applied, alpha composited on white.

    Args:
        image: Decoded, of any mode of 8 bits.
    """
    alpha = _alpha(image)
    colours = _converted(image, image.info.get("icc_profile"))
    if alpha is None:
        return colours
    paper = Image.new("RGB", image.size, (_WHITE,) * 3)
    paper.paste(colours, mask=alpha)
    return paper


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn an array as its EXIF orientation, 1..8, demands."""
    turned = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: p.transpose(1, 0, 2)[:, ::-1],
        7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
        8: lambda p: p.transpose(1, 0, 2)[::-1],
    }[orientation](pixels)
    return np.ascontiguousarray(turned)


def averaged(pixels: Pixels, side: int) -> Pixels:
    """Whole squares of pixels averaged, the largest that leave the long side `side` or more; quick.

    What is left is less than twice as long; the remainder right and below is dropped.

    Args:
        pixels: (H, W, 3) uint8.
        side: In pixels, at least 1.
    """
    return square_means(pixels, min(max(1, max(pixels.shape[:2]) // side), *pixels.shape[:2]))


def square_means(values: Pixels, factor: int) -> Pixels:
    """Average disjoint squares of `factor` pixels; the remainder right and below is dropped.

    Args:
        values: (H, W) or (H, W, 3) uint8.
        factor: At least 1, at most the shorter side.
    """
    if factor == 1:
        return values
    height, width = (side // factor for side in values.shape[:2])
    whole = values[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def shrunk(pixels: Pixels, max_side: int | None) -> Pixels:
    """Reduce by area averaging so that the long side is at most `max_side`; never enlarge."""
    height, width = pixels.shape[:2]
    longest = max(height, width)
    if max_side is None or longest <= max_side:
        return pixels
    factor = max_side / longest
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def needs_profile(profile: bytes | None) -> bool:
    """Whether an embedded profile changes colours: it is there, and is not sRGB by name."""
    if not profile:
        return False
    head = profile[:8192]
    return b"sRGB" not in head and "sRGB".encode("utf-16-be") not in head


def _narrowed(values: NDArray[np.generic]) -> Pixels:
    """16-bit, 32-bit or float grey to 8 bits by its full range, never by clipping."""
    if values.dtype == np.uint16:
        return np.asarray(_TO_EIGHT_BITS[values], np.uint8)
    lowest, highest = _finite_range(values)
    ranges = _RANGES.get(values.dtype.kind, (65535.0,))
    top = next((limit for limit in ranges if highest <= limit), highest)
    bottom = min(lowest, 0.0)
    narrow = np.empty(values.shape, np.uint8)
    for row, line in enumerate(values):
        known = np.nan_to_num(line.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        narrow[row] = np.rint((known - bottom) / (top - bottom) * 255)
    return narrow


def _finite_range(values: NDArray[np.generic]) -> tuple[float, float]:
    """Least and largest number, at most and at least 0; not-a-number and infinity count as 0."""
    if values.dtype.kind != "f":
        return float(values.min(initial=0)), float(values.max(initial=0))
    finite = np.isfinite(values.astype(np.float32, copy=False))
    return float(values.min(initial=0, where=finite)), float(values.max(initial=0, where=finite))


def _alpha(image: Image.Image) -> Image.Image | None:
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return image.convert("RGBA").getchannel("A")
    return None


def _converted(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB by the embedded profile; by Pillow's plain conversion where there is none or it fails."""
    plain = image.convert("RGB") if image.mode not in ("CMYK", "L", "RGB", "LAB") else image
    if profile and len(profile) <= _LARGEST_PROFILE and needs_profile(profile):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            moved = ImageCms.profileToProfile(plain, source, target, outputMode="RGB")
            if moved is not None:
                return moved
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            return plain.convert("RGB")
    return plain.convert("RGB")
