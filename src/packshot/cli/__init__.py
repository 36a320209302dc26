"""The command line: parse, call, print. Everything heavy is imported when a command runs."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line.

    Processes that a command starts import this package too, only to find the command they belong to:
    they need not know how commands are parsed.
    """
    from packshot.cli.interrupts import exit_on_interrupt, install_signal_handlers
    from packshot.cli.streams import guard_standard_streams

    install_signal_handlers()
    with guard_standard_streams():
        try:
            from packshot.cli.application import main as run

            run()
        finally:
            exit_on_interrupt()
