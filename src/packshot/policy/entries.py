"""The form of a policy's file, and what is wrong with one that does not have it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from packshot.errors import PolicyError
from packshot.policy.document import Document
from packshot.policy.names import nearest
from packshot.policy.requirements import Op
from packshot.report import Level, SourceKind
from packshot.texts import LANGUAGES

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


def _written_date(value: object) -> object:
    if value is not None and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise ValueError("a date is written as 2027-01-31")
    return value


def _languages(value: object) -> object:
    return {"en": value} if isinstance(value, str) else value


def _plain_limit(value: object) -> object:
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, bool | int | float | str) for part in parts):
        raise ValueError("a value is a number, true or false, a word, or a list of numbers or words")
    return tuple(parts) if isinstance(value, list) else value


def _known_languages(value: dict[str, str]) -> dict[str, str]:
    unknown = [language for language in value if language not in LANGUAGES]
    if unknown or not value:
        raise ValueError(f"no language {unknown}; there are {', '.join(LANGUAGES)}")
    return value


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_written_date)]
Wording = Annotated[dict[str, str], BeforeValidator(_languages), AfterValidator(_known_languages)]
WrittenLimit = Annotated[Any, AfterValidator(_plain_limit)]
"""A `Limit`, once it is known to fit its metric and operator."""

Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Address = Annotated[str, Field(pattern=r"^https://[^\s\"'<>]+$", max_length=500)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(_Entry):
    """Where rules are from; said for a whole file or for one rule."""

    source: str | None = None
    source_url: Address | None = None
    source_kind: SourceKind | None = None
    verified_on: Day | None = None


class RequirementEntry(_Entry):
    """A requirement by itself: what a rule's `when` holds."""

    metric: str
    op: Op
    value: WrittenLimit


class RuleEntry(Origin):
    """A rule as it is written; what it leaves out, the rule that it changes may say."""

    id: Name
    level: Level | None = None
    role: Literal["main", "any"] | None = None
    category: Words | None = None
    metric: str | None = None
    op: Op | None = None
    value: WrittenLimit = None
    when: RequirementEntry | None = None
    effective_from: Day | None = None
    effective_until: Day | None = None
    title: Wording | None = None
    reason: Wording | None = None
    remedy: Wording | None = None


class PolicyEntry(Origin):
    """A policy's file."""

    policy: Name
    title: Wording
    extends: Annotated[Words, Field(max_length=8)] = ()
    drop: Words = ()
    rules: Annotated[tuple[RuleEntry, ...], Field(max_length=500)] = ()


_MOST_TOLD = 20
"""Mistakes of one file: what a screen shows, and a person mends at a time."""


def checked(document: Document) -> PolicyEntry:
    """A document as a policy's file.

    Raises:
        PolicyError: It is not one: every mistake with its line.
    """
    if not isinstance(document.content, dict):
        raise document.error((), 'a policy is written as "policy: name", "title: ..." and "rules:"')
    try:
        return PolicyEntry.model_validate(document.content)
    except ValidationError as error:
        raise PolicyError(*dict.fromkeys(_told(document, error))) from error


def _told(document: Document, error: ValidationError) -> Iterable[str]:
    for detail in error.errors()[:_MOST_TOLD]:
        place = _written_place(document, detail["loc"])
        yield str(document.error(place, f"{_path(place)}: {_problem(detail, place)}"))


def _written_place(document: Document, place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """A place without what the form adds to it: the names of a union's alternatives."""
    end = len(place)
    while end and place[:end] not in document.lines and place[: end - 1] not in document.lines:
        end -= 1
    kept = place[:end]
    names = set(RuleEntry.model_fields) | set(PolicyEntry.model_fields)
    return kept if kept in document.lines or not kept or kept[-1] in names else kept[:-1]


def _path(place: tuple[int | str, ...]) -> str:
    """A place as people write it: ``rules 2, op``."""
    words = [f" {part + 1}" if isinstance(part, int) else f", {part}" for part in place]
    return "".join(words).removeprefix(", ") or "policy"


def _problem(detail: ErrorDetails, place: tuple[int | str, ...]) -> str:
    given = detail["input"]
    if detail["type"] == "extra_forbidden":
        model: type[_Entry] = RuleEntry if len(place) > 1 else PolicyEntry
        fields = (RequirementEntry if "when" in place[:-1] else model).model_fields
        return f"no such field{nearest(str(place[-1]), fields)}"
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] in ("enum", "literal_error"):
        expected = str(detail.get("ctx", {}).get("expected", ""))
        known = re.findall(r"'([^']*)'", expected)
        return f"{given!r} is none of {', '.join(known)}{nearest(str(given), known)}"
    return detail["msg"].removeprefix("Value error, ")
