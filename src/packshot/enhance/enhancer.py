"""One photo in, one file out: enhanced where that made it better, else as it came, with the reason."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packshot.assess.advice import texts
from packshot.assess.assessor import JUDGED_SIDE, Assessor
from packshot.enhance.encoding import can_write, encode_as
from packshot.enhance.loop import Improved, LoopOptions, apply, improve, unimproved
from packshot.enhance.network import EnhancementNetwork
from packshot.enhance.output import format_named, kept_exif
from packshot.errors import UnreadablePhoto
from packshot.files import write_whole
from packshot.photo import Photo, label_of, read_bytes
from packshot.report import Action, Assessment, Enhancement, Finding, Severity, Status

RESHOOT_BELOW: Final = 40.0
"""A photo that scores less and cannot be improved is better taken again."""

FAULTY_BELOW: Final = 60.0
"""The same for one in which something is found that is plainly wrong."""

_GRAVE: Final = (Severity.ERROR, Severity.WARNING)
_REMEDIES_SAID: Final = 2


@dataclass(frozen=True, eq=False)
class _Finished:
    """An enhanced file and its assessment."""

    data: bytes
    after: Assessment


class Enhancer:
    """Enhances photos and judges what came of it.

    Keeps nothing but the models between photos. Never touches the original, unless it is the output.
    """

    def __init__(
        self,
        assessor: Assessor | None = None,
        options: LoopOptions | None = None,
        network: EnhancementNetwork | None = None,
    ) -> None:
        """Take an assessor and a network, or load those that ship.

        Args:
            assessor: Judges before, meanwhile and after; its language is that of the reasons.
            options: How far to go.
            network: One of the user's own.
        """
        self.network = EnhancementNetwork.packaged() if network is None else network
        self.assessor = Assessor() if assessor is None else assessor
        self.options = LoopOptions() if options is None else options

    def enhance(self, path: str | os.PathLike[str], output: str | os.PathLike[str]) -> Enhancement:
        """Enhance a file into another, which is always written if the photo can be read.

        The output is the enhanced photo where the loop improved it and the finished file, assessed like
        any other, scores higher; else the very bytes that came in (encoded anew only where the output's
        extension asks for another format).

        Args:
            path: The photo; not changed unless `output` is the same file.
            output: Its extension names the format; an older file there is replaced.

        Returns:
            With the status "unreadable", and nothing written, where the photo cannot be decoded.

        Raises:
            InvalidInput: An extension that stands for no format, or for one that cannot be written.
            SourceError: The output cannot be written.
        """
        source = path if isinstance(path, Path) else Path(path)  # One with a label keeps it.
        target = Path(output)
        wanted = format_named(target)
        try:
            data = read_bytes(source, limits=self.assessor.limits)
            photo = self._opened(data, source, JUDGED_SIDE)
            obstacle = _obstacle(photo, wanted)
            improved = unimproved(self.assessor, photo) if obstacle else self._improved(photo)
            finished = self._finished(data, source, wanted, improved)
            write_whole(finished.data if finished else self._as_it_came(data, photo, wanted), target)
        except UnreadablePhoto as error:
            return Enhancement(path=label_of(source), status=Status.UNREADABLE, error=error.reason)
        return self._record(source, target, improved, finished, obstacle)

    def _improved(self, photo: Photo) -> Improved:
        return improve(self.assessor, photo, self.options, self.network.plan)

    def _opened(self, data: bytes, source: Path, max_side: int | None = None) -> Photo:
        return Photo.open(data, name=label_of(source), limits=self.assessor.limits, max_side=max_side)

    def _finished(self, data: bytes, source: Path, wanted: str, improved: Improved) -> _Finished | None:
        """The enhanced file; None where there is none, or it scores no better than what came in."""
        if not improved.kept:
            return None
        pixels = apply(self._opened(data, source).pixels, improved.kept)
        encoded = encode_as(pixels, wanted, kept_exif(data))
        after = self.assessor.assess_photo(self._opened(encoded, source, JUDGED_SIDE))
        before = improved.before.score or 0.0
        gain = (after.score or 0.0) - before
        return _Finished(encoded, after) if gain >= self.options.needed_in_all(before) else None

    def _as_it_came(self, data: bytes, photo: Photo, wanted: str) -> bytes:
        """The bytes that came in, encoded anew only for another format."""
        if photo.facts.format == wanted:
            return data
        return encode_as(self._opened(data, Path(photo.name)).pixels, wanted, kept_exif(data))

    def _record(
        self,
        source: Path,
        target: Path,
        improved: Improved,
        finished: _Finished | None,
        obstacle: str | None,
    ) -> Enhancement:
        before, after = improved.before, finished.after if finished else None
        action = Action.ENHANCED if finished else _without_enhancement(before, self.options.target)
        return Enhancement(
            path=label_of(source),
            output=str(target),
            status=Status.OK,
            action=action,
            reason=self._reason(action, improved, after, obstacle),
            score_before=before.score,
            score_after=(after or before).score,
            steps=tuple(name for one in improved.kept for name in one.steps) if finished else (),
            trace=improved.trace,
            before=before,
            after=after,
        )

    def _reason(
        self, action: Action, improved: Improved, after: Assessment | None, obstacle: str | None
    ) -> str:
        """In a seller's words, in the assessor's language."""
        words = texts(self.assessor.language)
        if after is not None:
            points = (after.score or 0.0) - (improved.before.score or 0.0)
            return words.label("reason_enhanced", value=f"{points:.0f}")
        if action is Action.RESHOOT:
            return " ".join((words.label("reason_reshoot"), *_remedies(improved.before.findings)))
        if obstacle is not None:
            return words.label(f"reason_{obstacle}")
        if improved.kept:
            return words.label("reason_not_at_full_size")
        return words.label("reason_no_step_helped" if improved.trace else "reason_nothing_to_do")


def _obstacle(photo: Photo, wanted: str) -> str | None:
    """Why a photo cannot be enhanced without losing something: the end of a label's name."""
    same = photo.facts.format == wanted
    if photo.facts.animated and same:
        return "animated"
    if photo.facts.has_alpha and same:
        return "transparent"
    return None if can_write(wanted) else "format"


def _without_enhancement(before: Assessment, target: float | None) -> Action:
    """Unchanged, or to be taken again where it is too bad; never where it reaches what was asked for."""
    wrong = any(found.severity is Severity.ERROR for found in before.findings)
    bar = FAULTY_BELOW if wrong else RESHOOT_BELOW
    asked = bar if target is None else min(bar, target)
    return Action.RESHOOT if (before.score or 0.0) < asked else Action.UNCHANGED


def _remedies(findings: Iterable[Finding]) -> list[str]:
    """The first remedies, worst first; notes do not ask for another photo."""
    said = dict.fromkeys(found.remedy for found in findings if found.severity in _GRAVE)
    return list(said)[:_REMEDIES_SAID]
