"""`packshot atlas`: build, inspect and extend atlases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.commands import Application
from packshot.cli.options import Quiet, TimeLimit, Workers
from packshot.processes import DEFAULT_TIME_LIMIT

application = Application(
    help="Build, inspect and extend atlases: the rated photos that scores rest on.",
)

_BUILD_HELP = """Build an atlas from photos that people rated.

\b
Example, for ratings from 1 to 5 in the columns "file" and "score":
  packshot atlas build ratings.csv photos/ -o shop.atlas.npz --scale 1 5
  packshot assess new-photos/ --atlas shop.atlas.npz
"""

_ADD_HELP = """Add one rated photo to an atlas; the next assessment uses it.

\b
Example:
  packshot atlas add shop.atlas.npz mug.jpg --score 80 --origin "catalogue team"
"""


@application.command("info")
def info_command(
    path: Annotated[Path | None, typer.Argument(help="An atlas; by default the shipped one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say what an atlas holds."""
    from packshot.assess.atlas import Atlas

    info = (Atlas.default() if path is None else Atlas.load(path)).info()
    if as_json:
        typer.echo(info.model_dump_json(indent=2))
        return
    typer.echo(f"{info.name}: {info.examples} rated examples in {info.groups} groups")
    for origin, count in info.examples_by_origin.items():
        typer.echo(f"  {count:6d}  {origin}")
    low, middle, high = info.score_quartiles
    typer.echo(f"scores: quartiles {low:.1f}, {middle:.1f}, {high:.1f}")
    typer.echo(f"vectors: {info.content_dimensions} content, {info.distortion_dimensions} distortion")
    typer.echo(f"encoders: content {info.content_model}, distortion {info.distortion_model}")
    typer.echo(f"percentiles refer to: {info.reference}")


@application.command("build", help=_BUILD_HELP)
def build_command(
    ratings: Annotated[Path, typer.Argument(help="CSV with a file and a score column.")],
    folder: Annotated[Path, typer.Argument(help="Where the files lie.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The atlas to write.")],
    scale: Annotated[tuple[float, float], typer.Option(help="The ratings that mean 0 and 100.")] = (
        0,
        100,
    ),
    name: Annotated[str, typer.Option(help="Name of the atlas.")] = "custom",
    origin: Annotated[str, typer.Option(help="Where the ratings came from.")] = "people",
    workers: Workers = None,
    time_limit: TimeLimit = DEFAULT_TIME_LIMIT,
    quiet: Quiet = False,
) -> None:
    """Build an atlas; users read `_BUILD_HELP`."""
    from packshot.cli.rating import Request, build

    request = Request(ratings, folder, output, scale, name, origin, workers, time_limit, quiet)
    raise typer.Exit(build(request))


@application.command("add", help=_ADD_HELP)
def add_command(
    atlas: Annotated[Path, typer.Argument(help="The atlas to extend, in place.")],
    photo: Annotated[Path, typer.Argument(help="The rated photo.")],
    score: Annotated[float, typer.Option(min=0, max=100, help="0..100, larger is better.")],
    origin: Annotated[str, typer.Option(help="Where the rating came from.")] = "people",
    time_limit: TimeLimit = DEFAULT_TIME_LIMIT,
) -> None:
    """Extend an atlas; users read `_ADD_HELP`."""
    from packshot.cli.rating import add

    raise typer.Exit(add(atlas, photo, score, origin, time_limit))
