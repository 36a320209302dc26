"""A file system of a few kilobytes, which fills up and can be made larger."""

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class SmallDisk:
    """Where it is."""

    place: Path

    def resize(self, kilobytes):
        """Make it larger; or smaller, down to what is in it."""
        _mount("-o", f"remount,size={kilobytes}k", str(self.place))


@contextmanager
def small_disk(place, kilobytes):
    """A `SmallDisk`; skips the test where none can be made."""
    place.mkdir()
    refused = _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place))
    if refused:
        pytest.skip(f"no small file system can be mounted here: {refused}")
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def _mount(*arguments):
    """What is wrong, if anything is."""
    try:
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "no command mount"
    return done.stderr.strip() if done.returncode else ""
