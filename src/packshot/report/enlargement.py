"""The record of `packshot enlarge`: what was written, and what the new pixels are."""

from __future__ import annotations

from pydantic import Field

from packshot.report.record import Record, Status


class Enlargement(Record):
    """The result of enlarging one photo.

    Example:
        >>> refused = Enlargement(path="a.jpg", status=Status.OK, reason="It is large enough.")
        >>> refused.output is None, refused.new_pixels, refused.adds_detail
        (True, 0, False)
    """

    path: str
    output: str | None = Field(default=None, description="None where nothing was written")
    status: Status
    error: str | None = None
    reason: str | None = Field(default=None, description="In a seller's words")
    width_before: int | None = Field(default=None, ge=1)
    height_before: int | None = Field(default=None, ge=1)
    width_after: int | None = Field(default=None, ge=1)
    height_after: int | None = Field(default=None, ge=1)
    new_pixels: int = Field(default=0, ge=0, description="Pixels that the photo did not have")
    adds_detail: bool = Field(
        default=False, description="Always false: new pixels are worked out from their neighbours"
    )
