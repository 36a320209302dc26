"""All measurements of one photo, with every shared intermediate computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Final

import cv2
import numpy as np

from packshot.arrays import AnyArray, ByteMask, Float32Array, Pixels, Plane
from packshot.measure import (
    background,
    banding,
    colour,
    compression,
    contrast,
    exposure,
    geometry,
    noise,
    scaling,
    sharpness,
)
from packshot.measure.background import Background
from packshot.measure.damage_map import damage_map
from packshot.measure.geometry import Box
from packshot.measure.planes import (
    Planes,
    enlarge_mask,
    histogram,
    make_planes,
    mean_where,
    to_uint8,
)
from packshot.measure.product import ProductRegion, find_product
from packshot.measure.scores import make_measurement
from packshot.measure.window import Window, find_window
from packshot.measured_once import measured_once
from packshot.report import MEASUREMENTS, Facts, Measurement, Region

RawValues = dict[str, float | None]
DamageRows = tuple[tuple[float, ...], ...]

_UPSCALE_EVIDENCE: Final = 6.5
"""Peak over median of the spectrum: from here on a period is an enlargement's. Part of the distortion
encoder's input, so it stays what the encoder learnt from, whatever `scaling` uses for findings."""

_UPSCALE_BLUR: Final = (0.24, 0.55)
"""Blur of the sharpest edges over the factor of enlargement: outside of it the period is a fabric's or
JPEG's. As learnt by the encoder, see `_UPSCALE_EVIDENCE`."""

_OUTLINE_SHARE: Final = 0.2
"""Share of the product's box, 0..1, left out at each side when edges inside the product are asked: by
judgement, enough for most outlines."""

_NEUTRAL_LIGHTNESS: Final = 40.0
"""L*, 0..100: a darker background was not meant to be white or grey, so it tells of no cast. By
judgement."""

_NEUTRAL_CHROMA: Final = 45.0
"""CIE Lab chroma: a more colourful background was meant to be coloured. By judgement, above the chroma
of 32 up to which a cast is a finding (`packshot.measure.limits`)."""

_MIN_REGION_SHARE: Final = 0.01
"""Share of the picture, 0..1: less clipping than this has no region to show. By judgement."""


@dataclass(frozen=True, eq=False)
class PhotoMeasurements:
    """Everything measured about one photo.

    Attributes:
        values: By key of `packshot.report.MEASUREMENTS`, in its order; every key is present.
        product: The product, where it was found.
        regions: Where a property lies, for those that have a place; `product` is the product's box.
        compute_damage: Computes `damage_map`.

    Example:
        >>> from packshot.photo import Photo
        >>> measurements = measure_photo(Photo.open("examples/photos/bowl-small-off-centre.jpg").pixels)
        >>> measurements.value("centring") > 20  # per cent of the side off the centre
        True
        >>> len(measurements.damage_map), round(measurements.product_region.width, 1)
        (12, 0.3)
    """

    values: dict[str, Measurement]
    product: ProductRegion | None
    regions: dict[str, Region]
    compute_damage: Callable[[], DamageRows] = tuple

    @cached_property
    def damage_map(self) -> DamageRows:
        """The damage of each cell, 0..1, in rows from the top; empty for tiny photos.

        Computed when it is first asked for: it takes a quarter of the time of all other measures.
        """
        return self.compute_damage()

    @property
    def product_region(self) -> Region | None:
        """The product's box in fractions of the photo."""
        return self.regions.get("product")

    @property
    def product_centre(self) -> tuple[float, float] | None:
        """The middle of the product's box, across and down in pixels; None where none was found."""
        if self.product is None:
            return None
        left, top, width, height = self.product.box
        return left + width / 2, top + height / 2

    def value(self, key: str) -> float | None:
        """Return the raw value of a property.

        Raises:
            KeyError: No such property.
        """
        return self.values[key].value

    @property
    def raw_values(self) -> dict[str, float | None]:
        """The raw value of every property; None where it has no meaning for this photo."""
        return {key: measured.value for key, measured in self.values.items()}

    @property
    def vector(self) -> Float32Array:
        """(K,) every raw value in the order of `MEASUREMENTS`; NaN where it has no meaning."""
        return np.array([self.value(key) for key in MEASUREMENTS], np.float32)


