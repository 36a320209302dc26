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

from packshot.cli.exits import ExitStatus

SHUTDOWN_TIMEOUT_S = 1.5
"""Seconds after which the process leaves, finished or not: the two that are promised less what noticing
takes."""

_STATUS_BY_SIGNAL = {signal.SIGINT: ExitStatus.INTERRUPTED, signal.SIGTERM: ExitStatus.TERMINATED}


class _InterruptState:
    """Signals that this process received, and its state towards them.

    Attributes:
        first_signal: The first signal; None while there was none.
        is_working: `KeyboardInterrupt` may be raised.
        is_deferred: It must wait.
        is_message_shown: The user was told in words.
    """

    def __init__(self) -> None:
        self.first_signal: signal.Signals | None = None
        self.is_working = False
        self.is_deferred = False
        self.is_message_shown = False

    def handle_signal(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal: interrupt the work, or leave."""
        is_repeated, self.first_signal = self.first_signal is not None, signal.Signals(number)
        if is_repeated or not self.is_working:
            self.exit_now()
        timer = threading.Timer(SHUTDOWN_TIMEOUT_S, self.exit_now)
        timer.daemon = True
        timer.start()
        if not self.is_deferred:
            raise KeyboardInterrupt

    def exit_now(self) -> None:
        """End the process at once."""
        if not self.is_message_shown:
            with suppress(OSError):
                os.write(2, b"packshot: interrupted\n")
        os._exit(self.status)

    @property
    def status(self) -> int:
        """Exit status that tells of the signal."""
        return _STATUS_BY_SIGNAL.get(self.first_signal or signal.SIGINT, ExitStatus.INTERRUPTED)


_interrupt_state = _InterruptState()


def install_signal_handlers() -> None:
    """Have Ctrl-C, and being asked to end, heard from now on; a signal that is ignored stays so."""
    sys.unraisablehook = _report_unraisable
    for number in _STATUS_BY_SIGNAL:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt_state.handle_signal)


def _report_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """Say of an error that nobody can catch what Python says, but where it is an interruption."""
    if not (has_interrupt() and isinstance(unraisable.exc_value, KeyboardInterrupt)):
        sys.__unraisablehook__(unraisable)


def has_interrupt() -> bool:
    """Return whether this process was told to stop."""
    return _interrupt_state.first_signal is not None


def skip_exit_message() -> None:
    """Remember that the user was told of the interruption in words."""
    _interrupt_state.is_message_shown = True


def exit_on_interrupt() -> None:
    """End an interrupted process, whose threads may still wait for something, with the right status."""
    if not has_interrupt():
        return
    if "packshot.scratch" in sys.modules:
        sys.modules["packshot.scratch"].remove_all()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a stream that is closed, or whose reader is gone
            stream.flush()
    _interrupt_state.exit_now()


def ignore_signals() -> None:
    """Hear no more signals: the work is done and written, and what is left to say takes no time."""
    if threading.current_thread() is threading.main_thread():
        for number in _STATUS_BY_SIGNAL:
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def allow_interrupt() -> Iterator[None]:
    """Work that `KeyboardInterrupt` may end; what follows from it, such as a broken import, is that too.

    Raises:
        KeyboardInterrupt: The process was told to stop, whatever error that has become on its way.
    """
    was_working, _interrupt_state.is_working = _interrupt_state.is_working, True
    try:
        yield
    except Exception as error:
        if has_interrupt():
            raise KeyboardInterrupt from error
        raise
    finally:
        _interrupt_state.is_working = was_working


@contextmanager
def defer_interrupt() -> Iterator[None]:
    """Put an interruption off until a line is written whole; not longer than an end may take."""
    _interrupt_state.is_deferred = True
    try:
        yield
    finally:
        _interrupt_state.is_deferred = False
    if has_interrupt():
        raise KeyboardInterrupt
