"""Groups as records."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packshot.errors import UnreadablePhoto
from packshot.report import Duplicate, DuplicateGroup, DuplicateKind, Status
from packshot.search.duplicates.clusters import Unit
from packshot.search.duplicates.keeping import keeper_merit
from packshot.search.duplicates.links import Links
from packshot.search.duplicates.owners import Owners
from packshot.search.duplicates.signature import Signature
from packshot.texts.duplicates import describe_group


@dataclass(frozen=True)
class Describer:
    """Makes records of what was found.

    Attributes:
        units: Photos of the same pixels, by number.
        links: Between them.
        scores: By digest of the pixels.
        owners: By absolute path.
        language: Of reasons.
    """

    units: Sequence[Unit]
    links: Links
    scores: Mapping[str, float]
    owners: Owners
    language: str

    def group(self, number: int, members: Sequence[int], *, same_product: bool) -> DuplicateGroup:
        """A group.

        Args:
            number: Of the group.
            members: Numbers of units, the keeper's first.
            same_product: The units are no copies of each other.
        """
        keeper, *others = members
        photos = list(self._keeper(self.units[keeper]))
        for other in others:
            told = self._variant(keeper, other) if same_product else self._copy(keeper, other)
            photos += [told.model_copy(update=self._facts(photo)) for photo in self.units[other].photos]
        kinds = {photo.kind for photo in photos[1:]}
        return DuplicateGroup(
            group=number,
            kind=kinds.pop() if len(kinds) == 1 else DuplicateKind.MIXED,
            paths=tuple(photo.path for photo in photos),
            keep=photos[0].path,
            reason=describe_group(photos, keeper_merit(photos), self.language),
            photos=tuple(photos),
        )

    def _keeper(self, unit: Unit) -> Iterator[Duplicate]:
        """The keeper and what is identical with it."""
        yield Duplicate(kind=None, likeness=1.0, **self._facts(unit.first))
        for photo in unit.photos[1:]:
            same_file = photo.digest == unit.first.digest
            kind = DuplicateKind.EXACT if same_file else DuplicateKind.SAME_PIXELS
            yield Duplicate(kind=kind, likeness=1.0, **self._facts(photo))

    def _copy(self, keeper: int, number: int) -> Duplicate:
        found = self.links.between(keeper, number)
        kind = found.changes[0].kind if found.changes else DuplicateKind.RECOMPRESSED
        facts = self._facts(self.units[number].first)
        return Duplicate(kind=kind, likeness=found.likeness, changes=found.changes, **facts)

    def _variant(self, keeper: int, number: int) -> Duplicate:
        likeness = round(min(max(self.links.similarity(keeper, number), 0.0), 1.0), 4)
        facts = self._facts(self.units[number].first)
        return Duplicate(kind=DuplicateKind.SAME_PRODUCT, likeness=likeness, **facts)

    def _facts(self, photo: Signature) -> dict[str, Any]:
        """What is so of the photo itself."""
        return {
            "path": photo.path,
            "width": photo.width,
            "height": photo.height,
            "byte_size": photo.stamp.byte_size,
            "score": self.scores.get(photo.pixel_digest),
            "owner": self.owners.get(os.path.abspath(photo.path)),
            "taken": photo.taken,
            "taken_from": photo.taken_from,
        }


def unreadable_file(error: UnreadablePhoto) -> DuplicateGroup:
    """The row of a file that cannot be read: in no group."""
    return DuplicateGroup(
        group=None,
        kind=None,
        paths=(error.name,),
        keep=None,
        reason=error.reason,
        status=Status(error.status),
        error=error.reason,
    )
