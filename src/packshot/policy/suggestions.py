"""Suggestions for names that do not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def format_suggestion(word: str, known: Iterable[str]) -> str:
    """Format ``; did you mean "..."?`` where a known word is near, else nothing.

    Example:
        >>> format_suggestion("amazon-mian", ["amazon-main", "ebay"])
        '; did you mean "amazon-main"?'
        >>> format_suggestion("zzz", ["amazon-main", "ebay"])
        ''
    """
    found = difflib.get_close_matches(word, list(known), n=1)
    return f'; did you mean "{found[0]}"?' if found else ""
