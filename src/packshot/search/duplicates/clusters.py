"""Units of identical photos, and the groups that links between them make."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from packshot.search.duplicates.candidate_pairs import CandidatePair
from packshot.search.duplicates.grouping import build_stars, find_components
from packshot.search.duplicates.photo_comparisons import PhotoComparisons
from packshot.search.duplicates.signature import Signature

SortByPreference = Callable[[list[int]], list[int]]
"""Puts units in the order in which they would be kept."""


@dataclass(frozen=True, eq=False)
class DistinctPhoto:
    """Photos of the same pixels, those of the most bytes first.

    Attributes:
        photos: One or more.
        is_query: One of them is to be looked up.

    Example:
        >>> from pathlib import Path
        >>> from packshot.search.duplicates import Signer
        >>> mug = Signer().sign(Path("examples/photos/mug.jpg"))
        >>> DistinctPhoto((mug,)).representative.path
        'examples/photos/mug.jpg'
    """

    photos: tuple[Signature, ...]
    is_query: bool = True

    @property
    def representative(self) -> Signature:
        """The one that is compared with others."""
        return self.photos[0]


def group_by_pixels(
    photos: Iterable[Signature], query_paths: Collection[str] | None = None
) -> list[DistinctPhoto]:
    """Gather photos by their pixels, in the order in which they first come.

    Args:
        photos: Any.
        query_paths: Paths of those to be looked up; None for all.

    Example:
        >>> from pathlib import Path
        >>> from packshot.search.duplicates import Signer
        >>> folder = Path("examples/photos")
        >>> paths = [folder / "mug.jpg", folder / "speaker.jpg", Path("again.jpg")]
        >>> _ = paths[2].write_bytes(paths[0].read_bytes())
        >>> signer = Signer()
        >>> [len(unit.photos) for unit in group_by_pixels(signer.sign(path) for path in paths)]
        [2, 1]
    """
    photos_by_digest: dict[str, list[Signature]] = {}
    for photo in photos:
        photos_by_digest.setdefault(photo.pixel_digest, []).append(photo)
    return [
        DistinctPhoto(
            tuple(sorted(identical, key=lambda photo: -photo.stamp.byte_size)),
            query_paths is None or any(photo.path in query_paths for photo in identical),
        )
        for identical in photos_by_digest.values()
    ]


@dataclass(frozen=True, eq=False)
class Clusters:
    """Links between units, by their numbers, and the groups they make.

    Attributes:
        distinct_photos: All.
        comparisons: Between them.
        pairs: Those that were compared.

    Example:
        >>> from pathlib import Path
        >>> from packshot.search.duplicates import SignatureStore, Signer
        >>> signer, names = Signer(), ("mug", "speaker", "mug-warm-cast")
        >>> photos = [signer.sign(Path(f"examples/photos/{name}.jpg")) for name in names]
        >>> comparisons = PhotoComparisons(photos, SignatureStore(None, signer.maker), workers=0)
        >>> clusters = Clusters(group_by_pixels(photos), comparisons, [CandidatePair(0, 2, 0.9)])
        >>> clusters.group_copies(order=sorted)
        [[0, 2]]
    """

    distinct_photos: Sequence[DistinctPhoto]
    comparisons: PhotoComparisons
    pairs: Sequence[CandidatePair]

    def find_group_candidates(self) -> list[int]:
        """Find units with a link to another: those that may be in a group with one."""
        pairs = [*self._list_copy_pairs(), *self._list_variant_pairs()]
        return sorted({number for pair in pairs for number in pair})

    def group_copies(self, order: SortByPreference) -> list[list[int]]:
        """Group copies, keepers first; a unit of several photos alone is a group of its own."""
        groups = self._build_groups(self._list_copy_pairs(), order, self.comparisons.is_copy)
        group_numbers = {number for group in groups for number in group}
        single_groups = [
            [n]
            for n, unit in enumerate(self.distinct_photos)
            if len(unit.photos) > 1 and n not in group_numbers
        ]
        return sorted(self._select_queries([*groups, *single_groups]))

    def group_variants(self, order: SortByPreference, copies: Iterable[list[int]]) -> list[list[int]]:
        """Group photos alike but for small places, whose copies are represented by their keeper."""
        keepers = {number: group[0] for group in copies for number in group}
        pairs = {(keepers.get(a, a), keepers.get(b, b)) for a, b in self._list_variant_pairs()}
        different = sorted((a, b) for a, b in pairs if a != b)
        return sorted(
            self._select_queries(self._build_groups(different, order, self.comparisons.is_variant))
        )

    def find_marked(self) -> set[int]:
        """Return units over which something is laid that a copy is without."""
        return self.comparisons.find_marked(self._list_copy_pairs())

    def _build_groups(
        self,
        pairs: Iterable[tuple[int, int]],
        order: SortByPreference,
        is_linked: Callable[[int, int], bool],
    ) -> list[list[int]]:
        return [
            group
            for part in find_components(len(self.distinct_photos), pairs)
            for group in build_stars(order(part), is_linked)
        ]

    def _select_queries(self, groups: Iterable[list[int]]) -> Iterator[list[int]]:
        return (
            group for group in groups if any(self.distinct_photos[number].is_query for number in group)
        )

    def _list_copy_pairs(self) -> list[tuple[int, int]]:
        return [(p.first, p.second) for p in self.pairs if self.comparisons.is_copy(p.first, p.second)]

    def _list_variant_pairs(self) -> list[tuple[int, int]]:
        pairs = [(pair.first, pair.second) for pair in self.pairs]
        return [pair for pair in pairs if self.comparisons.is_variant(*pair)]
