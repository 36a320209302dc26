"""Audits: every photo of a feed judged, screened and accounted for, in tables and a page."""

from packshot.catalog.audit.audit import Options, Outcome, date_of, run_audit
from packshot.catalog.audit.cache import AssessmentCache, default_cache
from packshot.catalog.audit.cluster import RayEngine
from packshot.catalog.audit.engine import LocalEngine
from packshot.catalog.audit.examine import Answer
from packshot.catalog.audit.settings import AuditSettings

__all__ = [
    "Answer",
    "AssessmentCache",
    "AuditSettings",
    "LocalEngine",
    "Options",
    "Outcome",
    "RayEngine",
    "date_of",
    "default_cache",
    "run_audit",
]
