"""One photo in, one file out: enhanced where that made it better, else as it came, with the reason."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from packshot.arrays import AnyArray, Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE, Assessor
from packshot.enhance.encoding import can_write
from packshot.enhance.file_traits import FileTraits, has_credentials, read_traits
from packshot.enhance.full_depth_steps import apply_steps_in_full
from packshot.enhance.gps_location import strip_location
from packshot.enhance.kept_encoding import encode_like
from packshot.enhance.loop import (
    LIMITS,
    LoopResult,
    StepApplication,
    apply_result,
    improve,
    is_blurred_beyond_repair,
    is_nearer,
    make_initial_result,
)
from packshot.enhance.loop_options import LoopOptions
from packshot.enhance.network import EnhancementNetwork
from packshot.enhance.output_file import OutputOptions, find_output_format
from packshot.enhance.reasons import (
    explain_refusals,
    explain_unchanged,
    format_expected_gain,
    list_losses,
)
from packshot.enhance.step import Step
from packshot.enhance.version_judge import VersionJudge
from packshot.errors import InvalidInput, SourceError, UnreadablePhoto
from packshot.files import Times, atomic_write_bytes, check_writable
from packshot.photo import Photo, label_of, read_bytes
from packshot.photo.full_depth import FullPhoto, open_in_full, round_to_8_bits
from packshot.report import (
    Abstention,
    Action,
    Assessment,
    Enhancement,
    ExpectedGain,
    Facts,
    Finding,
    Severity,
    Status,
)
from packshot.texts import load_texts

RESHOOT_THRESHOLD: Final = 40.0
"""Score, 0..100: a photo that scores less and cannot be improved is better taken again. A judgement
(docs/decisions/0011-the-enhancement-loop.md); with the next limit 118 of 127 photos of the quarter that
people rate worst are, and 29 of 137 undamaged products, among them all 20 photos of clothes at home
(`benchmarks/results/enhancement_loop.csv`)."""

FAULTY_RESHOOT_THRESHOLD: Final = 60.0
"""The same for one in which an error is found: something is plainly wrong."""

DEEP_BITS: Final = (10, 12, 16)
"""Bits for each channel of a file, more than 8, that stay so many where its format holds them."""

_SEVERITIES_WITH_REMEDY: Final = (Severity.ERROR, Severity.WARNING)
_MAX_REMEDIES: Final = 2
"""Remedies that a reason names: more are not read, and the report has them all."""


@dataclass(frozen=True, eq=False)
class EnhancedFile:
    """An enhanced file.

    Attributes:
        data: Its bytes.
        assessment: Of it.
        steps: Names of the steps that made it, in order.
        abstentions: Changes of frame and background that it still lacks.
        expected: How much nearer to the truth it is taken to be; None where the frame changed.

    Example:
        >>> from packshot.report import Assessment
        >>> EnhancedFile(b"...", Assessment(path="mug.jpg", status="ok"), ("denoise",)).steps
        ('denoise',)
    """

    data: bytes
    assessment: Assessment
    steps: tuple[str, ...]
    abstentions: tuple[Abstention, ...] = ()
    expected: ExpectedGain | None = None


@dataclass(frozen=True, eq=False)
class _OutputFile:
    """A file to write.

    Attributes:
        data: Its bytes.
        notes: Names of the labels that tell what it lacks of the file that came in, its location first.
    """

    data: bytes
    notes: tuple[str, ...] = ()


class Enhancer:
    """Enhances photos and judges what came of it.

    Keeps nothing but the models between photos. Never touches the original, unless it is the output.

    Example:
        >>> options = LoopOptions(max_rounds=1, only_steps=frozenset(["white-balance"]))
        >>> enhancer = Enhancer(options=options)
        >>> enhancement = enhancer.enhance("examples/photos/mug-warm-cast.jpg", "mug.png")
        >>> enhancement.action.value, set(enhancement.steps)
        ('enhanced', {'white-balance'})
        >>> enhancement.score_after > enhancement.score_before + 4
        True
    """

    def __init__(
        self,
        assessor: Assessor | None = None,
        options: LoopOptions | None = None,
        network: EnhancementNetwork | None = None,
        output_options: OutputOptions | None = None,
        judge: VersionJudge | None = None,
    ) -> None:
        """Take an assessor, a network and a judge of versions, or load those that ship.

        Args:
            assessor: Judges before, meanwhile and after; its language is that of the reasons.
            options: How far to go.
            network: One of the user's own.
            output_options: What outputs keep of the files that came in.
            judge: One of the user's own.
        """
        self._judge = judge
        self._network = network
        self.assessor = Assessor() if assessor is None else assessor
        self.options = LoopOptions() if options is None else options
        self.output_options = OutputOptions() if output_options is None else output_options

    @cached_property
    def network(self) -> EnhancementNetwork:
        """The enhancement network, loaded when it is first asked: most photos never need it."""
        return EnhancementNetwork.load_shipped() if self._network is None else self._network

    @cached_property
    def judge(self) -> VersionJudge:
        """The judge of versions, loaded when there is a version to judge."""
        return VersionJudge.load_shipped() if self._judge is None else self._judge

    def _plan_network(self, pixels: Pixels) -> Step | None:
        return self.network.plan(pixels)

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
            source_stat = _read_stat(source)
            data = read_bytes(source, limits=self.assessor.limits)
            output_format = _resolve_output_format(source, target)
            check_writable(target)
            photo = self._open_photo(data, source, ASSESSMENT_SIDE)
            obstacle = _find_obstacle(photo, output_format)
            loop_result = (
                make_initial_result(self.assessor, photo)
                if obstacle
                else self._run_loop(photo, data, source)
            )
            enhanced_file = self._encode_if_better(data, source, output_format, loop_result)
            output_file = self._choose_output(data, photo, output_format, enhanced_file)
            self._write(output_file.data, data, source, target, source_stat)
        except UnreadablePhoto as error:
            return make_failed_enhancement(error)
        return self._make_record(
            source, target, loop_result, enhanced_file, (obstacle, output_file.notes)
        )

    def _write(
        self,
        output_data: bytes,
        source_data: bytes,
        source: Path,
        target: Path,
        source_stat: os.stat_result | None,
    ) -> None:
        """Write the output; a photo that would replace itself by the same bytes stays as it is."""
        if source_stat is not None and _is_same_file(target, source_stat):
            if output_data == source_data:
                return
            if _has_other_stat(source, source_stat):
                raise SourceError(
                    f"{source} was changed by another program in the meantime: it was left as it is"
                )
        times: Times | None = None
        if source_stat is not None and self.output_options.keep_times:
            times = source_stat.st_atime_ns, source_stat.st_mtime_ns
        atomic_write_bytes(output_data, target, times=times)

    def _run_loop(self, photo: Photo, data: bytes, source: Path) -> LoopResult:
        return improve(self.assessor, photo, self.options, self._plan_network, self.judge)

    def _open_photo(self, data: bytes, source: Path, max_side: int | None = None) -> Photo:
        return Photo.open(data, name=label_of(source), limits=self.assessor.limits, max_side=max_side)

    def _encode_if_better(
        self, data: bytes, source: Path, output_format: str, loop_result: LoopResult
    ) -> EnhancedFile | None:
        """Encode the enhanced photo; None where none is, it scores less, or the guards refuse it."""
        if not loop_result.applications:
            return None
        encoded = self._encode_anew(data, source, output_format, loop_result)
        finished = self._open_photo(encoded, source, ASSESSMENT_SIDE)
        names = list_step_names(loop_result.applications)
        expected = self._judge_finished(loop_result, finished.pixels)
        if not loop_result.is_faithful_to(finished.pixels) or not is_nearer(expected, names):
            return None
        after = self.assessor.assess_photo(finished)
        before = loop_result.before.score or 0.0
        gain = (after.score or 0.0) - before
        if gain < self.options.min_total_gain(before):
            return None
        return EnhancedFile(encoded, after, names, expected=expected)

    def _judge_finished(self, loop_result: LoopResult, pixels: Pixels) -> ExpectedGain | None:
        """Judge the finished file, seen at the size that photos are judged at, against what came."""
        if loop_result.reference.shape != pixels.shape:
            return None
        return self.judge.judge(loop_result.reference, pixels)

    def _encode_anew(
        self, data: bytes, source: Path, output_format: str, loop_result: LoopResult | None
    ) -> bytes:
        """Encode the photo, with what the loop kept: in the depth, colours and quality of its file."""
        pixels, traits = self._apply_to_file(data, source, loop_result)
        return encode_like(pixels, output_format, traits)

    def _apply_to_file(
        self, data: bytes, source: Path, loop_result: LoopResult | None
    ) -> tuple[AnyArray, FileTraits]:
        """Apply what the loop kept, in the file's own numbers where these are more than 8-bit sRGB."""
        photo, traits = self._open_photo(data, source), self._read_traits(data)
        full = self._open_in_full(data, photo.facts)
        if full is None:
            pixels = photo.pixels
            return (pixels if loop_result is None else apply_result(pixels, loop_result)), traits
        del photo  # At full size there is room for one.
        changed = apply_steps_in_full(full, () if loop_result is None else loop_result.applications)
        return take_values(changed, traits)

    def _open_in_full(self, data: bytes, facts: Facts) -> FullPhoto | None:
        """Open a photo in its own numbers; None where they are no more than 8-bit sRGB."""
        has_more = facts.bit_depth in DEEP_BITS or facts.other_colours
        return open_in_full(data, self.assessor.limits) if has_more else None

    def _read_traits(self, data: bytes) -> FileTraits:
        return read_traits(data, keep_location=self.output_options.keep_location)

    def _choose_output(
        self, data: bytes, photo: Photo, output_format: str, enhanced_file: EnhancedFile | None
    ) -> _OutputFile:
        """Choose the enhanced file, or what came in, encoded anew for another format."""
        if enhanced_file is not None:
            after = enhanced_file.assessment.facts
            return _OutputFile(enhanced_file.data, self._list_notes(data, photo, after))
        if photo.facts.format == output_format:
            keeps_place = self.output_options.keep_location
            return _OutputFile(data) if keeps_place else self._blank_location(data, photo)
        source = Path(photo.name)
        encoded = self._encode_anew(data, source, output_format, None)
        after = self._open_photo(encoded, source, ASSESSMENT_SIDE).facts
        return _OutputFile(encoded, self._list_notes(data, photo, after))

    def _list_notes(self, data: bytes, photo: Photo, after: Facts | None) -> tuple[str, ...]:
        """List what a file that was encoded anew lacks of the one that came in."""
        is_removed = photo.facts.had_location and not self.output_options.keep_location
        losses = list_losses(photo.facts, after, has_credentials(data))
        return (*(["location_removed"] if is_removed else []), *losses)

    def _blank_location(self, data: bytes, photo: Photo) -> _OutputFile:
        """Blank the location in the bytes that came in, where nothing else changes by that."""
        try:
            stripped = strip_location(data)
        except InvalidInput:
            return _OutputFile(data, ("location_left",))
        if not stripped.had_location:
            return _OutputFile(data, ("location_left",) if photo.facts.had_location else ())
        if not self._is_equal_except_location(data, stripped.data, Path(photo.name)):
            return _OutputFile(data, ("location_left",))
        is_void = has_credentials(data)
        return _OutputFile(
            stripped.data, ("location_removed", *(["credentials_void"] if is_void else []))
        )

    def _is_equal_except_location(self, data: bytes, stripped: bytes, source: Path) -> bool:
        try:
            before, _ = self._digest_pixels(data, source)
            after, has_location = self._digest_pixels(stripped, source)
        except UnreadablePhoto:
            return False
        return before == after and not has_location

    def _digest_pixels(self, data: bytes, source: Path) -> tuple[bytes, bool]:
        """Return a digest of all pixels, one photo in memory at a time, and whether it has a place."""
        photo = self._open_photo(data, source)
        return hashlib.blake2b(photo.pixels.data).digest(), photo.facts.had_location

    def _make_record(
        self,
        source: Path,
        target: Path,
        loop_result: LoopResult,
        enhanced_file: EnhancedFile | None,
        notes: tuple[str | None, tuple[str, ...]],
    ) -> Enhancement:
        obstacle, file_notes = notes
        before, after = loop_result.before, enhanced_file.assessment if enhanced_file else None
        action = (
            Action.ENHANCED
            if enhanced_file
            else _choose_fallback_action(before, self.options.target_score)
        )
        return Enhancement(
            path=label_of(source),
            output=str(target),
            status=Status.OK,
            action=action,
            reason=" ".join(
                [
                    self._format_reason(action, loop_result, enhanced_file, obstacle),
                    *self._format_notes(file_notes, before),
                ]
            ),
            score_before=before.score,
            score_after=(after or before).score,
            steps=enhanced_file.steps if enhanced_file else (),
            expected=enhanced_file.expected if enhanced_file else None,
            trace=loop_result.trace,
            before=before,
            after=after,
        )

    def _format_notes(self, notes: tuple[str, ...], before: Assessment) -> list[str]:
        words = load_texts(self.assessor.language)
        bits = "" if before.facts is None else str(before.facts.bit_depth)
        return [words.label(f"reason_{note}", value=bits) for note in notes]

    def _format_reason(
        self,
        action: Action,
        loop_result: LoopResult,
        enhanced_file: EnhancedFile | None,
        obstacle: str | None,
    ) -> str:
        """In a seller's words, in the assessor's language."""
        words = load_texts(self.assessor.language)
        if enhanced_file is not None:
            points = (enhanced_file.assessment.score or 0.0) - (loop_result.before.score or 0.0)
            expected = format_expected_gain(enhanced_file.expected, words)
            return " ".join((*expected, words.label("reason_enhanced", value=f"{points:.0f}")))
        if action is Action.RESHOOT:
            remedies = _list_remedies(loop_result.before.findings)
            refusals = explain_refusals(loop_result.before, loop_result.trace, self.options, words)
            return " ".join((words.label("reason_reshoot"), *remedies, *refusals))
        if obstacle is not None:
            return words.label(f"reason_{obstacle}")
        if loop_result.applications:
            return words.label("reason_not_at_full_size")
        return explain_unchanged(loop_result.before, loop_result.trace, self.options, words)


