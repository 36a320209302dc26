"""`packshot atlas build` and `add`: from rated photos to an atlas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packshot.assess.assessor import require_same_encoders
from packshot.assess.atlas import Atlas
from packshot.assess.build import Built, build_atlas, encode_rated
from packshot.assess.ratings import RatedPhoto, read_ratings
from packshot.cli.output import carried_out, processes_for, shows_progress, tell, watched
from packshot.cli.streams import say
from packshot.encode import Encoders

_FEW = 8


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the options of ``packshot atlas build``."""

    ratings: Path
    folder: Path
    output: Path
    scale: tuple[float, float]
    name: str
    origin: str
    workers: int | None
    time_limit: float
    quiet: bool


def build(request: Request) -> int:
    """Build an atlas and write it; returns the exit status.

    Raises:
        PackshotError: Ratings that cannot be read, no readable photo, or nowhere to write.
    """
    photos = read_ratings(request.ratings, request.folder, request.scale)
    results: list[Built] = []
    work = partial(_build, request, photos, results)
    return carried_out(work, partial(_report, request, photos, results))


def add(atlas: Path, photo: Path, score: float, origin: str, time_limit: float) -> int:
    """Add a rated photo to an atlas in place; returns the exit status.

    Raises:
        PackshotError: The photo or the atlas cannot be read, or the atlas not be written.
    """
    own = Atlas.load(atlas)
    require_same_encoders(own, Encoders.packaged())

    def work() -> None:
        example = encode_rated(RatedPhoto(photo, score), origin, time_limit)
        extended = own.add([example])
        extended.save(atlas)
        say(f"{photo} added: {len(extended.scores)} rated examples")

    return carried_out(work, lambda prefix: tell([f"{prefix}nothing was added"], True, None, ()))


def _build(request: Request, photos: list[RatedPhoto], results: list[Built]) -> None:
    shown = shows_progress(request.output, "", request.quiet)
    built = build_atlas(
        photos,
        request.name,
        request.origin,
        workers=processes_for(len(photos), request.workers, _FEW),
        time_limit=request.time_limit,
        watch=partial(watched, doing="encoding", shown=shown),
    )
    built.atlas.save(request.output)
    results.append(built)
    say(f"{len(built.atlas.scores)} rated photos written to {request.output}")


def _report(request: Request, photos: list[RatedPhoto], results: list[Built], prefix: str = "") -> None:
    lines = [f"{prefix}of {len(photos)} rated photos no atlas was made"] if not results else []
    unreadable = [one for built in results for one in built.unreadable]
    tell(lines, request.quiet, None, unreadable)
