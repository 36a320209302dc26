"""Finding duplicates: signatures, then candidates, then comparisons, then groups."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from packshot.assess.pool import AssessorSettings
from packshot.errors import PhotoCrashed, UnreadablePhoto
from packshot.photo import label_of
from packshot.processes import DEFAULT_TIME_LIMIT, in_order
from packshot.report import DuplicateGroup
from packshot.search.duplicates.candidates import NEIGHBOURS, candidates
from packshot.search.duplicates.clusters import Clusters, units_of
from packshot.search.duplicates.keeping import preferred, scores_of
from packshot.search.duplicates.links import Links
from packshot.search.duplicates.owners import Owners
from packshot.search.duplicates.records import Describer, unreadable_file
from packshot.search.duplicates.signature import Signature, Stamp, make_signer
from packshot.search.duplicates.store import SignatureStore
from packshot.search.duplicates.watching import Watch, unwatched

_FEW = 8
_COMMITTED = 64


@dataclass(frozen=True)
class Options:
    """How duplicates are sought.

    Attributes:
        neighbours: Photos alike by content that each is compared with, at most.
        same_product: Also groups of other photos of the same product.
        workers: Processes; below 1 none is started.
        time_limit: Seconds for one photo.
        settings: The assessor that chooses what to keep; its language is that of reasons.
    """

    neighbours: int = NEIGHBOURS
    same_product: bool = True
    workers: int = 0
    time_limit: float = DEFAULT_TIME_LIMIT
    settings: AssessorSettings = field(default_factory=AssessorSettings)


class DuplicateFinder:
    """Finds groups of duplicates; what it finds out about files stays in the store."""

    def __init__(
        self,
        store: SignatureStore,
        options: Options | None = None,
        *,
        owners: Owners | None = None,
        watch: Watch = unwatched,
    ) -> None:
        """Remember how to search; nothing is opened yet.

        Args:
            store: Of signatures, comparisons and scores.
            options: How to search.
            owners: Whose photos they are, where that is known.
            watch: Sees the work progress.
        """
        self._store = store
        self._options = options or Options()
        self._owners = owners or {}
        self._watch = watch

    def groups(self, paths: Sequence[Path], new: Sequence[Path] = ()) -> Iterator[DuplicateGroup]:
        """Groups of copies, then of the same product, then the unreadable files.

        Args:
            paths: The catalogue.
            new: Photos to look up in it: then only their groups are sought, else all.

        Yields:
            Groups, numbered from 1.
        """
        unreadable: list[UnreadablePhoto] = []
        photos = list(self._signatures(list(dict.fromkeys([*paths, *new])), unreadable))
        yield from self._groups(photos, {str(path) for path in new} if new else None)
        yield from map(unreadable_file, unreadable)

    def _signatures(
        self, paths: Sequence[Path], unreadable: list[UnreadablePhoto]
    ) -> Iterator[Signature]:
        """Signatures of readable files, in order, from the store where it has them."""
        known = {path: self._remembered(path) for path in paths}
        missing = [path for path, signature in known.items() if signature is None]
        with closing(self._signed(missing)) as signed:
            made = zip(missing, self._watch(signed, len(missing), "looking"), strict=True)
            while some := dict(islice(made, _COMMITTED)):
                signatures = {path: one for path, one in some.items() if isinstance(one, Signature)}
                self._store.remember(list(signatures.values()))
                known |= signatures
                unreadable += [one for one in some.values() if isinstance(one, UnreadablePhoto)]
        yield from (signature for signature in known.values() if signature is not None)

    def _remembered(self, path: Path) -> Signature | None:
        try:
            return self._store.signature(path, Stamp.of(path))
        except UnreadablePhoto:
            return None

    def _signed(self, paths: list[Path]) -> Generator[Signature | UnreadablePhoto]:
        workers, limit = self._options.workers, self._options.time_limit
        count = workers if len(paths) > _FEW else min(workers, 1)
        yield from in_order(paths, make_signer, processes=count, failed=_crashed, time_limit=limit)

    def _groups(self, photos: Sequence[Signature], sought: set[str] | None) -> Iterator[DuplicateGroup]:
        units = units_of(photos, sought)
        compared = [unit.first for unit in units]
        queries = [number for number, unit in enumerate(units) if unit.sought]
        pairs = candidates(compared, queries, self._options.neighbours)
        links = Links(compared, self._store, self._options.workers, self._options.time_limit)
        links.prepare(pairs, self._watch)
        clusters = Clusters(units, links, pairs)
        scores = self._scores([compared[n] for n in clusters.linked(self._options.same_product)])
        yield from self._described(clusters, scores)

    def _described(self, clusters: Clusters, scores: Mapping[str, float]) -> Iterator[DuplicateGroup]:
        units, language = clusters.units, self._options.settings.language
        describer = Describer(units, clusters.links, scores, self._owners, language)

        compared = [unit.first for unit in units]
        order = partial(preferred, photos=compared, scores=scores)
        copies = clusters.copies(order)
        products = clusters.products(order, copies) if self._options.same_product else []
        groups = [*((group, False) for group in copies), *((group, True) for group in products)]
        for number, (members, same_product) in enumerate(groups, start=1):
            yield describer.group(number, members, same_product=same_product)

    def _scores(self, photos: Sequence[Signature]) -> dict[str, float]:
        options = self._options
        return scores_of(
            photos,
            self._store,
            options.settings,
            workers=options.workers,
            watch=self._watch,
            time_limit=options.time_limit,
        )


def _crashed(path: Path, reason: str) -> Signature | UnreadablePhoto:
    return PhotoCrashed(label_of(path), reason)
