"""Presentation, then repairs: one photo in, one file out, nearer to how a shop wants it shown."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from packshot.arrays import AnyArray, Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE, Assessor
from packshot.enhance.encoding import encode_transparent
from packshot.enhance.enhancer import EnhancedFile, Enhancer, list_step_names, take_values
from packshot.enhance.full_depth_steps import apply_steps_in_full, present_in_full
from packshot.enhance.goals import PresentationGoals
from packshot.enhance.kept_encoding import encode_like
from packshot.enhance.loop import LoopResult, apply_steps, improve, make_initial_result
from packshot.enhance.loop_options import LoopOptions
from packshot.enhance.matte import take_off_white
from packshot.enhance.network import EnhancementNetwork
from packshot.enhance.output_file import OutputOptions
from packshot.enhance.presentation import WHITEN, Presentation, present
from packshot.enhance.step import Step
from packshot.photo import Photo
from packshot.photo.full_depth import FullPhoto
from packshot.photo.pixels import shrink_to_fit
from packshot.report import (
    Abstention,
    AbstentionReason,
    Action,
    Assessment,
    Enhancement,
    Trial,
    TrialOutcome,
)
from packshot.texts import load_texts

MAX_SCORE_LOSS: Final = 5.0
"""Points, 0..100, that a photo may lose by what brings its presentation nearer to its goals: those are
measured, and a score errs by more than that. What loses more is left as it was."""


@dataclass(frozen=True, eq=False)
class OptimizedResult(LoopResult):
    """A photo after its presentation and its repairs, at viewing size.

    Attributes:
        presentation: At full size; not changed where there was nothing to do.
        presented_score: 0..100, of the presented photo before its repairs.

    Example:
        >>> import numpy as np
        >>> pixels = np.zeros((4, 4, 3), np.uint8)
        >>> before = Assessment(path="mug.jpg", status="ok", score=52)
        >>> as_it_came = Presentation(pixels)
        >>> OptimizedResult(pixels, before, before, pixels, presentation=as_it_came).applications
        ()
    """

    presentation: Presentation = field(kw_only=True)
    presented_score: float = 0.0


class Optimizer(Enhancer):
    """Brings photos nearer to the presentation wanted, then repairs them as `Enhancer` does.

    Presentation comes first: a product that fills a tenth of the picture is judged by the rest of it,
    and a grey background would call for light that the product does not lack.

    Example:
        >>> record = Optimizer().enhance("examples/photos/bowl-small-off-centre.jpg", "bowl.jpg")
        >>> record.steps[0], record.score_after > record.score_before
        ('frame-product', True)
    """

    def __init__(
        self,
        assessor: Assessor | None = None,
        options: LoopOptions | None = None,
        goals: PresentationGoals | None = None,
        network: EnhancementNetwork | None = None,
        output_options: OutputOptions | None = None,
    ) -> None:
        """Take what `Enhancer` takes, and goals.

        Args:
            assessor: See `Enhancer`.
            options: See `Enhancer`; they say nothing of the presentation but `only_steps`.
            goals: The presentation to work towards.
            network: See `Enhancer`.
            output_options: See `Enhancer`.
        """
        super().__init__(assessor, options, network, output_options)
        self.goals = PresentationGoals() if goals is None else goals

    def _run_loop(self, photo: Photo, data: bytes, source: Path) -> OptimizedResult:
        pixels = self._open_photo(data, source).pixels
        presentation = present(pixels, self.goals, self.assessor.inspector.mask, self.options.only_steps)
        if not presentation.is_changed:
            return self._repair(photo, presentation, None)
        before = make_initial_result(self.assessor, photo).before
        presented = _replace_pixels(photo, presentation.pixels)
        result = self._repair(presented, presentation, before)
        if self._may_lose(before, result.presented_score):
            return result
        return self._repair(photo, _take_back(pixels, presentation), before)

    def _repair(
        self, photo: Photo, presentation: Presentation, before: Assessment | None
    ) -> OptimizedResult:
        """Repair a photo that was presented; `before` is the photo as it came, None if it still is."""
        loop_result = improve(self.assessor, photo, self.options, self._plan_network, self.judge)
        trials = [_make_trial(number, step) for number, step in enumerate(presentation.steps, start=1)]
        later = [
            trial.model_copy(update={"round": trial.round + len(trials)}) for trial in loop_result.trace
        ]
        return OptimizedResult(
            pixels=loop_result.pixels,
            before=loop_result.before if before is None else before,
            after=loop_result.after,
            reference=loop_result.reference,
            applications=loop_result.applications,
            trace=(*trials, *later),
            intents=loop_result.intents,
            presentation=presentation,
            presented_score=loop_result.before.score or 0.0,
        )

    def _may_lose(self, before: Assessment, score: float) -> bool:
        """Return whether a presentation may cost what it costs; what was asked for by name may."""
        return self.goals.background.is_cut_out or score >= (before.score or 0.0) - MAX_SCORE_LOSS

    def _encode_if_better(
        self, data: bytes, source: Path, output_format: str, loop_result: LoopResult
    ) -> EnhancedFile | None:
        """Encode the presented photo, repaired if that helps; None where nothing is changed."""
        if not isinstance(loop_result, OptimizedResult):
            return None  # It was not to be changed.
        presentation, score = loop_result.presentation, loop_result.presented_score
        if not presentation.is_changed:
            full = self._open_photo_in_full(data, loop_result)
            if full is not None:
                return super()._encode_if_better(data, source, output_format, loop_result)
        else:
            full = self._present_in_full(data, loop_result)
        encode = partial(self._encode, data=data, source=source, output_format=output_format)
        if loop_result.applications:
            file = encode(*self._apply_repairs(presentation, full, loop_result))
            if (file.assessment.score or 0.0) - score >= self.options.min_total_gain(score):
                return file
        return encode(presentation, full) if presentation.is_changed else None

    def _open_photo_in_full(self, data: bytes, loop_result: OptimizedResult) -> FullPhoto | None:
        facts = loop_result.before.facts
        return None if facts is None else self._open_in_full(data, facts)

    def _present_in_full(self, data: bytes, loop_result: OptimizedResult) -> FullPhoto | None:
        """Present the photo in its own numbers; None where it has no more than 8-bit sRGB.

        A photo that becomes transparent is written with 8 bits: its colours are told from white there.
        """
        if loop_result.presentation.alpha is not None:
            return None
        full = self._open_photo_in_full(data, loop_result)
        return None if full is None else present_in_full(full, loop_result.presentation.steps)

    def _apply_repairs(
        self, presentation: Presentation, full: FullPhoto | None, loop_result: OptimizedResult
    ) -> tuple[Presentation, FullPhoto | None]:
        """Repair the photo at full size, then whiten what that has made nearly white."""
        if full is not None:
            full = apply_steps_in_full(full, loop_result.applications)
        repaired = replace(
            presentation,
            pixels=apply_steps(presentation.pixels, loop_result.applications),
            repairs=list_step_names(loop_result.applications),
        )
        again = present(
            repaired.pixels, self.goals, self.assessor.inspector.mask, self._select_whitening()
        )
        others = [one for one in presentation.abstentions if one.step != WHITEN]
        whitened = replace(
            repaired,
            pixels=again.pixels,
            repairs=(*repaired.repairs, *again.step_names),
            abstentions=(*others, *again.abstentions),
        )
        return whitened, None if full is None else present_in_full(full, again.steps)

    def _select_whitening(self) -> frozenset[str]:
        names = self.options.only_steps
        return frozenset({WHITEN}) if names is None else names & {WHITEN}

    def _encode(
        self,
        presentation: Presentation,
        full: FullPhoto | None,
        *,
        data: bytes,
        source: Path,
        output_format: str,
    ) -> EnhancedFile:
        traits = self._read_traits(data)
        pixels: AnyArray = presentation.pixels
        alpha = presentation.alpha
        if full is not None:
            pixels, traits = take_values(full, traits)
        encoded = (
            encode_like(pixels, output_format, traits)
            if alpha is None
            else encode_transparent(take_off_white(pixels, alpha), output_format, traits.exif)
        )
        after = self.assessor.assess_photo(self._open_photo(encoded, source, ASSESSMENT_SIDE))
        names = (*presentation.step_names, *presentation.repairs)
        return EnhancedFile(encoded, after, names, presentation.abstentions)

    def _make_record(
        self,
        source: Path,
        target: Path,
        loop_result: LoopResult,
        enhanced_file: EnhancedFile | None,
        notes: tuple[str | None, tuple[str, ...]],
    ) -> Enhancement:
        record = super()._make_record(source, target, loop_result, enhanced_file, notes)
        if not isinstance(loop_result, OptimizedResult):
            return record
        abstentions = (enhanced_file or loop_result.presentation).abstentions
        return record.model_copy(update={"abstentions": abstentions})

    def _format_reason(
        self,
        action: Action,
        loop_result: LoopResult,
        enhanced_file: EnhancedFile | None,
        obstacle: str | None,
    ) -> str:
        is_presented = isinstance(loop_result, OptimizedResult) and loop_result.presentation.is_changed
        if enhanced_file is None or not is_presented:
            return super()._format_reason(action, loop_result, enhanced_file, obstacle)
        points = (enhanced_file.assessment.score or 0.0) - (loop_result.before.score or 0.0)
        return load_texts(self.assessor.language).label("reason_presented", value=f"{points:+.0f}")


def _replace_pixels(photo: Photo, pixels: Pixels) -> Photo:
    """Return a photo that shows other pixels: shrunk for the eye, with the size they have in full."""
    height, width = pixels.shape[:2]
    facts = photo.facts.model_copy(update={"width": width, "height": height})
    return replace(photo, pixels=shrink_to_fit(pixels, ASSESSMENT_SIDE), facts=facts)


def _take_back(pixels: Pixels, presentation: Presentation) -> Presentation:
    """Return the presentation of a photo as it came, and that its steps brought nothing."""
    taken_back = (
        Abstention(step=name, reason=AbstentionReason.NO_GAIN) for name in presentation.step_names
    )
    return Presentation(pixels, abstentions=(*presentation.abstentions, *taken_back))


def _make_trial(number: int, step: Step) -> Trial:
    return Trial(
        round=number,
        step=step.name,
        called_for_by=(),
        score=None,
        kept=True,
        outcome=TrialOutcome.KEPT,
    )
