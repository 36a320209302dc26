"""Are copies of product photos found, whatever was done to them, and nothing else?

    python benchmarks/duplicates.py [--data ../shared/data] [--limit N] [--split val]

The catalogue is every original of both splits. Originals of one split are copied in every way of
`copies.KINDS`, with seeded strengths, and each copy alone is looked up in the catalogue. What is found
is right when it is the copy's own original; any other counts against `precision`, and against
`precision_by_product` where it is of another product (the manifest's `group`): photos of one product
may be one photograph. `proposed` is the share of copies whose original was among those compared,
`named` the share of right finds whose changes name the kind. The limits were set on split train.

Then the originals themselves: pairs of them that are called copies, and how well "same product, other
photo" agrees with the manifest's groups. Writes `results/duplicates.csv` and
`results/duplicate_originals.csv`. With `--vectors N` it only times the search of candidates among N
vectors, drawn between those of the originals, and writes `results/duplicate_vectors.csv`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from copies import KINDS, copy_of
from packshot.photo import Photo
from packshot.processes import available_cores
from packshot.search.duplicates import SignatureStore, Signer, unwatched
from packshot.search.duplicates.candidates import NEIGHBOURS, Candidate, candidates, nearest
from packshot.search.duplicates.comparison import Comparison, compare
from packshot.search.duplicates.links import Links
from packshot.search.duplicates.view import VIEW_SIDE, View
from packshot.sources import read_rows
from record import write

_VIEWS = 900


@dataclass
class Score:
    """What became of the copies of one kind."""

    copies: int = 0
    proposed: int = 0
    found: int = 0
    named: int = 0
    wrong: int = 0
    wrong_product: int = 0
    seconds: list[float] = field(default_factory=list)

    def row(self, kind: str) -> dict[str, object]:
        """As a row of the table."""
        return {
            "kind": kind,
            "copies": self.copies,
            "recall": round(self.found / self.copies, 4),
            "precision": round(self.found / max(self.found + self.wrong, 1), 4),
            "precision_by_product": round(self.found / max(self.found + self.wrong_product, 1), 4),
            "proposed": round(self.proposed / self.copies, 4),
            "named": round(self.named / max(self.found, 1), 4),
            "median_cpu_seconds": round(float(np.median(self.seconds)), 3),
        }

    def __add__(self, other: Score) -> Score:
        counts = ("copies", "proposed", "found", "named", "wrong", "wrong_product")
        sums = {name: getattr(self, name) + getattr(other, name) for name in counts}
        return Score(**sums, seconds=self.seconds + other.seconds)


class Bench:
    """The catalogue of originals, opened once."""

    def __init__(self, folder: Path, rows: list[dict[str, str]]) -> None:
        self.paths = [folder / row["file"] for row in rows]
        self.groups = [row["group"] for row in rows]
        self.signer = Signer()
        self.signatures = [self.signer.sign(path) for path in self.paths]
        self.view = lru_cache(_VIEWS)(lambda path: View.of(Photo.open(path, max_side=2 * VIEW_SIDE)))

    def copies(self, chosen: list[int], folder: Path) -> Iterator[dict[str, object]]:
        """A row for each kind of copy, and one for all."""
        total = Score()
        for kind in KINDS:
            score = Score()
            for number in chosen:
                self._look_up(number, kind, folder / "copy", score)
            total += score
            yield score.row(kind)
        yield total.row("all")

    def _look_up(self, number: int, kind: str, path: Path, score: Score) -> None:
        original = self.paths[number]
        generator = np.random.default_rng(zlib.crc32(f"{kind} {original.name}".encode()))
        path.write_bytes(copy_of(original, Photo.open(original).pixels, kind, generator))
        start = time.process_time()
        proposed, found = self._found(path)
        score.seconds.append(time.process_time() - start)
        score.copies += 1
        score.proposed += number in proposed
        score.found += number in found
        score.named += number in found and (kind == "combined" or kind in found[number])
        score.wrong += len(found.keys() - {number})
        score.wrong_product += sum(self.groups[n] != self.groups[number] for n in found)

    def _found(self, path: Path) -> tuple[set[int], dict[int, set[str]]]:
        """Originals compared with a photo; those that it is found to copy, with the kinds of changes."""
        photo = self.signer.sign(path)
        same_file = _numbers(original.digest == photo.digest for original in self.signatures)
        same_pixels = _numbers(o.pixel_digest == photo.pixel_digest for o in self.signatures)
        place = len(self.signatures)
        pairs = candidates([*self.signatures, photo], [place])
        others = [pair.first for pair in pairs]
        view = View.of(Photo.open(path, max_side=2 * VIEW_SIDE))
        compared = {n: compare(self.view(self.paths[n]), view) for n in others}
        found = {n: _kinds(result) for n, result in compared.items() if result.is_copy}
        found |= {n: {"same-pixels"} for n in same_pixels} | {n: {"exact"} for n in same_file}
        return {*others, *same_pixels}, found

    def originals(self, chosen: set[int]) -> list[dict[str, object]]:
        """Pairs of originals, of which one at least is chosen."""
        pairs = [p for p in candidates(self.signatures) if {p.first, p.second} & chosen]
        with SignatureStore(None, self.signer.maker) as store:
            links = Links(self.signatures, store, workers=available_cores())
            links.prepare(pairs, unwatched)
            told = [(p, links.is_copy(p.first, p.second)) for p in pairs]
            copies = [p for p, is_copy in told if is_copy]
            products = [
                p for p, is_copy in told if not is_copy and links.same_product(p.first, p.second)
            ]
        same = sum(
            self.groups[a] == self.groups[b] and bool({a, b} & chosen)
            for a, b in combinations(range(len(self.groups)), 2)
        )
        return [
            self._pairs("copies among originals", copies, same),
            self._pairs("same product, other photo", products, same),
        ]

    def _pairs(self, name: str, pairs: list[Candidate], same_group: int) -> dict[str, object]:
        right = [self.groups[p.first] == self.groups[p.second] for p in pairs]
        others = [p for p, same in zip(pairs, right, strict=True) if not same]
        named = [f"{self.paths[p.first].name} {self.paths[p.second].name}" for p in others]
        return {
            "what": name,
            "pairs": len(pairs),
            "of_one_group": sum(right),
            "pairs_of_one_group_there_are": same_group,
            "other_pairs": "; ".join(named),
        }

    def timed(self, count: int) -> dict[str, object]:
        """The search for each vector's neighbours, among vectors mixed of two originals' with noise."""
        known = np.stack([signature.content for signature in self.signatures])
        generator = np.random.default_rng(0)
        mixed = known[generator.integers(len(known), size=count)] * 0.8
        mixed += known[generator.integers(len(known), size=count)] * 0.4
        mixed += generator.normal(0, 0.006, mixed.shape).astype(np.float32)
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        start = time.perf_counter()
        numbers, _ = nearest(mixed, mixed, NEIGHBOURS + 1)
        seconds = time.perf_counter() - start
        sample = generator.integers(count, size=200)
        exact = np.argsort(-(mixed[sample] @ mixed.T), axis=1)[:, : NEIGHBOURS + 1]
        shares = [len({*a} & {*b}) / len(b) for a, b in zip(numbers[sample], exact, strict=True)]
        return {
            "vectors": count,
            "dimensions": mixed.shape[1],
            "neighbours": NEIGHBOURS,
            "seconds": round(seconds, 1),
            "recall_of_exact": round(float(np.mean(shares)), 4),
            "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        }


def _numbers(conditions: Iterable[bool]) -> list[int]:
    return [number for number, holds in enumerate(conditions) if holds]


def _kinds(found: Comparison) -> set[str]:
    return {change.kind.value for change in found.changes} or {"recompressed"}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, default=200, help="most originals that are copied")
    parser.add_argument("--split", default="val", choices=("train", "val"))
    parser.add_argument("--vectors", type=int, help="only time the search among so many vectors")
    arguments = parser.parse_args()
    folder = arguments.data / "products"
    rows = [row for row in read_rows(folder / "manifest.csv") if row["split"] in ("train", "val")]
    bench = Bench(folder, rows)
    chosen = [number for number, row in enumerate(rows) if row["split"] == arguments.split]
    tables: dict[str, list[dict[str, object]]] = {}
    if arguments.vectors:
        tables["duplicate_vectors"] = [bench.timed(arguments.vectors)]
    else:
        with tempfile.TemporaryDirectory() as scratch:
            copied = chosen[:: -(-len(chosen) // arguments.limit)]
            tables["duplicates"] = list(bench.copies(copied, Path(scratch)))
        tables["duplicate_originals"] = bench.originals(set(chosen))
    for name, table in tables.items():
        for row in table:
            print(*row.values(), sep="\t")
        print(write(name, table))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
