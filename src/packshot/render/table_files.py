"""The rows of any record as Parquet, as a workbook, or as columns in memory; a JSON array of records."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, BinaryIO, Final, TextIO

from packshot.distribution import format_install_command
from packshot.errors import InvalidInput
from packshot.names import escape_undecodable
from packshot.render.lines import RowSink, escape_formula
from packshot.render.renderer import Renderer, Result

EXCEL_MAX_ROWS: Final = 1_048_576
"""Rows that a sheet can hold, the heading included: Excel's specification."""

EXCEL_MAX_CELL_CHARACTERS: Final = 32_767
"""Characters that a cell can hold: Excel's specification. Longer text is cut."""

_BATCH_ROWS: Final = 2000
"""Rows that are held as they are before they become columns of Arrow. A judgement."""

_CONTROL_CHARACTERS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class ColumnSink(RowSink):
    """Keeps rows as columns of plain values; text keeps its words, whatever a spreadsheet would do.

    Example:
        >>> sink = ColumnSink()
        >>> sink.start(["path", "score"])
        >>> sink.add(["=mug.jpg", 71.5])
        >>> sink.columns
        {'path': ['=mug.jpg'], 'score': [71.5]}
    """

    def __init__(self) -> None:
        self.columns: dict[str, list[object]] = {}

    def start(self, names: Sequence[str]) -> None:
        """Begin the columns."""
        self.columns = {name: [] for name in names}

    def add(self, cells: Sequence[object]) -> None:
        """Keep a row."""
        for column, cell in zip(self.columns.values(), cells, strict=True):
            column.append(_to_plain(cell))


class ParquetSink(RowSink):
    """Writes a Parquet file whose columns have the types of what is in them. Needs pyarrow.

    Example:
        >>> import pyarrow.parquet as pq
        >>> sink = ParquetSink(file := io.BytesIO())
        >>> sink.start(["path", "score", "error"])
        >>> sink.add(["mug.jpg", 71.5, None])
        >>> sink.finish()
        >>> pq.read_table(file).schema.types
        [DataType(string), DataType(double), DataType(string)]
    """

    def __init__(self, stream: BinaryIO) -> None:
        """Write to a stream.

        Args:
            stream: Where to write.

        Raises:
            InvalidInput: pyarrow is not installed.
        """
        if find_spec("pyarrow") is None:
            raise InvalidInput(f"Parquet needs pyarrow: {format_install_command('parquet')}")
        self._stream = stream
        self._names: list[str] = []
        self._rows = ColumnSink()
        self._tables: list[Any] = []

    def start(self, names: Sequence[str]) -> None:
        """Begin the columns."""
        self._names = list(names)
        self._rows.start(names)

    def add(self, cells: Sequence[object]) -> None:
        """Take a row; every so many are packed together."""
        self._rows.add(cells)
        if len(self._rows.columns[self._names[0]]) >= _BATCH_ROWS:
            self._pack()

    def finish(self) -> None:
        """Write the file."""
        import pyarrow.parquet as pq

        pq.write_table(self.build_table(), self._stream, compression="zstd")

    def build_table(self) -> Any:
        """Build an Arrow table of the rows; a column in which nothing stands is of text."""
        import pyarrow as pa

        self._pack()
        table = pa.concat_tables(self._tables, promote_options="permissive")
        fields = (
            pa.field(field.name, pa.string()) if pa.types.is_null(field.type) else field
            for field in table.schema
        )
        return table.cast(pa.schema(list(fields)))

    def _pack(self) -> None:
        import pyarrow as pa

        self._tables.append(pa.table(self._rows.columns))
        self._rows.start(self._names)


class WorkbookSink(RowSink):
    """Writes a workbook, with a new sheet where one is full. Needs openpyxl.

    Example:
        >>> import openpyxl
        >>> sink = WorkbookSink(file := io.BytesIO())
        >>> sink.start(["path", "score"])
        >>> sink.add(["mug.jpg", 71.5])
        >>> sink.finish()
        >>> list(openpyxl.load_workbook(file).active.values)
        [('path', 'score'), ('mug.jpg', 71.5)]
    """

    def __init__(self, stream: BinaryIO, sheet_rows: int = EXCEL_MAX_ROWS) -> None:
        """Write to a stream.

        Args:
            stream: Where to write.
            sheet_rows: Rows of a sheet, the heading included.

        Raises:
            InvalidInput: openpyxl is not installed.
        """
        if find_spec("openpyxl") is None:
            raise InvalidInput(f"XLSX needs openpyxl: {format_install_command('xlsx')}")
        import openpyxl

        self._stream = stream
        self._sheet_rows = sheet_rows
        self._workbook = openpyxl.Workbook(write_only=True)
        self._names: list[str] = []
        self._row_count = sheet_rows

    def start(self, names: Sequence[str]) -> None:
        """Begin the first sheet."""
        self._names = list(names)
        self._add_sheet()

    def add(self, cells: Sequence[object]) -> None:
        """Write a row."""
        if self._row_count >= self._sheet_rows:
            self._add_sheet()
        self._sheet.append([to_excel_cell(_to_plain(cell)) for cell in cells])
        self._row_count += 1

    def finish(self) -> None:
        """Write the file."""
        self._workbook.save(self._stream)

    def _add_sheet(self) -> None:
        self._sheet = self._workbook.create_sheet()
        self._sheet.freeze_panes = "B2"
        self._sheet.append(self._names)
        self._row_count = 1


class JsonArray(Renderer[Result]):
    """An array of the objects that JSON lines would hold.

    Example:
        >>> import sys
        >>> from packshot.render.lines import JsonLines
        >>> with JsonArray(sys.stdout, JsonLines):
        ...     pass
        []
    """

    def __init__(self, stream: TextIO, make_lines: Callable[[TextIO], Renderer[Result]]) -> None:
        """Write to a stream.

        Args:
            stream: Where to write.
            make_lines: Makes what writes an object a line.
        """
        self._stream = stream
        self._line = io.StringIO()
        self._lines: Renderer[Result] = make_lines(self._line)
        self._separator = "[\n"

    def add(self, result: Result) -> None:
        """Write an object."""
        self._lines.add(result)
        self._stream.write(self._separator + self._line.getvalue().rstrip("\n"))
        self._stream.flush()
        self._line.seek(0)
        self._line.truncate()
        self._separator = ",\n"

    def _finish(self) -> None:
        self._stream.write("[]\n" if self._separator == "[\n" else "\n]\n")


def to_excel_cell(cell: object) -> object:
    """Write a value for a workbook: no control characters, no formula, not too long.

    Example:
        >>> to_excel_cell("=1+1"), to_excel_cell(71.5), len(to_excel_cell("a" * 40_000))
        ("'=1+1", 71.5, 32767)
    """
    if not isinstance(cell, str):
        return cell
    text = _CONTROL_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", cell)
    return escape_formula(text)[:EXCEL_MAX_CELL_CHARACTERS]


def _to_plain(cell: object) -> object:
    return escape_undecodable(str(cell)) if isinstance(cell, str) else cell
