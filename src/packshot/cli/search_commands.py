"""`packshot search`: index photos, and find those that are like others."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.commands import Application
from packshot.cli.formats import format_for
from packshot.cli.options import OutputFile, Paths, Quiet, TimeLimit, Workers, Written
from packshot.processes import DEFAULT_TIME_LIMIT

application = Application(
    help="Index photos, and find those that are like others.",
)

_INDEX_HELP = """Index photos, so that `packshot search query` finds those that are alike.

Run it again whenever photos came or changed: only those are encoded. It may be interrupted at any time;
what was counted is kept, and the next run goes on from there.

\b
Examples:
  packshot search index shop-photos/                      # index in shop-photos/.packshot-index
  packshot search index shop-photos/ --index shop.index --table products.csv
  packshot search index shop-photos/ --prune              # forget photos that are gone

\b
A table is a CSV with a column "path" (relative to the CSV) and others, such as type and seller, that
`packshot search query --where type=mug` can ask for.

\b
Exit status: 0 done; 2 wrong usage, no photo found, an index that cannot be used; 130 interrupted.
"""

_QUERY_HELP = """Find the photos of an index that are most like given ones.

\b
Examples:
  packshot search query photo.jpg --index shop-photos/
  packshot search query photo.jpg --index shop.index -k 20 -o alike.html
  packshot search query photo.jpg --index shop.index --where type=mug --where seller=7
  packshot search query "new/*.jpg" --index shop.index --format jsonl | jq '.hits[0].id'

\b
Exit status: 0 done; 2 wrong usage, no photo found, an index that cannot be used; 130 interrupted.
"""


class DistanceName(StrEnum):
    """See `packshot.search.Distance`."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"


Place = Annotated[
    str | None,
    typer.Option("--index", help='A folder, or "milvus:ADDRESS#COLLECTION".', show_default=False),
]


@application.command("index", help=_INDEX_HELP)
def index_command(
    paths: Paths,
    place: Place = None,
    table: Annotated[Path | None, typer.Option(help="CSV that says more about photos.")] = None,
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
    time_limit: TimeLimit = DEFAULT_TIME_LIMIT,
    quiet: Quiet = False,
) -> None:
    """Index photos; users read `_INDEX_HELP`."""
    from packshot.cli.search import IndexRequest, run_index

    chosen = None if distance is None else distance.value
    request = IndexRequest(paths, place, table, kind, chosen, prune, compact, workers, time_limit, quiet)
    raise typer.Exit(run_index(request))


@application.command("query", help=_QUERY_HELP)
def query_command(
    paths: Annotated[list[str], typer.Argument(help="Photos to find the like of.")],
    place: Place = None,
    answers: Annotated[int, typer.Option("-k", min=1, max=10_000, help="Answers to each.")] = 10,
    where: Annotated[
        list[str] | None, typer.Option(help="KEY=VALUE that answers must have; may be repeated.")
    ] = None,
    output_format: Written = None,
    output: OutputFile = None,
    language: Annotated[str, typer.Option(help="Of tables and pages: en or zh.")] = "en",
    workers: Workers = None,
    time_limit: TimeLimit = DEFAULT_TIME_LIMIT,
    quiet: Quiet = False,
) -> None:
    """Find photos alike; users read `_QUERY_HELP`."""
    from packshot.cli.search import QueryRequest, run_query

    written = output_format or format_for(output)
    request = QueryRequest(
        paths,
        place,
        answers,
        where or [],
        written.value,
        output,
        language,
        workers,
        time_limit,
        quiet,
    )
    raise typer.Exit(run_query(request))


@application.command("info")
def info_command(place: Place = None) -> None:
    """Say what an index holds and how it searches."""
    from packshot.cli.search import located
    from packshot.search import open_index

    with open_index(located(place)) as index:
        typer.echo(f"{index.count()} items, {index.settings.distance} distance")
        typer.echo(
            f"vectors of {index.settings.dimensions} numbers, of the model {index.settings.model}"
        )
        typer.echo(index.describe())


@application.command("export")
def export_command(
    output: Annotated[Path, typer.Option("--output", "-o", help="The Parquet file to write.")],
    place: Place = None,
) -> None:
    """Write ids, vectors and metadata to a Parquet file."""
    from packshot.cli.search import located
    from packshot.search import open_index
    from packshot.search.tables import export_parquet

    with open_index(located(place)) as index:
        typer.echo(f"{export_parquet(index, output)} items written to {output}")


@application.command("import")
def import_command(
    table: Annotated[Path, typer.Argument(help="Parquet with the columns id and vector.")],
    place: Place = None,
) -> None:
    """Take vectors and metadata of a Parquet file into an index that exists."""
    from packshot.cli.search import located
    from packshot.search import open_index
    from packshot.search.tables import read_parquet

    with open_index(located(place), writes=True) as index:
        taken = max(index.ingest(read_parquet(table, index.settings.model)), default=0)
        index.flush()
    typer.echo(f"{taken} items taken in from {table}")
