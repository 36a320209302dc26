"""Models and atlases that ship with the package, checked against the digests recorded beside them.

``python -m packshot.shipped`` records them anew, after a model was made again.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from packshot.errors import ModelError

DIGESTS_FILE = "digests.json"
_MAX_DAMAGED_BYTES = 4096
"""Bytes up to which a file that differs from a shipped one counts as damaged, above as trained anew. A
page of memory or a sector of a disk is lost at once, and the smallest layer that learns has more."""

_PATTERNS = ("*.onnx", "*.npz")


def read_shipped(name: str) -> bytes:
    """Read a file that ships under ``packshot/weights``, and check it: a millisecond for two megabytes.

    Args:
        name: File name, such as ``content.onnx``.

    Raises:
        ModelError: This installation lacks it, or it is not what was shipped.

    Example:
        >>> read_shipped("none.onnx")
        Traceback (most recent call last):
            ...
        packshot.errors.ModelError: this installation lacks the model none.onnx: reinstall packshot
    """
    resource = files("packshot").joinpath("weights", name)
    try:
        data = resource.read_bytes()
    except OSError:
        raise ModelError(f"this installation lacks the model {name}: reinstall packshot") from None
    if hashlib.sha256(data).hexdigest() != _load_digests().get(name):
        raise ModelError(f"{name} is damaged, it is not the file that was shipped: reinstall packshot")
    return data


def find_damaged_original(data: bytes) -> str | None:
    """Find the shipped file that some bytes were copied from, and damaged since; None for none.

    A model of one's own carries no digest. But what differs from a shipped one of the same size in a few
    bytes was not trained otherwise: that changes more, also where the smallest part alone learns.

    Args:
        data: Of a file that the user names.

    Example:
        >>> copy = bytearray(read_shipped("content.onnx"))
        >>> find_damaged_original(copy)
        >>> copy[1000] ^= 255
        >>> find_damaged_original(copy)
        'content.onnx'
    """
    content = np.frombuffer(data, np.uint8)
    for name in _load_digests():
        original = np.frombuffer(read_shipped(name), np.uint8)
        if (
            original.size == content.size
            and 0 < np.count_nonzero(original != content) <= _MAX_DAMAGED_BYTES
        ):
            return name
    return None


def compute_digests(folder: Path) -> dict[str, str]:
    """Compute the SHA-256 of each model and atlas in a folder, by name.

    Example:
        >>> _ = Path("own.onnx").write_bytes(b"weights")
        >>> {name: digest[:8] for name, digest in compute_digests(Path()).items()}
        {'own.onnx': '9a129038'}
    """
    paths = sorted(path for kind in _PATTERNS for path in folder.glob(kind))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@cache
def _load_digests() -> dict[str, str]:
    resource = files("packshot").joinpath("weights", DIGESTS_FILE)
    try:
        digests = json.loads(resource.read_bytes())
    except (OSError, ValueError):
        raise ModelError(f"this installation lacks {DIGESTS_FILE}: reinstall packshot") from None
    return dict(digests)


if __name__ == "__main__":
    weights = Path(__file__).with_name("weights")
    (weights / DIGESTS_FILE).write_text(json.dumps(compute_digests(weights), indent=1) + "\n")
