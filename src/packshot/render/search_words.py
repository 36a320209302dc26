"""What was found, in words."""

from __future__ import annotations

from packshot.report import Neighbour


def format_nearness(found: Neighbour) -> str:
    """How like it is: likeness in percent, else the distance."""
    return f"{found.distance:.4g}" if found.likeness is None else f"{found.likeness * 100:.1f} %"


def describe_metadata(found: Neighbour) -> str:
    """The user's metadata in one line."""
    return ", ".join(f"{key}: {value}" for key, value in found.metadata.items())
