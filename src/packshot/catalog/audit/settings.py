"""What an audit is asked for, and by what two audits are the same."""

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

ROW_FORMAT = 3
"""Of rows in the journal and in the cache; another one begins anew."""


@dataclass(frozen=True)
class AuditSettings:
    """What decides the rows of an audit; travels to every process.

    Attributes:
        feed: A folder, a table, or an address; see `packshot.sources.read_feed`.
        columns: The feed's own names of columns, by ours.
        policies: Names of policies that ship, or paths of one's own.
        on: The day of the policies' rules.
        fail_under: Photos that score below fail.
        assessor: The assessor wanted; its language is that of the remedies too.
        fetcher: Opens locations.
        worst: Photos shown in the page.
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
        """What opens the feed's photos."""
        return self.fetcher.with_feed_restrictions(self.feed)

    def build_assessor_settings(self, policies: Iterable[Policy]) -> AssessorSettings:
        """The assessor that measures what policies ask for, besides what it always does."""
        return replace(self.assessor, overlays=find_required_overlays(policies))

    def build_identity(self, models: Mapping[str, str], policies: Mapping[str, str]) -> dict[str, str]:
        """What must be the same for an audit to go on, each in words.

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
            "bar": "none" if self.fail_under is None else f"{self.fail_under:g}",
            "models": json.dumps(dict(models), sort_keys=True),
            "assessor": describe_assessor(self.assessor),
            "photos on the page": str(self.worst),
        }


def describe_assessor(settings: AssessorSettings) -> str:
    """The assessor's settings; an atlas is known by its digest, among the models."""
    return ", ".join([settings.language, str(settings.options), *settings.overlays])


def _make_absolute(feed: str) -> str:
    return escape_undecodable(feed if "://" in feed else str(Path(feed).absolute()))
