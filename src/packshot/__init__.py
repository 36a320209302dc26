"""How good is a product photo, why, and what to do about it.

>>> from packshot import Assessor
>>> assessment = Assessor().assess("mug.jpg")  # doctest: +SKIP
>>> assessment.score, [finding.remedy for finding in assessment.findings]  # doctest: +SKIP
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from packshot.lazy import build_lazy_getattr

if TYPE_CHECKING:
    from packshot.assess.assessor import Assessor
    from packshot.assess.atlas import Atlas
    from packshot.emotion.reader import EmotionReader
    from packshot.enhance.enhancer import Enhancer
    from packshot.errors import PackshotError, UnreadablePhoto
    from packshot.photo import Photo
    from packshot.report import Assessment, Emotion, Enhancement

    __version__: str

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
    "__version__",
]

_MODULE_BY_NAME = {
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

_import_public_name = build_lazy_getattr(__name__, _MODULE_BY_NAME)


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first needed: importing the package loads nothing heavy."""
    if name == "__version__":
        from packshot.distribution import read_version

        return read_version()
    return _import_public_name(name)
