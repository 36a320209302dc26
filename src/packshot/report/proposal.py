"""The record of a change that is proposed for a training set."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from packshot.report.record import Record, Status


class Problem(StrEnum):
    """A problem of a photo of a training set.

    Example:
        >>> proposal = Proposal(path="a.jpg", problem="leakage", action="drop", reason="", confidence=1)
        >>> proposal.problem is Problem.LEAKAGE, proposal.model_dump_json(include={"problem", "action"})
        (True, '{"problem":"leakage","action":"drop"}')
    """

    UNREADABLE = "unreadable"
    BLURRED = "blurred"
    OUT_OF_FOCUS = "out-of-focus"
    OVER_EXPOSED = "over-exposed"
    UNDER_EXPOSED = "under-exposed"
    DUPLICATE = "duplicate"
    LEAKAGE = "leakage"
    WRONG_LABEL = "wrong-label"
    MISSING_LABEL = "missing-label"


class Remedy(StrEnum):
    """A remedy that is proposed for a photo of a training set.

    Example:
        >>> fields = dict(problem="duplicate", action="keep-one-of", reason="same file", confidence=1)
        >>> proposal = Proposal(path="mug-copy.jpg", other="mug.jpg", **fields)
        >>> if proposal.action is Remedy.KEEP_ONE:
        ...     print("keep", proposal.other)
        keep mug.jpg
    """

    DROP = "drop"
    RELABEL = "relabel"
    REVIEW = "review"
    KEEP_ONE = "keep-one-of"


class Proposal(Record):
    """One thing to change in a training set.

    What `value` and `limit` tell depends on the problem: for blur and exposure the property that
    `measurement` names; for duplicates and leakage the likeness 0..1 with `other`; for labels the
    probability of the present label and the least that is not remarked on.

    Example:
        >>> proposal = Proposal(
        ...     path="mug.jpg", problem="wrong-label", action="relabel", reason="", confidence=0.9,
        ...     label="bowl", proposed="mug",
        ... )
        >>> proposal.problem is Problem.WRONG_LABEL, proposal.proposed
        (True, 'mug')
    """

    path: str
    problem: Problem
    action: Remedy
    reason: str
    confidence: float = Field(ge=0, le=1, description="That the problem is there")
    measurement: str | None = None
    value: float | None = None
    limit: float | None = None
    label: str | None = Field(default=None, description="As the set has it; empty where it has none")
    proposed: str | None = Field(default=None, description="The likelier label")
    other: str | None = Field(default=None, description="The photo to keep, that this one is a copy of")
    split: str | None = None
    status: Status = Status.OK
    error: str | None = None
