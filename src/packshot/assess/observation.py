"""All that is found out about a photo before it is judged: measurements, then codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from packshot.assess.inspection import Inspection, Inspector
from packshot.encode import Code, Encoders
from packshot.measure import PhotoMeasurements
from packshot.measure.photo import find_scene, framed, measure_scene
from packshot.photo import Photo
from packshot.report import Measurement


@dataclass(frozen=True, eq=False)
class Observation:
    """One photo.

    Attributes:
        photo: Decoded.
        measured: What was measured on it.
        code: What the networks make of both.
        overlays: What was asked for of `packshot.report.OVERLAYS`.
    """

    photo: Photo
    measured: PhotoMeasurements
    code: Code
    overlays: dict[str, Measurement] = field(default_factory=dict)

    @property
    def measurements(self) -> dict[str, Measurement]:
        """Everything measured."""
        return self.measured.values | self.overlays


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
            measurements of framing alone, none that the encoders are told.
        overlays: Keys of `packshot.report.OVERLAYS` to measure too; they take an inspector.
    """
    found = [_measured(photo, inspector, overlays) for photo in photos]
    codes = encoders.encode([photo.pixels for photo in photos], [measured.raw for measured, _ in found])
    parts = zip(photos, found, codes, strict=True)
    return [Observation(photo, measured, code, laid) for photo, (measured, laid), code in parts]


def _measured(
    photo: Photo, inspector: Inspector | None, overlays: Iterable[str]
) -> tuple[PhotoMeasurements, dict[str, Measurement]]:
    """What is measured of a photo, and of what lies over it."""
    scene = find_scene(photo.pixels)
    measured = measure_scene(scene, photo.facts)
    if inspector is None:
        return measured, {}
    inspection = Inspection(scene, inspector)
    if measured.product is None and inspection.recognised is not None:
        measured = framed(measured, scene.planes, inspection.recognised)
    return measured, inspection.measurements(overlays)
