"""Records of groups."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packshot.errors import UnreadablePhoto
from packshot.report import Duplicate, DuplicateGroup, DuplicateKind, Status
from packshot.search.duplicates.clusters import DistinctPhoto
from packshot.search.duplicates.keeper import keeper_merit
from packshot.search.duplicates.owners import Owners
from packshot.search.duplicates.photo_comparisons import PhotoComparisons
from packshot.search.duplicates.signature import Signature
from packshot.texts.duplicates import describe_group


@dataclass(frozen=True)
class GroupRecordBuilder:
    """Makes records of what was found.

    Attributes:
        distinct_photos: Photos of the same pixels, by number.
        comparisons: Between them.
        scores: By digest of the pixels.
        owners: By absolute path.
        language: Of reasons.

    Example:
        >>> from pathlib import Path
        >>> from packshot.search.duplicates import SignatureStore, Signer
        >>> signer, path = Signer(), Path("examples/photos/mug.jpg")
        >>> unit = DistinctPhoto((signer.sign(path), signer.sign(path)))
        >>> comparisons = PhotoComparisons([unit.representative], SignatureStore(None, signer.maker), 0)
        >>> builder = GroupRecordBuilder([unit], comparisons, scores={}, owners={}, language="en")
        >>> builder.build_group(1, [0]).kind.value
        'exact'
    """

    distinct_photos: Sequence[DistinctPhoto]
    comparisons: PhotoComparisons
    scores: Mapping[str, float]
    owners: Owners
    language: str

    def build_group(self, number: int, members: Sequence[int]) -> DuplicateGroup:
        """Build the record of a group of copies.

        Args:
            number: Of the group.
            members: Numbers of units, the keeper's first.
        """
        return self._build(number, members, self._build_copy)

    def build_variants(self, number: int, members: Sequence[int]) -> DuplicateGroup:
        """Build the record of photos that are alike but for small places; see `build_group`."""
        keeper, *others = members
        group = self._build(number, members, self._build_variant)
        places = dict.fromkeys(
            place for other in others for place in self.comparisons.compare(keeper, other).differences
        )
        first = group.photos[0].model_copy(update={"differences": tuple(places)})
        return group.model_copy(update={"photos": (first, *group.photos[1:])})

    def _build(
        self, number: int, members: Sequence[int], build_record: Callable[[int, int], Duplicate]
    ) -> DuplicateGroup:
        keeper, *others = members
        photos = list(self._iter_keeper_records(self.distinct_photos[keeper]))
        for other in others:
            record = build_record(keeper, other)
            photos += [
                record.model_copy(update=self._collect_facts(photo))
                for photo in self.distinct_photos[other].photos
            ]
        kinds = {photo.kind for photo in photos[1:]}
        return DuplicateGroup(
            group=number,
            kind=kinds.pop() if len(kinds) == 1 else DuplicateKind.MIXED,
            paths=tuple(photo.path for photo in photos),
            keep=photos[0].path,
            reason=describe_group(photos, keeper_merit(photos), self.language),
            photos=tuple(photos),
        )

    def _iter_keeper_records(self, keeper: DistinctPhoto) -> Iterator[Duplicate]:
        """Yield records of the keeper and of what is identical with it."""
        yield Duplicate(kind=None, likeness=1.0, **self._collect_facts(keeper.representative))
        for photo in keeper.photos[1:]:
            same_file = photo.digest == keeper.representative.digest
            kind = DuplicateKind.EXACT if same_file else DuplicateKind.SAME_PIXELS
            yield Duplicate(kind=kind, likeness=1.0, **self._collect_facts(photo))

    def _build_copy(self, keeper: int, number: int) -> Duplicate:
        comparison = self.comparisons.compare(keeper, number)
        kind = comparison.changes[0].kind if comparison.changes else DuplicateKind.RECOMPRESSED
        facts = self._collect_facts(self.distinct_photos[number].representative)
        return Duplicate(kind=kind, likeness=comparison.likeness, changes=comparison.changes, **facts)

    def _build_variant(self, keeper: int, number: int) -> Duplicate:
        comparison = self.comparisons.compare(keeper, number)
        facts = self._collect_facts(self.distinct_photos[number].representative)
        return Duplicate(
            kind=DuplicateKind.VARIANT,
            likeness=comparison.likeness,
            differences=comparison.other_differences,
            **facts,
        )

    def _collect_facts(self, photo: Signature) -> dict[str, Any]:
        """Collect the fields that concern the photo itself."""
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


def make_unreadable_record(error: UnreadablePhoto) -> DuplicateGroup:
    """Make the record of a file that cannot be read: in no group.

    Example:
        >>> record = make_unreadable_record(UnreadablePhoto("mug.jpg", "is no photo"))
        >>> record.status.value, record.paths, record.reason
        ('unreadable', ('mug.jpg',), 'is no photo')
    """
    return DuplicateGroup(
        group=None,
        kind=None,
        paths=(error.name,),
        keep=None,
        reason=error.reason,
        status=Status(error.status),
        error=error.reason,
    )
