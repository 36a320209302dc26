"""What may have been meant by a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def format_suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean "..."?`` where a known word is near, else nothing."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f'; did you mean "{found[0]}"?' if found else ""
