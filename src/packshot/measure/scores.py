"""Raw value to a 0..100 score: one table of curves, larger is better.

Calibrated on clean studio photos: the knots put their middle ninety per cent at 80 or above.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curve:
    """A piecewise-linear map.

    Attributes:
        unit: Of the raw value.
        knots: Pairs of raw value, increasing, and score 0..100.
    """

    unit: str
    knots: tuple[tuple[float, float], ...]

    def __call__(self, value: float) -> float:
        """The score of a finite raw value; constant beyond the outer knots."""
        raw, score = zip(*self.knots, strict=True)
        return float(np.interp(value, raw, score))


CURVES: dict[str, Curve] = {
    "sharpness": Curve("ratio", ((0.15, 0), (0.28, 50), (0.4, 85), (0.5, 100))),
    "product_sharpness": Curve("ratio", ((0.13, 0), (0.25, 50), (0.37, 85), (0.48, 100))),
    "motion_blur": Curve("ratio", ((0.15, 100), (0.3, 70), (0.5, 20), (0.7, 0))),
    "noise": Curve("grey levels", ((1, 100), (3, 80), (7, 40), (15, 0))),
    "exposure": Curve("CIE L", ((5, 0), (20, 60), (35, 90), (50, 100), (85, 100), (97, 60))),
    "clipped_highlights": Curve("share", ((0.01, 100), (0.15, 60), (0.5, 0))),
    "clipped_shadows": Curve("share", ((0.02, 100), (0.2, 60), (0.6, 0))),
    "contrast": Curve("CIE L", ((10, 0), (30, 50), (55, 90), (70, 100))),
    "colourfulness": Curve("M3", ((0, 60), (10, 80), (25, 100), (90, 100), (130, 40))),
    "colour_cast": Curve("CIE chroma", ((2, 100), (8, 70), (15, 30), (25, 0))),
    "blockiness": Curve("ratio", ((0.1, 100), (0.3, 75), (0.8, 30), (2, 0))),
    "ringing": Curve("grey levels", ((0.5, 100), (1.5, 75), (4, 20), (6, 0))),
    "banding": Curve("share", ((0.1, 100), (0.3, 60), (0.7, 0))),
    "resolution": Curve("pixels", ((100, 0), (500, 50), (1000, 85), (1600, 100))),
    "upscaling": Curve("ratio", ((0.15, 0), (0.4, 50), (0.7, 90), (0.9, 100))),
    "background_whiteness": Curve("share", ((0, 0), (0.8, 60), (0.97, 95), (1, 100))),
    "background_evenness": Curve("CIE L", ((1, 100), (4, 80), (10, 40), (20, 0))),
    "border": Curve("share", ((0, 100), (0.01, 50), (0.05, 0))),
    "fill_box_side": Curve("share", ((0.2, 0), (0.5, 50), (0.8, 95), (0.85, 100))),
    "fill_box_area": Curve("share", ((0.05, 0), (0.25, 50), (0.5, 95), (0.7, 100))),
    "fill_mask_area": Curve("share", ((0.03, 0), (0.15, 50), (0.35, 95), (0.5, 100))),
    "centring": Curve("share", ((0.05, 100), (0.15, 85), (0.4, 30), (0.7, 0))),
    "edge_touch": Curve("share", ((0, 100), (0.1, 60), (0.4, 0))),
}
"""Every measurement by name; the order is that of reports."""
