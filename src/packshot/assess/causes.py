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

_LEAST_POINTS: Final = {Severity.ERROR: 15.0, Severity.WARNING: MIN_POINTS, Severity.INFO: 0.0}
"""Points that a finding costs at least, however unlikely a careful eye would name it: it was measured.
An error costs what makes one (`seen_faults`)."""


def share_points(
    score: float,
    likely_losses: Mapping[str, float],
    findings: Sequence[Finding] = (),
    *,
    taken_by_errors: float = 0.0,
    rest_code: str = Cause.RATED_LOW,
) -> tuple[Cause, ...]:
    """Share what the score lacks of 100 among its causes (docs/methods.md, equations 1.21 and 1.22).

    Args:
        score: 0..100.
        likely_losses: By code, the cost of a fault times its chance, in points; see `expect_losses`.
        findings: Of the photo; those that `likely_losses` does not know cost by their severity.
        taken_by_errors: Points by which errors among them bound the score: theirs, in equal parts.
        rest_code: Of what no fault explains.

    Returns:
        Causes, most points first; their points, in tenths, and the score make 100. Where the losses are
        more than what the score lacks they share it; where they are less, the rest is
        `rest_code`, which comes last.

    Example:
        >>> for cause in share_points(62.0, {"blurred": 18.0, "tilted": 9.5, "noisy": 0.2}):
        ...     print(cause.code, cause.points)
        blurred 18.0
        tilted 9.5
        rated-low 10.5
    """
    lost = round(100 - score, 1)
    losses = _add_findings(likely_losses, findings, taken_by_errors)
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
        causes.append(Cause(code=rest_code, points=rest))
    return tuple(causes)


def _add_findings(
    likely_losses: Mapping[str, float], findings: Sequence[Finding], taken_by_errors: float
) -> dict[str, float]:
    """Return the losses with what measured findings cost, and what errors took by themselves."""
    losses = dict(likely_losses)
    errors = [finding.code for finding in findings if finding.severity is Severity.ERROR]
    for finding in findings:
        known = losses.get(finding.code, _SEVERITY_POINTS[finding.severity])
        losses[finding.code] = max(known, _LEAST_POINTS[finding.severity])
    for code in errors:
        losses[code] += taken_by_errors / len(errors)
    return losses
