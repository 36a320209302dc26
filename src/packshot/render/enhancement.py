"""Enhancements as JSON lines, CSV, a table for the terminal, or a page for the browser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TextIO

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from packshot.render.enhancement_page import EnhancementPage
from packshot.render.enhancement_words import (
    changes,
    gain,
    headings_of_trials,
    in_words,
    reason_alone,
    remedies,
)
from packshot.render.lines import CsvTable, JsonLines
from packshot.render.renderer import Makers, Renderer
from packshot.render.terminal import Columns, console_for
from packshot.report import Action, Assessment, Enhancement, Finding, Status, Trial
from packshot.texts import load_texts

_ACTION_COLOURS = {Action.ENHANCED: "green", Action.UNCHANGED: "dim", Action.RESHOOT: "red"}
_DETAILS = ("trace", "before", "after")
_RESULT = (*("path", "output", "status", "error", "action", "reason"), "score_before", "score_after")


class EnhancementRows(CsvTable[Enhancement]):
    """Everything but the assessments, of which there are the grades and the codes of findings."""

    def __init__(self, stream: TextIO) -> None:
        columns = ("gain", "steps", "grade_before", "grade_after", "repaired", "remaining", "trials")
        super().__init__(stream, (*_RESULT, *columns))

    def _cells(self, photo: Enhancement) -> Iterator[object]:
        found = changes(photo)
        yield from (getattr(photo, name) for name in _RESULT)
        yield gain(photo) if photo.status is Status.OK else None
        yield "; ".join(photo.steps)
        yield from (_grade(photo.before), _grade(photo.after or photo.before))
        yield from (_codes(found.gone), _codes(found.remaining))
        yield "; ".join(f"{trial.round} {trial.step} {trial.verdict}" for trial in photo.trace)


class EnhancementTable(Renderer[Enhancement]):
    """A table, printed when all is known; explained, a paragraph and a trace for each photo."""

    def __init__(self, stream: TextIO, language: str, explain: bool) -> None:
        self._console = console_for(stream)
        self._language = language
        self._texts = load_texts(language)
        self._explain = explain
        labels = self._texts.labels
        self._table = Columns()
        self._table.column(labels["photo"])
        self._table.column(labels["score"])
        self._table.column(labels["result"])
        self._table.column(labels["steps_or_reason"])

    def add(self, photo: Enhancement) -> None:
        """Remember a row, or write a paragraph."""
        cells = Text(photo.path), _scores(photo), self._result(photo)
        told = Text("\n").join(map(Text, self._told(photo)))
        if self._explain:
            self._console.print(Text("  ").join(cell for cell in cells if cell))
            self._console.print(
                Padding(Group(told, *self._trace(photo.trace)), (0, 0, 1, 2), expand=False)
            )
        else:
            self._table.add_row(*cells, told)

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)

    def _result(self, photo: Enhancement) -> Text:
        if photo.action is None:
            return Text(self._texts.labels[photo.status], style="red")
        return Text(self._texts.actions[photo.action], style=_ACTION_COLOURS[photo.action])

    def _told(self, photo: Enhancement) -> Iterator[str]:
        """What was done, or why not, and for a photo to be taken again how."""
        found = changes(photo)
        if photo.steps:
            yield ", ".join(map(self._texts.step, photo.steps))
        yield from filter(None, (reason_alone(photo), photo.error))
        yield from remedies(photo, self._language)
        if self._explain:
            yield from self._titles("gone", found.gone)
            yield from self._titles("remaining", found.remaining)

    def _titles(self, label: str, findings: Iterable[Finding]) -> Iterator[str]:
        titles = "; ".join(self._texts.title(found.code) for found in findings)
        if titles:
            yield f"{self._texts.labels[label]}: {titles}"

    def _trace(self, trace: Sequence[Trial]) -> Iterator[Table]:
        """The trials as a table, if there are any."""
        if not trace:
            return
        table = Columns()
        for heading in headings_of_trials(self._language):
            table.column(Text(heading, style="dim"))
        for trial in trace:
            cells = map(Text, in_words(trial, self._language))
            table.add_row(*cells, style="green" if trial.kept else None)
        yield table


def _scores(photo: Enhancement) -> Text:
    before, after = (
        "" if score is None else f"{score:.1f}" for score in (photo.score_before, photo.score_after)
    )
    if before == after:
        return Text(before)
    return Text.assemble(before, (" → ", "dim"), (after, "bold green" if gain(photo) > 0 else "bold"))


def _grade(assessment: Assessment | None) -> str | None:
    return None if assessment is None else assessment.grade


def _codes(findings: Iterable[Finding]) -> str:
    return "; ".join(found.code for found in findings)


MAKERS: Final[Makers[Enhancement]] = {
    "table": lambda stream, options: EnhancementTable(stream, options.language, options.explain),
    "jsonl": lambda stream, options: JsonLines(stream, without=() if options.explain else _DETAILS),
    "csv": lambda stream, _: EnhancementRows(stream),
    "html": EnhancementPage,
}
