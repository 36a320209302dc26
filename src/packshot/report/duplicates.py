"""Photos that are copies of one, and how they differ."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from packshot.report.listing import Listing
from packshot.report.record import Record, Region, Status


class DuplicateKind(StrEnum):
    """The way in which one photo is a copy of another; see `Change` for what was done to it.

    Example:
        >>> photo = dict(width=800, height=800, byte_size=91_000)
        >>> copy = Duplicate(path="mug-copy.jpg", kind=DuplicateKind.RESIZED, likeness=0.97, **photo)
        >>> copy.model_dump_json(include={"path", "kind"})
        '{"path":"mug-copy.jpg","kind":"resized"}'
    """

    EXACT = "exact"
    SAME_PIXELS = "same-pixels"
    RECOMPRESSED = "recompressed"
    RESIZED = "resized"
    CROPPED = "cropped"
    BORDERED = "bordered"
    WATERMARKED = "watermarked"
    FLIPPED = "flipped"
    ROTATED = "rotated"
    COLOUR_SHIFTED = "colour-shifted"
    MIXED = "mixed"
    VARIANT = "variant"


class Change(Record):
    """One thing by which a copy differs from the photo that its group keeps.

    What `amount` tells depends on the kind. resized: factor of lengths, from the keeper to the copy.
    cropped: share of the area that is left. bordered: share of the area that is border. watermarked:
    share of the area that is covered. flipped: 0 left to right, 180 upside down. rotated: degrees
    clockwise. colour-shifted: root mean square change of the channels, 0..255.

    Example:
        >>> from packshot.texts.duplicates import describe_change
        >>> describe_change(Change(kind=DuplicateKind.CROPPED, amount=0.8), "en")
        'cropped to 80 % of the area'
    """

    kind: DuplicateKind
    amount: float | None = None
    of_keeper: bool = Field(default=False, description="The keeper is the one cropped, bordered, marked")
    region: Region | None = Field(
        default=None, description="cropped: what is left of the whole; bordered: where it lies inside"
    )
    shift: tuple[float, float, float] | None = Field(
        default=None, description="colour-shifted: mean change of red, green, blue, -255..255"
    )


class Duplicate(Record):
    """One photo of a group.

    `kind` is None for the keeper. `likeness` is 0..1: the share of both photos' structure that agrees
    where one lies on the other.

    Example:
        >>> copy = Duplicate(
        ...     path="small.jpg", kind="resized", likeness=0.97, width=400, height=400, byte_size=31_000,
        ...     changes=[Change(kind="resized", amount=0.5)],
        ... )
        >>> [(change.kind.value, change.amount) for change in copy.changes]
        [('resized', 0.5)]
    """

    path: str
    kind: DuplicateKind | None
    likeness: float = Field(ge=0, le=1)
    changes: tuple[Change, ...] = ()
    differences: tuple[Region, ...] = Field(
        default=(), description="variant: where it shows something else than the others, in itself"
    )
    width: int
    height: int
    byte_size: int
    score: float | None = Field(default=None, ge=0, le=100)
    owner: str | None = Field(default=None, description="Whose photo it is, where that was told")
    taken: str | None = Field(default=None, description="ISO 8601, of the camera's or the file's clock")
    taken_from: str | None = Field(default=None, description="exif or file")
    listing: Listing | None = Field(default=None, description="What the feed says, where one names it")


class DuplicateGroup(Record):
    """Photos that are copies of one, or variants; or one that cannot be read.

    `keep` is the photo with the best score, then the most pixels, then the most bytes; it comes first
    in `paths`. Every other was compared with it, not only with a third. `kind` is `mixed` where copies
    were made in several ways, `variant` where photos are alike but for small places or shades and none
    is superfluous, and None for an unreadable file, which is in no group.

    Example:
        >>> files = ("mug.jpg", "mug-copy.jpg")
        >>> group = DuplicateGroup(group=1, kind="exact", paths=files, keep=files[0], reason="same file")
        >>> group.path, group.kind.value
        ('mug.jpg', 'exact')
    """

    group: int | None = Field(description="1, 2, ... in a run")
    kind: DuplicateKind | None
    paths: tuple[str, ...]
    keep: str | None
    reason: str
    photos: tuple[Duplicate, ...] = Field(default=(), description="In the order of `paths`")
    status: Status = Status.OK
    error: str | None = None

    @property
    def path(self) -> str:
        """The first path: the keeper's, or the unreadable file's."""
        return self.paths[0]
