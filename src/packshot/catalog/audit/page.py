"""An audit as one self-contained page: the numbers, and the worst photos."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final

from markupsafe import Markup

from packshot.catalog.audit.journal import Journal
from packshot.catalog.audit.tally import GroupTally, Tally
from packshot.render.page import Bar, load_template
from packshot.report import AuditStatus, AuditSummary, Cause
from packshot.texts import load_policy_texts, load_texts
from packshot.texts.audit import load_audit_texts

MAX_FAILED_ROWS: Final = 500
"""Inputs without an assessment that the page lists; the tables have them all. A judgement of what people
read."""

MAX_GROUPS: Final = 50
"""Sellers, and categories, that the page lists, those of the most failures. A judgement of what people
read."""

_MAX_FAULTS: Final = 12
"""Faults in the chart and the filter of the page, the most frequent. A judgement: more do not fit a
screen."""


def write_page(
    path: Path,
    journal: Journal,
    summary: AuditSummary,
    tally: Tally,
    rules: Mapping[str, str],
    language: str,
) -> None:
    """Write an audit as one page of HTML, the worst photos with their thumbnails.

    Args:
        path: Of the file.
        journal: With all rows.
        summary: Of the audit.
        tally: Of the same rows.
        rules: Titles of rules by ``policy:rule``.
        language: Of words.

    Example:
        >>> from packshot.catalog.audit.examine import build_row_result
        >>> from packshot.catalog.audit.rows import failed_row
        >>> from packshot.catalog.audit.outputs import AuditContext, AuditSettings, write_outputs
        >>> from packshot.sources import FeedRow
        >>> row, settings = FeedRow(0, "gone.jpg"), AuditSettings("feed.csv")
        >>> context = AuditContext(settings.assessor, {}, {}, {})
        >>> result = build_row_result(row, failed_row(row, "missing", "no such file"))
        >>> with Journal(Path("audit"), worst_count=10) as journal:
        ...     journal.add(result, seconds=0.1)
        ...     summary = write_outputs(Path("audit"), journal, settings, context)
        ...     write_page(Path("again.html"), journal, summary, Tally(), {}, "en")
        >>> "gone.jpg" in Path("again.html").read_text(encoding="utf-8")
        True
    """
    titles = _build_titles(summary, rules, language)
    assessed_count = summary.statuses.get(AuditStatus.OK, 0)
    page = load_template("audit_report.html.j2").generate(
        language=language,
        words=load_texts(language),
        audit=load_audit_texts(language),
        asks=load_policy_texts(language),
        summary=summary,
        broken=list(journal.iter_failed_rows(MAX_FAILED_ROWS)),
        broken_count=summary.inputs - assessed_count,
        faults=_rank_faults(summary, titles),
        losses=_rank_losses(summary, language),
        titles=titles,
        histogram=_build_bars(summary.score_histogram),
        tables=_build_tables(tally),
        cards=_render_cards(journal, titles, language),
        count=min(journal.worst_count, assessed_count),
        unreadable=(),
        stored=None,
        models=summary.models,
        version=summary.version,
    )
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.writelines(page)


def _build_bars(counts: Sequence[int]) -> list[tuple[Bar]]:
    max_count = max(*counts, 1)
    return [((count, count / max_count),) for count in counts]


def _render_cards(journal: Journal, titles: Mapping[str, str], language: str) -> Iterator[Markup]:
    template = load_template("audit_card.html.j2")
    for row, jpeg in journal.iter_worst_rows():
        card = template.render(
            row=row,
            file=PurePath(row.path),
            picture=jpeg and "data:image/jpeg;base64," + base64.b64encode(jpeg).decode(),
            faults=[*row.failed_rules, *row.warned_rules, *row.findings],
            titles=titles,
            words=load_texts(language),
            audit=load_audit_texts(language),
        )
        yield Markup(card)  # noqa: S704 - rendered and escaped above


def _build_titles(summary: AuditSummary, rules: Mapping[str, str], language: str) -> dict[str, str]:
    """Return names of faults: of findings, and of rules, with their policy where there are several."""
    finding_titles = {code: load_texts(language).title(code) for code in summary.findings}
    if len(summary.policies) < 2:
        return {**finding_titles, **rules}
    return {
        **finding_titles,
        **{rule: f"{rule.split(':')[0]}: {title}" for rule, title in rules.items()},
    }


def _rank_faults(summary: AuditSummary, titles: Mapping[str, str]) -> list[tuple[str, str, int, float]]:
    """Return code, title, photos, share of the most frequent; of broken rules, else of findings."""
    counts = summary.failed_rules or summary.findings
    frequent = list(counts.items())[:_MAX_FAULTS]
    max_count = max((count for _, count in frequent), default=1)
    return [(code, titles.get(code, code), count, count / max_count) for code, count in frequent]


def _rank_losses(summary: AuditSummary, language: str) -> list[tuple[str, float, float]]:
    """Return title, mean points lost, share of the largest; of the causes that cost most."""
    losses = list(summary.points_lost.items())[:_MAX_FAULTS]
    max_loss = max((points for _, points in losses), default=0.0) or 1.0
    titles = {Cause.RATED_LOW: load_audit_texts(language).labels["rated-low"]}
    cause_title = load_texts(language).cause
    return [
        (titles.get(code) or cause_title(code), points, points / max_loss) for code, points in losses
    ]


def _build_tables(tally: Tally) -> list[tuple[str, list[tuple[str, GroupTally]], int]]:
    """Return heading, the worst groups and their number, by seller and by category, where told."""
    groups = (("seller", tally.sellers), ("category", tally.categories))
    return [(heading, _select_worst(tallies), len(tallies)) for heading, tallies in groups if tallies]


def _select_worst(tallies: Mapping[str, GroupTally]) -> list[tuple[str, GroupTally]]:
    ranked = sorted(tallies.items(), key=lambda pair: (-pair[1].failure_count, pair[0]))
    return ranked[:MAX_GROUPS]
