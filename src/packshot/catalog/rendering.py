"""What every renderer is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Generic, Self, TypeVar

from packshot.assess.advice import texts
from packshot.errors import InvalidInput
from packshot.report import (
    Assessment,
    DuplicateGroup,
    Emotion,
    Enhancement,
    Proposal,
    Ranking,
    SearchResult,
    Verdict,
)

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
    name: str, language: str, makers: Mapping[str, Callable[[], Renderer[Result]]]
) -> Renderer[Result]:
    """The renderer of a format.

    Args:
        name: The format.
        language: Of words.
        makers: What makes the renderer of each format.

    Raises:
        InvalidInput: An unknown format or language.
    """
    texts(language)
    if name not in makers:
        raise InvalidInput(f"unknown format {name!r}; there are {', '.join(makers)}")
    return makers[name]()
