"""The options of `packshot clean`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.cli.formats import choose_format
from packshot.cli.options import (
    AllowPrivate,
    Feed,
    FormatOption,
    OutputFile,
    Ports,
    Quiet,
    RetryCount,
    StoreCredentials,
    StoreFile,
    TimeLimit,
    Workers,
    parse_path,
)
from packshot.processes import DEFAULT_TIME_LIMIT_S

CLEAN_HELP: Final = """Find what spoils a training set of photos, and propose what to do about it.

Photos that are unreadable, blurred, out of focus, over- or under-exposed; copies, also across the splits
of a set; labels that do not fit what is pictured, and labels for photos that have none. FEED is a folder
whose folders are labels, or a table, here, in an object store or, tables, at a URL. Photos may be in any
of these; those elsewhere are fetched into a temporary folder. The proposals go to standard output, or to
-o FILE. Nothing is changed: --apply writes a cleaned copy of a folder here, and of anything else a feed
of what is left. It is there when it is complete; its photos are those of the set to the byte, with all
that they tell of themselves.

\b
Examples:
  packshot clean training-set/ -o proposals.csv
  packshot clean training-set/ -o sheet.html             # contact sheets
  packshot clean set.csv --label-column type --split-column split
  packshot clean training-set/ -o proposals.csv --apply --to new/ --sure 0.9

Exit status: 0 done; 2 wrong usage, no photo found, or the output cannot be written; 130 interrupted.
"""


class LabelSourceName(StrEnum):
    """See `packshot.catalog.clean.LabelsFrom`."""

    FOLDER = "folder"
    COLUMN = "column"


def clean_command(
    feed: Feed,
    labels_from: Annotated[
        LabelSourceName | None, typer.Option(help="Where labels stand; by default as FEED is.")
    ] = None,
    label_column: Annotated[str | None, typer.Option(help='Of labels; "label" by default.')] = None,
    split_column: Annotated[
        str | None, typer.Option(help='Of splits, to tell copies across them; "split" by default.')
    ] = None,
    output_format: FormatOption = None,
    output: OutputFile = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write a cleaned copy; the set itself stays as it is.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(
            parser=parse_path, metavar="DIR", help="Where the cleaned copy goes: a new folder, or feed."
        ),
    ] = None,
    sure: Annotated[
        float, typer.Option(min=0, max=1, help="Confidence from which on proposals are carried out.")
    ] = 0.8,
    link: Annotated[
        bool, typer.Option("--link", help="Hard links instead of copies of the files.")
    ] = False,
    store: StoreFile = None,
    language: Annotated[str, typer.Option(help="Of reasons and reports: en or zh.")] = "en",
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Clean a training set; users read `CLEAN_HELP`."""
    from packshot.assess.pool import AssessorSettings
    from packshot.catalog.clean import CleanSettings, LabelSource
    from packshot.cli.clean import ApplyOptions, Request, run
    from packshot.cli.fetching import FetchAccess
    from packshot.errors import InvalidInput
    from packshot.processes import count_available_cores

    if apply != (to is not None):
        raise InvalidInput("--apply and --to DIR go together")
    request = Request(
        feed=feed,
        labels_from=None if labels_from is None else LabelSource(labels_from.value),
        label_column=label_column,
        split_column=split_column,
        access=FetchAccess(retries, allow_private, tuple(ports or ()), store_credentials),
        settings=CleanSettings(
            AssessorSettings(language=language), workers or count_available_cores(), timeout_s
        ),
        apply=None if to is None else ApplyOptions(to, sure, link),
        store=store,
        output_format=(output_format or choose_format(output)).value,
        output=output,
        quiet=quiet,
    )
    raise typer.Exit(run(request))
