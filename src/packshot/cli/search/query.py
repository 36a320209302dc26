"""`packshot search query`: from photos and an index to what is alike."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.cli.commands import CommandGroup
from packshot.cli.feeds import FeedOptions, make_feed_options
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
from packshot.cli.search.location import IndexLocation, find_index
from packshot.errors import InvalidInput
from packshot.processes import DEFAULT_TIME_LIMIT_S
from packshot.render import RenderOptions, renderer_for
from packshot.report import SearchResult, Status
from packshot.search import VectorIndex, open_index
from packshot.search.items import Value
from packshot.search.photos import (
    query_photos,
)
from packshot.sources import PhotoList

application = CommandGroup()

_PARALLEL_THRESHOLD: Final = 32
"""Photos from which several processes pay: starting one costs about a second."""

QUERY_HELP = """Find the photos of an index most similar to given ones.

PATHS are files, folders, glob patterns in quotes, feeds, addresses, or - for a photo on standard input.
Answers go to standard output, or to -o FILE; the index is not changed.

\b
Examples:
  packshot search query photo.jpg --index shop-photos/
  packshot search query photo.jpg --index shop.index -k 20 -o alike.html
  packshot search query photo.jpg --index shop.index --where type=mug
  packshot search query "new/*.jpg" --index shop.index -f jsonl | jq .hits

Exit status: 0 done; 1 no photo could be read; 2 wrong usage, no photo found, an index that cannot be
used; 130 interrupted.
"""


@application.command("query", help=QUERY_HELP, runs_networks=True)
def query_command(
    paths: Paths,
    location: IndexLocation = None,
    result_count: Annotated[
        int, typer.Option("-k", min=1, max=10_000, help="Answers for each photo.")
    ] = 10,
    where: Annotated[
        list[str] | None, typer.Option(help="KEY=VALUE that answers must have; may be repeated.")
    ] = None,
    output_format: FormatOption = None,
    output: OutputFile = None,
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
    """Find photos alike; users read `QUERY_HELP`."""
    chosen_format = output_format or choose_format(output)
    request = QueryRequest(
        paths,
        make_feed_options(columns, retries, allow_private, ports, store_credentials),
        location,
        result_count,
        where or [],
        chosen_format.value,
        output,
        language,
        workers,
        timeout_s,
        quiet,
    )
    raise typer.Exit(run_query(request))


@dataclass(frozen=True)
class QueryRequest:
    """The user's request; see the command's options."""

    paths: list[str]
    feeds: FeedOptions
    location: str | None
    result_count: int
    where: list[str]
    output_format: str
    output: Path | None
    language: str
    workers: int | None
    timeout_s: float
    quiet: bool


def run_query(request: QueryRequest) -> int:
    """Find photos alike; return the exit status.

    Raises:
        PackshotError: No photo to ask about, no index, or an output that would harm an input.
    """
    with (
        request.feeds.list_photos(request.paths, standard_input=True) as photos,
        open_index(find_index(request.location)) as index,
    ):
        check_not_overwriting(request.output, [*photos.local_paths, *select_local_files(request.paths)])
        check_page_output(request.output, request.output_format)
        unreadable: list[tuple[str, str]] = []
        work = partial(_query, request, index, photos, unreadable)
        question = f"{format_photo_count(len(photos))} asked about"
        status = run_and_report(
            work, lambda prefix: print_summary([f"{prefix}{question}"], True, None, unreadable)
        )
        return choose_status(status, photo_count=len(photos), unreadable_count=len(unreadable))


def parse_conditions(expressions: list[str]) -> dict[str, list[Value]]:
    """Parse KEY=VALUE as a filter; what reads as a number, or true or false, may be that or text.

    Raises:
        InvalidInput: A condition without a key.
    """
    filters: dict[str, list[Value]] = {}
    for condition in expressions:
        key, separator, text = condition.partition("=")
        if not separator or not key:
            raise InvalidInput(f"{condition!r}: a condition is KEY=VALUE, such as type=mug")
        filters.setdefault(key, []).extend(_parse_values(text))
    return filters


def _parse_values(text: str) -> list[Value]:
    if text in ("true", "false"):
        return [text, text == "true"]
    try:
        return [text, int(text)]
    except ValueError:
        return [text]


def _query(
    request: QueryRequest, index: VectorIndex, photos: PhotoList, unreadable: list[tuple[str, str]]
) -> None:
    progress_style = choose_progress(request.output, request.output_format, request.quiet)
    query_results = query_photos(
        index,
        photos.fetch(),
        request.result_count,
        parse_conditions(request.where),
        workers=choose_workers(len(photos), request.workers, _PARALLEL_THRESHOLD),
        timeout_s=request.timeout_s,
    )

    def count_unreadable(result: SearchResult) -> None:
        if result.status is not Status.OK:
            unreadable.append((result.path, result.error or ""))

    options = RenderOptions(
        request.language, file_of=photos.find_file, page_file=choose_page_file(request.output)
    )
    with ExitStack() as stack:
        results = stack.enter_context(closing(query_results))
        stream = stack.enter_context(open_output(request.output, request.output_format))
        renderer = stack.enter_context(
            renderer_for(SearchResult, request.output_format, stream, options)
        )
        write_results(
            track_progress(results, len(photos), "searching", progress_style), renderer, count_unreadable
        )
