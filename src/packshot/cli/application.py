"""The `packshot` command and its sub-commands."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from packshot.cli.atlas import application as atlas_application
from packshot.cli.audit_command import AUDIT_HELP, audit_command
from packshot.cli.clean_command import CLEAN_HELP, clean_command
from packshot.cli.commands import CommandGroup
from packshot.cli.duplicates_command import DUPLICATES_HELP, duplicates_command
from packshot.cli.emotion_command import EMOTION_HELP, emotion_command
from packshot.cli.enhance_commands import (
    ENHANCE_HELP,
    OPTIMIZE_HELP,
    enhance_command,
    optimize_command,
)
from packshot.cli.exits import ExitStatus
from packshot.cli.formats import choose_format
from packshot.cli.interrupts import has_interrupt
from packshot.cli.options import AtlasFile, FormatOption, OutputFile, Paths, Quiet, TimeLimit, Workers
from packshot.cli.policies import application as policies_application
from packshot.cli.rank_command import RANK_HELP, rank_command
from packshot.cli.screen_command import SCREEN_HELP, screen_command
from packshot.cli.search_commands import application as search_application
from packshot.cli.streams import print_error
from packshot.cli.train import application as train_application
from packshot.distribution import read_version as installed_version
from packshot.errors import InvalidInput, PackshotError
from packshot.processes import DEFAULT_TIME_LIMIT_S, format_unexpected_error

_HELP = """How good is each product photo, why, and what to do about it. Works offline.

\b
Examples:
  packshot assess shop-photos/                   # scores, and what is wrong
  packshot assess shop-photos/ -o report.html
  packshot assess - --format jsonl < upload.jpg  # - is standard input
  packshot enhance shop-photos/ -o better/
  packshot screen upload.jpg --policy amazon-main
  packshot audit feed.csv -o audit/
  packshot assess --help                         # all that a command can do

Results go to standard output or to the file of -o (-o - is standard output); messages go to standard
error. Tables suit the terminal; JSON lines, CSV and HTML are UTF-8 wherever they go. In tables and
messages the control characters of names are written as \\x1b and such.

Exit status: 0 done; 1 a bar that was set is not met; 2 wrong usage, or what is needed cannot be read or
written, standard output included; 70 a fault of Packshot; 130 interrupted; 141 the reader of standard
output has gone, as in "packshot ... | head"; 143 told to end.
"""

application = CommandGroup(
    name="packshot",
    help=_HELP,
    add_completion=False,
    pretty_exceptions_enable=False,
)
application.command("enhance", help=ENHANCE_HELP)(enhance_command)
application.command("optimize", help=OPTIMIZE_HELP)(optimize_command)
application.command("emotion", help=EMOTION_HELP)(emotion_command)
application.command("duplicates", help=DUPLICATES_HELP)(duplicates_command)
application.command("clean", help=CLEAN_HELP)(clean_command)
application.command("rank", help=RANK_HELP)(rank_command)
application.command("audit", help=AUDIT_HELP)(audit_command)
application.command("screen", help=SCREEN_HELP)(screen_command)
application.add_typer(atlas_application, name="atlas")
application.add_typer(policies_application, name="policies")
application.add_typer(search_application, name="search")
application.add_typer(train_application, name="train")


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(installed_version())
        raise typer.Exit


class DistanceName(StrEnum):
    """See `packshot.assess.retrieval.Distance`."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"
    MANHATTAN = "manhattan"


class AggregationName(StrEnum):
    """See `packshot.assess.retrieval.Aggregation`."""

    SIMPLE = "simple"
    WEIGHTED = "weighted"
    KERNEL = "kernel"


class RecordName(StrEnum):
    """A record with a published schema."""

    ASSESSMENT = "assessment"
    ENHANCEMENT = "enhancement"
    DUPLICATES = "duplicates"
    SEARCH_RESULT = "search-result"
    RANKING = "ranking"
    PROPOSAL = "proposal"
    VERDICT = "verdict"
    AUDIT_ROW = "audit-row"
    AUDIT_SUMMARY = "audit-summary"
    EMOTION = "emotion"


_ASSESS_HELP = """Score photos 0..100 with the evidence, what is wrong, where, and what to do.

PATHS are files, folders (searched for photos), glob patterns in quotes, CSV files with a column "path",
or - for a photo on standard input. A photo that cannot be read does not stop the run: it becomes a row,
and is listed at the end. Results go to standard output, or to -o FILE, all else to standard error.

\b
Examples:
  packshot assess shop-photos/
  packshot assess "photos/**/*.jpg" -o report.html
  packshot assess feed.csv --format jsonl | jq .score
  packshot assess upload.jpg --fail-under 60         # exit status 1 below 60
  packshot assess mug.jpg --explain --language zh
  packshot assess - --format jsonl < upload.jpg      # - is standard input
  packshot assess photos/ --emotion -o report.html   # also how photos feel
  packshot assess photos/ --overlays -o scores.csv   # also text, watermarks

Exit status: 0 done; 1 a photo is below --fail-under, or unreadable while it is given; 2 wrong usage,
no photo found, or the output cannot be written; 130 interrupted: complete lines are kept, those of
-o scores.jsonl in scores.jsonl.part.
"""


