"""Are copies of product photos found, whatever was done to them, and nothing else?

    python -m benchmarks.search.duplicates [--data ../shared/data] [--limit N] [--split val]

The catalogue is every original of both splits. Originals of one split are copied in every way of
`copies.KINDS`, with seeded strengths, and each copy alone is looked up in the catalogue. What is found
is right when it is the copy's own original; any other counts against `precision`, and against
`precision_by_product` where it is of another product (the manifest's `group`): photos of one product
may be one photograph. `proposed` is the share of copies whose original was among those compared,
`named` the share of right finds whose changes name the kind, `marked_kept` the copies with something
laid over of which the original is said to have it, so that the copy would be kept, `wrong_finds` the
commonest wrong ones,
so that they can be looked at: some are one photograph under two names. The limits were set on split
train. Beside it, in the same run, what imagededup and others do: hashes of `imagehash` that differ in
at most ten bits.

Then the originals themselves: pairs of them that are called copies, and variants, and how well these
agree with the manifest's groups. Writes `results/duplicates.csv` and
`results/duplicate_originals.csv`. With `--vectors N` it only times the search of candidates, by vectors
and by hashes, among N made photos, whose vectors lie between those of the originals, in some runs of
different ones, and writes `results/duplicate_vectors.csv`; `recall_of_exact` is how many of a photo's
nearest are among its candidates; grouping is from comparisons that are stored already, as of a second
run. Comparisons are as many as pairs; what one costs is in `results/duplicates.csv`.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import combinations
from pathlib import Path
from typing import NoReturn

import cv2
import imagehash
import numpy as np
from PIL import Image

from benchmarks.support.copies import KINDS, LAID_OVER, make_copy
from benchmarks.support.record import write_results
from packshot.arrays import Float32Array, Mask
from packshot.photo import Photo
from packshot.processes import count_available_cores, map_in_order
from packshot.report import DuplicateKind
from packshot.search.duplicates import SignatureStore, Signer, ignore_progress
from packshot.search.duplicates.candidate_pairs import (
    MAX_NEIGHBOURS,
    MIN_SIMILARITY,
    CandidatePair,
    find_candidate_pairs,
)
from packshot.search.duplicates.clusters import Clusters, group_by_pixels
from packshot.search.duplicates.comparison import Comparison, compare
from packshot.search.duplicates.photo_comparisons import PhotoComparisons
from packshot.search.duplicates.signature import Signature, make_signer
from packshot.search.duplicates.view import VIEW_SIDE, PhotoView
from packshot.sources import read_rows

_VIEWS = 900
_CHANGED_BITS = 7
_LISTED_PAIRS = 20
_MAX_BITS = 10
"""By which imagededup takes hashes for those of copies, unless told otherwise."""

OWN_METHOD = "packshot"
_NAMED_AS = dict.fromkeys(LAID_OVER, "watermarked")
BASELINES: dict[str, Callable[[Image.Image], imagehash.ImageHash]] = {
    "phash, 10 bits": imagehash.phash,
    "dhash, 10 bits": imagehash.dhash,
}

Task = tuple[int, str]
FoundCopies = dict[int, set[str]]
"""Originals that a photo is found to copy, with the kinds of changes."""

_MARK_OF_ORIGINAL = "mark of the original"
"""Stands among kinds where the original, not the copy, is said to have something laid over it."""


@dataclass
class Score:
    """The score for the copies of one kind."""

    copies: int = 0
    proposed: int = 0
    found: int = 0
    named: int = 0
    marked_kept: int = 0
    wrong: int = 0
    wrong_product: int = 0
    others: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def to_row(self, method: str, kind: str) -> dict[str, object]:
        """As a row of the table."""
        own = method == OWN_METHOD
        return {
            "method": method,
            "kind": kind,
            "copies": self.copies,
            "recall": round(self.found / self.copies, 4),
            "precision": round(self.found / max(self.found + self.wrong, 1), 4),
            "precision_by_product": round(self.found / max(self.found + self.wrong_product, 1), 4),
            "proposed": round(self.proposed / self.copies, 4) if own else "",
            "named": round(self.named / max(self.found, 1), 4) if own else "",
            "marked_kept": self.marked_kept if own else "",
            "median_cpu_seconds": round(float(np.median(self.seconds)), 3),
            "wrong_finds": "; ".join(
                f"{pair} {n}" for pair, n in self.others.most_common(_LISTED_PAIRS)
            ),
        }

    def __add__(self, other: Score) -> Score:
        counts = ("copies", "proposed", "found", "named", "marked_kept", "wrong", "wrong_product")
        sums = {name: getattr(self, name) + getattr(other, name) for name in counts}
        return Score(**sums, others=self.others + other.others, seconds=self.seconds + other.seconds)


@dataclass(frozen=True, eq=False)
class OriginalCatalog:
    """Originals, whose products the manifest tells, and what is remembered of them.

    `hashes` are (N, 64) bits for each baseline.
    """

    paths: list[Path]
    groups: list[str]
    signatures: list[Signature]
    hashes: dict[str, Mask]

    @classmethod
    def from_rows(cls, folder: Path, rows: list[dict[str, str]], workers: int) -> OriginalCatalog:
        """Look at all originals."""
        paths = [folder / row["file"] for row in rows]
        results = map_in_order(paths, make_signer, workers=workers, on_failure=_raise_failure)
        signatures = [photo for photo in results if isinstance(photo, Signature)]
        photos = [_open_image(path) for path in paths]
        hashes = {
            name: np.stack([_to_bits(made(photo)) for photo in photos])
            for name, made in BASELINES.items()
        }
        return cls(paths, [row["group"] for row in rows], signatures, hashes)


class CopyFinder:
    """Looks copies up in a catalogue, one by one, by every method."""

    def __init__(self, catalogue: OriginalCatalog, neighbours: int = MAX_NEIGHBOURS) -> None:
        cv2.setNumThreads(1)
        self._catalogue = catalogue
        self._neighbours = neighbours
        self._signer = Signer()
        self._load_cached_view = lru_cache(_VIEWS)(_load_view)

    def score_copy(self, task: Task) -> dict[str, Score]:
        """By method, of a copy."""
        number, kind = task
        with tempfile.TemporaryDirectory() as folder:
            return self._score_methods(number, kind, Path(folder) / "copy")

    def _score_methods(self, number: int, kind: str, path: Path) -> dict[str, Score]:
        original = self._catalogue.paths[number]
        generator = np.random.default_rng(zlib.crc32(f"{kind} {original.name}".encode()))
        path.write_bytes(make_copy(original, Photo.open(original).pixels, kind, generator))
        start = time.process_time()
        proposed, found = self._find_originals(path)
        own = self._make_score(number, kind, found, start)
        own.proposed = int(number in proposed)
        name = _NAMED_AS.get(kind, kind)
        own.named = int(number in found and (kind == "combined" or name in found[number]))
        own.marked_kept = int(kind in LAID_OVER and _MARK_OF_ORIGINAL in found.get(number, set()))
        return {OWN_METHOD: own} | {
            name: self._score_hash(name, number, kind, path) for name in BASELINES
        }

    def _score_hash(self, name: str, number: int, kind: str, path: Path) -> Score:
        start = time.process_time()
        bits = _to_bits(BASELINES[name](_open_image(path)))
        near = np.flatnonzero((self._catalogue.hashes[name] != bits).sum(axis=1) <= _MAX_BITS)
        return self._make_score(number, kind, {int(n): set() for n in near}, start)

    def _make_score(self, number: int, kind: str, found: FoundCopies, start: float) -> Score:
        seconds = time.process_time() - start
        groups, paths = self._catalogue.groups, self._catalogue.paths
        others = sorted(found.keys() - {number})
        return Score(
            copies=1,
            found=int(number in found),
            wrong=len(others),
            wrong_product=sum(groups[n] != groups[number] for n in others),
            others=Counter(f"{paths[number].name}>{paths[n].name}" for n in others),
            seconds=[seconds],
        )

    def _find_originals(self, path: Path) -> tuple[set[int], FoundCopies]:
        """Originals compared with a photo; those that it is found to copy."""
        originals = self._catalogue.signatures
        photo = self._signer.sign(path)
        same_file = _find_true(original.digest == photo.digest for original in originals)
        same_pixels = _find_true(o.pixel_digest == photo.pixel_digest for o in originals)
        pairs = find_candidate_pairs([*originals, photo], [len(originals)], self._neighbours)
        others = [pair.first for pair in pairs]
        view = _load_view(path)
        compared = {n: compare(self._load_cached_view(self._catalogue.paths[n]), view) for n in others}
        found = {n: _list_kinds(result) for n, result in compared.items() if result.is_copy}
        found |= {n: {"same-pixels"} for n in same_pixels} | {n: {"exact"} for n in same_file}
        return {*others, *same_pixels}, found


def make_copy_finder(catalogue: OriginalCatalog, neighbours: int) -> Callable[[Task], dict[str, Score]]:
    """A worker for `packshot.processes.map_in_order`."""
    return CopyFinder(catalogue, neighbours).score_copy


def _raise_failure(task: object, reason: str) -> NoReturn:
    raise RuntimeError(f"{task}: {reason}")


def _load_view(path: Path) -> PhotoView:
    return PhotoView.from_photo(Photo.open(path, max_side=2 * VIEW_SIDE))


def _open_image(path: Path) -> Image.Image:
    return Image.fromarray(Photo.open(path).pixels)


def _to_bits(value: imagehash.ImageHash) -> Mask:
    return np.asarray(value.hash, bool).ravel()


class DuplicateBenchmark:
    """The tables."""

    def __init__(self, catalogue: OriginalCatalog, workers: int) -> None:
        self.catalogue = catalogue
        self.workers = workers
        self.paths, self.groups = catalogue.paths, catalogue.groups
        self.signatures = catalogue.signatures

    def measure_copies(self, chosen: list[int], neighbours: int) -> Iterator[dict[str, object]]:
        """A row for each method and kind of copy, and one for all."""
        tasks = [(number, kind) for number in chosen for kind in KINDS]
        worker = partial(make_copy_finder, self.catalogue, neighbours)
        results = map_in_order(tasks, worker, workers=self.workers, on_failure=_raise_failure)
        return self.make_copy_rows(tasks, results, neighbours)

    def make_copy_rows(
        self, tasks: list[Task], results: Iterable[dict[str, Score]], neighbours: int
    ) -> Iterator[dict[str, object]]:
        """Rows of scores by method, in the order of their tasks."""
        sums = {
            (method, kind): Score() for method in (OWN_METHOD, *BASELINES) for kind in (*KINDS, "all")
        }
        for (_, kind), scores in zip(tasks, results, strict=True):
            for method, score in scores.items():
                sums[method, kind] += score
                sums[method, "all"] += score
        return (score.to_row(*key) | {"neighbours": neighbours} for key, score in sums.items())

    def measure_originals(self, chosen: set[int]) -> list[dict[str, object]]:
        """Pairs of originals, of which one at least is chosen."""
        pairs = [p for p in find_candidate_pairs(self.signatures) if {p.first, p.second} & chosen]
        with SignatureStore(None, Signer().maker) as store:
            links = PhotoComparisons(self.signatures, store, workers=self.workers)
            links.compare_missing(pairs, ignore_progress)
            decisions = [(p, links.is_copy(p.first, p.second)) for p in pairs]
            copies = [p for p, is_copy in decisions if is_copy]
            variants = [p for p in pairs if links.is_variant(p.first, p.second)]
        same = sum(
            self.groups[a] == self.groups[b] and bool({a, b} & chosen)
            for a, b in combinations(range(len(self.groups)), 2)
        )
        baselines = {f"copies by {name}": self._find_close_pairs(name, chosen) for name in BASELINES}
        decisions = {
            "copies": _to_index_pairs(copies),
            "variants": _to_index_pairs(variants),
        }
        return [
            self._make_pair_row(name, pairs, same) for name, pairs in (decisions | baselines).items()
        ]

    def _find_close_pairs(self, name: str, chosen: set[int]) -> list[tuple[int, int]]:
        """Pairs of originals that a baseline calls copies."""
        bits = self.catalogue.hashes[name]
        near = ((bits[:, None] != bits).sum(axis=2) <= _MAX_BITS).nonzero()
        pairs = zip(*(places.tolist() for places in near), strict=True)
        return [(a, b) for a, b in pairs if a < b and {a, b} & chosen]

    def _make_pair_row(
        self, name: str, pairs: list[tuple[int, int]], same_group: int
    ) -> dict[str, object]:
        right = [self.groups[a] == self.groups[b] for a, b in pairs]
        others = [pair for pair, same in zip(pairs, right, strict=True) if not same]
        named = [f"{self.paths[a].name} {self.paths[b].name}" for a, b in others]
        return {
            "what": name,
            "pairs": len(pairs),
            "of_one_group": sum(right),
            "pairs_of_one_group_there_are": same_group,
            "other_pairs": "; ".join(named),
        }

    def time_candidates(self, count: int, run: int) -> dict[str, object]:
        """The search for candidates among made photos, and how many of each one's nearest it finds."""
        generator = np.random.default_rng(run)
        photos = list(self._make_signatures(count, generator))
        start, start_cpu = time.perf_counter(), time.process_time()
        pairs = find_candidate_pairs(photos)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - start_cpu
        found = {(pair.first, pair.second) for pair in pairs}
        peak = _read_peak_megabytes()
        grouping_seconds = _time_grouping(photos, pairs)
        vectors = np.stack([photo.content for photo in photos])
        shares = [
            _compute_recall(vectors, number, found) for number in generator.integers(count, size=200)
        ]
        return {
            "vectors": count,
            "dimensions": vectors.shape[1],
            "neighbours": MAX_NEIGHBOURS,
            "run": run,
            "pairs": len(found),
            "pairs_per_photo": round(len(found) / count, 2),
            "seconds": round(seconds, 1),
            "cpu_seconds": round(cpu_seconds, 1),
            "peak_megabytes": peak,
            "grouping_cpu_seconds": round(grouping_seconds, 1),
            "peak_megabytes_grouped": _read_peak_megabytes(),
            "recall_of_exact": round(float(np.mean(shares)), 4),
            "threads": os.environ.get("OMP_NUM_THREADS", "all"),
            "load_average": round(os.getloadavg()[0], 1),
        }

    def _make_signatures(self, count: int, generator: np.random.Generator) -> Iterator[Signature]:
        """Photos of two originals' vectors, mixed, with noise, and of one's hashes, changed."""
        for number, (first, second) in enumerate(
            generator.integers(len(self.signatures), size=(count, 2))
        ):
            one, other = self.signatures[first], self.signatures[second]
            vector = 0.8 * one.content + 0.4 * other.content
            vector += generator.normal(0, 0.006, len(vector)).astype(np.float32)
            changed = generator.integers(1, 64, size=(2, _CHANGED_BITS))
            low, high = (
                value ^ int(np.bitwise_or.reduce(np.uint64(1) << bits.astype(np.uint64)))
                for value, bits in zip(one.hashes, changed, strict=True)
            )
            vector /= np.linalg.norm(vector)
            made = replace(one, content=vector, hashes=(low, high), blank=False)
            yield replace(made, digest=str(number), pixel_digest=str(number))


