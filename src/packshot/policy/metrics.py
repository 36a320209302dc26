"""Metrics that rules can speak of, by name, each with the way it is read from an assessment.

Nothing is measured here. A metric without a value is never taken for a good one: its rules say `manual`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from packshot.photo import FORMATS
from packshot.report import MEASUREMENTS, OVERLAYS, AspectScore, Assessment, Facts, Grade, Region
from packshot.report.verdict import Value


class MetricKind(StrEnum):
    """The type of a metric's values.

    Example:
        >>> [METRICS[name].kind.value for name in ("width", "format", "has_alpha")]
        ['number', 'word', 'flag']
    """

    NUMBER = "number"
    FLAG = "flag"
    WORD = "word"


class MissingReason(StrEnum):
    """A reason for which a metric may have no value.

    Example:
        >>> METRICS["fill_box_side"].missing_reason.value, METRICS["jpeg_quality"].missing_reason.value
        ('no-product', 'no-meaning')
    """

    UNREAD = "unread"
    NO_PRODUCT = "no-product"
    NO_BACKGROUND = "no-background"
    NO_DETECTOR = "no-detector"
    NOT_CERTAIN = "not-certain"
    NO_MEANING = "no-meaning"


@dataclass(frozen=True)
class Metric:
    """A property of a photo that rules can ask about.

    Attributes:
        kind: The type of its values.
        read: Its value from an assessment; None where it was not measured.
        unit: Of numbers; a key of the units' names.
        words: The values that there are, of a metric of words.
        missing_reason: The reason where it has no value.

    Example:
        >>> METRICS["byte_size"].unit, METRICS["format"].kind.value, "JPEG" in METRICS["format"].words
        ('bytes', 'word', True)
    """

    kind: MetricKind
    read: Callable[[Assessment], Value | None]
    unit: str = ""
    words: tuple[str, ...] = ()
    missing_reason: MissingReason = MissingReason.NO_MEANING


COLOUR_MODES: Final = (
    "1",
    "L",
    "LA",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBX",
    "CMYK",
    "YCbCr",
    "LAB",
    "HSV",
    "I",
    "I;16",
    "F",
)
"""Modes of Pillow's pictures: the values of the metric "colour_mode"."""

_BACKGROUND_PREFIXES: Final = ("background_", "ringing", "colour_cast")
_PRODUCT_PREFIXES: Final = ("fill_", "centring", "edge_touch", "product_")
"""Begins of the names of measurements that have no value without a background, or without a product."""

METRICS_WITHOUT_DETECTOR: Final[dict[str, str]] = {"logo_area": "%", "props": ""}
"""Metrics that no detector measures yet, with their units: a person looks."""

_DETECTOR_FALLBACKS: Final = {"border_width": "border"}
"""Measurements that stand in for detectors that an assessment was made without."""


def _read_measurement(key: str, assessment: Assessment) -> Value | None:
    measurement = assessment.measurements.get(key)
    return None if measurement is None else measurement.value


def _read_detection(key: str, assessment: Assessment) -> Value | None:
    """Read what a detector found, else what is measured of the same without one."""
    value = _read_measurement(key, assessment)
    return (
        _read_measurement(_DETECTOR_FALLBACKS[key], assessment)
        if value is None and key in _DETECTOR_FALLBACKS
        else value
    )


def _read_fact(read: Callable[[Facts], Value | None], assessment: Assessment) -> Value | None:
    return None if assessment.facts is None else read(assessment.facts)


def _read_number(read: Callable[[Facts], float | None], assessment: Assessment) -> Value | None:
    """Read a number of the file's facts; whole ones too are numbers as any."""
    number = None if assessment.facts is None else read(assessment.facts)
    return None if number is None else float(number)


def _read_margin(read: Callable[[Region], float], assessment: Assessment) -> Value | None:
    """Read per cent of the side, to a thousandth: what lies below is the rounding of fractions."""
    return None if assessment.product is None else round(100 * read(assessment.product), 3)


def _least_margin(box: Region) -> float:
    return min(box.x, box.y, 1 - box.x - box.width, 1 - box.y - box.height)


def _read_aspect(aspect: AspectScore | None) -> float | None:
    return None if aspect is None else aspect.score


def _read_grade(assessment: Assessment) -> Value | None:
    return None if assessment.grade is Grade.UNKNOWN else assessment.grade.value


