"""The report of enhancements as one self-contained page, before and after side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePath
from typing import TextIO

from packshot.render.enhancement_words import (
    changes,
    gain,
    headings_of_trials,
    in_words,
    reason_alone,
    remedies,
)
from packshot.render.page import Page, Picture, histogram, mean, page_template
from packshot.render.renderer import RenderOptions
from packshot.report import Action, Enhancement

PICTURE_SIDE = 640
_SECTIONS = (Action.ENHANCED, Action.RESHOOT, Action.UNCHANGED)
_SECTION_SIZE = 1000.0  # More than any gain: 100 at most.


class EnhancementPage(Page[Enhancement]):
    """A page of photos: enhanced, those that won most first, then to be taken again, then the others."""

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._explain = options.explain
        self._before: list[float] = []
        self._after: list[float] = []
        self._actions: Counter[str] = Counter()

    def _tally(self, photo: Enhancement) -> None:
        self._before.append(photo.score_before or 0.0)
        self._after.append(photo.score_after or 0.0)
        self._actions[_action(photo)] += 1
        if photo.before is not None:
            self._models = photo.before.models

    def _rank(self, photo: Enhancement) -> float:
        return _SECTIONS.index(_action(photo)) * _SECTION_SIZE - gain(photo)

    def _card(self, photo: Enhancement) -> str:
        before, after = pictures(photo, partial(self._thumbnail, side=PICTURE_SIDE))
        return page_template("enhancement_card.html.j2").render(
            photo=photo,
            action=_action(photo),
            file=PurePath(photo.path),
            before=before,
            after=after,
            changes=changes(photo),
            reason=reason_alone(photo),
            remedies=remedies(photo, self._language),
            gain=gain(photo),
            rank=self._rank(photo),
            headings=headings_of_trials(self._language),
            in_words=partial(in_words, language=self._language),
            explain=self._explain,
            words=self._words,
        )

    def _page(self) -> Iterator[str]:
        return self._rendered(
            "enhancement_report.html.j2",
            actions=_SECTIONS,
            numbers=self._actions,
            mean_before=mean(self._before),
            mean_after=mean(self._after),
            histogram=histogram(self._before, self._after),
        )


def pictures(
    photo: Enhancement, picture_of: Callable[[str], Picture | None]
) -> tuple[Picture | None, Picture | None]:
    """The photo as it came, and as it is now.

    None for what is not there: a file that is gone, a photo that was replaced, or that stayed as it was.

    Args:
        photo: What was done to it.
        picture_of: The picture of a file; None where that can no longer be read.
    """
    if not photo.steps or photo.output is None:
        return picture_of(photo.path), None
    before = None if _same_file(photo.path, photo.output) else picture_of(photo.path)
    return before, picture_of(photo.output)


def _same_file(path: str, output: str) -> bool:
    try:
        return Path(path).samefile(output)
    except OSError:
        return False


def _action(photo: Enhancement) -> Action:
    return photo.action or Action.UNCHANGED
