"""Photo: upright 8-bit sRGB pixels and the facts of their file. The only door in for pixels."""

from packshot.photo.facts import FORMATS
from packshot.photo.inputs import PhotoSource, label_of, read_bytes
from packshot.photo.limits import Limits
from packshot.photo.photo import Photo
from packshot.photo.pixels import check_pixels

__all__ = ["FORMATS", "Limits", "Photo", "PhotoSource", "check_pixels", "label_of", "read_bytes"]
