"""Groups of duplicates as JSON lines, CSV, a table for the terminal, or a page for the browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TextIO

from rich.text import Text

from packshot.render.duplicates_page import DuplicatesPage
from packshot.render.lines import CsvTable, JsonLines, RowSink
from packshot.render.renderer import Makers, Renderer
from packshot.render.terminal import BorderlessTable, make_console
from packshot.report import DuplicateGroup, DuplicateKind, Status
from packshot.texts import load_texts
from packshot.texts.duplicates import group_kind_name

_COLUMN_NAMES = (
    "group",
    "kind",
    "paths",
    "keep",
    "reason",
    "kinds",
    "likeness",
    "scores",
    "owners",
    "taken",
    "skus",
    "titles",
    "descriptions",
)
_SEPARATOR = "; "


class DuplicateRows(CsvTable[DuplicateGroup]):
    """A row for each group; what is told of each photo stands in the order of the paths.

    Example:
        >>> import io
        >>> copies = dict(paths=("mug.jpg", "b.jpg"), keep="mug.jpg", reason="same file")
        >>> rows = DuplicateRows(stream := io.StringIO())
        >>> rows.add(DuplicateGroup(group=1, kind="exact", **copies))
        >>> stream.getvalue().splitlines()[1]
        '1,exact,mug.jpg; b.jpg,mug.jpg,same file,,,,,,,,'
    """

    def __init__(self, stream: TextIO | RowSink) -> None:
        super().__init__(stream, _COLUMN_NAMES)

    def _iter_cells(self, group: DuplicateGroup) -> Iterator[object]:
        yield group.group
        yield group.kind if group.status is Status.OK else group.status.value
        yield _SEPARATOR.join(group.paths)
        yield from (group.keep, group.reason)
        for name in ("kind", "likeness", "score", "owner", "taken"):
            values = [getattr(photo, name) for photo in group.photos]
            yield _SEPARATOR.join("" if value is None else str(value) for value in values)
        for name in ("sku", "title", "description"):
            texts = [getattr(photo.listing, name, "") for photo in group.photos]
            yield _SEPARATOR.join(texts) if any(texts) else ""


class DuplicatesTable(Renderer[DuplicateGroup]):
    """A table for people, printed when all is known.

    Example:
        >>> import io
        >>> copies = dict(paths=("mug.jpg", "b.jpg"), keep="mug.jpg", reason="the same score")
        >>> with DuplicatesTable(stream := io.StringIO(), "en") as table:
        ...     table.add(DuplicateGroup(group=1, kind="exact", **copies))
        >>> stream.getvalue().splitlines()[1].split()
        ['1', 'same', 'file', 'mug.jpg', 'the', 'same', 'score']
    """

    def __init__(self, stream: TextIO, language: str) -> None:
        self._console = make_console(stream)
        self._language = language
        self._texts = load_texts(language)
        self._table = BorderlessTable()
        self._table.add_text_column("#", justify="right")
        self._table.add_text_column(self._texts.duplicates["how"])
        self._table.add_text_column(self._texts.labels["photo"])
        self._table.add_text_column(self._texts.duplicates["why"])

    def add(self, group: DuplicateGroup) -> None:
        """Remember a row."""
        if group.kind is None:
            status_text = Text(self._texts.labels[group.status], style="red")
            self._table.add_row("", status_text, Text(group.path), Text(group.reason, style="red"))
            return
        kind = Text(group_kind_name(group.kind, self._language))
        kind.stylize("dim" if group.kind is DuplicateKind.VARIANT else "yellow")
        kept_path, *others = group.paths
        paths = Text("\n").join([Text(kept_path, style="bold green"), *map(Text, others)])
        self._table.add_row(str(group.group), kind, paths, Text(group.reason))

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)
        else:
            self._console.print(self._texts.duplicates["none"])


MAKERS: Final[Makers[DuplicateGroup]] = {
    "table": lambda stream, options: DuplicatesTable(stream, options.language),
    "jsonl": lambda stream, _: JsonLines(stream),
    "csv": lambda stream, _: DuplicateRows(stream),
    "html": DuplicatesPage,
}
