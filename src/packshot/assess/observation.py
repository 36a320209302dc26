"""Observation of a photo before it is judged: measurements, then encodings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from packshot.assess.inspection import Inspection, Inspector
from packshot.encode import Encoders, PhotoEncoding
from packshot.encode.views import Point
from packshot.measure import PhotoMeasurements
from packshot.measure.photo import add_framing, find_scene, measure_scene
from packshot.photo import Photo
from packshot.report import Measurement


@dataclass(frozen=True, eq=False)
class Observation:
    """Measurements and encodings of one photo.

    Attributes:
        photo: Decoded.
        photo_measurements: What was measured on it.
        encoding: What the networks make of both.
        overlays: What was asked for of `packshot.report.OVERLAYS`.

    Example:
        >>> observation = observe(Encoders.load_shipped(), [Photo.open("examples/photos/mug.jpg")])[0]
        >>> observation.measurements["exposure"].unit
        'L*'
    """

    photo: Photo
    photo_measurements: PhotoMeasurements
    encoding: PhotoEncoding
    overlays: dict[str, Measurement] = field(default_factory=dict)

    @property
    def measurements(self) -> dict[str, Measurement]:
        """Everything measured."""
        return self.photo_measurements.values | self.overlays


def observe(
    encoders: Encoders,
    photos: Sequence[Photo],
    inspector: Inspector | None = None,
    overlays: Iterable[str] = (),
) -> list[Observation]:
    """Measure and encode photos, in order.

    Args:
        encoders: The networks.
        photos: Decoded.
        inspector: Asked where the product is, if the background does not tell. What it says changes
            measurements of framing alone, none that the encoders take.
        overlays: Keys of `packshot.report.OVERLAYS` to measure too; they take an inspector.

    Example:
        >>> encoders, inspector = Encoders.load_shipped(), Inspector.load_shipped()
        >>> photo = Photo.open("examples/photos/mug.jpg")
        >>> (observation,) = observe(encoders, [photo], inspector, ["qr_codes"])
        >>> observation.overlays["qr_codes"].value
        0.0
    """
    results = [_measure(photo, inspector, overlays) for photo in photos]
    encodings = encoders.encode(
        [photo.pixels for photo in photos],
        [measured.raw_values for measured, _, _ in results],
        [centre for _, centre, _ in results],
    )
    parts = zip(photos, results, encodings, strict=True)
    return [
        Observation(photo, photo_measurements, encoding, overlay_measurements)
        for photo, (photo_measurements, _, overlay_measurements), encoding in parts
    ]


def _measure(
    photo: Photo, inspector: Inspector | None, overlays: Iterable[str]
) -> tuple[PhotoMeasurements, Point | None, dict[str, Measurement]]:
    """Measure a photo, the middle of what stands out from its background, and what lies over it."""
    scene = find_scene(photo.pixels)
    photo_measurements = measure_scene(scene, photo.facts)
    centre = photo_measurements.product_centre
    if inspector is None:
        return photo_measurements, centre, {}
    inspection = Inspection(scene, inspector)
    if photo_measurements.product is None and inspection.network_product is not None:
        photo_measurements = add_framing(photo_measurements, scene.planes, inspection.network_product)
    return photo_measurements, centre, inspection.measure_overlays(overlays)
