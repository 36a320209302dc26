"""Verdicts of policies as JSON lines, CSV, a table for the terminal, or a matrix for the browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TextIO

from rich.text import Text

from packshot.render.lines import CsvTable, JsonLines
from packshot.render.renderer import Makers, Renderer
from packshot.render.terminal import DECISION_COLOURS, Columns, console_for
from packshot.render.verdict_page import VerdictPage
from packshot.report import Decision, PolicySummary, RuleOutcome, Verdict
from packshot.texts import load_policy_texts, load_texts
from packshot.visible import visible

_PHOTO = ("path", "status", "error", "policy", "on", "role", "category", "decision")
_RULE = tuple(name for name in RuleOutcome.model_fields if name != "decision")
_TOLD = (Decision.FAIL, Decision.WARN, Decision.INFO)


def _table(stream: TextIO, language: str, policies: Sequence[PolicySummary]) -> Renderer[Verdict]:
    if len(policies) == 1:
        return VerdictTable(stream, language)
    return VerdictMatrix(stream, language, [policy.name for policy in policies])


class VerdictRows(CsvTable[Verdict]):
    """A row for each rule of each photo, and one for a photo that no rule applies to."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, (*_PHOTO, "rule_decision", *_RULE))

    def add(self, result: Verdict) -> None:
        """Write the rows of one verdict."""
        for outcome in result.outcomes or (None,):
            self._outcome = outcome
            super().add(result)

    def _cells(self, verdict: Verdict) -> Iterator[object]:
        yield from (getattr(verdict, name) for name in _PHOTO)
        outcome = self._outcome
        if outcome is None:
            yield from [None] * (1 + len(_RULE))
            return
        yield outcome.decision
        yield from (_cell(getattr(outcome, name)) for name in _RULE)


def _cell(value: object) -> object:
    """Lists in one cell, and truth as programs write it."""
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else value


class VerdictTable(Renderer[Verdict]):
    """One policy for people: what is wrong and what to do, printed when all is known."""

    def __init__(self, stream: TextIO, language: str) -> None:
        self._console = console_for(stream)
        self._words = load_policy_texts(language)
        self._photo_words = load_texts(language)
        self._table = Columns()
        self._table.column(self._photo_words.labels["photo"])
        self._table.column(self._words.labels["decision"])
        self._table.column(self._words.labels["why"])

    def add(self, verdict: Verdict) -> None:
        """Remember a row."""
        if verdict.decision is None:
            unreadable = Text(self._photo_words.labels[verdict.status], style="red")
            self._table.add_row(Text(verdict.path), unreadable, Text(verdict.error or "", style="red"))
            return
        self._table.add_row(Text(verdict.path), self._named(verdict.decision), self._advice(verdict))

    def _named(self, decision: Decision) -> Text:
        return Text(self._words.decisions[decision], style=DECISION_COLOURS[decision])

    def _advice(self, verdict: Verdict) -> Text:
        told = sorted(verdict.decided(*_TOLD), key=_gravity)
        lines = [self._line(found) for found in told if not _said_graver(found, told)]
        unseen = verdict.decided(Decision.MANUAL)
        if unseen:
            titles = ", ".join(dict.fromkeys(outcome.title for outcome in unseen))
            looked = self._words.label("more", count=len(unseen))
            lines.append(Text(f"{looked}: {titles}", style=DECISION_COLOURS[Decision.MANUAL]))
        return Text("\n").join(lines or [Text(self._words.labels["fine"], style="dim")])

    def _line(self, outcome: RuleOutcome) -> Text:
        reason = (outcome.reason, DECISION_COLOURS[outcome.decision])
        return Text.assemble(reason, " ", outcome.remedy)

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)
        else:
            self._console.print(self._words.labels["none"])


class VerdictMatrix(Renderer[Verdict]):
    """Several policies for people: photos against policies, and the rules that are not met."""

    def __init__(self, stream: TextIO, language: str, policies: Sequence[str]) -> None:
        self._console = console_for(stream)
        self._words = load_policy_texts(language)
        self._photo_words = load_texts(language)
        self._policies = [visible(name, stream.encoding) for name in policies]
        self._rows: dict[str, dict[str, Text]] = {}

    def add(self, verdict: Verdict) -> None:
        """Remember a cell."""
        self._rows.setdefault(verdict.path, {})[verdict.policy] = self._cell(verdict)

    def _cell(self, verdict: Verdict) -> Text:
        if verdict.decision is None:
            return Text(self._photo_words.labels[verdict.status], style="red")
        named = Text(self._words.decisions[verdict.decision], style=DECISION_COLOURS[verdict.decision])
        broken = verdict.decided(Decision.FAIL) or verdict.decided(Decision.WARN)
        rules = ", ".join(outcome.rule for outcome in broken)
        return Text.assemble(named, f": {rules}" if rules else "")

    def _finish(self) -> None:
        table = Columns()
        table.column(self._photo_words.labels["photo"])
        for name in self._policies:
            table.column(name)
        for path, cells in self._rows.items():
            table.add_row(Text(path), *(cells.get(name, Text("")) for name in self._policies))
        self._console.print(table if self._rows else self._words.labels["none"])


def _said_graver(outcome: RuleOutcome, told: Sequence[RuleOutcome]) -> bool:
    """Whether a graver rule that is not met says the same of the same metric."""
    return any(other.metric == outcome.metric and _gravity(other) < _gravity(outcome) for other in told)


def _gravity(outcome: RuleOutcome) -> int:
    return list(Decision).index(outcome.decision)


MAKERS: Final[Makers[Verdict]] = {
    "table": lambda stream, options: _table(stream, options.language, options.policies),
    "jsonl": lambda stream, _: JsonLines(stream),
    "csv": lambda stream, _: VerdictRows(stream),
    "html": VerdictPage,
}
