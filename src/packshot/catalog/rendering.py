"""What every renderer is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TextIO, TypeVar

from packshot.assess.advice import texts
from packshot.errors import InvalidInput
from packshot.report import (
    Assessment,
    DuplicateGroup,
    Emotion,
    Enhancement,
    Proposal,
    Ranking,
    Record,
    SearchResult,
    Verdict,
)
from packshot.visible import visible

_TABLE = "table"
_USUAL_ENCODING = "utf-8"

Shown = TypeVar("Shown", bound=Record)
Result = TypeVar(
    "Result", Assessment, Enhancement, DuplicateGroup, SearchResult, Emotion, Verdict, Ranking, Proposal
)


class Renderer(ABC, Generic[Result]):
    """Takes results one at a time; complete when its context ends without an error."""

    @abstractmethod
    def add(self, result: Result) -> None:
        """Write, or remember, one result."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._close()

    def _finish(self) -> None:
        """Write what had to wait until all was known."""

    def _close(self) -> None:
        """Give back what was held, also after an error."""


def made_for(
    name: str, language: str, makers: Mapping[str, Callable[[], Renderer[Result]]], stream: TextIO
) -> Renderer[Result]:
    """The renderer of a format; what a table shows is made `visible`.

    Args:
        name: The format.
        language: Of words.
        makers: What makes the renderer of each format.
        stream: Where it writes.

    Raises:
        InvalidInput: An unknown format or language.
    """
    texts(language)
    if name not in makers:
        raise InvalidInput(f"unknown format {name!r}; there are {', '.join(makers)}")
    made = makers[name]()
    return OnTerminal(made, stream.encoding or _USUAL_ENCODING) if name == _TABLE else made


class OnTerminal(Renderer[Result]):
    """Hands results to a table with all their text made visible, whoever wrote it."""

    def __init__(self, table: Renderer[Result], encoding: str) -> None:
        """Stand before a table.

        Args:
            table: What shows the results.
            encoding: Of the terminal.
        """
        self._table: Renderer[Result] = table
        self._encoding = encoding

    def add(self, result: Result) -> None:
        """Show a result, or remember it."""
        self._table.add(_visible_record(result, self._encoding))

    def _finish(self) -> None:
        self._table._finish()

    def _close(self) -> None:
        self._table._close()


def _visible_record(record: Shown, encoding: str) -> Shown:
    told = {name: _visible(value, encoding) for name, value in record}
    return record.model_copy(update=told)


def _visible(value: Any, encoding: str) -> Any:
    """A value with the text in it made visible, however deep; enumerations are words of our own."""
    if type(value) is str:
        return visible(value, encoding)
    if isinstance(value, Record):
        return _visible_record(value, encoding)
    if isinstance(value, tuple | list):
        return type(value)(_visible(part, encoding) for part in value)
    if isinstance(value, dict):
        return {_visible(key, encoding): _visible(part, encoding) for key, part in value.items()}
    return value
