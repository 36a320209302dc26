"""Where the product is, in photos whose background does not tell."""

from __future__ import annotations

from packshot.encode.mask import LEAST_CONFIDENCE, MaskNetwork
from packshot.measure.planes import Planes
from packshot.measure.product import ProductRegion, region_of_mask


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
