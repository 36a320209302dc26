"""The settings of an audit, and its identity: by what two audits are the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from packshot.assess.pool import AssessorSettings
from packshot.names import escape_undecodable
from packshot.policy import Policy, find_required_overlays
from packshot.sources import Fetcher

ROW_FORMAT = 4
"""Of rows in the journal and in the cache; what was written in another format begins anew."""


@dataclass(frozen=True)
class AuditSettings:
    """The settings that decide the rows of an audit; they travel to every process.

    Attributes:
        feed: A folder, a table, or an address; see `packshot.sources.read_feed`.
        columns: The feed's own names of columns, by ours.
        policies: Names of policies that ship, or paths of one's own.
        on: The day of the policies' rules.
        fail_under: Photos that score below fail.
        assessor: The assessor wanted; its language is that of the remedies too.
        fetcher: Opens locations.
        worst: Photos shown in the page.

    Example:
        >>> settings = AuditSettings("https://shop.example/feed.csv", fail_under=60)
        >>> identity = settings.build_identity(models={"content": "5f1c"}, policies={})
        >>> identity["feed"], identity["fail-under"], identity["photos on the page"]
        ('https://shop.example/feed.csv', '60', '200')
    """

    feed: str
    columns: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[str, ...] = ()
    on: date = field(default_factory=date.today)
    fail_under: float | None = None
    assessor: AssessorSettings = field(default_factory=AssessorSettings)
    fetcher: Fetcher = field(default_factory=Fetcher)
    worst: int = 200

    @property
    def photo_fetcher(self) -> Fetcher:
        """The fetcher of the feed's photos: a feed from elsewhere names no files of this machine."""
        return self.fetcher.with_feed_restrictions(self.feed)

    def build_assessor_settings(self, policies: Iterable[Policy]) -> AssessorSettings:
        """Return the assessor that measures what policies ask for, besides what it always does."""
        return replace(self.assessor, overlays=find_required_overlays(policies))

    def build_identity(self, models: Mapping[str, str], policies: Mapping[str, str]) -> dict[str, str]:
        """Return what must be the same for an audit to be resumed, each in words.

        Args:
            models: Fingerprints of what assesses.
            policies: Fingerprints of policies by name.
        """
        return {
            "format": str(ROW_FORMAT),
            "feed": _make_absolute(self.feed),
            "columns": json.dumps(dict(self.columns), sort_keys=True),
            "policies": json.dumps(dict(policies)),
            "date": self.on.isoformat(),
            "fail-under": "none" if self.fail_under is None else f"{self.fail_under:g}",
            "models": json.dumps(dict(models), sort_keys=True),
            "assessor": describe_assessor(self.assessor),
            "photos on the page": str(self.worst),
        }


def describe_assessor(settings: AssessorSettings) -> str:
    """Return the assessor's settings in words; an atlas is known by its digest, among the models.

    Example:
        >>> describe_assessor(AssessorSettings(language="zh", overlays=("text",))).startswith("zh, ")
        True
    """
    return ", ".join([settings.language, str(settings.options), *settings.overlays])


def _make_absolute(feed: str) -> str:
    return escape_undecodable(feed if "://" in feed else str(Path(feed).absolute()))
