"""Assessments of many photos by the public API, in worker processes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import cv2

from packshot import Assessor
from packshot.report import Assessment

SCORES = ("score", "technical", "presentation")
"""The numbers that an assessment gives, by their names in the record."""

_PART_SIZE = 16


@cache
def load_assessor(encoder: Path | None = None) -> Assessor:
    """Load an assessor once for each process, for one thread."""
    cv2.setNumThreads(1)
    return Assessor(encoder=encoder)


def assess_files(
    paths: Sequence[Path], workers: int = 2, encoder: Path | None = None
) -> list[Assessment]:
    """Assess photos in their order; one that cannot be read is a record that says so.

    Args:
        paths: The files.
        workers: Processes; 1 works in this one.
        encoder: Folder of other encoders; None for those that ship.
    """
    assess = partial(_assess_part, encoder)
    parts = [paths[start : start + _PART_SIZE] for start in range(0, len(paths), _PART_SIZE)]
    if workers == 1:
        return _collect(map(assess, parts), len(paths))
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        return _collect(pool.map(assess, parts), len(paths))


def _assess_part(encoder: Path | None, paths: Sequence[Path]) -> list[Assessment]:
    return list(load_assessor(encoder).assess_many(paths))


def _collect(parts: Iterable[list[Assessment]], count: int) -> list[Assessment]:
    """Collect parts as they come, and tell how many photos are done."""
    assessments: list[Assessment] = []
    for part in parts:
        assessments += part
        print(f"\r{len(assessments)} of {count} photos", end="", file=sys.stderr)
    print(file=sys.stderr)
    return assessments


def read_score(assessment: Assessment, name: str) -> float | None:
    """Return one of `SCORES`, 0..100; None where the assessment has none."""
    if name == "score":
        return assessment.score
    aspect = assessment.technical if name == "technical" else assessment.presentation
    return None if aspect is None else aspect.score


def read_confidence(assessment: Assessment, name: str) -> float | None:
    """Return the confidence, 0..1, that is stated with one of `SCORES`; None where there is none."""
    if name == "score":
        return assessment.confidence
    aspect = assessment.technical if name == "technical" else assessment.presentation
    return None if aspect is None else aspect.confidence
