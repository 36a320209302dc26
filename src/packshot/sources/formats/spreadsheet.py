"""Spreadsheets of Excel (XLSX), the first sheet, row by row; see ISO/IEC 29500-1, 18."""

from __future__ import annotations

import posixpath
import re
from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from packshot.distribution import how_to_install
from packshot.errors import InvalidInput, SourceError
from packshot.sources.formats.archive import Archive
from packshot.sources.formats.records import Record, as_text, distinct
from packshot.sources.formats.xml_stream import Portions, elements, local

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # the type alone; parsing is defusedxml's

_ROWS: Final = 1_048_576
_COLUMNS: Final = 16_384
_STYLES: Final = 65_490
"""Limits of Excel itself: rows and columns of a sheet, formats of cells in a workbook."""

_NAMED_COLUMNS: Final = 2048
"""That a row is read into: ten times those of the widest feeds."""

_LARGEST_TEXTS: Final = 256 * 2**20
_MOST_TEXTS: Final = 2**24
"""Bytes, and how many. Excel keeps all texts of a workbook in one part, which has to be in memory."""

_LARGEST_CELL: Final = 4 * 2**20
"""Bytes between two cells. A cell holds 32 767 letters, of six bytes in XML at most, and formats."""

_LONGEST_NUMBER: Final = 40
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})[0-9]{1,7}", re.IGNORECASE)
_WHOLE: Final = re.compile(r"[-+]?[0-9]{1,40}")


def read(file: BinaryIO, name: str) -> Iterator[Record]:
    """Rows of the first sheet by the names in its first row that is not blank; values, not formulas.

    Nothing is believed that a workbook says of itself: parts are counted as they unpack, rows and
    columns lie within those that Excel has, and gaps between them cost nothing.

    Raises:
        SourceError: Not a workbook, a damaged one, or one that unpacks to more than memory should hold.
        InvalidInput: openpyxl or defusedxml is not installed.
    """
    _require_packages()
    try:
        yield from _named(_Workbook(Archive(file, name), name).rows())
    except (ValueError, KeyError) as error:
        raise SourceError(f"{name}: cannot be read as XLSX: {error}; save it anew, or as CSV") from error


def _named(rows: Iterator[tuple[int, _Row]]) -> Iterator[Record]:
    names: dict[int, str] = {}
    for line, row in rows:
        if all(value is None for value in row.values()):
            continue
        if names:
            last = max(row)
            empty = dict.fromkeys(name for column, name in names.items() if column <= last)
            told = {names[column]: value for column, value in row.items() if column in names}
            yield Record(line, {**empty, **told})
            continue
        names = dict(zip(row, distinct(map(as_text, row.values())), strict=True))
        if len(names) > _NAMED_COLUMNS:
            raise ValueError(f"more than {_NAMED_COLUMNS:,} columns with names")


_Row = dict[int, object]
"""Values of cells by column, from 1."""


@dataclass(frozen=True)
class _Relation:
    """A part that belongs to another one."""

    kind: str
    part: str


class _Texts:
    """The texts that cells share, packed: a string each would take many times the memory."""

    def __init__(self) -> None:
        self._packed = bytearray()
        self._ends = array("Q")

    def append(self, text: str) -> bool:
        """Take a text; whether there was room for it."""
        self._packed += text.encode()
        self._ends.append(len(self._packed))
        return len(self._packed) <= _LARGEST_TEXTS and len(self._ends) <= _MOST_TEXTS

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends):
            raise ValueError(f"no text of the number {number}")
        start = self._ends[number - 1] if number else 0
        return self._packed[start : self._ends[number]].decode()


