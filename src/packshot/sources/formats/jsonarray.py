"""JSON arrays: the objects of a list, which stands alone or under a name such as ``products``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from packshot.errors import SourceError
from packshot.sources.formats.jsonlines import MAX_OBJECT_BYTES, parse_object
from packshot.sources.formats.records import Record

_CHUNK_BYTES: Final = 8_192
"""Bytes read at a time: what is left of them is copied for each object. A judgement."""

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{\]}"]', re.DOTALL)
"""A text, or a bracket; a quotation mark alone begins a text whose end is not read yet."""

_NAMED_LIST: Final = re.compile(
    rb'^\s*\{(?s:.*)"(?:products|productVariations|items|data|results|records)"\s*:\s*$'
)
"""What stands before the list of a feed that wraps it: as the interfaces of marketplaces answer."""


def read_records(file: BinaryIO, name: str) -> Iterator[Record]:
    r"""Read the objects of an array, as a stream; an object alone, or one in each line, is read too.

    Raises:
        SourceError: No array of objects, one nested too deep, or an object of more than 4 MiB.

    Example:
        >>> import io
        >>> feed = io.BytesIO(b'{"products": [{"sku": "M1"},\n{"sku": "B2"}]}')
        >>> list(read_records(feed, "feed.json"))
        [Record(line=1, cells={'sku': 'M1'}), Record(line=2, cells={'sku': 'B2'})]
    """
    for line, text in _iter_objects(file, name):
        yield Record(line, parse_object(text, f"{name}, line {line}"))


def _iter_objects(file: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the line and the text of each object of the list."""
    scanner = _Scanner(name)
    while chunk := file.read(_CHUNK_BYTES):
        yield from scanner.feed(chunk)
    scanner.check_end()


class _Scanner:
    """Cuts objects out of a text that comes in pieces."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._text = b""
        self._position = 0
        self._line = 1
        self._depth = 0
        self._list_depth: int | None = None
        self._begin: int | None = None

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes]]:
        """Take a piece; yield the line and the text of each object that is complete with it."""
        self._text += chunk
        while found := _TOKEN.search(self._text, self._position):
            token = found.group()
            if token == b'"':  # A text that goes on in the next piece.
                self._position = found.start()
                break
            self._position = found.end()
            if token in (b"[", b"{"):
                self._open(token, found.start())
            elif token in (b"]", b"}"):
                self._depth -= 1
                if self._begin is not None and self._depth == (self._list_depth or 0):
                    yield self._line, self._cut(found.end())
        if len(self._text) > MAX_OBJECT_BYTES + _CHUNK_BYTES:
            raise SourceError(
                f"{self._name}, line {self._line}: an object of more than {MAX_OBJECT_BYTES:,} bytes"
            )

    def check_end(self) -> None:
        """Raise `SourceError` where the text ends within an object or a list."""
        if self._depth or self._begin is not None:
            raise SourceError(f"{self._name}, line {self._line}: not JSON: it ends within an object")
        if self._list_depth is None and self._text.strip():
            raise SourceError(f"{self._name}: not JSON of a table: no array of objects")

    def _open(self, token: bytes, start: int) -> None:
        before = self._text[:start]
        if token == b"[" and self._list_depth is None:
            is_list = self._depth == 0 or (self._depth == 1 and _NAMED_LIST.match(before) is not None)
            if is_list:
                self._list_depth = self._depth + 1
                self._begin = None
                self._drop(start + 1)
        elif (
            token == b"{"
            and self._begin is None
            and self._depth == (self._list_depth or 0)
            and (self._list_depth is not None or not before.strip(b"\xef\xbb\xbf \t\r\n,"))
        ):
            self._drop(start)
            self._begin = 0
        self._depth += 1

    def _cut(self, end: int) -> bytes:
        text = self._text[:end]
        self._begin = None
        self._drop(end)
        return text

    def _drop(self, end: int) -> None:
        """Leave out what is done with, but for its lines."""
        self._line += self._text.count(b"\n", 0, end)
        self._text = self._text[end:]
        self._position = max(0, self._position - end)
