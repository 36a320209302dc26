"""Every word that people read: one TOML file for each language and area, and one loader."""

from packshot.texts.audit import AuditTexts, load_audit_texts
from packshot.texts.general import (
    DISTORTION_PREFIX,
    FindingText,
    Texts,
    distortion_remedy,
    format_measurement,
    load_texts,
)
from packshot.texts.loader import LANGUAGES, load_table
from packshot.texts.policy import (
    MetricText,
    PolicyTexts,
    format_requirement,
    format_value,
    load_policy_texts,
    metric_name,
    select_text,
)

__all__ = [
    "DISTORTION_PREFIX",
    "LANGUAGES",
    "AuditTexts",
    "FindingText",
    "MetricText",
    "PolicyTexts",
    "Texts",
    "distortion_remedy",
    "format_measurement",
    "format_requirement",
    "format_value",
    "load_audit_texts",
    "load_policy_texts",
    "load_table",
    "load_texts",
    "metric_name",
    "select_text",
]
