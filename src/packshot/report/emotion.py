"""The record of the feelings that a photo is likely to call up."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from packshot.report.listing import Listing
from packshot.report.record import Record, Region, Status


class Polarity(StrEnum):
    """The feelings that a photo calls up: one side, both, or neither.

    Example:
        >>> emotion = Emotion(path="mug.jpg", status="ok", polarity=Polarity.MIXED)
        >>> emotion.model_dump_json(include={"polarity"})
        '{"polarity":"mixed"}'
    """

    NEGATIVE = "negative"
    MIXED = "mixed"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class AttentionRegion(Record):
    """A part of a photo that one side, positive or negative, was read from.

    Example:
        >>> part = AttentionRegion(region=Region(x=0.25, y=0.5, width=0.5, height=0.25), strength=0.7)
        >>> part.model_dump_json()
        '{"region":{"x":0.25,"y":0.5,"width":0.5,"height":0.25},"strength":0.7}'
    """

    region: Region
    strength: float = Field(ge=0, le=1, description="Share of the side's attention that lies in it")


class Emotion(Record):
    """The feelings of people about a photo, and where in it they show; none of it is about products.

    `polarity` is `mixed` where both intensities reach their thresholds, `neutral` where neither does; it
    is None for an unreadable photo, as is everything else. An intensity is 0..1, each on its own side's
    scale. `valence` is the mean rating on `valence_scale`, whose middle is neither pleasant nor
    unpleasant; `positive_probability` the chance that people rate a photo above it, not below.

    Example:
        >>> emotion = Emotion(path="mug.jpg", status=Status.OK, polarity=Polarity.POSITIVE, valence=4.6)
        >>> emotion.polarity.value, emotion.valence_scale
        ('positive', (1, 7))
    """

    path: str
    status: Status
    error: str | None = None
    polarity: Polarity | None = None
    positive_probability: float | None = Field(default=None, ge=0, le=1)
    positive_intensity: float | None = Field(default=None, ge=0, le=1)
    negative_intensity: float | None = Field(default=None, ge=0, le=1)
    positive_threshold: float | None = Field(
        default=None, description="Intensity from which positive counts"
    )
    negative_threshold: float | None = Field(
        default=None, description="Intensity from which negative counts"
    )
    valence: float | None = Field(default=None, description="Mean rating, on `valence_scale`")
    valence_spread: float | None = Field(
        default=None, ge=0, description="Standard deviation of the ratings: how far people disagree"
    )
    valence_scale: tuple[float, float] = Field(default=(1, 7), description="Worst and best rating")
    distribution: tuple[float, ...] = Field(
        default=(), description="Share of people who give each rating, from the worst to the best"
    )
    positive_regions: tuple[AttentionRegion, ...] = Field(
        default=(), description="Strongest first; none where the positive side is below its threshold"
    )
    negative_regions: tuple[AttentionRegion, ...] = Field(
        default=(), description="Strongest first; none where the negative side is below its threshold"
    )
    positive_map: tuple[tuple[float, ...], ...] = Field(
        default=(), description="Rows of 0..1, top to bottom, 1 where the side was seen most"
    )
    negative_map: tuple[tuple[float, ...], ...] = Field(
        default=(), description="Rows of 0..1, top to bottom, 1 where the side was seen most"
    )
    models: dict[str, str] = Field(default={}, description="Model name with its hash")
    listing: Listing | None = Field(default=None, description="What the feed says, where one names it")
