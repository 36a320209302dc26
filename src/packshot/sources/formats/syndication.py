"""Product feeds in XML: RSS 2.0 and Atom, as Google Merchant and others take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element  # the type alone; parsing is defusedxml's

from packshot.errors import SourceError
from packshot.sources.formats.bounded_reader import BoundedReader
from packshot.sources.formats.records import Record
from packshot.sources.formats.xml_stream import iter_elements, local_name

_MAX_ENTRY_BYTES = 4 * 2**20
"""Bytes of an entry; a feed with a longer one is refused. Expat before 2.6 takes quadratic time over
what does not end, so no more than is needed; `benchmarks/results/feed_bombs.csv` has what it costs."""
_ENTRY_TAGS = ("item", "entry", "product", "offer")


def read_records(file: BinaryIO, name: str) -> Iterator[Record]:
    """Read entries (``item``, ``entry``, ``product``, ``offer``) by the names of their elements.

    Namespaces are left out. An element that occurs several times gives a list. An entry is forgotten
    as soon as it is read.

    Raises:
        SourceError: Not well-formed, in an encoding that XML readers do not know, nested too deep, or
            with a document type or entities, which feeds have no need of.
        InvalidInput: defusedxml is not installed.

    Example:
        >>> import io
        >>> feed = b"<rss><item><id>M1</id><image>a.jpg</image><image>b.jpg</image></item></rss>"
        >>> list(read_records(io.BytesIO(feed), "feed.xml"))
        [Record(line=1, cells={'id': 'M1', 'image': ['a.jpg', 'b.jpg']})]
    """
    message = f"{name}: an entry of more than {_MAX_ENTRY_BYTES:,} bytes, or none at all"
    reader = BoundedReader(file, _MAX_ENTRY_BYTES, message)
    line = 0
    try:
        for element, ancestors in iter_elements(reader, "xml"):
            if any(map(_is_entry, ancestors)):
                continue
            if _is_entry(element):
                line += 1
                yield Record(line, _read_cells(element))
                reader.reset()
            for parent in ancestors[-1:]:
                parent.remove(element)
    except ValueError as error:
        raise SourceError(f"{name}: not well-formed XML after entry {line}: {error}") from error


def _read_cells(entry: Element) -> dict[str, object]:
    cells: dict[str, Any] = {}
    for element in entry:
        cells.setdefault(local_name(element.tag), []).append((element.text or "").strip())
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in cells.items()}


def _is_entry(element: Element) -> bool:
    tag = element.tag
    return tag.endswith(_ENTRY_TAGS) and local_name(tag) in _ENTRY_TAGS
