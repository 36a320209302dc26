"""Units of identical photos, and the groups that links between them make."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from packshot.search.duplicates.candidates import Candidate
from packshot.search.duplicates.grouping import components, stars
from packshot.search.duplicates.links import Links
from packshot.search.duplicates.signature import Signature

Order = Callable[[list[int]], list[int]]
"""Puts units in the order in which they would be kept."""


@dataclass(frozen=True, eq=False)
class Unit:
    """Photos of the same pixels, those of the most bytes first.

    Attributes:
        photos: One or more.
        sought: One of them is to be looked up.
    """

    photos: tuple[Signature, ...]
    sought: bool = True

    @property
    def first(self) -> Signature:
        """The one that is compared with others."""
        return self.photos[0]


def units_of(photos: Iterable[Signature], sought: Collection[str] | None = None) -> list[Unit]:
    """Photos gathered by their pixels, in the order in which they first come.

    Args:
        photos: Any.
        sought: Paths of those to be looked up; None for all.
    """
    alike: dict[str, list[Signature]] = {}
    for photo in photos:
        alike.setdefault(photo.pixel_digest, []).append(photo)
    return [
        Unit(
            tuple(sorted(same, key=lambda photo: -photo.stamp.byte_size)),
            sought is None or any(photo.path in sought for photo in same),
        )
        for same in alike.values()
    ]


@dataclass(frozen=True, eq=False)
class Clusters:
    """Links between units, by their numbers, and the groups they make.

    Attributes:
        units: All.
        links: Between them.
        pairs: Those that were compared.
    """

    units: Sequence[Unit]
    links: Links
    pairs: Sequence[Candidate]

    def linked(self, same_product: bool) -> list[int]:
        """Units with a link to another: those that may be in a group with one."""
        pairs = self._copies()
        if same_product:
            pairs += self._variants()
        return sorted({number for pair in pairs for number in pair})

    def copies(self, order: Order) -> list[list[int]]:
        """Groups of copies, keepers first; a unit of several photos alone is a group of its own."""
        groups = self._grouped(self._copies(), order, self.links.is_copy)
        taken = {number for group in groups for number in group}
        alone = [[n] for n, unit in enumerate(self.units) if len(unit.photos) > 1 and n not in taken]
        return sorted(self._wanted([*groups, *alone]))

    def products(self, order: Order, copies: Iterable[list[int]]) -> list[list[int]]:
        """Groups of one product in several photos, of which copies are represented by their keeper."""
        keepers = {number: group[0] for group in copies for number in group}
        pairs = [(keepers.get(a, a), keepers.get(b, b)) for a, b in self._variants()]
        different = [(a, b) for a, b in pairs if a != b]
        return sorted(self._wanted(self._grouped(different, order, self.links.same_product)))

    def _grouped(
        self,
        pairs: Iterable[tuple[int, int]],
        order: Order,
        linked: Callable[[int, int], bool],
    ) -> list[list[int]]:
        return [
            group for part in components(len(self.units), pairs) for group in stars(order(part), linked)
        ]

    def _wanted(self, groups: Iterable[list[int]]) -> Iterator[list[int]]:
        return (group for group in groups if any(self.units[number].sought for number in group))

    def _copies(self) -> list[tuple[int, int]]:
        return [(p.first, p.second) for p in self.pairs if self.links.is_copy(p.first, p.second)]

    def _variants(self) -> list[tuple[int, int]]:
        return [
            (p.first, p.second)
            for p in self.pairs
            if not self.links.is_copy(p.first, p.second) and self.links.same_product(p.first, p.second)
        ]
