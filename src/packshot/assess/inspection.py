"""What lies over a photo and where its product is: the numbers that rules of marketplaces ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Int32Array, Mask, Pixels
from packshot.assess.location import exact_product, find_by_network
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
from packshot.measure.photo import Scene, find_scene, region_of
from packshot.measure.planes import Planes, as_bytes
from packshot.measure.product import ProductRegion
from packshot.report import OVERLAYS, Measurement, Region

_RECOGNISED: Final = frozenset(
    {"text_area", "text_boxes", "text_on_product", "watermark", "placeholder"}
)
"""Of `OVERLAYS`, what the overlay network tells."""

_LIKELY: Final = 0.3
_POSSIBLE_EVENNESS: Final = 0.5
_OFF_PRODUCT_EVENNESS: Final = 0.75
_UNPLACED_EVENNESS: Final = 0.85
_PRINT_EVENNESS: Final = 0.95
_PRINT_AREA: Final = 0.004
_LINE_ASPECT: Final = 1.5
_SMALLEST_PART: Final = 0.0006
_LETTERING_SHARE: Final = 0.4
_MARK_SURE: Final = 0.9
_MARK_AREA: Final = 0.012
_MARK_EVENNESS: Final = 0.78
_MARK_POSSIBLE_AREA: Final = 0.005


@dataclass(frozen=True, eq=False)
class Lettering:
    """Text laid over a photo.

    Attributes:
        flags: (h, w) True where it surely is.
        likely: (h, w) True where it may be.
        boxes: Boxes of `flags` in fractions of the photo, largest first.
        on_product: Share of `flags`, per cent, that lies on the product; None without either.
    """

    flags: Mask
    likely: Mask
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
    """One photo under inspection; each answer is worked out when it is first asked for.

    Attributes:
        scene: The photo, its background, and the product as far as that tells.
        inspector: Whose networks are asked.
    """

    scene: Scene
    inspector: Inspector

    @cached_property
    def recognised(self) -> ProductRegion | None:
        """Where the mask network sees the product; None where it is not sure."""
        return find_by_network(self.inspector.mask, self.scene.planes)

    @cached_property
    def product(self) -> ProductRegion | None:
        """Where the product is; None where neither the background nor the network tells."""
        return exact_product(self.scene) or self.recognised

    @cached_property
    def maps(self) -> OverlayMaps:
        """What the overlay network sees."""
        return self.inspector.overlay.look(self.scene.planes.pixels)

    @cached_property
    def text(self) -> Lettering:
        """Text laid over the photo."""
        if (self.maps.text < _LIKELY).all():  # It need not be known where the product is.
            return _nothing(self.maps)
        return find_text(self.maps, self.product)

    @cached_property
    def watermark(self) -> float | None:
        """Share of the picture, per cent, under see-through lettering and logos.

        None where that is not certain either way.
        """
        return find_watermark(self.maps)

    @cached_property
    def frame(self) -> Frame | None:
        """Frame around the picture."""
        return find_frame(self.scene.planes.pixels, self.scene.planes.grey)

    @cached_property
    def panels(self) -> tuple[Panel, ...]:
        """Pictures in a collage; one for a single picture."""
        return tuple(find_panels(self.scene.planes, self.scene.plain))

    @cached_property
    def codes(self) -> tuple[Code, ...]:
        """QR codes."""
        return tuple(find_codes(self.scene.planes.grey))

    @cached_property
    def placeholder(self) -> bool:
        """Whether it stands where a photo is missing."""
        planes = self.scene.planes
        return is_placeholder(planes, self.scene.plain, _raised(self.maps.text >= _LIKELY, planes))

    @property
    def numbers(self) -> dict[str, float | None]:
        """A value for each of `OVERLAYS`; None where it is not certain."""
        return {key: read(self) for key, read in _READ.items()}

    def measurements(self, wanted: Iterable[str]) -> dict[str, Measurement]:
        """Some of `OVERLAYS`, as an assessment records them; only what they take is worked out.

        Args:
            wanted: Keys of `OVERLAYS`.
        """
        return {key: _record(key, _READ[key](self)) for key in wanted}


_READ: Final[dict[str, Callable[[Inspection], float | None]]] = {
    "text_area": lambda found: found.text.area,
    "text_boxes": lambda found: None if found.text.area is None else float(len(found.text.boxes)),
    "text_on_product": lambda found: found.text.on_product,
    "watermark": lambda found: found.watermark,
    "border_width": lambda found: found.frame.widest if found.frame else 0.0,
    "collage_panels": lambda found: float(len(found.panels)),
    "qr_codes": lambda found: float(len(found.codes)),
    "placeholder": lambda found: float(found.placeholder),
}


def _record(key: str, value: float | None) -> Measurement:
    shown = None if value is None else round(value, 3)
    return Measurement(value=shown, unit=OVERLAYS[key], score=None)


@dataclass(frozen=True)
class Inspector:
    """Looks at photos for overlays and for the product. Build with `packaged`.

    Attributes:
        mask: The mask network.
        threads: Threads that one call may use.
    """

    mask: MaskNetwork
    threads: int = 1

    @classmethod
    def packaged(cls, threads: int = 1) -> Inspector:
        """With the networks that ship with the package.

        Args:
            threads: Threads that one call may use.
        """
        return cls(MaskNetwork.packaged(threads), threads)

    @cached_property
    def overlay(self) -> OverlayNetwork:
        """The overlay network, loaded when it is first asked."""
        return OverlayNetwork.packaged(self.threads)

    def fingerprints(self, overlays: Iterable[str]) -> dict[str, str]:
        """Of the networks that measure some of `OVERLAYS`, and of the one that finds the product."""
        named = {"mask": self.mask.model.fingerprint}
        if _RECOGNISED.isdisjoint(overlays):
            return named
        return named | {"overlay": self.overlay.model.fingerprint}

    def inspect(self, pixels: Pixels) -> Inspection:
        """Inspect a photo.

        Args:
            pixels: (H, W, 3) uint8 RGB, upright sRGB.

        Raises:
            InvalidInput: Pixels of another type or shape.
        """
        return Inspection(find_scene(pixels), self)


def find_text(maps: OverlayMaps, product: ProductRegion | None) -> Lettering:
    """Lines of text laid over a photo.

    The network learnt lines as boxes, and fills them evenly; print, legs of chairs and railings that
    remind it of lines make uneven parts. So a part is text if it is wide and its mean likelihood high.
    Off the product lettering is an overlay; on it, it is mostly the product's own, so only very even and
    not too small lettering counts there. Other parts leave the question open, unless they are faint
    throughout.

    Args:
        maps: Of the overlay network.
        product: Where the product is, if that is known.
    """
    parts = _parts(maps.text)
    body = None if product is None else _body(product, maps.text)
    likely = (parts.areas >= _SMALLEST_PART) & (parts.evenness >= _POSSIBLE_EVENNESS)
    kept = likely & (parts.aspects >= _LINE_ASPECT) & _even(parts, body)
    flags = np.asarray(kept[parts.labels], bool)
    share = None if not flags.any() or body is None else 100 * float(body[flags].mean())
    boxes = _regions(parts.boxes[kept], parts.areas[kept], flags)
    return Lettering(flags, np.asarray(likely[parts.labels], bool), boxes, share)


def _even(parts: _Parts, body: Mask | None) -> Mask:
    """Which parts are filled as evenly as overlays are where they lie."""
    if body is None:
        return parts.evenness >= _UNPLACED_EVENNESS
    inside = _means_of_parts(parts.labels, body) >= 0.5
    as_overlay = (parts.evenness >= _PRINT_EVENNESS) & (parts.areas >= _PRINT_AREA)
    return np.where(inside, as_overlay, parts.evenness >= _OFF_PRODUCT_EVENNESS)


def _nothing(maps: OverlayMaps) -> Lettering:
    nowhere = np.zeros(maps.text.shape, bool)
    return Lettering(nowhere, nowhere, (), None)


def find_watermark(maps: OverlayMaps) -> float | None:
    """Share of the picture, per cent, under see-through lettering and logos.

    Returns:
        None where they are neither sure nor unlikely.
    """
    likely = maps.watermark >= _LIKELY
    if likely.mean() < _MARK_POSSIBLE_AREA:
        return 0.0
    large = (maps.watermark >= _MARK_SURE).mean() >= _MARK_AREA
    if large and maps.watermark[likely].mean() >= _MARK_EVENNESS:
        return 100 * float(likely.mean())
    return None


@dataclass(frozen=True, eq=False)
class _Parts:
    """Connected parts of a map where something is likely; the first is all the rest, and has no area.

    Attributes:
        labels: (h, w) number of the part.
        areas: (N,) share of the map.
        evenness: (N,) mean likelihood.
        boxes: (N, 4) left, top, width and height of the box around it.
    """

    labels: Int32Array
    areas: Float64Array
    evenness: Float64Array
    boxes: Int32Array

    @property
    def aspects(self) -> Float64Array:
        """(N,) width over height of the box around it."""
        return self.boxes[:, 2] / np.maximum(self.boxes[:, 3], 1)


def _parts(likely: Float32Array) -> _Parts:
    flags = as_bytes(likely >= _LIKELY)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(flags, connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA] / likely.size
    areas[0] = 0
    numbers = np.asarray(labels, np.int32)
    boxes = np.asarray(stats[:, : cv2.CC_STAT_AREA], np.int32)
    return _Parts(numbers, areas, _means_of_parts(numbers, likely), boxes)


def _body(product: ProductRegion, likely: Float32Array) -> Mask:
    """The product's mask at the map's size, without parts that are lettering on the background."""
    size = likely.shape[::-1]
    mask = as_bytes(cv2.resize(as_bytes(product.mask), size, interpolation=cv2.INTER_NEAREST))
    _, labels, _, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    kept = _means_of_parts(labels, likely >= _LIKELY) < _LETTERING_SHARE
    kept[0] = False
    return np.asarray(kept[labels], bool)


def _means_of_parts(labels: Int32Array, values: Mask | Float32Array) -> Float64Array:
    """Of each labelled part, the mean of values; of flags, the share where they hold."""
    sizes = np.bincount(labels.ravel())
    return np.bincount(labels.ravel(), values.ravel()) / np.maximum(sizes, 1)


def _regions(boxes: Int32Array, areas: Float64Array, flags: Mask) -> tuple[Region, ...]:
    """Boxes of parts in fractions of the photo, largest part first."""
    order = np.argsort(-areas, kind="stable")
    return tuple(
        region_of((left, top, wide, tall), flags) for left, top, wide, tall in boxes[order].tolist()
    )


def _raised(lettering: Mask, planes: Planes) -> Mask:
    """Flags at working size."""
    size = planes.small.shape[1::-1]
    return np.asarray(cv2.resize(as_bytes(lettering), size, interpolation=cv2.INTER_NEAREST)) > 0
