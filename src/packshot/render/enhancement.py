"""Enhancements as JSON lines, CSV, a table for the terminal, or a page for the browser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TextIO

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from packshot.render.enhancement_words import (
    build_rule_headings,
    build_trial_headings,
    collect_remedies,
    compare_findings,
    compute_gain,
    format_policy_change,
    format_rule_change,
    format_trial,
    list_abstentions,
    select_rule_changes,
    strip_remedies,
)
from packshot.render.lines import CsvTable, JsonLines, RowSink
from packshot.render.manual_checks import ManualChecks, print_checks
from packshot.render.renderer import Makers, Renderer, RenderOptions
from packshot.render.terminal import BorderlessTable, make_console
from packshot.report import (
    Action,
    Assessment,
    Decision,
    Enhancement,
    Finding,
    PolicySummary,
    Status,
    Trial,
)
from packshot.texts import load_texts

_ACTION_COLOURS = {Action.ENHANCED: "green", Action.UNCHANGED: "dim", Action.RESHOOT: "red"}
_DETAIL_FIELDS = ("trace", "before", "after")
_RESULT_FIELDS = (
    *("path", "output", "status", "error", "action", "reason"),
    "score_before",
    "score_after",
)


_PRESENTATION_COLUMNS = (
    *("not_done", "policy", "policy_before", "policy_after"),
    "rules_fixed",
    "rules_open",
    "manual_checks",
)
_OPEN_DECISIONS = (Decision.FAIL, Decision.WARN)


class EnhancementRows(CsvTable[Enhancement]):
    """Everything but the assessments, of which there are the grades and the codes of findings.

    Example:
        >>> import io
        >>> photo = Enhancement(path="a.jpg", status="ok", score_before=60, score_after=71)
        >>> EnhancementRows(stream := io.StringIO()).add(photo)
        >>> dict(zip(*(line.split(",") for line in stream.getvalue().splitlines())))["gain"]
        '11.0'
    """

    def __init__(self, stream: TextIO | RowSink) -> None:
        columns = (
            "gain",
            "expected_psnr",
            "certainty",
            "steps",
            "grade_before",
            "grade_after",
            "repaired",
            "remaining",
            "trials",
        )
        super().__init__(stream, (*_RESULT_FIELDS, *columns, *_PRESENTATION_COLUMNS), has_listing=True)

    def _iter_cells(self, photo: Enhancement) -> Iterator[object]:
        finding_changes = compare_findings(photo)
        yield from (getattr(photo, name) for name in _RESULT_FIELDS)
        yield compute_gain(photo) if photo.status is Status.OK else None
        expected = photo.expected
        yield from (None, None) if expected is None else (expected.psnr, expected.nearer)
        yield "; ".join(photo.steps)
        yield from (_get_grade(photo.before), _get_grade(photo.after or photo.before))
        yield from (_join_codes(finding_changes.resolved), _join_codes(finding_changes.remaining))
        yield "; ".join(f"{trial.round} {trial.step} {trial.outcome}" for trial in photo.trace)
        yield "; ".join(f"{one.step} {one.reason}" for one in photo.abstentions)
        changes = select_rule_changes(photo)
        yield from (getattr(photo.policy, name, None) for name in ("policy", "before", "after"))
        yield "; ".join(change.rule for change in changes if change.is_fixed)
        yield "; ".join(change.rule for change in changes if change.after in _OPEN_DECISIONS)
        yield "; ".join(() if photo.policy is None else photo.policy.manual_checks)


class EnhancementTable(Renderer[Enhancement]):
    """A table, printed when all is known; explained, a paragraph and a trace for each photo.

    Example:
        >>> import io
        >>> with EnhancementTable(stream := io.StringIO(), "en", explain=False) as table:
        ...     table.add(Enhancement(path="mug.jpg", status="unreadable", error="the file is empty"))
        >>> "the file is empty" in stream.getvalue()
        True
    """

    def __init__(
        self,
        stream: TextIO,
        language: str,
        explain: bool,
        policies: Sequence[PolicySummary] = (),
    ) -> None:
        self._checks = ManualChecks(policies)
        self._console = make_console(stream)
        self._language = language
        self._texts = load_texts(language)
        self._explain = explain
        labels = self._texts.labels
        self._table = BorderlessTable()
        self._table.add_text_column(labels["photo"])
        self._table.add_text_column(labels["score"])
        self._table.add_text_column(labels["result"])
        self._table.add_text_column(labels["steps_or_reason"])

    def add(self, photo: Enhancement) -> None:
        """Remember a row, or write a paragraph."""
        if photo.policy is not None:
            self._checks.add(photo.policy.policy, photo.policy.manual_checks)
        cells = Text(photo.path), _format_scores(photo), self._format_result(photo)
        description = Text("\n").join(map(Text, self._describe(photo)))
        if self._explain:
            self._console.print(Text("  ").join(cell for cell in cells if cell))
            self._console.print(
                Padding(
                    Group(
                        description,
                        *self._iter_rule_tables(photo),
                        *self._iter_trace_tables(photo.trace),
                    ),
                    (0, 0, 1, 2),
                    expand=False,
                )
            )
        else:
            self._table.add_row(*cells, description)

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)
        print_checks(self._console, self._checks, self._language)

    def _format_result(self, photo: Enhancement) -> Text:
        if photo.action is None:
            return Text(self._texts.labels[photo.status], style="red")
        return Text(self._texts.actions[photo.action], style=_ACTION_COLOURS[photo.action])

    def _describe(self, photo: Enhancement) -> Iterator[str]:
        """Yield what was done, or why not, and for a photo to be taken again how."""
        finding_changes = compare_findings(photo)
        if photo.steps:
            yield ", ".join(map(self._texts.step, photo.steps))
        yield from filter(None, (strip_remedies(photo), photo.error))
        yield from collect_remedies(photo, self._language)
        yield from filter(None, [format_policy_change(photo, self._language)])
        label = self._texts.labels["not_done"]
        yield from (f"{label}: {words}" for words in list_abstentions(photo, self._language))
        if self._explain:
            yield from self._format_titles("gone", finding_changes.resolved)
            yield from self._format_titles("remaining", finding_changes.remaining)

    def _format_titles(self, label: str, findings: Iterable[Finding]) -> Iterator[str]:
        titles = "; ".join(self._texts.title(finding.code) for finding in findings)
        if titles:
            yield f"{self._texts.labels[label]}: {titles}"

    def _iter_rule_tables(self, photo: Enhancement) -> Iterator[Table]:
        """Yield the rules that were not met, or are not, as a table, if there are any."""
        changes = select_rule_changes(photo)
        if not changes:
            return
        table = BorderlessTable()
        for heading in build_rule_headings(self._language):
            table.add_text_column(Text(heading, style="dim"))
        for change in changes:
            cells = map(Text, format_rule_change(change, self._language))
            table.add_row(*cells, style="green" if change.is_fixed else None)
        yield table

    def _iter_trace_tables(self, trace: Sequence[Trial]) -> Iterator[Table]:
        """Yield the trials as a table, if there are any."""
        if not trace:
            return
        table = BorderlessTable()
        for heading in build_trial_headings(self._language):
            table.add_text_column(Text(heading, style="dim"))
        for trial in trace:
            cells = map(Text, format_trial(trial, self._language))
            table.add_row(*cells, style="green" if trial.kept else None)
        yield table


def _format_scores(photo: Enhancement) -> Text:
    before, after = (
        "" if score is None else f"{score:.1f}" for score in (photo.score_before, photo.score_after)
    )
    if before == after:
        return Text(before)
    return Text.assemble(
        before, (" → ", "dim"), (after, "bold green" if compute_gain(photo) > 0 else "bold")
    )


def _get_grade(assessment: Assessment | None) -> str | None:
    return None if assessment is None else assessment.grade


def _join_codes(findings: Iterable[Finding]) -> str:
    return "; ".join(finding.code for finding in findings)


def _make_page(stream: TextIO, options: RenderOptions) -> Renderer[Enhancement]:
    """Make the page; its libraries are loaded for nobody else."""
    from packshot.render.enhancement_page import EnhancementPage

    return EnhancementPage(stream, options)


MAKERS: Final[Makers[Enhancement]] = {
    "table": lambda stream, options: EnhancementTable(
        stream, options.language, options.explain, options.policies
    ),
    "jsonl": lambda stream, options: JsonLines(
        stream, exclude=() if options.explain else _DETAIL_FIELDS
    ),
    "csv": lambda stream, _: EnhancementRows(stream),
    "html": _make_page,
}
