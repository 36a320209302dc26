"""An audit: from a feed through an engine into a journal, and from there to files."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from packshot.catalog.audit.cache import AssessmentCache
from packshot.catalog.audit.engine import Engine, Job, LocalEngine
from packshot.catalog.audit.examine import RowResult
from packshot.catalog.audit.journal import JOURNAL_NAME, Journal
from packshot.catalog.audit.outputs import AuditContext, write_outputs
from packshot.catalog.audit.settings import ROW_FORMAT, AuditSettings, describe_assessor
from packshot.distribution import read_version as installed_version
from packshot.errors import AuditError
from packshot.policy import Policy, load_policy
from packshot.policy.wording import rule_title, summarise_rule
from packshot.processes import DEFAULT_TIME_LIMIT_S
from packshot.render.manual_checks import format_check
from packshot.report import AuditSummary
from packshot.sources import FeedRow, read_feed

ProgressCallback = Callable[[Iterable[RowResult], int], Iterator[RowResult]]
"""Shows progress: takes the answers to come and how many inputs are done, and passes the answers on."""


@dataclass(frozen=True)
class AuditOptions:
    """Options of carrying out an audit; none changes a row.

    Attributes:
        workers: Processes; None for one for each core.
        cache_folder: Folder of what is known of photos; None to examine every row for itself.
        restart: Forget what was done in the folder.
        timeout_s: Seconds for one photo, after which it is given up.
        engine_factory: Makes what examines the rows.

    Example:
        >>> options = AuditOptions(workers=2, timeout_s=20)
        >>> options.workers, options.restart, options.cache_folder
        (2, False, None)
    """

    workers: int | None = None
    cache_folder: Path | None = None
    restart: bool = False
    timeout_s: float = DEFAULT_TIME_LIMIT_S
    engine_factory: Callable[[Job], Engine] = LocalEngine


@dataclass(frozen=True)
class AuditOutcome:
    """The result of an audit.

    Attributes:
        summary: None where it was stopped before its end.
        done_count: Inputs done so far.
        notes: What the user should know, such as damage of the cache.

    Example:
        >>> stopped = AuditOutcome(summary=None, done_count=120, notes=())
        >>> "stopped" if stopped.summary is None else "done", stopped.done_count
        ('stopped', 120)
    """

    summary: AuditSummary | None
    done_count: int
    notes: tuple[str, ...]


def run_audit(
    settings: AuditSettings,
    folder: Path,
    options: AuditOptions = AuditOptions(),
    *,
    should_stop: Callable[[], bool] = lambda: False,
    progress: ProgressCallback = lambda answers, _done: iter(answers),
) -> AuditOutcome:
    r"""Audit a feed, or resume an audit of it.

    Args:
        settings: What is asked for.
        folder: Of the journal and the files.
        options: How to carry it out.
        should_stop: Asked before each row; once true, what is on its way is finished, and no more begun.
        progress: Shows progress.

    Raises:
        AuditError: Another audit runs in the folder, or it holds one that was asked for otherwise.
        PackshotError: The feed, a policy or a model cannot be read.

    Example:
        >>> _ = Path("feed.csv").write_text("sku,image\nA-1,missing.jpg\n")
        >>> outcome = run_audit(AuditSettings("feed.csv"), Path("audit"))
        >>> outcome.summary.inputs, outcome.summary.statuses
        (1, {'missing': 1})
        >>> sorted(path.suffix for path in Path("audit").glob("audit.[chpx]*"))
        ['.csv', '.html', '.parquet', '.xlsx']
    """
    context = _build_context(settings)
    rows = _prefetch_first_row(read_feed(settings.feed, settings.columns, settings.fetcher))
    with Journal(folder, settings.worst, restart=options.restart) as journal:
        check_same_audit(journal, settings, context)
        notes = _examine(journal, settings, options, context, rows, should_stop, progress)
        if should_stop():
            return AuditOutcome(None, journal.count_rows(), notes)
        summary = write_outputs(folder, journal, settings, context)
        return AuditOutcome(summary, summary.inputs, notes)


def read_audit_date(folder: Path, restart: bool) -> date | None:
    """Return the day of the audit that a folder holds, so that one begun yesterday can be resumed.

    Args:
        folder: Of the audit.
        restart: What is in the folder will be forgotten: its day does not count.

    Returns:
        None where there is no audit, or one without a row.

    Example:
        >>> read_audit_date(Path("nothing-here"), restart=False) is None
        True
    """
    if restart or not (folder / JOURNAL_NAME).exists():
        return None
    with Journal(folder, 0) as journal:
        recorded_date = journal.read_identity().get("date") if journal.count_rows() else None
    return None if recorded_date is None else date.fromisoformat(recorded_date)


def _prefetch_first_row(rows: Iterator[FeedRow]) -> Iterator[FeedRow]:
    """Return the rows of a feed, the first of them read: one that cannot be read is told of at once."""
    for first in rows:
        return chain((first,), rows)
    return iter(())


def _examine(
    journal: Journal,
    settings: AuditSettings,
    options: AuditOptions,
    context: AuditContext,
    rows: Iterator[FeedRow],
    should_stop: Callable[[], bool],
    progress: ProgressCallback,
) -> tuple[str, ...]:
    """Examine the rows that are not done; return the notes of the cache."""
    counter = _RowCounter(rows, should_stop)
    pending_rows = (row for row in counter if not journal.is_done(row))
    with ExitStack() as stack:
        cache = (
            stack.enter_context(AssessmentCache(options.cache_folder)) if options.cache_folder else None
        )
        job = Job(
            settings,
            workers=options.workers,
            timeout_s=options.timeout_s,
            cache=cache,
            cache_key=_compute_cache_key(context),
            thumbnail_rank_limit=journal.thumbnail_rank_limit,
        )
        results = stack.enter_context(closing(options.engine_factory(job).iter_results(pending_rows)))
        previous = time.monotonic()
        for result in progress(results, journal.count_rows()):
            now = time.monotonic()
            journal.add(result, now - previous)
            previous = now
    if not should_stop() and counter.count <= journal.last_row_number():
        raise AuditError(
            f"the feed has fewer rows now ({counter.count}): it has changed since this audit began; "
            "start over with --restart"
        )
    return () if cache is None else cache.build_notes()


class _RowCounter:
    """Rows of a feed until stopped, counted as they pass."""

    def __init__(self, rows: Iterable[FeedRow], should_stop: Callable[[], bool]) -> None:
        self._rows = rows
        self._should_stop = should_stop
        self.count = 0

    def __iter__(self) -> Iterator[FeedRow]:
        for row in self._rows:
            if self._should_stop():
                return
            self.count += 1
            yield row


def _build_context(settings: AuditSettings) -> AuditContext:
    policies = list(map(load_policy, settings.policies))
    assessor, language = settings.build_assessor_settings(policies), settings.assessor.language
    return AuditContext(
        assessor=assessor,
        models=assessor.build_assessor().models,
        policies={policy.name: _fingerprint_policy(policy) for policy in policies},
        rules={
            f"{policy.name}:{rule.id}": rule_title(rule, language)
            for policy in policies
            for rule in policy.rules
        },
        manual_checks={
            f"{policy.name}:{rule.id}": format_check(summarise_rule(rule, language))
            for policy in policies
            for rule in policy.list_manual_checks(settings.on)
        },
    )


def _fingerprint_policy(policy: Policy) -> str:
    return hashlib.sha256(repr(policy).encode()).hexdigest()[:12]


def check_same_audit(journal: Journal, settings: AuditSettings, context: AuditContext) -> None:
    """Check that a journal is of this very audit, or make it so; one without a row is of none.

    Raises:
        AuditError: It is of an audit with other settings, models or policies.

    Example:
        >>> from packshot.catalog.audit.examine import build_row_result
        >>> from packshot.catalog.audit.rows import failed_row
        >>> settings, row = AuditSettings("feed.csv"), FeedRow(0, "gone.jpg")
        >>> context = AuditContext(settings.assessor, {"content": "5f1c"}, {}, {})
        >>> with Journal(Path("audit"), 0) as journal:
        ...     check_same_audit(journal, settings, context)
        ...     journal.add(build_row_result(row, failed_row(row, "missing", "no such file")), 0.1)
        ...     check_same_audit(journal, AuditSettings("feed.csv", fail_under=60), context)
        Traceback (most recent call last):
        packshot.errors.AuditError: this folder holds another audit. It differs in fail-under: none ...
    """
    identity = settings.build_identity(context.models, context.policies)
    recorded = journal.read_identity()
    if not recorded or not journal.count_rows():
        journal.write_identity(identity)
        return
    differences = [
        f"{name}: {recorded.get(name, 'nothing')} then, {now} now"
        for name, now in identity.items()
        if recorded.get(name) != now
    ]
    if differences:
        raise AuditError(
            "this folder holds another audit. It differs in " + "; ".join(differences) + ". Choose"
            " another folder, ask for the same, or start over with --restart (what is in the cache is"
            " not assessed again)"
        )


def _compute_cache_key(context: AuditContext) -> str:
    """Return a digest of all that decides the assessment of a photo besides its bytes."""
    key_parts = (
        ROW_FORMAT,
        installed_version(),
        dict(context.models),
        describe_assessor(context.assessor),
    )
    return hashlib.sha256(json.dumps(key_parts, sort_keys=True).encode()).hexdigest()[:24]
