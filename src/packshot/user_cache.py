"""The folder for what is remembered between runs, where none is named."""

from __future__ import annotations

import os
from pathlib import Path


def find_user_cache() -> Path | None:
    """Packshot's folder in the user's cache (XDG Base Directory); None for a user without a home.

    A place that is not absolute is none: what is remembered would lie about wherever a command is run.
    """
    xdg_cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if xdg_cache.is_absolute():
        return xdg_cache / "packshot"
    home = _find_home()
    return None if home is None else home / ".cache" / "packshot"


def _find_home() -> Path | None:
    if os.environ.get("HOME") == "":  # Python takes that for the root of the file system.
        return None
    try:
        home = Path.home()
    except RuntimeError:  # Neither HOME nor an entry in the list of users.
        return None
    return home if home.is_absolute() else None
