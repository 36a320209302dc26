"""From raw values to findings: one table of limits. Data: changing it changes no measurement.

The limits were set on 200 studio photos of the training split at a long side of 1024 pixels, so that
they hardly fire on clean photos, and checked on held-out studio photos and on photos of BIQ2021 with a
mean opinion score above .85 (`benchmarks/measurements/false_alarms.py`, whose results are in
`benchmarks/results/measure_false_alarms.csv` and `measure_detections.csv`). Units are those of
`packshot.report.MEASUREMENTS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from packshot.measure.photo import PhotoMeasurements
from packshot.report import Region, Severity


@dataclass(frozen=True)
class Condition:
    """A finding applies only where another property lies between two values.

    A property without a value does not fulfil it.

    Attributes:
        measurement: Key of the property.
        at_least: Lowest value that fulfils it.
        at_most: Highest value that fulfils it.

    Example:
        >>> import numpy as np
        >>> from packshot.measure.photo import measure_photo
        >>> grey = measure_photo(np.full((64, 64, 3), 128, np.uint8))
        >>> Condition("exposure", at_least=75).is_met(grey)
        False
    """

    measurement: str
    at_least: float = float("-inf")
    at_most: float = float("inf")

    def is_met(self, measurements: PhotoMeasurements) -> bool:
        """Return whether the photo fulfils it."""
        value = measurements.value(self.measurement)
        return value is not None and self.at_least <= value <= self.at_most


@dataclass(frozen=True)
class FindingLimit:
    """A limit beyond which a property becomes a finding.

    Attributes:
        code: Of the finding.
        measurement: Key of the property judged.
        is_maximum: True where too much is wrong, False where too little is.
        info: From this value on the finding is worth a note; None for never.
        warning: From this value on it is a warning.
        error: From this value on it is an error.
        when: All must hold.
        unless: Codes that say the same more exactly: where one of them is found, this is not.

    Example:
        >>> FindingLimit("noisy", "noise", warning=8.0, error=16.0).find_severity(9.5)
        (<Severity.WARNING: 'warning'>, 8.0)
    """

    code: str
    measurement: str
    is_maximum: bool = True
    info: float | None = None
    warning: float | None = None
    error: float | None = None
    when: tuple[Condition, ...] = ()
    unless: tuple[str, ...] = ()

    def find_severity(self, value: float) -> tuple[Severity, float] | None:
        """Return the gravest level that a value reaches, and its limit; None where it is within all."""
        levels = (
            (Severity.ERROR, self.error),
            (Severity.WARNING, self.warning),
            (Severity.INFO, self.info),
        )
        for severity, limit in levels:
            if limit is not None and (value > limit if self.is_maximum else value < limit):
                return severity, limit
        return None


_NEAR_WHITE_BACKGROUND = (
    Condition("background_lightness", at_least=75),
    Condition("background_chroma", at_most=14),
)
"""A background that was meant to be white: lighter than L* 75 and of a chroma up to 14.
Darker or more colourful ones are a choice, and that they are not white is no finding."""

_NEUTRAL_BACKGROUND = (
    Condition("background_lightness", at_least=70),
    Condition("background_chroma", at_most=32),
    Condition("background_evenness", at_most=5),
)
"""A background that was meant to be grey or white, a cast included: L* from 70, chroma up to 32, and L*
ranging over 5 at most, as walls in uneven light do not."""

_NO_CHANNEL_IS_BRIGHT = (Condition("bright_channel", at_most=190),)
"""Nothing reaches the upper end in any colour: red or blue cloth in full light is dark as L* goes. Of
the rated photos whose bright end is below 67 both passes call 38 of the 47 up to here too dark, and of
the 16 above one."""

_NO_FRAME = Condition("border", at_most=0.0)
"""No frame or bars, in per cent of a side. Inside a frame the frame is the background, and the white
ground of a packshot counts as product: of 10 sound photos of shops 8 were called blown out when
framed in black or red, with 20 to 79 % of the product. A frame is a finding of its own."""

CERTAIN_OUTLINE = (
    Condition("background_evenness", at_most=8),
    Condition("colour_noise", at_most=12),
)
"""An outline that can be trusted to the pixel: on a background whose L* ranges over 8 at most and with
colour noise of up to 12 grey levels: beyond both there are findings of their own."""

LIMITS: Final[tuple[FindingLimit, ...]] = (
    FindingLimit("upscaled", "enlargement", warning=1.9, error=3.5),
    FindingLimit(
        "motion-blur",
        "motion_blur",
        warning=3.0,
        error=8.0,
        when=(Condition("motion_anisotropy", at_least=0.15),),
    ),
    FindingLimit("blurred", "sharpness", warning=1.1, error=2.2, unless=("upscaled", "motion-blur")),
    FindingLimit(
        "product-blurred",
        "product_sharpness",
        warning=1.1,
        error=2.2,
        unless=("upscaled", "motion-blur", "blurred"),
    ),
    FindingLimit("noisy", "noise", warning=8.0, error=16.0),
    FindingLimit("noisy", "colour_noise", warning=4.0, error=12.0),
    FindingLimit(
        "too-dark", "bright_end", is_maximum=False, warning=67, error=50, when=_NO_CHANNEL_IS_BRIGHT
    ),
    FindingLimit("too-dark", "exposure", is_maximum=False, warning=12, error=6),
    FindingLimit("too-bright", "exposure", warning=95.5, error=98.5),
    FindingLimit(
        "clipped-highlights",
        "clipped_highlights",
        warning=8,
        error=25,
        when=(_NO_FRAME, Condition("background_lightness", at_most=97)),
    ),
    FindingLimit("clipped-highlights", "clipped_highlights", warning=62, error=90, when=(_NO_FRAME,)),
    FindingLimit("clipped-shadows", "clipped_shadows", warning=38, error=65),
    FindingLimit(
        "low-contrast",
        "contrast",
        is_maximum=False,
        warning=48,
        error=25,
        when=(Condition("bright_end", at_most=97),),
    ),
    FindingLimit(
        "dull-colour",
        "chroma",
        is_maximum=False,
        info=0.7,
        when=(Condition("exposure", at_least=15, at_most=75),),
    ),
    FindingLimit("oversaturated", "saturated", warning=62, error=90),
    FindingLimit("colour-cast", "colour_cast", warning=6.0, error=14.0, when=_NEUTRAL_BACKGROUND),
    FindingLimit("jpeg-artefacts", "blockiness", warning=1.45, error=4.0),
    FindingLimit("ringing", "ringing", warning=1.7, error=3.0),
    FindingLimit("banding", "banding", warning=2.0, error=12.0, unless=("jpeg-artefacts",)),
    FindingLimit("low-resolution", "resolution", is_maximum=False, warning=500, error=300),
    FindingLimit(
        "background-not-white",
        "background_whiteness",
        is_maximum=False,
        warning=243,
        error=225,
        when=_NEAR_WHITE_BACKGROUND,
    ),
    FindingLimit(
        "background-uneven", "background_evenness", warning=8, error=20, when=_NEAR_WHITE_BACKGROUND
    ),
    FindingLimit("border", "border", warning=0.0, error=5.0),
    FindingLimit("product-too-small", "fill_box_side", is_maximum=False, warning=60, error=35),
    FindingLimit("product-too-large", "fill_box_side", info=99.5, when=CERTAIN_OUTLINE),
    FindingLimit(
        "off-centre",
        "centring",
        warning=10,
        error=20,
        when=(Condition("edge_touch", at_most=1.0),),
    ),
    FindingLimit("touches-edge", "edge_touch", warning=1.0, when=CERTAIN_OUTLINE),
)
"""Every finding that a measurement can lead to. A code may have several limits: the first that is
exceeded counts. A code named in `unless` comes before the one that names it. See the module for
what the numbers were set on."""


_REGION_KEYS: Final = {
    "product-blurred": "product",
    "product-too-small": "product",
    "product-too-large": "product",
    "off-centre": "product",
}
"""By code: the key of the region to show, where it is not that of the measurement."""


@dataclass(frozen=True)
class ExceededLimit:
    """A property outside its limits.

    Attributes:
        code: Of the finding.
        severity: How far outside.
        measurement: Key of the property.
        value: Its raw value.
        limit: The limit it is outside of.
        region: Where, if the property has a place.

    Example:
        >>> import numpy as np
        >>> from packshot.measure.photo import measure_photo
        >>> found = find_exceeded_limits(measure_photo(np.full((240, 320, 3), 255, np.uint8)))
        >>> [(one.code, one.severity.value) for one in found if one.measurement == "resolution"]
        [('low-resolution', 'warning')]
    """

    code: str
    severity: Severity
    measurement: str
    value: float
    limit: float
    region: Region | None = None


def find_exceeded_limits(
    measurements: PhotoMeasurements, limits: tuple[FindingLimit, ...] = LIMITS
) -> list[ExceededLimit]:
    """Compare a photo's measurements with the limits.

    Args:
        measurements: From `measure_photo`.
        limits: The table to use.

    Returns:
        What lies outside, in the order of the table.

    Example:
        >>> from packshot.measure.photo import measure_photo
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/jar-heavy-jpeg.jpg")
        >>> [found.code for found in find_exceeded_limits(measure_photo(photo.pixels, photo.facts))]
        ['jpeg-artefacts']
    """
    found: dict[str, ExceededLimit] = {}
    for limit in limits:
        value = measurements.value(limit.measurement)
        codes = (limit.code, *limit.unless)
        if value is None or any(code in found for code in codes):
            continue
        level = limit.find_severity(value)
        if level is None or not all(condition.is_met(measurements) for condition in limit.when):
            continue
        severity, bound_value = level
        region_key = _REGION_KEYS.get(limit.code, limit.measurement)
        region = measurements.regions.get(region_key)
        found[limit.code] = ExceededLimit(
            limit.code, severity, limit.measurement, value, bound_value, region
        )
    return list(found.values())
