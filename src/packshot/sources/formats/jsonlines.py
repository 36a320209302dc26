"""JSON lines: an object in each line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from packshot.errors import SourceError
from packshot.sources.formats.blanks import Blanks
from packshot.sources.formats.records import Record

_LONGEST = 4 * 2**20
"""Bytes of a line; in memory what it holds takes up to 30 times as much."""

_DEEPEST = 50
"""Lists and objects inside one another; only texts and lists of texts are looked at."""

_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_BRACKETS = re.compile(rb"[\[{\]}]")


def read(file: BinaryIO, name: str) -> Iterator[Record]:
    """Objects of a text in UTF-8; blank lines are skipped.

    Raises:
        SourceError: A line that is no JSON object, nested too deep, or longer than 4 MiB.
    """
    line, blanks = 0, Blanks(name)
    while text := file.readline(_LONGEST + 1):
        line += 1
        if text.strip():
            blanks.row()
            yield Record(line, _object(text, f"{name}, line {line}"))
        else:
            blanks.blank()


def _object(text: bytes, where: str) -> dict[str, object]:
    if len(text) > _LONGEST:
        raise SourceError(f"{where}: longer than {_LONGEST:,} bytes; write one object per line")
    if _depth(text) > _DEEPEST:
        raise SourceError(f"{where}: not JSON of a table: nested more than {_DEEPEST} deep")
    try:
        found = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{where}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise SourceError(
            f'{where}: not a JSON object; write one object per line, such as {{"path": "a.jpg"}}'
        )
    return found


def _depth(text: bytes) -> int:
    """How deep lists and objects lie inside one another."""
    if text.count(b"[") + text.count(b"{") <= _DEEPEST:
        return 0
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_TEXTS.sub(b"", text)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
