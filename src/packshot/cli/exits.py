"""Exit statuses of the command line."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """Exit statuses that the shell is told.

    `NOT_REACHED`: all is written, and not as was asked for: below a threshold, short of a target, or no
    photo could be read. `USAGE`: nothing was done.
    """

    DONE = 0
    NOT_REACHED = 1
    USAGE = 2
    FAULT = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143
