"""How photos are copied: one function a kind of copy, of seeded strength."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from packshot.arrays import Pixels
from packshot.distort.overlay import overlay

Change = Callable[[Pixels, np.random.Generator], Pixels]

SMALLEST_CROP = 0.8
"""Share of each side that the hardest crop keeps."""


def resize_photo(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """To .35 to .9 or 1.2 to 1.8 of the size."""
    factor = generator.uniform(0.35, 0.9) if generator.random() < 0.7 else generator.uniform(1.2, 1.8)
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=method), np.uint8)


def crop_photo(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """A window of 80 to 95 % of each side, anywhere."""
    height, width = pixels.shape[:2]
    tall, wide = (round(side * generator.uniform(SMALLEST_CROP, 0.95)) for side in (height, width))
    top, left = generator.integers(height - tall + 1), generator.integers(width - wide + 1)
    return np.ascontiguousarray(pixels[top : top + tall, left : left + wide])


def add_border(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """A plain frame of 2 to 15 % of the long side, each edge its own in half of the cases."""
    longest = max(pixels.shape[:2])
    shares = generator.uniform(0.02, 0.15, 4)
    if generator.random() < 0.5:
        shares[:] = shares[0]
    widths = [round(float(share) * longest) for share in shares]
    paints = ((255, 255, 255), (0, 0, 0), tuple(int(v) for v in generator.integers(0, 256, 3)))
    paint = paints[int(generator.integers(len(paints)))]
    return np.asarray(cv2.copyMakeBorder(pixels, *widths, cv2.BORDER_CONSTANT, value=paint), np.uint8)


def add_watermark(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """Words over the photo, of any of the damage model's five levels."""
    return overlay(pixels, int(generator.integers(1, 6)), generator)


