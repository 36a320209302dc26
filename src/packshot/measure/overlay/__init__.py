"""What was laid over a photo or around it, as far as pixels tell without a network."""

from packshot.measure.overlay.codes import Code, find_codes
from packshot.measure.overlay.collage import Panel, find_panels
from packshot.measure.overlay.frame import Frame, find_frame
from packshot.measure.overlay.placeholder import is_placeholder

__all__ = ["Code", "Frame", "Panel", "find_codes", "find_frame", "find_panels", "is_placeholder"]
