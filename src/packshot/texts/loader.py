"""The tables of texts: ``LANGUAGE/AREA.toml`` beside this file."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, Final

from packshot.errors import InvalidInput

LANGUAGES: Final = ("en", "zh")
"""ISO 639-1 codes. Each has a folder with the same files, and these the same keys and placeholders."""


def load_table(area: str, language: str) -> dict[str, Any]:
    """Read the texts of one area.

    Args:
        area: Name of a file without its suffix, such as ``findings``.
        language: One of `LANGUAGES`.

    Raises:
        InvalidInput: A language that is not there.

    Example:
        >>> load_table("audit", "en")["labels"]["title"]
        'Audit'
    """
    if language not in LANGUAGES:
        raise InvalidInput(f"no texts in {language!r}; there are: {', '.join(LANGUAGES)}")
    source = files("packshot.texts").joinpath(language, f"{area}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))
