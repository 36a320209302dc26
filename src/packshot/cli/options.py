"""Options that several commands have, in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.formats import OutputFormat

Paths = Annotated[list[str], typer.Argument(help="Files, folders, globs, CSV of paths.")]
Written = Annotated[
    OutputFormat | None,
    typer.Option("--format", "-f", help="By default as the output's extension says, else a table."),
]
OutputFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file, not the terminal.")
]
OwnAtlas = Annotated[Path | None, typer.Option(help="An atlas of your own; see packshot atlas.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; one for each core by default.")]
TimeLimit = Annotated[
    float,
    typer.Option("--time-limit", min=0.1, help="Seconds for one photo; then it is given up."),
]
TimesRetried = Annotated[int, typer.Option("--retries", min=0, help="Of a source that does not answer.")]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Fetch from private networks and this machine too.")
]
StoreCredentials = Annotated[
    bool,
    typer.Option(
        "--store-credentials",
        help="Photos that a feed from elsewhere names in object stores are asked for with this "
        "machine's credentials; else without, but in the feed's own bucket.",
    ),
]
Ports = Annotated[
    list[int] | None, typer.Option("--port", help="Fetch from this port too; may be repeated.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")]
