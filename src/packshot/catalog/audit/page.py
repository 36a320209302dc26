"""An audit as one self-contained page: the numbers, and the worst photos."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final

from markupsafe import Markup

from packshot.catalog.audit.journal import Journal
from packshot.catalog.audit.tally import Share, Tally
from packshot.render.page import Bar, page_template
from packshot.report import AuditSummary
from packshot.texts import load_texts
from packshot.texts.audit import load_audit_texts

MOST_BROKEN: Final = 500
MOST_SHARES: Final = 50
_MOST_FAULTS: Final = 12


def write_page(
    path: Path,
    journal: Journal,
    summary: AuditSummary,
    tally: Tally,
    rules: Mapping[str, str],
    language: str,
) -> None:
    """Write the page.

    Args:
        path: Of the file.
        journal: With all rows.
        summary: Of the audit.
        tally: Of the same rows.
        rules: Titles of rules by ``policy:rule``.
        language: Of words.
    """
    titles = _titles(summary, rules, language)
    assessed = summary.statuses.get("ok", 0)
    page = page_template("audit_report.html.j2").generate(
        language=language,
        words=load_texts(language),
        audit=load_audit_texts(language),
        summary=summary,
        broken=list(journal.broken(MOST_BROKEN)),
        broken_count=summary.inputs - assessed,
        faults=_faults(summary, titles),
        titles=titles,
        histogram=_bars(summary.score_histogram),
        tables=_tables(tally),
        cards=_cards(journal, titles, language),
        count=min(journal.shown, assessed),
        unreadable=(),
        models=summary.models,
        version=summary.version,
    )
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.writelines(page)


def _bars(counts: Sequence[int]) -> list[tuple[Bar]]:
    tallest = max(*counts, 1)
    return [((count, count / tallest),) for count in counts]


def _cards(journal: Journal, titles: Mapping[str, str], language: str) -> Iterator[Markup]:
    template = page_template("audit_card.html.j2")
    for row, jpeg in journal.worst():
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


def _titles(summary: AuditSummary, rules: Mapping[str, str], language: str) -> dict[str, str]:
    """Names of faults in words: of findings, and of rules with their policy where there are several."""
    named = {code: load_texts(language).title(code) for code in summary.findings}
    if len(summary.policies) < 2:
        return {**named, **rules}
    return {**named, **{rule: f"{rule.split(':')[0]}: {title}" for rule, title in rules.items()}}


def _faults(summary: AuditSummary, titles: Mapping[str, str]) -> list[tuple[str, str, int, float]]:
    """Code, title, photos, share of the most frequent; of broken rules, else of findings."""
    counts = summary.failed_rules or summary.findings
    frequent = list(counts.items())[:_MOST_FAULTS]
    most = max((count for _, count in frequent), default=1)
    return [(code, titles.get(code, code), count, count / most) for code, count in frequent]


def _tables(tally: Tally) -> list[tuple[str, list[tuple[str, Share]], int]]:
    """By seller and by category, where the feed tells: heading, the worst, and how many there are."""
    told = (("seller", tally.sellers), ("category", tally.categories))
    return [(heading, _worst_shares(shares), len(shares)) for heading, shares in told if shares]


def _worst_shares(shares: Mapping[str, Share]) -> list[tuple[str, Share]]:
    ranked = sorted(shares.items(), key=lambda pair: (-pair[1].failed, pair[0]))
    return ranked[:MOST_SHARES]