@dataclass(frozen=True, eq=False)
class Scene:
    """The planes, background and product of a photo, from which most measures begin.

    Attributes:
        planes: Of the photo.
        plain_background: Its plain background; None where it has none.
        product: What differs from that; None where that is nothing, or without a plain background.

    Example:
        >>> import numpy as np
        >>> photo = np.full((200, 200, 3), 255, np.uint8)
        >>> photo[50:150, 60:140] = (90, 60, 30)
        >>> scene = find_scene(photo)
        >>> scene.plain_background.colour.tolist(), scene.product.box
        ([255.0, 255.0, 255.0], (60, 50, 80, 100))
    """

    planes: Planes
    plain_background: Background | None
    product: ProductRegion | None


@measured_once
def find_scene(pixels: Pixels) -> Scene:
    """Find the plain background of a photo, and the product on it.

    Args:
        pixels: RGB, (H, W, 3) uint8, upright sRGB.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        >>> find_scene(noise).plain_background is None
        True
    """
    planes = make_planes(pixels)
    plain_background = background.find_plain_background(pixels)
    return Scene(
        planes, plain_background, find_product(planes, plain_background) if plain_background else None
    )


def measure_photo(pixels: Pixels, facts: Facts | None = None) -> PhotoMeasurements:
    """Measure one photo.

    Args:
        pixels: RGB, (H, W, 3) uint8, upright sRGB.
        facts: Facts of the file; without them the size of `pixels` is taken as the stored one.

    Returns:
        A value for every property; None where it has no meaning for this photo. Never NaN or
        infinite.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> from packshot.photo import Photo
        >>> clean, dark = (
        ...     measure_photo(Photo.open(f"examples/photos/{name}.jpg").pixels)
        ...     for name in ("wooden-stool", "stool-low-light")
        ... )
        >>> clean.value("bright_end") > dark.value("bright_end")
        True
    """
    return measure_scene(find_scene(pixels), facts)


def measure_scene(scene: Scene, facts: Facts | None = None) -> PhotoMeasurements:
    """Measure one photo whose background was looked for already; see `measure_photo`.

    Args:
        scene: From `find_scene`.
        facts: As for `measure_photo`.

    Example:
        >>> scene = find_scene(np.full((64, 96, 3), 255, np.uint8))
        >>> measurements = measure_scene(scene)
        >>> measurements.value("resolution"), measurements.value("fill_box_side")
        (96.0, None)
    """
    planes, plain_background, product = scene.planes, scene.plain_background, scene.product
    regions: dict[str, Region] = {}
    raw_values = _measure_detail(planes, plain_background, product)
    raw_values |= _measure_tones(planes, product, regions)
    raw_values |= _measure_colours(planes, plain_background, product)
    raw_values |= _measure_background(planes, plain_background)
    raw_values |= _measure_composition(planes, product, facts, regions)
    values = {key: make_measurement(key, raw_values.get(key)) for key in MEASUREMENTS}
    return PhotoMeasurements(
        values, product, regions, partial(_compute_damage_rows, planes.grey, product)
    )


def add_framing(
    measurements: PhotoMeasurements, planes: Planes, product: ProductRegion
) -> PhotoMeasurements:
    """Replace the measurements of framing by those of a product found in another way.

    Nothing else changes: sharpness, tones and colours stay those of the whole photo, as the distortion
    encoder has learnt them.

    Args:
        measurements: Of a photo on whose background no product was found.
        planes: The same photo.
        product: Where its product is.

    Returns:
        New measurements, with that product and its region.

    Example:
        >>> pixels = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
        >>> mask = np.zeros((100, 100), bool)
        >>> mask[25:75, 40:60] = True
        >>> product = ProductRegion((40, 25, 20, 50), mask, mask, confidence=0.9)
        >>> measured = add_framing(measure_photo(pixels), make_planes(pixels), product)
        >>> measured.value("fill_box_side"), measured.value("centring")
        (50.0, 0.0)
    """
    regions = dict(measurements.regions)
    framing = _measure_framing(planes, product, regions)
    values = measurements.values | {key: make_measurement(key, value) for key, value in framing.items()}
    return replace(measurements, values=values, product=product, regions=regions)


def _compute_damage_rows(grey: Plane, product: ProductRegion | None) -> DamageRows:
    """Compute the damage map in rows, rounded to hundredths."""
    mask = np.ones((1, 1), bool) if product is None else product.mask > 0
    cells = damage_map(grey, mask)
    if cells is None:
        return ()
    return tuple(tuple(round(float(cell), 2) for cell in row) for row in cells)


