"""Colourfulness and colour cast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Lab = NDArray[np.float32]

_NEUTRAL_CHROMA = 26.0
_LIGHTEST, _DARKEST = 35.0, 99.0
_FEWEST_SHARE = 0.1


def colourfulness(pixels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Hasler and Suesstrunk's M3 (2003) over the product.

    Args:
        pixels: (h, w, 3) uint8 RGB.
        mask: (h, w) the product; at least one True.

    Returns:
        0 (grey) .. about 110 (extremely colourful).
    """
    red, green, blue = pixels[mask].astype(np.float32).T
    first, second = red - green, 0.5 * (red + green) - blue
    spread = np.hypot(first.std(), second.std())
    return float(spread + 0.3 * np.hypot(first.mean(), second.mean()))


def colour_cast(lab: Lab, background: NDArray[np.bool_] | None) -> float | None:
    """Chroma of what should be neutral: a light plain background, else the lightest near-greys.

    Args:
        lab: (h, w, 3) CIE Lab.
        background: (h, w) plain background, where there is one.

    Returns:
        CIE Lab chroma, 0 (neutral) upwards, about 30 for tungsten light left uncorrected; None where
        nothing can be taken for neutral.
    """
    lightness, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    if background is not None:
        reference = background & (lightness > 60)
    else:
        reference = (lightness > _LIGHTEST) & (lightness < _DARKEST) & (chroma < _NEUTRAL_CHROMA)
    if reference.mean() < _FEWEST_SHARE:
        return None
    if background is None:
        reference &= lightness >= np.percentile(lightness[reference], 60)
    a, b = lab[reference][:, 1:].mean(axis=0)
    return float(np.hypot(a, b))
