"""Frames, collages, QR codes and placeholders, found without a network."""

from collections.abc import Iterable

from packshot.errors import InvalidInput
from packshot.measure.overlay.codes import QrCode, find_qr_codes
from packshot.measure.overlay.collage import Panel, find_panels
from packshot.measure.overlay.frame import Frame, find_frame
from packshot.measure.overlay.placeholder import is_placeholder
from packshot.report import OVERLAYS

__all__ = [
    "Frame",
    "Panel",
    "QrCode",
    "find_frame",
    "find_panels",
    "find_qr_codes",
    "is_placeholder",
    "sort_overlays",
]


def sort_overlays(names: Iterable[str]) -> tuple[str, ...]:
    """Return some of `packshot.report.OVERLAYS` in its order, each once.

    Args:
        names: Keys of `OVERLAYS`, in any order.

    Raises:
        InvalidInput: One that it has not.

    Example:
        >>> sort_overlays(["qr_codes", "watermark", "qr_codes"])
        ('watermark', 'qr_codes')
    """
    requested = frozenset(names)
    if unknown := sorted(requested - OVERLAYS.keys()):
        raise InvalidInput(f"no such overlay: {', '.join(unknown)}; there are {', '.join(OVERLAYS)}")
    return tuple(key for key in OVERLAYS if key in requested)
