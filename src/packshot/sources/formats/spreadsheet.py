"""Spreadsheets of Excel (XLSX), row by row; see ISO/IEC 29500-1, 18."""

from __future__ import annotations

import posixpath
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from packshot.distribution import format_install_command
from packshot.errors import InvalidInput, SourceError
from packshot.sources.formats.archive import Archive
from packshot.sources.formats.bounded_reader import BoundedReader
from packshot.sources.formats.header import IsHeader, Table, find_header, is_no_header, name_columns
from packshot.sources.formats.records import MAX_COLUMNS, LinkedText, Record, cell_to_text
from packshot.sources.formats.xml_stream import iter_elements, local_name
from packshot.sources.notices import tell, tell_passed_over

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # the type alone; parsing is defusedxml's

_MAX_ROWS: Final = 1_048_576
_MAX_STYLES: Final = 65_490
"""Limits of Excel itself (Excel specifications and limits): rows of a sheet, formats of cells in a
workbook."""

_MAX_NAMED_COLUMNS: Final = 2048
"""Columns that a row is read into; a sheet with more is refused. Ten times those of the widest feeds."""

_MAX_TEXTS_BYTES: Final = 256 * 2**20
_MAX_TEXTS: Final = 2**24
"""Bytes and number of the texts that cells share; a workbook with more is refused. Excel keeps all texts
of a workbook in one part, which has to be in memory. A judgement."""

_MAX_CELL_BYTES: Final = 4 * 2**20
"""Bytes between two cells; with more a workbook is refused. A cell holds 32 767 letters, of six bytes in
XML at most, and formats."""

_MAX_LINKS: Final = 65_530
"""Links of a sheet: Excel's own limit (Excel specifications and limits)."""

_MAX_PARTS: Final = 10_000
_MAX_SHEETS: Final = 255
"""Other parts that belong to one, and sheets that are looked at. A judgement."""

_ERROR: Final = "the error of a formula, and no value"
_UNCALCULATED: Final = (
    "a formula that was never calculated, read as empty: open and save it in a spreadsheet program"
)
_PICTURES: Final = "xl/media/"
_MAX_NUMBER_LENGTH: Final = 40
"""Digits of a whole number, of which Excel keeps 15; Python takes quadratic time over long ones."""
_MAX_QUOTED_LENGTH: Final = 40
"""Letters of a cell that a message repeats."""
_CELL_REFERENCE: Final = re.compile(r"([A-Z]{1,3})[0-9]{1,7}", re.IGNORECASE)
_ADDRESS_IN_FORMULA: Final = re.compile(r'(?:_xlfn\.)?(?:IMAGE|HYPERLINK)\(\s*"([^"]+)"', re.IGNORECASE)
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,40}")


def read_records(file: BinaryIO, name: str, is_header: IsHeader = is_no_header) -> Iterator[Record]:
    """Read rows by the names of their columns: values, addresses of links, no formulas.

    Read are all sheets with a column that `is_header` knows to hold photos, or else the first one, by
    the names in its first row that is not blank. What a workbook has besides and is not read is told:
    other sheets, rows above the names, formulas that were never calculated, pictures within it.

    Nothing is believed that a workbook says of itself: parts are counted as they unpack, rows and
    columns lie within those that Excel has, and gaps between them cost nothing.

    Raises:
        SourceError: Not a workbook, a damaged one, or one that unpacks to more than memory should hold.
        InvalidInput: openpyxl or defusedxml is not installed.

    Example:
        >>> from openpyxl import Workbook
        >>> workbook = Workbook()
        >>> for row in (["sku", "photo"], ["M1", "mug.jpg"]):
        ...     workbook.active.append(row)
        >>> workbook.save("feed.xlsx")
        >>> list(read_records(open("feed.xlsx", "rb"), "feed.xlsx"))
        [Record(line=2, cells={'sku': 'M1', 'photo': 'mug.jpg'})]
    """
    _check_packages()
    try:
        archive = Archive(file, name)
        if count := archive.count_parts(_PICTURES):
            tell(name, f"pictures in the workbook itself are not read ({count}), only addresses")
        yield from _iter_records(_Workbook(archive, name), name, is_header)
    except (ValueError, KeyError) as error:
        raise SourceError(
            f"{name}: cannot be read as XLSX: {error}; save it again, or as CSV"
        ) from error


