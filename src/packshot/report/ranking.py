"""The photos of one product in order."""

from __future__ import annotations

from pydantic import Field

from packshot.report.record import Record, Status
from packshot.report.verdict import Decision


class RankedPhoto(Record):
    """One photo of a product in the order of how well it would serve as the main one.

    `rank` is 1, 2, ...; None for a photo that takes no place: a copy of a better one, and what cannot be
    read. `score_margin` is the half width, in points, of the band that the score lies in two times out
    of three; `tied` tells that nothing but such a band parts the photo from the next in order.

    Example:
        >>> copy = RankedPhoto(path="mug-copy.jpg", duplicate_of="mug.jpg")
        >>> copy.rank is None, copy.model_dump_json(include={"path", "duplicate_of"})
        (True, '{"path":"mug-copy.jpg","duplicate_of":"mug.jpg"}')
    """

    path: str
    rank: int | None = Field(default=None, ge=1)
    score: float | None = Field(default=None, ge=0, le=100)
    score_margin: float | None = Field(default=None, ge=0)
    decision: Decision | None = Field(default=None, description="By the policy named")
    duplicate_of: str | None = Field(default=None, description="The better photo that it is a copy of")
    tied: bool = False
    pleasant: float | None = Field(
        default=None, ge=0, le=1, description="Chance that people find it pleasant, where that was asked"
    )
    reasons: tuple[str, ...] = Field(default=(), description="What sets it before the next, or apart")
    status: Status = Status.OK
    error: str | None = None


class Ranking(Record):
    """The photos of one product, the best main photo first.

    `current` is the photo that the shop shows first now. `swap` is true where another should take its
    place: it cannot be used, fails the policy, or is clearly worse. `best` is None where no photo can
    be used; the status is then "unreadable" if none could be read.

    Example:
        >>> order = RankedPhoto(path="b.jpg", rank=1), RankedPhoto(path="a.jpg", rank=2)
        >>> mug = Ranking(sku="M1", best="b.jpg", current="a.jpg", swap=True, reason="", order=order)
        >>> mug.path, mug.order[0].path
        ('M1', 'b.jpg')
    """

    sku: str
    title: str = Field(default="", description="Of the product, as the feed has it")
    description: str = Field(default="", description="Likewise; HTML is HTML")
    best: str | None
    current: str | None
    swap: bool
    reason: str
    order: tuple[RankedPhoto, ...] = ()
    policy: str | None = None
    status: Status = Status.OK
    error: str | None = None

    @property
    def path(self) -> str:
        """The name of the product."""
        return self.sku
