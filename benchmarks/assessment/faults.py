"""Faults that the raters name against findings: what is found of them, and what is said without cause.

A fault is there where both passes of the rater name it, and is not there where neither does; photos on
which they differ do not count. The ratings are a vision-language model's, not people's. The figures to
go by are those of validation photos; those of all photos are for information, for limits were set on
most of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.support.assessments import assess_files
from benchmarks.support.product_ratings import ProductRating, read_product_ratings
from benchmarks.support.record import write_results
from packshot.arrays import Mask
from packshot.report import Assessment, Grade

CANNOT_TELL = "cannot-tell"
"""Stands for the grade `unknown` among the codes of findings."""

_UPSCALED = ("upscaled", "distortion-upscaled-thumbnail", "distortion-pixelate")
_MOTION_BLUR = ("motion-blur", "distortion-motion-blur")
_OVERLAY = "distortion-overlay"

FINDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "cropped-product": ("cut-off",),
    "background-not-white": ("background-not-white",),
    "several-products": ("several-products",),
    "cluttered-background": ("cluttered-background",),
    "blur": (
        "blurred",
        "product-blurred",
        "distortion-gaussian-blur",
        "distortion-lens-blur",
        "distortion-defocused-product",
        *_MOTION_BLUR,
        *_UPSCALED,
    ),
    "off-centre": ("off-centre",),
    "tilted": ("tilted",),
    "too-dark": ("too-dark", "distortion-darken", "distortion-low-light"),
    "colour-cast": ("colour-cast", "distortion-wrong-white-balance"),
    "low-contrast": (
        "low-contrast",
        "distortion-veil",
        "distortion-contrast",
        "distortion-mean-shift",
    ),
    "overlay-text": ("overlay-text", _OVERLAY),
    "compression": ("jpeg-artefacts", "distortion-jpeg", "distortion-jpeg2000", "distortion-webp"),
    "product-too-small": ("product-too-small",),
    "too-bright": (
        "too-bright",
        "clipped-highlights",
        "distortion-brighten",
        "distortion-blown-highlights",
    ),
    "oversharpened": ("over-sharpened", "ringing", "distortion-over-sharpen"),
    "upscaled": _UPSCALED,
    "noise": (
        "noisy",
        "distortion-white-noise",
        "distortion-multiplicative-noise",
        "distortion-colour-component-noise",
        "distortion-impulse-noise",
    ),
    "uneven-light": ("uneven-light", "background-uneven", "distortion-uneven-light"),
    "watermark": ("watermark", _OVERLAY),
    "motion-blur": _MOTION_BLUR,
    "shadow-harsh": ("harsh-shadow",),
    "not-a-product": ("not-a-product", CANNOT_TELL),
}
"""Codes of findings that say a fault of the raters; where one code says several, it counts for each."""

TARGETS: Final = frozenset(
    {
        "cropped-product",
        "product-too-small",
        "off-centre",
        "tilted",
        "cluttered-background",
        "overlay-text",
        "watermark",
        "blur",
        "motion-blur",
        "too-dark",
        "too-bright",
        "colour-cast",
        "noise",
        "compression",
        "upscaled",
    }
)
"""Faults of which at least `MIN_RECALL` is to be found, with `MAX_FALSE_ALARMS` at most."""

MIN_RECALL = 0.8
MAX_FALSE_ALARMS = 0.04

Row = dict[str, object]


def main(data: Path, workers: int, validation_only: bool) -> None:
    """Assess the photos, and write one row for each fault and set."""
    photos = read_product_ratings(data)
    if validation_only:
        photos = [photo for photo in photos if photo.is_validation]
    found = [list_codes(one) for one in assess_files([photo.path for photo in photos], workers)]
    held_out = [number for number, photo in enumerate(photos) if photo.is_validation]
    sets = {"validation": held_out} | ({} if validation_only else {"all": list(range(len(photos)))})
    rows = [
        {"set": name} | row
        for name, members in sets.items()
        for row in iter_fault_rows([photos[n] for n in members], [found[n] for n in members])
    ]
    for row in rows:
        print(row)
    print(write_results("faults", rows))


def list_codes(assessment: Assessment) -> frozenset[str]:
    """Codes of all findings, and `CANNOT_TELL` where that is the answer."""
    codes = {finding.code for finding in assessment.findings}
    return frozenset(codes | ({CANNOT_TELL} if assessment.grade is Grade.UNKNOWN else set()))


def iter_fault_rows(photos: Sequence[ProductRating], found: Sequence[frozenset[str]]) -> Iterator[Row]:
    """Rows of recall and false alarms, one for each fault.

    Args:
        photos: (N,) what the raters name.
        found: (N,) codes of the findings of each.
    """
    for fault, codes in FINDINGS.items():
        is_found = np.array([not codes_of_photo.isdisjoint(codes) for codes_of_photo in found])
        is_named = np.array([fault in photo.named_by_both for photo in photos])
        is_absent = np.array([fault not in photo.named_by_any for photo in photos])
        alike = find_alike_faults(fault)
        is_clear = np.array([alike.isdisjoint(photo.named_by_any) for photo in photos])
        recall, false_alarms = _share(is_found, is_named), _share(is_found, is_absent)
        yield {
            "fault": fault,
            "findings": " ".join(codes),
            "named_by_both": int(is_named.sum()),
            "recall": recall,
            "named_by_neither": int(is_absent.sum()),
            "false_alarms": false_alarms,
            "nothing_alike_named": int(is_clear.sum()),
            "false_alarms_nothing_alike": _share(is_found, is_clear),
            "reached": _is_reached(recall, false_alarms) if fault in TARGETS else "",
        }


def find_alike_faults(fault: str) -> frozenset[str]:
    """Find the fault and those that share a finding with it, such as upscaling with blur."""
    codes = set(FINDINGS[fault])
    return frozenset(name for name, others in FINDINGS.items() if not codes.isdisjoint(others))


def _share(hits: Mask, members: Mask) -> float | str:
    """Share of hits among members; nothing where there are none."""
    return round(float(hits[members].mean()), 4) if members.any() else ""


def _is_reached(recall: float | str, false_alarms: float | str) -> bool | str:
    """Whether a fault is found as often as it is to be; nothing where that cannot be told."""
    if isinstance(recall, str) or isinstance(false_alarms, str):
        return ""
    return recall >= MIN_RECALL and false_alarms <= MAX_FALSE_ALARMS


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--validation-only", action="store_true", help="leave out all photos")
    arguments = parser.parse_args()
    main(arguments.data, arguments.workers, arguments.validation_only)
