"""Verdicts of policies as JSON lines, CSV, a table for the terminal, or a matrix for the browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TextIO

from rich.text import Text

from packshot.render.lines import CsvTable, JsonLines, RowSink
from packshot.render.manual_checks import ManualChecks, print_checks
from packshot.render.renderer import Makers, Renderer
from packshot.render.terminal import DECISION_COLOURS, BorderlessTable, make_console
from packshot.render.verdict_page import VerdictPage, select_told_outcomes
from packshot.report import Decision, PolicySummary, RuleOutcome, Verdict
from packshot.texts import load_policy_texts, load_texts
from packshot.visible import escape_invisible

_PHOTO_FIELDS = ("path", "status", "error", "policy", "on", "role", "category", "decision")
_CHECKS_FIELD = "manual_checks"
_RULE_FIELDS = tuple(name for name in RuleOutcome.model_fields if name != "decision")


def _make_table(stream: TextIO, language: str, policies: Sequence[PolicySummary]) -> Renderer[Verdict]:
    if len(policies) == 1:
        return VerdictTable(stream, language, policies)
    return VerdictMatrix(stream, language, policies)


class VerdictRows(CsvTable[Verdict]):
    """A row for each rule of each photo, and one for a photo that no rule applies to.

    Example:
        >>> import io
        >>> fields = dict(path="a.jpg", status="ok", policy="shop", role="main", decision="pass")
        >>> VerdictRows(stream := io.StringIO()).add(Verdict(on="2024-05-01", **fields))
        >>> stream.getvalue().splitlines()[1].rstrip(",")
        'a.jpg,ok,,shop,2024-05-01,main,,pass'
    """

    def __init__(self, stream: TextIO | RowSink) -> None:
        columns = (*_PHOTO_FIELDS, "rule_decision", *_RULE_FIELDS, _CHECKS_FIELD)
        super().__init__(stream, columns, has_listing=True)

    def add(self, result: Verdict) -> None:
        """Write the rows of one verdict."""
        for outcome in result.outcomes or (None,):
            self._outcome = outcome
            super().add(result)

    def _iter_cells(self, verdict: Verdict) -> Iterator[object]:
        yield from (getattr(verdict, name) for name in _PHOTO_FIELDS)
        outcome = self._outcome
        if outcome is None:
            yield from [None] * (1 + len(_RULE_FIELDS))
        else:
            yield outcome.decision
            yield from (_format_value(getattr(outcome, name)) for name in _RULE_FIELDS)
        yield _format_value(verdict.manual_checks)


def _format_value(value: object) -> object:
    """Write lists in one cell, and truth as programs write it."""
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else value


class VerdictTable(Renderer[Verdict]):
    """One policy for people: what is wrong and what to do, printed when all is known.

    Example:
        >>> import io
        >>> fields = dict(path="a.jpg", status="ok", policy="shop", role="main", decision="pass")
        >>> with VerdictTable(stream := io.StringIO(), "en") as table:
        ...     table.add(Verdict(on="2024-05-01", **fields))
        >>> stream.getvalue().splitlines()[1].split()
        ['a.jpg', 'Pass', 'Nothing', 'to', 'improve.']
    """

    def __init__(self, stream: TextIO, language: str, policies: Sequence[PolicySummary] = ()) -> None:
        self._console = make_console(stream)
        self._language = language
        self._checks = ManualChecks(policies)
        self._policy_texts = load_policy_texts(language)
        self._photo_texts = load_texts(language)
        self._table = BorderlessTable()
        self._table.add_text_column(self._photo_texts.labels["photo"])
        self._table.add_text_column(self._policy_texts.labels["decision"])
        self._table.add_text_column(self._policy_texts.labels["why"])

    def add(self, verdict: Verdict) -> None:
        """Remember a row."""
        if verdict.decision is None:
            unreadable = Text(self._photo_texts.labels[verdict.status], style="red")
            self._table.add_row(Text(verdict.path), unreadable, Text(verdict.error or "", style="red"))
            return
        self._checks.add(verdict.policy, verdict.manual_checks)
        self._table.add_row(
            Text(verdict.path), self._format_decision(verdict.decision), self._format_advice(verdict)
        )

    def _format_decision(self, decision: Decision) -> Text:
        return Text(self._policy_texts.decisions[decision], style=DECISION_COLOURS[decision])

    def _format_advice(self, verdict: Verdict) -> Text:
        lines = [self._format_outcome(outcome) for outcome in select_told_outcomes(verdict)]
        manual_outcomes = verdict.select_outcomes(Decision.MANUAL)
        if manual_outcomes:
            titles = ", ".join(dict.fromkeys(outcome.title for outcome in manual_outcomes))
            manual_label = self._policy_texts.label("more", count=len(manual_outcomes))
            lines.append(Text(f"{manual_label}: {titles}", style=DECISION_COLOURS[Decision.MANUAL]))
        fine = "fine-measured" if verdict.manual_checks else "fine"
        return Text("\n").join(lines or [Text(self._policy_texts.labels[fine], style="dim")])

    def _format_outcome(self, outcome: RuleOutcome) -> Text:
        reason = (outcome.reason, DECISION_COLOURS[outcome.decision])
        return Text.assemble(reason, " ", outcome.remedy)

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)
        else:
            self._console.print(self._policy_texts.labels["none"])
        print_checks(self._console, self._checks, self._language)


class VerdictMatrix(Renderer[Verdict]):
    """Several policies for people: photos against policies, and the rules that are not met.

    Example:
        >>> import io
        >>> fields = dict(path="a.jpg", status="ok", on="2024-05-01", role="main")
        >>> policies = [PolicySummary(name=name, rules=()) for name in ("north", "south")]
        >>> with VerdictMatrix(stream := io.StringIO(), "en", policies) as matrix:
        ...     matrix.add(Verdict(policy="north", decision="pass", **fields))
        ...     matrix.add(Verdict(policy="south", decision="fail", **fields))
        >>> [line.split() for line in stream.getvalue().splitlines()]
        [['Photo', 'north', 'south'], ['a.jpg', 'Pass', 'Fail']]
    """

    def __init__(self, stream: TextIO, language: str, policies: Sequence[PolicySummary]) -> None:
        self._console = make_console(stream)
        self._language = language
        self._checks = ManualChecks(policies)
        self._policy_texts = load_policy_texts(language)
        self._photo_texts = load_texts(language)
        self._policies = [escape_invisible(policy.name, stream.encoding) for policy in policies]
        self._rows: dict[str, dict[str, Text]] = {}

    def add(self, verdict: Verdict) -> None:
        """Remember a cell."""
        self._checks.add(verdict.policy, verdict.manual_checks)
        self._rows.setdefault(verdict.path, {})[verdict.policy] = self._format_cell(verdict)

    def _format_cell(self, verdict: Verdict) -> Text:
        if verdict.decision is None:
            return Text(self._photo_texts.labels[verdict.status], style="red")
        decision_text = Text(
            self._policy_texts.decisions[verdict.decision], style=DECISION_COLOURS[verdict.decision]
        )
        failures = verdict.select_outcomes(Decision.FAIL) or verdict.select_outcomes(Decision.WARN)
        rules = ", ".join(outcome.rule for outcome in failures)
        return Text.assemble(decision_text, f": {rules}" if rules else "")

    def _finish(self) -> None:
        table = BorderlessTable()
        table.add_text_column(self._photo_texts.labels["photo"])
        for name in self._policies:
            table.add_text_column(name)
        for path, cells in self._rows.items():
            table.add_row(Text(path), *(cells.get(name, Text("")) for name in self._policies))
        self._console.print(table if self._rows else self._policy_texts.labels["none"])
        print_checks(self._console, self._checks, self._language)


MAKERS: Final[Makers[Verdict]] = {
    "table": lambda stream, options: _make_table(stream, options.language, options.policies),
    "jsonl": lambda stream, _: JsonLines(stream),
    "csv": lambda stream, _: VerdictRows(stream),
    "html": VerdictPage,
}
