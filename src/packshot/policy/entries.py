"""The form of a policy's file, and the mistakes of one that does not have it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from packshot.errors import PolicyError
from packshot.policy.document import Document
from packshot.policy.requirements import Operator
from packshot.policy.suggestions import format_suggestion
from packshot.report import Level, SourceKind
from packshot.texts import LANGUAGES

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


def _check_date(value: object) -> object:
    if value is not None and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise ValueError("a date is written as 2027-01-31")
    return value


def _to_language_map(value: object) -> object:
    return {"en": value} if isinstance(value, str) else value


def _check_limit(value: object) -> object:
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, bool | int | float | str) for part in parts):
        raise ValueError("a value is a number, true or false, a word, or a list of numbers or words")
    return tuple(parts) if isinstance(value, list) else value


def _check_languages(value: dict[str, str]) -> dict[str, str]:
    unknown = [language for language in value if language not in LANGUAGES]
    if unknown or not value:
        raise ValueError(f"no language {unknown}; there are {', '.join(LANGUAGES)}")
    return value


def _to_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_check_date)]
LocalisedTextEntry = Annotated[
    dict[str, str], BeforeValidator(_to_language_map), AfterValidator(_check_languages)
]
LimitEntry = Annotated[Any, AfterValidator(_check_limit)]
"""A `Limit`, once it is known to fit its metric and operator."""

WordList = Annotated[tuple[str, ...], BeforeValidator(_to_tuple)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
"""Of a policy or a rule: at most 60 characters, so that it fits a table's column. A judgement."""

HttpsUrl = Annotated[str, Field(pattern=r"^https://[^\s\"'<>]+$", max_length=500)]
"""Address of a source: at most 500 characters, none of which could end an attribute of a page. A
judgement."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceEntry(_Entry):
    """The source of rules, of a whole file or of one rule.

    Example:
        >>> entry = SourceEntry.model_validate({"source": "Help", "verified_on": "2026-05-01"})
        >>> entry.source, entry.verified_on.year
        ('Help', 2026)
    """

    source: str | None = None
    source_url: HttpsUrl | None = None
    source_kind: SourceKind | None = None
    verified_on: Day | None = None


class RequirementEntry(_Entry):
    """A requirement by itself, as in a rule's `when`.

    Example:
        >>> written = {"metric": "format", "op": "one-of", "value": ["JPEG"]}
        >>> RequirementEntry.model_validate(written).value
        ('JPEG',)
    """

    metric: str
    op: Operator
    value: LimitEntry


class RuleEntry(SourceEntry):
    """A rule as it is written; what it leaves out, the rule that it changes may say.

    Example:
        >>> rule = RuleEntry.model_validate({"id": "size", "level": "error", "title": "Large enough"})
        >>> rule.level.value, rule.title, rule.metric
        ('error', {'en': 'Large enough'}, None)
    """

    id: Name
    level: Level | None = None
    role: Literal["main", "any"] | None = None
    category: WordList | None = None
    metric: str | None = None
    op: Operator | None = None
    value: LimitEntry = None
    when: RequirementEntry | None = None
    effective_from: Day | None = None
    effective_until: Day | None = None
    title: LocalisedTextEntry | None = None
    reason: LocalisedTextEntry | None = None
    remedy: LocalisedTextEntry | None = None


class PolicyEntry(SourceEntry):
    """A policy's file.

    It extends at most 8 policies and has at most 500 rules of its own, where the longest that ships has
    30: limits against files that would take long to read.

    Example:
        >>> written = {"policy": "ours", "title": "Ours", "extends": "amazon-main"}
        >>> PolicyEntry.model_validate(written).extends
        ('amazon-main',)
    """

    policy: Name
    title: LocalisedTextEntry
    extends: Annotated[WordList, Field(max_length=8)] = ()
    drop: WordList = ()
    rules: Annotated[tuple[RuleEntry, ...], Field(max_length=500)] = ()


_MAX_REPORTED = 20
"""Mistakes of one file that are reported: what a screen shows, and a person mends at a time. A
judgement."""


def parse_policy_entry(document: Document) -> PolicyEntry:
    r"""Parse a document as a policy's file.

    Raises:
        PolicyError: It is not one: the first twenty mistakes, each with its line.

    Example:
        >>> from packshot.policy.document import parse_document
        >>> parse_policy_entry(parse_document("policy: ours\ntitle: Ours", "ours.yaml")).title
        {'en': 'Ours'}
        >>> parse_policy_entry(parse_document("policy: ours\ntitel: Ours", "ours.yaml"))
        Traceback (most recent call last):
        packshot.errors.PolicyError: ours.yaml, line 1: title: is missing
        ours.yaml, line 2: titel: no such field; did you mean "title"?
    """
    if not isinstance(document.content, dict):
        raise document.make_error((), 'a policy is written as "policy: name", "title: ..." and "rules:"')
    try:
        return PolicyEntry.model_validate(document.content)
    except ValidationError as error:
        raise PolicyError(*dict.fromkeys(_format_errors(document, error))) from error


def _format_errors(document: Document, error: ValidationError) -> Iterable[str]:
    for detail in error.errors()[:_MAX_REPORTED]:
        place = _to_document_place(document, detail["loc"])
        yield str(
            document.make_error(place, f"{_format_place(place)}: {_format_problem(detail, place)}")
        )


def _to_document_place(document: Document, place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Remove from a place what the form adds to it: the names of a union's alternatives."""
    end = len(place)
    while end and place[:end] not in document.lines and place[: end - 1] not in document.lines:
        end -= 1
    kept = place[:end]
    names = set(RuleEntry.model_fields) | set(PolicyEntry.model_fields)
    return kept if kept in document.lines or not kept or kept[-1] in names else kept[:-1]


def _format_place(place: tuple[int | str, ...]) -> str:
    """Format a place as people write it: ``rules 2, op``."""
    words = [f" {part + 1}" if isinstance(part, int) else f", {part}" for part in place]
    return "".join(words).removeprefix(", ") or "policy"


def _format_problem(detail: ErrorDetails, place: tuple[int | str, ...]) -> str:
    value = detail["input"]
    if detail["type"] == "extra_forbidden":
        model: type[_Entry] = RuleEntry if len(place) > 1 else PolicyEntry
        fields = (RequirementEntry if "when" in place[:-1] else model).model_fields
        return f"no such field{format_suggestion(str(place[-1]), fields)}"
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] in ("enum", "literal_error"):
        expected = str(detail.get("ctx", {}).get("expected", ""))
        choices = re.findall(r"'([^']*)'", expected)
        return f"{value!r} is none of {', '.join(choices)}{format_suggestion(str(value), choices)}"
    return detail["msg"].removeprefix("Value error, ")
