"""Logs of all modules, for who asks: on the terminal, or in a file."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from packshot.errors import InvalidInput, PackshotError
from packshot.visible import escape_invisible

_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_NOTICES = "packshot.sources.notices"
"""The logger of what everybody should know of a feed; see `packshot.sources.notices`."""

_log = logging.getLogger(__name__)


class _StandardErrorHandler(logging.StreamHandler[TextIO]):
    """Writes to what is standard error at that moment: a progress bar stands in for it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        """Standard error."""
        return sys.stderr

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        """Nothing: it is never another."""


class _LineFormatter(logging.Formatter):
    """One line for a message, whatever stands in the names it tells of; more for a traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as the class above has it
        """Date, level, logger and message."""
        return escape_invisible(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The traceback."""
        return "\n".join(map(escape_invisible, super().formatException(ei).split("\n")))


class _NoticeFormatter(logging.Formatter):
    """The message alone, on one line, for everybody."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as the class above has it
        """The message."""
        return f"note: {escape_invisible(super().formatMessage(record))}"


@contextmanager
def configure_logging(verbose: bool, file: Path | None) -> Iterator[None]:
    """Have what is logged shown or kept while a command runs; notices about feeds are shown in any case.

    Args:
        verbose: Show on standard error what is done, and errors with their tracebacks.
        file: Keep that, and details of each photo, at the end of this file.

    Raises:
        InvalidInput: The file cannot be written to.
    """
    handlers: list[tuple[logging.Handler, int]] = []
    if verbose:
        handlers.append((_StandardErrorHandler(), logging.INFO))
    notices = _StandardErrorHandler()
    notices.setFormatter(_NoticeFormatter("%(message)s"))
    if file is not None:
        handlers.append((_open_log_file(file), logging.DEBUG))
    package_logger = logging.getLogger("packshot")
    previous_level = package_logger.level
    for handler, level in handlers:
        handler.setLevel(level)
        handler.setFormatter(_LineFormatter(_LOG_FORMAT))
        package_logger.addHandler(handler)
    notice_logger = logging.getLogger(_NOTICES)
    if not verbose:
        notice_logger.addHandler(notices)
    package_logger.setLevel(min((level for _, level in handlers), default=previous_level))
    try:
        yield
    except Exception as error:
        if type(error).__name__ not in ("Exit", "Abort") and not isinstance(error, PackshotError):
            _log.exception("ended by an error that nobody expected")
        raise
    finally:
        package_logger.setLevel(previous_level)
        notice_logger.removeHandler(notices)
        for handler, _ in handlers:
            package_logger.removeHandler(handler)
            handler.close()


def _open_log_file(file: Path) -> logging.Handler:
    try:
        return logging.FileHandler(file, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise InvalidInput(f"--log-file {file}: cannot be written to: {error.strerror}") from error
