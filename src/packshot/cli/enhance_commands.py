"""The options of `packshot enhance` and `packshot optimize`, which differ in how far they go."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.cli.options import STANDARD_STREAM, AtlasFile, Paths, Quiet, TimeLimit, Workers
from packshot.errors import InvalidInput
from packshot.processes import ENHANCE_TIME_LIMIT_S

DEFAULT_TARGET: Final = 80.0


class StreamFormat(StrEnum):
    """How results are written to standard output."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


ENHANCE_HELP: Final = """Repair light, colour, noise, sharpness; what does not get better stays as it is.

A photo that has nothing to repair, or that no step improves, is written byte for byte as it came, with
the reason; one that is too bad says "reshoot" and how. The product's colours and edges are guarded.
Where a photo was taken is left out of every output: also of a photo that is left as it is otherwise,
every pixel the same, and with --in-place out of the original. --keep-location leaves it in.

PATHS are files, folders (searched for photos), glob patterns in quotes, CSV files with a column "path",
or - for a photo on standard input. Photos are written to -o, never to standard output, which has what
was done to each, as --format says.

\b
Examples:
  packshot enhance photo.jpg -o better.jpg
  packshot enhance shop-photos/ -o better/ --report before-after.html
  packshot enhance shop-photos/ -o better/ --format jsonl | jq .action
  packshot enhance photo.jpg -o better.jpg --explain      # every step tried
  packshot enhance shop-photos/ -o better/ --skip-existing   # go on

Exit status: 0 done; 1 a photo's output could not be written, or Packshot failed on a photo; 2 wrong
usage, no photo found, nowhere to write, or an output that would replace a photo; 130 interrupted: what
was written stays.
"""

OPTIMIZE_HELP: Final = """Bring photos to a target score: repairs, white background, framing.

Assesses, tries the steps that the findings call for, keeps what raises the score, stops at the target.
What is read and written where: as packshot enhance, also of - as PATHS.

\b
Examples:
  packshot optimize shop-photos/ -o better/ --target 80
  packshot optimize mug.jpg -o new.jpg --steps whiten-background,frame-product
  packshot optimize shop-photos/ -o better/ --report pairs.html --explain

Exit status: 0 done; 1 a photo's output could not be written, or Packshot failed on a photo; 2 wrong
usage, no photo found, nowhere to write, or an output that would replace a photo; 130 interrupted: what
was written stays.
"""


def _parse_output(text: str) -> Path:
    """Where photos go."""
    if text == STANDARD_STREAM:
        raise typer.BadParameter("photos are not written to standard output: name a file or a folder")
    return Path(text)


def _parse_report(text: str) -> Path:
    """Where a report goes."""
    if text == STANDARD_STREAM:
        raise typer.BadParameter(
            "standard output has the results already, as --format says: name a file for the report"
        )
    return Path(text)


Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        parser=_parse_output,
        metavar="PLACE",
        help="A file for one photo, a folder for more: same names; not -.",
    ),
]
InPlace = Annotated[bool, typer.Option("--in-place", help="Replace the photos; permissions stay.")]
SkipExisting = Annotated[
    bool, typer.Option("--skip-existing", help="Leave out photos whose output is there already.")
]
Format = Annotated[StreamFormat, typer.Option("--format", "-f", help="Of the results on the terminal.")]
Report = Annotated[
    Path | None,
    typer.Option(
        parser=_parse_report,
        metavar="FILE",
        help="Also write a report: .html with before and after, .jsonl or .csv; not -.",
    ),
]
KeepLocation = Annotated[
    bool, typer.Option("--keep-location", help="Leave in the files where photos were taken.")
]
KeepTimes = Annotated[
    bool, typer.Option("--keep-times", help="Give outputs the dates of the photos' files.")
]
Target = Annotated[float | None, typer.Option(min=0, max=100, help="Stop at this score.")]
Rounds = Annotated[int, typer.Option(min=1, max=50, help="Steps tried for each photo, at most.")]
Steps = Annotated[str | None, typer.Option(help="Choose from these steps only: names with commas.")]
Explain = Annotated[bool, typer.Option("--explain", help="Show every step that was tried.")]
Language = Annotated[str, typer.Option(help="Of reasons and reports: en or zh.")]


def _make_command(product: bool, default_target: float | None) -> Callable[..., None]:
    """A command; both have the same options.

    Args:
        product: Whether background and frame may be changed as well.
        default_target: The default of ``--target``.
    """

    def command(
        paths: Paths,
        output: Output = None,
        in_place: InPlace = False,
        skip_existing: SkipExisting = False,
        keep_location: KeepLocation = False,
        keep_times: KeepTimes = False,
        output_format: Format = StreamFormat.TABLE,
        report: Report = None,
        target: Target = default_target,
        rounds: Rounds = 12,
        steps: Steps = None,
        explain: Explain = False,
        language: Language = "en",
        atlas: AtlasFile = None,
        workers: Workers = None,
        timeout_s: TimeLimit = ENHANCE_TIME_LIMIT_S,
        quiet: Quiet = False,
    ) -> None:
        from packshot.assess.pool import AssessorSettings
        from packshot.cli.enhance import Request, run
        from packshot.enhance.loop import LoopOptions
        from packshot.enhance.output import OutputOptions

        _check_one_output(output, in_place)
        request = Request(
            paths=paths,
            output=output,
            skip_existing=skip_existing,
            output_format=output_format.value,
            report=report,
            explain=explain,
            workers=workers,
            timeout_s=timeout_s,
            quiet=quiet,
            settings=AssessorSettings(atlas=atlas, language=language),
            options=LoopOptions(
                rounds, target, use_product_steps=product, only_steps=_parse_steps(steps)
            ),
            kept=OutputOptions(keep_location=keep_location, keep_times=keep_times),
        )
        raise typer.Exit(run(request))

    return command


enhance_command = _make_command(product=False, default_target=None)
optimize_command = _make_command(product=True, default_target=DEFAULT_TARGET)


def _check_one_output(output: Path | None, in_place: bool) -> None:
    if (output is None) is not in_place:
        raise InvalidInput(
            "say where to write: -o FILE or -o FOLDER, or --in-place to replace the photos"
        )


def _parse_steps(steps: str | None) -> frozenset[str] | None:
    """The steps named, None for all.

    Raises:
        InvalidInput: A name that no step has.
    """
    from packshot.enhance.candidates import STEP_NAMES

    if steps is None:
        return None
    names = frozenset(name.strip() for name in steps.split(",") if name.strip())
    unknown = names - set(STEP_NAMES)
    if unknown or not names:
        raise InvalidInput(f"no step {', '.join(sorted(unknown))!r}; there are {', '.join(STEP_NAMES)}")
    return names
