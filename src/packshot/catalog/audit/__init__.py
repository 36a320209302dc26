"""Audits: every photo of a feed judged, screened and accounted for, in tables and a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packshot.lazy import build_lazy_getattr

if TYPE_CHECKING:
    from packshot.catalog.audit.audit import AuditOptions, AuditOutcome, read_audit_date, run_audit
    from packshot.catalog.audit.cache import AssessmentCache, find_default_cache_folder
    from packshot.catalog.audit.cluster import RayEngine
    from packshot.catalog.audit.engine import LocalEngine
    from packshot.catalog.audit.examine import RowResult
    from packshot.catalog.audit.settings import AuditSettings

__all__ = [
    "AssessmentCache",
    "AuditOptions",
    "AuditOutcome",
    "AuditSettings",
    "LocalEngine",
    "RayEngine",
    "RowResult",
    "find_default_cache_folder",
    "read_audit_date",
    "run_audit",
]

_LAZY_EXPORTS = {
    "RowResult": "packshot.catalog.audit.examine",
    "AssessmentCache": "packshot.catalog.audit.cache",
    "AuditSettings": "packshot.catalog.audit.settings",
    "LocalEngine": "packshot.catalog.audit.engine",
    "AuditOptions": "packshot.catalog.audit.audit",
    "AuditOutcome": "packshot.catalog.audit.audit",
    "RayEngine": "packshot.catalog.audit.cluster",
    "read_audit_date": "packshot.catalog.audit.audit",
    "find_default_cache_folder": "packshot.catalog.audit.cache",
    "run_audit": "packshot.catalog.audit.audit",
}

__getattr__ = build_lazy_getattr(__name__, _LAZY_EXPORTS)
"""A process that examines photos need not load what writes about them."""
