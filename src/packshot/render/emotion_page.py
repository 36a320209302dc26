"""Emotions as one self-contained page: where each side was seen, and all photos in a scatter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TextIO

from packshot.render.emotion_words import build_sides, format_percent
from packshot.render.page import Page, load_template
from packshot.render.renderer import RenderOptions
from packshot.report import Emotion, Polarity

THUMBNAIL_SIDE = 420
"""Pixels of the long side of a photo in a card. A judgement: large enough to see it, small enough for
thousands on a page."""
_POLARITY_RANK_STEP = 10.0
"""Between the ranks of two polarities: more than any valence, which is 7 at most."""


@dataclass(frozen=True)
class ScatterPosition:
    """A position in the scatter: intensities to two digits, so that no page grows without end.

    Attributes:
        positive: Intensity in hundredths.
        negative: The same of the negative side.
        polarity: Of the photos.

    Example:
        >>> ScatterPosition(71, 12, Polarity.POSITIVE) == ScatterPosition(71, 12, Polarity.POSITIVE)
        True
    """

    positive: int
    negative: int
    polarity: Polarity


@dataclass
class ScatterDot:
    """The photos at one place.

    Attributes:
        name: File name of the first.
        card: Number of its card.
        count: How many there are.

    Example:
        >>> scatter = Scatter()
        >>> for name in ("mug.jpg", "bowl.jpg"):
        ...     scatter.add(Emotion(path=name, status="ok", positive_intensity=0.711), card=0)
        >>> list(scatter.dots.values())
        [ScatterDot(name='mug.jpg', card=0, count=2)]
    """

    name: str
    card: int
    count: int = 0


@dataclass
class Scatter:
    """Photos by their two intensities.

    As figure 6 of Y. Zhang, Z. Wei, "An Image Classification and Retrieval Algorithm for Product Display
    in E-Commerce Transactions", Traitement du Signal 39(5), 2022.

    Attributes:
        dots: By place.
        thresholds: From which intensity a side counts, positive and negative.

    Example:
        >>> scatter = Scatter()
        >>> scatter.add(Emotion(path="mug.jpg", status="ok", positive_intensity=0.71), card=0)
        >>> [(position.positive, dot.name) for position, dot in scatter.dots.items()]
        [(71, 'mug.jpg')]
    """

    dots: dict[ScatterPosition, ScatterDot] = field(default_factory=dict)
    thresholds: tuple[float, float] = (0.0, 0.0)

    def add(self, photo: Emotion, card: int) -> None:
        """Take a photo that could be read into account."""
        position = ScatterPosition(
            round((photo.positive_intensity or 0.0) * 100),
            round((photo.negative_intensity or 0.0) * 100),
            _get_polarity(photo),
        )
        self.dots.setdefault(position, ScatterDot(PurePath(photo.path).name, card)).count += 1
        self.thresholds = (photo.positive_threshold or 0.0, photo.negative_threshold or 0.0)


class EmotionPage(Page[Emotion]):
    """A page of one card a photo: negative, mixed, neutral, positive; within, the worst rated first.

    Example:
        >>> import io
        >>> with EmotionPage(stream := io.StringIO(), RenderOptions()) as page:
        ...     page.add(Emotion(path="mug.jpg", status="unreadable", error="the file is empty"))
        >>> "the file is empty" in stream.getvalue()
        True
    """

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._polarity_counts: Counter[str] = Counter()
        self._scatter = Scatter()

    def _count(self, photo: Emotion) -> None:
        self._polarity_counts[_get_polarity(photo)] += 1
        self._scatter.add(photo, len(self._cards))
        self._models = photo.models

    def _render_card(self, photo: Emotion) -> str:
        return load_template("emotion_card.html.j2").render(
            photo=photo,
            number=len(self._cards),
            file=PurePath(photo.path),
            picture=self._thumbnail(photo.path, THUMBNAIL_SIDE),
            sides=build_sides(photo),
            rank=self._compute_rank(photo),
            percent=format_percent,
            words=self._texts,
        )

    def _compute_rank(self, photo: Emotion) -> float:
        return list(Polarity).index(_get_polarity(photo)) * _POLARITY_RANK_STEP + (photo.valence or 0.0)

    def _render_page(self) -> Iterator[str]:
        return self._render_template(
            "emotion_report.html.j2",
            polarities=self._polarity_counts,
            order=tuple(Polarity),
            scatter=self._scatter,
            percent=format_percent,
        )


def _get_polarity(photo: Emotion) -> Polarity:
    return photo.polarity or Polarity.NEUTRAL
