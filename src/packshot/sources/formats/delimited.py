"""CSV and its relatives, whatever program wrote them: encoding, delimiter and header are found out."""

from __future__ import annotations

import codecs
import csv
import io
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from packshot.errors import SourceError
from packshot.sources.formats import quoted
from packshot.sources.formats.blanks import BlankLineCounter
from packshot.sources.formats.encodings import choose_encoding
from packshot.sources.formats.header import IsHeader, find_header, is_no_header, name_columns
from packshot.sources.formats.records import MAX_COLUMNS, Record
from packshot.sources.notices import tell_passed_over

_log = logging.getLogger(__name__)
_DELIMITERS = ",\t;|"
_SAMPLE_LENGTH = 2**16
"""Letters at the beginning of a text that the delimiter is found by: some hundred rows. A judgement."""
_HEAD_BYTES = 4096
"""Bytes at the beginning of a file that a byte order mark and UTF-16 are found by. A judgement."""
_CHUNK_BYTES = 2**20
"""Bytes that are read at a time; nothing but memory depends on it."""
_MAX_ROW_LENGTH = 2**22
"""Letters of a row; a longer one is refused. A hundred times a long description, and 16 MiB in memory at
most."""

_FIELD_LIMIT_MESSAGE = "field larger than field limit"
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EXCEL_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_MAX_NULL_SHARE = 0.05
"""Share of null characters in the head up to which they strayed into a text of single bytes; of UTF-16
half of plain letters' bytes are null. A judgement."""
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_NON_ASCII_RUN = re.compile(rb"[\x80-\xff]+")
_NON_ASCII_WORD = re.compile(rb"[A-Za-z]*+[\x80-\xff][A-Za-z@\[\\\]^_`{|}~\x80-\xff]*+")
"""A word with letters beyond ASCII; second bytes of Shift-JIS and Big5 may be among the marks."""
_MIN_UTF8_SHARE = 0.5
"""Share of such runs that are UTF-8, from which a text is UTF-8 with a few lines added in another
encoding: in another one hardly any run is UTF-8 by chance. A judgement."""
_MAX_RUNS = 10_000
"""Such words that are looked at, the first ones: more tell nothing new."""
_MIN_UTF16_NULL_SHARE = 1 / 4
_MAX_UTF16_STRAY_SHARE = 1 / 16
"""Shares of the head of a text in UTF-16: at least so many null bytes among every second byte, at most
so many among the others. In plain ASCII a half and none; between lie other scripts. A judgement."""


@dataclass(frozen=True)
class _Encoding:
    """The encoding of a text; ``errors`` as `bytes.decode` has it."""

    name: str
    errors: str = "strict"


def read_records(file: BinaryIO, name: str, is_header: IsHeader = is_no_header) -> Iterator[Record]:
    r"""Read a delimited text: UTF-8, UTF-16 or what else shops save; comma, tab, semicolon or bar.

    The first row names the columns, or the first with names that `is_header` knows; where a photo
    stands before any, the columns are ``location``, ``column_2``, ... Blank lines are skipped; cells
    that a short row lacks are absent. In a file that is UTF-8 but for some lines, what is not is kept
    as in names of files (`packshot.names.escape_undecodable`).

    Raises:
        SourceError: Not such a text, or a broken row.

    Example:
        >>> text = "sku;photo\nM1;tasse à café.jpg\n".encode("cp1252")
        >>> list(read_records(io.BytesIO(text), "feed.csv"))
        [Record(line=2, cells={'sku': 'M1', 'photo': 'tasse à café.jpg'})]
    """
    encoding = _detect_encoding(file, name)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding.name, encoding.errors, newline="")
    try:
        yield from _iter_records(text, name, is_header)
    except UnicodeDecodeError as error:
        line = _find_undecodable_line(file, encoding)
        reason = f"line {line} is not {encoding.name}, {error.reason}; save it as UTF-8"
        raise SourceError(f"{name}: cannot be read as CSV: {reason}") from error
    finally:
        text.detach()


def _iter_records(text: io.TextIOWrapper, name: str, is_header: IsHeader) -> Iterator[Record]:
    sample = text.read(_SAMPLE_LENGTH)
    hint = _EXCEL_HINT.match(sample)
    delimiter = hint[1] if hint else _detect_delimiter(sample)
    text.seek(0)
    skipped_lines = 1 if hint and text.readline() else 0
    table = find_header(_iter_rows(text, name, delimiter), list, is_header)
    _check_width(table.names, name)
    if table.line_above:
        tell_passed_over(name, table.line_above + skipped_lines, table.line + skipped_lines)
    names = table.names
    for line, cells in table.rows:
        if not names:
            _check_width(cells, name)
            names = name_columns(cells)
        yield Record(line + skipped_lines, dict(zip(names, cells, strict=False)))


def _check_width(cells: Sequence[str], name: str) -> None:
    if len(cells) > MAX_COLUMNS:
        raise SourceError(f"{name}: cannot be read as CSV: more than {MAX_COLUMNS:,} columns")