@application.command("assess", help=_ASSESS_HELP)
def assess_command(
    paths: Paths,
    output_format: FormatOption = None,
    output: OutputFile = None,
    fail_under: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="Exit with status 1 if any photo scores below."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Table: show evidence and measurements too.")
    ] = False,
    emotion: Annotated[
        bool, typer.Option("--emotion", help="Also how people are likely to feel about the photo.")
    ] = False,
    overlays: Annotated[
        bool,
        typer.Option(
            "--overlays", help="Also what lies over the photo: text, watermarks, frames, QR codes."
        ),
    ] = False,
    language: Annotated[str, typer.Option(help="Of findings and reports: en or zh.")] = "en",
    atlas: AtlasFile = None,
    neighbours: Annotated[
        int | None, typer.Option(min=1, help="Pieces of evidence that a score rests on.")
    ] = None,
    distance: Annotated[DistanceName, typer.Option(help="Between vectors.")] = DistanceName.COSINE,
    aggregation: Annotated[
        AggregationName, typer.Option(help="Of the evidence's scores.")
    ] = AggregationName.KERNEL,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Score photos; users read `_ASSESS_HELP`."""
    from packshot.assess.pool import AssessorSettings
    from packshot.cli.assess import Request, run
    from packshot.emotion import load_shipped_reader
    from packshot.report import OVERLAYS

    settings = AssessorSettings(
        atlas=atlas,
        language=language,
        neighbours=neighbours,
        distance=distance.value,
        aggregation=aggregation.value,
        overlays=tuple(OVERLAYS) if overlays else (),
        emotion_factory=load_shipped_reader if emotion else None,
    )
    chosen_format = output_format or choose_format(output)
    request = Request(
        paths, chosen_format.value, output, fail_under, explain, workers, timeout_s, quiet, settings
    )
    raise typer.Exit(run(request))


_SCHEMA_HELP = """Print the JSON schema of a line that a command writes as jsonl, on standard output.

\b
Examples:
  packshot schema                                 # of packshot assess
  packshot schema verdict > verdict.schema.json   # of packshot screen

Exit status: 0 done; 2 wrong usage.
"""

_VERSION_HELP = """Print the version, on standard output.

\b
Examples:
  packshot version

Exit status: 0 done; 2 wrong usage.
"""


def _parse_record_name(name: str) -> str:
    """A record by its name."""
    if name not in list(RecordName):
        raise typer.BadParameter(f"no record {name!r}; there are {', '.join(RecordName)}")
    return name


@application.command("schema", help=_SCHEMA_HELP)
def schema_command(
    record: Annotated[
        str,
        typer.Argument(
            parser=_parse_record_name,
            metavar="RECORD",
            help=f"What a line tells of: {', '.join(RecordName)}.",
        ),
    ] = RecordName.ASSESSMENT.value,
) -> None:
    """Print a schema; users read `_SCHEMA_HELP`."""
    import json

    from packshot.report import (
        Assessment,
        AuditRow,
        AuditSummary,
        DuplicateGroup,
        Emotion,
        Enhancement,
        Proposal,
        Ranking,
        Record,
        SearchResult,
        Verdict,
    )

    records: dict[RecordName, type[Record]] = {
        RecordName.ASSESSMENT: Assessment,
        RecordName.ENHANCEMENT: Enhancement,
        RecordName.DUPLICATES: DuplicateGroup,
        RecordName.SEARCH_RESULT: SearchResult,
        RecordName.RANKING: Ranking,
        RecordName.PROPOSAL: Proposal,
        RecordName.VERDICT: Verdict,
        RecordName.AUDIT_ROW: AuditRow,
        RecordName.AUDIT_SUMMARY: AuditSummary,
        RecordName.EMOTION: Emotion,
    }
    typer.echo(json.dumps(records[RecordName(record)].model_json_schema(), indent=2))


@application.callback()
def handle_global_options(
    _: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version."),
    ] = False,
) -> None:
    """What holds for all commands."""


@application.command("version", help=_VERSION_HELP)
def version_command() -> None:
    """Print the version."""
    typer.echo(installed_version())


def _check_current_folder() -> None:
    """Refuse to work where relative paths mean nothing, and no process can be started."""
    try:
        os.getcwd()
    except OSError as error:
        raise InvalidInput("the current folder is not there any more: go to another one") from error


def main() -> None:
    """Run the command line; errors of ours become one line and status 2."""
    try:
        _check_current_folder()
        application()
    except PackshotError as error:
        for line in error.lines:
            print_error(f"packshot: {line}")
        sys.exit(ExitStatus.USAGE)
    except Exception as error:
        if not has_interrupt():
            text = f"{format_unexpected_error(error)} (a fault of Packshot: --verbose tells where)"
            print_error(f"packshot: {text}")
        sys.exit(ExitStatus.FAULT)
