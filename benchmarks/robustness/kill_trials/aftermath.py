"""What a command left behind, and whether each file of it is whole."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from PIL import Image

from benchmarks.robustness.kill_trials.process import TrialFolders

_UNFINISHED_SUFFIXES = (".partial", ".tmp", ".temp", "~")
_TRANSIENT_SUFFIXES = ("-wal", "-shm", ".part")
"""Of databases, which come and go; and the documented rest of an interrupted run."""


def compute_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its name there."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def find_leftovers(folders: TrialFolders) -> list[str]:
    """Temporary and hidden files and folders, wherever the command may write."""
    temporary = list(folders.temporary.rglob("*"))
    visible = [
        path
        for folder in (folders.out, folders.cache, folders.photos)
        for path in folder.rglob("*")
        if path.name.startswith(".") or path.name.endswith(_UNFINISHED_SUFFIXES)
    ]
    return sorted(str(path.relative_to(folders.root)) for path in (*temporary, *visible))


def list_results(folders: TrialFolders) -> set[str]:
    """Names of what the command wrote for its user; of an index the folder alone."""
    names = (path.relative_to(folders.out) for path in folders.out.rglob("*") if path.is_file())
    return {
        name.parts[0] if name.parts[0] == "index" else str(name)
        for name in names
        if not name.name.endswith(_TRANSIENT_SUFFIXES) and not name.name.startswith(".")
    }


def find_incomplete_files(folders: TrialFolders) -> list[str]:
    """Files of the output, and photos, that cannot be read to their end."""
    return sorted(
        str(path.relative_to(folders.root))
        for folder in (folders.out, folders.photos)
        for path in folder.rglob("*")
        if path.is_file() and not _is_hidden(path, folders.root) and not _is_complete(path)
    )


def _is_hidden(path: Path, root: Path) -> bool:
    """Told apart as a leftover."""
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _is_complete(path: Path) -> bool:
    check = _CHECKS.get(path.suffix.lower())
    try:
        return check is None or check(path)
    except Exception:  # a reader fails on half a file in any way
        return False


def _is_json_lines(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    for line in text.splitlines():
        json.loads(line)
    return text == "" or text.endswith("\n")


def _is_partial_output(path: Path) -> bool:
    return _is_json_lines(path) if path.name.endswith(".jsonl.part") else True


def _is_json(path: Path) -> bool:
    json.loads(path.read_text(encoding="utf-8"))
    return True


def _is_csv(path: Path) -> bool:
    text = path.read_text(encoding="utf-8-sig")
    rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
    return bool(rows) and text.endswith("\n") and len({len(row) for row in rows}) == 1


def _is_html(path: Path) -> bool:
    return path.read_text(encoding="utf-8").rstrip().endswith("</html>")


def _is_parquet(path: Path) -> bool:
    from pyarrow import parquet

    return parquet.read_table(path) is not None


def _is_zip(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return archive.testzip() is None


def _is_jpeg(path: Path) -> bool:
    with Image.open(path) as image:
        image.load()
    return path.read_bytes().endswith(b"\xff\xd9")


_CHECKS: Mapping[str, Callable[[Path], bool]] = {
    ".jsonl": _is_json_lines,
    ".part": _is_partial_output,
    ".json": _is_json,
    ".csv": _is_csv,
    ".html": _is_html,
    ".parquet": _is_parquet,
    ".xlsx": _is_zip,
    ".jpg": _is_jpeg,
}


def find_lost_photos(
    originals: Mapping[str, str], folders: TrialFolders, in_place: bool
) -> Iterator[str]:
    """Photos that are gone, or, unless they are to be replaced, are not what they were."""
    now = compute_digests(folders.photos)
    for name, digest in originals.items():
        if name not in now or (now[name] != digest and not in_place):
            yield name
