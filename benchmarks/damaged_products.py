"""Table 1 on damaged products: originals of the validation split x all kinds x five levels.

Labels are the full-reference ensemble's, not people's. Also the accuracy of the distortion kind, over
families of kinds that look alike (`packshot.distort.LOOKALIKES`).
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from agreement import interval, plcc, srocc
from packshot.assess.atlas import Atlas
from packshot.assess.judge import judge
from packshot.assess.retrieval import Aggregation, RetrievalOptions
from packshot.distort import LEVELS, Kind, distort, family
from packshot.encode import Encoders
from packshot.measure import measure_photo
from packshot.measure.reference import EnsembleReference
from packshot.photo import Photo
from packshot.train.datasets.damaged import JUDGED_SIDE, Original, read_manifest
from record import write

PRODUCTS_ONLY = "full-reference ensemble"
FORMS = {
    "shipped": RetrievalOptions(),
    "equations 1-7, J=10": RetrievalOptions.source_form(10),
    "J=10, simple": RetrievalOptions(pool=10, neighbours=10, aggregation=Aggregation.SIMPLE),
    "J=5, weighted": RetrievalOptions.source_form(5),
    "J=1": RetrievalOptions.source_form(1),
}


@dataclass(frozen=True)
class Judged:
    """One damaged photo: truth and what each form says."""

    product_type: str
    kind: str
    level: int
    label: float
    scores: dict[str, float]
    named: str


def judge_original(original: Original) -> list[Judged]:
    """Damage one original in every way and judge each version."""
    cv2.setNumThreads(1)
    encoders, atlas = Encoders.packaged(), Atlas.default()
    products = atlas.without(
        frozenset(name for name in atlas.header.groups if not name.startswith("product:"))
    )
    pixels = Photo.open(original.path, max_side=JUDGED_SIDE).pixels
    reference = EnsembleReference.of(pixels)
    judged = []
    for kind in Kind:
        versions = [distort(pixels, kind, level, seed=9000 + level) for level in LEVELS]
        measured = [measure_photo(version).raw for version in versions]
        codes = encoders.encode(versions, measured)
        for level, version, code in zip(LEVELS, versions, codes, strict=True):
            scores = {
                name: judge(
                    atlas if name == "shipped" else products, code.content, code.distortion, options
                ).score
                for name, options in FORMS.items()
            }
            named = encoders.kinds[int(np.argmax(code.kinds))]
            label = reference.score(version).score
            judged.append(Judged(original.product_type, kind.value, level, label, scores, named))
    return judged


def main(data: Path, limit: int | None, workers: int) -> None:
    """Judge everything, write one row for each product type and form, and one for each kind."""
    originals = read_manifest(data / "products" / "manifest.csv", "val")
    chosen = originals if limit is None else originals[:: max(1, len(originals) // limit)]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        judged = [item for part in pool.map(judge_original, chosen) for item in part]
    print(write("damaged_products", list(_agreement(judged, len(chosen)))))
    print(write("distortion_kinds", list(_kinds(judged))))


def _agreement(judged: list[Judged], originals: int):
    for form in FORMS:
        for product_type in (*sorted({item.product_type for item in judged}), "all"):
            part = [item for item in judged if product_type in ("all", item.product_type)]
            scores = np.array([item.scores[form] for item in part])
            labels = np.array([item.label for item in part])
            low, high = interval(scores, labels, draws=100)
            row = {
                "form": form,
                "product_type": product_type,
                "originals": originals,
                "photos": len(part),
                "srocc": round(srocc(scores, labels), 4),
                "srocc_low": round(low, 4),
                "srocc_high": round(high, 4),
                "plcc": round(plcc(scores, labels), 4),
            }
            print(row)
            yield row


def _kinds(judged: list[Judged]):
    named = {item.named for item in judged} - {"pristine"}
    families = {name: family(name) for name in named} | {"pristine": "pristine"}
    for kind in (*Kind, "all"):
        part = [item for item in judged if kind in ("all", item.kind)]
        hits = np.array([families[item.named] == family(item.kind) for item in part])
        levels = np.array([item.level for item in part])
        exact = np.array([item.named == item.kind for item in part])
        row = {
            "kind": str(kind),
            "photos": len(part),
            "family_accuracy": round(float(hits.mean()), 4),
            "exact_accuracy": round(float(exact.mean()), 4),
        }
        yield row | {
            f"family_accuracy_level_{n}": round(float(hits[levels == n].mean()), 4) for n in LEVELS
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, help="about this many originals")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    main(options.data, options.limit, options.workers)
