"""Search for duplicates: signatures, then candidates, then comparisons, then groups."""

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
from packshot.processes import DEFAULT_TIME_LIMIT_S, map_in_order
from packshot.report import DuplicateGroup
from packshot.search.duplicates.candidate_pairs import MAX_NEIGHBOURS, find_candidate_pairs
from packshot.search.duplicates.clusters import Clusters, group_by_pixels
from packshot.search.duplicates.keeper import score_photos, sort_by_preference
from packshot.search.duplicates.owners import Owners
from packshot.search.duplicates.photo_comparisons import PhotoComparisons
from packshot.search.duplicates.progress import Progress, ignore_progress
from packshot.search.duplicates.records import GroupRecordBuilder, make_unreadable_record
from packshot.search.duplicates.signature import FileStamp, Signature, make_signer
from packshot.search.duplicates.store import SignatureStore

_MIN_PHOTOS_FOR_PROCESSES = 8
"""Photos above which more than one process pays for its start. A judgement."""

_COMMIT_BATCH = 64
"""Signatures written together: what a run that is killed may have to make again."""


@dataclass(frozen=True)
class DuplicateOptions:
    """Options of a search for duplicates.

    Attributes:
        max_neighbours: Photos alike by content that each is compared with, at most.
        workers: Processes; below 1 none is started.
        timeout_s: Seconds for one photo.
        assessor_settings: The assessor that chooses what to keep; its language is that of reasons.

    Example:
        >>> options = DuplicateOptions(assessor_settings=AssessorSettings(language="zh"))
        >>> options.max_neighbours, options.assessor_settings.language
        (16, 'zh')
    """

    max_neighbours: int = MAX_NEIGHBOURS
    workers: int = 0
    timeout_s: float = DEFAULT_TIME_LIMIT_S
    assessor_settings: AssessorSettings = field(default_factory=AssessorSettings)


class DuplicateFinder:
    """Finds groups of duplicates; what is computed of files stays in the store.

    Example:
        >>> from packshot.search.duplicates import Signer
        >>> mug, again = Path("examples/photos/mug.jpg"), Path("again.jpg")
        >>> _ = again.write_bytes(mug.read_bytes())
        >>> with SignatureStore(None, Signer().maker) as store:
        ...     (group,) = DuplicateFinder(store).find_groups([mug, again])
        >>> group.kind.value, group.paths
        ('exact', ('examples/photos/mug.jpg', 'again.jpg'))
    """

    def __init__(
        self,
        store: SignatureStore,
        options: DuplicateOptions | None = None,
        *,
        owners: Owners | None = None,
        progress: Progress = ignore_progress,
    ) -> None:
        """Remember how to search; nothing is opened yet.

        Args:
            store: Of signatures, comparisons and scores.
            options: How to search.
            owners: Whose photos they are, where that is known.
            progress: Sees the work progress.
        """
        self._store = store
        self._options = options or DuplicateOptions()
        self._owners = owners or {}
        self._progress = progress

    def find_groups(
        self, paths: Sequence[Path], new_paths: Sequence[Path] = ()
    ) -> Iterator[DuplicateGroup]:
        """Yield groups of copies, then of variants, then the unreadable files.

        Args:
            paths: The catalogue.
            new_paths: Photos to look up in it: then only their groups are sought, else all.

        Yields:
            Groups, numbered from 1.
        """
        unreadable: list[UnreadablePhoto] = []
        photos = list(self._iter_signatures(list(dict.fromkeys([*paths, *new_paths])), unreadable))
        yield from self._iter_groups(photos, {str(path) for path in new_paths} if new_paths else None)
        yield from map(make_unreadable_record, unreadable)

    def _iter_signatures(
        self, paths: Sequence[Path], unreadable: list[UnreadablePhoto]
    ) -> Iterator[Signature]:
        """Yield signatures of readable files, in order, from the store where it has them."""
        known = {path: self._find_stored_signature(path) for path in paths}
        missing = [path for path, signature in known.items() if signature is None]
        with closing(self._sign_files(missing)) as signature_stream:
            results = zip(
                missing, self._progress(signature_stream, len(missing), "looking"), strict=True
            )
            while batch := dict(islice(results, _COMMIT_BATCH)):
                signatures = {path: one for path, one in batch.items() if isinstance(one, Signature)}
                self._store.save_signatures(list(signatures.values()))
                known |= signatures
                unreadable += [one for one in batch.values() if isinstance(one, UnreadablePhoto)]
        yield from (signature for signature in known.values() if signature is not None)

    def _find_stored_signature(self, path: Path) -> Signature | None:
        try:
            return self._store.find_signature(path, FileStamp.from_file(path))
        except UnreadablePhoto:
            return None

    def _sign_files(self, paths: list[Path]) -> Generator[Signature | UnreadablePhoto]:
        workers, timeout_s = self._options.workers, self._options.timeout_s
        count = workers if len(paths) > _MIN_PHOTOS_FOR_PROCESSES else min(workers, 1)
        yield from map_in_order(
            paths, make_signer, workers=count, on_failure=_make_crash_error, timeout_s=timeout_s
        )

    def _iter_groups(
        self, photos: Sequence[Signature], query_paths: set[str] | None
    ) -> Iterator[DuplicateGroup]:
        distinct_photos = group_by_pixels(photos, query_paths)
        representatives = [unit.representative for unit in distinct_photos]
        queries = [number for number, unit in enumerate(distinct_photos) if unit.is_query]
        pairs = find_candidate_pairs(representatives, queries, self._options.max_neighbours)
        comparisons = PhotoComparisons(
            representatives, self._store, self._options.workers, self._options.timeout_s
        )
        comparisons.compare_missing(pairs, self._progress)
        clusters = Clusters(distinct_photos, comparisons, pairs)
        scores = self._score_photos([representatives[n] for n in clusters.find_group_candidates()])
        yield from self._build_records(clusters, scores)

    def _build_records(
        self, clusters: Clusters, scores: Mapping[str, float]
    ) -> Iterator[DuplicateGroup]:
        distinct_photos, language = clusters.distinct_photos, self._options.assessor_settings.language
        record_builder = GroupRecordBuilder(
            distinct_photos, clusters.comparisons, scores, self._owners, language
        )

        representatives = [unit.representative for unit in distinct_photos]
        order = partial(
            sort_by_preference, photos=representatives, scores=scores, marked=clusters.find_marked()
        )
        copies = clusters.group_copies(order)
        variants = clusters.group_variants(order, copies)
        makers = [
            *((record_builder.build_group, group) for group in copies),
            *((record_builder.build_variants, group) for group in variants),
        ]
        for number, (build, members) in enumerate(makers, start=1):
            yield build(number, members)

    def _score_photos(self, photos: Sequence[Signature]) -> dict[str, float]:
        options = self._options
        return score_photos(
            photos,
            self._store,
            options.assessor_settings,
            workers=options.workers,
            progress=self._progress,
            timeout_s=options.timeout_s,
        )


def _make_crash_error(path: Path, reason: str) -> Signature | UnreadablePhoto:
    return PhotoCrashed(label_of(path), reason)
