"""The command line: parse, call, print. Everything heavy is imported when a command runs."""

from packshot.cli.application import main

__all__ = ["main"]
