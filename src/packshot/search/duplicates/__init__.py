"""Near-duplicates within and across products; see `DuplicateFinder`."""

from packshot.search.duplicates.finder import DuplicateFinder, DuplicateOptions
from packshot.search.duplicates.owners import Owners, find_owners_by_folder, read_owners
from packshot.search.duplicates.progress import Progress, ignore_progress
from packshot.search.duplicates.signature import Signer
from packshot.search.duplicates.store import SignatureStore, default_store_path

__all__ = [
    "DuplicateFinder",
    "DuplicateOptions",
    "Owners",
    "Progress",
    "SignatureStore",
    "Signer",
    "default_store_path",
    "find_owners_by_folder",
    "ignore_progress",
    "read_owners",
]
