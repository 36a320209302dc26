"""An audit: its rows and its numbers."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from packshot.report.assessment import Grade
from packshot.report.record import Record
from packshot.report.verdict import Decision


class AuditStatus(StrEnum):
    """The outcome of one input of an audit."""

    OK = "ok"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    CRASHED = "crashed"


class AuditRow(Record):
    r"""The results of one input of an audit, a row of a feed.

    Texts hold no character that a table cannot: bytes of file names that are no text stand as ``\xff``.
    `decision` is None unless the status is ok. It is the gravest of what the policies decide and of
    `fail` where the score is below `fail_under`; without policies, `fail` or `warn` by the findings.
    """

    number: int = Field(ge=0, description="In the order of the feed, from 0")
    path: str
    sku: str = ""
    role: str = ""
    category: str = ""
    seller: str = ""
    label: str = ""
    status: AuditStatus
    reason: str = Field(default="", description="Why the status is not ok")
    score: float | None = Field(default=None, ge=0, le=100)
    decision: Decision | None = None
    grade: Grade | None = None
    percentile: float | None = Field(default=None, ge=0, le=100)
    confidence: float | None = Field(default=None, ge=0, le=1)
    decisions: dict[str, Decision] = Field(default={}, description="By policy")
    failed_rules: tuple[str, ...] = Field(default=(), description="policy:rule")
    warned_rules: tuple[str, ...] = ()
    manual_rules: tuple[str, ...] = Field(default=(), description="A person must look")
    findings: tuple[str, ...] = Field(default=(), description="Codes, the gravest first")
    errors: int = Field(default=0, description="Findings of the severity error")
    warnings: int = 0
    remedies: tuple[str, ...] = Field(default=(), description="Of broken rules, then of findings")
    damage: str = Field(default="", description="The likeliest kind, where one is likely")
    format: str = ""
    byte_size: int | None = None
    width: int | None = None
    height: int | None = None
    sha256: str = ""
    measurements: dict[str, float | None] = Field(default={}, description="Values by name")


class AuditRun(Record):
    """The part that differs between two audits of the same photos: time, and cached results."""

    finished: str = Field(description="ISO 8601, UTC")
    seconds: float = Field(description="Of work, of all sessions of the audit together")
    photos_per_second: float
    remembered: int = Field(description="Inputs whose assessment came from the cache")


class AuditSummary(Record):
    """An audit in numbers; `how_to_read` says what they mean."""

    version: str
    feed: str
    on: str = Field(description="ISO 8601: the day of the policies' rules")
    policies: dict[str, str] = Field(description="Name and fingerprint")
    fail_under: float | None
    models: dict[str, str]
    inputs: int
    failed: int = Field(description="Inputs whose decision is fail, or which were not assessed")
    statuses: dict[str, int]
    decisions: dict[str, int]
    by_policy: dict[str, dict[str, int]] = Field(description="Decisions by policy")
    failed_rules: dict[str, int] = Field(description="Photos by policy:rule, the most frequent first")
    findings: dict[str, int] = Field(description="Photos by code, the most frequent first")
    mean_score: float | None
    score_quantiles: dict[str, float] = Field(description="p01, p05, p25, p50, p75, p95, p99")
    score_histogram: tuple[int, ...] = Field(description="Ten bins of ten points")
    outputs: dict[str, str] = Field(description="File, and what it holds or why it is not there")
    how_to_read: dict[str, str]
    run: AuditRun
