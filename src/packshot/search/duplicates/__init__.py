"""Near-duplicates within and across products; see `DuplicateFinder`."""

from packshot.search.duplicates.finder import DuplicateFinder, Options
from packshot.search.duplicates.owners import Owners, owners_by_folder, owners_in_table
from packshot.search.duplicates.signature import Signer
from packshot.search.duplicates.store import SignatureStore, default_store
from packshot.search.duplicates.watching import Watch, unwatched

__all__ = [
    "DuplicateFinder",
    "Options",
    "Owners",
    "SignatureStore",
    "Signer",
    "Watch",
    "default_store",
    "owners_by_folder",
    "owners_in_table",
    "unwatched",
]
