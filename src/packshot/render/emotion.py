"""How photos feel, as JSON lines, CSV, a table for the terminal, or a page for the browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TextIO

from rich.text import Text

from packshot.render.emotion_page import EmotionPage
from packshot.render.emotion_words import percent
from packshot.render.lines import CsvTable, JsonLines
from packshot.render.renderer import Makers, Renderer
from packshot.render.terminal import Columns, console_for
from packshot.report import AttentionRegion, Emotion, Polarity
from packshot.texts import load_texts

_PLAIN = (
    *("path", "status", "error", "polarity", "positive_probability"),
    *("positive_intensity", "negative_intensity", "valence", "valence_spread"),
)
_NUMBERS = ("positive-intensity", "negative-intensity", "probability-column", "valence-column")
_COLOURS = {
    Polarity.NEGATIVE: "dark_orange3",
    Polarity.MIXED: "magenta",
    Polarity.NEUTRAL: "dim",
    Polarity.POSITIVE: "blue",
}


class EmotionRows(CsvTable[Emotion]):
    """Everything but the maps and the distribution; regions as ``x y width height strength``."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, (*_PLAIN, "positive_regions", "negative_regions", "model"))

    def _cells(self, emotion: Emotion) -> Iterator[object]:
        yield from (getattr(emotion, name) for name in _PLAIN)
        yield _places(emotion.positive_regions)
        yield _places(emotion.negative_regions)
        yield emotion.models.get("emotion")


class EmotionTable(Renderer[Emotion]):
    """A table for people, printed when all is known."""

    def __init__(self, stream: TextIO, language: str) -> None:
        self._console = console_for(stream)
        self._words = load_texts(language)
        words = self._words.emotion
        self._table = Columns()
        self._table.column(self._words.labels["photo"])
        self._table.column(words["polarity"])
        for column in _NUMBERS:
            self._table.column(words[column], justify="right")

    def add(self, emotion: Emotion) -> None:
        """Remember a row."""
        if emotion.polarity is None:
            verdict = Text(self._words.labels[emotion.status], style="red")
            path = Text.assemble(emotion.path, "\n", (emotion.error or "", "red"))
            self._table.add_row(path, verdict)
            return
        self._table.add_row(
            Text(emotion.path),
            Text(self._words.emotion[emotion.polarity], style=_COLOURS[emotion.polarity]),
            percent(emotion.positive_intensity),
            percent(emotion.negative_intensity),
            f"{percent(emotion.positive_probability)} %",
            f"{emotion.valence:.1f} ± {emotion.valence_spread:.1f}",
        )

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)


def _places(regions: tuple[AttentionRegion, ...]) -> str:
    """Regions in a cell, in shares of the photo."""
    places = ((*one.region.model_dump().values(), one.strength) for one in regions)
    return "; ".join(" ".join(f"{number:g}" for number in place) for place in places)


MAKERS: Final[Makers[Emotion]] = {
    "table": lambda stream, options: EmotionTable(stream, options.language),
    "jsonl": lambda stream, _: JsonLines(stream),
    "csv": lambda stream, _: EmotionRows(stream),
    "html": EmotionPage,
}
