"""How the product sits in the picture: fill, centring, contact with the edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.report import Region

_CONTACT = 0.015


def fill_box_side(region: Region) -> float:
    """The longer side of the product box as a share of the photo's same side, 0..1."""
    return max(region.width, region.height)


def fill_box_area(region: Region) -> float:
    """Area of the product box as a share of the photo, 0..1."""
    return region.width * region.height


def fill_mask_area(mask: NDArray[np.bool_]) -> float:
    """Area of the product itself as a share of the photo, 0..1."""
    return float(mask.mean())


def centring(region: Region) -> float:
    """Distance of the box's centre from the photo's, as a share of its half side, 0..1.

    The larger of the horizontal and the vertical offset.
    """
    x, y = region.x + region.width / 2, region.y + region.height / 2
    return 2 * max(abs(x - 0.5), abs(y - 0.5))


def edge_touch(mask: NDArray[np.bool_]) -> float:
    """Share of the photo's outline that the product covers, 0..1."""
    height, width = mask.shape
    depth_y, depth_x = max(1, int(_CONTACT * height / 2)), max(1, int(_CONTACT * width / 2))
    touched = (
        mask[:depth_y].any(axis=0).sum()
        + mask[-depth_y:].any(axis=0).sum()
        + mask[:, :depth_x].any(axis=1).sum()
        + mask[:, -depth_x:].any(axis=1).sum()
    )
    return float(touched / (2 * (height + width)))
