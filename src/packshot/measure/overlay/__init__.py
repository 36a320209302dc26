"""What was laid over a photo or around it, as far as pixels tell without a network."""

from typing import Final

from packshot.measure.overlay.codes import Code, find_codes
from packshot.measure.overlay.collage import Panel, find_panels
from packshot.measure.overlay.frame import Frame, find_frame
from packshot.measure.overlay.placeholder import is_placeholder

__all__ = [
    "OVERLAYS",
    "Code",
    "Frame",
    "Panel",
    "find_codes",
    "find_frame",
    "find_panels",
    "is_placeholder",
]

OVERLAYS: Final[dict[str, str]] = {
    "text_area": "%",
    "text_boxes": "",
    "text_on_product": "%",
    "watermark": "%",
    "border_width": "%",
    "collage_panels": "",
    "qr_codes": "",
    "placeholder": "",
}
"""What is measured of overlays on request, with its unit; text and watermarks take a network."""
