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

from packshot.cli.exits import Exit
from packshot.errors import PackshotError
from packshot.visible import visible

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_AT_ONCE = 65536
"""Bytes passed on in one call: what a pipe of Linux holds."""
_LAYOUT = "\n\r\t\x1b"
"""Control characters that progress bars, colours and tracebacks are made of."""


class OutputLost(PackshotError):  # noqa: N818 - what happened
    """Standard output is closed, or what it leads to takes no more."""


@contextmanager
def standard_streams() -> Iterator[None]:
    """Within this context the standard streams never fail in a way that a command must think of.

    * One that was closed when the command started is put on the null device, so that no file opened
      later is taken for it, here and in the processes that are started. Writing to an output that was
      closed is an error, as what was asked for would be lost; messages to a closed standard error go
      nowhere.
    * What the encoding of standard output cannot express is written as ``?``, on standard error as an
      escape.
    * Standard output that cannot be written is an `OutputLost`; where its reader has had enough, as in
      ``packshot ... | head``, the command ends as programs then do, saying nothing. Standard error
      never ends a command: what cannot be written there is left out.

    Raises:
        SystemExit: What was still to be written could not be.
    """
    _occupy_closed()
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = before[0] or os.fdopen(0, encoding="utf-8", errors="replace", closefd=False)
    sys.stdout = _guarded(before[1], _Role(1, "replace", io.TextIOWrapper, _lost))
    sys.stderr = _guarded(before[2], _Role(2, "backslashreplace", _Told, None))
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        except OutputLost as error:
            complain(f"packshot: {error}")
            sys.exit(Exit.USAGE)
        finally:
            sys.stdin, sys.stdout, sys.stderr = before


def standard_output(for_people: bool) -> TextIO:
    """Standard output, for people in the encoding of their terminal, for programs always in UTF-8."""
    if not for_people and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    return sys.stdout


def say(line: str) -> None:
    """Write a line on standard output; names in it cannot do harm, see `visible`."""
    _write_line(line, sys.stdout)


def complain(line: str) -> None:
    """Write a line on standard error; names in it cannot do harm, see `visible`."""
    _write_line(line, sys.stderr)


class Messages:
    """Lines on standard error, for words that are meant as they stand."""

    def print(self, line: str) -> None:
        """Write a line; see `complain`."""
        complain(line)


class _Guarded(io.RawIOBase):
    """Bytes on their way to a standard stream; after an error the rest goes nowhere."""

    def __init__(self, raw: io.RawIOBase, loss: Callable[[OSError], BaseException] | None) -> None:
        """Guard a stream.

        Args:
            raw: The stream.
            loss: What is raised instead of its error, once; None for nothing.
        """
        self._raw = raw
        self._loss = loss
        self._lost = False

    def write(self, data: ReadableBuffer) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest and not self._lost:
                rest = rest[self._passed_on(rest[:_AT_ONCE]) :]
        except OSError as error:
            self._lost = True
            if self._loss is not None:
                raise self._loss(error) from None
        return size

    def _passed_on(self, data: memoryview) -> int:
        """How many bytes were taken; waits for a stream that does not wait itself (``O_NONBLOCK``)."""
        taken = self._raw.write(data)
        if taken is None:
            select.select([], [self._raw], [])
        return taken or 0

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._raw.isatty()

    def fileno(self) -> int:
        return self._raw.fileno()


class _Told(io.TextIOWrapper):
    """Standard error: for people in any case, so that nothing but layout and colour may be unseen."""

    def write(self, text: str) -> int:
        """Write text; what others write here, such as usage errors, is made visible too."""
        super().write(visible(text, kept=_LAYOUT))
        return len(text)


@dataclass(frozen=True)
class _Role:
    """What makes a stream standard output or standard error.

    Attributes:
        descriptor: Its file descriptor.
        errors: What becomes of characters that the encoding cannot express.
        text: Kind of the stream.
        loss: What is raised instead of an error in writing, once; None for nothing.
    """

    descriptor: int
    errors: str
    text: type[io.TextIOWrapper]
    loss: Callable[[OSError], BaseException] | None


def _occupy_closed() -> None:
    """Open the null device on each standard descriptor that is closed; output so that writing fails."""
    for descriptor, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, mode)  # The lowest that is free, which is this one.
            os.set_inheritable(opened, True)


def _guarded(stream: TextIO | None, role: _Role) -> TextIO:
    """A stream like the one there is; that one itself where it is none of the interpreter's."""
    if stream is None:
        raw: io.RawIOBase = io.FileIO(role.descriptor, "wb", closefd=False)
        return role.text(io.BufferedWriter(_Guarded(raw, role.loss)), "utf-8", role.errors)
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    with suppress(OSError):
        stream.flush()
    # Unbuffered, the buffer is the raw stream.
    raw = getattr(stream.buffer, "raw", None) or stream.buffer
    return role.text(
        io.BufferedWriter(_Guarded(raw, role.loss)),
        stream.encoding,
        role.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _lost(error: OSError) -> BaseException:
    if isinstance(error, BrokenPipeError):
        return SystemExit(Exit.BROKEN_PIPE)
    if error.errno == errno.EBADF:
        return OutputLost("standard output is closed: there is nowhere to write to")
    return OutputLost(f"standard output cannot be written: {error.strerror or error}")


def _write_line(line: str, stream: TextIO) -> None:
    stream.write(visible(line, stream.encoding or "utf-8") + "\n")
    stream.flush()
