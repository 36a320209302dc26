"""`packshot search info`: what an index holds."""

from __future__ import annotations

from packshot.cli.commands import CommandGroup
from packshot.cli.output import format_count
from packshot.cli.search.location import IndexLocation, find_index
from packshot.cli.streams import print_line
from packshot.search import open_index

application = CommandGroup()

INFO_HELP = """Say what an index holds and how it searches, on standard output.

\b
Examples:
  packshot search info                                      # the one here
  packshot search info --index shop-photos/
  packshot search info --index "milvus:http://host:19530#photos"

Exit status: 0 done; 2 wrong usage, or an index that cannot be used.
"""


@application.command("info", help=INFO_HELP)
def info_command(location: IndexLocation = None) -> None:
    """Describe an index; users read `INFO_HELP`."""
    with open_index(find_index(location)) as index:
        print_line(f"{format_count(index.count(), 'item')}, {index.settings.distance} distance")
        print_line(
            f"vectors of {index.settings.dimensions} numbers, of the model {index.settings.model}"
        )
        print_line(index.describe())
