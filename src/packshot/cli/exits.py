"""Exit statuses of the command line."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """Exit statuses that the shell is told."""

    DONE = 0
    BELOW_THRESHOLD = 1
    USAGE = 2
    FAULT = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143