def _iter_rows(text: io.TextIOWrapper, name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows that are not blank, each with the line in which it begins."""
    lines, blank_lines = _Lines(text), BlankLineCounter(name)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        first_line = lines.start_row()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            cells = _parse_long_row(lines, delimiter, error, f"{name}, line {first_line}")
        except _TooLongError as error:
            raise SourceError(f"{name}, line {first_line}: cannot be read as CSV: {error}") from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            blank_lines.count_row()
            yield first_line, cells
        else:
            blank_lines.count_blank()


def _parse_long_row(lines: _Lines, delimiter: str, error: csv.Error, where: str) -> list[str]:
    """Parse a row with a cell that is too long for the reader; any other fault of a row is an error."""
    reason: object = error
    if str(error).startswith(_FIELD_LIMIT_MESSAGE):
        try:
            return quoted.parse_row(chain(lines.get_row_lines(), lines), delimiter)
        except (quoted.UnclosedQuoteError, _TooLongError):
            limit = csv.field_size_limit()
            reason = f"a field larger than {limit:,} letters, whose quotation mark is not closed"
        except ValueError as quote_error:
            reason = quote_error
    advice = "check the quotation marks of this row"
    raise SourceError(f"{where}: cannot be read as CSV: {reason}; {advice}") from error


class _TooLongError(Exception):
    """A row that would fill the memory."""


class _Lines(Iterator[str]):
    """Lines of a text, of which no row can fill the memory."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._number = 0
        self._row_lines: list[str] = []
        self._row_length = 0

    def start_row(self) -> int:
        """Begin a row, and return the number of its first line."""
        self._row_lines.clear()
        self._row_length = 0
        return self._number + 1

    def get_row_lines(self) -> list[str]:
        """Return the lines of the present row so far."""
        return list(self._row_lines)

    def __next__(self) -> str:
        line = self._text.readline(_MAX_ROW_LENGTH + 1 - self._row_length)
        if not line:
            raise StopIteration
        self._number += 1
        self._row_length += len(line)
        if self._row_length > _MAX_ROW_LENGTH:
            raise _TooLongError(f"a row of more than {_MAX_ROW_LENGTH:,} letters")
        self._row_lines.append(line)
        return line


def _detect_delimiter(sample: str) -> str:
    """Find the delimiter that cuts the most rows into equally many cells, then into the most."""
    lines = sample.splitlines(keepends=True)
    complete_lines = lines[:-1] if len(sample) == _SAMPLE_LENGTH and len(lines) > 1 else lines
    return max(_DELIMITERS, key=lambda delimiter: _evenness("".join(complete_lines), delimiter))


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    try:
        widths = [
            len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row
        ]
    except csv.Error:
        return 0.0, 0
    common_width, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
    return (count / len(widths), common_width) if common_width > 1 else (0.0, 0)


def _detect_encoding(file: BinaryIO, name: str) -> _Encoding:
    start = file.read(_HEAD_BYTES)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return _Encoding(encoding, "surrogateescape" if encoding == "utf-8-sig" else "strict")
    if b"\0" in start and not _is_text(start):
        return _Encoding(_detect_utf16(start, name))
    file.seek(0)
    undecodable_line = _find_undecodable_line(file, _Encoding("utf-8"))
    if undecodable_line is None:
        return _Encoding("utf-8")
    words = _find_non_ascii_words(file)
    runs = [run for word in words for run in _NON_ASCII_RUN.findall(word)]
    if sum(map(_is_utf8, runs)) >= _MIN_UTF8_SHARE * len(runs):
        _log.warning(
            "%s, line %d: not UTF-8 as the other lines are; kept as it stands", name, undecodable_line
        )
        return _Encoding("utf-8", "surrogateescape")
    return _Encoding(choose_encoding(words))


def _is_text(start: bytes) -> bool:
    """Return whether null characters merely strayed into a text of single bytes."""
    return start.count(0) <= _MAX_NULL_SHARE * len(start) and not _CONTROLS.search(start)


def _detect_utf16(start: bytes, name: str) -> str:
    """Detect UTF-16 without a byte order mark: every second byte of plain letters is zero."""
    zeros = start[0::2].count(0), start[1::2].count(0)
    least, most = _MIN_UTF16_NULL_SHARE * len(start), _MAX_UTF16_STRAY_SHARE * len(start)
    if max(zeros) < least or min(zeros) > most:
        raise SourceError(f"{name}: cannot be read as CSV: not a text")
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _find_undecodable_line(file: BinaryIO, encoding: _Encoding) -> int | None:
    """Find the first line of a file that is not in an encoding, if any.

    Looked for beforehand, to the end, as an error in mid-feed would come hours later.
    """
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding.name)()
    line = 1
    try:
        while chunk := file.read(_CHUNK_BYTES):
            line += decoder.decode(chunk).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return line + error.object[: error.start].decode(encoding.name, "replace").count("\n")
    return None


def _find_non_ascii_words(file: BinaryIO) -> list[bytes]:
    """Find the first words with bytes beyond ASCII in a file."""
    file.seek(0)
    words: list[bytes] = []
    while len(words) < _MAX_RUNS and (chunk := file.read(_CHUNK_BYTES)):
        words += _NON_ASCII_WORD.findall(chunk)
    return words


def _is_utf8(run: bytes) -> bool:
    try:
        run.decode()
    except UnicodeDecodeError:
        return False
    return True
