"""Groups of duplicates as JSON lines, CSV, a table for the terminal, or a page for the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TextIO

from rich.text import Text

from packshot.assess.advice import texts
from packshot.catalog.duplicates_page import DuplicatesPage
from packshot.catalog.lines import CsvTable, JsonLines
from packshot.catalog.rendering import Renderer, made_for
from packshot.catalog.terminal import Columns, console_for
from packshot.report import DuplicateGroup, DuplicateKind, Status
from packshot.search.duplicates.reasons import kind_in_words

_COLUMNS = ("group", "kind", "paths", "keep", "reason", "kinds", "likeness", "scores", "owners", "taken")
_PATHS_APART = "; "


def duplicates_renderer(name: str, stream: TextIO, language: str) -> Renderer[DuplicateGroup]:
    """The renderer of a format: ``table``, ``jsonl``, ``csv`` or ``html``.

    Args:
        name: The format.
        stream: Where to write.
        language: Of words.

    Raises:
        InvalidInput: An unknown format or language.
    """
    makers: dict[str, Callable[[], Renderer[DuplicateGroup]]] = {
        "table": lambda: DuplicatesTable(stream, language),
        "jsonl": lambda: JsonLines(stream),
        "csv": lambda: DuplicateRows(stream),
        "html": lambda: DuplicatesPage(stream, language),
    }
    return made_for(name, language, makers, stream)


class DuplicateRows(CsvTable[DuplicateGroup]):
    """A row for each group; what is told of each photo stands in the order of the paths."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, _COLUMNS)

    def _cells(self, group: DuplicateGroup) -> Iterator[object]:
        yield group.group
        yield group.kind if group.status is Status.OK else group.status.value
        yield _PATHS_APART.join(group.paths)
        yield from (group.keep, group.reason)
        for name in ("kind", "likeness", "score", "owner", "taken"):
            values = [getattr(photo, name) for photo in group.photos]
            yield _PATHS_APART.join("" if value is None else str(value) for value in values)


class DuplicatesTable(Renderer[DuplicateGroup]):
    """A table for people, printed when all is known."""

    def __init__(self, stream: TextIO, language: str) -> None:
        self._console = console_for(stream)
        self._language = language
        self._words = texts(language)
        self._table = Columns()
        self._table.column("#", justify="right")
        self._table.column(self._words.duplicates["how"])
        self._table.column(self._words.labels["photo"])
        self._table.column(self._words.duplicates["why"])

    def add(self, group: DuplicateGroup) -> None:
        """Remember a row."""
        if group.kind is None:
            verdict = Text(self._words.labels[group.status], style="red")
            self._table.add_row("", verdict, Text(group.path), Text(group.reason, style="red"))
            return
        kind = Text(kind_in_words(group.kind, self._language))
        kind.stylize("dim" if group.kind is DuplicateKind.SAME_PRODUCT else "yellow")
        keep, *others = group.paths
        paths = Text("\n").join([Text(keep, style="bold green"), *map(Text, others)])
        self._table.add_row(str(group.group), kind, paths, Text(group.reason))

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)
        else:
            self._console.print(self._words.duplicates["none"])
