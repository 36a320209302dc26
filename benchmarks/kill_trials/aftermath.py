"""What a command left behind, and whether each file of it is whole."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from PIL import Image

from benchmarks.kill_trials.strike import Place

_UNFINISHED = (".partial", ".tmp", ".temp", "~")
_CHANGING = ("-wal", "-shm", ".part")
"""Of databases, which come and go; and the documented rest of an interrupted run."""


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its name there."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def leftovers(place: Place) -> list[str]:
    """Temporary and hidden files and folders, wherever the command may write."""
    temporary = list(place.temporary.rglob("*"))
    shown = [
        path
        for folder in (place.out, place.cache, place.photos)
        for path in folder.rglob("*")
        if path.name.startswith(".") or path.name.endswith(_UNFINISHED)
    ]
    return sorted(str(path.relative_to(place.root)) for path in (*temporary, *shown))


def results(place: Place) -> set[str]:
    """Names of what the command wrote for its user; of an index the folder alone."""
    names = (path.relative_to(place.out) for path in place.out.rglob("*") if path.is_file())
    return {
        name.parts[0] if name.parts[0] == "index" else str(name)
        for name in names
        if not name.name.endswith(_CHANGING) and not name.name.startswith(".")
    }


def half_written(place: Place) -> list[str]:
    """Files of the output, and photos, that cannot be read to their end."""
    return sorted(
        str(path.relative_to(place.root))
        for folder in (place.out, place.photos)
        for path in folder.rglob("*")
        if path.is_file() and not _hidden(path, place.root) and not _is_whole(path)
    )


def _hidden(path: Path, root: Path) -> bool:
    """Told apart as a leftover."""
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _is_whole(path: Path) -> bool:
    check = _CHECKS.get(path.suffix.lower())
    try:
        return check is None or check(path)
    except Exception:  # a reader fails on half a file in any way
        return False


def _lines(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    for line in text.splitlines():
        json.loads(line)
    return text == "" or text.endswith("\n")


def _part(path: Path) -> bool:
    return _lines(path) if path.name.endswith(".jsonl.part") else True


def _json(path: Path) -> bool:
    json.loads(path.read_text(encoding="utf-8"))
    return True


def _table(path: Path) -> bool:
    text = path.read_text(encoding="utf-8-sig")
    rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
    return bool(rows) and text.endswith("\n") and len({len(row) for row in rows}) == 1


def _page(path: Path) -> bool:
    return path.read_text(encoding="utf-8").rstrip().endswith("</html>")


def _parquet(path: Path) -> bool:
    from pyarrow import parquet

    return parquet.read_table(path) is not None


def _archive(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return archive.testzip() is None


def _photo(path: Path) -> bool:
    with Image.open(path) as image:
        image.load()
    return path.read_bytes().endswith(b"\xff\xd9")


_CHECKS: Mapping[str, Callable[[Path], bool]] = {
    ".jsonl": _lines,
    ".part": _part,
    ".json": _json,
    ".csv": _table,
    ".html": _page,
    ".parquet": _parquet,
    ".xlsx": _archive,
    ".jpg": _photo,
}


def lost(originals: Mapping[str, str], place: Place, in_place: bool) -> Iterator[str]:
    """Photos that are gone, or, unless they are to be replaced, are not what they were."""
    now = digests(place.photos)
    for name, digest in originals.items():
        if name not in now or (now[name] != digest and not in_place):
            yield name
