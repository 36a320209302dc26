"""The records of the product: immutable, with a stable JSON form."""

from packshot.report.assessment import (
    AspectScore,
    Assessment,
    Cause,
    Distortion,
    Evidence,
    Facts,
    Finding,
    Grade,
    Measurement,
)
from packshot.report.audit import AuditRow, AuditRun, AuditStatus, AuditSummary
from packshot.report.duplicates import Change, Duplicate, DuplicateGroup, DuplicateKind
from packshot.report.emotion import AttentionRegion, Emotion, Polarity
from packshot.report.enhancement import (
    Abstention,
    AbstentionReason,
    Action,
    Enhancement,
    ExpectedGain,
    PolicyChange,
    RuleChange,
    Trial,
    TrialOutcome,
)
from packshot.report.enlargement import Enlargement
from packshot.report.listing import Listing
from packshot.report.measurements import MEASUREMENTS, OVERLAYS, MeasurementKind
from packshot.report.proposal import Problem, Proposal, Remedy
from packshot.report.ranking import RankedPhoto, Ranking
from packshot.report.record import Record, Region, Severity, Status
from packshot.report.search import Neighbour, SearchResult
from packshot.report.verdict import (
    Decision,
    Level,
    PolicySummary,
    RuleOutcome,
    RuleSummary,
    SourceKind,
    Verdict,
)

__all__ = [
    "MEASUREMENTS",
    "OVERLAYS",
    "Abstention",
    "AbstentionReason",
    "Action",
    "AspectScore",
    "Assessment",
    "AttentionRegion",
    "AuditRow",
    "AuditRun",
    "AuditStatus",
    "AuditSummary",
    "Cause",
    "Change",
    "Decision",
    "Distortion",
    "Duplicate",
    "DuplicateGroup",
    "DuplicateKind",
    "Emotion",
    "Enhancement",
    "Enlargement",
    "Evidence",
    "ExpectedGain",
    "Facts",
    "Finding",
    "Grade",
    "Level",
    "Listing",
    "Measurement",
    "MeasurementKind",
    "Neighbour",
    "Polarity",
    "PolicyChange",
    "PolicySummary",
    "Problem",
    "Proposal",
    "RankedPhoto",
    "Ranking",
    "Record",
    "Region",
    "Remedy",
    "RuleChange",
    "RuleOutcome",
    "RuleSummary",
    "SearchResult",
    "Severity",
    "SourceKind",
    "Status",
    "Trial",
    "TrialOutcome",
    "Verdict",
]
