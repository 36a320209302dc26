"""Where the product is: by the plain background where that is exact, by the network elsewhere."""

from __future__ import annotations

from typing import Final

from packshot.encode.mask import LEAST_CONFIDENCE, MaskNetwork
from packshot.measure.background import Background
from packshot.measure.photo import Scene
from packshot.measure.planes import Planes
from packshot.measure.product import ProductRegion, region_of_mask

_EXACT_TOLERANCE: Final = 10.0


def exact_product(scene: Scene) -> ProductRegion | None:
    """The product where the background tells it to the pixel; None elsewhere.

    On a background of one colour without grain the product is what is not background. A rough or
    sloping background counts as plain too, but what differs from it is often a fold or a shadow.
    """
    return scene.product if scene.plain is not None and _is_exact(scene.plain) else None


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
