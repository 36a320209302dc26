"""`packshot rank`: from a feed to the best photo of each product."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.catalog.rank import Product, RankSettings, group_products, rank_products
from packshot.cli.fetching import FetchAccess, select_local_files
from packshot.cli.output import (
    check_not_overwriting,
    check_page_output,
    choose_workers,
    format_photo_count,
    open_output,
    print_summary,
    run_and_report,
    should_show_progress,
    track_progress,
    write_results,
)
from packshot.render import RenderOptions, renderer_for
from packshot.report import Ranking, Status
from packshot.sources import LocalCopies, read_feed

_PARALLEL_THRESHOLD = 2


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

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
    """What a run found, for the summary."""

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
    """Rank and write; returns the exit status.

    Raises:
        PackshotError: Nothing to rank, nowhere to write, or an unknown policy.
    """
    rows = read_feed(request.feed, request.columns, request.access.fetcher)
    product_list = group_products(rows, by_folder=request.by_folder)
    photos = (location for product in product_list for location in product.photos)
    check_not_overwriting(request.output, select_local_files((request.feed, *photos)))
    check_page_output(request.output, request.output_format)
    tally = Tally()
    return run_and_report(
        partial(_rank_products, request, product_list, tally), partial(_print_report, tally, request)
    )


def _rank_products(request: Request, product_list: list[Product], tally: Tally) -> None:
    show_progress = should_show_progress(request.output, request.output_format, request.quiet)
    language = request.settings.assessor.language
    with (
        LocalCopies(request.access.fetcher.with_feed_restrictions(request.feed)) as local_copies,
        open_output(request.output, request.output_format) as stream,
        renderer_for(
            Ranking, request.output_format, stream, RenderOptions(language, file_of=local_copies.path)
        ) as renderer,
        closing(_iter_rankings(request, product_list, local_copies)) as rankings,
    ):
        write_results(
            track_progress(rankings, len(product_list), "ranking", show_progress), renderer, tally.count
        )


def _iter_rankings(
    request: Request, product_list: list[Product], local_copies: LocalCopies
) -> Generator[Ranking]:
    workers = choose_workers(len(product_list), request.workers, _PARALLEL_THRESHOLD)
    return rank_products(
        product_list, local_copies, request.settings, workers=workers, timeout_s=request.timeout_s
    )


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary and unreadable files on standard error."""
    swap_text = f"another main photo proposed for {tally.swap_count}"
    lines = [
        f"{prefix}{tally.product_count} products, {format_photo_count(tally.photo_count)}; {swap_text}"
    ]
    print_summary(lines, request.quiet, request.output, tally.unreadable)
