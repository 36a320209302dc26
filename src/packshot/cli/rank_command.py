"""The options of `packshot rank`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final

import typer

from packshot.cli.formats import choose_format
from packshot.cli.options import (
    AllowPrivate,
    AtlasFile,
    Feed,
    FormatOption,
    OutputFile,
    Ports,
    Quiet,
    RetryCount,
    StoreCredentials,
    TimeLimit,
    Workers,
)
from packshot.processes import DEFAULT_TIME_LIMIT_S

RANK_HELP: Final = """Put the photos of each product in order, the best main photo first, and say why.

FEED is a folder, or a table with a row for each photo, here, in an object store or at a URL; its photos
may lie in any of these. The present main photo is the one whose role is
"main", else the product's first. Another is proposed in its place where it cannot be read, fails the
policy, or is clearly worse: by more than the scores are certain to. A photo that fails the policy never
stands before one that does not; copies of a better photo take no place. A table goes to standard output,
or what --format says; no photo is changed.

\b
Examples:
  packshot rank feed.csv --policy amazon-main -o best.html
  packshot rank shop-photos/ --by-folder             # a product is a folder
  packshot rank feed.csv --sku-column article -f jsonl | jq 'select(.swap)'
  packshot rank feed.csv --with-emotion
  packshot rank https://shop.example/feed.xml -o best.html

Exit status: 0 done; 2 wrong usage, no photo found, or the output cannot be written; 130 interrupted.
"""


def rank_command(
    feed: Feed,
    by_folder: Annotated[
        bool, typer.Option("--by-folder", help="Each folder is a product, whatever the feed says.")
    ] = False,
    sku_column: Annotated[
        str | None, typer.Option(help='The column of the product; "sku", "id" and such by default.')
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="A policy that main photos must meet; see packshot policies.")
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By the rules of that day; today's.")
    ] = None,
    with_emotion: Annotated[
        bool, typer.Option("--with-emotion", help="Among tied photos the more pleasant comes first.")
    ] = False,
    output_format: FormatOption = None,
    output: OutputFile = None,
    language: Annotated[str, typer.Option(help="Of reasons and reports: en or zh.")] = "en",
    atlas: AtlasFile = None,
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Rank photos; users read `RANK_HELP`."""
    from packshot.assess.pool import AssessorSettings
    from packshot.catalog.rank import RankSettings, ScreeningSettings
    from packshot.cli.fetching import FetchAccess
    from packshot.cli.rank import Request, run
    from packshot.emotion import load_shipped_reader

    emotion = load_shipped_reader if with_emotion else None
    day = date.today() if on is None else on.date()
    settings = RankSettings(
        AssessorSettings(atlas=atlas, language=language, emotion_factory=emotion),
        None if policy is None else ScreeningSettings(policy, day, language),
    )
    request = Request(
        feed=feed,
        by_folder=by_folder,
        columns={} if sku_column is None else {"sku": sku_column},
        access=FetchAccess(retries, allow_private, tuple(ports or ()), store_credentials),
        settings=settings,
        output_format=(output_format or choose_format(output)).value,
        output=output,
        workers=workers,
        timeout_s=timeout_s,
        quiet=quiet,
    )
    raise typer.Exit(run(request))
