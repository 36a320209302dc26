"""`packshot version`."""

from __future__ import annotations

from typing import Final

import typer

from packshot.cli.commands import CommandGroup
from packshot.distribution import read_version

application = CommandGroup()

VERSION_HELP: Final = """Print the version, on standard output.

\b
Examples:
  packshot version

Exit status: 0 done; 2 wrong usage.
"""


@application.command("version", help=VERSION_HELP)
def version_command() -> None:
    """Print the version."""
    typer.echo(read_version())
