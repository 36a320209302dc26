"""The words of audits, from one table for each language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from packshot.assess.advice import texts


@dataclass(frozen=True)
class Words:
    """All words of one language.

    Attributes:
        labels: Of the page; may hold placeholders.
        verdicts: Names of verdicts.
        statuses: Names of statuses.
        how_to_read: What the fields of a summary mean.
    """

    labels: Mapping[str, str]
    verdicts: Mapping[str, str]
    statuses: Mapping[str, str]
    how_to_read: Mapping[str, str]

    def label(self, name: str, **values: object) -> str:
        """A label, its placeholders filled."""
        return self.labels[name].format(**values)


@cache
def words(language: str) -> Words:
    """The table of a language, read once.

    Raises:
        InvalidInput: A language that is not there.
    """
    texts(language)
    source = files("packshot.catalog.audit.texts").joinpath(f"{language}.toml")
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    return Words(table["labels"], table["verdicts"], table["statuses"], table["how-to-read"])
