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

from benchmarks.support.agreement import compute_agreement
from benchmarks.support.findings import COMPOSITION_FINDINGS
from benchmarks.support.record import write_results
from packshot.arrays import Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.assess.atlas import Atlas
from packshot.assess.distortion_findings import estimate_damage, find_damage
from packshot.assess.retrieval import RetrievalOptions
from packshot.assess.scoring import compute_score
from packshot.distort import LEVELS, Kind, distort, find_family
from packshot.encode import Encoders
from packshot.measure import measure_photo
from packshot.measure.limits import find_exceeded_limits
from packshot.measure.reference import EnsembleReference
from packshot.photo import Photo
from packshot.train.datasets.damaged import Original, read_manifest

NON_DAMAGE_FINDINGS = COMPOSITION_FINDINGS | {"low-resolution"}
"""Findings that say nothing of damage: true of the undamaged photo as well."""

FORMS = {
    "shipped": RetrievalOptions(),
    "equations 1-7, J=10": RetrievalOptions.from_paper(10),
}


@dataclass(frozen=True)
class JudgedPhoto:
    """One photo, damaged or (level 0) not: truth, what each form says, codes of what was found."""

    product_type: str
    kind: str
    level: int
    label: float
    scores: dict[str, float]
    named_kind: str
    measured_codes: frozenset[str]
    recognised_codes: frozenset[str]


@cache
def _load_models() -> tuple[Encoders, Atlas, Atlas]:
    """Encoders, the shipped atlas, and its damaged products alone; once for each process."""
    atlas = Atlas.load_shipped()
    others = frozenset(name for name in atlas.header.groups if name.startswith("people:"))
    return Encoders.load_shipped(), atlas, atlas.without_groups(others)


def judge_original(original: Original) -> list[JudgedPhoto]:
    """Judge one original and each of its damaged versions."""
    cv2.setNumThreads(1)
    pixels = Photo.open(original.path, max_side=ASSESSMENT_SIDE).pixels
    reference = EnsembleReference.from_pixels(pixels)
    judged = _judge_versions(original, "pristine", {0: pixels}, reference)
    for kind in Kind:
        versions = {level: distort(pixels, kind, level, seed=9000 + level) for level in LEVELS}
        judged += _judge_versions(original, kind.value, versions, reference)
    return judged


def _judge_versions(
    original: Original, kind: str, versions: dict[int, Pixels], reference: EnsembleReference
) -> list[JudgedPhoto]:
    encoders, atlas, products = _load_models()
    measurements = [measure_photo(version) for version in versions.values()]
    codes = encoders.encode(
        list(versions.values()),
        [found.raw_values for found in measurements],
        [found.product_centre for found in measurements],
    )
    judged = []
    for (level, version), found, code in zip(versions.items(), measurements, codes, strict=True):
        scores = {
            name: compute_score(atlas if name == "shipped" else products, code, options).score
            for name, options in FORMS.items()
        }
        measured_codes = frozenset(one.code for one in find_exceeded_limits(found))
        recognised_findings = find_damage(code, encoders.kinds, encoders.limits, measured_codes)
        judged.append(
            JudgedPhoto(
                original.product_type,
                kind,
                level,
                reference.score(version).score,
                scores,
                estimate_damage(code, encoders.kinds)[0].kind.value,
                measured_codes,
                frozenset(one.code for one in recognised_findings),
            )
        )
    return judged


def main(data: Path, limit: int | None, workers: int) -> None:
    """Judge everything, write one row for each product type and form, and one for each kind."""
    originals = read_manifest(data / "products" / "manifest.csv", "val")
    chosen = originals if limit is None else originals[:: max(1, len(originals) // limit)]
    judged: list[JudgedPhoto] = []
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for number, part in enumerate(pool.map(judge_original, chosen), start=1):
            judged += part
            print(f"\r{number} of {len(chosen)} originals", end="", file=sys.stderr)
    clean = [item for item in judged if item.level == 0]
    damaged = [item for item in judged if item.level > 0]
    print(write_results("damaged_products", list(_iter_agreement_rows(damaged, len(chosen)))))
    print(write_results("distortion_kinds", list(_iter_kind_rows(damaged))))
    print(write_results("recognised_false_alarms", list(_iter_false_alarm_rows(clean))))


def _iter_false_alarm_rows(clean: list[JudgedPhoto]):
    """Share of undamaged photos for each finding of the network; any at all comes last."""
    for code in (*sorted({code for item in clean for code in item.recognised_codes}), "any"):
        hits = [
            bool(item.recognised_codes) if code == "any" else code in item.recognised_codes
            for item in clean
        ]
        yield {"finding": code, "photos": len(clean), "share": round(float(np.mean(hits)), 4)}


def _iter_agreement_rows(judged: list[JudgedPhoto], originals: int):
    for form in FORMS:
        for product_type in (*sorted({item.product_type for item in judged}), "all"):
            part = [item for item in judged if product_type in ("all", item.product_type)]
            scores = np.array([item.scores[form] for item in part])
            labels = np.array([item.label for item in part])
            columns = {"form": form, "product_type": product_type, "originals": originals}
            row = columns | compute_agreement(scores, labels)
            print(row)
            yield row


def _iter_kind_rows(judged: list[JudgedPhoto]):
    for kind in (*Kind, "all"):
        part = [item for item in judged if kind in ("all", item.kind)]
        hits = np.array([find_family(item.named_kind) == find_family(item.kind) for item in part])
        levels = np.array([item.level for item in part])
        exact = np.array([item.named_kind == item.kind for item in part])
        has_recognised = np.array([bool(item.recognised_codes) for item in part])
        has_finding = np.array(
            [bool(item.recognised_codes | (item.measured_codes - NON_DAMAGE_FINDINGS)) for item in part]
        )
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
                "recognised_levels_3_to_5": round(float(has_recognised[levels >= 3].mean()), 4),
                "any_finding_levels_3_to_5": round(float(has_finding[levels >= 3].mean()), 4),
            }
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, help="about this many originals")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.data, arguments.limit, arguments.workers)
