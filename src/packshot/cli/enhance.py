"""`packshot enhance` and `packshot optimize`: from paths to written photos, and a result for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from packshot.assess.pool import AssessorSettings
from packshot.cli.commands import CommandGroup
from packshot.cli.feeds import FeedOptions, add_listings, make_feed_options
from packshot.cli.formats import choose_format
from packshot.cli.interrupts import defer_interrupt
from packshot.cli.options import (
    STANDARD_STREAM,
    AllowPrivate,
    AtlasFile,
    ColumnNames,
    Day,
    EncoderFolder,
    Paths,
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
)
from packshot.cli.progress import choose_progress, track_progress
from packshot.enhance.goals import BackgroundTreatment, PresentationGoals
from packshot.enhance.loop_options import LoopOptions
from packshot.enhance.output_file import OutputOptions
from packshot.enhance.output_paths import plan_in_place, plan_outputs, plan_transparent
from packshot.enhance.pool import EnhancementTask, enhance_paths
from packshot.errors import InvalidInput
from packshot.processes import ENHANCE_TIME_LIMIT_S
from packshot.render import Renderer, RenderOptions, renderer_for
from packshot.report import Action, Decision, Enhancement, Status
from packshot.sources import InputPhoto, PhotoList

if TYPE_CHECKING:
    from packshot.catalog.optimize import PolicyTarget

_PARALLEL_THRESHOLD = 3
"""Photos from which several processes pay: each is assessed after every trial, starting a process takes
about a second. A judgement."""

DEFAULT_TARGET: Final = 80.0
"""Score, 0..100, that optimising aims at where no other is named. A convention."""

FILL_TOLERANCE: Final = 0.02
"""Share of the side by which a fill that was asked for may be missed by a photo that is left alone."""

RATIO_TOLERANCE: Final = 0.01
"""The same for a ratio, as a share of it: what policies allow."""

MIN_RATIO: Final = 0.2
"""Narrowest ratio, and the inverse of the widest, that is no slip of the hand."""


class StreamFormat(StrEnum):
    """Formats of results on standard output."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


class BackgroundChoice(StrEnum):
    """Backgrounds that can be asked for."""

    KEEP = "keep"
    WHITEN = "whiten"
    WHITE = "white"
    TRANSPARENT = "transparent"


application = CommandGroup()
optimize_application = CommandGroup()

ENHANCE_HELP: Final = """Repair light, colour, noise and compression; leave the rest as it is.

A photo that needs no repair, or that no step improves, is written byte for byte as it came, with the
reason; for one that is too bad or too blurred you are told to take it again, and how. Whatever has no
measured fault is protected: tones, colours, edges, texture, print, skin. Steps that sharpen run only if
--steps names them.

The location where a photo was taken is removed from every output, even from a photo that is otherwise
unchanged, and with --in-place from the original. --keep-location keeps it.

PATHS are files, folders (searched for photos), glob patterns in quotes, feeds (product tables of any
shop, on this machine, at a URL or in an object store), addresses, or - for a photo on standard input.
Photos are written to -o; what was done to each goes to standard output, in the format of --format.

\b
Examples:
  packshot enhance photo.jpg -o better.jpg
  packshot enhance shop-photos/ -o better/ --report before-after.html
  packshot enhance shop-photos/ -o better/ --format jsonl | jq .action
  packshot enhance photo.jpg -o better.jpg --explain      # every step tried
  packshot enhance shop-photos/ -o better/ --skip-existing   # continue

Exit status: 0 done; 1 no photo could be read, one is below the --target that was given, an output could
not be written, or Packshot failed on a photo; 2 wrong usage, no photo found, nowhere to write, or an
output that would replace a photo; 130 interrupted: outputs already written are kept.
"""

