"""Spreadsheets of Excel (XLSX), the first sheet, row by row."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError  # the type alone; parsing is defusedxml's

from packshot.distribution import how_to_install
from packshot.errors import InvalidInput, SourceError
from packshot.sources.formats.records import Record, as_text, distinct

# Excel keeps all texts of a workbook in one part, which has to be in memory.
_TEXTS = "xl/sharedStrings.xml"
_LARGEST_TEXTS = 256 * 2**20
_LARGEST_PLAIN = 32 * 2**20
_LARGEST_GROWTH = 200


def read(file: BinaryIO, name: str) -> Iterator[Record]:
    """Rows of the first sheet by the names in its first row that is not blank; values, not formulas.

    Raises:
        SourceError: Not a workbook, a damaged one, or one that unpacks to more than memory should hold.
        InvalidInput: openpyxl is not installed.
    """
    openpyxl = _openpyxl()
    try:
        _require_sane(file, name)
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        yield from _rows(book.worksheets[0])
    except (
        zipfile.BadZipFile,
        OSError,
        KeyError,
        IndexError,
        ValueError,
        TypeError,
        ParseError,
    ) as error:
        raise SourceError(f"{name}: cannot be read as XLSX: {error}; save it anew, or as CSV") from error


def _rows(sheet: Any) -> Iterator[Record]:
    sheet.reset_dimensions()
    names: Sequence[str] = ()
    for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        if all(value is None for value in values):
            continue
        if names:
            yield Record(line, dict(zip(names, values, strict=False)))
        else:
            names = distinct(map(as_text, values))


def _require_sane(file: BinaryIO, name: str) -> None:
    with zipfile.ZipFile(file) as parts:
        suspect = any(map(_is_suspect, parts.infolist()))
    if suspect:
        raise SourceError(f"{name}: unpacks to more than is safe to read; save it as CSV")
    file.seek(0)


def _is_suspect(part: zipfile.ZipInfo) -> bool:
    """Whether a part would fill the memory, or grows far more than tables do (10 to 30 times)."""
    grows = part.file_size / max(part.compress_size, 1)
    too_much = part.filename == _TEXTS and part.file_size > _LARGEST_TEXTS
    return too_much or (part.file_size > _LARGEST_PLAIN and grows > _LARGEST_GROWTH)


def _openpyxl() -> Any:
    try:
        import defusedxml  # noqa: F401 - openpyxl uses it where it is there
        import openpyxl
    except ImportError:
        raise InvalidInput(f"XLSX needs openpyxl and defusedxml: {how_to_install('xlsx')}") from None
    return openpyxl
