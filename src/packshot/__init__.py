"""How good is a product photo, why, and what to do about it.

>>> from packshot import Assessor
>>> assessment = Assessor().assess("mug.jpg")  # doctest: +SKIP
>>> assessment.score, [finding.remedy for finding in assessment.findings]  # doctest: +SKIP
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from packshot.lazy import on_first_use

if TYPE_CHECKING:
    from packshot.assess.assessor import Assessor
    from packshot.assess.atlas import Atlas
    from packshot.emotion.reader import EmotionReader
    from packshot.enhance.enhancer import Enhancer
    from packshot.errors import PackshotError, UnreadablePhoto
    from packshot.photo import Photo
    from packshot.report import Assessment, Emotion, Enhancement

__all__ = [
    "Assessment",
    "Assessor",
    "Atlas",
    "Emotion",
    "EmotionReader",
    "Enhancement",
    "Enhancer",
    "PackshotError",
    "Photo",
    "UnreadablePhoto",
]

_HOMES = {
    "Assessment": "packshot.report",
    "Assessor": "packshot.assess.assessor",
    "Atlas": "packshot.assess.atlas",
    "Emotion": "packshot.report",
    "EmotionReader": "packshot.emotion.reader",
    "Enhancement": "packshot.report",
    "Enhancer": "packshot.enhance.enhancer",
    "PackshotError": "packshot.errors",
    "Photo": "packshot.photo",
    "UnreadablePhoto": "packshot.errors",
}

logging.getLogger(__name__).addHandler(logging.NullHandler())

__getattr__ = on_first_use(__name__, _HOMES)
"""Importing the package loads nothing heavy."""
