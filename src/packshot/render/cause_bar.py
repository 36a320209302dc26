"""Score and lost points as a bar of characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from packshot.render.cause_words import LostPoints, round_together
from packshot.render.terminal import GRADE_COLOURS
from packshot.report import Assessment

BAR_WIDTH: Final = 18
"""Characters: as many as fit beside a long path in the narrowest terminal that tables are made for."""

_LETTERS: Final = "ABCDEF"
"""Of the causes, the first one's first: they can be told apart without colours too."""

_COLOURS: Final = ("dim", "magenta", "cyan", "blue", "bright_magenta", "bright_cyan", "bright_blue")
"""By the tone of a cause: none that a grade has."""


def draw_cause_bar(
    assessment: Assessment, causes: Sequence[LostPoints], *, only_ascii: bool = False
) -> Text:
    """Draw a bar of the score, and behind it the letter of each cause.

    Args:
        assessment: Of a photo that has a score.
        causes: What it loses points by; each is named by `mark_cause` wherever its words stand.
        only_ascii: The terminal can show nothing else.

    Example:
        >>> from packshot.render.cause_words import list_lost_points
        >>> from packshot.report import Cause
        >>> causes = (Cause(code="blurred", points=18.0), Cause(code="rated-low", points=7.0))
        >>> photo = Assessment(path="mug.jpg", status="ok", score=75.0, causes=causes)
        >>> print(draw_cause_bar(photo, list_lost_points(photo, "en")))
        ██████████████AAAB
    """
    step = 100 / BAR_WIDTH
    lost_points = [one.points for one in causes]
    lengths = [round(part / step) for part in round_together(assessment.score or 0, lost_points, step)]
    bar = Text(("#" if only_ascii else "█") * lengths[0], GRADE_COLOURS[assessment.grade])
    for one, length in zip(causes, lengths[1:], strict=True):
        bar.append(_LETTERS[one.number - 1] * length, f"reverse {_COLOURS[one.tone]}")
    return bar


def mark_cause(cause: LostPoints) -> Text:
    """Make the letter of a cause, as it stands in the bar.

    Example:
        >>> print(mark_cause(LostPoints("blurred", "The photo is not sharp", points=18.0, number=2)))
        B
    """
    return Text(_LETTERS[cause.number - 1], f"reverse {_COLOURS[cause.tone]}")
