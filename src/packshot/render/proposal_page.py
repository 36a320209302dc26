"""Proposals for a training set as one self-contained page: a contact sheet of each problem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath
from typing import TextIO

from packshot.render.page import Page, Picture, page_template
from packshot.render.renderer import RenderOptions
from packshot.report import Problem, Proposal
from packshot.texts import format_measurement

THUMBNAIL_SIDE = 200


class ProposalsPage(Page[Proposal]):
    """A page of small cards, the problems one after another, in each the surest first."""

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._problems: Counter[Problem] = Counter()

    def _tally(self, proposal: Proposal) -> None:
        self._problems[proposal.problem] += 1

    def _card(self, proposal: Proposal) -> str:
        unreadable = proposal.problem is Problem.UNREADABLE
        other = None if proposal.other is None else self._picture(proposal.other)
        measured = proposal.measurement, self._language
        return page_template("proposal_card.html.j2").render(
            proposal=proposal,
            file=PurePath(proposal.path),
            picture=None if unreadable else self._picture(proposal.path),
            other=other,
            place=_place(proposal),
            value=format_measurement(measured[0], proposal.value, measured[1]),
            limit=format_measurement(measured[0], proposal.limit, measured[1]),
            words=self._words,
        )

    def _picture(self, path: str) -> Picture | None:
        return self._thumbnail(path, THUMBNAIL_SIDE)

    def _rank(self, proposal: Proposal) -> float:
        return _place(proposal) - proposal.confidence

    def _page(self) -> Iterator[str]:
        problems = [(problem, self._problems[problem]) for problem in Problem]
        return self._rendered("proposal_report.html.j2", problems=[one for one in problems if one[1]])


def _place(proposal: Proposal) -> int:
    return 2 * list(Problem).index(proposal.problem)
