"""An audit as Parquet, CSV and a workbook: one row an input, in the order of the feed."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from packshot.catalog.audit.columns import Cell, Column
from packshot.render.lines import to_cell
from packshot.render.table_files import EXCEL_MAX_ROWS, to_excel_cell
from packshot.report import AuditRow

_BATCH_ROWS: Final = 2000
"""Rows of a row group of the Parquet file, which are held in memory. A judgement."""

_SEPARATORS: Final = {"remedies": " "}
"""By column: sentences are joined by a space, all other lists by a semicolon."""


class TableWriter(ABC):
    """Takes rows one at a time; complete when it is closed.

    Example:
        >>> class PathList(TableWriter):
        ...     def __init__(self):
        ...         self.paths = []
        ...     def add(self, row):
        ...         self.paths.append(row.path)
        ...     def close(self):
        ...         return f"{len(self.paths)} paths"
        >>> writer = PathList()
        >>> writer.add(AuditRow(number=0, path="mug.jpg", status="ok"))
        >>> writer.close()
        '1 paths'
    """

    @abstractmethod
    def add(self, row: AuditRow) -> None:
        """Write a row."""

    @abstractmethod
    def close(self) -> str:
        """Complete the file; returns what it holds, in words."""


class ParquetTableWriter(TableWriter):
    """Typed columns, lists as lists; written in groups of rows. Needs pyarrow.

    Example:
        >>> import pyarrow.parquet as pq
        >>> from packshot.catalog.audit.columns import build_columns
        >>> writer = ParquetTableWriter(Path("audit.parquet"), build_columns(()))
        >>> writer.add(AuditRow(number=0, path="mug.jpg", status="ok", findings=("blurred", "noisy")))
        >>> writer.close(), pq.read_table("audit.parquet")["findings"].to_pylist()
        ('1 row', [['blurred', 'noisy']])
    """

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {
            "text": pa.string(),
            "whole": pa.int64(),
            "number": pa.float64(),
            "texts": pa.list_(pa.string()),
        }
        self._columns = columns
        self._schema = pa.schema([(column.name, kinds[column.kind]) for column in columns])
        self._make_batch = pa.RecordBatch.from_pydict
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._buffered_rows: list[AuditRow] = []
        self._row_count = 0

    def add(self, row: AuditRow) -> None:
        """Take a row; every so many are written together."""
        self._buffered_rows.append(row)
        if len(self._buffered_rows) >= _BATCH_ROWS:
            self._flush()

    def close(self) -> str:
        """Complete the file."""
        self._flush()
        self._writer.close()
        return _format_rows(self._row_count)

    def _flush(self) -> None:
        cells: dict[str, list[Any]] = {
            column.name: [column.get_cell(row) for row in self._buffered_rows]
            for column in self._columns
        }
        self._writer.write_batch(self._make_batch(cells, schema=self._schema))
        self._row_count += len(self._buffered_rows)
        self._buffered_rows.clear()


class CsvTableWriter(TableWriter):
    """UTF-8; text that a spreadsheet would run as a formula is defused.

    Example:
        >>> from packshot.catalog.audit.columns import build_columns
        >>> writer = CsvTableWriter(Path("audit.csv"), build_columns(())[:3])
        >>> writer.add(AuditRow(number=0, path="mug.jpg", sku="=1+1", status="ok"))
        >>> writer.close(), Path("audit.csv").read_text().split()
        ('1 row', ['path,sku,status', "mug.jpg,'=1+1,ok"])
    """

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([column.name for column in columns])
        self._row_count = 0

    def add(self, row: AuditRow) -> None:
        """Write a row."""
        self._writer.writerow([to_cell(_join_cell(column, row)) for column in self._columns])
        self._row_count += 1

    def close(self) -> str:
        """Complete the file."""
        self._file.close()
        return _format_rows(self._row_count)


class WorkbookWriter(TableWriter):
    """A workbook for people: fewer columns, a new sheet where one is full. Needs openpyxl.

    Example:
        >>> from packshot.catalog.audit.columns import build_columns
        >>> writer = WorkbookWriter(Path("audit.xlsx"), build_columns(()), sheet_rows=3)
        >>> for number in range(4):
        ...     writer.add(AuditRow(number=number, path=f"{number}.jpg", status="ok"))
        >>> writer.close()
        '4 rows in 2 sheets: one holds 3; the measurements are in the other tables'
    """

    def __init__(self, path: Path, columns: Sequence[Column], sheet_rows: int = EXCEL_MAX_ROWS) -> None:
        import openpyxl

        self._path = path
        self._columns = [column for column in columns if column.in_workbook]
        self._sheet_rows = sheet_rows
        self._workbook = openpyxl.Workbook(write_only=True)
        self._sheet_count = 0
        self._row_count = 0
        self._add_sheet()

    def add(self, row: AuditRow) -> None:
        """Write a row."""
        if self._sheet_row_count >= self._sheet_rows:
            self._add_sheet()
        self._sheet.append([to_excel_cell(_join_cell(column, row)) for column in self._columns])
        self._sheet_row_count += 1
        self._row_count += 1

    def close(self) -> str:
        """Complete the file."""
        self._workbook.save(self._path)
        sheets = (
            f" in {self._sheet_count} sheets: one holds {self._sheet_rows}"
            if self._sheet_count > 1
            else ""
        )
        return f"{_format_rows(self._row_count)}{sheets}; the measurements are in the other tables"

    def _add_sheet(self) -> None:
        self._sheet_count += 1
        self._sheet = self._workbook.create_sheet(
            "audit" if self._sheet_count == 1 else f"audit {self._sheet_count}"
        )
        self._sheet.freeze_panes = "B2"
        self._sheet.append([column.name for column in self._columns])
        self._sheet_row_count = 1


def _join_cell(column: Column, row: AuditRow) -> Cell:
    cell = column.get_cell(row)
    return _SEPARATORS.get(column.name, "; ").join(cell) if isinstance(cell, tuple) else cell


def _format_rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
