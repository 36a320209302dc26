"""Maps laid over a photo, as pictures inside a page."""

from __future__ import annotations

import base64

import cv2
import numpy as np

Rows = tuple[tuple[float, ...], ...]
"""Of a map: cells of 0..1, top to bottom."""

DAMAGE_RGB = (235, 40, 40)
_MOST_HEAT = 0.72
_FAINTEST_HEAT = 0.08


def heat(cells: Rows, rgb: tuple[int, int, int] = DAMAGE_RGB, enlarged: int = 1) -> str | None:
    """A map as a small see-through PNG, which browsers enlarge smoothly; None if there is nothing.

    Args:
        cells: 0 for clear .. 1 for the deepest tint.
        rgb: Of the tint.
        enlarged: Times that a coarse map is enlarged and softened, so that it shows no grid.
    """
    shares = np.array(cells, np.float32)
    if not shares.size or shares.max() < _FAINTEST_HEAT:
        return None
    if enlarged > 1:
        shares = cv2.resize(shares, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_LINEAR)
        shares = cv2.GaussianBlur(shares, (0, 0), enlarged / 2, borderType=cv2.BORDER_REPLICATE)
    image = np.empty((*shares.shape, 4), np.uint8)
    image[..., :3] = rgb[::-1]
    image[..., 3] = np.rint(np.clip(shares, 0, 1) * _MOST_HEAT * 255)
    _, data = cv2.imencode(".png", image)
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()