def _measure_detail(
    planes: Planes, plain_background: Background | None, product: ProductRegion | None
) -> RawValues:
    """Measure sharpness, noise, compression, scaling and banding, all at native size."""
    window = find_window(planes, product)
    grey = window.crop(planes.grey)
    gradients = sharpness.gradients(grey)
    blocks = compression.blockiness(grey)
    background_mask = (
        None
        if plain_background is None
        else window.crop(enlarge_mask(plain_background.mask, planes.grey.shape))
    )
    return _measure_sharpness(planes, gradients, window, product) | {
        "colour_noise": noise.colour_noise(planes.channels),
        "blockiness": blocks.excess if blocks else None,
        "ringing": compression.ringing(grey, gradients, background_mask),
        "banding": banding.banding(grey),
    }


def _measure_sharpness(
    planes: Planes,
    gradients: sharpness.Gradients | None,
    window: Window,
    product: ProductRegion | None,
) -> RawValues:
    """Measure noise, then what strong edges above it say."""
    noise_deviation = noise.noise_level(noise.sample_rows(planes.grey))
    edges = sharpness.find_edges(gradients, noise_deviation or 0.0)
    width = sharpness.edge_width(edges, planes.scale)
    motion = sharpness.motion_blur(edges, planes.scale)
    inner = None
    if product is not None:
        inner = sharpness.find_edges(gradients, noise_deviation or 0.0, _inner_box(product.box, window))
    return {
        "sharpness": width,
        "product_sharpness": sharpness.edge_width(inner, planes.scale),
        "motion_blur": motion.streak if motion else None,
        "motion_anisotropy": motion.anisotropy if motion else None,
        "motion_direction": motion.angle if motion else None,
        "noise": noise_deviation,
        **_measure_enlargement(window.crop(planes.grey), planes.scale, width),
    }


def _inner_box(box: Box, window: Window) -> Box:
    """Return the middle of the product, without its outline, within the window."""
    left, top, width, height = box
    across, down = round(width * _OUTLINE_SHARE), round(height * _OUTLINE_SHARE)
    inner = (left + across, top + down, width - 2 * across, height - 2 * down)
    return window.clip_box(inner)


def _measure_enlargement(grey: Plane, scale: float, width: float | None) -> RawValues:
    """Measure the enlargement, as the distortion encoder learnt it and as findings judge it."""
    estimate = scaling.estimate_resampling(grey)
    if estimate is None or width is None:
        return {"upscaling": None, "enlargement": None}
    factor, evidence = estimate
    fits = _UPSCALE_BLUR[0] <= width * scale / factor <= _UPSCALE_BLUR[1]
    return {
        "upscaling": factor if evidence >= _UPSCALE_EVIDENCE and fits else 1.0,
        "enlargement": scaling.enlargement_factor(grey, estimate, width * scale),
    }


def _measure_tones(
    planes: Planes, product: ProductRegion | None, regions: dict[str, Region]
) -> RawValues:
    """Measure exposure, clipping and contrast."""
    lightness, channels = planes.lab_channels[0], planes.small_channels
    mask = _material_mask(product)
    inside, whole = histogram(lightness, mask), histogram(lightness)
    surface = to_uint8(product.surface) * np.uint8(255) if product else None
    highlights, white = exposure.highlight_clipping(channels, surface)
    shadows, black = exposure.shadow_clipping(channels, mask)
    _record_region(regions, "clipped_highlights", white)
    _record_region(regions, "clipped_shadows", black)
    return {
        "exposure": exposure.mean_lightness(inside),
        "bright_end": exposure.bright_end(whole),
        "bright_channel": exposure.bright_channel(channels),
        "clipped_highlights": highlights,
        "clipped_shadows": shadows,
        "contrast": contrast.tone_range(whole),
        "product_contrast": contrast.rms_contrast(inside),
    }


def _material_mask(product: ProductRegion | None) -> ByteMask | None:
    return product.material.astype(np.uint8) * np.uint8(255) if product else None


def _measure_colours(
    planes: Planes, plain_background: Background | None, product: ProductRegion | None
) -> RawValues:
    mask = _material_mask(product)
    cast = colour.colour_cast(planes.lab_channels, _find_neutral_mask(planes, plain_background))
    return {
        "colourfulness": colour.colourfulness(planes.small_channels, mask),
        "chroma": colour.peak_chroma(planes.lab_channels, mask),
        "saturated": colour.saturation_share(planes.small_channels, mask),
        "colour_cast": cast.magnitude if cast else None,
        "colour_cast_direction": cast.angle if cast else None,
    }


