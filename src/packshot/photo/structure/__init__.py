"""The structure of a file, read in bounded time before it is decoded: is it whole, is it a bomb?"""

from packshot.photo.structure.detection import detect_format, read_outline
from packshot.photo.structure.outline import ExcessiveFile, IncompleteFile, Outline, UnsupportedFile

__all__ = [
    "ExcessiveFile",
    "IncompleteFile",
    "Outline",
    "UnsupportedFile",
    "detect_format",
    "read_outline",
]
