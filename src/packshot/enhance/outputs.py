"""Which file each photo is written to, and what is refused so that nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from packshot.enhance.pool import Task
from packshot.errors import InvalidInput
from packshot.files import require_folder
from packshot.sources import PHOTO_SUFFIXES, Named


def plan(photos: Iterable[Named], output: Path) -> list[Task]:
    """Pair photos with outputs.

    Args:
        photos: To be enhanced. What lies below the output folder is left out: an earlier run wrote it.
        output: A file (it ends in a photo's extension and is no folder) for one photo, or a folder,
            where photos keep their names and the folders below the one that was given.

    Raises:
        InvalidInput: Several photos for one file, two photos for one name, an output that is one
            of the photos.
        SourceError: Nothing can be written there.
    """
    given = list(photos)
    if output.suffix.lower() in PHOTO_SUFFIXES and not output.is_dir():
        if len(given) != 1:
            raise InvalidInput(f"{output} is one file, but there are {len(given)} photos: name a folder")
        tasks = [Task(given[0].path, output)]
        require_folder(output.parent)
    else:
        require_folder(output)
        paired = (Task(photo.path, output / photo.name) for photo in given)
        tasks = [task for task in paired if not _written_before(task, output)]
    _refuse_collisions(tasks)
    _refuse_originals(tasks)
    return tasks


def plan_in_place(photos: Iterable[Named]) -> list[Task]:
    """Every photo replaces itself; one that several links lead to does so once."""
    found: dict[str, Task] = {}
    for photo in photos:
        found.setdefault(os.path.realpath(photo.path), Task(photo.path, photo.path))
    return list(found.values())


def _written_before(task: Task, output: Path) -> bool:
    """Whether a photo lies below the output folder, and is not simply one that would replace itself."""
    path, folder = Path(os.path.realpath(task.path)), os.path.realpath(output)
    return path.is_relative_to(folder) and path != Path(os.path.realpath(task.output))


def _refuse_collisions(tasks: Sequence[Task]) -> None:
    seen: dict[str, Path] = {}
    for task in tasks:
        key = os.path.normcase(os.path.realpath(task.output))
        other = seen.setdefault(key, task.path)
        if other != task.path:
            raise InvalidInput(
                f"{other} and {task.path} would both be written to {task.output}: "
                "give the folder that holds both, or enhance them one after the other"
            )


def _refuse_originals(tasks: Sequence[Task]) -> None:
    originals = {_identity(task.path) for task in tasks} - {None}
    for task in tasks:
        if _identity(task.output) in originals:
            raise InvalidInput(
                f"{task.output} is one of the photos: choose another output, or say --in-place"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """What is the same for two names of one file; None where there is no file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
