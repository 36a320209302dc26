"""`packshot search`: index photos, and find those that are like others."""

from __future__ import annotations

from typing import Final

from packshot.cli.commands import CommandGroup, LazyCommand

_HELP = """Index photos, and find those that are like others.

\b
Examples:
  packshot search index shop-photos/                        # again any time
  packshot search query photo.jpg --index shop-photos/ -o alike.html
  packshot search info --index shop-photos/

Exit status: 0 done; 1 no photo could be read; 2 wrong usage, no photo found, or an index that cannot be
used; 130 interrupted.
"""

_COMMANDS: Final = {
    "index": LazyCommand(
        "packshot.cli.search.index", "Index photos, so that query can find similar ones."
    ),
    "query": LazyCommand(
        "packshot.cli.search.query", "Find the photos of an index most similar to given ones."
    ),
    "info": LazyCommand("packshot.cli.search.info", "Say what an index holds and how it searches."),
    "export": LazyCommand(
        "packshot.cli.search.transfer",
        "Write vectors and metadata to a Parquet file.",
        "export_application",
    ),
    "import": LazyCommand(
        "packshot.cli.search.transfer",
        "Read vectors and metadata from a Parquet file.",
        "import_application",
    ),
}
"""In the order of the list; what it says of each fits into a line of 80 characters."""

application = CommandGroup(commands=_COMMANDS, help=_HELP)
