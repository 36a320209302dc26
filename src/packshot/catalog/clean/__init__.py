"""What should be changed in a training set of product photos, and a cleaned copy of it."""

from packshot.catalog.clean.applying import Outcome, decide, require_free, write_feed, write_folder
from packshot.catalog.clean.cleaner import CleanSettings, propose
from packshot.catalog.clean.samples import LabelsFrom, Sample, read_samples

__all__ = [
    "CleanSettings",
    "LabelsFrom",
    "Outcome",
    "Sample",
    "decide",
    "propose",
    "read_samples",
    "require_free",
    "write_feed",
    "write_folder",
]