def take_values(photo: FullPhoto, traits: FileTraits) -> tuple[AnyArray, FileTraits]:
    """Take the numbers of a photo, in as many bits as its file has, and the traits that go with them.

    Example:
        >>> import numpy as np
        >>> values, traits = take_values(FullPhoto(np.zeros((2, 2, 3), np.uint16), 10), FileTraits())
        >>> values.dtype, traits.bits
        (dtype('uint16'), 10)
    """
    values = photo.values if photo.bits in DEEP_BITS else round_to_8_bits(photo.values)
    return values, replace(
        traits,
        profile=photo.profile,
        is_grey=photo.is_grey,
        bits=photo.bits,
        has_opacity=photo.has_opacity,
    )


def list_step_names(applications: Iterable[StepApplication]) -> tuple[str, ...]:
    """List the names of the steps that were applied, in order.

    Example:
        >>> list_step_names([])
        ()
    """
    return tuple(name for application in applications for name in application.step_names)


def make_failed_enhancement(error: UnreadablePhoto) -> Enhancement:
    """Make the record of a photo that nothing was written for.

    Example:
        >>> record = make_failed_enhancement(UnreadablePhoto("shoe.jpg", "the file is cut short"))
        >>> record.path, record.status.value, record.error
        ('shoe.jpg', 'unreadable', 'the file is cut short')
    """
    return Enhancement(path=error.name, status=Status(error.status), error=error.reason)


