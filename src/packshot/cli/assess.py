"""`packshot assess`: from paths to a written result."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.cli.commands import CommandGroup
from packshot.cli.feeds import FeedOptions, add_listings, make_feed_options
from packshot.cli.fetching import select_local_files
from packshot.cli.formats import OutputFormat, choose_format
from packshot.cli.options import (
    AllowPrivate,
    AtlasFile,
    ColumnNames,
    EncoderFolder,
    FormatOption,
    OptionalPaths,
    OutputFile,
    Ports,
    Quiet,
    RetryCount,
    StoreCredentials,
    TimeLimit,
    Workers,
    parse_path,
)
from packshot.cli.output import (
    check_not_overwriting,
    check_page_output,
    choose_page_file,
    choose_status,
    choose_workers,
    format_photo_count,
    open_output,
    print_summary,
    run_and_report,
    write_results,
)
from packshot.cli.progress import choose_progress, track_progress
from packshot.cli.watch import announce, watch_folder
from packshot.errors import InvalidInput
from packshot.processes import DEFAULT_TIME_LIMIT_S, count_available_cores
from packshot.render import RenderOptions, renderer_for
from packshot.report import OVERLAYS, Assessment, Status
from packshot.sources import PhotoList

if TYPE_CHECKING:
    from packshot.assess.assessor import EmotionFunction

application = CommandGroup()

_PARALLEL_THRESHOLD: Final = 8
"""Photos from which several processes pay: starting one costs about a second."""

_WATCH_OUTPUT: Final = Path("scores.jsonl")
"""Stands for standard output where lines are written."""

ASSESS_HELP: Final = """Score photos from 0 to 100; say what is wrong, where, why, and what to do.

PATHS are files, folders (searched for photos), glob patterns in quotes, feeds (product tables of any
shop, on this machine, at a URL or in an object store), addresses, or - for a photo on standard input. A
photo that cannot be read does not stop the run: it becomes a row, and is listed at the end. Results go
to standard output, or to -o FILE; everything else goes to standard error.

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
  packshot assess photos/ --encoder large/           # with larger models
  packshot assess --watch incoming/ -o scores.jsonl  # until Ctrl-C

Exit status: 0 done; 1 no photo could be read, or with --fail-under one scores below it or is unreadable;
2 wrong usage, no photo found, or the output cannot be written; 130 interrupted: complete lines are
kept, those of -o scores.jsonl in scores.jsonl.part.
"""


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


@application.command("assess", help=ASSESS_HELP, runs_networks=True)
def assess_command(
    paths: OptionalPaths = None,
    output_format: FormatOption = None,
    output: OutputFile = None,
    fail_under: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="Exit with status 1 if any photo scores below this."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also show evidence and measurements in the table.")
    ] = False,
    emotion: Annotated[
        bool, typer.Option("--emotion", help="Also say how people are likely to feel about each photo.")
    ] = False,
    overlays: Annotated[
        bool,
        typer.Option("--overlays", help="Also look for added text, watermarks, frames and QR codes."),
    ] = False,
    damage_map: Annotated[
        bool, typer.Option("--damage-map", help="Also write to JSON where the photo looks damaged.")
    ] = False,
    language: Annotated[str, typer.Option(help="Language of findings and reports: en or zh.")] = "en",
    atlas: AtlasFile = None,
    encoder: EncoderFolder = None,
    neighbours: Annotated[
        int | None, typer.Option(min=1, help="Number of rated photos that a score rests on.")
    ] = None,
    distance: Annotated[
        DistanceName, typer.Option(help="Distance between vectors.")
    ] = DistanceName.COSINE,
    aggregation: Annotated[
        AggregationName, typer.Option(help="How the evidence's ratings are combined.")
    ] = AggregationName.KERNEL,
    watch: Annotated[
        Path | None,
        typer.Option(
            parser=parse_path,
            metavar="FOLDER",
            help="Instead of PATHS: assess each photo that arrives here, until Ctrl-C; JSON lines.",
        ),
    ] = None,
    columns: ColumnNames = None,
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Score photos; users read `ASSESS_HELP`."""
    _check_watch(watch, paths, output_format, output)
    waits_for_lines = watch is not None
    chosen_format = output_format or (OutputFormat.JSONL if waits_for_lines else choose_format(output))
    settings = AssessorSettings(
        atlas=atlas,
        encoder=encoder,
        language=language,
        neighbours=neighbours,
        distance=distance.value,
        aggregation=aggregation.value,
        overlays=tuple(OVERLAYS) if overlays else (),
        draws_map=chosen_format is OutputFormat.HTML
        or (damage_map and chosen_format is OutputFormat.JSONL),
        emotion_factory=_find_emotion_reader() if emotion else None,
    )
    request = Request(
        paths or [],
        make_feed_options(columns, retries, allow_private, ports, store_credentials),
        chosen_format.value,
        output,
        fail_under,
        explain,
        workers,
        timeout_s,
        quiet,
        settings,
    )
    raise typer.Exit(run(request) if watch is None else _watch(request, watch))