def flip_photo(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """Left to right, in one case of four upside down."""
    return np.ascontiguousarray(pixels[::-1] if generator.random() < 0.25 else pixels[:, ::-1])


def rotate_photo(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """By 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(pixels, int(generator.integers(1, 4))))


def shift_colours(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """Gains and offsets of the channels, then saturation and hue."""
    gains, offsets = generator.uniform(0.8, 1.2, 3), generator.uniform(-15, 15, 3)
    toned = np.clip(pixels * gains + offsets, 0, 255).astype(np.uint8)
    hsv = cv2.cvtColor(toned, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + generator.uniform(-8, 8)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * generator.uniform(0.6, 1.4), 0, 255)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB), np.uint8)


_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)
_SLOGANS = ("SUMMER SALE", "NEW ARRIVAL", "BEST PRICE", "FREE SHIPPING")


def add_line_of_text(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """One line of large red letters across, a tenth of the height."""
    lettered = pixels.copy()
    height, width = pixels.shape[:2]
    text, font = str(generator.choice(_SLOGANS)), _FONTS[int(generator.integers(len(_FONTS)))]
    stroke = max(2, round(height / 90))
    scale = cv2.getFontScaleFromHeight(font, round(0.1 * height), stroke)
    (wide, _), _ = cv2.getTextSize(text, font, scale, stroke)
    scale *= min(1.0, 0.97 * width / wide)
    (wide, _), _ = cv2.getTextSize(text, font, scale, stroke)
    place = (width - wide) // 2, int(generator.uniform(0.2, 0.9) * height)
    cv2.putText(lettered, text, place, font, scale, (215, 20, 30), stroke, cv2.LINE_AA)
    return lettered


def add_badge_and_banner(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """A round badge in an upper corner and a banner along the bottom, both with words."""
    return add_banner(add_badge(pixels, generator), generator)


def add_badge(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """A round badge with words in an upper corner."""
    marked = pixels.copy()
    height, width = pixels.shape[:2]
    radius = round(min(height, width) * generator.uniform(0.1, 0.16))
    across = width - radius - 8 if generator.random() < 0.5 else radius + 8
    grounds = ((220, 20, 40), (250, 190, 0), (10, 120, 60))
    ground = grounds[int(generator.integers(len(grounds)))]
    cv2.circle(marked, (across, radius + 8), radius, ground, -1, cv2.LINE_AA)
    place = across - int(0.75 * radius), radius + 8 + radius // 4
    stroke = max(1, radius // 25)
    cv2.putText(marked, "-30%", place, _FONTS[1], radius / 45, (255, 255, 255), stroke, cv2.LINE_AA)
    return marked


def add_banner(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """A banner with words along the bottom."""
    marked = pixels.copy()
    height, width = pixels.shape[:2]
    deep = round(height * generator.uniform(0.1, 0.16))
    marked[height - deep :] = ((30, 60, 160), (20, 20, 20), (230, 60, 20))[int(generator.integers(3))]
    place, stroke = (round(width * 0.05), height - deep // 3), max(1, width // 350)
    text = "FREE DELIVERY TODAY"
    cv2.putText(marked, text, place, _FONTS[1], width / 520, (255, 255, 255), stroke, cv2.LINE_AA)
    return marked


def add_frame(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """A frame of one colour laid over the edges, 2 to 6 % of the short side, with a thin line inside."""
    framed = pixels.copy()
    height, width = pixels.shape[:2]
    wide = max(2, round(min(height, width) * generator.uniform(0.02, 0.06)))
    grounds = ((200, 20, 40), (20, 20, 20), (190, 150, 40), (20, 90, 160))
    ground = grounds[int(generator.integers(len(grounds)))]
    for edge in (np.s_[:wide], np.s_[-wide:], np.s_[:, :wide], np.s_[:, -wide:]):
        framed[edge] = ground
    corners = (2 * wide, 2 * wide), (width - 2 * wide - 1, height - 2 * wide - 1)
    cv2.rectangle(framed, *corners, ground, max(1, wide // 5), cv2.LINE_AA)
    return framed


CHANGES: dict[str, Change] = {
    "resized": resize_photo,
    "cropped": crop_photo,
    "bordered": add_border,
    "watermarked": add_watermark,
    "flipped": flip_photo,
    "rotated": rotate_photo,
    "colour-shifted": shift_colours,
}


def combine_changes(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """Two different changes, one upon the other."""
    first, second = generator.choice(sorted(CHANGES), 2, replace=False)
    return CHANGES[str(second)](CHANGES[str(first)](pixels, generator), generator)


LAID_OVER: dict[str, Change] = {
    "lettered": add_line_of_text,
    "badge": add_badge,
    "banner": add_banner,
    "badged": add_badge_and_banner,
    "framed": add_frame,
}
"""Changes that are not combined with others."""

KINDS = ("exact", "same-pixels", "recompressed", *CHANGES, *LAID_OVER, "combined")
"""Every kind of copy; but for the first three, all are saved as JPEG of quality 75 to 95."""


def make_copy(original: Path, pixels: Pixels, kind: str, generator: np.random.Generator) -> bytes:
    """The bytes of a copy.

    Args:
        original: The file.
        pixels: (H, W, 3) RGB, what it holds.
        kind: One of `KINDS`.
        generator: Of strengths and places.
    """
    if kind == "exact":
        return original.read_bytes()
    if kind == "same-pixels":
        return _encode(pixels, format="PNG")
    if kind == "recompressed":
        return _encode(pixels, format="JPEG", quality=int(generator.integers(20, 80)))
    change = combine_changes if kind == "combined" else (CHANGES | LAID_OVER)[kind]
    quality = int(generator.integers(75, 96))
    return _encode(change(pixels, generator), format="JPEG", quality=quality)


def _encode(pixels: Pixels, format: str, quality: int | None = None) -> bytes:
    file = io.BytesIO()
    options = {} if quality is None else {"quality": quality}
    Image.fromarray(pixels).save(file, format=format, **options)
    return file.getvalue()
