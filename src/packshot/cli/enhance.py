"""`packshot enhance` and `packshot optimize`: from paths to written photos, and a result for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.assess.pool import AssessorSettings
from packshot.cli.commands import CommandGroup
from packshot.cli.exits import ExitStatus
from packshot.cli.formats import OutputFormat
from packshot.cli.interrupts import defer_interrupt
from packshot.cli.options import (
    STANDARD_STREAM,
    AtlasFile,
    EncoderFolder,
    Paths,
    Quiet,
    TimeLimit,
    Workers,
)
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
)
from packshot.enhance.loop import LoopOptions
from packshot.enhance.output_file import OutputOptions
from packshot.enhance.output_paths import plan_in_place, plan_outputs
from packshot.enhance.pool import EnhancementTask, enhance_paths
from packshot.enhance.step_candidates import STEP_NAMES
from packshot.errors import InvalidInput
from packshot.processes import ENHANCE_TIME_LIMIT_S
from packshot.render import Renderer, RenderOptions, renderer_for
from packshot.report import Action, Enhancement, Status
from packshot.sources import expand_with_names, find_photo_file

_PARALLEL_THRESHOLD = 3
"""Photos from which several processes pay: each is assessed after every trial, starting a process takes
about a second. A judgement."""

DEFAULT_TARGET: Final = 80.0
"""Score, 0..100, that optimising aims at where no other is named. A convention."""


class StreamFormat(StrEnum):
    """Formats of results on standard output."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


application = CommandGroup()
optimize_application = CommandGroup()

ENHANCE_HELP: Final = """Repair light, colour, noise, blocks; what cannot be repaired stays as it is.

A photo that has nothing to repair, or that no step improves, is written byte for byte as it came, with
the reason; one that is too bad or blurred says "reshoot" and how. All that no measured fault called for
is guarded: tones, colours, edges, texture, print, skin. Steps that sharpen run only where --steps names
them.
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

Assesses, tries the steps that the findings call for, keeps what helps, stops at the target.
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
    """Parse the place that photos go to."""
    if text == STANDARD_STREAM:
        raise typer.BadParameter("photos are not written to standard output: name a file or a folder")
    return Path(text)


def _parse_report(text: str) -> Path:
    """Parse the place that a report goes to."""
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
    """Make a command; both have the same options.

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
        encoder: EncoderFolder = None,
        workers: Workers = None,
        timeout_s: TimeLimit = ENHANCE_TIME_LIMIT_S,
        quiet: Quiet = False,
    ) -> None:
        from packshot.assess.pool import AssessorSettings
        from packshot.enhance.loop import LoopOptions
        from packshot.enhance.output_file import OutputOptions

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
            settings=AssessorSettings(atlas=atlas, language=language, encoder=encoder, draws_map=False),
            options=LoopOptions(
                rounds, target, use_product_steps=product, only_steps=_parse_steps(steps)
            ),
            kept=OutputOptions(keep_location=keep_location, keep_times=keep_times),
        )
        raise typer.Exit(run(request))

    return command


enhance_command = application.command("enhance", help=ENHANCE_HELP)(
    _make_command(product=False, default_target=None)
)
optimize_command = optimize_application.command("optimize", help=OPTIMIZE_HELP)(
    _make_command(product=True, default_target=DEFAULT_TARGET)
)


def _check_one_output(output: Path | None, in_place: bool) -> None:
    if (output is None) is not in_place:
        raise InvalidInput(
            "say where to write: -o FILE or -o FOLDER, or --in-place to replace the photos"
        )


def _parse_steps(steps: str | None) -> frozenset[str] | None:
    """Parse the names of steps; None for all.

    Raises:
        InvalidInput: A name that no step has.
    """
    if steps is None:
        return None
    names = frozenset(name.strip() for name in steps.split(",") if name.strip())
    unknown = names - set(STEP_NAMES)
    if unknown or not names:
        raise InvalidInput(f"no step {', '.join(sorted(unknown))!r}; there are {', '.join(STEP_NAMES)}")
    return names


@dataclass(frozen=True)
class Request:
    """The user's request; see the command's options."""

    paths: list[str]
    output: Path | None  # None to replace the photos themselves
    skip_existing: bool
    output_format: str
    report: Path | None
    explain: bool
    workers: int | None
    timeout_s: float
    quiet: bool
    settings: AssessorSettings
    options: LoopOptions
    kept: OutputOptions


