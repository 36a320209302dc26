"""Location of the product: by the plain background where that is exact, by the network elsewhere."""

from __future__ import annotations

from typing import Final

from packshot.encode.mask import MIN_CONFIDENCE, MaskNetwork
from packshot.measure.background import Background
from packshot.measure.photo import Scene
from packshot.measure.planes import Planes
from packshot.measure.product import ProductRegion, mask_to_region

_EXACT_TOLERANCE: Final = 10.0
"""Levels, 0..255: a background whose own pixels lie within it of its colour in every channel
(`Background.tolerance`, 6 to 28) has no grain, and what differs from it is the product to the pixel;
above, the network is asked. A judgement, on photos at home, where what differs is often a fold or a
shadow (decision 18)."""


def find_exact_product(scene: Scene) -> ProductRegion | None:
    """Find the product where the background tells it to the pixel; None elsewhere.

    On a background of one colour without grain the product is what is not background. A rough or
    sloping background counts as plain too, but what differs from it is often a fold or a shadow.

    Example:
        >>> from packshot.measure.photo import find_scene
        >>> from packshot.photo import Photo
        >>> product = find_exact_product(find_scene(Photo.open("examples/photos/speaker.jpg").pixels))
        >>> 0.05 < float(product.mask.mean()) < 0.95
        True
    """
    return (
        scene.product
        if scene.plain_background is not None and _is_exact(scene.plain_background)
        else None
    )


def _is_exact(plain_background: Background) -> bool:
    return plain_background.is_even and plain_background.tolerance <= _EXACT_TOLERANCE


def find_product_by_network(network: MaskNetwork, planes: Planes) -> ProductRegion | None:
    """Find the product by the mask network.

    Args:
        network: The mask network.
        planes: The photo.

    Returns:
        None where the network is not sure enough: see `MIN_CONFIDENCE`.

    Example:
        >>> from packshot.measure.planes import make_planes
        >>> from packshot.photo import Photo
        >>> planes = make_planes(Photo.open("examples/photos/mug.jpg").pixels)
        >>> product = find_product_by_network(MaskNetwork.load_shipped(), planes)
        >>> product.confidence > 0.5
        True
    """
    prediction = network.predict(planes.pixels)
    confidence = network.confidence(prediction)
    if confidence < MIN_CONFIDENCE:
        return None
    return mask_to_region(planes, prediction.product, confidence)