def _iter_records(workbook: _Workbook, name: str, is_header: IsHeader) -> Iterator[Record]:
    """Yield the rows of those sheets that have photos; of the first one where none is known to."""
    read: list[str] = []
    unread: list[str] = []
    for number, sheet in enumerate(workbook.sheets if is_header is not is_no_header else ()):
        table = find_header(_iter_filled_rows(workbook, sheet), _row_to_texts, is_header)
        if not sheet.is_hidden and (table.is_known or not table.names):
            is_empty = True
            for record in _iter_table(table, f"{name}, sheet {sheet.name}", number):
                is_empty = False
                yield record
            read += [] if is_empty and not table.is_known else [sheet.name]
        elif table.names and (table.is_known or not sheet.is_hidden):
            unread.append(sheet.name)
    if not read:
        first = workbook.sheets[0]
        yield from _iter_table(find_header(_iter_filled_rows(workbook, first), _row_to_texts), name, 0)
    elif unread or len(read) > 1:
        rest = f"; not read: {', '.join(unread)}" if unread else ""
        tell(name, f"photos were read from the sheet{'s' * (len(read) > 1)} {', '.join(read)}{rest}")


def _iter_filled_rows(workbook: _Workbook, sheet: _Sheet) -> Iterator[tuple[int, _Row]]:
    rows = workbook.iter_rows(sheet)
    return ((line, row) for line, row in rows if any(value is not None for value in row.values()))


def _iter_table(table: Table[_Row], name: str, number: int) -> Iterator[Record]:
    """Yield the rows of a sheet by the names of their columns."""
    if table.line_above:
        tell_passed_over(name, table.line_above, table.line)
    names = dict(zip(table.header or (), table.names, strict=True))
    for line, row in table.rows:
        if not names:
            texts = _row_to_texts(row)
            names = dict(zip(row, name_columns(texts), strict=True))
        last = max(row)
        empty = dict.fromkeys(name for column, name in names.items() if column <= last)
        values = {names[column]: value for column, value in row.items() if column in names}
        yield Record(line, {**empty, **values}, number)


def _row_to_texts(row: _Row) -> list[str]:
    if len(row) > _MAX_NAMED_COLUMNS:
        raise ValueError(f"more than {_MAX_NAMED_COLUMNS:,} columns with names")
    return [getattr(value, "target", "") or cell_to_text(value) for value in row.values()]


_Row = dict[int, object]
"""Values of cells by column, from 1."""


@dataclass(frozen=True)
class _Relationship:
    """A part that belongs to another one."""

    kind: str
    part: str
    target: str


@dataclass(frozen=True)
class _Sheet:
    """A sheet that holds a table; others may be charts."""

    name: str
    part: str
    is_hidden: bool


