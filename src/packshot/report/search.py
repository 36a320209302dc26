"""What an index holds that is like a photo."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from packshot.report.record import Record, Status


class Neighbour(Record):
    """A photo of an index that is like another."""

    id: str
    path: str
    distance: float = Field(ge=0, description="0 for equal vectors, larger for less alike")
    likeness: float | None = Field(description="1 - distance where that is cosine: 1 for equal")
    metadata: dict[str, Any] = Field(default={})


class SearchResult(Record):
    """What an index holds that is most like one photo, the likest first."""

    path: str
    status: Status
    error: str | None = None
    distance: str | None = Field(default=None, description="euclidean or cosine")
    hits: tuple[Neighbour, ...] = ()
    models: dict[str, str] = Field(default={})
