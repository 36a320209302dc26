"""What fetching photos is allowed to do, and how long."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WebSettings:
    """What may be fetched from the web.

    Attributes:
        max_bytes: Of one file, before and after decompression.
        connect_s: Seconds to reach a server, TLS included.
        read_s: Seconds between two pieces of an answer.
        total_s: Seconds for one file, redirects included. The system's own limit for asking name
            servers comes on top.
        allow_private: Allow private networks and this machine.
        ports: Those allowed.
        certificates: A PEM file of authorities to trust instead of the system's.
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
    """Whose word opens object stores.

    Attributes:
        lend_credentials: Ask with this machine's credentials also for what a feed from elsewhere names.
            Else anybody's permission has to do, except in the feed's own bucket, which the user named.
        feed: The feed from elsewhere that names the objects; None where the user's own feed does.
        allow_private: Where such a feed names them, ask also a store whose endpoint, which is this
            machine's setting, lies in a private network or on this machine.
    """

    lend_credentials: bool = False
    feed: str | None = None
    allow_private: bool = False


@dataclass(frozen=True)
class Retries:
    """How to go on where a later attempt may succeed.

    The wait before attempt n + 1 is drawn evenly from the upper half of ``first_wait_s`` times 2 to
    the n - 1, at most ``longest_wait_s``: many fetchers that failed at once must not come back at
    once. Where the other side asks for a longer wait, it is given.

    Attributes:
        attempts: In all, at least 1.
        first_wait_s: Seconds.
        longest_wait_s: Seconds; of the waits of one's own choice.
        total_s: Seconds after which no further attempt is begun.
        seed: Makes the waits the same for a location each time; None for others each time.
    """

    attempts: int = 4
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    total_s: float = 180.0
    seed: int | None = None
