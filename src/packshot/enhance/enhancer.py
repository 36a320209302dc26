"""One photo in, one file out: enhanced where that made it better, else as it came, with the reason."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packshot.assess.assessor import JUDGED_SIDE, Assessor
from packshot.enhance.encoding import can_write, encode_as
from packshot.enhance.location import strip_location
from packshot.enhance.loop import Improved, LoopOptions, apply, improve, unimproved
from packshot.enhance.network import EnhancementNetwork
from packshot.enhance.output import Kept, format_named, kept_exif
from packshot.errors import InvalidInput, SourceError, UnreadablePhoto
from packshot.files import Times, require_place, write_whole
from packshot.photo import Photo, label_of, read_bytes
from packshot.report import Action, Assessment, Enhancement, Finding, Severity, Status
from packshot.texts import load_texts

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


@dataclass(frozen=True, eq=False)
class _Output:
    """A file to write.

    Attributes:
        data: Its bytes.
        note: What became of where it was taken: the name of a label; None where there was nothing.
    """

    data: bytes
    note: str | None


class Enhancer:
    """Enhances photos and judges what came of it.

    Keeps nothing but the models between photos. Never touches the original, unless it is the output.
    """

    def __init__(
        self,
        assessor: Assessor | None = None,
        options: LoopOptions | None = None,
        network: EnhancementNetwork | None = None,
        kept: Kept | None = None,
    ) -> None:
        """Take an assessor and a network, or load those that ship.

        Args:
            assessor: Judges before, meanwhile and after; its language is that of the reasons.
            options: How far to go.
            network: One of the user's own.
            kept: What outputs keep of the files that came in.
        """
        self.network = EnhancementNetwork.packaged() if network is None else network
        self.assessor = Assessor() if assessor is None else assessor
        self.options = LoopOptions() if options is None else options
        self.kept = Kept() if kept is None else kept

    def enhance(self, path: str | os.PathLike[str], output: str | os.PathLike[str]) -> Enhancement:
        """Enhance a file into another, which is always written if the photo can be read.

        The output is the enhanced photo where the loop improved it and the finished file, assessed like
        any other, scores higher; else the very bytes that came in (encoded anew only where the output's
        extension asks for another format), but for where the photo was taken: that is blanked, with
        every pixel as it was, unless it is to be kept. Where it cannot be, the reason says so.

        Args:
            path: The photo; not changed unless `output` is the same file, and then only if there is
                something to change.
            output: Its extension names the format; an older file there is replaced.

        Returns:
            With the status "unreadable", and nothing written, where the photo cannot be decoded.

        Raises:
            InvalidInput: An extension that stands for no format, or for one that cannot be written.
            SourceError: The output cannot be written, or the photo was changed by others meanwhile and
                would be replaced.
        """
        source = path if isinstance(path, Path) else Path(path)  # One with a label keeps it.
        target = Path(output)
        try:
            came = _stamp(source)
            data = read_bytes(source, limits=self.assessor.limits)
            wanted = _wanted(source, target)
            require_place(target)
            photo = self._opened(data, source, JUDGED_SIDE)
            obstacle = _obstacle(photo, wanted)
            improved = unimproved(self.assessor, photo) if obstacle else self._improved(photo)
            finished = self._finished(data, source, wanted, improved)
            written = self._output(data, photo, wanted, finished)
            self._write(written.data, data, source, target, came)
        except UnreadablePhoto as error:
            return unenhanced(error)
        return self._record(source, target, improved, finished, (obstacle, written.note))

    def _write(
        self, content: bytes, data: bytes, source: Path, target: Path, came: os.stat_result | None
    ) -> None:
        """Write the output; a photo that would replace itself by the same bytes stays as it is."""
        if came is not None and _is_file(target, came):
            if content == data:
                return
            if _changed(source, came):
                raise SourceError(f"{source} was changed by others meanwhile: it stays as it is")
        times: Times | None = None
        if came is not None and self.kept.times:
            times = came.st_atime_ns, came.st_mtime_ns
        write_whole(content, target, times=times)

    def _improved(self, photo: Photo) -> Improved:
        return improve(self.assessor, photo, self.options, self.network.plan)

    def _opened(self, data: bytes, source: Path, max_side: int | None = None) -> Photo:
        return Photo.open(data, name=label_of(source), limits=self.assessor.limits, max_side=max_side)

    def _finished(self, data: bytes, source: Path, wanted: str, improved: Improved) -> _Finished | None:
        """The enhanced file; None where there is none, or it scores no better than what came in."""
        if not improved.kept:
            return None
        pixels = apply(self._opened(data, source).pixels, improved.kept)
        encoded = encode_as(pixels, wanted, kept_exif(data, location=self.kept.location))
        after = self.assessor.assess_photo(self._opened(encoded, source, JUDGED_SIDE))
        before = improved.before.score or 0.0
        gain = (after.score or 0.0) - before
        return _Finished(encoded, after) if gain >= self.options.needed_in_all(before) else None

    def _output(self, data: bytes, photo: Photo, wanted: str, finished: _Finished | None) -> _Output:
        """What is to be written: the enhanced file, or what came in, encoded anew for another format."""
        gone = "location_removed" if photo.facts.had_location and not self.kept.location else None
        if finished is not None:
            return _Output(finished.data, gone)
        if photo.facts.format == wanted:
            return _Output(data, None) if self.kept.location else self._without_location(data, photo)
        exif = kept_exif(data, location=self.kept.location)
        return _Output(encode_as(self._opened(data, Path(photo.name)).pixels, wanted, exif), gone)

    def _without_location(self, data: bytes, photo: Photo) -> _Output:
        """The bytes that came in, without a place where that can be had without any other change."""
        try:
            stripped = strip_location(data)
        except InvalidInput:
            return _Output(data, "location_left")
        if not stripped.had_location:
            return _Output(data, "location_left" if photo.facts.had_location else None)
        if not self._differ_by_location_alone(data, stripped.data, Path(photo.name)):
            return _Output(data, "location_left")
        return _Output(stripped.data, "location_removed")

    def _differ_by_location_alone(self, data: bytes, stripped: bytes, source: Path) -> bool:
        try:
            before, _ = self._seen(data, source)
            after, located = self._seen(stripped, source)
        except UnreadablePhoto:
            return False
        return before == after and not located

    def _seen(self, data: bytes, source: Path) -> tuple[bytes, bool]:
        """A digest of all pixels, one photo in memory at a time, and whether it has a place."""
        photo = self._opened(data, source)
        return hashlib.blake2b(photo.pixels.data).digest(), photo.facts.had_location

    def _record(
        self,
        source: Path,
        target: Path,
        improved: Improved,
        finished: _Finished | None,
        notes: tuple[str | None, str | None],
    ) -> Enhancement:
        obstacle, location = notes
        before, after = improved.before, finished.after if finished else None
        action = Action.ENHANCED if finished else _without_enhancement(before, self.options.target)
        return Enhancement(
            path=label_of(source),
            output=str(target),
            status=Status.OK,
            action=action,
            reason=" ".join([self._reason(action, improved, after, obstacle), *self._said(location)]),
            score_before=before.score,
            score_after=(after or before).score,
            steps=tuple(name for one in improved.kept for name in one.steps) if finished else (),
            trace=improved.trace,
            before=before,
            after=after,
        )

    def _said(self, note: str | None) -> list[str]:
        return [] if note is None else [load_texts(self.assessor.language).label(f"reason_{note}")]

    def _reason(
        self, action: Action, improved: Improved, after: Assessment | None, obstacle: str | None
    ) -> str:
        """In a seller's words, in the assessor's language."""
        words = load_texts(self.assessor.language)
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


def unenhanced(error: UnreadablePhoto) -> Enhancement:
    """The row for a photo that nothing was written for."""
    return Enhancement(path=error.name, status=Status(error.status), error=error.reason)


def _wanted(path: str | os.PathLike[str], target: Path) -> str:
    """The format to write.

    Raises:
        InvalidInput: The target's extension is of no format that can be written.
        UnreadablePhoto: That is so because the photo has it: one of many is named oddly.
    """
    try:
        return format_named(target)
    except InvalidInput as error:
        if target.suffix != Path(path).suffix:
            raise
        raise UnreadablePhoto(os.fspath(path), str(error).removeprefix(f"{target}: ")) from error


def _stamp(path: Path) -> os.stat_result | None:
    """When a file was changed last, and which it is; None where there is none."""
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _is_file(path: Path, found: os.stat_result) -> bool:
    there = _stamp(path)
    return there is not None and os.path.samestat(there, found)


def _changed(path: Path, found: os.stat_result) -> bool:
    there = _stamp(path)
    return there is None or (there.st_ino, there.st_size, there.st_mtime_ns) != (
        *(found.st_ino, found.st_size, found.st_mtime_ns),
    )


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
