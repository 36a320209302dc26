"""How a photo feels, ready to be told or drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from packshot.render.attention_overlay import Rows, heat
from packshot.report import AttentionRegion, Emotion, Polarity
from packshot.texts import load_texts

Colour = tuple[int, int, int]

POSITIVE_RGB: Colour = (0, 114, 178)
NEGATIVE_RGB: Colour = (213, 94, 0)
"""Blue and vermilion of Okabe and Ito's palette: told apart by people of any colour vision."""

_ENLARGED = 8
_DEEPEST = 0.8
_EVEN = 0.85
"""Mean of a map, relative to its peak, from which nothing stands out: no tint is made of small waves."""


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
    return (
        _side(
            "positive",
            POSITIVE_RGB,
            emotion.positive_map,
            emotion.positive_regions,
            emotion.positive_intensity or 0.0,
            emotion.positive_bar or 0.0,
        ),
        _side(
            "negative",
            NEGATIVE_RGB,
            emotion.negative_map,
            emotion.negative_regions,
            emotion.negative_intensity or 0.0,
            emotion.negative_bar or 0.0,
        ),
    )


def percent(share: float | None) -> str:
    """A share of 0..1 as people read it, without a sign."""
    return f"{(share or 0.0) * 100:.0f}"


def in_a_line(emotion: Emotion, language: str) -> str:
    """Polarity and intensities in one sentence."""
    words = load_texts(language).emotion
    return words["line"].format(
        polarity=words[emotion.polarity or Polarity.NEUTRAL],
        positive=percent(emotion.positive_intensity),
        negative=percent(emotion.negative_intensity),
    )


def _side(
    name: str,
    rgb: Colour,
    attention: Rows,
    regions: tuple[AttentionRegion, ...],
    intensity: float,
    bar: float,
) -> Side:
    strength = 1.0 if intensity >= bar else intensity / bar
    return Side(name, intensity, bar, regions, heat(_tinted(attention, strength), rgb, _ENLARGED))


def _tinted(attention: Rows, strength: float) -> Rows:
    """How deep a map's tint is: clear up to its mean, and deepest at its peak."""
    cells = np.array(attention, np.float64)
    mean = float(cells.mean()) if cells.size else 0.0
    above = np.clip((cells - mean) / (1 - min(mean, _EVEN)), 0, 1)
    return tuple(tuple(row) for row in (above * _DEEPEST * strength).tolist())
