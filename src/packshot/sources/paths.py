"""Photos of this machine by the names that users give: files and glob patterns."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packshot.errors import SourceError
from packshot.names import NotAFile, escape_undecodable
from packshot.sources.folders import iter_matching_files
from packshot.sources.standard_input import spool_standard_input


@dataclass(frozen=True)
class NamedPhoto:
    """A photo and what it is called among those given.

    Attributes:
        path: Of the file.
        name: Relative, inside no other folder than its own: below a folder given, the path from there;
            in a table, the path as it stands there; else the file's name.

    Example:
        >>> from packshot.sources import expand_with_names
        >>> photo, *_ = expand_with_names(["examples"])
        >>> photo.path.as_posix(), photo.name.as_posix()
        ('examples/photos/bowl-small-off-centre.jpg', 'photos/bowl-small-off-centre.jpg')
    """

    path: Path
    name: Path


def name_standard_input(allowed: bool) -> NamedPhoto:
    """Name the photo that comes through standard input.

    Raises:
        SourceError: It is not taken here.

    Example:
        >>> name_standard_input(False)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        packshot.errors.SourceError: -: standard input is not taken here...
    """
    if not allowed:
        raise SourceError(
            "-: standard input is not taken here, only files and folders; a file named - is ./-"
        )
    path = spool_standard_input()
    return NamedPhoto(path, Path(path.name))


def find_files(name_or_pattern: str) -> Iterator[Path]:
    """Find the file of a name, or the files that match a pattern.

    Raises:
        SourceError: There is none.

    Example:
        >>> [path.name for path in find_files("examples/photos/jar*")]
        ['jar-heavy-jpeg.jpg']
    """
    if os.path.exists(name_or_pattern):
        return iter((Path(name_or_pattern),))
    if glob.has_magic(name_or_pattern):
        return iter_matching_files(name_or_pattern)
    raise SourceError(f"{name_or_pattern}: no such file or folder")


def name_in_table(path: Path, folder: Path) -> Path:
    """Name a photo of a table: its path from the table's folder; the bare name of what lies elsewhere.

    Example:
        >>> name_in_table(Path("shop/mugs/red.jpg"), Path("shop")).as_posix()
        'mugs/red.jpg'
    """
    if isinstance(path, NotAFile):
        digest = hashlib.blake2b(os.fsencode(escape_undecodable(str(path))), digest_size=8).hexdigest()
        return Path(f"{digest} {path.name}")  # as that of no other photo
    relative = Path(os.path.relpath(os.path.abspath(path), os.path.abspath(folder)))
    return Path(path.name) if os.pardir in relative.parts else relative
