"""What lies over a photo and where its product is: the numbers that rules of marketplaces ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.assess.location import locate
from packshot.encode.mask import MaskNetwork
from packshot.encode.overlay import OverlayMaps, OverlayNetwork
from packshot.measure.background import find_background
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
from packshot.measure.product import ProductRegion
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

_LIKELY: Final = 0.3
_SURE: Final = 0.5
_ALONE_SURE: Final = 0.97
_PRINT_SURE: Final = 0.97
_PRINT_AREA: Final = 0.015
_SMALLEST_PART: Final = 0.0004
_LETTERING_SHARE: Final = 0.4
_MARK_SURE: Final = 0.7
_MARK_AREA: Final = 0.036

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lettering:
    """Text laid over a photo.

    Attributes:
        flags: (h, w) True where it surely is.
        likely: (h, w) True where it may be.
        boxes: Boxes of `flags` in fractions of the photo, largest first.
        on_product: Share of `flags`, per cent, that lies on the product; None without either.
    """

    flags: Flags
    likely: Flags
    boxes: tuple[Region, ...]
    on_product: float | None

    @property
    def area(self) -> float | None:
        """Share of the picture, per cent; None where there may be some, but surely nowhere."""
        if self.flags.any():
            return 100 * float(self.flags.mean())
        return None if self.likely.any() else 0.0


@dataclass(frozen=True, eq=False)
class Inspection:
    """What was found on one photo.

    Attributes:
        product: Where the product is; None where neither the background nor the network tells.
        text: Text laid over the photo.
        watermark: Share of the picture, per cent, under see-through lettering and logos; None where
            that is not certain either way.
        frame: Frame around the picture.
        panels: Pictures in a collage, in working pixels; one for a single picture.
        codes: QR codes.
        placeholder: Whether it stands where a photo is missing.
    """

    product: ProductRegion | None
    text: Lettering
    watermark: float | None
    frame: Frame | None
    panels: tuple[Panel, ...]
    codes: tuple[Code, ...]
    placeholder: bool

    @property
    def numbers(self) -> dict[str, float | None]:
        """A value for each of `METRICS`; None where it was not measured."""
        return {
            "text_area": self.text.area,
            "text_boxes": None if self.text.area is None else float(len(self.text.boxes)),
            "text_on_product": self.text.on_product,
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
        plain = find_background(planes.small)
        product = locate(self.mask, planes, plain)
        maps = self.overlay.look(planes.pixels)
        text = find_text(maps, product)
        return Inspection(
            product=product,
            text=text,
            watermark=find_watermark(maps),
            frame=find_frame(planes.pixels, planes.grey),
            panels=tuple(find_panels(planes, plain)),
            codes=tuple(find_codes(planes.grey)),
            placeholder=is_placeholder(planes, plain, _raised(maps.text >= _LIKELY, planes)),
        )


def find_text(maps: OverlayMaps, product: ProductRegion | None) -> Lettering:
    """Lines of text laid over a photo.

    Off the product lettering is an overlay; on it, it is mostly the product's own, so only large and
    certain lettering counts there. What is neither sure nor unlikely leaves the question open.

    Args:
        maps: Of the overlay network.
        product: Where the product is, if that is known.
    """
    labels, peaks, areas = _parts(maps.text)
    body = None if product is None else _body(product, maps.text)
    inside = np.zeros(len(peaks)) if body is None else _share_of_parts(labels, body)
    certain = peaks >= (_ALONE_SURE if body is None else _SURE)
    kept = np.where(inside < 0.5, certain, (peaks >= _PRINT_SURE) & (areas >= _PRINT_AREA))
    likely = peaks >= _SURE
    kept[0] = likely[0] = False
    flags = np.asarray(kept[labels], bool)
    share = None if not flags.any() or body is None else 100 * float(body[flags].mean())
    return Lettering(flags, np.asarray(likely[labels], bool), _boxes(flags), share)


def find_watermark(maps: OverlayMaps) -> float | None:
    """Share of the picture, per cent, under see-through lettering and logos.

    Returns:
        None where they are neither sure nor unlikely.
    """
    _, peaks, areas = _parts(maps.watermark)
    sure = maps.watermark >= _MARK_SURE
    if sure.mean() >= _MARK_AREA:
        return 100 * float(areas[(peaks >= _MARK_SURE)].sum())
    return None if (peaks >= _SURE).any() else 0.0


def _parts(likely: NDArray[np.float32]) -> tuple[NDArray[np.int32], Floats, Floats]:
    """Connected parts of a map: labels, the largest likelihood and the area of each, the rest first.

    Parts that are too small have a likelihood of 0, as has the rest.
    """
    flags = as_bytes(likely >= _LIKELY)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(flags, connectivity=8)
    peaks = np.zeros(count)
    np.maximum.at(peaks, labels.ravel(), likely.ravel())
    areas = stats[:, cv2.CC_STAT_AREA] / likely.size
    peaks[areas < _SMALLEST_PART] = 0
    peaks[0] = areas[0] = 0
    return np.asarray(labels, np.int32), peaks, areas


def _body(product: ProductRegion, likely: NDArray[np.float32]) -> Flags:
    """The product's mask at the map's size, without parts that are lettering on the background."""
    size = likely.shape[::-1]
    mask = as_bytes(cv2.resize(as_bytes(product.mask), size, interpolation=cv2.INTER_NEAREST))
    _, labels, _, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    kept = _share_of_parts(labels, likely >= _LIKELY) < _LETTERING_SHARE
    kept[0] = False
    return np.asarray(kept[labels], bool)


def _share_of_parts(labels: NDArray[np.int32], flags: Flags) -> Floats:
    """Of each labelled part, the share where flags hold."""
    sizes = np.bincount(labels.ravel())
    return np.bincount(labels.ravel(), flags.ravel()) / np.maximum(sizes, 1)


def _boxes(flags: Flags) -> tuple[Region, ...]:
    """Boxes of connected parts in fractions of the photo, largest first."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(as_bytes(flags), connectivity=8)
    order = sorted(stats[1:].tolist(), key=lambda part: -part[cv2.CC_STAT_AREA])
    return tuple(region_of((part[0], part[1], part[2], part[3]), flags) for part in order)


def _raised(lettering: Flags, planes: Planes) -> Flags:
    """Flags at working size."""
    size = planes.small.shape[1::-1]
    return np.asarray(cv2.resize(as_bytes(lettering), size, interpolation=cv2.INTER_NEAREST)) > 0
