"""`packshot search`: index photos, and find those that are like others."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.commands import CommandGroup
from packshot.cli.formats import choose_format
from packshot.cli.options import (
    STANDARD_STREAM,
    FormatOption,
    OutputFile,
    Paths,
    Quiet,
    TimeLimit,
    Workers,
    parse_path,
)
from packshot.cli.streams import print_line
from packshot.processes import DEFAULT_TIME_LIMIT_S

application = CommandGroup(
    help="""Index photos, and find those that are like others.

\b
Examples:
  packshot search index shop-photos/                        # again any time
  packshot search query photo.jpg --index shop-photos/ -o alike.html
  packshot search info --index shop-photos/

Exit status: 0 done; 2 wrong usage, no photo found, or an index that cannot be used; 130 interrupted.
""",
)

_INDEX_HELP = """Index photos, so that `packshot search query` finds those that are alike.

Run it again whenever photos came or changed: only those are encoded. It may be interrupted at any time;
what was counted is kept, and the next run goes on from there.

\b
Examples:
  packshot search index shop-photos/        # into shop-photos/.packshot-index
  packshot search index shop-photos/ --index shop.index --table products.csv
  packshot search index shop-photos/ --prune                # forget the gone

A table is a CSV with a column "path" (relative to the CSV) and others, such as type and seller, that
`packshot search query --where type=mug` can ask for. The index is a folder; photos stay as they are, and
each is known by its path. What - stands for on standard input has no path: it cannot be indexed.

Exit status: 0 done; 2 wrong usage, no photo found, an index that cannot be used; 130 interrupted.
"""

_QUERY_HELP = """Find the photos of an index that are most like given ones.

PATHS are files, folders, glob patterns in quotes, CSV files with a column "path", or - for a photo on
standard input. Answers go to standard output, or to -o FILE; the index stays as it is.

\b
Examples:
  packshot search query photo.jpg --index shop-photos/
  packshot search query photo.jpg --index shop.index -k 20 -o alike.html
  packshot search query photo.jpg --index shop.index --where type=mug
  packshot search query "new/*.jpg" --index shop.index -f jsonl | jq .hits

Exit status: 0 done; 2 wrong usage, no photo found, an index that cannot be used; 130 interrupted.
"""


class DistanceName(StrEnum):
    """See `packshot.search.Distance`."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"


_INFO_HELP = """Say what an index holds and how it searches, on standard output.

\b
Examples:
  packshot search info                                      # the one here
  packshot search info --index shop-photos/
  packshot search info --index "milvus:http://host:19530#photos"

Exit status: 0 done; 2 wrong usage, or an index that cannot be used.
"""

_EXPORT_HELP = """Write ids, vectors and metadata of an index to a Parquet file.

\b
Examples:
  packshot search export --index shop-photos/ -o vectors.parquet

Exit status: 0 done; 2 wrong usage, an index that cannot be used, or a file that cannot be written.
"""

_IMPORT_HELP = """Take vectors and metadata of a Parquet file into an index that exists.

The file has a column "id", a column "vector" with as many numbers as the index asks for, and others that
become metadata, as packshot search export writes them. An id that is there already is replaced.

\b
Examples:
  packshot search import vectors.parquet --index other.index

Exit status: 0 done; 2 wrong usage, an index that cannot be used, or a file that cannot be read.
"""


def _parse_location(text: str) -> str:
    """Where an index lies."""
    if text == STANDARD_STREAM:
        raise typer.BadParameter("an index is a folder, not -; one of that name is ./-")
    return text


def _parse_photo_path(text: str) -> str:
    """Photos that have a path."""
    if text == STANDARD_STREAM:
        raise typer.BadParameter("a photo on standard input has no path to be found by: save it first")
    return text


IndexedPaths = Annotated[
    list[str],
    typer.Argument(
        parser=_parse_photo_path, metavar="PATHS", help="Files, folders, globs, CSV of paths; not -."
    ),
]
IndexLocation = Annotated[
    str | None,
    typer.Option(
        "--index",
        parser=_parse_location,
        metavar="PLACE",
        help='A folder, not -, or "milvus:ADDRESS#COLLECTION"; by default here.',
        show_default=False,
    ),
]


@application.command("index", help=_INDEX_HELP)
def index_command(
    paths: IndexedPaths,
    location: IndexLocation = None,
    table: Annotated[
        Path | None,
        typer.Option(parser=parse_path, metavar="FILE", help="CSV that says more about photos."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="exact, pq, ivf-pq, or a sentence for faiss; by default as the number asks."),
    ] = None,
    distance: Annotated[DistanceName | None, typer.Option(help="Between vectors; cosine.")] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Forget photos that are gone.")] = False,
    compact: Annotated[
        bool, typer.Option("--compact", help="Give back room, build the search structure anew.")
    ] = False,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Index photos; users read `_INDEX_HELP`."""
    from packshot.cli.search import IndexRequest, run_index

    distance_name = None if distance is None else distance.value
    request = IndexRequest(
        paths, location, table, kind, distance_name, prune, compact, workers, timeout_s, quiet
    )
    raise typer.Exit(run_index(request))


@application.command("query", help=_QUERY_HELP)
def query_command(
    paths: Paths,
    location: IndexLocation = None,
    result_count: Annotated[int, typer.Option("-k", min=1, max=10_000, help="Answers to each.")] = 10,
    where: Annotated[
        list[str] | None, typer.Option(help="KEY=VALUE that answers must have; may be repeated.")
    ] = None,
    output_format: FormatOption = None,
    output: OutputFile = None,
    language: Annotated[str, typer.Option(help="Of tables and pages: en or zh.")] = "en",
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Find photos alike; users read `_QUERY_HELP`."""
    from packshot.cli.search import QueryRequest, run_query

    chosen_format = output_format or choose_format(output)
    request = QueryRequest(
        paths,
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


@application.command("info", help=_INFO_HELP)
def info_command(location: IndexLocation = None) -> None:
    """Describe an index; users read `_INFO_HELP`."""
    from packshot.cli.search import find_index
    from packshot.search import open_index

    with open_index(find_index(location)) as index:
        print_line(f"{index.count()} items, {index.settings.distance} distance")
        print_line(
            f"vectors of {index.settings.dimensions} numbers, of the model {index.settings.model}"
        )
        print_line(index.describe())


@application.command("export", help=_EXPORT_HELP)
def export_command(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", parser=parse_path, metavar="FILE", help="The Parquet file to write; not -."
        ),
    ],
    location: IndexLocation = None,
) -> None:
    """Export an index; users read `_EXPORT_HELP`."""
    from packshot.cli.search import find_index
    from packshot.search import open_index
    from packshot.search.tables import export_parquet

    with open_index(find_index(location)) as index:
        print_line(f"{export_parquet(index, output)} items written to {output}")


@application.command("import", help=_IMPORT_HELP)
def import_command(
    table: Annotated[
        Path,
        typer.Argument(
            parser=parse_path, metavar="FILE", help="Parquet with the columns id and vector; not -."
        ),
    ],
    location: IndexLocation = None,
) -> None:
    """Import a table; users read `_IMPORT_HELP`."""
    from packshot.cli.search import find_index
    from packshot.search import open_index
    from packshot.search.tables import read_parquet

    with open_index(find_index(location), writable=True) as index:
        imported_count = max(index.ingest(read_parquet(table, index.settings.model)), default=0)
        index.flush()
    print_line(f"{imported_count} items taken in from {table}")
