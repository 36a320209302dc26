"""An audit: its rows and its numbers."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from packshot.report.assessment import Cause, Grade
from packshot.report.record import Record
from packshot.report.verdict import Decision


class AuditStatus(StrEnum):
    """The outcome of one input of an audit.

    Example:
        >>> row = AuditRow(number=0, path="gone.jpg", status="missing", reason="no such file")
        >>> row.status is AuditStatus.MISSING, row.model_dump_json(include={"status", "reason"})
        (True, '{"status":"missing","reason":"no such file"}')
    """

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

    Example:
        >>> row = AuditRow(number=4, path="mug.jpg", sku="M-1", status="ok", score=48.0, decision="fail")
        >>> row.model_dump_json(include={"sku", "score", "decision"})
        '{"sku":"M-1","score":48.0,"decision":"fail"}'
    """

    number: int = Field(ge=0, description="In the order of the feed, from 0")
    path: str
    sku: str = ""
    role: str = ""
    category: str = ""
    seller: str = ""
    label: str = ""
    title: str = Field(default="", description="Of the product, as the feed has it")
    description: str = Field(default="", description="Likewise; HTML is HTML")
    status: AuditStatus
    reason: str = Field(default="", description="Why the status is not ok")
    score: float | None = Field(default=None, ge=0, le=100)
    technical: float | None = Field(default=None, ge=0, le=100, description="Score of that aspect")
    presentation: float | None = Field(default=None, ge=0, le=100, description="Score of that aspect")
    causes: tuple[Cause, ...] = Field(default=(), description="What the points are lost by, most first")
    decision: Decision | None = None
    grade: Grade | None = None
    percentile: float | None = Field(default=None, ge=0, le=100)
    confidence: float | None = Field(default=None, ge=0, le=1)
    decisions: dict[str, Decision] = Field(default={}, description="By policy")
    failed_rules: tuple[str, ...] = Field(default=(), description="policy:rule")
    warned_rules: tuple[str, ...] = ()
    manual_rules: tuple[str, ...] = Field(
        default=(), description="Not measured on this photo: a person must look"
    )
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
    """The part that differs between two audits of the same photos: time, and cached results.

    Example:
        >>> run = AuditRun(
        ...     finished="2024-05-01T12:00:00Z", seconds=50.0, photos_per_second=4.0, remembered=30
        ... )
        >>> f"{run.seconds * run.photos_per_second:.0f} inputs, {run.remembered} of them from the cache"
        '200 inputs, 30 of them from the cache'
    """

    finished: str = Field(description="ISO 8601, UTC")
    seconds: float = Field(description="Of work, of all sessions of the audit together")
    photos_per_second: float
    remembered: int = Field(description="Inputs whose assessment came from the cache")


class AuditSummary(Record):
    r"""An audit in numbers; `how_to_read` says what they mean.

    Example:
        >>> from pathlib import Path
        >>> from packshot.catalog.audit import AuditSettings, run_audit
        >>> _ = Path("feed.csv").write_text("sku,image\nA-1,missing.jpg\n")
        >>> summary = run_audit(AuditSettings("feed.csv"), Path("audit")).summary
        >>> summary.inputs, summary.failed, summary.statuses
        (1, 1, {'missing': 1})
    """

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
    manual_checks: dict[str, str] = Field(
        default={}, description="What only a person can judge, on every photo, by policy:rule"
    )
    findings: dict[str, int] = Field(description="Photos by code, the most frequent first")
    mean_score: float | None
    score_quantiles: dict[str, float] = Field(description="p01, p05, p25, p50, p75, p95, p99")
    points_lost: dict[str, float] = Field(
        description="Points lost by cause, the mean of all photos with a score, most first"
    )
    score_histogram: tuple[int, ...] = Field(description="Ten bins of ten points")
    outputs: dict[str, str] = Field(description="File, and what it holds or why it is not there")
    how_to_read: dict[str, str]
    run: AuditRun
