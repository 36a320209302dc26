"""Emotions as JSON lines, CSV, a table for the terminal, or a page for the browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TextIO

from rich.text import Text

from packshot.render.emotion_page import EmotionPage
from packshot.render.emotion_words import format_percent
from packshot.render.lines import CsvTable, JsonLines, RowSink
from packshot.render.renderer import Makers, Renderer
from packshot.render.terminal import BorderlessTable, make_console
from packshot.report import AttentionRegion, Emotion, Polarity
from packshot.texts import load_texts

_SCALAR_FIELDS = (
    *("path", "status", "error", "polarity", "positive_probability"),
    *("positive_intensity", "negative_intensity", "valence", "valence_spread"),
)
_NUMBER_COLUMNS = ("positive-intensity", "negative-intensity", "probability-column", "valence-column")
_COLOURS = {
    Polarity.NEGATIVE: "dark_orange3",
    Polarity.MIXED: "magenta",
    Polarity.NEUTRAL: "dim",
    Polarity.POSITIVE: "blue",
}


class EmotionRows(CsvTable[Emotion]):
    """Everything but the maps and the distribution; regions as ``x y width height strength``.

    Example:
        >>> import io
        >>> rows = EmotionRows(stream := io.StringIO())
        >>> rows.add(Emotion(path="mug.jpg", status="ok", polarity="positive", positive_probability=0.8))
        >>> stream.getvalue().splitlines()[1]
        'mug.jpg,ok,,positive,0.8,,,,,,,,,,,,,,'
    """

    def __init__(self, stream: TextIO | RowSink) -> None:
        columns = (*_SCALAR_FIELDS, "positive_regions", "negative_regions", "model")
        super().__init__(stream, columns, has_listing=True)

    def _iter_cells(self, emotion: Emotion) -> Iterator[object]:
        yield from (getattr(emotion, name) for name in _SCALAR_FIELDS)
        yield _format_regions(emotion.positive_regions)
        yield _format_regions(emotion.negative_regions)
        yield emotion.models.get("emotion")


class EmotionTable(Renderer[Emotion]):
    """A table for people, printed when all is known.

    Example:
        >>> import io
        >>> from packshot.report import Status
        >>> with EmotionTable(stream := io.StringIO(), "en") as table:
        ...     table.add(Emotion(path="mug.jpg", status=Status.UNREADABLE, error="the file is empty"))
        >>> "the file is empty" in stream.getvalue()
        True
    """

    def __init__(self, stream: TextIO, language: str) -> None:
        self._console = make_console(stream)
        self._texts = load_texts(language)
        emotion_texts = self._texts.emotion
        self._table = BorderlessTable()
        self._table.add_text_column(self._texts.labels["photo"])
        self._table.add_text_column(emotion_texts["polarity"])
        for column in _NUMBER_COLUMNS:
            self._table.add_text_column(emotion_texts[column], justify="right")

    def add(self, emotion: Emotion) -> None:
        """Remember a row."""
        if emotion.polarity is None:
            status_text = Text(self._texts.labels[emotion.status], style="red")
            path = Text.assemble(emotion.path, "\n", (emotion.error or "", "red"))
            self._table.add_row(path, status_text)
            return
        self._table.add_row(
            Text(emotion.path),
            Text(self._texts.emotion[emotion.polarity], style=_COLOURS[emotion.polarity]),
            format_percent(emotion.positive_intensity),
            format_percent(emotion.negative_intensity),
            f"{format_percent(emotion.positive_probability)} %",
            f"{emotion.valence:.1f} ± {emotion.valence_spread:.1f}",
        )

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)


def _format_regions(regions: tuple[AttentionRegion, ...]) -> str:
    """Write regions in a cell, in shares of the photo."""
    region_numbers = ((*one.region.model_dump().values(), one.strength) for one in regions)
    return "; ".join(" ".join(f"{number:g}" for number in numbers) for numbers in region_numbers)


MAKERS: Final[Makers[Emotion]] = {
    "table": lambda stream, options: EmotionTable(stream, options.language),
    "jsonl": lambda stream, _: JsonLines(stream),
    "csv": lambda stream, _: EmotionRows(stream),
    "html": EmotionPage,
}
