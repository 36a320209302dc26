"""JSON lines: an object in each line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from packshot.errors import SourceError
from packshot.sources.formats.blanks import BlankLineCounter
from packshot.sources.formats.records import Record

MAX_OBJECT_BYTES = 4 * 2**20
"""Bytes of an object; a longer one is refused. In memory what it holds takes up to 30 times as much
(`benchmarks/results/feed_bombs.csv`)."""

_MAX_DEPTH = 50
"""Lists and objects inside one another; a line with more is refused. Only texts and lists of texts are
looked at, and Python's reader has a limit of its own, which differs."""

_PHOTO_KEYS = frozenset({"url", "src", "source", "location", "href", "media_path", "preview"})
"""Names in the description of a photo."""

_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_BRACKETS = re.compile(rb"[\[{\]}]")


def read_records(file: BinaryIO, name: str) -> Iterator[Record]:
    r"""Read objects of a text in UTF-8; blank lines are skipped.

    Raises:
        SourceError: A line that is no JSON object, nested too deep, or longer than 4 MiB.

    Example:
        >>> import io
        >>> feed = io.BytesIO(b'{"photo": "mug.jpg"}\n\n{"photo": "bowl.jpg"}\n')
        >>> list(read_records(feed, "feed.jsonl"))
        [Record(line=1, cells={'photo': 'mug.jpg'}), Record(line=3, cells={'photo': 'bowl.jpg'})]
    """
    line, blank_lines = 0, BlankLineCounter(name)
    while text := file.readline(MAX_OBJECT_BYTES + 1):
        line += 1
        if text.strip():
            blank_lines.count_row()
            yield Record(line, parse_object(text, f"{name}, line {line}"))
        else:
            blank_lines.count_blank()


def parse_object(text: bytes, where: str) -> dict[str, object]:
    """Read an object.

    Args:
        text: In UTF-8.
        where: It stands, for errors.

    Raises:
        SourceError: No JSON object, nested too deep, or longer than 4 MiB.

    Example:
        >>> parse_object(b'{"sku": "M1", "texts": {"title": "Mug"}}', "feed.jsonl, line 1")
        {'sku': 'M1', 'texts.title': 'Mug'}
    """
    if len(text) > MAX_OBJECT_BYTES:
        raise SourceError(f"{where}: longer than {MAX_OBJECT_BYTES:,} bytes; write one object per line")
    if _nesting_depth(text) > _MAX_DEPTH:
        raise SourceError(f"{where}: not JSON of a table: nested more than {_MAX_DEPTH} deep")
    try:
        value = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{where}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise SourceError(
            f'{where}: not a JSON object; write one object per line, such as {{"path": "a.jpg"}}'
        )
    return flatten(value)


def flatten(value: Mapping[str, object]) -> dict[str, object]:
    """Name what lies in objects by all the names on the way; lists, and what describes a photo, stay.

    Example:
        >>> flatten({"sku": "M1", "texts": {"title": "Mug"}, "image": {"src": "mug.jpg"}})
        {'sku': 'M1', 'texts.title': 'Mug', 'image': {'src': 'mug.jpg'}}
    """
    flat: dict[str, object] = {}
    for key, cell in value.items():
        if isinstance(cell, dict) and not _PHOTO_KEYS & cell.keys():
            flat |= {f"{key}.{name}": inner for name, inner in flatten(cell).items()}
        else:
            flat[key] = cell
    return flat


def _nesting_depth(text: bytes) -> int:
    """Compute how deep lists and objects lie inside one another."""
    if text.count(b"[") + text.count(b"{") <= _MAX_DEPTH:
        return 0
    depth = max_depth = 0
    for bracket in _BRACKETS.findall(_TEXTS.sub(b"", text)):
        depth += 1 if bracket in b"[{" else -1
        max_depth = max(max_depth, depth)
    return max_depth
