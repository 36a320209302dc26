"""How a photo feels, ready to be told or drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from packshot.assess.advice import texts
from packshot.catalog.overlay import Rows, heat
from packshot.report import AttentionRegion, Emotion, Polarity

Colour = tuple[int, int, int]

POSITIVE_RGB: Colour = (0, 114, 178)
NEGATIVE_RGB: Colour = (213, 94, 0)
"""Blue and vermilion of Okabe and Ito's palette: told apart by people of any colour vision."""

_ENLARGED = 8
_DEEPEST = 0.8
_CLEAR = 0.3
"""Attention relative to its peak up to which the photo stays free of tint."""


@dataclass(frozen=True)
class Side:
    """The positive or the negative side of a photo.

    Attributes:
        name: ``positive`` or ``negative``.
        intensity: 0..1.
        bar: Intensity from which the side counts as present.
        regions: Where it was seen; none where it is not present.
        heat: Where it was seen, as a see-through picture, paler below the bar; None for nothing.
    """

    name: str
    intensity: float
    bar: float
    regions: tuple[AttentionRegion, ...]
    heat: str | None

    @property
    def present(self) -> bool:
        """Whether the side counts."""
        return self.intensity >= self.bar


def sides(emotion: Emotion) -> tuple[Side, Side]:
    """The positive and the negative side of a photo that could be read."""
    intensity, bar = emotion.positive_intensity or 0.0, emotion.positive_bar or 0.0
    heat = _tint(emotion.positive_map, POSITIVE_RGB, intensity, bar)
    positive = Side("positive", intensity, bar, emotion.positive_regions, heat)
    intensity, bar = emotion.negative_intensity or 0.0, emotion.negative_bar or 0.0
    heat = _tint(emotion.negative_map, NEGATIVE_RGB, intensity, bar)
    return positive, Side("negative", intensity, bar, emotion.negative_regions, heat)


def percent(share: float | None) -> str:
    """A share of 0..1 as people read it, without a sign."""
    return f"{(share or 0.0) * 100:.0f}"


def in_a_line(emotion: Emotion, language: str) -> str:
    """Polarity and intensities in one sentence."""
    words = texts(language).emotion
    return words["line"].format(
        polarity=words[emotion.polarity or Polarity.NEUTRAL],
        positive=percent(emotion.positive_intensity),
        negative=percent(emotion.negative_intensity),
    )


def _tint(attention: Rows, rgb: Colour, intensity: float, bar: float) -> str | None:
    """A map as a tint: none where there is little attention, paler for a side below its bar."""
    if not attention:
        return None
    strength = _DEEPEST * (1.0 if intensity >= bar else intensity / bar)
    above = np.clip((np.array(attention) - _CLEAR) / (1 - _CLEAR), 0, 1) * strength
    return heat(tuple(tuple(row) for row in above.tolist()), rgb, _ENLARGED)