def _time_grouping(photos: list[Signature], pairs: list[CandidatePair]) -> float:
    """Processor seconds from stored comparisons to groups; one pair of twenty is a copy."""
    with SignatureStore(None, "made") as store:
        store.save_comparisons(
            (photos[pair.first].digest, photos[pair.second].digest, Comparison(is_copy=number % 20 == 0))
            for number, pair in enumerate(pairs)
        )
        start = time.process_time()
        clusters = Clusters(group_by_pixels(photos), PhotoComparisons(photos, store, workers=0), pairs)
        groups = clusters.group_copies(sorted)
        clusters.group_variants(sorted, groups)
        return time.process_time() - start


def _read_peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _compute_recall(vectors: Float32Array, number: int, found: set[tuple[int, int]]) -> float:
    """Of the nearest others that are alike, by looking at all."""
    alike = vectors @ vectors[number]
    alike[number] = -1
    best = np.argsort(-alike)[:MAX_NEIGHBOURS]
    wanted = [
        (min(number, other), max(number, other))
        for other in best[alike[best] >= MIN_SIMILARITY].tolist()
    ]
    return len(found & set(wanted)) / max(len(wanted), 1)


def _to_index_pairs(pairs: Iterable[CandidatePair]) -> list[tuple[int, int]]:
    return [(pair.first, pair.second) for pair in pairs]


