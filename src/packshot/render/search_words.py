"""The words of a search result that tables and pages share."""

from __future__ import annotations

from packshot.report import Neighbour


def format_nearness(found: Neighbour) -> str:
    """Write how like a photo is: likeness in percent, else the distance.

    Example:
        >>> format_nearness(Neighbour(id="M1", path="mug.jpg", distance=0.25, likeness=0.75))
        '75.0 %'
    """
    return f"{found.distance:.4g}" if found.likeness is None else f"{found.likeness * 100:.1f} %"


def describe_metadata(found: Neighbour) -> str:
    """Write the user's metadata in one line.

    Example:
        >>> shop = {"sku": "M1", "shop": "north"}
        >>> describe_metadata(Neighbour(id="1", path="mug.jpg", distance=0, likeness=1, metadata=shop))
        'sku: M1, shop: north'
    """
    return ", ".join(f"{key}: {value}" for key, value in found.metadata.items())
