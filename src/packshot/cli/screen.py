"""`packshot screen`: from paths to verdicts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path

from pydantic import ValidationError

from packshot import inputs
from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.cli.exits import Exit
from packshot.cli.output import (
    add_each,
    carried_out,
    counted,
    messages,
    processes_for,
    refuse_overwriting,
    refuse_page_on_terminal,
    shows_progress,
    sink,
    tell,
    watched,
)
from packshot.errors import InvalidInput, SourceError
from packshot.policy import Policy, load_policy, newly_failing, overlays_asked, screen
from packshot.policy.wording import summarize_policy
from packshot.render import RenderOptions, renderer_for
from packshot.report import Assessment, Decision, Status, Verdict
from packshot.sources import Placement, expand, find_file, placements

_FEW = 8
_RECORDED = ".jsonl"
_LONGEST_LINE = 4 * 2**20
"""Bytes of an assessment in JSON; most take some thousand, one with all maps a hundred thousand."""


@dataclass(frozen=True)
class Request:
    """What the user asked for; see the command's options."""

    paths: list[str]
    policies: list[str]
    on: date
    since: date | None
    role: str
    category: str | None
    fail_on: str | None
    output_format: str
    output: Path | None
    language: str
    workers: int | None
    time_limit: float
    quiet: bool


@dataclass
class Tally:
    """What a run met, for the summary and the exit status."""

    photos: int = 0
    last: str = ""
    decisions: dict[str, Counter[Decision]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def count(self, verdict: Verdict) -> None:
        """Take one verdict into account."""
        if verdict.decision is None:
            self.unreadable[verdict.path] = verdict.error or ""
            return
        self.photos += verdict.path != self.last  # The verdicts of a photo follow one another.
        self.last = verdict.path
        self.decisions.setdefault(verdict.policy, Counter())[verdict.decision] += 1

    def fails(self, bar: Decision) -> bool:
        """Whether any verdict is the bar's or worse, or a photo is unreadable."""
        worse = tuple(Decision)[: tuple(Decision).index(bar) + 1]
        met = any(counts[decision] for counts in self.decisions.values() for decision in worse)
        return met or bool(self.unreadable)


def run(request: Request) -> int:
    """Screen and write; returns the exit status.

    Raises:
        PackshotError: A policy with a mistake, nothing to screen, or nowhere to write.
    """
    policies = _policies(request)
    recorded = [Path(path) for path in request.paths if path.endswith(_RECORDED)]
    named = (path for path in request.paths if not path.endswith(_RECORDED))
    photos = list(expand(named, standard_input=True))
    refuse_overwriting(request.output, [*photos, *map(Path, request.paths)])
    refuse_page_on_terminal(request.output, request.output_format)
    tally = Tally()
    work = partial(_screen, request, policies, recorded, photos, tally)
    ended = carried_out(work, partial(_report, tally, request))
    if ended is not Exit.DONE:
        return ended
    failed = request.fail_on is not None and tally.fails(Decision(request.fail_on))
    return Exit.BELOW_BAR if failed else Exit.DONE


def _policies(request: Request) -> list[Policy]:
    """The policies asked for, and a note where the category has no rules in any of them."""
    policies = [load_policy(name) for name in dict.fromkeys(request.policies)]
    names = [policy.name for policy in policies]
    if len(set(names)) < len(names):
        raise InvalidInput(f"two policies have the same name: {', '.join(names)}")
    known = {category for policy in policies for category in policy.categories}
    if request.category and known and request.category not in known and not request.quiet:
        messages().print(
            f'note: no rule is made for the category "{request.category}", only for '
            f"{', '.join(sorted(known))}; the rules for all categories hold"
        )
    return policies


def _screen(
    request: Request, policies: list[Policy], recorded: list[Path], photos: list[Path], tally: Tally
) -> None:
    shown = shows_progress(request.output, request.output_format, request.quiet)
    placed = placements(request.paths)
    options = RenderOptions(
        request.language,
        policies=tuple(summarize_policy(policy, request.language) for policy in policies),
        on=request.on,
        since=request.since,
        file_of=find_file,
    )
    with (
        sink(request.output, request.output_format) as stream,
        renderer_for(Verdict, request.output_format, stream, options) as writer,
        closing(_assessments(request, overlays_asked(policies), recorded, photos)) as results,
    ):
        verdicts = (
            verdict
            for assessment in watched(results, len(photos), "screening", shown)
            for verdict in _verdicts(assessment, policies, placed, request)
        )
        add_each(verdicts, writer, tally.count)


def _assessments(
    request: Request, overlays: tuple[str, ...], recorded: list[Path], photos: list[Path]
) -> Generator[Assessment]:
    """Those that were written before, then those of the photos."""
    for file in recorded:
        yield from _read(file)
    if photos:
        workers = processes_for(len(photos), request.workers, _FEW)
        settings = AssessorSettings(language=request.language, overlays=overlays)
        yield from assess_paths(
            photos, settings=settings, workers=workers, time_limit=request.time_limit
        )


def _read(file: Path) -> Iterator[Assessment]:
    """Assessments that `packshot assess` wrote, one a line."""
    try:
        with inputs.opened(file) as lines:
            for number in count(1):
                line = lines.readline(_LONGEST_LINE + 1)
                if not line:
                    return
                yield _recorded(line, f"{file}, line {number}")
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error}") from error


def _recorded(line: bytes, where: str) -> Assessment:
    if len(line) > _LONGEST_LINE:
        raise SourceError(f"{where}: longer than {_LONGEST_LINE:,} bytes, and no assessment")
    try:
        return Assessment.model_validate_json(line)
    except ValidationError as error:
        raise SourceError(f"{where}: is not an assessment") from error


def _verdicts(
    assessment: Assessment,
    policies: list[Policy],
    placed: Mapping[str, Placement],
    request: Request,
) -> Iterator[Verdict]:
    """What the policies say; where dates are compared, only of what newly fails or is unreadable."""
    place = placed.get(os.path.abspath(assessment.path), Placement())
    for policy in policies:
        verdict = screen(
            assessment,
            policy,
            on=request.on,
            role=place.role or request.role,
            category=place.category or request.category,
            language=request.language,
            compared_with=request.since,
        )
        unreadable = verdict.status is not Status.OK
        if request.since is None or unreadable or newly_failing(verdict):
            yield verdict


def _report(tally: Tally, request: Request, prefix: str = "") -> None:
    """Summary and unreadable files on standard error."""
    told = f"{counted(tally.photos)} screened"
    if request.since is not None:
        told = f"fails on {request.on} and not on {request.since}: {counted(tally.photos)}"
    lines = [prefix + told]
    for policy, counts in tally.decisions.items():
        parts = (f"{counts[decision]} {decision}" for decision in Decision if counts[decision])
        lines.append(f"  {policy}: {', '.join(parts)}")
    tell(lines, request.quiet, request.output, list(tally.unreadable.items()))
