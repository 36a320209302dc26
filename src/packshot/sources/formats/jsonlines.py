"""JSON lines: an object in each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from packshot.errors import SourceError
from packshot.sources.formats.records import Record

_LONGEST = 16 * 2**20


def read(file: BinaryIO, name: str) -> Iterator[Record]:
    """Objects of a text in UTF-8; blank lines are skipped.

    Raises:
        SourceError: A line that is no JSON object, or longer than 16 MiB.
    """
    line = 0
    while text := file.readline(_LONGEST + 1):
        line += 1
        if text.strip():
            yield Record(line, _object(text, f"{name}, line {line}"))


def _object(text: bytes, where: str) -> dict[str, object]:
    if len(text) > _LONGEST:
        raise SourceError(f"{where}: longer than {_LONGEST:,} bytes; write one object per line")
    try:
        found = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{where}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise SourceError(
            f'{where}: not a JSON object; write one object per line, such as {{"path": "a.jpg"}}'
        )
    return found
