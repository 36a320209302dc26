"""From raw values to 0..100: one table of piecewise-linear curves.

The table is data: changing it changes no measurement. Larger scores are better. A property without
a curve (a direction, a size whose judgement is a shop's affair) has no score.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from packshot.report import MEASUREMENTS, Measurement

Curve = tuple[tuple[float, float], ...]
"""(value, score) pairs, values rising."""

CURVES: Final[dict[str, Curve]] = {
    "sharpness": ((0.5, 100), (0.9, 85), (1.3, 60), (2.0, 35), (4.0, 10), (8.0, 0)),
    "product_sharpness": ((0.6, 100), (1.0, 80), (1.6, 50), (2.5, 30), (5.0, 8), (9.0, 0)),
    "motion_blur": ((2.0, 100), (3.0, 75), (6.0, 40), (12.0, 10), (20.0, 0)),
    "noise": ((1.0, 100), (3.0, 80), (7.0, 50), (15.0, 20), (35.0, 0)),
    "colour_noise": ((1.0, 100), (4.0, 80), (10.0, 50), (22.0, 20), (50.0, 0)),
    "exposure": ((5, 0), (15, 50), (30, 90), (40, 100), (80, 100), (92, 80), (99, 20)),
    "bright_end": ((15, 0), (35, 40), (60, 85), (75, 100)),
    "clipped_highlights": ((0, 100), (3, 90), (10, 60), (30, 20), (60, 0)),
    "clipped_shadows": ((0, 100), (5, 90), (20, 60), (45, 20), (70, 0)),
    "contrast": ((5, 0), (20, 35), (40, 75), (60, 100)),
    "product_contrast": ((1, 0), (4, 50), (8, 80), (14, 100)),
    "saturated": ((0, 100), (20, 85), (50, 50), (90, 10)),
    "colour_cast": ((1, 100), (3, 85), (6, 60), (12, 30), (30, 0)),
    "blockiness": ((0.5, 100), (1.0, 88), (1.45, 65), (3.0, 30), (8.0, 0)),
    "ringing": ((0.5, 100), (1.2, 80), (2.5, 45), (5.0, 10), (8.0, 0)),
    "upscaling": ((1.0, 100), (2.0, 60), (3.0, 35), (6.0, 5), (10.0, 0)),
    "banding": ((0.5, 100), (1, 90), (2, 70), (6, 45), (30, 0)),
    "resolution": ((200, 0), (500, 40), (1000, 80), (1600, 100)),
    "background_whiteness": ((180, 0), (225, 40), (245, 80), (254, 100)),
    "background_evenness": ((1, 100), (4, 80), (10, 45), (25, 0)),
    "border": ((0, 100), (0.2, 60), (2, 40), (10, 0)),
    "fill_box_side": ((15, 0), (40, 40), (70, 85), (85, 100)),
    "centring": ((2, 100), (6, 80), (15, 40), (30, 0)),
    "edge_touch": ((0, 100), (5, 70), (30, 40), (80, 10)),
    "enlargement": ((1.0, 100), (2.0, 60), (3.0, 35), (6.0, 5), (10.0, 0)),
}
"""By measurement: (value, score) pairs, values rising; linear between, constant outside.

Values are in the units of `packshot.report.MEASUREMENTS`. The curves are a convention, drawn by hand:
no rating by people is in them, and the limits of `packshot.measure.limits` have no fixed score."""


def score_value(key: str, value: float | None) -> float | None:
    """Put a raw value on 0..100, larger is better; None without a value or a curve.

    Args:
        key: A key of `packshot.report.MEASUREMENTS`.
        value: The raw value in its unit.

    Example:
        >>> score_value("noise", 1.0), score_value("noise", 5.0), score_value("megapixels", 12.0)
        (100.0, 65.0, None)
    """
    curve = CURVES.get(key)
    if value is None or curve is None:
        return None
    if value <= curve[0][0]:
        return float(curve[0][1])
    for (low, low_score), (high, high_score) in pairwise(curve):
        if value < high:
            return round((high_score - low_score) / (high - low) * (value - low) + low_score, 1)
    return float(curve[-1][1])


def make_measurement(key: str, value: float | None) -> Measurement:
    """Make the record of a raw value: with unit and score, rounded to thousandths.

    Args:
        key: A key of `packshot.report.MEASUREMENTS`.
        value: The raw value in its unit; None where it has no meaning.

    Example:
        >>> measured = make_measurement("noise", 2.00049)
        >>> measured.value, measured.unit, measured.score
        (2.0, 'grey levels', 90.0)
    """
    rounded = None if value is None else round(float(value), 3)
    return Measurement(value=rounded, unit=MEASUREMENTS[key].unit, score=score_value(key, rounded))
