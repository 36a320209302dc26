"""From the journal of an audit that is done to its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import util
from pathlib import Path
from typing import Final

from packshot.assess.pool import AssessorSettings
from packshot.catalog.audit.columns import build_columns
from packshot.catalog.audit.journal import Journal
from packshot.catalog.audit.page import write_page
from packshot.catalog.audit.settings import AuditSettings
from packshot.catalog.audit.tables import CsvTableWriter, ParquetTableWriter, TableWriter, WorkbookWriter
from packshot.catalog.audit.tally import Tally, sort_by_frequency
from packshot.distribution import format_install_command
from packshot.distribution import read_version as installed_version
from packshot.files import atomic_write
from packshot.report import AuditRun, AuditStatus, AuditSummary, Decision
from packshot.texts.audit import load_audit_texts


@dataclass(frozen=True)
class _TableFormat:
    """A table that is written: what writes it, and the package and the extra that it needs."""

    writer_class: Callable[..., TableWriter]
    package: str | None = None
    extra: str = ""

    def describe_missing_package(self) -> str:
        """Return which package to install first; empty where nothing is missing."""
        is_missing = self.package is not None and util.find_spec(self.package) is None
        return f"not written; it needs: {format_install_command(self.extra)}" if is_missing else ""


TABLE_FORMATS: Final[Mapping[str, _TableFormat]] = {
    "audit.parquet": _TableFormat(ParquetTableWriter, "pyarrow", "parquet"),
    "audit.csv": _TableFormat(CsvTableWriter),
    "audit.xlsx": _TableFormat(WorkbookWriter, "openpyxl", "xlsx"),
}
"""By the name of the file: all that can be written here are."""

PAGE_NAME: Final = "audit.html"
SUMMARY_NAME: Final = "summary.json"


@dataclass(frozen=True)
class AuditContext:
    """The models, policies and rules that an audit's rows rest on.

    Attributes:
        assessor: What assesses: it measures what the policies ask for.
        models: Its fingerprints.
        policies: Fingerprints of policies by name.
        rules: Titles of rules by ``policy:rule``.
        manual_checks: What only a person can judge, in words, by ``policy:rule``.

    Example:
        >>> rules = {"amazon:white": "White background"}
        >>> context = AuditContext(AssessorSettings(), {"content": "5f1c"}, {"amazon": "77aa"}, rules)
        >>> list(context.policies)
        ['amazon']
    """

    assessor: AssessorSettings
    models: Mapping[str, str]
    policies: Mapping[str, str]
    rules: Mapping[str, str]
    manual_checks: Mapping[str, str] = field(default_factory=dict)


def write_outputs(
    folder: Path, journal: Journal, settings: AuditSettings, context: AuditContext
) -> AuditSummary:
    """Write all files of an audit; each appears whole. Only who holds the journal may write them.

    Args:
        folder: Of the audit.
        journal: With all its rows.
        settings: Of the audit.
        context: Of its rows.

    Raises:
        SourceError: One of them cannot be written.

    Example:
        >>> from packshot.catalog.audit.examine import build_row_result
        >>> from packshot.catalog.audit.rows import failed_row
        >>> from packshot.sources import FeedRow
        >>> row, context = FeedRow(0, "gone.jpg"), AuditContext(AssessorSettings(), {}, {}, {})
        >>> result = build_row_result(row, failed_row(row, "missing", "no such file"))
        >>> with Journal(Path("audit"), worst_count=10) as journal:
        ...     journal.add(result, seconds=0.1)
        ...     summary = write_outputs(Path("audit"), journal, AuditSettings("feed.csv"), context)
        >>> summary.failed, summary.outputs["audit.csv"], Path("audit/summary.json").exists()
        (1, '1 row', True)
    """
    tally, output_texts = _write_tables(folder, journal, tuple(context.policies))
    summary = _build_summary(journal, settings, context, tally, output_texts)
    place = folder / PAGE_NAME
    with atomic_write(place) as path:
        write_page(path, journal, summary, tally, context.rules, settings.assessor.language, place)
    with atomic_write(folder / SUMMARY_NAME) as path:
        path.write_text(summary.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return summary


def _write_tables(
    folder: Path, journal: Journal, policies: tuple[str, ...]
) -> tuple[Tally, dict[str, str]]:
    """One pass over the journal for all of them; what each holds, or why it is not there."""
    tally = Tally()
    output_texts = {
        name: table_format.describe_missing_package() for name, table_format in TABLE_FORMATS.items()
    }
    columns = build_columns(policies)
    with ExitStack() as stack:
        writers = {
            name: TABLE_FORMATS[name].writer_class(
                stack.enter_context(atomic_write(folder / name)), columns
            )
            for name, missing in output_texts.items()
            if not missing
        }
        for row in journal.iter_rows():
            tally.add(row)
            for writer in writers.values():
                writer.add(row)
        output_texts |= {name: table.close() for name, table in writers.items()}
    return tally, output_texts


def _build_summary(
    journal: Journal,
    settings: AuditSettings,
    context: AuditContext,
    tally: Tally,
    output_texts: Mapping[str, str],
) -> AuditSummary:
    return AuditSummary(
        version=installed_version(),
        feed=settings.feed,
        on=settings.on.isoformat(),
        policies=dict(context.policies),
        fail_under=settings.fail_under,
        models=dict(context.models),
        inputs=tally.input_count,
        failed=tally.failure_count,
        statuses=_order_counts(tally.statuses, AuditStatus),
        decisions=_order_counts(tally.decisions, Decision),
        by_policy={name: _order_counts(counts, Decision) for name, counts in tally.by_policy.items()},
        failed_rules=dict(sort_by_frequency(tally.failed_rules)),
        manual_checks=dict(context.manual_checks),
        findings=dict(sort_by_frequency(tally.findings)),
        mean_score=None if tally.mean_score is None else round(tally.mean_score, 2),
        score_quantiles=tally.quantiles(),
        points_lost=tally.lost_points(),
        score_histogram=tally.histogram(),
        outputs={**output_texts, PAGE_NAME: f"the {journal.worst_count} worst photos at most"},
        how_to_read=dict(load_audit_texts(settings.assessor.language).how_to_read),
        run=_build_run(journal, tally.input_count),
    )


def _order_counts(counts: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    """The counts that there are, in the order of the names."""
    return {str(name): counts[name] for name in names if counts.get(name)}


def _build_run(journal: Journal, inputs: int) -> AuditRun:
    seconds, remembered = journal.elapsed()
    return AuditRun(
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 2),
        photos_per_second=round(inputs / seconds, 2) if seconds else 0.0,
        remembered=remembered,
    )
