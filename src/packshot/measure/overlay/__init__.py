"""What was laid over a photo or around it, as far as pixels tell without a network."""

from collections.abc import Iterable

from packshot.errors import InvalidInput
from packshot.measure.overlay.codes import Code, find_codes
from packshot.measure.overlay.collage import Panel, find_panels
from packshot.measure.overlay.frame import Frame, find_frame
from packshot.measure.overlay.placeholder import is_placeholder
from packshot.report import OVERLAYS

__all__ = [
    "Code",
    "Frame",
    "Panel",
    "find_codes",
    "find_frame",
    "find_panels",
    "in_order",
    "is_placeholder",
]


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Some of `OVERLAYS` in its order, each once.

    Raises:
        InvalidInput: One that it has not.
    """
    asked = frozenset(names)
    if unknown := sorted(asked - OVERLAYS.keys()):
        raise InvalidInput(f"no such overlay: {', '.join(unknown)}; there are {', '.join(OVERLAYS)}")
    return tuple(key for key in OVERLAYS if key in asked)
