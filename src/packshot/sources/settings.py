"""The settings of fetching photos: permissions, limits, retries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WebSettings:
    """Permissions and limits of fetching from the web.

    Attributes:
        max_bytes: Of one file, before and after decompression; a larger one is refused.
        connect_s: Seconds to reach a server, TLS included.
        read_s: Seconds between two pieces of an answer.
        total_s: Seconds for one file, redirects included. The system's own limit for asking name
            servers comes on top.
        allow_private: Allow private networks and this machine.
        ports: Those allowed.
        certificates: A PEM file of authorities to trust instead of the system's.

    The sizes and times are judgements: photos of shops have some megabytes and come within seconds.

    Example:
        >>> from packshot.sources import Fetcher
        >>> Fetcher(web=WebSettings(max_bytes=10_000)).fetch("examples/photos/mug.jpg")
        Traceback (most recent call last):
            ...
        packshot.errors.PhotoRefused: examples/photos/mug.jpg: larger than the limit of 10,000 bytes
    """

    max_bytes: int = 64 * 2**20
    connect_s: float = 10.0
    read_s: float = 15.0
    total_s: float = 60.0
    allow_private: bool = False
    ports: frozenset[int] = frozenset({80, 443})
    certificates: Path | None = None


@dataclass(frozen=True)
class StoreSettings:
    """Permissions of opening object stores.

    Attributes:
        lend_credentials: Ask with this machine's credentials also for what a feed from elsewhere names.
            Else anybody's permission has to do, except in the feed's own bucket, which the user named.
        feed: The feed from elsewhere that names the objects; None where the user's own feed does.
        allow_private: Where such a feed names them, ask also a store whose endpoint, which is this
            machine's setting, lies in a private network or on this machine.

    Example:
        >>> from packshot.sources import Fetcher
        >>> feed = "https://shop.example/feed.csv"
        >>> Fetcher().with_feed_restrictions(feed).stores
        StoreSettings(lend_credentials=False, feed='https://shop.example/feed.csv', allow_private=False)
    """

    lend_credentials: bool = False
    feed: str | None = None
    allow_private: bool = False


@dataclass(frozen=True)
class Retries:
    """Rules of trying again where a later attempt may succeed.

    The wait before attempt n + 1 is drawn evenly from the upper half of ``first_wait_s`` times 2 to
    the n - 1, at most ``longest_wait_s``: many fetchers that failed at once must not come back at
    once. Where the other side asks for a longer wait, it is given.

    Attributes:
        attempts: In all, at least 1.
        first_wait_s: Seconds.
        longest_wait_s: Seconds; of the waits of one's own choice.
        total_s: Seconds after which no further attempt is begun.
        seed: Makes the waits the same for a location each time; None for others each time.

    The numbers are judgements: they outlast a moment's overload of a server, and end within minutes.

    Example:
        >>> from packshot.sources import Fetcher
        >>> def resolve(host, port):
        ...     raise ConnectionResetError("by the name server")
        >>> fetcher = Fetcher(retries=Retries(attempts=2), resolve=resolve, sleep=lambda wait_s: None)
        >>> fetcher.fetch_with_retries("https://shop.example/mug.jpg")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        packshot.errors.PhotoUnreachable: ...: the connection broke: by the name server (2 attempts)
    """

    attempts: int = 4
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    total_s: float = 180.0
    seed: int | None = None
