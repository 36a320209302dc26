"""Table 1 on damaged products: originals of the validation split x all kinds x five levels.

Labels are the full-reference ensemble's, not people's. Also the accuracy of the distortion kind, over
families of kinds that look alike (`packshot.distort.LOOKALIKES`), how often damage leads to a finding,
and how often the undamaged originals lead to one.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from benchmarks.agreement import figures
from benchmarks.findings import COMPOSITION
from packshot.arrays import Pixels
from packshot.assess.assessor import JUDGED_SIDE
from packshot.assess.atlas import Atlas
from packshot.assess.learned import likely_damage, recognised
from packshot.assess.retrieval import RetrievalOptions
from packshot.assess.scoring import judge
from packshot.distort import LEVELS, Kind, distort, family
from packshot.encode import Encoders
from packshot.measure import measure_photo
from packshot.measure.limits import exceeded
from packshot.measure.reference import EnsembleReference
from packshot.photo import Photo
from packshot.train.datasets.damaged import Original, read_manifest
from benchmarks.record import write

NOT_DAMAGE = COMPOSITION | {"low-resolution"}
"""Findings that say nothing of damage: true of the undamaged photo as well."""

FORMS = {
    "shipped": RetrievalOptions(),
    "equations 1-7, J=10": RetrievalOptions.source_form(10),
}


@dataclass(frozen=True)
class Judged:
    """One photo, damaged or (level 0) not: truth, what each form says, codes of what was found."""

    product_type: str
    kind: str
    level: int
    label: float
    scores: dict[str, float]
    named: str
    measured: frozenset[str]
    recognised: frozenset[str]


@cache
def _models() -> tuple[Encoders, Atlas, Atlas]:
    """Encoders, the shipped atlas, and its damaged products alone; once for each process."""
    atlas = Atlas.default()
    others = frozenset(name for name in atlas.header.groups if not name.startswith("product:"))
    return Encoders.packaged(), atlas, atlas.without(others)


def judge_original(original: Original) -> list[Judged]:
    """Judge one original and each of its damaged versions."""
    cv2.setNumThreads(1)
    pixels = Photo.open(original.path, max_side=JUDGED_SIDE).pixels
    reference = EnsembleReference.of(pixels)
    judged = _judge_versions(original, "pristine", {0: pixels}, reference)
    for kind in Kind:
        versions = {level: distort(pixels, kind, level, seed=9000 + level) for level in LEVELS}
        judged += _judge_versions(original, kind.value, versions, reference)
    return judged


def _judge_versions(
    original: Original, kind: str, versions: dict[int, Pixels], reference: EnsembleReference
) -> list[Judged]:
    encoders, atlas, products = _models()
    measured = [measure_photo(version) for version in versions.values()]
    codes = encoders.encode(list(versions.values()), [found.raw for found in measured])
    judged = []
    for (level, version), found, code in zip(versions.items(), measured, codes, strict=True):
        scores = {
            name: judge(
                atlas if name == "shipped" else products, code.content, code.distortion, options
            ).score
            for name, options in FORMS.items()
        }
        said = frozenset(one.code for one in exceeded(found))
        told = recognised(code, encoders.kinds, encoders.limits, said)
        judged.append(
            Judged(
                original.product_type,
                kind,
                level,
                reference.score(version).score,
                scores,
                likely_damage(code, encoders.kinds)[0].kind.value,
                said,
                frozenset(one.code for one in told),
            )
        )
    return judged


def main(data: Path, limit: int | None, workers: int) -> None:
    """Judge everything, write one row for each product type and form, and one for each kind."""
    originals = read_manifest(data / "products" / "manifest.csv", "val")
    chosen = originals if limit is None else originals[:: max(1, len(originals) // limit)]
    judged: list[Judged] = []
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for number, part in enumerate(pool.map(judge_original, chosen), start=1):
            judged += part
            print(f"\r{number} of {len(chosen)} originals", end="", file=sys.stderr)
    clean = [item for item in judged if item.level == 0]
    damaged = [item for item in judged if item.level > 0]
    print(write("damaged_products", list(_agreement(damaged, len(chosen)))))
    print(write("distortion_kinds", list(_kinds(damaged))))
    print(write("recognised_false_alarms", list(_false_alarms(clean))))


def _false_alarms(clean: list[Judged]):
    """Share of undamaged photos for each finding of the network; any at all comes last."""
    for code in (*sorted({code for item in clean for code in item.recognised}), "any"):
        hits = [bool(item.recognised) if code == "any" else code in item.recognised for item in clean]
        yield {"finding": code, "photos": len(clean), "share": round(float(np.mean(hits)), 4)}


def _agreement(judged: list[Judged], originals: int):
    for form in FORMS:
        for product_type in (*sorted({item.product_type for item in judged}), "all"):
            part = [item for item in judged if product_type in ("all", item.product_type)]
            scores = np.array([item.scores[form] for item in part])
            labels = np.array([item.label for item in part])
            asked = {"form": form, "product_type": product_type, "originals": originals}
            row = asked | figures(scores, labels)
            print(row)
            yield row


def _kinds(judged: list[Judged]):
    for kind in (*Kind, "all"):
        part = [item for item in judged if kind in ("all", item.kind)]
        hits = np.array([family(item.named) == family(item.kind) for item in part])
        levels = np.array([item.level for item in part])
        exact = np.array([item.named == item.kind for item in part])
        told = np.array([bool(item.recognised) for item in part])
        warned = np.array([bool(item.recognised | (item.measured - NOT_DAMAGE)) for item in part])
        row = {
            "kind": str(kind),
            "photos": len(part),
            "family_accuracy": round(float(hits.mean()), 4),
            "exact_accuracy": round(float(exact.mean()), 4),
        }
        yield (
            row
            | {f"family_accuracy_level_{n}": round(float(hits[levels == n].mean()), 4) for n in LEVELS}
            | {
                "recognised_levels_3_to_5": round(float(told[levels >= 3].mean()), 4),
                "any_finding_levels_3_to_5": round(float(warned[levels >= 3].mean()), 4),
            }
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, help="about this many originals")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    main(options.data, options.limit, options.workers)
