"""All measurements of one photo."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from packshot.measure import (
    background,
    colour,
    compression,
    geometry,
    light,
    noise,
    resolution,
    sharpness,
)
from packshot.measure.frame import Frame, Pixels
from packshot.measure.scores import CURVES
from packshot.report import Facts, Measurement, Region


@dataclass(frozen=True)
class PhotoMeasurements:
    """What was measured.

    Attributes:
        values: Raw value, unit and 0..100 score by name; the names of `scores.CURVES`.
        product: Bounding box of the product, where a plain background shows it.
    """

    values: dict[str, Measurement]
    product: Region | None


def measure_photo(pixels: Pixels, facts: Facts | None = None) -> PhotoMeasurements:
    """Measure everything, computing each shared intermediate once.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        facts: Of the file; the stored resolution is taken from them, else from the pixels.

    Raises:
        InvalidInput: Pixels of another shape or type.
    """
    frame = Frame(pixels)
    raw = (
        _detail(frame)
        | _light(frame)
        | _resolution(frame, facts)
        | _background(frame)
        | _geometry(frame)
    )
    values = {name: _measurement(name, raw[name]) for name in CURVES}
    return PhotoMeasurements(values, None if frame.product is None else frame.product.region)


def _measurement(name: str, value: float | None) -> Measurement:
    curve = CURVES[name]
    if value is None or not np.isfinite(value):
        return Measurement(value=None, unit=curve.unit, score=None)
    return Measurement(value=round(value, 4), unit=curve.unit, score=round(curve(value), 1))


_Raw = dict[str, float | None]


def _detail(frame: Frame) -> _Raw:
    window = frame.window
    inside = _window_mask(frame) if frame.product is not None else None
    return {
        "sharpness": sharpness.edge_sharpness(window),
        "product_sharpness": None if inside is None else sharpness.edge_sharpness(window, inside),
        "motion_blur": sharpness.motion_blur(window),
        "noise": noise.noise_level(window),
        "blockiness": compression.blockiness(window),
        "ringing": compression.ringing(window),
        "banding": resolution.banding(window),
    }


def _light(frame: Frame) -> _Raw:
    lightness, mask = frame.small_lab[..., 0], frame.product_mask
    plain = None if frame.product is None else frame.product.background
    return {
        "exposure": light.exposure(lightness, mask),
        "clipped_highlights": light.clipped_highlights(frame.small, mask),
        "clipped_shadows": light.clipped_shadows(frame.small, mask),
        "contrast": light.contrast(lightness),
        "colourfulness": colour.colourfulness(frame.small, mask),
        "colour_cast": colour.colour_cast(frame.small_lab, plain),
    }


def _resolution(frame: Frame, facts: Facts | None) -> _Raw:
    height, width = frame.pixels.shape[:2]
    stored = max(height, width) if facts is None else max(facts.width, facts.height)
    return {"resolution": float(stored), "upscaling": resolution.true_scale(frame.window)}


def _background(frame: Frame) -> _Raw:
    found = frame.product
    if found is None:
        values: _Raw = {"background_whiteness": None, "background_evenness": None}
    else:
        lightness = frame.small_lab[..., 0]
        values = {
            "background_whiteness": background.background_whiteness(
                frame.small, found.background
            ),
            "background_evenness": background.background_evenness(lightness, found.background),
        }
    return values | {"border": background.border(frame.small)}


def _geometry(frame: Frame) -> _Raw:
    found = frame.product
    if found is None:
        names = ("fill_box_side", "fill_box_area", "fill_mask_area", "centring", "edge_touch")
        return dict.fromkeys(names)
    return {
        "fill_box_side": geometry.fill_box_side(found.region),
        "fill_box_area": geometry.fill_box_area(found.region),
        "fill_mask_area": geometry.fill_mask_area(found.mask),
        "centring": geometry.centring(found.region),
        "edge_touch": geometry.edge_touch(found.mask),
    }


def _window_mask(frame: Frame) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The product mask, a little eroded, enlarged to the native window."""
    height, width = frame.grey.shape
    full = cv2.resize(
        frame.product_mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
    )
    window = frame.window
    offset = (window.__array_interface__["data"][0] - frame.grey.__array_interface__["data"][0])
    top, left = divmod(offset, width)
    return full[top : top + window.shape[0], left : left + window.shape[1]] > 0
