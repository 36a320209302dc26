"""A file system of a few kilobytes, which fills up and can be made larger."""

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class SmallDisk:
    """A small file system, by its folder."""

    folder: Path

    def resize(self, kilobytes):
        """Make it larger; or smaller, down to what is in it."""
        _mount("-o", f"remount,size={kilobytes}k", str(self.folder))


@contextmanager
def mount_small_disk(folder, kilobytes):
    """A `SmallDisk`; skips the test where none can be made."""
    folder.mkdir()
    error = _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder))
    if error:
        pytest.skip(f"no small file system can be mounted here: {error}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _mount(*arguments):
    """Return what is wrong, if anything is."""
    try:
        result = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "no command mount"
    return result.stderr.strip() if result.returncode else ""
