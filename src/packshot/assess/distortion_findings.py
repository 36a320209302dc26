"""Findings of the distortion encoder: damage that it recognises and no measurement has said already.

Kinds that look alike count together (`packshot.distort.LOOKALIKES`): what is reported is the likeliest
of a family whose probability reaches `MIN_PROBABILITY` and its limit. Limits come with the model: they
are set on undamaged photos, so that about one in a hundred of those exceeds each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from packshot.distort import Kind, list_families
from packshot.encode import PhotoEncoding
from packshot.report import Severity
from packshot.texts import DISTORTION_PREFIX

_BLUR_CODES = ("blurred", "product-blurred", "upscaled", "motion-blur")
EQUIVALENT_CODES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.GAUSSIAN_BLUR: _BLUR_CODES,
    Kind.MOTION_BLUR: _BLUR_CODES,
    Kind.PIXELATE: ("upscaled", "jpeg-artefacts"),
    Kind.JPEG: ("jpeg-artefacts", "ringing"),
    Kind.JPEG2000: ("jpeg-artefacts", "ringing", *_BLUR_CODES),
    Kind.WHITE_NOISE: ("noisy",),
    Kind.IMPULSE_NOISE: ("noisy",),
    Kind.OVER_SHARPEN: ("ringing",),
    Kind.QUANTISE: ("banding",),
    Kind.BRIGHTEN: ("too-bright", "clipped-highlights"),
    Kind.DARKEN: ("too-dark", "clipped-shadows"),
    Kind.VEIL: ("low-contrast",),
    Kind.SATURATION_HSV: ("dull-colour",),
    Kind.SATURATION_LAB: ("oversaturated",),
    Kind.WRONG_WHITE_BALANCE: ("colour-cast",),
    Kind.UNEVEN_LIGHT: ("background-uneven",),
}
"""Codes of measured findings that say what a family would; named by a member of the family."""

MIN_PROBABILITY: Final = 0.8
"""Probability from which on any kind is worth a finding: of 137 undamaged held-out product photos 3.6 %
reach it at all; 0.6 was reached by 9.5 %."""

_ERROR_LEVEL = 4.0
"""Expected level, 0..5, from which on recognised damage is an error: the upper two of five levels. A
judgement."""


@dataclass(frozen=True)
class DamageEstimate:
    """Kinds of damage that look alike, as one answer.

    Attributes:
        kind: The likeliest of them.
        family: All of them, in the order of `Kind`.
        probability: Of all of them together, 0..1.
        level: Expected level, 0..5.

    Example:
        >>> estimate = DamageEstimate(Kind.JPEG, family=(Kind.JPEG,), probability=0.93, level=4.4)
        >>> estimate.severity.value, estimate.code
        ('error', 'distortion-jpeg')
    """

    kind: Kind
    family: tuple[Kind, ...]
    probability: float
    level: float

    @property
    def code(self) -> str:
        """Code of the finding."""
        return DISTORTION_PREFIX + self.kind.value

    @property
    def severity(self) -> Severity:
        """A warning, or an error where the damage is grave."""
        return Severity.ERROR if self.level >= _ERROR_LEVEL else Severity.WARNING


def estimate_damage(encoding: PhotoEncoding, kinds: Sequence[str]) -> list[DamageEstimate]:
    """Estimate the damage by each family of look-alike kinds, likeliest first.

    Args:
        encoding: Of the photo.
        kinds: Names of `code.kinds`, in order.

    Example:
        >>> import numpy as np
        >>> encoding = PhotoEncoding(np.ones(2), np.ones(2), kinds=np.array([0.1, 0.9]), level=3.2)
        >>> likeliest, *_ = estimate_damage(encoding, ["gaussian-blur", "jpeg"])
        >>> likeliest.kind.value, likeliest.probability
        ('jpeg', 0.9)
    """
    probabilities, estimates = encoding.kinds.tolist(), []
    for family, places in _place_families(tuple(kinds)):
        members = [0.0 if place is None else probabilities[place] for place in places]
        likeliest = family[members.index(max(members))]
        estimates.append(DamageEstimate(likeliest, family, min(sum(members), 1.0), encoding.level))
    return sorted(estimates, key=lambda one: -one.probability)


@lru_cache
def _place_families(
    kinds: tuple[str, ...],
) -> tuple[tuple[tuple[Kind, ...], tuple[int | None, ...]], ...]:
    """Return each family, and where its members stand among those; None where they do not."""
    places = {name: place for place, name in enumerate(kinds)}
    return tuple(
        (family, tuple(places.get(kind.value) for kind in family)) for family in list_families()
    )


def find_damage(
    encoding: PhotoEncoding,
    kinds: Sequence[str],
    limits: Mapping[str, float],
    reported_codes: frozenset[str],
    min_probability: float = MIN_PROBABILITY,
) -> list[DamageEstimate]:
    """Find families that reach their limits and that no measured finding says, likeliest first.

    Args:
        encoding: Of the photo.
        kinds: Names of `code.kinds`, in order.
        limits: By the name of each family, the probability from which on it is reported, where that is
            more than `min_probability`. Families without a limit are never reported.
        reported_codes: Codes of the photo's measured findings.
        min_probability: Probability below which nothing is reported.

    Example:
        >>> import numpy as np
        >>> encoding = PhotoEncoding(np.ones(2), np.ones(2), kinds=np.array([0.1, 0.9]), level=3.2)
        >>> kinds, limits = ["gaussian-blur", "jpeg"], {"jpeg": 0.85}
        >>> [one.kind.value for one in find_damage(encoding, kinds, limits, frozenset())]
        ['jpeg']
        >>> find_damage(encoding, kinds, limits, frozenset({"jpeg-artefacts"}))  # It was measured.
        []
    """
    return [
        one
        for one in estimate_damage(encoding, kinds)
        if one.probability >= max(limits.get(one.family[0].value, np.inf), min_probability)
        and not any(reported_codes & set(EQUIVALENT_CODES.get(kind, ())) for kind in one.family)
    ]
