"""`packshot rank`: from a feed to the best photo of each product."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from packshot.catalog.rank import Product, RankSettings, products, rank_products
from packshot.cli.fetching import Access, files_among
from packshot.cli.output import (
    add_each,
    carried_out,
    counted,
    processes_for,
    refuse_overwriting,
    refuse_page_on_terminal,
    shows_progress,
    sink,
    tell,
    watched,
)
from packshot.render import RenderOptions, renderer_for
from packshot.report import Ranking, Status
from packshot.sources import LocalCopies, read_feed

_FEW = 2


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

    feed: str
    by_folder: bool
    columns: Mapping[str, str]
    access: Access
    settings: RankSettings
    output_format: str
    output: Path | None
    workers: int | None
    time_limit: float
    quiet: bool


@dataclass
class Tally:
    """What a run found, for the summary."""

    products: int = 0
    swaps: int = 0
    photos: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, ranking: Ranking) -> None:
        """Take one product into account."""
        self.products += 1
        self.swaps += ranking.swap
        self.photos += len(ranking.order)
        broken = (photo for photo in ranking.order if photo.status is not Status.OK)
        self.unreadable += [(photo.path, photo.error or "") for photo in broken]


def run(request: Request) -> int:
    """Rank and write; returns the exit status.

    Raises:
        PackshotError: Nothing to rank, nowhere to write, or an unknown policy.
    """
    rows = read_feed(request.feed, request.columns, request.access.fetcher)
    found = products(rows, by_folder=request.by_folder)
    photos = (location for product in found for location in product.photos)
    refuse_overwriting(request.output, files_among((request.feed, *photos)))
    refuse_page_on_terminal(request.output, request.output_format)
    tally = Tally()
    return carried_out(partial(_rank, request, found, tally), partial(_report, tally, request))


def _rank(request: Request, found: list[Product], tally: Tally) -> None:
    shown = shows_progress(request.output, request.output_format, request.quiet)
    language = request.settings.assessor.language
    with (
        LocalCopies(request.access.fetcher.for_photos_of(request.feed)) as copies,
        sink(request.output, request.output_format) as stream,
        renderer_for(
            Ranking, request.output_format, stream, RenderOptions(language, file_of=copies.path)
        ) as writer,
        closing(_rankings(request, found, copies)) as rankings,
    ):
        add_each(watched(rankings, len(found), "ranking", shown), writer, tally.count)


def _rankings(request: Request, found: list[Product], copies: LocalCopies) -> Generator[Ranking]:
    workers = processes_for(len(found), request.workers, _FEW)
    return rank_products(found, copies, request.settings, workers=workers, time_limit=request.time_limit)


def _report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary and unreadable files on standard error."""
    swaps = f"another main photo proposed for {tally.swaps}"
    lines = [f"{prefix}{tally.products} products, {counted(tally.photos)}; {swaps}"]
    tell(lines, request.quiet, request.output, tally.unreadable)
