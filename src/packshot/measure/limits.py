"""When a measurement becomes a finding: one table of limits, and the code that reads it."""

from __future__ import annotations

from dataclasses import dataclass

from packshot.measure.photo import PhotoMeasurements
from packshot.report import Region, Severity


@dataclass(frozen=True)
class Limit:
    """A bound on a measurement.

    Attributes:
        code: Of the finding.
        measurement: Which value is bound.
        warning: From here on it is a warning.
        error: From here on it is an error.
        above: True if larger values are worse.
        on_white: Holds only for photos on a white or nearly white plain background.
    """

    code: str
    measurement: str
    warning: float
    error: float
    above: bool
    on_white: bool = False

    def severity(self, value: float) -> Severity | None:
        """How bad a value is, None if it is within the limit."""
        sign = 1 if self.above else -1
        if sign * value >= sign * self.error:
            return Severity.ERROR
        return Severity.WARNING if sign * value >= sign * self.warning else None


LIMITS: tuple[Limit, ...] = (
    Limit("blurred", "sharpness", 0.25, 0.18, above=False),
    Limit("product-blurred", "product_sharpness", 0.2, 0.15, above=False),
    Limit("motion-blur", "motion_blur", 0.5, 0.65, above=True),
    Limit("noisy", "noise", 6.0, 11.0, above=True),
    Limit("too-dark", "exposure", 12.0, 6.0, above=False),
    Limit("too-bright", "exposure", 96.5, 99.0, above=True),
    Limit("clipped-highlights", "clipped_highlights", 0.3, 0.5, above=True),
    Limit("clipped-shadows", "clipped_shadows", 0.35, 0.6, above=True),
    Limit("low-contrast", "contrast", 28.0, 18.0, above=False),
    Limit("oversaturated", "colourfulness", 125.0, 150.0, above=True),
    Limit("colour-cast", "colour_cast", 12.0, 20.0, above=True),
    Limit("jpeg-artefacts", "blockiness", 0.6, 1.2, above=True),
    Limit("ringing", "ringing", 4.0, 6.0, above=True),
    Limit("upscaled", "upscaling", 0.3, 0.2, above=False),
    Limit("banding", "banding", 0.5, 0.75, above=True),
    Limit("low-resolution", "resolution", 500.0, 300.0, above=False),
    Limit("background-not-white", "background_whiteness", 0.9, 0.5, above=False, on_white=True),
    Limit("background-uneven", "background_evenness", 8.0, 14.0, above=True),
    Limit("border", "border", 0.008, 0.03, above=True),
    Limit("product-too-small", "fill_box_side", 0.55, 0.35, above=False),
    Limit("off-centre", "centring", 0.3, 0.5, above=True),
    Limit("touches-edge", "edge_touch", 0.02, 0.2, above=True),
)


@dataclass(frozen=True)
class Exceeded:
    """A limit that a photo exceeds.

    Attributes:
        code: Of the finding.
        severity: Warning or error.
        measurement: Which value.
        value: The value.
        limit: The bound for a warning.
        region: Where, if the finding has a place.
    """

    code: str
    severity: Severity
    measurement: str
    value: float
    limit: float
    region: Region | None


_PLACED = frozenset({"product-blurred", "product-too-small", "off-centre", "touches-edge"})


def exceeded(measurements: PhotoMeasurements) -> tuple[Exceeded, ...]:
    """Every limit that the photo exceeds, in the order of the table."""
    found = (_check(limit, measurements) for limit in LIMITS)
    return tuple(item for item in found if item is not None)


def _check(limit: Limit, measurements: PhotoMeasurements) -> Exceeded | None:
    value = measurements.values[limit.measurement].value
    if value is None or (limit.on_white and measurements.product is None):
        return None
    severity = limit.severity(value)
    if severity is None:
        return None
    region = measurements.product if limit.code in _PLACED else None
    return Exceeded(limit.code, severity, limit.measurement, value, limit.warning, region)
