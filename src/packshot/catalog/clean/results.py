"""Proposals for a training set as JSON lines, CSV, a table for the terminal, or a contact sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from rich.text import Text

from packshot.assess.advice import texts
from packshot.catalog.clean.page import ProposalsPage
from packshot.catalog.lines import CsvTable, JsonLines
from packshot.catalog.page import FileOf
from packshot.catalog.rendering import Renderer, made_for
from packshot.catalog.terminal import Columns, console_for
from packshot.report import Proposal, Remedy

COLUMNS = (
    *("path", "problem", "action", "confidence", "measurement", "value", "limit"),
    *("label", "proposed", "other", "split", "reason"),
)
_COLOURS = {Remedy.DROP: "red", Remedy.RELABEL: "yellow", Remedy.KEEP_ONE: "yellow"}


def proposal_renderer(
    name: str, stream: TextIO, language: str, file_of: FileOf = Path
) -> Renderer[Proposal]:
    """The renderer of a format: ``table``, ``jsonl``, ``csv`` or ``html``.

    Args:
        name: Of the format.
        stream: Where to.
        language: Of words.
        file_of: The files of photos, where they are not what results call them.

    Raises:
        InvalidInput: An unknown format or language.
    """
    makers: dict[str, Callable[[], Renderer[Proposal]]] = {
        "table": lambda: ProposalTable(stream, language),
        "jsonl": lambda: JsonLines(stream, without=("status", "error")),
        "csv": lambda: ProposalRows(stream),
        "html": lambda: ProposalsPage(stream, language, file_of),
    }
    return made_for(name, language, makers, stream)


class ProposalRows(CsvTable[Proposal]):
    """A row for each proposal."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, COLUMNS)

    def _cells(self, result: Proposal) -> Iterator[object]:
        yield from (getattr(result, name) for name in COLUMNS)


class ProposalTable(Renderer[Proposal]):
    """A table for people, printed when all is known."""

    def __init__(self, stream: TextIO, language: str) -> None:
        self._console = console_for(stream)
        self._words = texts(language).cleaning
        self._table = Columns()
        self._table.column(self._words["problem"])
        self._table.column(texts(language).labels["photo"])
        self._table.column(self._words["confidence"], justify="right")
        self._table.column(self._words["action"])
        self._table.column("")

    def add(self, result: Proposal) -> None:
        """Remember a row."""
        action = self._words[f"action-{result.action}"]
        if result.proposed:
            action = f"{action}: {result.proposed}"
        self._table.add_row(
            self._words[f"kind-{result.problem}"],
            Text(result.path),
            f"{100 * result.confidence:.0f} %",
            Text(action, style=_COLOURS.get(result.action, "")),
            Text(result.reason),
        )

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)
        else:
            self._console.print(self._words["none"])
