"""Which photos of a product are copies of each other, and the merit of each among its copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from packshot.arrays import Float32Array
from packshot.catalog.rank.candidate import Copy
from packshot.catalog.rank.comparing import Version, merits, own_merit, same_picture, same_shape
from packshot.report import Assessment, DuplicateKind
from packshot.search.duplicates.candidates import ALIKE
from packshot.search.duplicates.comparison import compare
from packshot.search.duplicates.grouping import stars
from packshot.search.duplicates.view import View

_MOVED = frozenset(
    {
        *(DuplicateKind.CROPPED, DuplicateKind.BORDERED),
        *(DuplicateKind.FLIPPED, DuplicateKind.ROTATED),
    }
)


@dataclass(frozen=True, eq=False)
class Looked:
    """What is kept of a photo while its product is looked at.

    Attributes:
        assessment: Of it.
        digest: Of its pixels: equal for the same picture.
        content: (C,) content vector of length 1.
        version: What is compared among copies.
        view: What tells copies.
    """

    assessment: Assessment
    digest: str
    content: Float32Array
    version: Version
    view: View

    @property
    def path(self) -> str:
        """Of the file."""
        return self.assessment.path


@dataclass(frozen=True)
class Copies:
    """What is known of the copies among a product's photos.

    Attributes:
        links: Every pair of a group.
        merits: By path, of the photos that have copies.
    """

    links: tuple[Copy, ...]
    merits: dict[str, float]


def find_copies(photos: Sequence[Looked]) -> Copies:
    """Gather copies around the photo that seems least damaged, then judge each among them.

    A photo is compared with the centre of each group, not with every other: the work stays small where
    copies are many. Copies of one centre are copies of each other.
    """
    found = _Links(photos)
    alone = [own_merit(photo.version) for photo in photos]
    order = sorted(range(len(photos)), key=lambda n: (-alone[n], photos[n].path))
    links: list[Copy] = []
    judged: dict[str, float] = {}
    for group in stars(order, found.linked):
        merit = _merits([photos[number] for number in group], found.all_in_place(group))
        links += [Copy(photos[one].path, photos[other].path) for one, other in combinations(group, 2)]
        judged |= {photos[number].path: merit[photos[number].digest] for number in group}
    return Copies(tuple(links), judged)


class _Links:
    """Pairs of copies by their numbers, each pair compared once."""

    def __init__(self, photos: Sequence[Looked]) -> None:
        self._photos = photos
        self._moved: dict[tuple[int, int], bool | None] = {}

    def linked(self, one: int, other: int) -> bool:
        """Whether one is a copy of the other."""
        pair = min(one, other), max(one, other)
        if one != other and pair not in self._moved:
            self._moved[pair] = self._compare(*pair)
        return one == other or self._moved[pair] is not None

    def all_in_place(self, group: Sequence[int]) -> bool:
        """Whether no copy of the group's first was cropped, framed, mirrored or turned."""
        centre, *others = group
        return not any(self._moved[min(centre, n), max(centre, n)] for n in others)

    def _compare(self, one: int, other: int) -> bool | None:
        """Whether the copy is moved within its frame; None where it is no copy."""
        first, second = self._photos[one], self._photos[other]
        if first.digest == second.digest or same_picture(first.version, second.version):
            return False
        if float(first.content @ second.content) < ALIKE:
            return None
        found = compare(first.view, second.view)
        if not found.is_copy:
            return None
        return any(change.kind in _MOVED for change in found.changes)


def _merits(photos: Sequence[Looked], in_place: bool) -> dict[str, float]:
    """By digest, as photos of the same pixels are one."""
    distinct = {photo.digest: photo.version for photo in photos}
    versions = [distinct[digest] for digest in sorted(distinct)]
    judged = merits(versions, aligned=in_place and same_shape(versions))
    return dict(zip(sorted(distinct), judged, strict=True))
