"""Proposals for a training set as JSON lines, CSV, a table for the terminal, or a contact sheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TextIO

from rich.text import Text

from packshot.render.lines import CsvTable, JsonLines, RowSink
from packshot.render.proposal_page import ProposalsPage
from packshot.render.renderer import Makers, Renderer
from packshot.render.terminal import BorderlessTable, make_console
from packshot.report import Proposal, Remedy
from packshot.texts import load_texts

PROPOSAL_FIELDS = (
    *("path", "problem", "action", "confidence", "measurement", "value", "limit"),
    *("label", "proposed", "other", "split", "reason"),
)
_COLOURS = {Remedy.DROP: "red", Remedy.RELABEL: "yellow", Remedy.KEEP_ONE: "yellow"}


class ProposalRows(CsvTable[Proposal]):
    """A row for each proposal.

    Example:
        >>> import io
        >>> blurred = Proposal(path="a.jpg", problem="blurred", action="drop", reason="", confidence=0.9)
        >>> ProposalRows(stream := io.StringIO()).add(blurred)
        >>> stream.getvalue().splitlines()[1]
        'a.jpg,blurred,drop,0.9,,,,,,,,'
    """

    def __init__(self, stream: TextIO | RowSink) -> None:
        super().__init__(stream, PROPOSAL_FIELDS)

    def _iter_cells(self, result: Proposal) -> Iterator[object]:
        yield from (getattr(result, name) for name in PROPOSAL_FIELDS)


class ProposalTable(Renderer[Proposal]):
    """A table for people, printed when all is known.

    Example:
        >>> import io
        >>> with ProposalTable(stream := io.StringIO(), "en") as table:
        ...     table.add(Proposal(path="a", problem="blurred", action="drop", reason="", confidence=1))
        >>> "100 %" in stream.getvalue()
        True
    """

    def __init__(self, stream: TextIO, language: str) -> None:
        self._console = make_console(stream)
        self._cleaning_texts = load_texts(language).cleaning
        self._table = BorderlessTable()
        self._table.add_text_column(self._cleaning_texts["problem"])
        self._table.add_text_column(load_texts(language).labels["photo"])
        self._table.add_text_column(self._cleaning_texts["confidence"], justify="right")
        self._table.add_text_column(self._cleaning_texts["action"])
        self._table.add_text_column("")

    def add(self, result: Proposal) -> None:
        """Remember a row."""
        action = self._cleaning_texts[f"action-{result.action}"]
        if result.proposed:
            action = f"{action}: {result.proposed}"
        self._table.add_row(
            self._cleaning_texts[f"kind-{result.problem}"],
            Text(result.path),
            f"{100 * result.confidence:.0f} %",
            Text(action, style=_COLOURS.get(result.action, "")),
            Text(result.reason),
        )

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)
        else:
            self._console.print(self._cleaning_texts["none"])


MAKERS: Final[Makers[Proposal]] = {
    "table": lambda stream, options: ProposalTable(stream, options.language),
    "jsonl": lambda stream, _: JsonLines(stream, exclude=("status", "error")),
    "csv": lambda stream, _: ProposalRows(stream),
    "html": ProposalsPage,
}