def _resolve_output_format(path: str | os.PathLike[str], target: Path) -> str:
    """Find the format to write.

    Raises:
        InvalidInput: The target's extension is of no format that can be written.
        UnreadablePhoto: That is so because the photo has it: one of many is named oddly.
    """
    try:
        return find_output_format(target)
    except InvalidInput as error:
        if target.suffix != Path(path).suffix:
            raise
        raise UnreadablePhoto(os.fspath(path), str(error).removeprefix(f"{target}: ")) from error


def _read_stat(path: Path) -> os.stat_result | None:
    """Read when a file was changed last, and which it is; None where there is none."""
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _is_same_file(path: Path, known_stat: os.stat_result) -> bool:
    current_stat = _read_stat(path)
    return current_stat is not None and os.path.samestat(current_stat, known_stat)


def _has_other_stat(path: Path, known_stat: os.stat_result) -> bool:
    current_stat = _read_stat(path)
    return current_stat is None or (
        current_stat.st_ino,
        current_stat.st_size,
        current_stat.st_mtime_ns,
    ) != (*(known_stat.st_ino, known_stat.st_size, known_stat.st_mtime_ns),)


def _find_obstacle(photo: Photo, output_format: str) -> str | None:
    """Find why a photo cannot be enhanced without losing something: the end of a label's name."""
    is_same_format = photo.facts.format == output_format
    if photo.facts.is_animated and is_same_format:
        return "animated"
    if photo.facts.has_alpha and is_same_format:
        return "transparent"
    return None if can_write(output_format) else "format"


def _choose_fallback_action(before: Assessment, target: float | None) -> Action:
    """Choose between "unchanged" and "to be taken again", which no photo is that reaches its target."""
    threshold = _choose_reshoot_threshold(before)
    required_score = threshold if target is None else min(threshold, target)
    return Action.RESHOOT if (before.score or 0.0) < required_score else Action.UNCHANGED


def _choose_reshoot_threshold(before: Assessment) -> float:
    """Score, 0..100, below which a photo that nothing improves is to be taken again."""
    if is_blurred_beyond_repair(before):
        return LIMITS.good_score
    has_error = any(finding.severity is Severity.ERROR for finding in before.findings)
    return FAULTY_RESHOOT_THRESHOLD if has_error else RESHOOT_THRESHOLD


def _list_remedies(findings: Iterable[Finding]) -> list[str]:
    """List the first remedies, worst first; notes do not ask for another photo."""
    remedies = dict.fromkeys(
        finding.remedy for finding in findings if finding.severity in _SEVERITIES_WITH_REMEDY
    )
    return list(remedies)[:_MAX_REMEDIES]
