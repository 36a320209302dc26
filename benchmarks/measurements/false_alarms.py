"""How often do findings fire on clean photos, and how often on damaged ones?

    python -m benchmarks.measurements.false_alarms [--data ../shared/data] [--limit N]

Clean photos: studio photos of six sources, split train (the limits were set on it) and split val;
and photos of BIQ2021 whose mean opinion score exceeds 0.85, real scenes that people found good. A
finding of kind `quality` on a clean photo is a false alarm. One of kind `fact` or `composition` may
well be true of it: the rate is reported all the same. Damaged photos: a sample of the clean ones
of split val, each kind of damage at five levels, and whether the finding that should tell of it
fires, before and after the damage.

Writes `results/measure_false_alarms.csv` and `results/measure_detections.csv`.
"""

from __future__ import annotations

import argparse
import csv
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.support.findings import COMPOSITION_FINDINGS, FACT_FINDINGS
from benchmarks.support.record import write_results
from packshot.distort import distort
from packshot.measure import measure_photo
from packshot.measure.limits import LIMITS, find_exceeded_limits
from packshot.photo import Photo

STUDIO = ("ikea", "luma", "contoso", "vendure", "smartstore", "abantecart")
MIN_OPINION_SCORE = 0.85
VIEWING_SIDE = 1024
BLUR_FINDINGS = ("blurred", "product-blurred", "motion-blur", "upscaled")
EXPECTED_FINDINGS: dict[str, tuple[str, ...]] = {
    "gaussian-blur": ("blurred", "product-blurred"),
    "lens-blur": ("blurred", "product-blurred"),
    "defocused-product": ("blurred", "product-blurred"),
    "motion-blur": ("motion-blur",),
    "upscaled-thumbnail": ("upscaled",),
    "white-noise": ("noisy",),
    "colour-component-noise": ("noisy",),
    "multiplicative-noise": ("noisy",),
    "impulse-noise": ("noisy",),
    "jpeg": ("jpeg-artefacts",),
    "low-light": ("too-dark",),
    "darken": ("too-dark",),
    "brighten": ("too-bright",),
    "blown-highlights": ("clipped-highlights", "too-bright"),
    "veil": ("low-contrast",),
    "wrong-white-balance": ("colour-cast",),
    "uneven-light": ("background-uneven",),
    "saturation-hsv": ("dull-colour",),
    "saturation-lab": ("oversaturated",),
    "quantise": ("banding",),
    "colour-quantisation": ("banding",),
    "over-sharpen": ("ringing",),
}
"""By kind of damage: the findings of which one should fire."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, default=200, help="most photos of one set")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    sets = {
        "studio train": list_studio_photos(arguments.data, "train"),
        "studio val": list_studio_photos(arguments.data, "val"),
        "biq2021 mos>0.85": list_good_photos(arguments.data),
    }
    sets = {name: select_evenly(paths, arguments.limit) for name, paths in sets.items()}
    alarms = [row for name, paths in sets.items() for row in iter_false_alarms(name, paths)]
    detection_rows = list(iter_detections(select_evenly(sets["studio val"], 40)))
    for row in (*alarms, *detection_rows):
        print(*row.values(), sep="\t")
    print(
        write_results("measure_false_alarms", alarms),
        write_results("measure_detections", detection_rows),
    )


def list_studio_photos(data: Path, split: str) -> list[Path]:
    """Clean studio photos of a split."""
    with (data / "products" / "manifest.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["source"] in STUDIO and r["split"] == split]
    return [data / "products" / row["file"] for row in rows]


def list_good_photos(data: Path) -> list[Path]:
    """Photos of real scenes that people found good."""
    with (data / "biq2021" / "mos.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if float(r["mos"]) > MIN_OPINION_SCORE]
    return [data / "biq2021" / "images" / row["file"] for row in rows]


def select_evenly(paths: Sequence[Path], most: int) -> list[Path]:
    """At most so many, evenly taken."""
    chosen = np.unique(np.linspace(0, len(paths) - 1, min(most, len(paths))).round().astype(int))
    return [paths[i] for i in chosen]


def find_findings(path: Path, kind: str = "", level: int = 0) -> set[str]:
    """Codes found in a photo, damaged if a kind is given; the seed depends on its name alone."""
    photo = Photo.open(path, max_side=VIEWING_SIDE)
    seed = zlib.crc32(path.name.encode())
    pixels = distort(photo.pixels, kind, level, seed) if kind else photo.pixels
    return {found.code for found in find_exceeded_limits(measure_photo(pixels, photo.facts))}


def iter_false_alarms(name: str, paths: Sequence[Path]) -> Iterable[dict[str, object]]:
    """One row per finding."""
    counts = Counter(code for path in paths for code in find_findings(path))
    for code in dict.fromkeys(limit.code for limit in LIMITS):
        kind = (
            "fact"
            if code in FACT_FINDINGS
            else "composition"
            if code in COMPOSITION_FINDINGS
            else "quality"
        )
        share = round(100 * counts[code] / len(paths), 2)
        row = {"set": name, "finding": code, "kind": kind, "photos": len(paths)}
        yield {**row, "flagged": counts[code], "percent": share}


def iter_detections(paths: Sequence[Path]) -> Iterable[dict[str, object]]:
    """One row per kind and level of damage; level 0 is the clean photo."""
    clean = [find_findings(path) for path in paths]
    for kind, codes in EXPECTED_FINDINGS.items():
        for level in range(6):
            found = [find_findings(path, kind, level) for path in paths] if level else clean
            detected = sum(bool(codes_found & set(codes)) for codes_found in found)
            blurs = sum(bool(codes_found & set(BLUR_FINDINGS)) for codes_found in found)
            row = {"damage": kind, "level": level, "findings": "|".join(codes)}
            percent = round(100 * detected / len(paths), 1)
            any_blur = round(100 * blurs / len(paths), 1)
            yield {**row, "photos": len(paths), "percent": percent, "any_blur_percent": any_blur}


if __name__ == "__main__":
    main()
