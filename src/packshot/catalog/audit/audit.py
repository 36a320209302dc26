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
from packshot.catalog.audit.examine import Answer
from packshot.catalog.audit.journal import JOURNAL, Journal
from packshot.catalog.audit.outputs import Basis, write_outputs
from packshot.catalog.audit.settings import FORMAT, AuditSettings, assessor_identity
from packshot.distribution import version as installed_version
from packshot.errors import AuditError
from packshot.policy import Policy, load_policy
from packshot.policy.wording import title_of
from packshot.processes import DEFAULT_TIME_LIMIT
from packshot.report import AuditSummary
from packshot.sources import FeedRow, read_feed

Watch = Callable[[Iterable[Answer], int], Iterator[Answer]]
"""Shows progress: takes the answers to come and how many inputs are done, and passes the answers on."""


@dataclass(frozen=True)
class Options:
    """How an audit is carried out; nothing of this changes a row.

    Attributes:
        workers: Processes; None for one for each core.
        cache: Folder of what is known of photos; None to examine every row for itself.
        restart: Forget what was done in the folder.
        patience: Seconds for one photo, after which it is given up.
        engine: Makes what examines the rows.
    """

    workers: int | None = None
    cache: Path | None = None
    restart: bool = False
    patience: float = DEFAULT_TIME_LIMIT
    engine: Callable[[Job], Engine] = LocalEngine


@dataclass(frozen=True)
class Outcome:
    """What became of an audit.

    Attributes:
        summary: None where it was stopped before its end.
        done: Inputs done so far.
        notes: What the user should know, such as damage of the cache.
    """

    summary: AuditSummary | None
    done: int
    notes: tuple[str, ...]


def run_audit(
    settings: AuditSettings,
    folder: Path,
    options: Options = Options(),
    *,
    stopped: Callable[[], bool] = lambda: False,
    watch: Watch = lambda answers, _done: iter(answers),
) -> Outcome:
    """Audit a feed, or go on with an audit of it.

    Args:
        settings: What is asked for.
        folder: Of the journal and the files.
        options: How to carry it out.
        stopped: Asked before each row; once true, what is on its way is finished, and no more begun.
        watch: Shows progress.

    Raises:
        AuditError: Another audit runs in the folder, or it holds one that was asked for otherwise.
        PackshotError: The feed, a policy or a model cannot be read.
    """
    basis = _basis(settings)
    rows = _begun(read_feed(settings.feed, settings.columns, settings.fetcher))
    with Journal(folder, settings.worst, restart=options.restart) as journal:
        _agree(journal, settings, basis)
        notes = _examine(journal, settings, options, basis, rows, stopped, watch)
        if stopped():
            return Outcome(None, journal.count(), notes)
        summary = write_outputs(folder, journal, settings, basis)
        return Outcome(summary, summary.inputs, notes)


def date_of(folder: Path, restart: bool) -> date | None:
    """The day of the audit that a folder holds, so that one begun yesterday can go on; None without."""
    if restart or not (folder / JOURNAL).exists():
        return None
    with Journal(folder, 0) as journal:
        told = journal.told().get("date") if journal.count() else None
    return None if told is None else date.fromisoformat(told)


def _begun(rows: Iterator[FeedRow]) -> Iterator[FeedRow]:
    """The rows of a feed, the first of them read: one that cannot be read is told of at once."""
    for first in rows:
        return chain((first,), rows)
    return iter(())


def _examine(
    journal: Journal,
    settings: AuditSettings,
    options: Options,
    basis: Basis,
    rows: Iterator[FeedRow],
    stopped: Callable[[], bool],
    watch: Watch,
) -> tuple[str, ...]:
    """Do the rows that are not done; what the cache has to say."""
    count = _Counted(rows, stopped)
    todo = (row for row in count if not journal.holds(row))
    with ExitStack() as stack:
        cache = stack.enter_context(AssessmentCache(options.cache)) if options.cache else None
        job = Job(
            settings,
            workers=options.workers,
            patience=options.patience,
            cache=cache,
            cache_key=_cache_key(basis),
            gate=journal.gate,
        )
        answers = stack.enter_context(closing(options.engine(job).answers(todo)))
        before = time.monotonic()
        for answer in watch(answers, journal.count()):
            now = time.monotonic()
            journal.add(answer, now - before)
            before = now
    if not stopped() and count.rows <= journal.last():
        raise AuditError(
            f"the feed has only {count.rows} rows now: it has changed since this audit began; begin"
            " anew with --restart"
        )
    return () if cache is None else cache.notes()


class _Counted:
    """Rows of a feed until stopped, counted as they pass."""

    def __init__(self, rows: Iterable[FeedRow], stopped: Callable[[], bool]) -> None:
        self._rows = rows
        self._stopped = stopped
        self.rows = 0

    def __iter__(self) -> Iterator[FeedRow]:
        for row in self._rows:
            if self._stopped():
                return
            self.rows += 1
            yield row


def _basis(settings: AuditSettings) -> Basis:
    policies = list(map(load_policy, settings.policies))
    assessor, language = settings.examining(policies), settings.assessor.language
    return Basis(
        assessor=assessor,
        models=assessor.assessor().models,
        policies={policy.name: _fingerprint(policy) for policy in policies},
        rules={
            f"{policy.name}:{rule.id}": title_of(rule, language)
            for policy in policies
            for rule in policy.rules
        },
    )


def _fingerprint(policy: Policy) -> str:
    return hashlib.sha256(repr(policy).encode()).hexdigest()[:12]


def _agree(journal: Journal, settings: AuditSettings, basis: Basis) -> None:
    """Make sure that a journal is of this very audit, or make it so; one without a row is of none."""
    identity = settings.identity(basis.models, basis.policies)
    told = journal.told()
    if not told or not journal.count():
        journal.tell(identity)
        return
    differences = [
        f"{name}: {told.get(name, 'nothing')} then, {now} now"
        for name, now in identity.items()
        if told.get(name) != now
    ]
    if differences:
        raise AuditError(
            "this folder holds another audit. It differs in " + "; ".join(differences) + ". Choose"
            " another folder, ask for the same, or begin anew with --restart (what is in the cache is"
            " not assessed again)"
        )


def _cache_key(basis: Basis) -> str:
    """What else than its bytes decides the assessment of a photo."""
    decisive = (
        FORMAT,
        installed_version(),
        dict(basis.models),
        assessor_identity(basis.assessor),
    )
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:24]
