"""The interface of all renderers, and the choice of one by record and format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from io import TextIOBase
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Generic, Self, TextIO, TypeVar

from packshot.errors import InvalidInput
from packshot.report import (
    Assessment,
    DuplicateGroup,
    Emotion,
    Enhancement,
    PolicySummary,
    Proposal,
    Ranking,
    Record,
    SearchResult,
    Verdict,
)
from packshot.texts import load_texts
from packshot.visible import escape_invisible

_TABLE_FORMAT = "table"
_DEFAULT_ENCODING = "utf-8"

AnyRecord = TypeVar("AnyRecord", bound=Record)
Result = TypeVar(
    "Result", Assessment, Enhancement, DuplicateGroup, SearchResult, Emotion, Verdict, Ranking, Proposal
)


class Output:
    """Something that is complete when its context ends without an error.

    Example:
        >>> class Line(Output):
        ...     def _finish(self):
        ...         print("done")
        >>> with Line():
        ...     print("on the way")
        on the way
        done
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._close()

    def _finish(self) -> None:
        """Write what had to wait until all was known."""

    def _close(self) -> None:
        """Give back what was held, also after an error."""


class Renderer(Output, ABC, Generic[Result]):
    """Takes results one at a time; complete when its context ends without an error.

    Example:
        >>> class Paths(Renderer[Assessment]):
        ...     def add(self, result):
        ...         print(result.path)
        >>> with Paths() as renderer:
        ...     renderer.add(Assessment(path="mug.jpg", status="ok"))
        mug.jpg
    """

    @abstractmethod
    def add(self, result: Result) -> None:
        """Write, or remember, one result."""


@dataclass(frozen=True)
class RenderOptions:
    """The needs of a renderer besides its records; it ignores what does not concern it.

    Attributes:
        language: Of words, one of `packshot.texts.LANGUAGES`.
        explain: Assessments and enhancements: with evidence and measurements, and with what was tried.
        policies: Verdicts: the policies they are of; all verdicts of a photo follow one another.
        on: Verdicts: the day.
        since: Verdicts: the day compared with, if any.
        file_of: The files of photos, where they are not what records call them.
        page_file: Pages: the file that the page is to be, which a folder for many photos lies beside;
            None where that is not known, or is no file.

    Example:
        >>> import io
        >>> options = RenderOptions(language="zh")
        >>> with renderer_for(Assessment, "table", stream := io.StringIO(), options) as table:
        ...     table.add(Assessment(path="mug.jpg", status="unreadable", error="the file is empty"))
        >>> stream.getvalue().split()[0]
        '照片'
    """

    language: str = "en"
    explain: bool = False
    policies: tuple[PolicySummary, ...] = ()
    on: date | None = None
    since: date | None = None
    file_of: Callable[[str], Path] = Path
    page_file: Path | None = None


Makers = Mapping[str, Callable[[Any, RenderOptions], Renderer[Result]]]
"""What makes the renderer of each format of one kind of record, given a `TextIO`; that of ``csv`` also
takes a `packshot.render.lines.RowSink`."""

_SINKS: Final = {"parquet": "ParquetSink", "xlsx": "WorkbookSink"}
"""By format: the class of `packshot.render.table_files` that takes its rows."""

_ARRAY_FORMAT: Final = "json"

_MODULES: Final[Mapping[type[Record], str]] = {
    Assessment: "assessment",
    Enhancement: "enhancement",
    DuplicateGroup: "duplicates",
    SearchResult: "search",
    Emotion: "emotion",
    Verdict: "verdict",
    Ranking: "ranking",
    Proposal: "proposal",
}
"""By record: the module of this package whose `MAKERS` render it, imported when it is first needed."""


