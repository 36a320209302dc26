"""Ctrl-C and being asked to end: within two seconds and in one line, whatever is going on.

Until a command begins its work, and while modules are imported, there is nothing to finish: the process
leaves at once. Work is interrupted by `KeyboardInterrupt`, so that what it holds is given back; where
that takes too long, or at the second signal, the process leaves as well. Processes at work end with it.

Light: the entry of the command line imports this before anything else.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from packshot.cli.exits import Exit

SECONDS_TO_FINISH = 1.5
"""After which the process leaves, finished or not: two seconds less what starting to look takes."""

_STATUSES = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}


class _Interruption:
    """What this process was told, and how it takes it.

    Attributes:
        received: The first signal; None while there was none.
        working: `KeyboardInterrupt` may be raised.
        postponing: It must wait.
        told: The user was told in words.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self.working = False
        self.postponing = False
        self.told = False

    def hear(self, number: int, _frame: FrameType | None) -> None:
        """What a signal does."""
        again, self.received = self.received is not None, signal.Signals(number)
        if again or not self.working:
            self.leave()
        timer = threading.Timer(SECONDS_TO_FINISH, self.leave)
        timer.daemon = True
        timer.start()
        if not self.postponing:
            raise KeyboardInterrupt

    def leave(self) -> None:
        """End the process at once."""
        if not self.told:
            with suppress(OSError):
                os.write(2, b"packshot: interrupted\n")
        os._exit(self.status)

    @property
    def status(self) -> int:
        """The exit status that tells of the signal."""
        return _STATUSES.get(self.received or signal.SIGINT, Exit.INTERRUPTED)


_interruption = _Interruption()


def listen() -> None:
    """Have Ctrl-C, and being asked to end, heard from now on; a signal that is ignored stays so."""
    sys.unraisablehook = _say_unraisable
    for number in _STATUSES:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interruption.hear)


def _say_unraisable(raised: sys.UnraisableHookArgs) -> None:
    """Say of an error that nobody can catch what Python says, but where it is an interruption."""
    if not (interrupted() and isinstance(raised.exc_value, KeyboardInterrupt)):
        sys.__unraisablehook__(raised)


def interrupted() -> bool:
    """Whether this process was told to stop."""
    return _interruption.received is not None


def told() -> None:
    """Remember that the user was told of the interruption in words."""
    _interruption.told = True


def leave_if_interrupted() -> None:
    """End an interrupted process, whose threads may still wait for something, with the right status."""
    if not interrupted():
        return
    if "packshot.scratch" in sys.modules:
        sys.modules["packshot.scratch"].remove_all()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a stream that is closed, or whose reader is gone
            stream.flush()
    _interruption.leave()


def finish() -> None:
    """Hear no more signals: the work is done and written, and what is left to say takes no time."""
    if threading.current_thread() is threading.main_thread():
        for number in _STATUSES:
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def interruptible() -> Iterator[None]:
    """Work that `KeyboardInterrupt` may end; what follows from it, such as a broken import, is that too.

    Raises:
        KeyboardInterrupt: The process was told to stop, whatever error that has become on its way.
    """
    before, _interruption.working = _interruption.working, True
    try:
        yield
    except Exception as error:
        if interrupted():
            raise KeyboardInterrupt from error
        raise
    finally:
        _interruption.working = before


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put an interruption off until a line is written whole; not longer than an end may take."""
    _interruption.postponing = True
    try:
        yield
    finally:
        _interruption.postponing = False
    if interrupted():
        raise KeyboardInterrupt
