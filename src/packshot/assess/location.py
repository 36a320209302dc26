"""Where the product is: by the plain background where that is exact, by the network elsewhere."""

from __future__ import annotations

from typing import Final

from packshot.encode.mask import LEAST_CONFIDENCE, MaskNetwork
from packshot.measure.background import Background
from packshot.measure.planes import Planes
from packshot.measure.product import ProductRegion, find_product, region_of_mask

_EXACT_TOLERANCE: Final = 10.0


def locate(network: MaskNetwork, planes: Planes, plain: Background | None) -> ProductRegion | None:
    """Find the product in any photo.

    On a background of one colour without grain the product is what is not background. A rough or
    sloping background counts as plain too, but what differs from it is often a fold or a shadow: there
    the network is asked, and nobody else.

    Args:
        network: The mask network.
        planes: The photo.
        plain: Its plain background.

    Returns:
        None where neither can tell.
    """
    by_background = find_product(planes, plain) if plain else None
    if by_background is not None and plain is not None and _is_exact(plain):
        return by_background
    return find_by_network(network, planes)


def _is_exact(plain: Background) -> bool:
    return plain.even and plain.tolerance <= _EXACT_TOLERANCE


def find_by_network(network: MaskNetwork, planes: Planes) -> ProductRegion | None:
    """Ask the mask network.

    Args:
        network: The mask network.
        planes: The photo.

    Returns:
        None where the network is not sure enough: see `LEAST_CONFIDENCE`.
    """
    seen = network.see(planes.pixels)
    confidence = network.confidence(seen)
    if confidence < LEAST_CONFIDENCE:
        return None
    return region_of_mask(planes, seen.product, confidence)
