"""`packshot atlas`: build, inspect and extend atlases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.commands import CommandGroup
from packshot.cli.options import EncoderFolder, Quiet, TimeLimit, Workers, parse_path
from packshot.cli.output import format_count
from packshot.cli.streams import get_standard_output, print_line
from packshot.processes import DEFAULT_TIME_LIMIT_S

application = CommandGroup(
    help="""Build, inspect and extend atlases: the rated photos behind scores.

\b
Examples:
  packshot atlas info                                    # the one that ships
  packshot atlas build ratings.csv photos/ -o shop.atlas.npz --scale 1 5
  packshot atlas add shop.atlas.npz mug.jpg --score 80 --origin "our team"
  packshot assess new-photos/ --atlas shop.atlas.npz

Exit status: 0 done; 2 wrong usage, or what is needed cannot be read or written.
""",
)

_INFO_HELP = """Say what an atlas holds: how many ratings, from whom, made with which models.

The answer goes to standard output.

\b
Examples:
  packshot atlas info
  packshot atlas info shop.atlas.npz --json | jq .examples

Exit status: 0 done; 2 wrong usage, or an atlas that cannot be read.
"""

_BUILD_HELP = """Build an atlas from photos that people rated.

A photo that cannot be read is left out and listed on standard error.

\b
Examples, for ratings from 1 to 5 in the columns "file" and "score":
  packshot atlas build ratings.csv photos/ -o shop.atlas.npz --scale 1 5
  packshot assess new-photos/ --atlas shop.atlas.npz

Exit status: 0 done; 2 wrong usage, ratings that cannot be read, or an atlas that cannot be written.
"""

_ADD_HELP = """Add one rated photo to an atlas; the next assessment uses it.

\b
Examples:
  packshot atlas add shop.atlas.npz mug.jpg --score 80 --origin "our team"

Exit status: 0 done; 2 wrong usage, or a photo or an atlas that cannot be read or written.
"""


@application.command("info", help=_INFO_HELP)
def info_command(
    path: Annotated[
        Path | None,
        typer.Argument(
            parser=parse_path, metavar="FILE", help="An atlas, not -; by default the shipped one."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Describe an atlas; users read `_INFO_HELP`."""
    from packshot.assess.atlas import Atlas

    info = (Atlas.load_shipped() if path is None else Atlas.load(path)).summarise()
    if as_json:
        get_standard_output(for_people=False).write(info.model_dump_json(indent=2) + "\n")
        return
    examples = format_count(info.examples, "rated example")
    print_line(f"{info.name}: {examples} in {format_count(info.groups, 'group')}")
    for origin, count in info.examples_by_origin.items():
        print_line(f"  {count:6d}  {origin}")
    low, middle, high = info.score_quartiles
    print_line(f"scores: quartiles {low:.1f}, {middle:.1f}, {high:.1f}")
    print_line(f"vectors: {info.content_dimensions} content, {info.distortion_dimensions} distortion")
    print_line(f"encoders: content {info.content_model}, distortion {info.distortion_model}")
    print_line(f"percentiles refer to: {info.reference}")


@application.command("build", help=_BUILD_HELP, runs_networks=True)
def build_command(
    ratings: Annotated[
        Path,
        typer.Argument(
            parser=parse_path, metavar="RATINGS", help="CSV with a file and a score column; not -."
        ),
    ],
    folder: Annotated[
        Path, typer.Argument(parser=parse_path, metavar="FOLDER", help="Where the files lie.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", parser=parse_path, metavar="FILE", help="The atlas to write; not -."
        ),
    ],
    scale: Annotated[tuple[float, float], typer.Option(help="The ratings that mean 0 and 100.")] = (
        0,
        100,
    ),
    name: Annotated[str, typer.Option(help="Name of the atlas.")] = "custom",
    origin: Annotated[str, typer.Option(help="Where the ratings came from.")] = "people",
    encoder: EncoderFolder = None,
    workers: Workers = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    """Build an atlas; users read `_BUILD_HELP`."""
    from packshot.cli.rating import Request, build_atlas_file

    request = Request(ratings, folder, output, scale, name, origin, encoder, workers, timeout_s, quiet)
    raise typer.Exit(build_atlas_file(request))


@application.command("add", help=_ADD_HELP, runs_networks=True)
def add_command(
    atlas: Annotated[
        Path,
        typer.Argument(parser=parse_path, metavar="ATLAS", help="The atlas to extend, in place; not -."),
    ],
    photo: Annotated[
        Path, typer.Argument(parser=parse_path, metavar="PHOTO", help="The rated photo; not -.")
    ],
    score: Annotated[float, typer.Option(min=0, max=100, help="Your rating, 0..100; larger is better.")],
    origin: Annotated[str, typer.Option(help="Where the rating came from.")] = "people",
    encoder: EncoderFolder = None,
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
) -> None:
    """Extend an atlas; users read `_ADD_HELP`."""
    from packshot.cli.rating import add_photo

    raise typer.Exit(add_photo(atlas, photo, score, origin, encoder, timeout_s))
