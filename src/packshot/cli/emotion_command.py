"""The options of `packshot emotion`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.cli.formats import choose_format
from packshot.cli.options import FormatOption, OutputFile, Paths, Quiet, TimeLimit, Workers, parse_path
from packshot.processes import DEFAULT_TIME_LIMIT_S

EMOTION_HELP: Final = """Say how people are likely to feel about photos, how strongly, and where in them.

Each photo is positive, negative, mixed (both sides are present) or neutral (neither is). This was
learned from ratings of photos of all kinds: it is no judgement of a product, no forecast of sales.

PATHS are files, folders (searched for photos), glob patterns in quotes, CSV files with a column "path",
or - for a photo on standard input. A photo that cannot be read does not stop the run: it becomes a row,
and is listed at the end. Results go to standard output, or to -o FILE, all else to standard error.

\b
Examples:
  packshot emotion shop-photos/
  packshot emotion "photos/**/*.jpg" -o feelings.html
  packshot emotion feed.csv --format jsonl | jq '{path, polarity}'
  packshot emotion - --format jsonl < upload.jpg         # - is standard input
  packshot assess shop-photos/ --emotion -o report.html  # and the quality

Exit status: 0 done; 2 wrong usage, no photo found, or the output cannot be written; 130 interrupted:
complete lines are kept, those of -o feelings.jsonl in feelings.jsonl.part.
"""


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
    language: Annotated[str, typer.Option(help="Of tables and pages: en or zh.")] = "en",
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Read emotions; users read `EMOTION_HELP`."""
    from packshot.cli.emotion import Request, run

    chosen_format = output_format or choose_format(output)
    request = Request(paths, chosen_format.value, output, model, language, workers, timeout_s, quiet)
    raise typer.Exit(run(request))