def _find_true(conditions: Iterable[bool]) -> list[int]:
    return [number for number, condition in enumerate(conditions) if condition]


def _list_kinds(found: Comparison) -> set[str]:
    kinds = {change.kind.value for change in found.changes} or {"recompressed"}
    is_wrong_side = any(
        change.kind is DuplicateKind.WATERMARKED and change.of_keeper for change in found.changes
    )
    return kinds | {_MARK_OF_ORIGINAL} if is_wrong_side else kinds


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, default=200, help="most originals that are copied")
    parser.add_argument("--neighbours", type=int, default=MAX_NEIGHBOURS, help="compared by content")
    parser.add_argument("--split", default="val", choices=("train", "val"))
    parser.add_argument("--only", choices=("copies", "originals"), help="only one of the two tables")
    parser.add_argument("--vectors", type=int, help="only time the search among so many vectors")
    parser.add_argument("--runs", type=int, default=3, help="of the search among vectors")
    parser.add_argument("--workers", type=int, default=count_available_cores())
    arguments = parser.parse_args()
    folder = arguments.data / "products"
    rows = [row for row in read_rows(folder / "manifest.csv") if row["split"] in ("train", "val")]
    benchmark = DuplicateBenchmark(
        OriginalCatalog.from_rows(folder, rows, arguments.workers), arguments.workers
    )
    chosen = [number for number, row in enumerate(rows) if row["split"] == arguments.split]
    if arguments.vectors:
        rows_timed = (benchmark.time_candidates(arguments.vectors, run) for run in range(arguments.runs))
        _print_and_write("duplicate_vectors", list(rows_timed))
        return
    if arguments.only != "originals":
        _print_and_write(
            "duplicates",
            list(
                benchmark.measure_copies(
                    chosen[:: -(-len(chosen) // arguments.limit)], arguments.neighbours
                )
            ),
        )
    if arguments.only != "copies":
        _print_and_write("duplicate_originals", benchmark.measure_originals(set(chosen)))


def _print_and_write(name: str, table: list[dict[str, object]]) -> None:
    for row in table:
        print(*row.values(), sep="\t")
    print(write_results(name, table))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
