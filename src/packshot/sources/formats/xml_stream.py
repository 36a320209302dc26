"""XML as a stream of elements, which holds no more at a time than it was told to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError  # types alone; parsing is defusedxml's

from packshot.distribution import how_to_install
from packshot.errors import InvalidInput, SourceError

_DEEPEST = 100
"""Elements inside one another; tables need five, and a description in XHTML a dozen."""


class Portions:
    """A file of which only so much can be read at a time; what is read may stay in memory.

    Attributes:
        left: Bytes that may be read until `refill`.
    """

    def __init__(self, file: BinaryIO, portion: int, complaint: str) -> None:
        """Wrap a file.

        Args:
            file: To read from.
            portion: Bytes.
            complaint: What the error says where they do not do.
        """
        self.left = portion
        self._file = file
        self._portion = portion
        self._complaint = complaint

    def refill(self) -> None:
        """What was read is forgotten; as much may be read anew."""
        self.left = self._portion

    def read(self, size: int = -1) -> bytes:
        """As a file does.

        Raises:
            SourceError: More than the portion.
        """
        piece = self._file.read(size)
        self.left -= len(piece)
        if self.left < 0:
            raise SourceError(self._complaint)
        return piece


def elements(file: Portions, extra: str) -> Iterator[tuple[Element, list[Element]]]:
    """Elements as they end, each with those that it lies in, the outermost first.

    Args:
        file: Of a document; the caller removes elements from those they lie in, and refills it.
        extra: That brings defusedxml, for the error.

    Raises:
        ValueError: Not well-formed, a document type or entities, an encoding that XML readers do not
            know, or nested too deep.
        InvalidInput: defusedxml is not installed.
    """
    parse, refused = _defused(extra)
    within: list[Element] = []
    try:
        for event, element in parse(file, events=("start", "end"), forbid_dtd=True):
            if event == "end":
                within.pop()
                yield element, within
                continue
            within.append(element)
            if len(within) > _DEEPEST:
                raise ValueError(f"nested more than {_DEEPEST} deep")
    except refused as error:
        raise ValueError("it has a document type or entities, which tables have no need of") from error
    except (ParseError, LookupError) as error:
        raise ValueError(str(error)) from error


def local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def _defused(extra: str) -> tuple[Any, type[Exception]]:
    try:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import iterparse
    except ImportError:
        raise InvalidInput(f"XML needs defusedxml: {how_to_install(extra)}") from None
    return iterparse, DefusedXmlException
