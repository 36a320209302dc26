"""Proposals to clean a training set of product photos, and a cleaned copy of it."""

from packshot.catalog.clean.applying import (
    SampleOutcome,
    check_target_empty,
    decide_outcomes,
    write_feed,
    write_folder,
)
from packshot.catalog.clean.cleaner import CleanSettings, propose_changes
from packshot.catalog.clean.samples import LabelSource, Sample, read_samples

__all__ = [
    "CleanSettings",
    "LabelSource",
    "Sample",
    "SampleOutcome",
    "check_target_empty",
    "decide_outcomes",
    "propose_changes",
    "read_samples",
    "write_feed",
    "write_folder",
]
