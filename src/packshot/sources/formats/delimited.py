"""CSV and its relatives, whatever program wrote them: encoding, delimiter and header are found out."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from packshot.errors import SourceError
from packshot.sources.folders import looks_like_photo
from packshot.sources.formats.records import Record, distinct

_DELIMITERS = ",\t;|"
_SAMPLE = 2**16
_PIECE = 2**20
_LONGEST = 2**24
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EXCEL_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
# Chinese in GB 18030 comes in pairs of bytes; single letters with accents, in cp1252, do not.
_PAIRED = 0.9


def read(file: BinaryIO, name: str) -> Iterator[Record]:
    """Rows of a delimited text: UTF-8, UTF-16, GB 18030 or Windows-1252; comma, tab, semicolon or bar.

    The first row names the columns unless a photo stands in it; then the columns are ``location``,
    ``column_2``, ... Blank lines are skipped; cells that a short row lacks are absent.

    Raises:
        SourceError: Not such a text, or a broken row.
    """
    encoding = _encoding(file, name)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        yield from _rows(text, name)
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: cannot be read as CSV: {error}; save it as UTF-8") from error
    finally:
        text.detach()


def _rows(text: io.TextIOWrapper, name: str) -> Iterator[Record]:
    sample = text.read(_SAMPLE)
    hint = _EXCEL_HINT.match(sample)
    delimiter = hint[1] if hint else _delimiter(sample)
    text.seek(0)
    skipped = 1 if hint and text.readline() else 0
    names: Sequence[str] = ()
    for line, cells in _split(text, name, delimiter):
        if not names:
            header = not any(looks_like_photo(cell) for cell in cells)
            names = distinct(cells) if header else ["location", *_numbered(len(cells))]
            if header:
                continue
        yield Record(line + skipped, dict(zip(names, cells, strict=False)))


def _split(text: io.TextIOWrapper, name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the line in which it begins."""
    reader = csv.reader(_lines(text, name), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        reason = f"cannot be read as CSV: {error}; check the quotation marks of this row"
        raise SourceError(f"{name}, line {begins}: {reason}") from error


def _lines(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    """Lines, none of which can fill the memory."""
    while line := text.readline(_LONGEST + 1):
        if len(line) > _LONGEST:
            raise SourceError(f"{name}: cannot be read as CSV: a line of more than {_LONGEST:,} letters")
        yield line


def _delimiter(sample: str) -> str:
    """The one that cuts the most rows into equally many cells, then into the most."""
    lines = sample.splitlines(keepends=True)
    whole = lines[:-1] if len(sample) == _SAMPLE and len(lines) > 1 else lines
    return max(_DELIMITERS, key=lambda delimiter: _evenness("".join(whole), delimiter))


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    try:
        widths = [
            len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row
        ]
    except csv.Error:
        return 0.0, 0
    commonest, times = Counter(widths).most_common(1)[0] if widths else (1, 0)
    return (times / len(widths), commonest) if commonest > 1 else (0.0, 0)


def _encoding(file: BinaryIO, name: str) -> str:
    start = file.read(4096)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    if b"\0" in start:
        return _without_mark(start, name)
    if _is_utf8(start, file):
        return "utf-8"
    file.seek(0)
    return "gb18030" if _in_pairs(file.read(_PIECE)) else "cp1252"


def _without_mark(start: bytes, name: str) -> str:
    """UTF-16 without a byte order mark: every second byte of plain letters is zero."""
    zeros = start[0::2].count(0), start[1::2].count(0)
    if max(zeros) < len(start) / 4 or min(zeros) > len(start) / 16:
        raise SourceError(f"{name}: cannot be read as CSV: not a text")
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _is_utf8(piece: bytes, file: BinaryIO) -> bool:
    """Whether all of a file is; looked at beforehand, as an error in mid-feed would come hours later."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece:
            decoder.decode(piece)
            piece = file.read(_PIECE)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _in_pairs(sample: bytes) -> bool:
    runs = _BEYOND_ASCII.findall(sample)
    even = sum(len(run) % 2 == 0 for run in runs)
    return bool(runs) and even >= _PAIRED * len(runs)


def _numbered(count: int) -> list[str]:
    return [f"column_{number}" for number in range(2, count + 1)]
