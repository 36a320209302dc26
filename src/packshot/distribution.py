"""The version of the installed distribution, and the packages that its extras need.

Both are written once, in ``pyproject.toml``, and read from what was installed of it.
"""

from __future__ import annotations

import re
import shlex
from functools import cache

_NAME = "packshot"


@cache
def read_version() -> str:
    """Return the version that is installed; ``0`` where the code runs without having been installed.

    Example:
        >>> read_version().replace(".", "").isdecimal()
        True
    """
    from importlib import metadata

    try:
        return metadata.version(_NAME)
    except metadata.PackageNotFoundError:
        return "0"


@cache
def read_requirements(extra: str) -> tuple[str, ...]:
    """Return what an extra needs, such as ``("pyarrow>=18",)``; nothing where it is unknown.

    Example:
        >>> read_requirements("parquet")  # doctest: +ELLIPSIS
        ('pyarrow...',)
    """
    from importlib import metadata

    try:
        lines = metadata.requires(_NAME) or ()
    except metadata.PackageNotFoundError:
        return ()
    of_extra = re.compile(rf"""\bextra\s*==\s*['"]{re.escape(extra)}['"]""")
    pairs = [line.partition(";") for line in lines]
    return tuple(requirement.strip() for requirement, _, marker in pairs if of_extra.search(marker))


def format_install_command(extra: str) -> str:
    """Write the command that installs what an extra needs, such as ``pip install 'pyarrow>=18'``.

    It names the packages themselves: no index need have one of our name, and whoever installed a wheel
    has no checkout whose extras could be named.

    Example:
        >>> format_install_command("parquet")  # doctest: +ELLIPSIS
        "pip install 'pyarrow...'"
    """
    requirements = read_requirements(extra)
    return (
        format_pip_command(*requirements)
        if requirements
        else f"the packages of the extra {extra}: see pyproject.toml"
    )


def format_pip_command(*requirements: str) -> str:
    """Write the command that installs requirements, quoted for a shell.

    Example:
        >>> format_pip_command("pyarrow>=18", "fsspec")
        "pip install 'pyarrow>=18' fsspec"
    """
    return shlex.join(("pip", "install", *requirements))
