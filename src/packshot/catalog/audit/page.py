"""An audit as a page: the numbers, and the worst photos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final, TextIO

from packshot.catalog.audit.examine import THUMBNAIL_SIDE
from packshot.catalog.audit.journal import Journal
from packshot.catalog.audit.tally import GroupTally, Tally
from packshot.render import RenderOptions
from packshot.render.page import Bar, CardPage, Picture, link_photo, load_template
from packshot.report import AuditRow, AuditStatus, AuditSummary, Cause
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
    place: Path | None = None,
) -> None:
    """Write an audit as a page of HTML, the worst photos with their thumbnails.

    More than `packshot.render.page.MAX_EMBEDDED` of them lie in a folder beside it.

    Args:
        path: Of the file.
        journal: With all rows.
        summary: Of the audit.
        tally: Of the same rows.
        rules: Titles of rules by ``policy:rule``.
        language: Of words.
        place: Of the page, if the file is a draft that will be moved there.

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
    options = RenderOptions(language, page_file=path if place is None else place)
    with (
        path.open("w", encoding="utf-8", errors="replace", newline="\n") as file,
        AuditPage(file, options, journal, summary, tally, rules) as page,
    ):
        for row, jpeg in journal.iter_worst_rows():
            page.add(row, jpeg)


class AuditPage(CardPage):
    """The numbers of an audit, and cards of its worst photos.

    Example:
        >>> import io
        >>> from packshot.catalog.audit.outputs import AuditContext, AuditSettings, write_outputs
        >>> settings = AuditSettings("feed.csv")
        >>> context = AuditContext(settings.assessor, {}, {}, {})
        >>> with Journal(Path("audit"), worst_count=10) as journal:
        ...     summary = write_outputs(Path("audit"), journal, settings, context)
        ...     parts = journal, summary, Tally(), {}
        ...     with AuditPage(stream := io.StringIO(), RenderOptions(), *parts) as page:
        ...         page.add(AuditRow(number=0, path="mug.jpg", status="ok", score=71.0), None)
        >>> "mug.jpg" in stream.getvalue()
        True
    """

    def __init__(
        self,
        stream: TextIO,
        options: RenderOptions,
        journal: Journal,
        summary: AuditSummary,
        tally: Tally,
        rules: Mapping[str, str],
    ) -> None:
        """Take what the page tells besides its cards; see `write_page`."""
        super().__init__(stream, options)
        self._journal, self._summary, self._tally = journal, summary, tally
        self._models = summary.models
        self._titles = _build_titles(summary, rules, self._language)
        self._audit_texts = load_audit_texts(self._language)

    def add(self, row: AuditRow, jpeg: bytes | None) -> None:
        """Render the card of a photo that was assessed; they come in their order.

        Args:
            row: Of the audit.
            jpeg: Its thumbnail, where there is one.
        """
        card = load_template("audit_card.html.j2").render(
            row=row,
            file=PurePath(row.path),
            picture=None if jpeg is None else self._make_picture(row.path, jpeg),
            faults=[*row.failed_rules, *row.warned_rules, *row.findings],
            titles=self._titles,
            words=self._texts,
            audit=self._audit_texts,
        )
        self._add_card(card, len(self._cards))

    def _make_picture(self, path: str, jpeg: bytes) -> Picture:
        """Make a picture that styles fit into a square, whatever its shape."""
        sides = THUMBNAIL_SIDE, THUMBNAIL_SIDE
        return self._keep_thumbnail(jpeg, *sides, _link_row(path, self._page_file))

    def _render_page(self) -> Iterator[str]:
        summary = self._summary
        return self._render_template(
            "audit_report.html.j2",
            audit=self._audit_texts,
            asks=load_policy_texts(self._language),
            summary=summary,
            broken=list(self._journal.iter_failed_rows(MAX_FAILED_ROWS)),
            broken_count=summary.inputs - summary.statuses.get(AuditStatus.OK, 0),
            faults=_rank_faults(summary, self._titles),
            losses=_rank_losses(summary, self._language),
            titles=self._titles,
            histogram=_build_bars(summary.score_histogram),
            tables=_build_tables(self._tally),
        )


def _link_row(path: str, page: Path | None) -> str:
    """Return the address of a row's photo: of the web, or of a file that is there."""
    has_address = path.lower().startswith(("http://", "https://")) or Path(path).is_file()
    return link_photo(path, Path(path), page) if has_address else ""


def _build_bars(counts: Sequence[int]) -> list[tuple[Bar]]:
    max_count = max(*counts, 1)
    return [((count, count / max_count),) for count in counts]


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
