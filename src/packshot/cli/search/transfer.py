"""`packshot search export` and `import`: between an index and a Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.commands import CommandGroup
from packshot.cli.options import (
    parse_path,
)
from packshot.cli.output import format_count
from packshot.cli.search.location import IndexLocation, find_index
from packshot.cli.streams import print_line
from packshot.search import open_index
from packshot.search.parquet_file import export_parquet, read_parquet

export_application = CommandGroup()
import_application = CommandGroup()

EXPORT_HELP = """Write ids, vectors and metadata of an index to a Parquet file.

\b
Examples:
  packshot search export --index shop-photos/ -o vectors.parquet

Exit status: 0 done; 2 wrong usage, an index that cannot be used, or a file that cannot be written.
"""

IMPORT_HELP = """Take vectors and metadata of a Parquet file into an index that exists.

The file has a column "id", a column "vector" with as many numbers as the index asks for, and others that
become metadata, as packshot search export writes them. An id that is there already is replaced.

\b
Examples:
  packshot search import vectors.parquet --index other.index

Exit status: 0 done; 2 wrong usage, an index that cannot be used, or a file that cannot be read.
"""


@export_application.command("export", help=EXPORT_HELP)
def export_command(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", parser=parse_path, metavar="FILE", help="The Parquet file to write; not -."
        ),
    ],
    location: IndexLocation = None,
) -> None:
    """Export an index; users read `EXPORT_HELP`."""
    with open_index(find_index(location)) as index:
        print_line(f"{format_count(export_parquet(index, output), 'item')} written to {output}")


@import_application.command("import", help=IMPORT_HELP)
def import_command(
    table: Annotated[
        Path,
        typer.Argument(
            parser=parse_path, metavar="FILE", help="Parquet with the columns id and vector; not -."
        ),
    ],
    location: IndexLocation = None,
) -> None:
    """Import a table; users read `IMPORT_HELP`."""
    with open_index(find_index(location), writable=True) as index:
        imported_count = max(index.ingest(read_parquet(table, index.settings.model)), default=0)
        index.flush()
    print_line(f"{format_count(imported_count, 'item')} taken in from {table}")
