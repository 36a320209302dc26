"""The command line: parse, call, print. Everything heavy is imported when a command runs."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line.

    Processes that a command starts import this package too, only to find the command they belong to:
    they need not know how commands are parsed.
    """
    from packshot.cli.interrupts import leave_if_interrupted, listen
    from packshot.cli.streams import standard_streams

    listen()
    with standard_streams():
        try:
            from packshot.cli.application import main as run

            run()
        finally:
            leave_if_interrupted()