class _Workbook:
    """What it takes to read the first sheet of a workbook."""

    def __init__(self, archive: Archive, name: str) -> None:
        self._archive = archive
        self._name = name
        main = self._of_kind("", "officeDocument") or "xl/workbook.xml"
        self._sheet = self._first_sheet(main)
        self._texts = self._shared_texts(self._of_kind(main, "sharedStrings"))
        self._dates = frozenset(self._date_styles(self._of_kind(main, "styles")))

    def rows(self) -> Iterator[tuple[int, _Row]]:
        """Numbers of rows, from 1, with the values of their cells."""
        row: _Row = {}
        line, column = 0, 0
        for element, within in self._elements(self._sheet, _LARGEST_CELL):
            kind = local(element.tag)
            if kind == "c":
                column = _column(element.get("r"), column)
                row[column] = self._value(element)
            elif kind == "row":
                line = _line(element.get("r"), line)
                yield line, row
                row, column = {}, 0
            if not any(local(outer.tag) == "c" for outer in within):
                _forget(element, within)

    def _value(self, cell: Element) -> object:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return "".join(_text(part) for part in cell if local(part.tag) == "is")
        told = next((part.text for part in cell if local(part.tag) == "v"), None)
        if told is None:
            return None
        if kind == "s":
            return self._texts[_whole(told)]
        if kind == "b":
            return told.strip() == "1"
        return _number(told, cell.get("s") in self._dates) if kind == "n" else told

    def _elements(self, part: str, portion: int) -> Iterator[tuple[Element, list[Element]]]:
        """Elements of a part, with those that they lie in; `_forget` lets go of what is done with."""
        complaint = f"{self._name}: a cell or an entry of more than {portion:,} bytes in {part}"
        with self._archive.opened(part) as file:
            portions = Portions(file, portion, complaint)
            for element, within in elements(portions, "xlsx"):
                yield element, within
                if within and element not in within[-1][-1:]:
                    portions.refill()

    def _relations(self, part: str) -> dict[str, _Relation]:
        """What belongs to a part, by its number."""
        folder, file = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{file}.rels")
        if relations not in self._archive:
            return {}
        return {
            element.get("Id", ""): _Relation(
                element.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, element.get("Target", ""))).lstrip("/"),
            )
            for element, _ in self._elements(relations, _LARGEST_CELL)
        }

    def _of_kind(self, part: str, kind: str) -> str:
        found = (one.part for one in self._relations(part).values() if one.kind == kind)
        return next(found, "")

    def _first_sheet(self, main: str) -> str:
        """The part of the first sheet that holds a table; others may be charts."""
        relations = self._relations(main)
        for element, _ in self._elements(main, _LARGEST_CELL):
            if local(element.tag) == "sheet":
                number = next((value for key, value in element.items() if local(key) == "id"), "")
                sheet = relations.get(number)
                if sheet is not None and sheet.kind == "worksheet":
                    return sheet.part
        raise ValueError("no sheet")

    def _shared_texts(self, part: str) -> _Texts:
        texts = _Texts()
        if part not in self._archive:
            return texts
        for element, within in self._elements(part, _LARGEST_CELL):
            if len(within) == 1:
                if not texts.append(_text(element)):
                    raise SourceError(f"{self._name}: more text than is safe to read; save it as CSV")
                _forget(element, within)
        return texts

    def _date_styles(self, part: str) -> Iterator[str]:
        """Numbers of those formats of cells that make a date of a number."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

        if part not in self._archive:
            return
        codes: dict[int, str] = dict(BUILTIN_FORMATS)
        number = 0
        for element, within in self._elements(part, _LARGEST_CELL):
            outer = local(within[-1].tag) if within else ""
            if outer == "numFmts":
                codes[_whole(element.get("numFmtId", ""))] = element.get("formatCode", "")
            elif outer == "cellXfs":
                if is_date_format(codes.get(_whole(element.get("numFmtId", "0")), "")):
                    yield str(number)
                number += 1
            if max(number, len(codes)) > _STYLES:
                raise ValueError(f"more than {_STYLES:,} formats of cells")
            _forget(element, within)


def _forget(element: Element, within: list[Element]) -> None:
    """Let go of an element that is done with; those that it lies in are still open."""
    for parent in within[-1:]:
        parent.remove(element)


def _text(entry: Element) -> str:
    """The text of an entry in plain, or in pieces with their format; without readings of signs."""
    pieces: list[str | None] = []
    for part in entry:
        kind = local(part.tag)
        inner = (one.text for one in part if local(one.tag) == "t") if kind == "r" else ()
        pieces += [part.text] if kind == "t" else inner
    return "".join(piece for piece in pieces if piece)


def _line(told: str | None, before: int) -> int:
    line = before + 1 if told is None else _whole(told)
    if not 1 <= line <= _ROWS:
        raise ValueError(f"a row of the number {told or line}; Excel has {_ROWS:,}")
    return line


def _column(told: str | None, before: int) -> int:
    """The number of a cell's column, from 1: A, B, ... Z, AA, ..."""
    if told is None:
        column = before + 1
    elif found := _REFERENCE.fullmatch(told):
        column = 0
        for letter in found[1].upper():
            column = 26 * column + ord(letter) - ord("A") + 1
    else:
        raise ValueError(f"a cell of the name {told[:40]!r}")
    if column > _COLUMNS:
        raise ValueError(f"more than {_COLUMNS:,} columns")
    return column


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise ValueError(f"{text[:40]!r} is no number")
    return int(text)


def _number(text: str, is_date: bool) -> object:
    """A number, or the date that it stands for; what is neither stays as it is."""
    from openpyxl.utils.datetime import from_excel

    with suppress(ValueError, OverflowError):
        if _WHOLE.fullmatch(text) and not is_date:
            return int(text)
        value = float(text)
        return from_excel(value) if is_date else value
    return text


def _require_packages() -> Any:
    try:
        import defusedxml  # noqa: F401 - reads the parts
        import openpyxl  # noqa: F401 - knows formats and dates
    except ImportError:
        raise InvalidInput(f"XLSX needs openpyxl and defusedxml: {how_to_install('xlsx')}") from None
