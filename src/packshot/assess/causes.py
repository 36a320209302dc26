"""Points lost by cause: what the score lacks of 100, shared among faults that a seller can act on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from packshot.report import Cause, Finding, Severity

MIN_POINTS: Final = 2.0
"""Points below which a cause is not worth a line; they go to `Cause.RATED_LOW`. A judgement."""

_MAX_ROUNDING: Final = 0.5
"""Points that rounding may leave over, and that are no cause of their own."""

_SEVERITY_POINTS: Final = {Severity.ERROR: 20.0, Severity.WARNING: 6.0, Severity.INFO: 0.0}
"""Points that a finding costs whose cost no ratings tell. A judgement: an error costs a grade."""


def share_points(
    score: float, likely_losses: Mapping[str, float], findings: Sequence[Finding] = ()
) -> tuple[Cause, ...]:
    """Share what the score lacks of 100 among its causes (docs/methods.md, equations 1.21 and 1.22).

    Args:
        score: 0..100.
        likely_losses: By code, the cost of a fault times its chance, in points; see `expect_losses`.
        findings: Of the photo; those that `likely_losses` does not know cost by their severity.

    Returns:
        Causes, most points first; their points, in tenths, and the score make 100. Where the losses are
        more than what the score lacks they share it; where they are less, the rest is
        `Cause.RATED_LOW`, which comes last.

    Example:
        >>> for cause in share_points(62.0, {"blurred": 18.0, "tilted": 9.5, "noisy": 0.2}):
        ...     print(cause.code, cause.points)
        blurred 18.0
        tilted 9.5
        rated-low 10.5
    """
    lost = round(100 - score, 1)
    losses = dict(likely_losses)
    for finding in findings:
        losses.setdefault(finding.code, _SEVERITY_POINTS[finding.severity])
    total = sum(losses.values())
    scale = min(1.0, lost / total) if total > 0 else 0.0
    # In tenths, rounded down: what that leaves goes to the rest, or to the largest where there is none.
    scaled = {code: math.floor(points * scale * 10 + 1e-6) / 10 for code, points in losses.items()}
    kept = {code: points for code, points in scaled.items() if points >= MIN_POINTS}
    order = sorted(kept, key=lambda code: (-kept[code], code))
    rest = round(lost - sum(kept.values()), 1)
    if order and rest <= _MAX_ROUNDING:
        kept[order[0]] = round(kept[order[0]] + rest, 1)
        rest = 0.0
    causes = [Cause(code=code, points=kept[code]) for code in order]
    if rest > 0:
        causes.append(Cause(code=Cause.RATED_LOW, points=rest))
    return tuple(causes)
