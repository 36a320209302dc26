"""Product feeds in XML: RSS 2.0 and Atom, as Google Merchant and others take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError  # types alone; parsing is defusedxml's

from packshot.distribution import how_to_install
from packshot.errors import InvalidInput, SourceError
from packshot.sources.formats.records import Record

# Of one entry. Expat before 2.6 takes quadratic time over what does not end, so no more than is needed.
_LARGEST = 4 * 2**20
_ENTRIES = frozenset({"item", "entry", "product", "offer"})


def read(file: BinaryIO, name: str) -> Iterator[Record]:
    """Entries (``item``, ``entry``, ``product``, ``offer``) by the names of their elements.

    Namespaces are left out. An element that occurs several times gives a list. An entry is forgotten
    as soon as it is read.

    Raises:
        SourceError: Not well-formed, or with a document type or entities, which feeds have no need of.
        InvalidInput: defusedxml is not installed.
    """
    parse, refused = _defused()
    portions = _Portions(file, name)
    line = 0
    open_elements: list[Element] = []
    try:
        for event, element in parse(portions, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                open_elements.append(element)
                continue
            open_elements.pop()
            if _is_entry(element) and not any(map(_is_entry, open_elements)):
                line += 1
                yield Record(line, _cells(element))
                portions.left = _LARGEST
                for parent in open_elements[-1:]:
                    parent.remove(element)
    except ParseError as error:
        raise SourceError(f"{name}: not well-formed XML after entry {line}: {error}") from error
    except refused as error:
        raise SourceError(f"{name}: refused, it has a document type or entities") from error


class _Portions:
    """A file of which only so much can be read between two entries; what is read stays in memory."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.left = _LARGEST
        self._file = file
        self._name = name

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.left -= len(piece)
        if self.left < 0:
            raise SourceError(f"{self._name}: an entry of more than {_LARGEST:,} bytes, or none at all")
        return piece


def _cells(entry: Element) -> dict[str, object]:
    cells: dict[str, Any] = {}
    for element in entry:
        cells.setdefault(_local(element.tag), []).append((element.text or "").strip())
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in cells.items()}


def _is_entry(element: Element) -> bool:
    return _local(element.tag) in _ENTRIES


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _defused() -> tuple[Any, type[Exception]]:
    try:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import iterparse
    except ImportError:
        raise InvalidInput(f"XML feeds need defusedxml: {how_to_install('xml')}") from None
    return iterparse, DefusedXmlException
