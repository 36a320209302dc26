"""An audit as Parquet, CSV and a workbook: one row an input, in the order of the feed."""

from __future__ import annotations

import csv
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from packshot.catalog.audit.columns import Cell, Column
from packshot.render.lines import as_cell, defused
from packshot.report import AuditRow

EXCEL_ROWS: Final = 1_048_576
"""That a sheet can hold, the heading included."""

EXCEL_TEXT: Final = 32_767
"""Letters that a cell can hold."""

_ROWS_TOGETHER: Final = 2000
_APART: Final = {"remedies": " "}
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Table(ABC):
    """Takes rows one at a time; complete when it is closed."""

    @abstractmethod
    def add(self, row: AuditRow) -> None:
        """Write a row."""

    @abstractmethod
    def close(self) -> str:
        """Complete the file; returns what it holds, in words."""


class ParquetTable(Table):
    """Typed columns, lists as lists; written in groups of rows. Needs pyarrow."""

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
        self._waiting: list[AuditRow] = []
        self._written = 0

    def add(self, row: AuditRow) -> None:
        """Take a row; every so many are written together."""
        self._waiting.append(row)
        if len(self._waiting) >= _ROWS_TOGETHER:
            self._flush()

    def close(self) -> str:
        """Complete the file."""
        self._flush()
        self._writer.close()
        return f"{self._written} rows"

    def _flush(self) -> None:
        cells: dict[str, list[Any]] = {
            column.name: [column.read(row) for row in self._waiting] for column in self._columns
        }
        self._writer.write_batch(self._make_batch(cells, schema=self._schema))
        self._written += len(self._waiting)
        self._waiting.clear()


class CsvFile(Table):
    """UTF-8; text that a spreadsheet would run as a formula is defused."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([column.name for column in columns])
        self._written = 0

    def add(self, row: AuditRow) -> None:
        """Write a row."""
        self._writer.writerow([as_cell(_in_one(column, row)) for column in self._columns])
        self._written += 1

    def close(self) -> str:
        """Complete the file."""
        self._file.close()
        return f"{self._written} rows"


class Workbook(Table):
    """A workbook for people: fewer columns, a new sheet where one is full. Needs openpyxl."""

    def __init__(self, path: Path, columns: Sequence[Column], sheet_rows: int = EXCEL_ROWS) -> None:
        import openpyxl

        self._path = path
        self._columns = [column for column in columns if column.brief]
        self._sheet_rows = sheet_rows
        self._book = openpyxl.Workbook(write_only=True)
        self._sheets = 0
        self._written = 0
        self._begin_sheet()

    def add(self, row: AuditRow) -> None:
        """Write a row."""
        if self._filled >= self._sheet_rows:
            self._begin_sheet()
        self._sheet.append([_excel(_in_one(column, row)) for column in self._columns])
        self._filled += 1
        self._written += 1

    def close(self) -> str:
        """Complete the file."""
        self._book.save(self._path)
        sheets = f" in {self._sheets} sheets: one holds {self._sheet_rows}" if self._sheets > 1 else ""
        return f"{self._written} rows{sheets}; the measurements are in the other tables"

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._sheet = self._book.create_sheet("audit" if self._sheets == 1 else f"audit {self._sheets}")
        self._sheet.freeze_panes = "B2"
        self._sheet.append([column.name for column in self._columns])
        self._filled = 1


def _in_one(column: Column, row: AuditRow) -> Cell:
    cell = column.read(row)
    return _APART.get(column.name, "; ").join(cell) if isinstance(cell, tuple) else cell


def _excel(cell: Cell) -> object:
    """A cell that a workbook can hold: no control characters, no formula, not too long."""
    if not isinstance(cell, str):
        return cell
    return defused(_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", cell))[:EXCEL_TEXT]
