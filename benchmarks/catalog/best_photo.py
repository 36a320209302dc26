"""How often `packshot rank` puts the original before its damaged versions.

Sets of one held-out original and six versions of it: four of one kind of damage, two of several at once,
all of levels 2 to 5; and pairs of an original and one version. Every photo is read from a file without
loss; the sets are ranked again as JPEGs, as a shop's copies come. The score alone, without comparing
copies, is the baseline.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2

from benchmarks.support.damaged_sets import Version, make_damaged_set
from benchmarks.support.record import write_results
from packshot.arrays import Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.catalog.rank import Product, ProductRanker
from packshot.photo import Photo
from packshot.report import Ranking
from packshot.train.datasets.damaged import read_manifest

_SEED = 7000
_PAIRS = (1,)
_QUALITY = 90
_SET_KINDS = ("set", "pair", "set-jpeg")


def iter_rankings(ranker: ProductRanker, original: Path, seed: int) -> Iterator[tuple[str, Ranking]]:
    """The ranking of a whole set, then those of pairs, then that of the set as JPEGs."""
    versions = make_damaged_set(load_judged_pixels(original), seed)
    yield "set", _rank_versions(ranker, original, versions)
    for number in _PAIRS:
        yield "pair", _rank_versions(ranker, original, [versions[0], versions[number]])
    yield "set-jpeg", _rank_versions(ranker, original, versions, quality=_QUALITY)


def _rank_versions(
    ranker: ProductRanker, original: Path, versions: Sequence[Version], quality: int | None = None
) -> Ranking:
    with tempfile.TemporaryDirectory() as folder:
        paths = sorted(map(str, write_versions(versions, Path(folder), quality)))
        return ranker.rank(Product(original.stem, tuple(paths), None))


def load_judged_pixels(original: Path) -> Pixels:
    """(H, W, 3) RGB of a photo as it is judged."""
    return Photo.open(original, max_side=ASSESSMENT_SIDE).pixels


def write_versions(versions: Sequence[Version], folder: Path, quality: int | None = None) -> list[Path]:
    """A file of each version: without loss, or a JPEG of this quality."""
    suffix, parameters = ("png", []) if quality is None else ("jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])
    paths = [folder / f"{version.name}.{suffix}" for version in versions]
    for path, version in zip(paths, versions, strict=True):
        cv2.imwrite(str(path), version.pixels[..., ::-1], parameters)
    return paths


def _is_original(path: str | None) -> bool:
    return path is not None and Path(path).stem == "original"


def _find_best_by_score(ranking: Ranking) -> str:
    return max(ranking.order, key=lambda photo: photo.score or 0.0).path


def main(data: Path, limit: int | None) -> None:
    """Rank all sets, print each miss, write one row for each size of set."""
    originals = read_manifest(data / "products" / "manifest.csv", "val")
    chosen = originals if limit is None else originals[:: max(1, len(originals) // limit)]
    ranker = ProductRanker()
    counts: dict[str, Counter[str]] = {of: Counter() for of in _SET_KINDS}
    for number, original in enumerate(chosen):
        for size, ranking in iter_rankings(ranker, original.path, _SEED + number):
            first = _is_original(ranking.best)
            counts[size].update(
                sets=1,
                first=first,
                first_by_score=_is_original(_find_best_by_score(ranking)),
                copies=sum(photo.duplicate_of is not None for photo in ranking.order),
                damaged=len(ranking.order) - 1,
            )
            if not first:
                print(f"{size} {ranking.sku}: {Path(ranking.best or '').stem} first", file=sys.stderr)
        print(f"\r{number + 1} of {len(chosen)} originals", end="", file=sys.stderr)
    print(write_results("best_photo", [_make_row(size, count) for size, count in counts.items()]))


def _make_row(size: str, count: Counter[str]) -> dict[str, object]:
    row = {
        "of": size,
        "sets": count["sets"],
        "damaged_versions": count["damaged"],
        "original_first": round(count["first"] / count["sets"], 4),
        "original_first_by_score_alone": round(count["first_by_score"] / count["sets"], 4),
        "versions_found_to_be_copies": round(count["copies"] / count["damaged"], 4),
    }
    print(row)
    return row


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, help="about this many originals")
    arguments = parser.parse_args()
    main(arguments.data, arguments.limit)
