"""The options of `packshot duplicates`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.cli.formats import choose_format
from packshot.cli.options import (
    FilePaths,
    FormatOption,
    OutputFile,
    Quiet,
    StoreFile,
    TimeLimit,
    Workers,
    parse_path,
)
from packshot.processes import DEFAULT_TIME_LIMIT_S

DUPLICATES_HELP: Final = """Find photos that are copies of each other, say how, and which to keep.

Finds the same file, the same pixels, copies that were saved again, resized, cropped, framed, marked,
mirrored, turned or recoloured; and, apart, other photos of the same product. What was found out about a
photo is remembered: a second run costs only what is new, a run that was stopped goes on. The groups go
to standard output, or to -o FILE; no photo is changed.

\b
Examples:
  packshot duplicates shop-photos/
  packshot duplicates shop-photos/ -o duplicates.html
  packshot duplicates shop-photos/ --format jsonl | jq -r '.paths[1:][]'
  packshot duplicates shop-photos/ --new upload.jpg      # one against all
  packshot duplicates sellers/ --owner-folders --across-owners -o copied.csv

Exit status: 0 done; 2 wrong usage, no photo found, or the output cannot be written; 130 interrupted.
"""


def duplicates_command(
    paths: FilePaths,
    new: Annotated[
        list[str] | None,
        typer.Option("--new", help="Look up only this photo (or folder) among PATHS; may be repeated."),
    ] = None,
    output_format: FormatOption = None,
    output: OutputFile = None,
    same_product: Annotated[
        bool, typer.Option(help="Also other photos of the same product, as groups of their own.")
    ] = True,
    owners: Annotated[
        Path | None,
        typer.Option(
            parser=parse_path,
            metavar="FILE",
            help='A CSV with the columns "path" and "owner": whose photos they are.',
        ),
    ] = None,
    owner_folders: Annotated[
        bool, typer.Option("--owner-folders", help="Each folder directly below PATHS is an owner.")
    ] = False,
    across_owners: Annotated[
        bool, typer.Option("--across-owners", help="Only groups with photos of more than one owner.")
    ] = False,
    store: StoreFile = None,
    language: Annotated[str, typer.Option(help="Of reasons and reports: en or zh.")] = "en",
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Find duplicates; users read `DUPLICATES_HELP`."""
    from packshot.cli.duplicates import Ownership, Request, run

    request = Request(
        paths=paths,
        new_paths=new or [],
        output_format=(output_format or choose_format(output)).value,
        output=output,
        same_product=same_product,
        ownership=Ownership(owners, owner_folders, across_owners),
        store=store,
        language=language,
        workers=workers,
        timeout_s=timeout_s,
        quiet=quiet,
    )
    raise typer.Exit(run(request))
