"""Rendered lettering: lines of text in many fonts, and simple logos, as coverage masks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from packshot.arrays import ByteMask
from packshot.errors import SourceError
from packshot.measure.planes import to_uint8

_PHRASES: Final = (
    "SALE", "NEW", "HOT DEAL", "FREE SHIPPING", "-50%", "50% OFF", "BEST SELLER", "Limited offer",
    "Buy 2 get 1", "only $19.99", "100% cotton", "2 years warranty", "www.shop.com", "(c) studio",
    "SAMPLE", "PREVIEW", "Original", "Premium Quality", "eco friendly", "Size M L XL", "Top rated",
    "Waterproof", "24h delivery", "Made in Italy", "official store", "@brand", "shop.example.net",
    "Copyright 2024", "DO NOT COPY", "Photo by Anna", "Soft and light", "9,99 EUR", "Angebot", "Neu",
    "Promo", "Oferta", "Livraison gratuite", "12 x 30 cm", "250 ml", "USB-C", "4K", "for men",
)  # fmt: skip
_HAN: Final = "包邮正品新款特价热卖限时促销官方旗舰店买一送一满减优惠防水高清大容量现货直销品质保证"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789  .%&-+!"
"""Of random texts; blanks twice, to make words."""

_HERSHEY_FONTS: Final = (0, 1, 2, 3, 4, 5, 6, 7)
"""Numbers of OpenCV's stroke fonts."""

_RENDER_HEIGHT: Final = 48
"""Pixels of letters as they are drawn, before they are resized. A judgement: higher than most are
needed."""


@dataclass(frozen=True)
class Fonts:
    """Font files by what they can write.

    Attributes:
        latin: Files.
        han: Files that hold Chinese characters too.

    Example:
        >>> for name in ("DejaVuSans.ttf", "NotoSansCJK.ttc", "DejaVuSansCondensed.ttf"):
        ...     Path(name).touch()
        >>> fonts = Fonts.from_folder(Path("."))
        >>> fonts.latin, fonts.han
        (('DejaVuSans.ttf', 'NotoSansCJK.ttc'), ('NotoSansCJK.ttc',))
    """

    latin: tuple[str, ...]
    han: tuple[str, ...]

    @classmethod
    def from_folder(cls, folder: Path, held_out: bool = False) -> Fonts:
        """Find the fonts of a folder; one family in four, by its name, is kept for validation.

        Raises:
            SourceError: No font there.
        """
        files = sorted(path for path in folder.rglob("*") if path.suffix in {".ttf", ".otf", ".ttc"})
        chosen = [str(path) for path in files if _is_held_out(path.stem) == held_out]
        han = tuple(path for path in chosen if "CJK" in path)
        latin = tuple(path for path in chosen if "Math" not in path)
        if not latin:
            raise SourceError(f"no font file under {folder}")
        return cls(latin, han)


def _is_held_out(stem: str) -> bool:
    """Return whether a font is for validation: condensed, monospaced and serif-bold cuts are."""
    return any(part in stem for part in ("Condensed", "MonoOblique", "SansMono", "SerifCJK", "Narrow"))


def sample_text(random: np.random.Generator, fonts: Fonts) -> tuple[str, str | int]:
    """Choose a text, and the font file, or Hershey number, to write it in.

    Example:
        >>> text, font = sample_text(np.random.default_rng(0), Fonts(("DejaVuSans.ttf",), ()))
        >>> len(text) >= 2, font == "DejaVuSans.ttf" or font in range(8)
        (True, True)
    """
    kind = random.random()
    if kind < 0.2 and fonts.han:
        text = "".join(random.choice(list(_HAN), int(random.integers(2, 9))))
        return text, str(random.choice(fonts.han))
    if kind < 0.6:
        text = str(random.choice(_PHRASES))
    else:
        text = "".join(random.choice(list(_LETTERS), int(random.integers(2, 18)))).strip()
        text = text if sum(letter.isalnum() for letter in text) >= 2 else "A1"
    if random.random() < 0.12:
        return text, int(random.choice(_HERSHEY_FONTS))
    return text, str(random.choice(fonts.latin))


def render_line(text: str, font: str | int, height: float) -> ByteMask:
    """Draw a line of text as coverage, 0..255, tight; its letters are about `height` pixels high.

    Example:
        >>> coverage = render_line("SALE", 0, height=24)
        >>> coverage.shape[1] > 2 * coverage.shape[0], int(coverage.max()) > 200
        (True, True)
    """
    rendered = _render_hershey(text, font) if isinstance(font, int) else _render_outline(text, font)
    scale = height / _RENDER_HEIGHT
    size = (max(2, round(rendered.shape[1] * scale)), max(2, round(rendered.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return to_uint8(cv2.resize(rendered, size, interpolation=method))


def _render_hershey(text: str, font: int) -> ByteMask:
    thickness = 3
    (wide, tall), low = cv2.getTextSize(text, font, 2.0, thickness)
    canvas = np.zeros((tall + low + 8, wide + 8), np.uint8)
    cv2.putText(canvas, text, (4, tall + 4), font, 2.0, 255, thickness, cv2.LINE_AA)
    return _crop_to_content(canvas)


def _render_outline(text: str, file: str) -> ByteMask:
    font = _load_font(file)
    left, top, right, bottom = (int(side) for side in font.getbbox(text))
    image = Image.new("L", (max(right - left, 1) + 8, max(bottom - top, 1) + 8))
    ImageDraw.Draw(image).text((4 - left, 4 - top), text, fill=255, font=font)
    return _crop_to_content(np.asarray(image, np.uint8))


@lru_cache(maxsize=64)
def _load_font(file: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, _RENDER_HEIGHT + 12)


def _crop_to_content(coverage: ByteMask) -> ByteMask:
    left, top, width, height = cv2.boundingRect(coverage)
    return coverage[top : top + height, left : left + width] if width and height else coverage


def draw_logo(random: np.random.Generator, side: int) -> ByteMask:
    """Draw the coverage of a simple mark: a ring, a shield, a star or bars.

    Example:
        >>> logo = draw_logo(np.random.default_rng(0), 40)
        >>> logo.shape, bool(logo.any())
        ((40, 40), True)
    """
    canvas = np.zeros((side, side), np.uint8)
    middle, thick = side // 2, max(1, side // 14)
    kind = int(random.integers(4))
    if kind == 0:
        cv2.circle(canvas, (middle, middle), middle - thick, 255, thick, cv2.LINE_AA)
    elif kind == 1:
        cv2.fillPoly(canvas, [_make_star(random, side)], 255, cv2.LINE_AA)
    elif kind == 2:
        cv2.rectangle(canvas, (thick, thick), (side - thick, side - thick), 255, thick)
        cv2.line(canvas, (0, side), (side, 0), 255, thick, cv2.LINE_AA)
    else:
        for place in range(3):
            top = int(side * (0.1 + 0.3 * place))
            cv2.rectangle(
                canvas, (0, top), (int(side * random.uniform(0.4, 1)), top + 2 * thick), 255, -1
            )
    return canvas


def _make_star(
    random: np.random.Generator, side: int
) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    points = int(random.integers(4, 8))
    angles = np.arange(2 * points) * np.pi / points
    reach = side / 2 * np.where(np.arange(2 * points) % 2, random.uniform(0.4, 0.8), 0.98)
    return np.round(side / 2 + np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None]).astype(
        np.int32
    )
