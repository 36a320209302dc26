"""The base of all records: immutable, with a stable JSON form; and the parts that many have."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticSerializationError

from packshot.names import escape_undecodable

_EXAMPLE_HEADING: Final = "\n\nExample:\n"


def _strip_example(schema: dict[str, Any]) -> None:
    """Leave the example out of a description: it shows how to use a record in Python."""
    if "description" in schema:
        schema["description"] = schema["description"].partition(_EXAMPLE_HEADING)[0]


class Record(BaseModel):
    r"""Base of all records: frozen, and strict about unknown fields.

    A path in a record is one that opens the file. In JSON a name that is no text stands as
    `packshot.names.escape_undecodable` shows it, ``caf\xe9.jpg``.

    Example:
        >>> import os
        >>> from packshot.report import Assessment
        >>> odd = Assessment(path=os.fsdecode(b"caf\xe9.jpg"), status=Status.OK)
        >>> print(odd.model_dump_json(include={"path"}))
        {"path":"caf\\xe9.jpg"}
    """

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_strip_example)

    @classmethod
    def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Build the schema as pydantic does, without the examples of the enums in it."""
        schema = super().model_json_schema(*arguments, **options)
        for definition in schema.get("$defs", {}).values():
            _strip_example(definition)
        return schema

    def _repr_html_(self) -> str | None:
        """Show the record in a notebook; None where plain text is shown.

        What it looks like is not known here: `packshot.render` is imported by name when a notebook asks.
        """
        shown: str | None = import_module("packshot.render.notebook").to_html(self)
        return shown

    def model_dump_json(self, **options: Any) -> str:
        """Write JSON as pydantic does, whatever names the record holds."""
        try:
            return super().model_dump_json(**options)
        except PydanticSerializationError:
            plain_record = type(self).model_validate(_plain(self.model_dump()))
            return super(Record, plain_record).model_dump_json(**options)


def _plain(value: Any) -> Any:
    """Make every text in a value fit to be written."""
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        return escape_undecodable(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


class Status(StrEnum):
    """The outcome for a photo: a result, or none.

    A crashed one may be in order: the process that worked on it died or took too long, Packshot met an
    error of its own, or what was made of it could not be written.

    Example:
        >>> from packshot import Photo, UnreadablePhoto
        >>> try:
        ...     Photo.open(b"")
        ... except UnreadablePhoto as error:
        ...     print(Status(error.status) is Status.UNREADABLE)
        True
    """

    OK = "ok"
    UNREADABLE = "unreadable"
    CRASHED = "crashed"


class Severity(StrEnum):
    """The weight that a finding has for a shop.

    Example:
        >>> from packshot import Assessor
        >>> assessment = Assessor().assess("examples/photos/bowl-small-off-centre.jpg")
        >>> {one.code: one.severity.value for one in assessment.findings}
        {'product-too-small': 'error', 'off-centre': 'error'}
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Region(Record):
    """A rectangle in fractions of the photo's width and height, origin top left.

    Example:
        >>> box = Region(x=0.25, y=0.125, width=0.5, height=0.75)
        >>> [round(share * 800) for share in (box.x, box.y, box.width, box.height)]  # in pixels
        [200, 100, 400, 600]
    """

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(ge=0, le=1)
    height: float = Field(ge=0, le=1)
