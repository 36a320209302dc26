"""The `packshot` command and its sub-commands."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from packshot.cli.atlas import application as atlas_application
from packshot.cli.audit_command import AUDIT_HELP, audit_command
from packshot.cli.clean_command import CLEAN_HELP, clean_command
from packshot.cli.commands import Application
from packshot.cli.duplicates_command import DUPLICATES_HELP, duplicates_command
from packshot.cli.emotion_command import EMOTION_HELP, emotion_command
from packshot.cli.enhance_commands import (
    ENHANCE_HELP,
    OPTIMIZE_HELP,
    enhance_command,
    optimize_command,
)
from packshot.cli.exits import Exit
from packshot.cli.formats import format_for
from packshot.cli.interrupts import interrupted
from packshot.cli.options import (
    OutputFile,
    OwnAtlas,
    Paths,
    Quiet,
    TimeLimit,
    Workers,
    Written,
)
from packshot.cli.policies import application as policies_application
from packshot.cli.rank_command import RANK_HELP, rank_command
from packshot.cli.screen_command import SCREEN_HELP, screen_command
from packshot.cli.search_commands import application as search_application
from packshot.cli.train import application as train_application
from packshot.distribution import version as installed_version
from packshot.processes import DEFAULT_TIME_LIMIT, in_words

application = Application(
    name="packshot",
    help="How good is each product photo, why, and what to do about it. Works offline.",
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


def _print_version(asked: bool) -> None:
    if asked:
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

PATHS are files, folders (searched for photos), glob patterns in quotes, or CSV files with a column
"path". A photo that cannot be read does not stop the run: it becomes a row, and is listed at the end.

\b
Examples:
  packshot assess shop-photos/
  packshot assess "photos/**/*.jpg" -o report.html
  packshot assess feed.csv --format jsonl | jq .score
  packshot assess upload.jpg --fail-under 60        # exit status 1 below 60
  packshot assess mug.jpg --explain --language zh
  packshot assess photos/ --emotion -o report.html  # also how photos feel; see packshot emotion
  packshot assess photos/ --overlays -o scores.csv  # also text, watermarks, frames, collages, codes

\b
Exit status: 0 done; 1 a photo is below --fail-under, or unreadable while it is given; 2 wrong usage,
no photo found, or the output cannot be written; 130 interrupted: complete lines are kept, those of
-o scores.jsonl in scores.jsonl.part.
"""


@application.command("assess", help=_ASSESS_HELP)
def assess_command(
    paths: Paths,
    output_format: Written = None,
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
    atlas: OwnAtlas = None,
    neighbours: Annotated[
        int | None, typer.Option(min=1, help="Pieces of evidence that a score rests on.")
    ] = None,
    distance: Annotated[DistanceName, typer.Option(help="Between vectors.")] = DistanceName.COSINE,
    aggregation: Annotated[
        AggregationName, typer.Option(help="Of the evidence's scores.")
    ] = AggregationName.KERNEL,
    workers: Workers = None,
    time_limit: TimeLimit = DEFAULT_TIME_LIMIT,
    quiet: Quiet = False,
) -> None:
    """Score photos; users read `_ASSESS_HELP`."""
    from packshot.assess.pool import AssessorSettings
    from packshot.cli.assess import Request, run
    from packshot.emotion import packaged_reading
    from packshot.measure.overlay import OVERLAYS

    settings = AssessorSettings(
        atlas=atlas,
        language=language,
        neighbours=neighbours,
        distance=distance.value,
        aggregation=aggregation.value,
        overlays=tuple(OVERLAYS) if overlays else (),
        emotion=packaged_reading if emotion else None,
    )
    written = output_format or format_for(output)
    request = Request(
        paths, written.value, output, fail_under, explain, workers, time_limit, quiet, settings
    )
    raise typer.Exit(run(request))


@application.command("schema")
def schema_command(
    record: Annotated[RecordName, typer.Argument(help="What a line tells of.")] = RecordName.ASSESSMENT,
) -> None:
    """Print the JSON schema of a line that a command writes as jsonl."""
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
    typer.echo(json.dumps(records[record].model_json_schema(), indent=2))


@application.callback()
def before_any_command(
    _: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version."),
    ] = False,
) -> None:
    """What holds for all commands."""


@application.command("version")
def version_command() -> None:
    """Print the version."""
    typer.echo(installed_version())


def main() -> None:
    """Run the command line; errors of ours become one line and status 2."""
    from packshot.errors import PackshotError

    try:
        application()
    except PackshotError as error:
        typer.echo(f"packshot: {error}", err=True)
        sys.exit(Exit.USAGE)
    except Exception as error:
        if not interrupted():
            told = f"{in_words(error)} (a fault of Packshot: --verbose tells where)"
            typer.echo(f"packshot: {told}", err=True)
        sys.exit(Exit.FAULT)
