"""`packshot rank`: from a feed to the best photo of each product."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.assess.pool import AssessorSettings
from packshot.catalog.rank import Product, RankSettings, ScreeningSettings, group_products, rank_products
from packshot.cli.commands import CommandGroup
from packshot.cli.fetching import FetchAccess, select_local_files
from packshot.cli.formats import choose_format
from packshot.cli.options import (
    AllowPrivate,
    AtlasFile,
    EncoderFolder,
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
from packshot.cli.output import (
    check_not_overwriting,
    check_page_output,
    choose_page_file,
    choose_status,
    choose_workers,
    format_count,
    format_photo_count,
    open_output,
    print_summary,
    run_and_report,
    write_results,
)
from packshot.cli.progress import choose_progress, track_progress
from packshot.emotion import load_shipped_reader
from packshot.processes import DEFAULT_TIME_LIMIT_S
from packshot.render import RenderOptions, renderer_for
from packshot.report import Ranking, Status
from packshot.sources import LocalCopies, read_feed

_PARALLEL_THRESHOLD = 2
"""Products from which several processes pay: a product has several photos. A judgement."""

application = CommandGroup()

RANK_HELP: Final = """Put the photos of each product in order, the best main photo first, and say why.

FEED is a folder, or a table with a row for each photo, on this machine, in an object store or at a URL;
its photos may be in any of these. The current main photo is the one whose role is "main", otherwise the
product's first. Another is proposed if it cannot be read, fails the policy, or is clearly worse: by more
than the uncertainty of the scores. A photo that fails the policy never comes before one that passes;
copies of a better photo are not ranked. A table, or what --format says, goes to standard output; no
photo is changed.

\b
Examples:
  packshot rank feed.csv --policy amazon-main -o best.html
  packshot rank shop-photos/ --by-folder             # a product is a folder
  packshot rank feed.csv --sku-column article -f jsonl | jq 'select(.swap)'
  packshot rank feed.csv --with-emotion
  packshot rank https://shop.example/feed.xml -o best.html

Exit status: 0 done; 1 no photo could be read; 2 wrong usage, no photo found, or the output cannot be
written; 130 interrupted.
"""


@application.command("rank", help=RANK_HELP, runs_networks=True)
def rank_command(
    feed: Feed,
    by_folder: Annotated[
        bool, typer.Option("--by-folder", help="Each folder is a product, whatever the feed says.")
    ] = False,
    sku_column: Annotated[
        str | None, typer.Option(help='Column that names the product; "sku", "id" and such by default.')
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="A policy that main photos must meet; see packshot policies.")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day whose rules apply; today by default."),
    ] = None,
    with_emotion: Annotated[
        bool, typer.Option("--with-emotion", help="Among tied photos the more pleasant comes first.")
    ] = False,
    output_format: FormatOption = None,
    output: OutputFile = None,
    language: Annotated[str, typer.Option(help="Language of reasons and reports: en or zh.")] = "en",
    atlas: AtlasFile = None,
    encoder: EncoderFolder = None,
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Rank photos; users read `RANK_HELP`."""
    emotion = load_shipped_reader if with_emotion else None
    day = date.today() if on is None else on.date()
    settings = RankSettings(
        AssessorSettings(
            atlas=atlas,
            language=language,
            encoder=encoder,
            draws_map=False,
            emotion_factory=emotion,
        ),
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


@dataclass(frozen=True)
class Request:
    """The user's request; see the command's options."""

    feed: str
    by_folder: bool
    columns: Mapping[str, str]
    access: FetchAccess
    settings: RankSettings
    output_format: str
    output: Path | None
    workers: int | None
    timeout_s: float
    quiet: bool


@dataclass
class Tally:
    """Counts of a run, for the summary."""

    product_count: int = 0
    swap_count: int = 0
    photo_count: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, ranking: Ranking) -> None:
        """Take one product into account."""
        self.product_count += 1
        self.swap_count += ranking.swap
        self.photo_count += len(ranking.order)
        unreadable = (photo for photo in ranking.order if photo.status is not Status.OK)
        self.unreadable += [(photo.path, photo.error or "") for photo in unreadable]


def run(request: Request) -> int:
    """Rank and write; return the exit status.

    Raises:
        PackshotError: Nothing to rank, nowhere to write, or an unknown policy.
    """
    rows = read_feed(request.feed, request.columns, request.access.fetcher)
    product_list = group_products(rows, by_folder=request.by_folder)
    photos = (location for product in product_list for location in product.photos)
    check_not_overwriting(request.output, select_local_files((request.feed, *photos)))
    check_page_output(request.output, request.output_format)
    tally = Tally()
    status = run_and_report(
        partial(_rank_products, request, product_list, tally), partial(_print_report, tally, request)
    )
    return choose_status(status, photo_count=tally.photo_count, unreadable_count=len(tally.unreadable))


def _rank_products(request: Request, product_list: list[Product], tally: Tally) -> None:
    progress_style = choose_progress(request.output, request.output_format, request.quiet)
    language = request.settings.assessor.language
    with (
        LocalCopies(request.access.fetcher.with_feed_restrictions(request.feed)) as local_copies,
        open_output(request.output, request.output_format) as stream,
        renderer_for(
            Ranking,
            request.output_format,
            stream,
            RenderOptions(
                language, file_of=local_copies.path, page_file=choose_page_file(request.output)
            ),
        ) as renderer,
        closing(_iter_rankings(request, product_list, local_copies)) as rankings,
    ):
        write_results(
            track_progress(rankings, len(product_list), "ranking", progress_style), renderer, tally.count
        )


def _iter_rankings(
    request: Request, product_list: list[Product], local_copies: LocalCopies
) -> Generator[Ranking]:
    workers = choose_workers(len(product_list), request.workers, _PARALLEL_THRESHOLD)
    with closing(
        rank_products(
            product_list, local_copies, request.settings, workers=workers, timeout_s=request.timeout_s
        )
    ) as rankings:
        for product, ranking in zip(product_list, rankings, strict=False):
            told = {"title": product.title, "description": product.description}
            yield ranking.model_copy(update=told)


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Print summary and unreadable files on standard error."""
    swap_text = f"another main photo proposed for {tally.swap_count}"
    counts = f"{format_count(tally.product_count, 'product')}, {format_photo_count(tally.photo_count)}"
    lines = [f"{prefix}{counts}; {swap_text}"]
    print_summary(lines, request.quiet, request.output, tally.unreadable)
