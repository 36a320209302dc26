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
        inspection: Looks closer where a finding asks for a place; None where nobody may.

    Example:
        >>> observation = observe(Encoders.load_shipped(), [Photo.open("examples/photos/mug.jpg")])[0]
        >>> observation.measurements["exposure"].unit
        'L*'
    """

    photo: Photo
    photo_measurements: PhotoMeasurements
    encoding: PhotoEncoding
    overlays: dict[str, Measurement] = field(default_factory=dict)
    inspection: Inspection | None = None

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
    parts = [_measure(photo, inspector) for photo in photos]
    encodings = encoders.encode(
        [photo.pixels for photo in photos],
        [part.measurements.raw_values for part in parts],
        [part.centre for part in parts],
    )
    return [
        Observation(
            photo,
            part.measurements,
            encoding,
            {} if part.inspection is None else part.inspection.measure_overlays(overlays),
            part.inspection,
        )
        for photo, part, encoding in zip(photos, parts, encodings, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class _Measured:
    """A photo measured: with the middle of what stands out from its background, and who looks closer."""

    measurements: PhotoMeasurements
    centre: Point | None
    inspection: Inspection | None


def _measure(photo: Photo, inspector: Inspector | None) -> _Measured:
    """Measure a photo, and where the background does not tell, ask the network where the product is."""
    scene = find_scene(photo.pixels)
    measurements = measure_scene(scene, photo.facts)
    centre = measurements.product_centre
    if inspector is None:
        return _Measured(measurements, centre, None)
    inspection = Inspection(scene, inspector)
    if measurements.product is None and inspection.network_product is not None:
        measurements = add_framing(measurements, scene.planes, inspection.network_product)
    return _Measured(measurements, centre, inspection)
