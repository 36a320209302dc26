"""The options of `packshot audit`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.cli.options import (
    AllowPrivate,
    AtlasFile,
    Feed,
    Ports,
    Quiet,
    RetryCount,
    StoreCredentials,
    TimeLimit,
    Workers,
    parse_path,
)
from packshot.cli.screen_command import Day
from packshot.processes import DEFAULT_TIME_LIMIT_S

AUDIT_HELP: Final = """Judge every photo of a feed and account for every input, in a folder of results.

FEED is a folder, a table (columns such as sku, image, role, category, seller), or an address. DIR gets
audit.parquet, audit.csv, audit.xlsx, audit.html with the worst photos, and summary.json. What is done
stays done: after a crash, a kill or Ctrl-C the same command goes on where it was. Nothing is read from
standard input, and nothing but messages, on standard error, is written elsewhere.

\b
Examples:
  packshot audit shop-photos/ -o audit/
  packshot audit feed.csv -o audit/ --policy amazon-main --fail-under 60
  packshot audit feed.parquet -o audit/ --columns sku=item --columns image=url
  packshot audit feed.csv -o audit/ --policy google-merchant --on 2027-02-01

Exit status: 0 done; 1 --fail-under or --policy is given, and a photo fails or could not be assessed;
2 wrong usage, a feed or policy that cannot be read, another audit in DIR; 130 interrupted: the same
command goes on.
"""


class EngineName(StrEnum):
    """Where photos are examined."""

    LOCAL = "local"
    RAY = "ray"


def audit_command(
    feed: Feed,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", parser=parse_path, metavar="DIR", help="Folder for the results; not -."
        ),
    ],
    policies: Annotated[
        list[str] | None, typer.Option("--policy", "-p", help="Name or YAML file; may be repeated.")
    ] = None,
    on: Day = None,
    fail_under: Annotated[
        float | None, typer.Option(min=0, max=100, help="Photos that score below fail.")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option(help="Your name of a column: sku=ITEM_NO; may be repeated.")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what was done in DIR.")] = False,
    cache: Annotated[
        Path | None,
        typer.Option(
            parser=parse_path,
            metavar="FOLDER",
            help="Of assessments that audits share; by default yours.",
        ),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Assess each input for itself, also equal files.")
    ] = False,
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    worst: Annotated[int, typer.Option(min=0, max=5000, help="Photos shown in the page.")] = 200,
    language: Annotated[str, typer.Option(help="Of remedies and the page: en or zh.")] = "en",
    atlas: AtlasFile = None,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    engine: Annotated[
        EngineName, typer.Option(help="ray: a cluster (RAY_ADDRESS) that sees the same files; no cache.")
    ] = EngineName.LOCAL,
    quiet: Quiet = False,
) -> None:
    """Audit a feed; users read `AUDIT_HELP`."""
    from packshot.cli.audit import Request, run
    from packshot.cli.fetching import FetchAccess

    request = Request(
        feed=feed,
        output=output,
        policies=policies or [],
        on=on.date() if on else None,
        fail_under=fail_under,
        columns=columns or [],
        restart=restart,
        cache=None if no_cache else cache,
        no_cache=no_cache,
        access=FetchAccess(retries, allow_private, tuple(ports or ()), store_credentials),
        worst=worst,
        language=language,
        atlas=atlas,
        workers=workers,
        timeout_s=timeout_s,
        engine=engine.value,
        quiet=quiet,
    )
    raise typer.Exit(run(request))
