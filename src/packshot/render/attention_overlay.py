"""Maps laid over a photo, as pictures inside a page."""

from __future__ import annotations

import base64

import cv2
import numpy as np

HeatMap = tuple[tuple[float, ...], ...]
"""Rows of cells of 0..1, top to bottom."""

DAMAGE_RGB = (235, 40, 40)
_MAX_OPACITY = 0.72
"""Opacity of the deepest tint, 0..1: the photo stays visible below it. A judgement."""
_MIN_HEAT = 0.08
"""Largest value of a map, 0..1, below which no picture is made: its tint would not be seen. A
judgement."""
_SOFTENING = 0.5
"""Standard deviation of the blur that hides the grid of an enlarged map, in cells. A judgement."""


def encode_heat_map(
    cells: HeatMap, rgb: tuple[int, int, int] = DAMAGE_RGB, enlargement: int = 1
) -> str | None:
    """Encode a map as a small see-through PNG, which browsers enlarge smoothly; None for an empty one.

    Args:
        cells: 0 for clear .. 1 for the deepest tint.
        rgb: Of the tint.
        enlargement: Times that a coarse map is enlarged and softened, so that it shows no grid.

    Example:
        >>> encode_heat_map(((0.0, 0.9), (0.3, 0.0)))[:22], encode_heat_map(((0.0, 0.01),))
        ('data:image/png;base64,', None)
    """
    values = np.array(cells, np.float32)
    if not values.size or values.max() < _MIN_HEAT:
        return None
    if enlargement > 1:
        values = cv2.resize(values, None, fx=enlargement, fy=enlargement, interpolation=cv2.INTER_LINEAR)
        values = cv2.GaussianBlur(
            values, (0, 0), _SOFTENING * enlargement, borderType=cv2.BORDER_REPLICATE
        )
    image = np.empty((*values.shape, 4), np.uint8)
    image[..., :3] = rgb[::-1]
    image[..., 3] = np.rint(np.clip(values, 0, 1) * _MAX_OPACITY * 255)
    _, data = cv2.imencode(".png", image)
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()
