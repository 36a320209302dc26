"""Audits: every photo of a feed judged, screened and accounted for, in tables and a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packshot.lazy import on_first_use

if TYPE_CHECKING:
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

_HOMES = {
    "Answer": "packshot.catalog.audit.examine",
    "AssessmentCache": "packshot.catalog.audit.cache",
    "AuditSettings": "packshot.catalog.audit.settings",
    "LocalEngine": "packshot.catalog.audit.engine",
    "Options": "packshot.catalog.audit.audit",
    "Outcome": "packshot.catalog.audit.audit",
    "RayEngine": "packshot.catalog.audit.cluster",
    "date_of": "packshot.catalog.audit.audit",
    "default_cache": "packshot.catalog.audit.cache",
    "run_audit": "packshot.catalog.audit.audit",
}

__getattr__ = on_first_use(__name__, _HOMES)
"""A process that examines photos need not load what writes about them."""
