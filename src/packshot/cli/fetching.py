"""Access of commands that take feeds: who may be asked for photos, and how often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from packshot.errors import FetchError
from packshot.sources import Fetcher, Retries, StoreSettings, WebSettings, is_remote, location_to_path


@dataclass(frozen=True)
class FetchAccess:
    """Access that the user allows; see the options of these names.

    Attributes:
        retries: Further attempts at a source that does not answer.
        allow_private: Fetch from private networks and this machine too.
        ports: To fetch from besides the usual ones.
        store_credentials: Lend this machine's credentials to feeds from elsewhere.
    """

    retries: int
    allow_private: bool
    ports: tuple[int, ...]
    store_credentials: bool = False

    @property
    def fetcher(self) -> Fetcher:
        """Fetcher of feeds; for their photos see `Fetcher.with_feed_restrictions`."""
        defaults = WebSettings()
        ports = defaults.ports | frozenset(self.ports)
        web = replace(defaults, allow_private=self.allow_private, ports=ports)
        stores = StoreSettings(lend_credentials=self.store_credentials)
        return Fetcher(web, Retries(attempts=self.retries + 1), stores=stores)


def select_local_files(locations: Iterable[str]) -> list[Path]:
    """Return those of some locations that are files of this machine."""
    paths = []
    for location in locations:
        try:
            paths += [] if is_remote(location) else [location_to_path(location)]
        except FetchError:
            continue
    return paths
