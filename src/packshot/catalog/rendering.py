"""What every renderer is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from packshot.report import Assessment


class Renderer(ABC):
    """Takes assessments one at a time; complete when its context ends without an error."""

    @abstractmethod
    def add(self, assessment: Assessment) -> None:
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

    def _finish(self) -> None:  # noqa: B027 - what is written line by line needs no end
        """Write what had to wait until all was known."""

    def _close(self) -> None:  # noqa: B027 - most hold nothing
        """Give back what was held, also after an error."""