OPTIMIZE_HELP: Final = """Present products as shops want them: straight, centred, on white; then repair.

Straightens, crops borders off, whitens a nearly white plain background, and crops or pads until the
product is in the middle and fills the frame; the product's own pixels do not change. Then repairs like
packshot enhance, up to --target. With --policy it works towards a marketplace's rules and shows each
rule before and after. Anything uncertain (a room, a pattern, a product cut off at the edge) is left
alone, with the reason. Inputs and outputs are those of packshot enhance, including - as PATHS.

\b
Examples:
  packshot optimize shop/ -o better/ -p amazon-main --report pairs.html
  packshot optimize mug.jpg -o new.jpg --fill 85 --ratio 1:1
  packshot optimize mug.jpg -o mug.png --background transparent
  packshot optimize mug.jpg -o new.jpg --steps whiten-background,frame-product
  packshot optimize shop/ -o better/ --explain   # rule by rule, step by step

Exit status: 0 done; 1 no photo could be read, one is below the --target that was given, an output could
not be written, or Packshot failed on a photo; 2 wrong usage, no photo found, nowhere to write, or an
output that would replace a photo; 130 interrupted: outputs already written are kept.
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
        help="A file for one photo, a folder for several, which keep their names; not -.",
    ),
]
InPlace = Annotated[
    bool, typer.Option("--in-place", help="Replace the photos, keeping their permissions.")
]
SkipExisting = Annotated[
    bool, typer.Option("--skip-existing", help="Skip photos whose output already exists.")
]
Format = Annotated[
    StreamFormat, typer.Option("--format", "-f", help="Format of the results on the terminal.")
]
Report = Annotated[
    Path | None,
    typer.Option(
        parser=_parse_report,
        metavar="FILE",
        help="Also write a report: .html with before and after, .jsonl, .csv, .xlsx, ...; not -.",
    ),
]
KeepLocation = Annotated[
    bool, typer.Option("--keep-location", help="Keep in the files where photos were taken.")
]
KeepTimes = Annotated[
    bool, typer.Option("--keep-times", help="Give outputs the file dates of the originals.")
]
Target = Annotated[
    float | None,
    typer.Option(min=0, max=100, help="Stop at this score; exit with status 1 if a photo stays below."),
]
OptimizeTarget = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=100,
        help=f"Stop at this score, by default {DEFAULT_TARGET:g}; if given, exit status 1 below it.",
    ),
]
Rounds = Annotated[int, typer.Option(min=1, max=50, help="Most steps tried for each photo.")]
Steps = Annotated[str | None, typer.Option(help="Try only these steps: names separated by commas.")]
Explain = Annotated[bool, typer.Option("--explain", help="Show every step that was tried.")]
Language = Annotated[str, typer.Option(help="Language of reasons and reports: en or zh.")]


Background = Annotated[
    BackgroundChoice | None,
    typer.Option(
        help="white, transparent (.png, .webp): cut the product out of a plain background of any "
        "colour. keep: no change. By default a nearly white background becomes white."
    ),
]
FillPercent = Annotated[
    float | None,
    typer.Option(
        "--fill", min=10, max=100, help="Per cent of the tighter side that the product should span."
    ),
]
Ratio = Annotated[str | None, typer.Option(help="Width to height, such as 1:1 or 3:4.")]
PolicyName = Annotated[
    str | None, typer.Option("--policy", "-p", help="Policy to work towards: a name or a YAML file.")
]
Category = Annotated[
    str | None, typer.Option(help="Category of the products, for the policy, such as apparel.")
]


def _enhance_command(
    paths: Paths,
    output: Output = None,
    in_place: InPlace = False,
    skip_existing: SkipExisting = False,
    keep_location: KeepLocation = False,
    keep_times: KeepTimes = False,
    output_format: Format = StreamFormat.TABLE,
    report: Report = None,
    target: Target = None,
    rounds: Rounds = 12,
    steps: Steps = None,
    explain: Explain = False,
    language: Language = "en",
    atlas: AtlasFile = None,
    encoder: EncoderFolder = None,
    columns: ColumnNames = None,
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    workers: Workers = None,
    timeout_s: TimeLimit = ENHANCE_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    _check_one_output(output, in_place)
    request = Request(
        paths=paths,
        feeds=make_feed_options(columns, retries, allow_private, ports, store_credentials),
        output=output,
        skip_existing=skip_existing,
        output_format=output_format.value,
        report=report,
        explain=explain,
        workers=workers,
        timeout_s=timeout_s,
        quiet=quiet,
        settings=AssessorSettings(atlas=atlas, language=language, encoder=encoder, draws_map=False),
        options=LoopOptions(rounds, target, only_steps=_parse_steps(steps)),
        kept=OutputOptions(keep_location=keep_location, keep_times=keep_times),
        must_reach_target=target is not None,
    )
    raise typer.Exit(run(request))


def _optimize_command(
    paths: Paths,
    output: Output = None,
    in_place: InPlace = False,
    policy: PolicyName = None,
    category: Category = None,
    on: Day = None,
    background: Background = None,
    fill: FillPercent = None,
    ratio: Ratio = None,
    skip_existing: SkipExisting = False,
    keep_location: KeepLocation = False,
    keep_times: KeepTimes = False,
    output_format: Format = StreamFormat.TABLE,
    report: Report = None,
    target: OptimizeTarget = None,
    rounds: Rounds = 12,
    steps: Steps = None,
    explain: Explain = False,
    language: Language = "en",
    atlas: AtlasFile = None,
    encoder: EncoderFolder = None,
    columns: ColumnNames = None,
    retries: RetryCount = 3,
    allow_private: AllowPrivate = False,
    ports: Ports = None,
    store_credentials: StoreCredentials = False,
    workers: Workers = None,
    timeout_s: TimeLimit = ENHANCE_TIME_LIMIT_S,
    quiet: Quiet = False,
) -> None:
    from packshot.policy import find_required_overlays

    _check_one_output(output, in_place)
    policy_target = _load_target(policy, category, on, language)
    overlays = () if policy_target is None else find_required_overlays([policy_target.policy])
    request = Request(
        paths=paths,
        feeds=make_feed_options(columns, retries, allow_private, ports, store_credentials),
        output=output,
        skip_existing=skip_existing,
        output_format=output_format.value,
        report=report,
        explain=explain,
        workers=workers,
        timeout_s=timeout_s,
        quiet=quiet,
        settings=AssessorSettings(
            atlas=atlas, language=language, encoder=encoder, draws_map=False, overlays=overlays
        ),
        options=LoopOptions(
            rounds,
            DEFAULT_TARGET if target is None else target,
            only_steps=_parse_steps(steps, shows_products=True),
        ),
        kept=OutputOptions(keep_location=keep_location, keep_times=keep_times),
        must_reach_target=target is not None,
        goals=_build_goals(policy_target, background, fill, ratio),
        policy_target=policy_target,
    )
    raise typer.Exit(run(request))


enhance_command = application.command("enhance", help=ENHANCE_HELP, runs_networks=True)(_enhance_command)
optimize_command = optimize_application.command("optimize", help=OPTIMIZE_HELP, runs_networks=True)(
    _optimize_command
)


def _load_target(
    policy: str | None, category: str | None, on: datetime | None, language: str
) -> PolicyTarget | None:
    """Load the policy to work towards.

    Raises:
        PolicyError: There is none of that name, or it has a mistake.
    """
    from packshot.catalog.optimize import PolicyTarget
    from packshot.policy import load_policy

    if policy is None:
        return None
    day = (on or datetime.now().astimezone()).date()
    return PolicyTarget(
        load_policy(policy), day, category=category.lower() if category else None, language=language
    )


def _build_goals(
    target: PolicyTarget | None,
    background: BackgroundChoice | None,
    fill: float | None,
    ratio: str | None,
) -> PresentationGoals:
    """Build the goals: what was asked for by name, before what the policy says, before what is usual."""
    goals = PresentationGoals() if target is None else target.derive_goals()
    if background is not None:
        goals = replace(goals, background=BackgroundTreatment(background.value))
    if fill is not None:
        share = fill / 100
        near = (max(share - FILL_TOLERANCE, 0.01), min(share + FILL_TOLERANCE, 1.0))
        goals = replace(goals, fill_share=share, fill_range=near)
    if ratio is not None:
        aspect = _parse_ratio(ratio)
        goals = replace(
            goals, aspect_range=(aspect * (1 - RATIO_TOLERANCE), aspect * (1 + RATIO_TOLERANCE))
        )
    return goals


def _parse_ratio(text: str) -> float:
    """Parse width to height.

    Raises:
        InvalidInput: It is no such thing.
    """
    width, _, height = text.partition(":")
    try:
        ratio = float(width) / float(height or 1)
    except (ValueError, ZeroDivisionError):
        ratio = 0.0
    if not MIN_RATIO <= ratio <= 1 / MIN_RATIO:
        raise InvalidInput(f"--ratio {text}: write width and height, such as 1:1 or 3:4")
    return ratio


def _check_one_output(output: Path | None, in_place: bool) -> None:
    if (output is None) is not in_place:
        raise InvalidInput(
            "say where to write: -o FILE or -o FOLDER, or --in-place to replace the photos"
        )


def _parse_steps(steps: str | None, shows_products: bool = False) -> frozenset[str] | None:
    """Parse the names of steps, with those that show a product where they may be chosen; None for all.

    Raises:
        InvalidInput: A name that no step has.
    """
    if steps is None:
        return None
    known = _list_steps(shows_products)
    names = frozenset(name.strip() for name in steps.split(",") if name.strip())
    unknown = names - set(known)
    if unknown or not names:
        hint = "" if unknown.isdisjoint(_list_steps(shows_products=True)) else " (see packshot optimize)"
        raise InvalidInput(f"no step {', '.join(sorted(unknown))!r}{hint}; there are {', '.join(known)}")
    return names


def _list_steps(shows_products: bool) -> Collection[str]:
    """List the steps that a command knows: those that change background and frame are for optimize."""
    from packshot.enhance.presentation import PRESENTATION_STEPS
    from packshot.enhance.step_candidates import CLASSICAL_STEPS, NETWORK_STEP, STEP_NAMES

    if shows_products:
        return dict.fromkeys((*STEP_NAMES, *PRESENTATION_STEPS))
    return NETWORK_STEP, *CLASSICAL_STEPS


@dataclass(frozen=True)
class Request:
    """The user's request; see the command's options."""

    paths: list[str]
    feeds: FeedOptions
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
    must_reach_target: bool = False
    goals: PresentationGoals | None = None
    policy_target: PolicyTarget | None = None


@dataclass
class Tally:
    """Counts of a run, for the summary and the exit status."""

    action_counts: Counter[Action] = field(default_factory=Counter)
    reached_count: int = 0
    crash_count: int = 0
    total_gain: float = 0.0
    policy_counts: Counter[Decision] = field(default_factory=Counter)
    fixed_rule_count: int = 0
    failed_rule_count: int = 0
    skipped_count: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, result: Enhancement, target: float | None) -> None:
        """Take one result into account."""
        if result.status is not Status.OK or result.action is None:
            self.unreadable.append((result.path, result.error or ""))
            self.crash_count += result.status is Status.CRASHED
            return
        self.action_counts[result.action] += 1
        if result.policy is not None:
            failed = [rule for rule in result.policy.rules if rule.before is Decision.FAIL]
            self.policy_counts[result.policy.after] += 1
            self.failed_rule_count += len(failed)
            self.fixed_rule_count += sum(rule.is_fixed for rule in failed)
        after = result.score_after or 0.0
        self.total_gain += after - (result.score_before or 0.0)
        self.reached_count += target is not None and after >= target


def run(request: Request) -> int:
    """Enhance and write; return the exit status.

    Raises:
        PackshotError: Nothing to enhance, nowhere to write, or an output that would harm an original.
    """
    tally = Tally()
    takes_standard_input = request.output is not None
    with request.feeds.list_photos(request.paths, standard_input=takes_standard_input) as photos:
        tasks = _plan_tasks(request, photos, tally)
        if request.report is not None:
            choose_format(request.report)
            check_not_overwriting(
                request.report, [path for task in tasks for path in (task.path, task.output)]
            )
        check_page_output(None, request.output_format)
        status = run_and_report(
            lambda: _enhance(request, photos, tasks, tally), partial(_print_report, tally, request)
        )
    done_count = tally.action_counts.total()
    missed_count = done_count - tally.reached_count if request.must_reach_target else 0
    return choose_status(
        status,
        photo_count=done_count + tally.skipped_count + len(tally.unreadable),
        unreadable_count=len(tally.unreadable),
        is_unmet=bool(tally.crash_count or missed_count),
    )


def _plan_tasks(request: Request, photos: PhotoList, tally: Tally) -> list[EnhancementTask]:
    if request.output is None:
        _check_replaceable(photos)
        tasks = plan_in_place(photos.photos)
    else:
        tasks = plan_outputs(photos.photos, request.output)
    if request.goals is not None and request.goals.background is BackgroundTreatment.TRANSPARENT:
        tasks = plan_transparent(tasks)
    if not request.skip_existing:
        return tasks
    missing = [task for task in tasks if not task.output.exists()]
    tally.skipped_count = len(tasks) - len(missing)
    return missing


def _check_replaceable(photos: PhotoList) -> None:
    for photo in photos.photos:
        if photo.is_remote:
            raise InvalidInput(f"{photo.location} cannot be replaced in place: use -o FOLDER")


def _enhance(request: Request, photos: PhotoList, tasks: list[EnhancementTask], tally: Tally) -> None:
    progress_style = choose_progress(None, request.output_format, request.quiet)
    with ExitStack() as stack:
        renderers = [stack.enter_context(writer) for writer in _open_renderers(request, photos, stack)]
        results = stack.enter_context(closing(_iter_results(request, photos, tasks)))
        for result in track_progress(results, len(tasks), "enhancing", progress_style):
            tally.count(result, request.options.target_score)
            with defer_interrupt():
                for renderer in renderers:
                    renderer.add(result)


def _open_renderers(
    request: Request, photos: PhotoList, stack: ExitStack
) -> Iterator[Renderer[Enhancement]]:
    """Open a renderer for the terminal, and one for the report where it is wanted."""
    from packshot.policy.wording import summarise_policy

    target, language = request.policy_target, request.settings.language
    options = RenderOptions(
        language,
        request.explain,
        policies=() if target is None else (summarise_policy(target.policy, language),),
        file_of=photos.find_file,
    )
    terminal_stream = stack.enter_context(open_output(None, request.output_format))
    yield renderer_for(Enhancement, request.output_format, terminal_stream, options)
    if request.report is not None:
        file_format = choose_format(request.report)
        stream = stack.enter_context(open_output(request.report, file_format))
        page_file = choose_page_file(request.report)
        yield renderer_for(Enhancement, file_format, stream, replace(options, page_file=page_file))


def _iter_results(
    request: Request, photos: PhotoList, tasks: list[EnhancementTask]
) -> Generator[Enhancement]:
    workers = choose_workers(len(tasks), request.workers, _PARALLEL_THRESHOLD)
    chosen = _select_photos(photos, tasks)
    with (
        closing(photos.fetch(chosen)) as paths,
        closing(
            enhance_paths(
                (replace(task, path=path) for task, path in zip(tasks, paths, strict=True)),
                settings=request.settings,
                options=request.options,
                workers=workers,
                timeout_s=request.timeout_s,
                output_options=request.kept,
                goals=request.goals,
            )
        ) as results,
    ):
        target = request.policy_target
        for enhancement in add_listings(photos, results, chosen):
            yield enhancement if target is None else target.compare(enhancement)


def _select_photos(photos: PhotoList, tasks: list[EnhancementTask]) -> list[InputPhoto]:
    """Select the photos that the tasks are about, in their order."""
    photo_by_path = {id(photo.path): photo for photo in photos.photos}
    return [photo_by_path[id(task.path)] for task in tasks]


def _print_report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Print summary and unreadable files on standard error."""
    done_count = sum(tally.action_counts.values())
    parts = [f"{tally.action_counts[action]} {action.value}" for action in Action]
    gain_text = f", mean score {tally.total_gain / done_count:+.1f}" if done_count else ""
    lines = [f"{prefix}{format_photo_count(done_count)}: {', '.join(parts)}{gain_text}"]
    if request.options.target_score is not None:
        lines.append(
            f"score of {request.options.target_score:g} reached: {tally.reached_count} of {done_count}"
        )
    if request.policy_target is not None and done_count:
        decisions = ", ".join(f"{tally.policy_counts[one]} {one}" for one in Decision if one != "info")
        lines.append(
            f"{request.policy_target.policy.name}: {decisions}; fixed {tally.fixed_rule_count} of "
            f"{format_count(tally.failed_rule_count, 'failed rule')}"
        )
    if tally.skipped_count:
        lines.append(f"{format_photo_count(tally.skipped_count)} skipped: the output is there")
    if request.report is not None:
        lines.append(f"report: {request.report}")
    print_summary(lines, request.quiet, None, tally.unreadable)
