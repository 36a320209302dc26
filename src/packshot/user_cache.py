"""The folder for what is remembered between runs, where none is named."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def find_user_cache() -> Path | None:
    """Find Packshot's folder in the user's cache, where the system has it.

    On Linux that is ``$XDG_CACHE_HOME/packshot``, else ``~/.cache/packshot``.

    Returns:
        The folder, which need not be there; None for a user without a home. A place that is not
        absolute is none: what is remembered would lie about wherever a command is run.

    Example:
        >>> folder = find_user_cache()
        >>> folder is None or folder.name
        'packshot'
    """
    if not Path(os.environ.get("XDG_CACHE_HOME", "")).is_absolute() and not has_home():
        return None
    return Path(platformdirs.user_cache_dir("packshot", appauthor=False))


def has_home() -> bool:
    """Return whether the user has a home folder.

    Example:
        >>> has_home() in (True, False)
        True
    """
    if os.environ.get("HOME") == "":  # Python takes that for the root of the file system.
        return False
    try:
        return Path.home().is_absolute()
    except RuntimeError:  # Neither HOME nor an entry in the list of users.
        return False