def _make_property_metric(key: str) -> Metric:
    missing_reason = MissingReason.NO_MEANING
    if key.startswith(_BACKGROUND_PREFIXES):
        missing_reason = MissingReason.NO_BACKGROUND
    elif key.startswith(_PRODUCT_PREFIXES):
        missing_reason = MissingReason.NO_PRODUCT
    return Metric(
        MetricKind.NUMBER,
        partial(_read_measurement, key),
        MEASUREMENTS[key].unit,
        missing_reason=missing_reason,
    )


def _make_number_metric(
    read: Callable[[Facts], float | None],
    unit: str = "",
    missing_reason: MissingReason = MissingReason.UNREAD,
) -> Metric:
    return Metric(MetricKind.NUMBER, partial(_read_number, read), unit, missing_reason=missing_reason)


def _make_flag_metric(read: Callable[[Facts], bool]) -> Metric:
    return Metric(MetricKind.FLAG, partial(_read_fact, read), missing_reason=MissingReason.UNREAD)


def _make_word_metric(read: Callable[[Facts], str], words: tuple[str, ...]) -> Metric:
    return Metric(
        MetricKind.WORD, partial(_read_fact, read), words=words, missing_reason=MissingReason.UNREAD
    )


def _make_margin_metric(read: Callable[[Region], float]) -> Metric:
    return Metric(
        MetricKind.NUMBER, partial(_read_margin, read), "%", missing_reason=MissingReason.NO_PRODUCT
    )


METRICS: Final[dict[str, Metric]] = {
    "format": _make_word_metric(lambda facts: facts.format, tuple(FORMATS)),
    "extension_matches": _make_flag_metric(lambda facts: facts.extension_matches),
    "byte_size": _make_number_metric(lambda facts: facts.byte_size, "bytes"),
    "width": _make_number_metric(lambda facts: facts.width, "px"),
    "height": _make_number_metric(lambda facts: facts.height, "px"),
    "aspect_ratio": _make_number_metric(lambda facts: round(facts.width / facts.height, 4), "ratio"),
    "animated": _make_flag_metric(lambda facts: facts.is_animated),
    "frames": _make_number_metric(lambda facts: facts.frames),
    "has_alpha": _make_flag_metric(lambda facts: facts.has_alpha),
    "colour_mode": _make_word_metric(lambda facts: facts.colour_mode, COLOUR_MODES),
    "bit_depth": _make_number_metric(lambda facts: facts.bit_depth),
    "jpeg_quality": _make_number_metric(
        lambda facts: facts.jpeg_quality, missing_reason=MissingReason.NO_MEANING
    ),
    "had_location": _make_flag_metric(lambda facts: facts.had_location),
    "score": Metric(
        MetricKind.NUMBER, lambda assessment: assessment.score, missing_reason=MissingReason.UNREAD
    ),
    "technical": Metric(
        MetricKind.NUMBER,
        lambda assessment: _read_aspect(assessment.technical),
        missing_reason=MissingReason.NO_MEANING,
    ),
    "presentation": Metric(
        MetricKind.NUMBER,
        lambda assessment: _read_aspect(assessment.presentation),
        missing_reason=MissingReason.NO_MEANING,
    ),
    "grade": Metric(
        MetricKind.WORD, _read_grade, words=tuple(g for g in Grade if g is not Grade.UNKNOWN)
    ),
    "margin_left": _make_margin_metric(lambda box: box.x),
    "margin_right": _make_margin_metric(lambda box: 1 - box.x - box.width),
    "margin_top": _make_margin_metric(lambda box: box.y),
    "margin_bottom": _make_margin_metric(lambda box: 1 - box.y - box.height),
    "margin_least": _make_margin_metric(_least_margin),
    **{key: _make_property_metric(key) for key in MEASUREMENTS},
    **{
        key: Metric(
            MetricKind.NUMBER,
            partial(_read_detection, key),
            unit,
            missing_reason=MissingReason.NOT_CERTAIN,
        )
        for key, unit in OVERLAYS.items()
    },
    **{
        key: Metric(
            MetricKind.NUMBER,
            partial(_read_measurement, key),
            unit,
            missing_reason=MissingReason.NO_DETECTOR,
        )
        for key, unit in METRICS_WITHOUT_DETECTOR.items()
    },
}
"""Every metric by its name: facts of the file, measurements of the pixels, and what detectors find."""
