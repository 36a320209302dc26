"""The words of audits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from packshot.texts.loader import load_table


@dataclass(frozen=True)
class AuditTexts:
    """All words of one language.

    Attributes:
        labels: Of the page; may hold placeholders.
        decisions: Names of decisions.
        statuses: Names of statuses.
        how_to_read: What the fields of a summary mean.

    Example:
        >>> load_audit_texts("en").decisions["fail"], load_audit_texts("zh").decisions["fail"]
        ('fail', '不合格')
    """

    labels: Mapping[str, str]
    decisions: Mapping[str, str]
    statuses: Mapping[str, str]
    how_to_read: Mapping[str, str]

    def label(self, name: str, **values: object) -> str:
        """Return a label, its placeholders filled."""
        return self.labels[name].format(**values)


@cache
def load_audit_texts(language: str) -> AuditTexts:
    """Read the words of a language, once.

    Raises:
        InvalidInput: A language that is not there.

    Example:
        >>> load_audit_texts("en").statuses["missing"]
        'missing'
        >>> load_audit_texts("fr")
        Traceback (most recent call last):
            ...
        packshot.errors.InvalidInput: no texts in 'fr'; there are: en, zh
    """
    table = load_table("audit", language)
    return AuditTexts(table["labels"], table["decisions"], table["statuses"], table["how-to-read"])