class _SharedTexts:
    """The texts that cells share, packed: a string each would take many times the memory."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._ends = array("Q")

    def append(self, text: str) -> bool:
        """Take a text, and return whether there was room for it."""
        self._buffer += text.encode()
        self._ends.append(len(self._buffer))
        return len(self._buffer) <= _MAX_TEXTS_BYTES and len(self._ends) <= _MAX_TEXTS

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends):
            raise ValueError(f"no text of the number {number}")
        start = self._ends[number - 1] if number else 0
        return self._buffer[start : self._ends[number]].decode()


class _Lacking:
    """Cells of a sheet whose formula has no value, or an error, each kind with the first of them."""

    def __init__(self) -> None:
        self._firsts: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def note(self, cell: Element, value: object) -> None:
        """Take a cell into account."""
        is_error = cell.get("t") == "e"
        is_empty = value is None and any(local_name(part.tag) == "f" for part in cell)
        if is_error or is_empty:
            reason = _ERROR if is_error else _UNCALCULATED
            self._counts[reason] += 1
            self._firsts.setdefault(reason, cell.get("r", "a cell"))

    def tell(self, place: str) -> None:
        """Tell what could not be read."""
        for reason, first in self._firsts.items():
            count = self._counts[reason]
            cells = f"{first} holds" if count == 1 else f"{first} and {count - 1:,} more hold"
            tell(place, f"{cells} {reason}")


class _Workbook:
    """A workbook, with its sheets."""

    def __init__(self, archive: Archive, name: str) -> None:
        self._archive = archive
        self._name = name
        main = self._find_part("", "officeDocument") or "xl/workbook.xml"
        self.sheets = self._find_sheets(main)
        self._texts = self._read_shared_texts(self._find_part(main, "sharedStrings"))
        self._dates = frozenset(self._iter_date_styles(self._find_part(main, "styles")))

    def iter_rows(self, sheet: _Sheet) -> Iterator[tuple[int, _Row]]:
        """Yield the numbers of rows, from 1, with the values of their cells."""
        row: _Row = {}
        line, column = 0, 0
        links, lacking = self._read_links(sheet.part), _Lacking()
        for element, ancestors in self._iter_elements(sheet.part, _MAX_CELL_BYTES):
            kind = local_name(element.tag)
            if kind == "c":
                column = _parse_column_number(element.get("r"), column)
                row[column] = self._parse_value(element)
                lacking.note(element, row[column])
                if links:
                    _follow_link(row, column, links.get(element.get("r", "").upper()))
            elif kind == "row":
                line = _parse_line_number(element.get("r"), line)
                yield line, row
                row, column = {}, 0
            if not any(local_name(outer.tag) == "c" for outer in ancestors):
                _release(element, ancestors)
        lacking.tell(f"{self._name}, sheet {sheet.name}")

    def _parse_value(self, cell: Element) -> object:
        value = self._parse_content(cell)
        formula = next((part.text for part in cell if local_name(part.tag) == "f" and part.text), "")
        address = _ADDRESS_IN_FORMULA.match(formula)
        return LinkedText(cell_to_text(value), address[1]) if address else value

    def _parse_content(self, cell: Element) -> object:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return "".join(_join_text(part) for part in cell if local_name(part.tag) == "is")
        text = next((part.text for part in cell if local_name(part.tag) == "v"), None)
        if text is None:
            return None
        if kind == "s":
            return self._texts[_parse_integer(text)]
        if kind == "b":
            return text.strip() == "1"
        return _parse_number(text, cell.get("s") in self._dates) if kind == "n" else text

    def _read_links(self, part: str) -> dict[str, str]:
        """Read the addresses that cells of a sheet lead to, by cell."""
        relations = self._read_relationships(part)
        if not any(one.kind == "hyperlink" for one in relations.values()):
            return {}
        links: dict[str, str] = {}
        for element, ancestors in self._iter_elements(part, _MAX_CELL_BYTES):
            if local_name(element.tag) == "hyperlink":
                number = next((value for key, value in element.items() if local_name(key) == "id"), "")
                if number in relations:
                    links[element.get("ref", "").partition(":")[0].upper()] = relations[number].target
                if len(links) > _MAX_LINKS:
                    raise ValueError(f"more than {_MAX_LINKS:,} links in a sheet")
            _release(element, ancestors)
        return links

    def _iter_elements(self, part: str, max_bytes: int) -> Iterator[tuple[Element, list[Element]]]:
        """Yield elements of a part, with those that they lie in; `_release` lets go of them."""
        message = f"{self._name}: a cell or an entry of more than {max_bytes:,} bytes in {part}"
        with self._archive.open_part(part) as file:
            reader = BoundedReader(file, max_bytes, message)
            for element, ancestors in iter_elements(reader, "xlsx"):
                yield element, ancestors
                if ancestors and element not in ancestors[-1][-1:]:
                    reader.reset()

    def _read_relationships(self, part: str) -> dict[str, _Relationship]:
        """Read what belongs to a part, by its number."""
        folder, file = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{file}.rels")
        if relations not in self._archive:
            return {}
        found: dict[str, _Relationship] = {}
        for element, ancestors in self._iter_elements(relations, _MAX_CELL_BYTES):
            target = element.get("Target", "")
            inner = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = element.get("Type", "").rpartition("/")[2]
            found[element.get("Id", "")] = _Relationship(kind, inner, target)
            if len(found) > _MAX_LINKS + _MAX_PARTS:
                raise ValueError(f"more than {_MAX_LINKS:,} links in a sheet")
            _release(element, ancestors)
        return found

    def _find_part(self, part: str, kind: str) -> str:
        parts = (one.part for one in self._read_relationships(part).values() if one.kind == kind)
        return next(parts, "")

    def _find_sheets(self, main: str) -> list[_Sheet]:
        """Find the sheets that hold tables, in their order; others may be charts."""
        relations = self._read_relationships(main)
        sheets = []
        for element, _ in self._iter_elements(main, _MAX_CELL_BYTES):
            if local_name(element.tag) == "sheet":
                number = next((value for key, value in element.items() if local_name(key) == "id"), "")
                found = relations.get(number)
                if found is not None and found.kind == "worksheet":
                    is_hidden = element.get("state", "visible") != "visible"
                    sheets.append(_Sheet(element.get("name", ""), found.part, is_hidden))
        if not sheets:
            raise ValueError("no sheet")
        return sheets[:_MAX_SHEETS]

    def _read_shared_texts(self, part: str) -> _SharedTexts:
        texts = _SharedTexts()
        if part not in self._archive:
            return texts
        for element, ancestors in self._iter_elements(part, _MAX_CELL_BYTES):
            if len(ancestors) == 1:
                if not texts.append(_join_text(element)):
                    raise SourceError(f"{self._name}: more text than is safe to read; save it as CSV")
                _release(element, ancestors)
        return texts

    def _iter_date_styles(self, part: str) -> Iterator[str]:
        """Yield the numbers of those formats of cells that make a date of a number."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

        if part not in self._archive:
            return
        codes: dict[int, str] = dict(BUILTIN_FORMATS)
        number = 0
        for element, ancestors in self._iter_elements(part, _MAX_CELL_BYTES):
            outer = local_name(ancestors[-1].tag) if ancestors else ""
            if outer == "numFmts":
                codes[_parse_integer(element.get("numFmtId", ""))] = element.get("formatCode", "")
            elif outer == "cellXfs":
                if is_date_format(codes.get(_parse_integer(element.get("numFmtId", "0")), "")):
                    yield str(number)
                number += 1
            if max(number, len(codes)) > _MAX_STYLES:
                raise ValueError(f"more than {_MAX_STYLES:,} formats of cells")
            _release(element, ancestors)


