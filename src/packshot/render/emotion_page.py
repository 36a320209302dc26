"""How photos feel as one self-contained page: where each side was seen, and all photos in a scatter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TextIO

from packshot.render.emotion_words import percent, sides
from packshot.render.page import Page, page_template
from packshot.render.renderer import RenderOptions
from packshot.report import Emotion, Polarity

THUMBNAIL_SIDE = 420
_POLARITY_SIZE = 10.0
"""More than any valence: 7 at most."""


@dataclass(frozen=True)
class Place:
    """Where photos lie in the scatter: intensities to two digits, so that no page grows without end.

    Attributes:
        positive: Intensity in hundredths.
        negative: The same of the negative side.
        polarity: Of the photos.
    """

    positive: int
    negative: int
    polarity: Polarity


@dataclass
class Dot:
    """The photos at one place.

    Attributes:
        name: File name of the first.
        card: Number of its card.
        count: How many there are.
    """

    name: str
    card: int
    count: int = 0


@dataclass
class Scatter:
    """Photos by their two intensities, as in figure 6 of the source.

    Attributes:
        dots: By place.
        bars: From which intensity a side counts, positive and negative.
    """

    dots: dict[Place, Dot] = field(default_factory=dict)
    bars: tuple[float, float] = (0.0, 0.0)

    def take(self, photo: Emotion, card: int) -> None:
        """Take a photo that could be read into account."""
        place = Place(
            round((photo.positive_intensity or 0.0) * 100),
            round((photo.negative_intensity or 0.0) * 100),
            _polarity(photo),
        )
        self.dots.setdefault(place, Dot(PurePath(photo.path).name, card)).count += 1
        self.bars = (photo.positive_bar or 0.0, photo.negative_bar or 0.0)


class EmotionPage(Page[Emotion]):
    """A page of one card a photo: negative, mixed, neutral, positive; within, the worst rated first."""

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._polarities: Counter[str] = Counter()
        self._scatter = Scatter()

    def _tally(self, photo: Emotion) -> None:
        self._polarities[_polarity(photo)] += 1
        self._scatter.take(photo, len(self._cards))
        self._models = photo.models

    def _card(self, photo: Emotion) -> str:
        return page_template("emotion_card.html.j2").render(
            photo=photo,
            number=len(self._cards),
            file=PurePath(photo.path),
            picture=self._thumbnail(photo.path, THUMBNAIL_SIDE),
            sides=sides(photo),
            rank=self._rank(photo),
            percent=percent,
            words=self._words,
        )

    def _rank(self, photo: Emotion) -> float:
        return list(Polarity).index(_polarity(photo)) * _POLARITY_SIZE + (photo.valence or 0.0)

    def _page(self) -> Iterator[str]:
        return self._rendered(
            "emotion_report.html.j2",
            polarities=self._polarities,
            order=tuple(Polarity),
            scatter=self._scatter,
            percent=percent,
        )


def _polarity(photo: Emotion) -> Polarity:
    return photo.polarity or Polarity.NEUTRAL
