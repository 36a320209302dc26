"""The `packshot` command: its sub-commands, each imported when it is called."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Final

import typer

from packshot.cli.commands import CommandGroup, LazyCommand
from packshot.cli.exits import ExitStatus
from packshot.cli.interrupts import has_interrupt
from packshot.cli.streams import print_error
from packshot.distribution import read_version
from packshot.errors import InvalidInput, PackshotError
from packshot.processes import format_unexpected_error

_PROGRAM: Final = "packshot"

_HELP = """How good is each product photo, why, and what to do about it. Works offline.

\b
Examples:
  packshot assess shop-photos/                   # scores, and what is wrong
  packshot assess shop-photos/ -o report.html
  packshot assess - --format jsonl < upload.jpg  # - is standard input
  packshot enhance shop-photos/ -o better/
  packshot screen upload.jpg --policy amazon-main
  packshot audit feed.csv -o audit/
  packshot assess --help                         # everything a command can do

Results go to standard output or to the file given with -o (-o - is standard output); messages go to
standard error. Tables are fitted to the terminal; JSON lines, CSV and HTML are always UTF-8. In tables
and messages, control characters in names are written as escapes such as \\x1b.

Exit status: 0 done; 1 a threshold or target that was set is not met, or no photo could be read; 2 wrong
usage, or something needed cannot be read or written, standard output included; 70 a bug in Packshot; 130
interrupted; 141 the reader of standard output went away, as in "packshot ... | head"; 143 terminated.
"""

_COMMANDS: Final = {
    "assess": LazyCommand(
        "packshot.cli.assess", "Score photos from 0 to 100, and say what is wrong and why."
    ),
    "enhance": LazyCommand("packshot.cli.enhance", "Repair light, colour, noise and compression."),
    "optimize": LazyCommand(
        "packshot.cli.enhance",
        "Centre products, fill the frame, whiten backgrounds, repair.",
        "optimize_application",
    ),
    "enlarge": LazyCommand("packshot.cli.enlarge", "Make a small, sharp photo twice as wide and high."),
    "screen": LazyCommand("packshot.cli.screen", "Check photos against the rules of marketplaces."),
    "policies": LazyCommand("packshot.cli.policies", "List, show and check the rules of marketplaces."),
    "audit": LazyCommand("packshot.cli.audit", "Judge every photo of a feed, into a folder of results."),
    "rank": LazyCommand("packshot.cli.rank", "Order the photos of each product, the best first."),
    "duplicates": LazyCommand(
        "packshot.cli.duplicates", "Find copies, how they differ, and which photo to keep."
    ),
    "search": LazyCommand("packshot.cli.search", "Index photos, and find similar ones."),
    "clean": LazyCommand("packshot.cli.clean", "Find what spoils a training set, and propose fixes."),
    "emotion": LazyCommand("packshot.cli.emotion", "Say how people are likely to feel about photos."),
    "atlas": LazyCommand(
        "packshot.cli.atlas", "Build and extend atlases: the rated photos behind scores."
    ),
    "train": LazyCommand("packshot.cli.train", "Rebuild the models from data (needs PyTorch)."),
    "config": LazyCommand("packshot.cli.config", "Check packshot.toml, and show the options it sets."),
    "schema": LazyCommand("packshot.cli.schema", "Print the JSON schema of what a command writes."),
    "version": LazyCommand("packshot.cli.version", "Print the version."),
}
"""In the order of the list; what it says of each fits into a line of 80 characters."""

application = CommandGroup(
    commands=_COMMANDS,
    name=_PROGRAM,
    help=_HELP,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(read_version())
        raise typer.Exit


@application.callback()
def handle_global_options(
    _: Annotated[
        bool,
        typer.Option(
            "--version", "-V", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ] = False,
) -> None:
    """Handle the options that stand before a command."""


def _check_current_folder() -> None:
    """Refuse to work where relative paths mean nothing, and no process can be started."""
    try:
        os.getcwd()
    except OSError as error:
        raise InvalidInput("the current folder no longer exists: change to another one") from error


def main() -> None:
    """Run the command line; errors of ours become one line and status 2."""
    try:
        _check_current_folder()
        application(prog_name=_PROGRAM)
    except PackshotError as error:
        for line in error.lines:
            print_error(f"packshot: {line}")
        sys.exit(ExitStatus.USAGE)
    except Exception as error:
        if not has_interrupt():
            text = f"{format_unexpected_error(error)} (a bug in Packshot: --verbose shows where)"
            print_error(f"packshot: {text}")
        sys.exit(ExitStatus.FAULT)