def renderer_for(
    record: type[Result],
    output_format: str,
    stream: TextIO | BinaryIO,
    options: RenderOptions | None = None,
) -> Renderer[Result]:
    """Make the renderer of a kind of record in a format; tables go through `escape_invisible`.

    Args:
        record: The kind of record, such as `packshot.report.Assessment`.
        output_format: ``table``, ``jsonl``, ``json``, ``csv``, ``parquet``, ``xlsx`` or ``html``.
        stream: Where it writes: bytes for ``parquet`` and ``xlsx``, else text.
        options: What it needs to know besides; those of the defaults without.

    Raises:
        InvalidInput: An unknown record, format or language, or one that needs a package that is absent.

    Example:
        >>> import sys
        >>> from packshot.report import Assessment, Status
        >>> with renderer_for(Assessment, "jsonl", sys.stdout) as renderer:  # doctest: +ELLIPSIS
        ...     renderer.add(Assessment(path="mug.jpg", status=Status.UNREADABLE, error="empty"))
        {"path":"mug.jpg","status":"unreadable","error":"empty",...}
    """
    options = options or RenderOptions()
    load_texts(options.language)
    makers: Makers[Result] = find_makers(record)
    if output_format in (*_SINKS, _ARRAY_FORMAT):
        return _make_file_renderer(makers, output_format, stream, options)
    if output_format not in makers:
        formats = ", ".join((*makers, _ARRAY_FORMAT, *_SINKS))
        raise InvalidInput(f"unknown format {output_format!r}; there are {formats}")
    renderer = makers[output_format](stream, options)
    if output_format != _TABLE_FORMAT:
        return renderer
    encoding = stream.encoding if isinstance(stream, TextIOBase) else None
    return TerminalRenderer(renderer, encoding or _DEFAULT_ENCODING)


def find_makers(record: type[Result]) -> Makers[Result]:
    """Find what makes the renderers of a kind of record.

    Raises:
        InvalidInput: A record that has none.

    Example:
        >>> list(find_makers(Assessment))
        ['table', 'jsonl', 'csv', 'html']
    """
    if record not in _MODULES:
        raise InvalidInput(f"no renderer of {record.__name__}")
    makers: Makers[Result] = import_module(f"packshot.render.{_MODULES[record]}").MAKERS
    return makers


def _make_file_renderer(
    makers: Makers[Result], output_format: str, stream: Any, options: RenderOptions
) -> Renderer[Result]:
    """Make a renderer of what a program opens as a whole, from that of rows or of lines."""
    from packshot.render import table_files

    if output_format == _ARRAY_FORMAT:
        return table_files.JsonArray(stream, lambda line: makers["jsonl"](line, options))
    sink = getattr(table_files, _SINKS[output_format])(stream)
    return makers["csv"](sink, options)


class TerminalRenderer(Renderer[Result]):
    r"""Hands results to a table with all their text made visible, whoever wrote it.

    Example:
        >>> import io
        >>> from packshot.render.search import SearchTable
        >>> failed = SearchResult(path="mug\x1b[2J.jpg", status="unreadable", error="empty")
        >>> with TerminalRenderer(SearchTable(stream := io.StringIO(), "en"), "ascii") as table:
        ...     table.add(failed)
        >>> print(stream.getvalue().split()[-2])
        mug\x1b[2J.jpg
    """

    def __init__(self, table: Renderer[Result], encoding: str) -> None:
        """Stand before a table.

        Args:
            table: What shows the results.
            encoding: Of the terminal.
        """
        self._table: Renderer[Result] = table
        self._encoding = encoding

    def add(self, result: Result) -> None:
        """Show a result, or remember it."""
        self._table.add(_make_record_visible(result, self._encoding))

    def _finish(self) -> None:
        self._table._finish()

    def _close(self) -> None:
        self._table._close()


def _make_record_visible(record: AnyRecord, encoding: str) -> AnyRecord:
    visible_values = {name: _make_visible(value, encoding) for name, value in record}
    return record.model_copy(update=visible_values)


def _make_visible(value: Any, encoding: str) -> Any:
    """Make the text in a value visible, however deep; enumerations are words of our own."""
    if type(value) is str:
        return escape_invisible(value, encoding)
    if isinstance(value, Record):
        return _make_record_visible(value, encoding)
    if isinstance(value, tuple | list):
        return type(value)(_make_visible(part, encoding) for part in value)
    if isinstance(value, dict):
        return {
            _make_visible(key, encoding): _make_visible(part, encoding) for key, part in value.items()
        }
    return value
