"""From raw values to findings: one table of limits. Data: changing it changes no measurement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from packshot.measure.photo import PhotoMeasurements
from packshot.report import Region, Severity


@dataclass(frozen=True)
class Condition:
    """A finding applies only where another property lies between two values.

    A property without a value does not fulfil it.
    """

    measurement: str
    at_least: float = float("-inf")
    at_most: float = float("inf")

    def holds(self, measurements: PhotoMeasurements) -> bool:
        """Whether the photo fulfils it."""
        value = measurements.value(self.measurement)
        return value is not None and self.at_least <= value <= self.at_most


@dataclass(frozen=True)
class Limit:
    """When a property becomes a finding.

    Attributes:
        code: Of the finding.
        measurement: Key of the property judged.
        above: True where too much is wrong, False where too little is.
        info: From this value on the finding is worth a note; None for never.
        warning: From this value on it is a warning.
        error: From this value on it is an error.
        when: All must hold.
        unless: Codes that say the same more exactly: where one of them is found, this is not.
    """

    code: str
    measurement: str
    above: bool = True
    info: float | None = None
    warning: float | None = None
    error: float | None = None
    when: tuple[Condition, ...] = ()
    unless: tuple[str, ...] = ()

    def severity(self, value: float) -> tuple[Severity, float] | None:
        """The gravest level that a value reaches, and its limit; None where it is within all."""
        levels = (
            (Severity.ERROR, self.error),
            (Severity.WARNING, self.warning),
            (Severity.INFO, self.info),
        )
        for severity, limit in levels:
            if limit is not None and (value > limit if self.above else value < limit):
                return severity, limit
        return None


_NEAR_WHITE = (
    Condition("background_lightness", at_least=75),
    Condition("background_chroma", at_most=14),
)
_MEANT_NEUTRAL = (
    Condition("background_lightness", at_least=70),
    Condition("background_chroma", at_most=32),
    Condition("background_evenness", at_most=5),
)

_CERTAIN_OUTLINE = (
    Condition("background_evenness", at_most=8),
    Condition("colour_noise", at_most=12),
)

LIMITS: Final[tuple[Limit, ...]] = (
    Limit("upscaled", "enlargement", warning=1.9, error=3.5),
    Limit(
        "motion-blur",
        "motion_blur",
        warning=3.0,
        error=8.0,
        when=(Condition("motion_anisotropy", at_least=0.15),),
    ),
    Limit("blurred", "sharpness", warning=1.1, error=2.2, unless=("upscaled", "motion-blur")),
    Limit(
        "product-blurred",
        "product_sharpness",
        warning=1.1,
        error=2.2,
        unless=("upscaled", "motion-blur", "blurred"),
    ),
    Limit("noisy", "noise", warning=8.0, error=16.0),
    Limit("noisy", "colour_noise", warning=4.0, error=12.0),
    Limit("too-dark", "bright_end", above=False, warning=67, error=50),
    Limit("too-dark", "exposure", above=False, warning=12, error=6),
    Limit("too-bright", "exposure", warning=95.5, error=98.5),
    Limit(
        "clipped-highlights",
        "clipped_highlights",
        warning=8,
        error=25,
        when=(Condition("background_lightness", at_most=97),),
    ),
    Limit("clipped-highlights", "clipped_highlights", warning=62, error=90),
    Limit("clipped-shadows", "clipped_shadows", warning=38, error=65),
    Limit(
        "low-contrast",
        "contrast",
        above=False,
        warning=48,
        error=25,
        when=(Condition("bright_end", at_most=97),),
    ),
    Limit(
        "dull-colour",
        "chroma",
        above=False,
        info=0.7,
        when=(Condition("exposure", at_least=15, at_most=75),),
    ),
    Limit("oversaturated", "saturated", warning=62, error=90),
    Limit("colour-cast", "colour_cast", warning=6.0, error=14.0, when=_MEANT_NEUTRAL),
    Limit("jpeg-artefacts", "blockiness", warning=1.45, error=4.0),
    Limit("ringing", "ringing", warning=1.7, error=3.0),
    Limit("banding", "banding", warning=2.0, error=12.0, unless=("jpeg-artefacts",)),
    Limit("low-resolution", "resolution", above=False, warning=500, error=300),
    Limit(
        "background-not-white",
        "background_whiteness",
        above=False,
        warning=243,
        error=225,
        when=_NEAR_WHITE,
    ),
    Limit("background-uneven", "background_evenness", warning=8, error=20, when=_NEAR_WHITE),
    Limit("border", "border", warning=0.0, error=5.0),
    Limit("product-too-small", "fill_box_side", above=False, warning=60, error=35),
    Limit("product-too-large", "fill_box_side", info=99.5, when=_CERTAIN_OUTLINE),
    Limit(
        "off-centre",
        "centring",
        warning=10,
        error=20,
        when=(Condition("edge_touch", at_most=1.0),),
    ),
    Limit("touches-edge", "edge_touch", warning=1.0, when=_CERTAIN_OUTLINE),
)
"""Every finding that a measurement can lead to. A code may have several limits: the first that is
exceeded counts. A code named in `unless` comes before the one that names it."""


_PLACES: Final = {
    "product-blurred": "product",
    "product-too-small": "product",
    "product-too-large": "product",
    "off-centre": "product",
}


@dataclass(frozen=True)
class Exceeded:
    """A property outside its limits.

    Attributes:
        code: Of the finding.
        severity: How far outside.
        measurement: Key of the property.
        value: Its raw value.
        limit: The limit it is outside of.
        region: Where, if the property has a place.
    """

    code: str
    severity: Severity
    measurement: str
    value: float
    limit: float
    region: Region | None = None


def exceeded(measurements: PhotoMeasurements, limits: tuple[Limit, ...] = LIMITS) -> list[Exceeded]:
    """Compare a photo's measurements with the limits.

    Args:
        measurements: From `measure_photo`.
        limits: The table to use.

    Returns:
        What lies outside, in the order of the table.
    """
    found: dict[str, Exceeded] = {}
    for limit in limits:
        value = measurements.value(limit.measurement)
        taken = (limit.code, *limit.unless)
        if value is None or any(code in found for code in taken):
            continue
        reached = limit.severity(value)
        if reached is None or not all(condition.holds(measurements) for condition in limit.when):
            continue
        severity, bound = reached
        place = _PLACES.get(limit.code, limit.measurement)
        region = measurements.regions.get(place)
        found[limit.code] = Exceeded(limit.code, severity, limit.measurement, value, bound, region)
    return list(found.values())
