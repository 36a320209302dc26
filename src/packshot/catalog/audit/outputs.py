"""From the journal of an audit that is done to its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import util
from pathlib import Path
from typing import Final

from packshot.assess.pool import AssessorSettings
from packshot.catalog.audit.columns import columns
from packshot.catalog.audit.journal import Journal
from packshot.catalog.audit.page import write_page
from packshot.catalog.audit.settings import AuditSettings
from packshot.catalog.audit.tables import CsvFile, ParquetTable, Table, Workbook
from packshot.catalog.audit.tally import Tally, frequent
from packshot.distribution import how_to_install
from packshot.distribution import version as installed_version
from packshot.files import whole
from packshot.report import AuditRun, AuditStatus, AuditSummary, Decision
from packshot.texts.audit import load_audit_texts


@dataclass(frozen=True)
class _Format:
    """A table that is written: what writes it, and the package and the extra that it needs."""

    table: Callable[..., Table]
    package: str | None = None
    extra: str = ""

    def lacks(self) -> str:
        """What to install first; empty where nothing is missing."""
        missing = self.package is not None and util.find_spec(self.package) is None
        return f"not written; it needs: {how_to_install(self.extra)}" if missing else ""


TABLES: Final[Mapping[str, _Format]] = {
    "audit.parquet": _Format(ParquetTable, "pyarrow", "parquet"),
    "audit.csv": _Format(CsvFile),
    "audit.xlsx": _Format(Workbook, "openpyxl", "xlsx"),
}
PAGE: Final = "audit.html"
SUMMARY: Final = "summary.json"


@dataclass(frozen=True)
class Basis:
    """What an audit's rows rest on.

    Attributes:
        assessor: What assesses: it measures what the policies ask for.
        models: Its fingerprints.
        policies: Fingerprints of policies by name.
        rules: Titles of rules by ``policy:rule``.
    """

    assessor: AssessorSettings
    models: Mapping[str, str]
    policies: Mapping[str, str]
    rules: Mapping[str, str]


def write_outputs(folder: Path, journal: Journal, settings: AuditSettings, basis: Basis) -> AuditSummary:
    """Write all files of an audit; each appears whole. Only who holds the journal may write them.

    Args:
        folder: Of the audit.
        journal: With all its rows.
        settings: Of the audit.
        basis: Of its rows.

    Raises:
        SourceError: One of them cannot be written.
    """
    tally, written = _write_tables(folder, journal, tuple(basis.policies))
    summary = _summary(journal, settings, basis, tally, written)
    with whole(folder / PAGE) as path:
        write_page(path, journal, summary, tally, basis.rules, settings.assessor.language)
    with whole(folder / SUMMARY) as path:
        path.write_text(summary.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return summary


def _write_tables(
    folder: Path, journal: Journal, policies: tuple[str, ...]
) -> tuple[Tally, dict[str, str]]:
    """One pass over the journal for all of them; what each holds, or why it is not there."""
    tally = Tally()
    written = {name: wanted.lacks() for name, wanted in TABLES.items()}
    chosen = columns(policies)
    with ExitStack() as stack:
        tables = {
            name: TABLES[name].table(stack.enter_context(whole(folder / name)), chosen)
            for name, lack in written.items()
            if not lack
        }
        for row in journal.rows():
            tally.add(row)
            for table in tables.values():
                table.add(row)
        written |= {name: table.close() for name, table in tables.items()}
    return tally, written


def _summary(
    journal: Journal, settings: AuditSettings, basis: Basis, tally: Tally, written: Mapping[str, str]
) -> AuditSummary:
    return AuditSummary(
        version=installed_version(),
        feed=settings.feed,
        on=settings.on.isoformat(),
        policies=dict(basis.policies),
        fail_under=settings.fail_under,
        models=dict(basis.models),
        inputs=tally.inputs,
        failed=tally.failed,
        statuses=_in_order(tally.statuses, AuditStatus),
        verdicts=_in_order(tally.verdicts, Decision),
        by_policy={name: _in_order(counts, Decision) for name, counts in tally.by_policy.items()},
        failed_rules=dict(frequent(tally.failed_rules)),
        findings=dict(frequent(tally.findings)),
        mean_score=None if tally.mean_score is None else round(tally.mean_score, 2),
        score_quantiles=tally.quantiles(),
        score_histogram=tally.histogram(),
        outputs={**written, PAGE: f"the {journal.shown} worst photos at most"},
        how_to_read=dict(load_audit_texts(settings.assessor.language).how_to_read),
        run=_run(journal, tally.inputs),
    )


def _in_order(counts: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    """The counts that there are, in the order of the names."""
    return {str(name): counts[name] for name in names if counts.get(name)}


def _run(journal: Journal, inputs: int) -> AuditRun:
    seconds, remembered = journal.spent()
    return AuditRun(
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 2),
        photos_per_second=round(inputs / seconds, 2) if seconds else 0.0,
        remembered=remembered,
    )