def _find_neutral_mask(planes: Planes, plain_background: Background | None) -> ByteMask | None:
    """Return the background if it was meant to be white or grey."""
    if plain_background is None:
        return None
    light, a, b = (mean_where(plane, plain_background.mask) for plane in planes.lab_channels)
    is_neutral = light / 2.55 >= _NEUTRAL_LIGHTNESS and np.hypot(a - 128, b - 128) <= _NEUTRAL_CHROMA
    return plain_background.mask if is_neutral else None


def _measure_background(planes: Planes, plain_background: Background | None) -> RawValues:
    frame: RawValues = {"frame_white": background.frame_white_share(planes.small)}
    if plain_background is None:
        return frame
    far = background.find_far_background(plain_background.mask, planes.factor)
    light, a, b = (mean_where(plane, far) for plane in planes.lab_channels)
    channels = planes.small_channels
    return frame | {
        "background_whiteness": background.whiteness(channels, far),
        "background_pure_white": background.pure_white_share(planes.channels, planes.factor, far),
        "background_lightness": light / 2.55,
        "background_chroma": float(np.hypot(a - 128, b - 128)),
        "background_evenness": background.unevenness(planes.lab, far),
        "background_far": background.far_share(plain_background.mask, far),
        "background_near_whiteness": background.near_whiteness(channels, plain_background.mask, far),
    }


def _measure_composition(
    planes: Planes,
    product: ProductRegion | None,
    facts: Facts | None,
    regions: dict[str, Region],
) -> RawValues:
    height, width = planes.grey.shape
    long_side, short_side, megapixels = geometry.resolution(facts, width, height)
    raw_values: RawValues = {
        "resolution": long_side,
        "resolution_short": short_side,
        "megapixels": megapixels,
        "border": _border_percent(planes),
    }
    return raw_values if product is None else raw_values | _measure_framing(planes, product, regions)


def _measure_framing(planes: Planes, product: ProductRegion, regions: dict[str, Region]) -> RawValues:
    """Measure how the product fills the picture."""
    height, width = planes.grey.shape
    regions["product"] = box_to_region(product.box, planes.grey)
    touch_percent, side = geometry.edge_touch(product.mask)
    if touch_percent:
        regions["edge_touch"] = _SIDE_REGIONS[side]
    return {
        "fill_box_side": geometry.fill_box_side(product.box, width, height),
        "fill_box_area": geometry.fill_box_area(product.box, width, height),
        "fill_mask_area": geometry.fill_mask_area(product.mask),
        "centring": geometry.centring(product.box, width, height),
        "edge_touch": touch_percent,
    }


_SIDE_REGIONS = {
    "left": Region(x=0, y=0, width=0.05, height=1),
    "right": Region(x=0.95, y=0, width=0.05, height=1),
    "top": Region(x=0, y=0, width=1, height=0.05),
    "bottom": Region(x=0, y=0.95, width=1, height=0.05),
}
"""The strip to show for a side that the product touches: a twentieth of the picture, to be seen."""


def _border_percent(planes: Planes) -> float:
    height, width = planes.grey.shape
    left, top, right, bottom = geometry.border_thickness(planes.grey)
    return float(100 * max(left / width, right / width, top / height, bottom / height))


def _record_region(regions: dict[str, Region], key: str, mask: ByteMask) -> None:
    """Keep the box around the largest connected part of a mask, if it holds enough to show."""
    if cv2.countNonZero(mask) <= _MIN_REGION_SHARE * mask.size:
        return
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    left, top, width, height, _ = stats[1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())]
    regions[key] = box_to_region((left, top, width, height), mask)


def box_to_region(box: tuple[int, int, int, int], plane: AnyArray) -> Region:
    """Convert a box in pixels to fractions of the plane it was found on.

    Args:
        box: Left, top, width, height in pixels.
        plane: Any array (H, W, ...) of the size that the box refers to.

    Example:
        >>> region = box_to_region((10, 20, 30, 40), np.zeros((100, 200)))
        >>> region.x, region.y, region.width, region.height
        (0.05, 0.2, 0.15, 0.4)
    """
    height, width = plane.shape[:2]
    left, top = box[0] / width, box[1] / height
    return Region(
        x=left,
        y=top,
        width=min(box[2] / width, 1 - left),
        height=min(box[3] / height, 1 - top),
    )
