"""What lies over a photo and where its product is: the numbers that rules of marketplaces ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.assess.location import find_by_network
from packshot.encode.mask import MaskNetwork
from packshot.encode.overlay import OverlayMaps, OverlayNetwork
from packshot.measure.overlay import (
    Code,
    Frame,
    Panel,
    find_codes,
    find_frame,
    find_panels,
    is_placeholder,
)
from packshot.measure.photo import region_of
from packshot.measure.planes import Pixels, Planes, as_bytes, make_planes
from packshot.measure.product import ProductRegion, product_of
from packshot.report import Region

METRICS: Final = (
    "text_area",
    "text_boxes",
    "text_on_product",
    "watermark",
    "border_width",
    "collage_panels",
    "qr_codes",
    "placeholder",
)
"""Keys of `Inspection.numbers`, in order."""

_TEXT_LIKELY: Final = 0.5
_TEXT_SURE: Final = 0.8
_WATERMARK_LIKELY: Final = 0.5
_WATERMARK_SURE: Final = 0.8
_SMALLEST_BOX: Final = 0.0004
_SMALLEST_WATERMARK: Final = 0.004

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Inspection:
    """What was found on one photo.

    Attributes:
        product: Where the product is; None where neither the background nor the network tells.
        text: Boxes of lines of text laid over the photo, largest first.
        text_area: Their share of the picture, per cent.
        text_on_product: Share of the text, per cent, that lies on the product; None without both.
        watermark: Share of the picture, per cent, under see-through lettering and logos.
        frame: Frame around the picture.
        panels: Pictures in a collage, in working pixels; one for a single picture.
        codes: QR codes.
        placeholder: Whether it stands where a photo is missing.
    """

    product: ProductRegion | None
    text: tuple[Region, ...]
    text_area: float
    text_on_product: float | None
    watermark: float
    frame: Frame | None
    panels: tuple[Panel, ...]
    codes: tuple[Code, ...]
    placeholder: bool

    @property
    def numbers(self) -> dict[str, float | None]:
        """A value for each of `METRICS`; None where it was not measured."""
        return {
            "text_area": self.text_area,
            "text_boxes": float(len(self.text)),
            "text_on_product": self.text_on_product,
            "watermark": self.watermark,
            "border_width": self.frame.widest if self.frame else 0.0,
            "collage_panels": float(len(self.panels)),
            "qr_codes": float(len(self.codes)),
            "placeholder": float(self.placeholder),
        }


@dataclass(frozen=True)
class Inspector:
    """Looks at photos for overlays and for the product. Build with `packaged`.

    Attributes:
        mask: The mask network.
        overlay: The overlay network.
    """

    mask: MaskNetwork
    overlay: OverlayNetwork

    @classmethod
    def packaged(cls, threads: int = 1) -> Inspector:
        """With the networks that ship with the package.

        Args:
            threads: Threads that one call may use.
        """
        return cls(MaskNetwork.packaged(threads), OverlayNetwork.packaged(threads))

    def inspect(self, pixels: Pixels) -> Inspection:
        """Inspect a photo.

        Args:
            pixels: (H, W, 3) uint8 RGB, upright sRGB.

        Raises:
            InvalidInput: Pixels of another type or shape.
        """
        planes = make_planes(pixels)
        product = product_of(planes) or find_by_network(self.mask, planes)
        maps = self.overlay.look(planes.pixels)
        lettering, boxes = find_text(maps)
        return Inspection(
            product=product,
            text=boxes,
            text_area=100 * float(lettering.mean()),
            text_on_product=_share_on(lettering, product),
            watermark=100 * float(find_watermark(maps).mean()),
            frame=find_frame(planes.pixels, planes.grey),
            panels=tuple(find_panels(planes.small)),
            codes=tuple(find_codes(planes.grey)),
            placeholder=is_placeholder(planes, _raised(lettering, planes)),
        )


def find_text(maps: OverlayMaps) -> tuple[Flags, tuple[Region, ...]]:
    """Lines of text: parts of the map that are likely text and somewhere surely so.

    Returns:
        (h, w) True in them, and their boxes in fractions of the photo, largest first.
    """
    kept = _sure_parts(maps.text, _TEXT_LIKELY, _TEXT_SURE, _SMALLEST_BOX)
    _, _, stats, _ = cv2.connectedComponentsWithStats(as_bytes(kept), connectivity=8)
    order = sorted(stats[1:].tolist(), key=lambda part: -part[cv2.CC_STAT_AREA])
    boxes = tuple(region_of((part[0], part[1], part[2], part[3]), maps.text) for part in order)
    return kept, boxes


def find_watermark(maps: OverlayMaps) -> Flags:
    """(h, w) True under see-through lettering; nowhere where it is too little to be one."""
    kept = _sure_parts(maps.watermark, _WATERMARK_LIKELY, _WATERMARK_SURE, _SMALLEST_BOX)
    return kept if kept.mean() >= _SMALLEST_WATERMARK else np.zeros_like(kept)


def _sure_parts(likely: NDArray[np.float32], low: float, high: float, least: float) -> Flags:
    """Connected parts above `low` that reach `high` somewhere and are not tiny."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(as_bytes(likely >= low), connectivity=8)
    peaks = np.zeros(count, np.float32)
    np.maximum.at(peaks, labels.ravel(), likely.ravel())
    kept = (peaks >= high) & (stats[:, cv2.CC_STAT_AREA] >= least * likely.size)
    kept[0] = False
    return np.asarray(kept[labels], bool)


def _share_on(lettering: Flags, product: ProductRegion | None) -> float | None:
    """Per cent of the lettering that lies on the product."""
    if product is None or not lettering.any():
        return None
    size = lettering.shape[::-1]
    mask = cv2.resize(as_bytes(product.mask), size, interpolation=cv2.INTER_NEAREST)
    return 100 * float(np.asarray(mask)[lettering].mean())


def _raised(lettering: Flags, planes: Planes) -> Flags:
    """Flags at working size."""
    size = planes.small.shape[1::-1]
    return np.asarray(cv2.resize(as_bytes(lettering), size, interpolation=cv2.INTER_NEAREST)) > 0
