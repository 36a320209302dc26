"""Proposals for a training set as one self-contained page: a contact sheet of each problem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath
from typing import TextIO

from packshot.render.page import Page, Picture, load_template
from packshot.render.renderer import RenderOptions
from packshot.report import Problem, Proposal
from packshot.texts import format_measurement

THUMBNAIL_SIDE = 200
"""Pixels of the long side of a photo in a card. A judgement: large enough to see it, small enough for
thousands on a page."""


class ProposalsPage(Page[Proposal]):
    """A page of small cards, the problems one after another, in each the surest first.

    Example:
        >>> import io
        >>> blurred = Proposal(path="a", problem="blurred", action="drop", reason="soft", confidence=1)
        >>> with ProposalsPage(stream := io.StringIO(), RenderOptions()) as page:
        ...     page.add(blurred)
        >>> "soft" in stream.getvalue()
        True
    """

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._problem_counts: Counter[Problem] = Counter()

    def _count(self, proposal: Proposal) -> None:
        self._problem_counts[proposal.problem] += 1

    def _render_card(self, proposal: Proposal) -> str:
        unreadable = proposal.problem is Problem.UNREADABLE
        other = None if proposal.other is None else self._load_picture(proposal.other)
        format_arguments = proposal.measurement, self._language
        return load_template("proposal_card.html.j2").render(
            proposal=proposal,
            file=PurePath(proposal.path),
            picture=None if unreadable else self._load_picture(proposal.path),
            other=other,
            place=_problem_rank(proposal),
            value=format_measurement(format_arguments[0], proposal.value, format_arguments[1]),
            limit=format_measurement(format_arguments[0], proposal.limit, format_arguments[1]),
            words=self._texts,
        )

    def _load_picture(self, path: str) -> Picture | None:
        return self._thumbnail(path, THUMBNAIL_SIDE)

    def _compute_rank(self, proposal: Proposal) -> float:
        return _problem_rank(proposal) - proposal.confidence

    def _render_page(self) -> Iterator[str]:
        problems = [(problem, self._problem_counts[problem]) for problem in Problem]
        return self._render_template(
            "proposal_report.html.j2", problems=[one for one in problems if one[1]]
        )


def _problem_rank(proposal: Proposal) -> int:
    return 2 * list(Problem).index(proposal.problem)
