"""How a file is built, read in bounded time before anything is decoded: is it whole, is it a bomb?"""

from packshot.photo.structure.finding import kind_of, outline_of
from packshot.photo.structure.outline import Excessive, Incomplete, Outline

__all__ = ["Excessive", "Incomplete", "Outline", "kind_of", "outline_of"]
