"""Standard input, output and error that a command can rely on, whatever it was started with."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from packshot.cli.exits import ExitStatus
from packshot.errors import PackshotError
from packshot.visible import escape_invisible

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_MAX_WRITE_BYTES = 65536
"""Bytes passed on in one call: what a pipe of Linux holds."""
_ALLOWED_CONTROLS = "\n\r\t\x1b"
"""Control characters that progress bars, colours and tracebacks are made of."""


class StandardOutputError(PackshotError):
    """Standard output is closed, or what it leads to takes no more."""


@contextmanager
def guard_standard_streams() -> Iterator[None]:
    """Within this context the standard streams never fail in a way that a command must think of.

    * One that was closed when the command started is put on the null device, so that no file opened
      later is taken for it, here and in the processes that are started. Writing to an output that was
      closed is an error, as what was asked for would be lost; messages to a closed standard error go
      nowhere.
    * What the encoding of standard output cannot express is written as ``?``, on standard error as an
      escape.
    * Standard output that cannot be written is a `StandardOutputError`; where its reader has had
    enough, as in
      ``packshot ... | head``, the command ends as programs then do, saying nothing. Standard error
      never ends a command: what cannot be written there is left out.

    Raises:
        SystemExit: What was still to be written could not be.
    """
    _fill_closed_descriptors()
    previous_streams = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = previous_streams[0] or os.fdopen(0, encoding="utf-8", errors="replace", closefd=False)
    sys.stdout = _guard_stream(
        previous_streams[1], _StreamRole(1, "replace", io.TextIOWrapper, _make_output_error)
    )
    sys.stderr = _guard_stream(
        previous_streams[2], _StreamRole(2, "backslashreplace", _VisibleTextStream, None)
    )
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        except StandardOutputError as error:
            print_error(f"packshot: {error}")
            sys.exit(ExitStatus.USAGE)
        finally:
            sys.stdin, sys.stdout, sys.stderr = previous_streams


def get_standard_output(for_people: bool) -> TextIO:
    """Return standard output, for people in their terminal's encoding, for programs always in UTF-8."""
    if not for_people and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    return sys.stdout


def print_line(line: str) -> None:
    """Write a line on standard output; names in it cannot do harm, see `escape_invisible`."""
    _write_line(line, sys.stdout)


def print_error(line: str) -> None:
    """Write a line on standard error; names in it cannot do harm, see `escape_invisible`."""
    _write_line(line, sys.stderr)


class ErrorConsole:
    """Writes lines on standard error, for words that are meant as they stand."""

    def print(self, line: str) -> None:
        """Write a line; see `print_error`."""
        print_error(line)


class _GuardedRawStream(io.RawIOBase):
    """Bytes on their way to a standard stream; after an error the rest goes nowhere."""

    def __init__(self, raw: io.RawIOBase, make_error: Callable[[OSError], BaseException] | None) -> None:
        """Guard a stream.

        Args:
            raw: The stream.
            make_error: What is raised instead of its error, once; None for nothing.
        """
        self._raw = raw
        self._make_error = make_error
        self._is_broken = False

    def write(self, data: ReadableBuffer) -> int:
        remaining = memoryview(data).cast("B")
        size = len(remaining)
        try:
            while remaining and not self._is_broken:
                remaining = remaining[self._write_chunk(remaining[:_MAX_WRITE_BYTES]) :]
        except OSError as error:
            self._is_broken = True
            if self._make_error is not None:
                raise self._make_error(error) from None
        return size

    def _write_chunk(self, data: memoryview) -> int:
        """Write a part; return the bytes taken. Waits for a stream that does not (``O_NONBLOCK``)."""
        written = self._raw.write(data)
        if written is None:
            select.select([], [self._raw], [])
        return written or 0

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._raw.isatty()

    def fileno(self) -> int:
        return self._raw.fileno()


class _VisibleTextStream(io.TextIOWrapper):
    """Standard error: for people in any case, so that nothing but layout and colour may be unseen."""

    def write(self, text: str) -> int:
        """Write text; what others write here, such as usage errors, is made visible too."""
        super().write(escape_invisible(text, allowed=_ALLOWED_CONTROLS))
        return len(text)


@dataclass(frozen=True)
class _StreamRole:
    """The role of a stream: standard output or standard error.

    Attributes:
        descriptor: Its file descriptor.
        errors: What becomes of characters that the encoding cannot express.
        stream_class: Kind of the stream.
        make_error: What is raised instead of an error in writing, once; None for nothing.
    """

    descriptor: int
    errors: str
    stream_class: type[io.TextIOWrapper]
    make_error: Callable[[OSError], BaseException] | None


def _fill_closed_descriptors() -> None:
    """Open the null device on each standard descriptor that is closed; output so that writing fails."""
    for descriptor, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            null_descriptor = os.open(os.devnull, mode)  # The lowest that is free, which is this one.
            os.set_inheritable(null_descriptor, True)


def _guard_stream(stream: TextIO | None, role: _StreamRole) -> TextIO:
    """Return a stream like the one there is; that one itself where it is none of the interpreter's."""
    if stream is None:
        raw: io.RawIOBase = io.FileIO(role.descriptor, "wb", closefd=False)
        return role.stream_class(
            io.BufferedWriter(_GuardedRawStream(raw, role.make_error)), "utf-8", role.errors
        )
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    with suppress(OSError):
        stream.flush()
    # Unbuffered, the buffer is the raw stream.
    raw = getattr(stream.buffer, "raw", None) or stream.buffer
    return role.stream_class(
        io.BufferedWriter(_GuardedRawStream(raw, role.make_error)),
        stream.encoding,
        role.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _make_output_error(error: OSError) -> BaseException:
    if isinstance(error, BrokenPipeError):
        return SystemExit(ExitStatus.BROKEN_PIPE)
    if error.errno == errno.EBADF:
        return StandardOutputError("standard output is closed: there is nowhere to write to")
    return StandardOutputError(f"standard output cannot be written: {error.strerror or error}")


def _write_line(line: str, stream: TextIO) -> None:
    stream.write(escape_invisible(line, stream.encoding or "utf-8") + "\n")
    stream.flush()
