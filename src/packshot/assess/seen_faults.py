"""Faults that the network sees: how likely each is, what it costs, and when it is a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from packshot.encode import FaultModel, PhotoEncoding
from packshot.measure import PhotoMeasurements
from packshot.measure.limits import CERTAIN_OUTLINE, Condition
from packshot.report import Severity

DECIDED_BY_EYE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "background-not-white": "background-not-white",
        "colour-cast": "colour-cast",
        "low-contrast": "low-contrast",
        "off-centre": "off-centre",
        "product-too-large": "cut-off",
        "product-too-small": "product-too-small",
        "too-bright": "too-bright",
        "too-dark": "too-dark",
        "touches-edge": "cut-off",
    }
)
"""Findings of measurements that are told only where the network sees a fault too, and which: whether a
grey background is one, or a product near the edge (a model who wears it is none), depends on the
picture (`benchmarks/results/faults.csv`)."""

DENIED_BY_MEASUREMENT: Final[Mapping[str, tuple[Condition, ...]]] = MappingProxyType(
    {
        "off-centre": (*CERTAIN_OUTLINE, Condition("centring", at_most=1.0)),
        "product-too-small": (*CERTAIN_OUTLINE, Condition("fill_box_side", at_least=70)),
        "too-dark": (Condition("bright_end", at_most=67), Condition("bright_channel", at_least=205)),
    }
)
"""Faults that are none where measurements of a certain outline say so, whatever the network sees: of 654
rated photos whose product stands within 1 % of the middle both passes call 3 off centre, of 1 115 whose
product fills 70 % of a side or more 3 too small, of 15 that are dark as L* goes but bright in a channel
none too dark."""

EXPLAIN_BELOW: Final = 75.0
"""Points of score below which at least the likeliest fault is told: "nothing to improve" is never said
there."""

ACT_BELOW: Final = 60.0
"""Points of score below which that fault is a warning, not a note: the lower end of "good"."""

_ERROR_POINTS: Final = 15.0
"""Points from which on a fault must be mended, on a photo that is not good. A judgement."""


@dataclass(frozen=True)
class SeenFault:
    """A fault of one photo.

    Attributes:
        code: Code of the finding.
        probability: Chance that a careful eye names it, 0..1.
        loss: Points that it is expected to cost: its cost times its chance.
        is_found: Whether the chance reaches the fault's limit.

    Example:
        >>> fault = SeenFault("tilted", probability=0.8, loss=17.6, is_found=True)
        >>> fault.find_severity(score=48.0).value, fault.find_severity(score=71.0).value
        ('error', 'warning')
    """

    code: str
    probability: float
    loss: float
    is_found: bool

    def find_severity(self, score: float) -> Severity:
        """Return how much it matters to a photo of that score: errors and scores never contradict."""
        if self.is_found and self.loss >= _ERROR_POINTS and score < ACT_BELOW:
            return Severity.ERROR
        return Severity.WARNING if self.is_found or score < ACT_BELOW else Severity.INFO


def see_faults(encoding: PhotoEncoding, models: Sequence[FaultModel]) -> list[SeenFault]:
    """List every fault with its chance, the most costly first.

    Args:
        encoding: Of the photo.
        models: `packshot.encode.Encoders.faults`.

    Example:
        >>> import numpy as np
        >>> models = [FaultModel("tilted", 0.5, 22.0), FaultModel("blurred", 0.5, 30.0)]
        >>> faults = np.array([0.8, 0.1])
        >>> encoding = PhotoEncoding(np.ones(2), np.ones(2), np.ones(1), level=0.0, faults=faults)
        >>> [(one.code, one.is_found) for one in see_faults(encoding, models)]
        [('tilted', True), ('blurred', False)]
    """
    seen = [
        SeenFault(model.code, chance, chance * model.cost, chance >= model.limit)
        for model, chance in zip(models, encoding.faults.tolist(), strict=True)
    ]
    return sorted(seen, key=lambda one: (-one.loss, -one.probability, one.code))


def deny_faults(seen: Sequence[SeenFault], measurements: PhotoMeasurements) -> list[SeenFault]:
    """Return the faults without those that measurements rule out (`DENIED_BY_MEASUREMENT`).

    Args:
        seen: From `see_faults`.
        measurements: Of the photo.

    Example:
        >>> from packshot.measure.photo import measure_photo
        >>> from packshot.photo import Photo
        >>> seen = [SeenFault("product-too-small", probability=0.4, loss=6.0, is_found=True)]
        >>> names = ("mug", "bowl-small-off-centre")
        >>> photos = (Photo.open(f"examples/photos/{name}.jpg") for name in names)
        >>> [len(deny_faults(seen, measure_photo(photo.pixels))) for photo in photos]
        [0, 1]
    """
    return [
        fault
        for fault in seen
        if fault.code not in DENIED_BY_MEASUREMENT
        or not all(one.is_met(measurements) for one in DENIED_BY_MEASUREMENT[fault.code])
    ]


def choose_faults(
    seen: Sequence[SeenFault], score: float, found_codes: frozenset[str]
) -> list[SeenFault]:
    """Choose which faults are told: those that reach their limits, or else the likeliest of a low score.

    Args:
        seen: From `see_faults`.
        score: 0..100.
        found_codes: Codes of findings of quality that are told already.

    Example:
        >>> faint = SeenFault("tilted", probability=0.3, loss=6.0, is_found=False)
        >>> [one.code for one in choose_faults([faint], 55.0, frozenset())]
        ['tilted']
        >>> choose_faults([faint], 90.0, frozenset())
        []
    """
    found = [one for one in seen if one.is_found]
    if found or found_codes or score >= EXPLAIN_BELOW or not seen:
        return found
    return [seen[0]]


def expect_losses(seen: Sequence[SeenFault]) -> Mapping[str, float]:
    """Return the points each fault is expected to cost, by code.

    Example:
        >>> dict(expect_losses([SeenFault("tilted", probability=0.5, loss=11.0, is_found=True)]))
        {'tilted': 11.0}
    """
    return {one.code: one.loss for one in seen}
