"""Splits by name alone: the same whatever else there is, and in every run."""

from __future__ import annotations

import hashlib


def falls_in_share(name: str, percent: int) -> bool:
    """Return whether a name is among `percent` of a hundred, by the SHA-256 of its letters.

    Example:
        >>> 100 < sum(falls_in_share(f"{number}.jpg", 15) for number in range(1000)) < 200
        True
    """
    return hash_name(name) % 100 < percent


def hash_name(name: str) -> int:
    """Return the SHA-256 of a name's letters, as a number.

    Example:
        >>> hash_name("mug.jpg") == hash_name("mug.jpg") != hash_name("Mug.jpg")
        True
    """
    return int(hashlib.sha256(name.encode()).hexdigest(), 16)