def _check_watch(
    watch: Path | None, paths: list[str] | None, output_format: OutputFormat | None, output: Path | None
) -> None:
    """Raise `InvalidInput` where there is nothing to assess, or more than can be watched."""
    if watch is None:
        if not paths:
            raise InvalidInput("name photos, folders or feeds as PATHS, or a folder with --watch")
        return
    if paths:
        raise InvalidInput("--watch assesses what arrives in its folder: name no other PATHS")
    if (output_format or choose_format(output or _WATCH_OUTPUT)) is not OutputFormat.JSONL:
        raise InvalidInput("--watch writes JSON lines: add -o scores.jsonl")


def _watch(request: Request, folder: Path) -> int:
    """Assess what arrives; return the exit status."""
    tally = Tally()
    announce(folder, request.quiet)
    return run_and_report(
        lambda: watch_folder(
            folder,
            request.output,
            request.settings,
            workers=request.workers or count_available_cores(),
            timeout_s=request.timeout_s,
            count=partial(tally.count, threshold=request.fail_under),
        ),
        partial(_print_report, tally, request),
    )


def _find_emotion_reader() -> Callable[[], EmotionFunction]:
    from packshot.emotion import load_shipped_reader

    return load_shipped_reader


@dataclass(frozen=True)
class Request:
    """The user's request; see the command's options."""

    paths: list[str]
    feeds: FeedOptions
    output_format: str
    output: Path | None
    fail_under: float | None
    explain: bool
    workers: int | None
    timeout_s: float
    quiet: bool
    settings: AssessorSettings


@dataclass
class Tally:
    """Counts of a run, for the summary and the exit status."""

    assessed_count: int = 0
    below_count: int = 0
    total_score: float = 0.0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, assessment: Assessment, threshold: float | None) -> None:
        """Take one result into account."""
        if assessment.status is not Status.OK:
            self.unreadable.append((assessment.path, assessment.error or ""))
            return
        score = assessment.score or 0.0
        self.assessed_count += 1
        self.total_score += score
        self.below_count += threshold is not None and score < threshold


def run(request: Request) -> int:
    """Assess and write; return the exit status.

    Raises:
        PackshotError: Nothing to assess, or nowhere to write.
    """
    with request.feeds.list_photos(request.paths, standard_input=True) as photos:
        check_not_overwriting(request.output, [*photos.local_paths, *select_local_files(request.paths)])
        check_page_output(request.output, request.output_format)
        tally = Tally()
        status = run_and_report(
            lambda: _assess(request, photos, tally), partial(_print_report, tally, request)
        )
    has_failure = bool(tally.below_count or tally.unreadable)
    return choose_status(
        status,
        photo_count=tally.assessed_count + len(tally.unreadable),
        unreadable_count=len(tally.unreadable),
        is_unmet=request.fail_under is not None and has_failure,
    )


def _assess(request: Request, photos: PhotoList, tally: Tally) -> None:
    options = RenderOptions(
        request.settings.language,
        request.explain,
        file_of=photos.find_file,
        page_file=choose_page_file(request.output),
    )
    progress_style = choose_progress(request.output, request.output_format, request.quiet)
    with (
        open_output(request.output, request.output_format) as stream,
        renderer_for(Assessment, request.output_format, stream, options) as renderer,
        closing(_iter_results(request, photos)) as results,
    ):
        count_result = partial(tally.count, threshold=request.fail_under)
        write_results(
            track_progress(results, len(photos), "assessing", progress_style), renderer, count_result
        )


def _iter_results(request: Request, photos: PhotoList) -> Generator[Assessment]:
    workers = choose_workers(len(photos), request.workers, _PARALLEL_THRESHOLD)
    with (
        closing(photos.fetch()) as paths,
        closing(
            assess_paths(paths, settings=request.settings, workers=workers, timeout_s=request.timeout_s)
        ) as results,
    ):
        yield from add_listings(photos, results)


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Print summary and unreadable files on standard error."""
    mean = f", mean score {tally.total_score / tally.assessed_count:.1f}" if tally.assessed_count else ""
    lines = [f"{prefix}{format_photo_count(tally.assessed_count)} assessed{mean}"]
    if request.fail_under is not None:
        lines.append(f"{tally.below_count} below {request.fail_under:g}")
    print_summary(lines, request.quiet, request.output, tally.unreadable)
