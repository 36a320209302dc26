"""`packshot emotion`: from paths to a written result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.cli.commands import CommandGroup
from packshot.cli.feeds import FeedOptions, add_listings, make_feed_options
from packshot.cli.fetching import select_local_files
from packshot.cli.formats import choose_format
from packshot.cli.options import (
    AllowPrivate,
    ColumnNames,
    FormatOption,
    OutputFile,
    Paths,
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
from packshot.emotion.pool import read_emotions
from packshot.processes import DEFAULT_TIME_LIMIT_S
from packshot.render import RenderOptions, renderer_for
from packshot.report import Emotion, Polarity
from packshot.sources import PhotoList

_PARALLEL_THRESHOLD = 32
"""Photos from which several processes pay: reading one takes some 25 ms, starting a process about a
second."""

application = CommandGroup()

EMOTION_HELP: Final = """Say how people are likely to feel about photos, how strongly, and where in them.

Each photo is positive, negative, mixed (both sides are present) or neutral (neither is). This was
learned from ratings of photos of all kinds: it does not judge products or forecast sales.

PATHS are files, folders (searched for photos), glob patterns in quotes, feeds (product tables of any
shop, on this machine, at a URL or in an object store), addresses, or - for a photo on standard input. A
photo that cannot be read does not stop the run: it becomes a row, and is listed at the end. Results go
to standard output, or to -o FILE; everything else goes to standard error.

\b
Examples:
  packshot emotion shop-photos/
  packshot emotion "photos/**/*.jpg" -o feelings.html
  packshot emotion feed.csv --format jsonl | jq '{path, polarity}'
  packshot emotion - --format jsonl < upload.jpg         # - is standard input
  packshot assess shop-photos/ --emotion -o report.html  # with the quality

Exit status: 0 done; 1 no photo could be read; 2 wrong usage, no photo found, or the output cannot be
written; 130 interrupted: complete lines are kept, those of -o feelings.jsonl in feelings.jsonl.part.
"""


@application.command("emotion", help=EMOTION_HELP, runs_networks=True)
def emotion_command(
    paths: Paths,
    output_format: FormatOption = None,
    output: OutputFile = None,
    model: Annotated[
        Path | None,
        typer.Option(
            parser=parse_path,
            metavar="FILE",
            help="An emotion network of your own; see packshot train emotion.",
        ),
    ] = None,
    language: Annotated[str, typer.Option(help="Language of tables and pages: en or zh.")] = "en",
    columns: ColumnNames = None,
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Read emotions; users read `EMOTION_HELP`."""
    chosen_format = output_format or choose_format(output)
    feeds = make_feed_options(columns, retries, allow_private, ports, store_credentials)
    request = Request(
        paths, feeds, chosen_format.value, output, model, language, workers, timeout_s, quiet
    )
    raise typer.Exit(run(request))


@dataclass(frozen=True)
class Request:
    """The user's request; see the command's options."""

    paths: list[str]
    feeds: FeedOptions
    output_format: str
    output: Path | None
    model: Path | None
    language: str
    workers: int | None
    timeout_s: float
    quiet: bool


@dataclass
class Tally:
    """Counts of a run, for the summary."""

    polarity_counts: Counter[Polarity] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, emotion: Emotion) -> None:
        """Take one result into account."""
        if emotion.polarity is None:
            self.unreadable.append((emotion.path, emotion.error or ""))
        else:
            self.polarity_counts[emotion.polarity] += 1


def run(request: Request) -> int:
    """Read and write; return the exit status.

    Raises:
        PackshotError: Nothing to read, nowhere to write, or a model that cannot be used.
    """
    with request.feeds.list_photos(request.paths, standard_input=True) as photos:
        check_not_overwriting(request.output, [*photos.local_paths, *select_local_files(request.paths)])
        check_page_output(request.output, request.output_format)
        tally = Tally()
        status = run_and_report(
            partial(_read_emotions, request, photos, tally), partial(_print_report, tally, request)
        )
    unreadable_count = len(tally.unreadable)
    photo_count = tally.polarity_counts.total() + unreadable_count
    return choose_status(status, photo_count=photo_count, unreadable_count=unreadable_count)


def _read_emotions(request: Request, photos: PhotoList, tally: Tally) -> None:
    progress_style = choose_progress(request.output, request.output_format, request.quiet)
    options = RenderOptions(
        request.language, file_of=photos.find_file, page_file=choose_page_file(request.output)
    )
    with (
        open_output(request.output, request.output_format) as stream,
        renderer_for(Emotion, request.output_format, stream, options) as renderer,
        closing(_iter_results(request, photos)) as results,
    ):
        write_results(
            track_progress(results, len(photos), "reading", progress_style), renderer, tally.count
        )


def _iter_results(request: Request, photos: PhotoList) -> Generator[Emotion]:
    workers = choose_workers(len(photos), request.workers, _PARALLEL_THRESHOLD)
    with (
        closing(photos.fetch()) as paths,
        closing(
            read_emotions(paths, model=request.model, workers=workers, timeout_s=request.timeout_s)
        ) as results,
    ):
        yield from add_listings(photos, results)


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Print summary and unreadable files on standard error."""
    parts = ", ".join(f"{tally.polarity_counts[polarity]} {polarity.value}" for polarity in Polarity)
    lines = [f"{prefix}{format_photo_count(tally.polarity_counts.total())} read: {parts}"]
    print_summary(lines, request.quiet, request.output, tally.unreadable)
