"""What a feed says of a photo's product."""

from __future__ import annotations

from pydantic import Field

from packshot.report.record import Record


class Listing(Record):
    """What a feed says of a photo and its product; empty where it says nothing.

    Example:
        >>> listing = Listing(sku="M-1", title="Red mug", role="main")
        >>> listing.model_dump_json(include={"sku", "title"})
        '{"sku":"M-1","title":"Red mug"}'
    """

    sku: str = ""
    title: str = ""
    description: str = Field(default="", description="As the feed has it; HTML is HTML")
    role: str = Field(default="", description="main, additional, or the feed's own word")
    category: str = ""
    seller: str = ""
    label: str = ""
