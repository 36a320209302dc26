"""Overlays on a photo and the place of its product: the numbers that marketplaces' rules ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Int32Array, Mask, Pixels
from packshot.assess.product_location import find_exact_product, find_product_by_network
from packshot.encode.mask import MaskNetwork
from packshot.encode.overlay import OverlayMaps, OverlayNetwork
from packshot.measure.overlay import (
    Frame,
    Panel,
    QrCode,
    find_frame,
    find_panels,
    find_qr_codes,
    is_placeholder,
)
from packshot.measure.photo import Scene, box_to_region, find_scene
from packshot.measure.planes import Planes, to_uint8
from packshot.measure.product import ProductRegion
from packshot.report import OVERLAYS, Measurement, Region

_NETWORK_OVERLAYS: Final = frozenset(
    {"text_area", "text_boxes", "text_on_product", "watermark", "placeholder"}
)
"""Of `OVERLAYS`, what the overlay network tells."""


@dataclass(frozen=True)
class InspectionLimits:
    """Limits on the maps of the overlay network, between an overlay, none, and what is left open.

    Likelihoods and evenness (the mean likelihood of a part) are 0..1, areas are shares of the photo.
    Chosen together on photos that were kept from training for that (`packshot/weights/overlay.md`,
    decision 18) and chosen anew for each new network; what they come to on other photos is in
    `benchmarks/results/overlays.csv`.

    Attributes:
        likely_probability: Likelihood from which on a place belongs to a part; where none reaches it
            there is no overlay.
        possible_evenness: Evenness from which on a part may be text; below it is faint throughout, and
            counts as none.
        off_product_evenness: Evenness from which on a part off the product is text.
        unplaced_evenness: The same where it is not known where the product is.
        print_evenness: The same on the product, where most lettering is its own.
        print_area: Area from which on a part on the product can be an overlay; smaller lettering there
            is print.
        line_aspect: Width over height of a part's box from which on it is a line of text; others are
            left open.
        min_part_area: Area below which a part is left out, as if it were not there.
        background_text_share: Share of a part of the product's mask that is likely text, from which on
            it is lettering on the background and no part of the product.
        watermark_sure: Likelihood from which on a place surely is under a watermark.
        watermark_area: Area of such places that a watermark must have; with less it is left open.
        watermark_evenness: Mean likelihood of all likely places that a watermark must have; what is
            less even is left open.
        watermark_possible_area: Area of likely places below which there is no watermark.

    Example:
        >>> LIMITS.off_product_evenness < LIMITS.unplaced_evenness < LIMITS.print_evenness
        True
    """

    likely_probability: float = 0.3
    possible_evenness: float = 0.5
    off_product_evenness: float = 0.75
    unplaced_evenness: float = 0.85
    print_evenness: float = 0.95
    print_area: float = 0.004
    line_aspect: float = 1.5
    min_part_area: float = 0.0006
    background_text_share: float = 0.4
    watermark_sure: float = 0.9
    watermark_area: float = 0.012
    watermark_evenness: float = 0.78
    watermark_possible_area: float = 0.005


LIMITS: Final = InspectionLimits()


@dataclass(frozen=True, eq=False)
class TextOverlay:
    """Text laid over a photo.

    Attributes:
        flags: (h, w) True where it surely is.
        likely: (h, w) True where it may be.
        boxes: Boxes of `flags` in fractions of the photo, largest first.
        on_product: Share of `flags`, per cent, that lies on the product; None without either.

    Example:
        >>> import numpy as np
        >>> flags = np.zeros((10, 10), bool)
        >>> flags[0, :5] = True
        >>> TextOverlay(flags, likely=flags, boxes=(), on_product=None).area
        5.0
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

    Example:
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/speaker-sale-badge.jpg")
        >>> inspection = Inspector.load_shipped().inspect(photo.pixels)
        >>> inspection.values["collage_panels"], inspection.values["qr_codes"]
        (1.0, 0.0)
    """

    scene: Scene
    inspector: Inspector

    @cached_property
    def network_product(self) -> ProductRegion | None:
        """The product as the mask network sees it; None where it is not sure."""
        return find_product_by_network(self.inspector.mask, self.scene.planes)

    @cached_property
    def product(self) -> ProductRegion | None:
        """The product; None where neither the background nor the network tells."""
        return find_exact_product(self.scene) or self.network_product

    @cached_property
    def maps(self) -> OverlayMaps:
        """Maps of the overlay network."""
        return self.inspector.overlay.predict(self.scene.planes.pixels)

    @cached_property
    def text(self) -> TextOverlay:
        """Text laid over the photo."""
        if (self.maps.text < LIMITS.likely_probability).all():
            # It need not be known where the product is.
            return _make_empty_overlay(self.maps)
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
        return tuple(find_panels(self.scene.planes, self.scene.plain_background))

    @cached_property
    def qr_codes(self) -> tuple[QrCode, ...]:
        """QR codes."""
        return tuple(find_qr_codes(self.scene.planes.grey))

    @cached_property
    def is_placeholder_image(self) -> bool:
        """True where the picture is a placeholder for a missing photo."""
        planes = self.scene.planes
        return is_placeholder(
            planes,
            self.scene.plain_background,
            _resize_to_working(self.maps.text >= LIMITS.likely_probability, planes),
        )

    @property
    def values(self) -> dict[str, float | None]:
        """A value for each of `OVERLAYS`; None where it is not certain."""
        return {key: read(self) for key, read in _OVERLAY_READERS.items()}

    def measure_overlays(self, names: Iterable[str]) -> dict[str, Measurement]:
        """Measure some of `OVERLAYS`, as an assessment records them; only what they take is computed.

        Args:
            names: Keys of `OVERLAYS`.
        """
        return {key: _make_overlay_measurement(key, _OVERLAY_READERS[key](self)) for key in names}


_OVERLAY_READERS: Final[dict[str, Callable[[Inspection], float | None]]] = {
    "text_area": lambda found: found.text.area,
    "text_boxes": lambda found: None if found.text.area is None else float(len(found.text.boxes)),
    "text_on_product": lambda found: found.text.on_product,
    "watermark": lambda found: found.watermark,
    "border_width": lambda found: found.frame.widest_percent if found.frame else 0.0,
    "collage_panels": lambda found: float(len(found.panels)),
    "qr_codes": lambda found: float(len(found.qr_codes)),
    "placeholder": lambda found: float(found.is_placeholder_image),
}


def _make_overlay_measurement(key: str, value: float | None) -> Measurement:
    rounded = None if value is None else round(value, 3)
    return Measurement(value=rounded, unit=OVERLAYS[key], score=None)


@dataclass(frozen=True)
class Inspector:
    """Looks at photos for overlays and for the product. Build with `load_shipped`.

    Attributes:
        mask: The mask network.
        threads: Threads that one call may use.

    Example:
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/speaker-sale-badge.jpg")
        >>> inspection = Inspector.load_shipped().inspect(photo.pixels)
        >>> inspection.text.area > 0, len(inspection.panels)
        (True, 1)
    """

    mask: MaskNetwork
    threads: int = 1

    @classmethod
    def load_shipped(cls, threads: int = 1) -> Inspector:
        """Load the networks that ship with the package.

        Args:
            threads: Threads that one call may use.
        """
        return cls(MaskNetwork.load_shipped(threads), threads)

    @cached_property
    def overlay(self) -> OverlayNetwork:
        """The overlay network, loaded when it is first asked."""
        return OverlayNetwork.load_shipped(self.threads)

    def fingerprints(self, overlays: Iterable[str]) -> dict[str, str]:
        """Return fingerprints of the networks that measure some of `OVERLAYS` or find the product."""
        fingerprints = {"mask": self.mask.model.fingerprint}
        if _NETWORK_OVERLAYS.isdisjoint(overlays):
            return fingerprints
        return fingerprints | {"overlay": self.overlay.model.fingerprint}

    def inspect(self, pixels: Pixels) -> Inspection:
        """Inspect a photo.

        Args:
            pixels: (H, W, 3) uint8 RGB, upright sRGB.

        Raises:
            InvalidInput: Pixels of another type or shape.
        """
        return Inspection(find_scene(pixels), self)


def find_text(maps: OverlayMaps, product: ProductRegion | None) -> TextOverlay:
    """Find lines of text laid over a photo.

    The network learnt lines as boxes, and fills them evenly; print, legs of chairs and railings that
    remind it of lines make uneven parts. So a part is text if it is wide and its mean likelihood high.
    Off the product lettering is an overlay; on it, it is mostly the product's own, so only very even and
    not too small lettering counts there. Other parts leave the question open, unless they are faint
    throughout.

    Args:
        maps: Of the overlay network.
        product: Where the product is, if that is known.

    Example:
        >>> import numpy as np
        >>> text = np.zeros((60, 80), np.float32)
        >>> text[6:12, 20:60] = 0.95
        >>> maps = OverlayMaps(text, watermark=np.zeros_like(text))
        >>> find_text(maps, product=None).area
        5.0
    """
    parts = _find_parts(maps.text)
    product_mask = None if product is None else _find_product_mask(product, maps.text)
    likely = (parts.areas >= LIMITS.min_part_area) & (parts.evenness >= LIMITS.possible_evenness)
    kept = likely & (parts.aspects >= LIMITS.line_aspect) & _is_even(parts, product_mask)
    flags = np.asarray(kept[parts.labels], bool)
    share = None if not flags.any() or product_mask is None else 100 * float(product_mask[flags].mean())
    boxes = _to_regions(parts.boxes[kept], parts.areas[kept], flags)
    return TextOverlay(flags, np.asarray(likely[parts.labels], bool), boxes, share)


def _is_even(parts: _Parts, product_mask: Mask | None) -> Mask:
    """Return which parts are filled as evenly as overlays are where they lie."""
    if product_mask is None:
        return parts.evenness >= LIMITS.unplaced_evenness
    inside = _means_of_parts(parts.labels, product_mask) >= 0.5
    as_overlay = (parts.evenness >= LIMITS.print_evenness) & (parts.areas >= LIMITS.print_area)
    return np.where(inside, as_overlay, parts.evenness >= LIMITS.off_product_evenness)


def _make_empty_overlay(maps: OverlayMaps) -> TextOverlay:
    empty = np.zeros(maps.text.shape, bool)
    return TextOverlay(empty, empty, (), None)


def find_watermark(maps: OverlayMaps) -> float | None:
    """Share of the picture, per cent, under see-through lettering and logos.

    Returns:
        None where they are neither sure nor unlikely.

    Example:
        >>> import numpy as np
        >>> watermark = np.zeros((60, 80), np.float32)
        >>> watermark[20:40, 20:60] = 0.95
        >>> round(find_watermark(OverlayMaps(np.zeros_like(watermark), watermark)), 2)
        16.67
    """
    likely = maps.watermark >= LIMITS.likely_probability
    if likely.mean() < LIMITS.watermark_possible_area:
        return 0.0
    large = (maps.watermark >= LIMITS.watermark_sure).mean() >= LIMITS.watermark_area
    if large and maps.watermark[likely].mean() >= LIMITS.watermark_evenness:
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


def _find_parts(likely: Float32Array) -> _Parts:
    flags = to_uint8(likely >= LIMITS.likely_probability)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(flags, connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA] / likely.size
    areas[0] = 0
    numbers = np.asarray(labels, np.int32)
    boxes = np.asarray(stats[:, : cv2.CC_STAT_AREA], np.int32)
    return _Parts(numbers, areas, _means_of_parts(numbers, likely), boxes)


def _find_product_mask(product: ProductRegion, likely: Float32Array) -> Mask:
    """Return the product's mask at the map's size, without lettering on the background."""
    size = likely.shape[::-1]
    mask = to_uint8(cv2.resize(to_uint8(product.mask), size, interpolation=cv2.INTER_NEAREST))
    _, labels, _, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    kept = _means_of_parts(labels, likely >= LIMITS.likely_probability) < LIMITS.background_text_share
    kept[0] = False
    return np.asarray(kept[labels], bool)


def _means_of_parts(labels: Int32Array, values: Mask | Float32Array) -> Float64Array:
    """Compute, for each labelled part, the mean of values; of flags, the share where they hold."""
    sizes = np.bincount(labels.ravel())
    return np.bincount(labels.ravel(), values.ravel()) / np.maximum(sizes, 1)


def _to_regions(boxes: Int32Array, areas: Float64Array, flags: Mask) -> tuple[Region, ...]:
    """Convert boxes of parts to fractions of the photo, largest part first."""
    order = np.argsort(-areas, kind="stable")
    return tuple(
        box_to_region((left, top, wide, tall), flags) for left, top, wide, tall in boxes[order].tolist()
    )


def _resize_to_working(flags: Mask, planes: Planes) -> Mask:
    """Resize flags to working size."""
    size = planes.small.shape[1::-1]
    return np.asarray(cv2.resize(to_uint8(flags), size, interpolation=cv2.INTER_NEAREST)) > 0
