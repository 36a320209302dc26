"""`packshot enlarge`: a small, sharp photo twice as wide and high."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.cli.commands import CommandGroup
from packshot.cli.exits import ExitStatus
from packshot.cli.options import parse_path
from packshot.cli.output import check_not_overwriting
from packshot.cli.streams import print_error
from packshot.report import Enlargement

application = CommandGroup()

ENLARGE_HELP: Final = """Make a small, sharp photo twice as wide and high. No detail is added.

New pixels are calculated from their neighbours: scaled down again, the result is the original photo. It
looks smoother than a browser's enlargement and shows no more detail. A photo that is blurred, was
enlarged before, is smaller than 64 pixels, or has 1000 pixels or more on its long side is refused, with
the reason, and nothing is written.

\b
Examples:
  packshot enlarge thumbnail.jpg -o twice.png
  packshot enlarge thumbnail.jpg -o twice.jpg --format jsonl

Exit status: 0 done; 1 refused or unreadable: nothing was written; 2 wrong usage, or the output cannot be
written.
"""


class RecordFormat(StrEnum):
    """Formats of the result on standard output."""

    TEXT = "text"
    JSONL = "jsonl"


@application.command("enlarge", help=ENLARGE_HELP)
def enlarge_command(
    photo: Annotated[Path, typer.Argument(parser=parse_path, metavar="PHOTO", help="A file; not -.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            parser=parse_path,
            metavar="FILE",
            help="Output, in the format its name says; not -.",
        ),
    ],
    output_format: Annotated[
        RecordFormat, typer.Option("--format", "-f", help="Format of the result on standard output.")
    ] = RecordFormat.TEXT,
    language: Annotated[str, typer.Option(help="Language of the reason: en or zh.")] = "en",
) -> None:
    """Enlarge; users read `ENLARGE_HELP`."""
    from packshot.assess.assessor import Assessor
    from packshot.enhance.enlarge import enlarge_file

    check_not_overwriting(output, [photo])
    record = enlarge_file(Assessor(language=language), str(photo), output)
    if output_format is RecordFormat.JSONL:
        typer.echo(record.model_dump_json())
    else:
        _print_text(record)
    raise typer.Exit(ExitStatus.DONE if record.output else ExitStatus.NOT_REACHED)


def _print_text(record: Enlargement) -> None:
    if record.error is not None:
        print_error(f"{record.path}: {record.error}")
        return
    size = f"{record.width_before} x {record.height_before}"
    if record.output is not None:
        size += f" -> {record.width_after} x {record.height_after}"
    typer.echo(f"{size}  {record.reason}")
