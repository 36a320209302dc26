"""Measurements of a photo as one vector, which the distortion encoder takes besides pixels.

A network that sees one square at native size and the whole made small learns damage sooner and better
when it also takes what was measured at full size: noise, blur, block edges, tones, background.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from packshot.arrays import Float32Array

MEASUREMENT_NAMES: tuple[str, ...] = (
    "sharpness",
    "product_sharpness",
    "motion_blur",
    "motion_anisotropy",
    "noise",
    "colour_noise",
    "exposure",
    "bright_end",
    "clipped_highlights",
    "clipped_shadows",
    "contrast",
    "product_contrast",
    "colourfulness",
    "chroma",
    "saturated",
    "colour_cast",
    "blockiness",
    "ringing",
    "upscaling",
    "banding",
    "background_whiteness",
    "background_pure_white",
    "background_lightness",
    "background_chroma",
    "background_evenness",
    "border",
)
"""Properties that damage changes; not sizes, places or directions."""


def to_network_input(
    values: Mapping[str, float | None], names: Sequence[str] = MEASUREMENT_NAMES
) -> Float32Array:
    """Convert measurements to what a network takes (docs/methods.md, equation 1.11).

    Args:
        values: Raw value of each property; None or absent where it has no meaning for the photo.
        names: The K properties wanted, in order.

    Returns:
        (2 K,): ``sign(v) log(1 + |v|)`` of each, 0 where there is none; then 1 where there is
        none, else 0.

    Example:
        >>> network_input = to_network_input({"noise": 3.0, "border": None}, ["noise", "border"])
        >>> [f"{number:.2f}" for number in network_input]
        ['1.39', '0.00', '0.00', '1.00']
    """
    raw = np.array([values.get(key) for key in names], np.float32)  # None becomes NaN.
    missing = np.isnan(raw)
    known = np.where(missing, 0, raw)
    squeezed = np.sign(known) * np.log1p(np.abs(known))
    return np.concatenate([squeezed, missing]).astype(np.float32)