@dataclass
class Tally:
    """Counts of a run, for the summary and the exit status."""

    action_counts: Counter[Action] = field(default_factory=Counter)
    reached_count: int = 0
    crash_count: int = 0
    total_gain: float = 0.0
    skipped_count: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, result: Enhancement, target: float | None) -> None:
        """Take one result into account."""
        if result.status is not Status.OK or result.action is None:
            self.unreadable.append((result.path, result.error or ""))
            self.crash_count += result.status is Status.CRASHED
            return
        self.action_counts[result.action] += 1
        after = result.score_after or 0.0
        self.total_gain += after - (result.score_before or 0.0)
        self.reached_count += target is not None and after >= target


def run(request: Request) -> int:
    """Enhance and write; return the exit status.

    Raises:
        PackshotError: Nothing to enhance, nowhere to write, or an output that would harm an original.
    """
    tally = Tally()
    tasks = _plan_tasks(request, tally)
    if request.report is not None:
        check_not_overwriting(
            request.report, [path for task in tasks for path in (task.path, task.output)]
        )
    check_page_output(None, request.output_format)
    status = run_and_report(
        lambda: _enhance(request, tasks, tally), partial(_print_report, tally, request)
    )
    return ExitStatus.BELOW_THRESHOLD if status is ExitStatus.DONE and tally.crash_count else status


def _plan_tasks(request: Request, tally: Tally) -> list[EnhancementTask]:
    photos = expand_with_names(request.paths, standard_input=request.output is not None)
    tasks = plan_in_place(photos) if request.output is None else plan_outputs(photos, request.output)
    if not request.skip_existing:
        return tasks
    missing = [task for task in tasks if not task.output.exists()]
    tally.skipped_count = len(tasks) - len(missing)
    return missing


def _enhance(request: Request, tasks: list[EnhancementTask], tally: Tally) -> None:
    show_progress = should_show_progress(None, request.output_format, request.quiet)
    with ExitStack() as stack:
        renderers = [stack.enter_context(writer) for writer in _open_renderers(request, stack)]
        results = stack.enter_context(closing(_iter_results(request, tasks)))
        for result in track_progress(results, len(tasks), "enhancing", show_progress):
            tally.count(result, request.options.target_score)
            with defer_interrupt():
                for renderer in renderers:
                    renderer.add(result)


def _open_renderers(request: Request, stack: ExitStack) -> Iterator[Renderer[Enhancement]]:
    """Open a renderer for the terminal, and one for the report where it is wanted."""
    options = RenderOptions(request.settings.language, request.explain, file_of=find_photo_file)
    terminal_stream = stack.enter_context(open_output(None, request.output_format))
    yield renderer_for(Enhancement, request.output_format, terminal_stream, options)
    if request.report is not None:
        file_format = choose_report_format(request.report)
        stream = stack.enter_context(open_output(request.report, file_format))
        yield renderer_for(Enhancement, file_format, stream, options)


def choose_report_format(report: Path) -> OutputFormat:
    """Return the format that a report's extension names; a page for any other."""
    formats = {".jsonl": OutputFormat.JSONL, ".csv": OutputFormat.CSV}
    return formats.get(report.suffix.lower(), OutputFormat.HTML)


def _iter_results(request: Request, tasks: list[EnhancementTask]) -> Generator[Enhancement]:
    workers = choose_workers(len(tasks), request.workers, _PARALLEL_THRESHOLD)
    yield from enhance_paths(
        tasks,
        settings=request.settings,
        options=request.options,
        workers=workers,
        timeout_s=request.timeout_s,
        output_options=request.kept,
    )


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Print summary and unreadable files on standard error."""
    done_count = sum(tally.action_counts.values())
    parts = [f"{tally.action_counts[action]} {action.value}" for action in Action]
    gain_text = f", mean score {tally.total_gain / done_count:+.1f}" if done_count else ""
    lines = [f"{prefix}{format_photo_count(done_count)}: {', '.join(parts)}{gain_text}"]
    if request.options.target_score is not None:
        lines.append(f"{tally.reached_count} of {done_count} reach {request.options.target_score:g}")
    if tally.skipped_count:
        lines.append(f"{format_photo_count(tally.skipped_count)} skipped: the output is there")
    if request.report is not None:
        lines.append(f"report: {request.report}")
    print_summary(lines, request.quiet, None, tally.unreadable)
