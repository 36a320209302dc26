"""The record of a search: what an index holds that is like a photo."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from packshot.report.record import Record, Status


class Neighbour(Record):
    """A photo of an index that is like another.

    Example:
        >>> hit = Neighbour(id="M", path="mug.jpg", distance=0.2, likeness=0.8, metadata={"sku": "A-1"})
        >>> f"{hit.path}: {hit.likeness:.0%} alike, {hit.metadata['sku']}"
        'mug.jpg: 80% alike, A-1'
    """

    id: str
    path: str
    distance: float = Field(ge=0, description="0 for equal vectors, larger for less alike")
    likeness: float | None = Field(description="1 - distance where that is cosine: 1 for equal")
    metadata: dict[str, Any] = Field(default={})


class SearchResult(Record):
    """The photos of an index that are most like one photo, the likest first.

    Example:
        >>> hits = (Neighbour(id="M1", path="mug.jpg", distance=0.25, likeness=0.75),)
        >>> SearchResult(path="cup.jpg", status=Status.OK, distance="cosine", hits=hits).hits[0].id
        'M1'
    """

    path: str
    status: Status
    error: str | None = None
    distance: str | None = Field(default=None, description="euclidean or cosine")
    hits: tuple[Neighbour, ...] = ()
    models: dict[str, str] = Field(default={})
