"""What rules can speak of: every metric by name, and how it is read from an assessment.

Nothing is measured here. A metric without a value is never taken for a good one: its rules say `manual`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from packshot.photo import FORMATS
from packshot.report import MEASUREMENTS, OVERLAYS, Assessment, Facts, Grade, Region
from packshot.report.verdict import Value


class Kind(StrEnum):
    """What the values of a metric are."""

    NUMBER = "number"
    FLAG = "flag"
    WORD = "word"


class Lack(StrEnum):
    """Why a metric may have no value."""

    UNREAD = "unread"
    NO_PRODUCT = "no-product"
    NO_BACKGROUND = "no-background"
    NO_DETECTOR = "no-detector"
    NOT_CERTAIN = "not-certain"
    NO_MEANING = "no-meaning"


@dataclass(frozen=True)
class Metric:
    """Something that is known of a photo.

    Attributes:
        kind: What its values are.
        read: Its value from an assessment; None where it was not measured.
        unit: Of numbers; a key of the units' names.
        words: The values that there are, of a metric of words.
        lack: Why it has no value where it has none.
    """

    kind: Kind
    read: Callable[[Assessment], Value | None]
    unit: str = ""
    words: tuple[str, ...] = ()
    lack: Lack = Lack.NO_MEANING


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
_BACKGROUND: Final = ("background_", "ringing", "colour_cast")
_PRODUCT: Final = ("fill_", "centring", "edge_touch", "product_")

UNDETECTED: Final[dict[str, str]] = {"logo_area": "%", "props": ""}
"""What no detector measures yet, with its unit: a person looks."""

_MEASURED_AS: Final = {"border_width": "border"}
"""What stands in for a detector that an assessment was made without."""


def _measured(key: str, assessment: Assessment) -> Value | None:
    found = assessment.measurements.get(key)
    return None if found is None else found.value


def _detected(key: str, assessment: Assessment) -> Value | None:
    """What a detector found, else what is measured of the same without one."""
    found = _measured(key, assessment)
    return _measured(_MEASURED_AS[key], assessment) if found is None and key in _MEASURED_AS else found


def _fact(read: Callable[[Facts], Value | None], assessment: Assessment) -> Value | None:
    return None if assessment.facts is None else read(assessment.facts)


def _counted(read: Callable[[Facts], float | None], assessment: Assessment) -> Value | None:
    """A number of the file's facts; whole ones too are numbers as any."""
    found = None if assessment.facts is None else read(assessment.facts)
    return None if found is None else float(found)


def _margin(read: Callable[[Region], float], assessment: Assessment) -> Value | None:
    """Per cent of the side, to a thousandth: what lies below is the rounding of fractions."""
    return None if assessment.product is None else round(100 * read(assessment.product), 3)


def _least_margin(box: Region) -> float:
    return min(box.x, box.y, 1 - box.x - box.width, 1 - box.y - box.height)


def _grade(assessment: Assessment) -> Value | None:
    return None if assessment.grade is Grade.UNKNOWN else assessment.grade.value


def _of_property(key: str) -> Metric:
    lack = Lack.NO_MEANING
    if key.startswith(_BACKGROUND):
        lack = Lack.NO_BACKGROUND
    elif key.startswith(_PRODUCT):
        lack = Lack.NO_PRODUCT
    return Metric(Kind.NUMBER, partial(_measured, key), MEASUREMENTS[key].unit, lack=lack)


def _number(read: Callable[[Facts], float | None], unit: str = "", lack: Lack = Lack.UNREAD) -> Metric:
    return Metric(Kind.NUMBER, partial(_counted, read), unit, lack=lack)


def _flag(read: Callable[[Facts], bool]) -> Metric:
    return Metric(Kind.FLAG, partial(_fact, read), lack=Lack.UNREAD)


def _word(read: Callable[[Facts], str], words: tuple[str, ...]) -> Metric:
    return Metric(Kind.WORD, partial(_fact, read), words=words, lack=Lack.UNREAD)


def _side(read: Callable[[Region], float]) -> Metric:
    return Metric(Kind.NUMBER, partial(_margin, read), "%", lack=Lack.NO_PRODUCT)


METRICS: Final[dict[str, Metric]] = {
    "format": _word(lambda facts: facts.format, tuple(FORMATS)),
    "extension_matches": _flag(lambda facts: facts.extension_matches),
    "byte_size": _number(lambda facts: facts.byte_size, "bytes"),
    "width": _number(lambda facts: facts.width, "px"),
    "height": _number(lambda facts: facts.height, "px"),
    "aspect_ratio": _number(lambda facts: round(facts.width / facts.height, 4), "ratio"),
    "animated": _flag(lambda facts: facts.animated),
    "frames": _number(lambda facts: facts.frames),
    "has_alpha": _flag(lambda facts: facts.has_alpha),
    "colour_mode": _word(lambda facts: facts.colour_mode, COLOUR_MODES),
    "bit_depth": _number(lambda facts: facts.bit_depth),
    "jpeg_quality": _number(lambda facts: facts.jpeg_quality, lack=Lack.NO_MEANING),
    "had_location": _flag(lambda facts: facts.had_location),
    "score": Metric(Kind.NUMBER, lambda assessment: assessment.score, lack=Lack.UNREAD),
    "grade": Metric(Kind.WORD, _grade, words=tuple(g for g in Grade if g is not Grade.UNKNOWN)),
    "margin_left": _side(lambda box: box.x),
    "margin_right": _side(lambda box: 1 - box.x - box.width),
    "margin_top": _side(lambda box: box.y),
    "margin_bottom": _side(lambda box: 1 - box.y - box.height),
    "margin_least": _side(_least_margin),
    **{key: _of_property(key) for key in MEASUREMENTS},
    **{
        key: Metric(Kind.NUMBER, partial(_detected, key), unit, lack=Lack.NOT_CERTAIN)
        for key, unit in OVERLAYS.items()
    },
    **{
        key: Metric(Kind.NUMBER, partial(_measured, key), unit, lack=Lack.NO_DETECTOR)
        for key, unit in UNDETECTED.items()
    },
}
"""Every metric by its name: facts of the file, measurements of the pixels, and what detectors find."""
