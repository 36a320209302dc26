"""From raw values to 0..100: one table of piecewise-linear curves.

The table is data: changing it changes no measurement. Larger scores are better. A property without
a curve (a direction, a size whose judgement is a shop's affair) has no score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from packshot.report import Measurement

Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Property:
    """How a measured property is shown.

    Attributes:
        unit: Of the raw value.
        meaning: What the value says, one line.
        curve: (value, score) pairs, values rising; linear between, constant outside. Empty where
            the property has no better and worse.
    """

    unit: str
    meaning: str
    curve: Curve = ()


PROPERTIES: Final[dict[str, Property]] = {
    "sharpness": Property(
        "px",
        "Blur of the sharpest quarter of the strong edges: standard deviation at 512 px long side",
        ((0.5, 100), (0.9, 85), (1.3, 60), (2.0, 35), (4.0, 10), (8.0, 0)),
    ),
    "product_sharpness": Property(
        "px",
        "Blur of the sharpest quarter of the edges inside the product: as for sharpness",
        ((0.6, 100), (1.0, 80), (1.6, 50), (2.5, 30), (5.0, 8), (9.0, 0)),
    ),
    "motion_blur": Property(
        "px",
        "Length of the streak that motion makes of a point, at 512 px long side",
        ((2.0, 100), (3.0, 75), (6.0, 40), (12.0, 10), (20.0, 0)),
    ),
    "motion_anisotropy": Property("ratio", "How one-sided the loss of detail is, 0 to 1"),
    "motion_direction": Property("degrees", "Direction of the streak, counter-clockwise, 0 to 180"),
    "noise": Property(
        "grey levels",
        "Standard deviation of the luminance noise",
        ((1.0, 100), (3.0, 80), (7.0, 50), (15.0, 20), (35.0, 0)),
    ),
    "colour_noise": Property(
        "grey levels",
        "Standard deviation of the noise between red and blue",
        ((1.0, 100), (4.0, 80), (10.0, 50), (22.0, 20), (50.0, 0)),
    ),
    "exposure": Property(
        "L*",
        "Mean lightness of the product, or of the photo where none was found",
        ((5, 0), (15, 50), (30, 90), (40, 100), (80, 100), (92, 80), (99, 20)),
    ),
    "bright_end": Property(
        "L*",
        "Lightness that 2 % of the photo exceed",
        ((15, 0), (35, 40), (60, 85), (75, 100)),
    ),
    "clipped_highlights": Property(
        "%",
        "Part of the product lost in white",
        ((0, 100), (3, 90), (10, 60), (30, 20), (60, 0)),
    ),
    "clipped_shadows": Property(
        "%",
        "Part of the product lost in black",
        ((0, 100), (5, 90), (20, 60), (45, 20), (70, 0)),
    ),
    "contrast": Property(
        "L*",
        "Range of lightness of the whole photo, but for its extreme thousandths",
        ((5, 0), (20, 35), (40, 75), (60, 100)),
    ),
    "product_contrast": Property(
        "L*",
        "Standard deviation of the product's lightness",
        ((1, 0), (4, 50), (8, 80), (14, 100)),
    ),
    "colourfulness": Property("", "Hasler and Suesstrunk's colourfulness of the product"),
    "chroma": Property("chroma", "CIE chroma that 1 % of the product exceed"),
    "saturated": Property(
        "%",
        "Part of the product that is as saturated as a screen can show",
        ((0, 100), (20, 85), (50, 50), (90, 10)),
    ),
    "colour_cast": Property(
        "chroma",
        "Distance of what should be neutral grey from grey in CIE Lab",
        ((1, 100), (3, 85), (6, 60), (12, 30), (30, 0)),
    ),
    "colour_cast_direction": Property("degrees", "Hue of the cast: 0 red, 90 yellow, 180 green"),
    "blockiness": Property(
        "grey levels",
        "How much larger steps on the 8 x 8 grid of JPEG are than off it",
        ((0.5, 100), (1.0, 88), (1.45, 65), (3.0, 30), (8.0, 0)),
    ),
    "ringing": Property(
        "grey levels",
        "Ripple of the plain background around strong edges, beyond that farther away",
        ((0.5, 100), (1.2, 80), (2.5, 45), (5.0, 10), (8.0, 0)),
    ),
    "upscaling": Property(
        "ratio",
        "How many times the photo was enlarged, as the distortion encoder learnt to read it",
        ((1.0, 100), (2.0, 60), (3.0, 35), (6.0, 5), (10.0, 0)),
    ),
    "banding": Property(
        "%",
        "Part of the small steps that stand between flat runs, one after another",
        ((0.5, 100), (1, 90), (2, 70), (6, 45), (30, 0)),
    ),
    "resolution": Property(
        "px",
        "Stored long side",
        ((200, 0), (500, 40), (1000, 80), (1600, 100)),
    ),
    "resolution_short": Property("px", "Stored short side"),
    "megapixels": Property("MP", "Stored size"),
    "background_whiteness": Property(
        "grey levels",
        "Mean of the darkest channel of the plain background; 255 is pure white",
        ((180, 0), (225, 40), (245, 80), (254, 100)),
    ),
    "background_pure_white": Property("%", "Background, away from the product, that is exactly 255"),
    "background_lightness": Property("L*", "Mean lightness of the plain background"),
    "background_chroma": Property("chroma", "CIE chroma of the plain background"),
    "background_evenness": Property(
        "L*",
        "Range of lightness over the plain background",
        ((1, 100), (4, 80), (10, 45), (25, 0)),
    ),
    "border": Property(
        "%",
        "Thickness of a frame or of bars, as a part of the side",
        ((0, 100), (0.2, 60), (2, 40), (10, 0)),
    ),
    "fill_box_side": Property(
        "%",
        "Largest share of a side that the product's box spans",
        ((15, 0), (40, 40), (70, 85), (85, 100)),
    ),
    "fill_box_area": Property("%", "Area of the product's box"),
    "fill_mask_area": Property("%", "Area of the product"),
    "centring": Property(
        "%",
        "Distance of the product's centre from the photo's, as a part of the side",
        ((2, 100), (6, 80), (15, 40), (30, 0)),
    ),
    "edge_touch": Property(
        "%",
        "Largest part of a side of the photo that the product touches",
        ((0, 100), (5, 70), (30, 40), (80, 10)),
    ),
    "background_far": Property("%", "Part of the photo that is plain background away from the product"),
    "background_near_whiteness": Property(
        "grey levels",
        "Mean of the darkest channel of the plain background beside the product",
    ),
    "frame_white": Property("%", "Outermost pixels of the photo that are white, 245 or more"),
    "enlargement": Property(
        "ratio",
        "How many times the photo was enlarged; 1 where nothing tells of it",
        ((1.0, 100), (2.0, 60), (3.0, 35), (6.0, 5), (10.0, 0)),
    ),
}
"""Every key of `PhotoMeasurements.values`, in the order of the report."""


def score(key: str, value: float | None) -> float | None:
    """Put a raw value on 0..100, larger is better; None without a value or a curve.

    Args:
        key: A key of `PROPERTIES`.
        value: The raw value in its unit.
    """
    curve = PROPERTIES[key].curve
    if value is None or not curve:
        return None
    values, scores = zip(*curve, strict=True)
    return round(float(np.interp(value, values, scores)), 1)


def measurement(key: str, value: float | None) -> Measurement:
    """The record of a raw value: with unit and score, rounded to what it can mean."""
    shown = None if value is None else round(float(value), 3)
    return Measurement(value=shown, unit=PROPERTIES[key].unit, score=score(key, shown))
