"""The measurements: names, units and meanings of all that an assessment may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class MeasurementKind:
    """The unit and meaning of a measured property.

    Attributes:
        unit: Of the raw value.
        meaning: What the value says, one line.
        scored: Whether it has better and worse, a score of 0..100 by a curve of
            `packshot.measure.scores`.

    Example:
        >>> MEASUREMENTS["contrast"].unit, MEASUREMENTS["contrast"].scored
        ('L*', True)
    """

    unit: str
    meaning: str
    scored: bool = False


MEASUREMENTS: Final[dict[str, MeasurementKind]] = {
    "sharpness": MeasurementKind(
        "px",
        "Blur of the sharpest quarter of the strong edges: standard deviation at 512 px long side",
        scored=True,
    ),
    "product_sharpness": MeasurementKind(
        "px",
        "Blur of the sharpest quarter of the edges inside the product: as for sharpness",
        scored=True,
    ),
    "motion_blur": MeasurementKind(
        "px", "Length of the streak that motion makes of a point, at 512 px long side", scored=True
    ),
    "motion_anisotropy": MeasurementKind("ratio", "How one-sided the loss of detail is, 0 to 1"),
    "motion_direction": MeasurementKind(
        "degrees", "Direction of the streak, counter-clockwise, 0 to 180"
    ),
    "noise": MeasurementKind("grey levels", "Standard deviation of the luminance noise", scored=True),
    "colour_noise": MeasurementKind(
        "grey levels", "Standard deviation of the noise between red and blue", scored=True
    ),
    "exposure": MeasurementKind(
        "L*", "Mean lightness of the product, or of the photo where none was found", scored=True
    ),
    "bright_end": MeasurementKind("L*", "Lightness that 2 % of the photo exceed", scored=True),
    "clipped_highlights": MeasurementKind("%", "Part of the product lost in white", scored=True),
    "clipped_shadows": MeasurementKind("%", "Part of the product lost in black", scored=True),
    "contrast": MeasurementKind(
        "L*", "Range of lightness of the whole photo, but for its extreme thousandths", scored=True
    ),
    "product_contrast": MeasurementKind(
        "L*", "Standard deviation of the product's lightness", scored=True
    ),
    "colourfulness": MeasurementKind("", "Hasler and Suesstrunk's colourfulness of the product"),
    "chroma": MeasurementKind("chroma", "CIE chroma that 1 % of the product exceed"),
    "saturated": MeasurementKind(
        "%", "Part of the product that is as saturated as a screen can show", scored=True
    ),
    "colour_cast": MeasurementKind(
        "chroma", "Distance of what should be neutral grey from grey in CIE Lab", scored=True
    ),
    "colour_cast_direction": MeasurementKind("degrees", "Hue of the cast: 0 red, 90 yellow, 180 green"),
    "blockiness": MeasurementKind(
        "grey levels", "How much larger steps on the 8 x 8 grid of JPEG are than off it", scored=True
    ),
    "ringing": MeasurementKind(
        "grey levels",
        "Ripple of the plain background around strong edges, beyond that farther away",
        scored=True,
    ),
    "upscaling": MeasurementKind(
        "ratio",
        "How many times the photo was enlarged, as the distortion encoder learnt to read it",
        scored=True,
    ),
    "banding": MeasurementKind(
        "%", "Part of the small steps that stand between flat runs, one after another", scored=True
    ),
    "resolution": MeasurementKind("px", "Stored long side", scored=True),
    "resolution_short": MeasurementKind("px", "Stored short side"),
    "megapixels": MeasurementKind("MP", "Stored size"),
    "background_whiteness": MeasurementKind(
        "grey levels",
        "Mean of the darkest channel of the plain background; 255 is pure white",
        scored=True,
    ),
    "background_pure_white": MeasurementKind(
        "%", "Background, away from the product, that is exactly 255"
    ),
    "background_lightness": MeasurementKind("L*", "Mean lightness of the plain background"),
    "background_chroma": MeasurementKind("chroma", "CIE chroma of the plain background"),
    "background_evenness": MeasurementKind(
        "L*", "Range of lightness over the plain background", scored=True
    ),
    "border": MeasurementKind(
        "%", "Thickness of a frame or of bars, as a part of the side", scored=True
    ),
    "fill_box_side": MeasurementKind(
        "%", "Largest share of a side that the product's box spans", scored=True
    ),
    "fill_box_area": MeasurementKind("%", "Area of the product's box"),
    "fill_mask_area": MeasurementKind("%", "Area of the product"),
    "centring": MeasurementKind(
        "%", "Distance of the product's centre from the photo's, as a part of the side", scored=True
    ),
    "edge_touch": MeasurementKind(
        "%", "Largest part of a side of the photo that the product touches", scored=True
    ),
    "background_far": MeasurementKind(
        "%", "Part of the photo that is plain background away from the product"
    ),
    "background_near_whiteness": MeasurementKind(
        "grey levels", "Mean of the darkest channel of the plain background beside the product"
    ),
    "frame_white": MeasurementKind("%", "Outermost pixels of the photo that are white, 245 or more"),
    "enlargement": MeasurementKind(
        "ratio", "How many times the photo was enlarged; 1 where nothing tells of it", scored=True
    ),
    "bright_channel": MeasurementKind(
        "grey levels", "Level that the lightest channel exceeds in 2 % of the photo"
    ),
}
"""Every key of `packshot.measure.PhotoMeasurements.values`, in the order of the report."""

OVERLAYS: Final[dict[str, str]] = {
    "text_area": "%",
    "text_boxes": "",
    "text_on_product": "%",
    "watermark": "%",
    "border_width": "%",
    "collage_panels": "",
    "qr_codes": "",
    "placeholder": "",
}
"""What is measured of overlays on request, with its unit; text and watermarks take a network."""
