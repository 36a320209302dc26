"""From a decoded image of any mode to upright, opaque, 8-bit sRGB."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Pixels = NDArray[np.uint8]

_WIDE_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
# Nothing but their values tells what 32-bit integers and floats mean by white.
_RANGES = {"f": (1.0, 255.0, 65535.0), "i": (255.0, 65535.0)}
_LARGEST_PROFILE = 4 * 2**20
_WHITE = 255


def has_transparency(image: Image.Image) -> bool:
    """Whether any pixel of a decoded image is not opaque."""
    if "transparency" in image.info and image.mode in ("P", "L", "RGB", "1"):
        image = image.convert("RGBA")
    if image.mode not in ("RGBA", "LA", "PA", "La", "RGBa"):
        return False
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return bool(alpha.min() < _WHITE)


def to_srgb(image: Image.Image) -> Image.Image:
    """An RGB image: profile applied, wide values scaled, alpha composited on white.

    Args:
        image: Decoded, of any mode.
    """
    if image.mode in _WIDE_MODES:
        return Image.fromarray(_narrowed(np.asarray(image))).convert("RGB")
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
    wide = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    lowest, highest = float(wide.min(initial=0)), float(wide.max(initial=0))
    ranges = _RANGES.get(values.dtype.kind, (65535.0,))
    top = next((limit for limit in ranges if highest <= limit), highest)
    return np.rint((wide - min(lowest, 0)) / (top - min(lowest, 0)) * 255).astype(np.uint8)


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
