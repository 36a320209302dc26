"""The report of enhancements as one self-contained page, before and after side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePath
from typing import TextIO

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
from packshot.render.manual_checks import ManualChecks
from packshot.render.page import Page, Picture, histogram, load_template, mean
from packshot.render.renderer import RenderOptions
from packshot.report import Action, Enhancement
from packshot.texts import load_policy_texts

PICTURE_SIDE = 640
"""Pixels of the long side, larger than elsewhere: what enhancing changes has to be seen. A judgement."""
_SECTIONS = (Action.ENHANCED, Action.RESHOOT, Action.UNCHANGED)
_SECTION_RANK_STEP = 1000.0
"""Between the ranks of two sections: more than any gain, which is 100 points at most."""


class EnhancementPage(Page[Enhancement]):
    """A page of photos: enhanced, those that won most first, then to be taken again, then the others.

    Example:
        >>> import io
        >>> with EnhancementPage(stream := io.StringIO(), RenderOptions()) as page:
        ...     page.add(Enhancement(path="mug.jpg", status="unreadable", error="the file is empty"))
        >>> "the file is empty" in stream.getvalue()
        True
    """

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._explain = options.explain
        self._scores_before: list[float] = []
        self._scores_after: list[float] = []
        self._action_counts: Counter[str] = Counter()
        self._checks = ManualChecks(options.policies)

    def _count(self, photo: Enhancement) -> None:
        self._scores_before.append(photo.score_before or 0.0)
        self._scores_after.append(photo.score_after or 0.0)
        self._action_counts[_get_action(photo)] += 1
        if photo.policy is not None:
            self._checks.add(photo.policy.policy, photo.policy.manual_checks)
        if photo.before is not None:
            self._models = photo.before.models

    def _compute_rank(self, photo: Enhancement) -> float:
        return _SECTIONS.index(_get_action(photo)) * _SECTION_RANK_STEP - compute_gain(photo)

    def _render_card(self, photo: Enhancement) -> str:
        before, after = load_pictures(photo, partial(self._thumbnail, side=PICTURE_SIDE))
        return load_template("enhancement_card.html.j2").render(
            photo=photo,
            action=_get_action(photo),
            file=PurePath(photo.path),
            before=before,
            after=after,
            changes=compare_findings(photo),
            reason=strip_remedies(photo),
            remedies=collect_remedies(photo, self._language),
            gain=compute_gain(photo),
            rank=self._compute_rank(photo),
            headings=build_trial_headings(self._language),
            in_words=partial(format_trial, language=self._language),
            abstentions=list_abstentions(photo, self._language),
            policy=format_policy_change(photo, self._language),
            rule_changes=select_rule_changes(photo),
            rule_headings=build_rule_headings(self._language),
            rule_in_words=partial(format_rule_change, language=self._language),
            explain=self._explain,
            words=self._texts,
        )

    def _render_page(self) -> Iterator[str]:
        return self._render_template(
            "enhancement_report.html.j2",
            actions=_SECTIONS,
            checks=self._checks.list_rules(),
            asks=load_policy_texts(self._language),
            numbers=self._action_counts,
            mean_before=mean(self._scores_before),
            mean_after=mean(self._scores_after),
            histogram=histogram(self._scores_before, self._scores_after),
        )


def load_pictures(
    photo: Enhancement, picture_of: Callable[[str], Picture | None]
) -> tuple[Picture | None, Picture | None]:
    """Load the photo as it came, and as it is now.

    None for what is not there: a file that is gone, a photo that was replaced, or that stayed as it was.

    Args:
        photo: What was done to it.
        picture_of: The picture of a file; None where that can no longer be read.

    Example:
        >>> kept = Enhancement(path="mug.jpg", status="ok", action=Action.UNCHANGED)
        >>> load_pictures(kept, lambda path: Picture(path, 320, 240))
        (Picture(uri='mug.jpg', width=320, height=240, link=''), None)
    """
    if not photo.steps or photo.output is None:
        return picture_of(photo.path), None
    before = None if _is_same_file(photo.path, photo.output) else picture_of(photo.path)
    return before, picture_of(photo.output)


def _is_same_file(path: str, output: str) -> bool:
    try:
        return Path(path).samefile(output)
    except OSError:
        return False


def _get_action(photo: Enhancement) -> Action:
    return photo.action or Action.UNCHANGED