def _follow_link(row: _Row, column: int, target: str | None) -> None:
    """Add the address of a link to the text of its cell."""
    if target:
        row[column] = LinkedText(cell_to_text(row[column]), target)


def _release(element: Element, ancestors: list[Element]) -> None:
    """Let go of an element that is done with; those that it lies in are still open."""
    for parent in ancestors[-1:]:
        parent.remove(element)


def _join_text(entry: Element) -> str:
    """Join the text of an entry in plain, or in pieces with their format; without readings of signs."""
    pieces: list[str | None] = []
    for part in entry:
        kind = local_name(part.tag)
        inner = (one.text for one in part if local_name(one.tag) == "t") if kind == "r" else ()
        pieces += [part.text] if kind == "t" else inner
    return "".join(piece for piece in pieces if piece)


def _parse_line_number(text: str | None, previous: int) -> int:
    line = previous + 1 if text is None else _parse_integer(text)
    if not 1 <= line <= _MAX_ROWS:
        raise ValueError(f"a row of the number {text or line}; Excel has {_MAX_ROWS:,}")
    return line


def _parse_column_number(reference: str | None, previous: int) -> int:
    """Parse the number of a cell's column, from 1: A, B, ... Z, AA, ..."""
    if reference is None:
        column = previous + 1
    elif match := _CELL_REFERENCE.fullmatch(reference):
        column = 0
        for letter in match[1].upper():
            column = 26 * column + ord(letter) - ord("A") + 1
    else:
        raise ValueError(f"a cell of the name {reference[:_MAX_QUOTED_LENGTH]!r}")
    if column > MAX_COLUMNS:
        raise ValueError(f"more than {MAX_COLUMNS:,} columns")
    return column


def _parse_integer(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_NUMBER_LENGTH):
        raise ValueError(f"{text[:_MAX_QUOTED_LENGTH]!r} is no number")
    return int(text)


def _parse_number(text: str, is_date: bool) -> object:
    """Parse a number, or the date that it stands for; leave what is neither as it is."""
    from openpyxl.utils.datetime import from_excel

    with suppress(ValueError, OverflowError):
        if _INTEGER.fullmatch(text) and not is_date:
            return int(text)
        value = float(text)
        return from_excel(value) if is_date else value
    return text


def _check_packages() -> Any:
    try:
        import defusedxml  # noqa: F401 - reads the parts
        import openpyxl  # noqa: F401 - knows formats and dates
    except ImportError:
        raise InvalidInput(
            f"XLSX needs openpyxl and defusedxml: {format_install_command('xlsx')}"
        ) from None
