"""All that is found out about a photo before it is judged: measurements, then codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packshot.encode import Code, Encoders
from packshot.measure import PhotoMeasurements, measure_photo
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


def observe(encoders: Encoders, photos: Sequence[Photo]) -> list[Observation]:
    """Measure and encode photos, in order."""
    measured = [measure_photo(photo.pixels, photo.facts) for photo in photos]
    codes = encoders.encode([photo.pixels for photo in photos], [found.raw for found in measured])
    return [Observation(*parts) for parts in zip(photos, measured, codes, strict=True)]
