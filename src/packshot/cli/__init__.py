"""The command line: parse, call, print. Everything heavy is imported when a command runs."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line.

    Processes that a command starts import this package too, only to find the command they belong to:
    they need not know how commands are parsed.
    """
    from packshot.cli.streams import standard_streams

    with standard_streams():
        from packshot.cli.application import main as run

        run()
