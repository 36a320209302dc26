"""Pairs of photos and outputs, and refusals so that nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from packshot.enhance.output_file import find_output_format
from packshot.enhance.pool import EnhancementTask
from packshot.errors import InvalidInput
from packshot.files import check_writable_folder
from packshot.sources import PHOTO_SUFFIXES, NamedPhoto


def plan_outputs(photos: Iterable[NamedPhoto], output: Path) -> list[EnhancementTask]:
    """Pair photos with outputs.

    Args:
        photos: To be enhanced. What lies below the output folder is left out: an earlier run wrote it.
        output: A file (it ends in a photo's extension and is no folder) for one photo, or a folder,
            where photos keep their names and the folders below the one that was given.

    Raises:
        InvalidInput: Several photos for one file, two photos for one name, an output that is one
            of the photos.
        SourceError: Nothing can be written there.

    Example:
        >>> photos = [NamedPhoto(Path("examples/photos/mug.jpg"), Path("mug.jpg"))]
        >>> [task.output.as_posix() for task in plan_outputs(photos, Path("enhanced"))]
        ['enhanced/mug.jpg']
    """
    photo_list = list(photos)
    if output.suffix.lower() in PHOTO_SUFFIXES and not output.is_dir():
        if len(photo_list) != 1:
            raise InvalidInput(
                f"{output} is one file, but there are {len(photo_list)} photos: name a folder"
            )
        tasks = [EnhancementTask(photo_list[0].path, output)]
        check_writable_folder(output.parent)
    else:
        check_writable_folder(output)
        paired = (EnhancementTask(photo.path, output / photo.name) for photo in photo_list)
        tasks = [task for task in paired if not _is_earlier_output(task, output)]
    _check_collisions(tasks)
    _check_originals(tasks)
    return tasks


def plan_in_place(photos: Iterable[NamedPhoto]) -> list[EnhancementTask]:
    """Let every photo replace itself; one that several links lead to does so once.

    Example:
        >>> photos = [NamedPhoto(Path("shoes/red.jpg"), Path("red.jpg"))]
        >>> [task.output == task.path for task in plan_in_place(photos)]
        [True]
    """
    tasks_by_path: dict[str, EnhancementTask] = {}
    for photo in photos:
        tasks_by_path.setdefault(os.path.realpath(photo.path), EnhancementTask(photo.path, photo.path))
    return list(tasks_by_path.values())


def plan_transparent(tasks: Iterable[EnhancementTask]) -> list[EnhancementTask]:
    """Give outputs that must be able to be transparent a name of a format that can: .png, or as it is.

    Raises:
        InvalidInput: A photo that would replace itself, or two for one name.

    Example:
        >>> jpeg = EnhancementTask(Path("shoes/red.jpg"), Path("cut/red.jpg"))
        >>> [task.output.as_posix() for task in plan_transparent([jpeg])]
        ['cut/red.png']
    """
    from packshot.enhance.encoding import TRANSPARENT_FORMATS

    renamed = []
    for task in tasks:
        can_be_transparent = find_output_format(task.output) in TRANSPARENT_FORMATS
        if task.output == task.path and not can_be_transparent:
            raise InvalidInput(f"{task.path} cannot be transparent in its format: name an output")
        output = task.output if can_be_transparent else task.output.with_suffix(".png")
        renamed.append(EnhancementTask(task.path, output))
    _check_collisions(renamed)
    _check_originals(renamed)
    return renamed


def _is_earlier_output(task: EnhancementTask, output: Path) -> bool:
    """Return whether a photo lies below the output folder without being its own output."""
    path, folder = Path(os.path.realpath(task.path)), os.path.realpath(output)
    return path.is_relative_to(folder) and path != Path(os.path.realpath(task.output))


def _check_collisions(tasks: Sequence[EnhancementTask]) -> None:
    path_by_output: dict[str, Path] = {}
    for task in tasks:
        key = os.path.normcase(os.path.realpath(task.output))
        other = path_by_output.setdefault(key, task.path)
        if other != task.path:
            raise InvalidInput(
                f"{other} and {task.path} would both be written to {task.output}: "
                "give the folder that holds both, or enhance them one after the other"
            )


def _check_originals(tasks: Sequence[EnhancementTask]) -> None:
    originals = {_read_file_identity(task.path) for task in tasks} - {None}
    for task in tasks:
        if _read_file_identity(task.output) in originals:
            raise InvalidInput(
                f"{task.output} is one of the photos: choose another output, or say --in-place"
            )


def _read_file_identity(path: Path) -> tuple[int, int] | None:
    """Read numbers that are equal for two names of one file; None where there is no file."""
    try:
        file_stat = path.stat()
    except (OSError, ValueError):
        return None
    return file_stat.st_dev, file_stat.st_ino
