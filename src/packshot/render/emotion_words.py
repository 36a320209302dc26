"""The words and maps of an emotion that tables and pages share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from packshot.render.attention_overlay import HeatMap, encode_heat_map
from packshot.report import AttentionRegion, Emotion, Polarity
from packshot.texts import load_texts

Colour = tuple[int, int, int]

POSITIVE_RGB: Colour = (0, 114, 178)
NEGATIVE_RGB: Colour = (213, 94, 0)
"""Blue and vermilion of Okabe and Ito's palette: told apart by people of any colour vision."""

_ENLARGEMENT = 8
"""Times that a map of the network is enlarged, so that its cells do not show. A judgement."""
_MAX_TINT = 0.8
"""Deepest tint of a map, 0..1, before `attention_overlay` adds its opacity. A judgement."""
_MAX_MEAN = 0.85
"""Mean of a map, relative to its peak, from which nothing stands out: no tint is made of small waves.
A judgement."""


@dataclass(frozen=True)
class EmotionSide:
    """The positive or the negative side of a photo.

    Attributes:
        name: ``positive`` or ``negative``.
        intensity: 0..1.
        threshold: Intensity from which the side counts as present.
        regions: Where it was seen; none where it is not present.
        heat_uri: Where it was seen, as a see-through picture, paler below the threshold; None for none.

    Example:
        >>> EmotionSide("positive", intensity=0.7, threshold=0.5, regions=(), heat_uri=None).is_present
        True
    """

    name: str
    intensity: float
    threshold: float
    regions: tuple[AttentionRegion, ...]
    heat_uri: str | None

    @property
    def is_present(self) -> bool:
        """True if the side counts."""
        return self.intensity >= self.threshold


def build_sides(emotion: Emotion) -> tuple[EmotionSide, EmotionSide]:
    """Build the positive and the negative side of a photo that could be read.

    Example:
        >>> emotion = Emotion(path="a.jpg", status="ok", positive_intensity=0.7, positive_threshold=0.5)
        >>> [(side.name, side.intensity) for side in build_sides(emotion)]
        [('positive', 0.7), ('negative', 0.0)]
    """
    return (
        _build_side(
            "positive",
            POSITIVE_RGB,
            emotion.positive_map,
            emotion.positive_regions,
            emotion.positive_intensity or 0.0,
            emotion.positive_threshold or 0.0,
        ),
        _build_side(
            "negative",
            NEGATIVE_RGB,
            emotion.negative_map,
            emotion.negative_regions,
            emotion.negative_intensity or 0.0,
            emotion.negative_threshold or 0.0,
        ),
    )


def format_percent(share: float | None) -> str:
    """Write a share of 0..1 as people read it, without a sign.

    Example:
        >>> format_percent(0.713), format_percent(None)
        ('71', '0')
    """
    return f"{(share or 0.0) * 100:.0f}"


def format_line(emotion: Emotion, language: str) -> str:
    """Write polarity and intensities in one sentence.

    Example:
        >>> emotion = Emotion(path="a.jpg", status="ok", polarity="positive", positive_intensity=0.7)
        >>> format_line(emotion, "en")
        'Feels positive: positive 70, negative 0'
    """
    emotion_texts = load_texts(language).emotion
    return emotion_texts["line"].format(
        polarity=emotion_texts[emotion.polarity or Polarity.NEUTRAL],
        positive=format_percent(emotion.positive_intensity),
        negative=format_percent(emotion.negative_intensity),
    )


def _build_side(
    name: str,
    rgb: Colour,
    attention: HeatMap,
    regions: tuple[AttentionRegion, ...],
    intensity: float,
    threshold: float,
) -> EmotionSide:
    strength = 1.0 if intensity >= threshold else intensity / threshold
    return EmotionSide(
        name,
        intensity,
        threshold,
        regions,
        encode_heat_map(_compute_tint(attention, strength), rgb, _ENLARGEMENT),
    )


def _compute_tint(attention: HeatMap, strength: float) -> HeatMap:
    """Compute how deep a map's tint is: clear up to its mean, and deepest at its peak."""
    cells = np.array(attention, np.float64)
    mean = float(cells.mean()) if cells.size else 0.0
    tint = np.clip((cells - mean) / (1 - min(mean, _MAX_MEAN)), 0, 1)
    return tuple(tuple(row) for row in (tint * _MAX_TINT * strength).tolist())
