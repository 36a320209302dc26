"""`packshot atlas build` and `add`: from rated photos to an atlas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packshot.assess.assessor import check_same_encoders
from packshot.assess.atlas import Atlas
from packshot.assess.build import AtlasBuild, build_atlas, encode_rated_photo
from packshot.assess.ratings import RatedPhoto, read_ratings
from packshot.cli.output import (
    choose_workers,
    print_summary,
    run_and_report,
)
from packshot.cli.progress import choose_progress, track_progress
from packshot.cli.streams import print_line
from packshot.encode import Encoders

_PARALLEL_THRESHOLD = 8
"""Photos from which several processes pay: starting one costs about a second."""


@dataclass(frozen=True)
class Request:
    """The user's request; see the options of ``packshot atlas build``."""

    ratings: Path
    folder: Path
    output: Path
    scale: tuple[float, float]
    name: str
    origin: str
    encoder: Path | None
    workers: int | None
    timeout_s: float
    quiet: bool


def build_atlas_file(request: Request) -> int:
    """Build an atlas and write it; return the exit status.

    Raises:
        PackshotError: Ratings that cannot be read, no readable photo, or nowhere to write.
    """
    photos = read_ratings(request.ratings, request.folder, request.scale)
    results: list[AtlasBuild] = []
    work = partial(_build_atlas, request, photos, results)
    return run_and_report(work, partial(_print_report, request, photos, results))


def add_photo(
    atlas: Path, photo: Path, score: float, origin: str, encoder: Path | None, timeout_s: float
) -> int:
    """Add a rated photo to an atlas in place; return the exit status.

    Raises:
        PackshotError: The photo or the atlas cannot be read, or the atlas not be written.
    """
    current_atlas = Atlas.load(atlas)
    check_same_encoders(current_atlas, Encoders.load(encoder))

    def work() -> None:
        example = encode_rated_photo(RatedPhoto(photo, score), origin, timeout_s, encoder)
        extended = current_atlas.with_examples([example])
        extended.save(atlas)
        print_line(f"{photo} added: {len(extended.scores)} rated examples")

    return run_and_report(
        work, lambda prefix: print_summary([f"{prefix}nothing was added"], True, None, ())
    )


def _build_atlas(request: Request, photos: list[RatedPhoto], results: list[AtlasBuild]) -> None:
    progress_style = choose_progress(request.output, "", request.quiet)
    built = build_atlas(
        photos,
        request.name,
        request.origin,
        encoder=request.encoder,
        workers=choose_workers(len(photos), request.workers, _PARALLEL_THRESHOLD),
        timeout_s=request.timeout_s,
        progress=partial(track_progress, activity="encoding", style=progress_style),
    )
    built.atlas.save(request.output)
    results.append(built)
    print_line(f"{len(built.atlas.scores)} rated photos written to {request.output}")


def _print_report(
    request: Request, photos: list[RatedPhoto], results: list[AtlasBuild], prefix: str = ""
) -> None:
    lines = [f"{prefix}of {len(photos)} rated photos no atlas was made"] if not results else []
    unreadable = [one for built in results for one in built.unreadable]
    print_summary(lines, request.quiet, None, unreadable)
