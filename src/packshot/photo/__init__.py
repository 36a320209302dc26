"""Photo: upright 8-bit sRGB pixels and the facts of their file. The only door in for pixels."""

from packshot.photo.facts import FORMATS
from packshot.photo.limits import Limits
from packshot.photo.photo import Photo, PhotoSource, read_bytes

__all__ = ["FORMATS", "Limits", "Photo", "PhotoSource", "read_bytes"]
