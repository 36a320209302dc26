"""What every record is: immutable, with a stable JSON form."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticSerializationError

from packshot.names import escape_undecodable


class Record(BaseModel):
    r"""Base of all records: frozen, and strict about unknown fields.

    A path in a record is one that opens the file. In JSON a name that is no text stands as
    `packshot.names.escape_undecodable` shows it, ``caf\xe9.jpg``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_dump_json(self, **options: Any) -> str:
        """As pydantic's, whatever names it holds."""
        try:
            return super().model_dump_json(**options)
        except PydanticSerializationError:
            plain_record = type(self).model_validate(_plain(self.model_dump()))
            return super(Record, plain_record).model_dump_json(**options)


def _plain(value: Any) -> Any:
    """A value with every text in it fit to be written."""
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        return escape_undecodable(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


class Status(StrEnum):
    """Whether there is a result for a photo.

    A crashed one may be in order: the process that worked on it died or took too long, Packshot met an
    error of its own, or what was made of it could not be written.
    """

    OK = "ok"
    UNREADABLE = "unreadable"
    CRASHED = "crashed"


class Severity(StrEnum):
    """How much a finding matters to a shop."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Region(Record):
    """A rectangle in fractions of the photo's width and height, origin top left."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(ge=0, le=1)
    height: float = Field(ge=0, le=1)
