"""All that is found out about a photo before it is judged: measurements, then codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packshot.assess.location import find_by_network
from packshot.encode import Code, Encoders
from packshot.encode.mask import MaskNetwork
from packshot.measure import PhotoMeasurements, measure_photo
from packshot.measure.photo import framed
from packshot.measure.planes import make_planes
from packshot.photo import Photo


@dataclass(frozen=True, eq=False)
class Observation:
    """One photo.

    Attributes:
        photo: Decoded.
        measured: What was measured on it.
        code: What the networks make of both.
    """

    photo: Photo
    measured: PhotoMeasurements
    code: Code


def observe(
    encoders: Encoders, photos: Sequence[Photo], locator: MaskNetwork | None = None
) -> list[Observation]:
    """Measure and encode photos, in order.

    Args:
        encoders: The networks.
        photos: Decoded.
        locator: Asked where the product is, if the background does not tell. What it says changes
            measurements of framing alone, none that the encoders are told.
    """
    measured = [_measured(photo, locator) for photo in photos]
    codes = encoders.encode([photo.pixels for photo in photos], [found.raw for found in measured])
    return [Observation(*parts) for parts in zip(photos, measured, codes, strict=True)]


def _measured(photo: Photo, locator: MaskNetwork | None) -> PhotoMeasurements:
    found = measure_photo(photo.pixels, photo.facts)
    if found.product is not None or locator is None:
        return found
    planes = make_planes(photo.pixels)
    product = find_by_network(locator, planes)
    return found if product is None else framed(found, planes, product)
