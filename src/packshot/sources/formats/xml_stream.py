"""XML as a stream of elements, which holds no more at a time than it may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError  # types alone; parsing is defusedxml's

from packshot.distribution import format_install_command
from packshot.errors import InvalidInput
from packshot.sources.formats.bounded_reader import BoundedReader

_MAX_DEPTH = 100
"""Elements inside one another; a document with more is refused. Tables need five, and a description in
XHTML a dozen."""


def iter_elements(file: BoundedReader, extra: str) -> Iterator[tuple[Element, list[Element]]]:
    """Yield elements as they end, each with those that it lies in, the outermost first.

    Args:
        file: Of a document; the caller removes elements from those they lie in, and refills it.
        extra: That brings defusedxml, for the error.

    Raises:
        ValueError: Not well-formed, a document type or entities, an encoding that XML readers do not
            know, or nested too deep.
        InvalidInput: defusedxml is not installed.

    Example:
        >>> import io
        >>> reader = BoundedReader(io.BytesIO(b"<rss><item><id>M1</id></item></rss>"), 1000, "too long")
        >>> [(element.tag, [e.tag for e in outer]) for element, outer in iter_elements(reader, "xml")]
        [('id', ['rss', 'item']), ('item', ['rss']), ('rss', [])]
    """
    parse, forbidden_error = _import_parser(extra)
    ancestors: list[Element] = []
    try:
        for event, element in parse(file, events=("start", "end"), forbid_dtd=True):
            if event == "end":
                ancestors.pop()
                yield element, ancestors
                continue
            ancestors.append(element)
            if len(ancestors) > _MAX_DEPTH:
                raise ValueError(f"nested more than {_MAX_DEPTH} deep")
    except forbidden_error as error:
        raise ValueError("it has a document type or entities, which tables do not need") from error
    except (ParseError, LookupError) as error:
        raise ValueError(str(error)) from error


def local_name(tag: str) -> str:
    """Return the name of an element without its namespace.

    Example:
        >>> local_name("{http://base.google.com/ns/1.0}image_link")
        'image_link'
    """
    return tag.rpartition("}")[2]


def _import_parser(extra: str) -> tuple[Any, type[Exception]]:
    try:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import iterparse
    except ImportError:
        raise InvalidInput(f"XML needs defusedxml: {format_install_command(extra)}") from None
    return iterparse, DefusedXmlException
