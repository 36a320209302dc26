"""Signatures, comparisons and scores in one SQLite file: a second run costs only what is new.

Each batch is committed as it comes: a run that is killed goes on where it stopped.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from pydantic import ValidationError

from packshot.databases import Database
from packshot.errors import InvalidInput, SourceError
from packshot.files import NO_SPACE, translate_write_errors
from packshot.names import to_database_key
from packshot.search.duplicates.comparison import COMPARISON_VERSION, Comparison
from packshot.search.duplicates.signature import FileStamp, Signature
from packshot.user_cache import find_user_cache

_SCHEMA_VERSION = 1
_BUSY_TIMEOUT_S = 30
"""Seconds to wait for another process that writes."""

_MAX_SQL_VARIABLES = 500
"""Digests asked for in one query: below the 999 variables that builds of SQLite before 3.32 allow."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS signatures (
    path TEXT PRIMARY KEY, maker TEXT NOT NULL, byte_size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
    digest TEXT NOT NULL, pixel_digest TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    blank INTEGER NOT NULL, whole BLOB NOT NULL, inside BLOB NOT NULL, content BLOB NOT NULL,
    taken TEXT NOT NULL, taken_from TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS comparisons (
    first TEXT NOT NULL, second TEXT NOT NULL, version INTEGER NOT NULL, result TEXT NOT NULL,
    PRIMARY KEY (first, second)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scores (
    digest TEXT NOT NULL, judge TEXT NOT NULL, score REAL NOT NULL, PRIMARY KEY (digest, judge)
) WITHOUT ROWID;
"""
_COLUMN_COUNT = 14
_VECTOR_DTYPE = np.dtype("<f2")
_LENGTH_TOLERANCE = 0.01
"""By which the length of a stored vector may differ from 1: one in half precision is no farther from
it."""


def default_store_path() -> Path:
    """Return where signatures are stored unless another place is named: in the user's cache.

    Raises:
        InvalidInput: This user has none.

    Example:
        >>> default_store_path().name
        'signatures.sqlite'
    """
    cache = find_user_cache()
    if cache is None:
        raise InvalidInput("no home folder to remember photos in: name a file with --store")
    return cache / "signatures.sqlite"


class SignatureStore:
    """Signatures by path, comparisons by the digests of files, scores by those of pixels.

    Several processes may use one file at a time. What another maker made is never returned.

    Example:
        >>> from packshot.search.duplicates import Signer
        >>> signer, path = Signer(), Path("examples/photos/mug.jpg")
        >>> with SignatureStore(Path("signatures.sqlite"), signer.maker) as store:
        ...     store.save_signatures([signer.sign(path)])
        ...     store.find_signature(path, FileStamp.from_file(path)).width
        800
    """

    def __init__(self, path: Path | None, maker: str) -> None:
        """Open or create a store.

        Args:
            path: Of the file; None for one in memory, gone with the object.
            maker: Of the signatures wanted, see `Signer.maker`.

        Raises:
            SourceError: It cannot be opened, or is something else than a store.
        """
        self._maker = maker
        if path is not None:
            with translate_write_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
        self._database = Database(path, partial(_make_error, path), timeout=_BUSY_TIMEOUT_S)
        self._prepare_schema(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def find_signature(self, path: Path, stamp: FileStamp) -> Signature | None:
        """Return the signature stored of a file, if it has not changed since."""
        row = self._database.execute(
            "SELECT * FROM signatures"
            " WHERE path = ? AND maker = ? AND byte_size = ? AND modified_ns = ?",
            (to_database_key(os.path.abspath(path)), self._maker, stamp.byte_size, stamp.modified_ns),
        ).fetchone()
        return None if row is None else _parse_row(row, str(path))

    def save_signatures(self, signatures: Iterable[Signature]) -> None:
        """Store signatures, in place of older ones of the same paths."""
        placeholders = ", ".join("?" * _COLUMN_COUNT)
        rows = [_signature_to_row(signature, self._maker) for signature in signatures]
        with self._database:
            query = f"INSERT OR REPLACE INTO signatures VALUES ({placeholders})"  # noqa: S608
            self._database.executemany(query, rows)

    def delete_signatures(self, paths: Iterable[str]) -> None:
        """Delete signatures of files that will not be there again; what is stored by digest stays."""
        rows = [(to_database_key(os.path.abspath(path)),) for path in paths]
        with self._database:
            self._database.executemany("DELETE FROM signatures WHERE path = ?", rows)

    def find_comparison(self, first: str, second: str) -> Comparison | None:
        """Return the comparison stored of two files, by their digests, in this order."""
        is_swapped = second < first
        low, high = (second, first) if is_swapped else (first, second)
        row = self._database.execute(
            "SELECT result FROM comparisons WHERE first = ? AND second = ? AND version = ?",
            (low, high, COMPARISON_VERSION),
        ).fetchone()
        if row is None:
            return None
        try:
            comparison = Comparison.model_validate_json(row[0])
        except ValidationError:
            return None
        if not isfinite(comparison.likeness):
            return None  # Damaged, so as good as forgotten.
        return comparison.reverse() if is_swapped else comparison

    def save_comparisons(self, comparisons: Iterable[tuple[str, str, Comparison]]) -> None:
        """Store comparisons of the first with the second digest."""
        rows = [
            (first, second, COMPARISON_VERSION, result.model_dump_json())
            if first <= second
            else (second, first, COMPARISON_VERSION, result.reverse().model_dump_json())
            for first, second, result in comparisons
        ]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO comparisons VALUES (?, ?, ?, ?)", rows)

    def find_scores(self, digests: Iterable[str], assessor_id: str) -> dict[str, float]:
        """Return scores by digest, of those that this assessor has given."""
        scores: dict[str, float] = {}
        for chunk in _iter_chunks(digests):
            placeholders = ", ".join("?" * len(chunk))
            query = f"SELECT digest, score FROM scores WHERE judge = ? AND digest IN ({placeholders})"  # noqa: S608
            rows = self._database.execute(query, (assessor_id, *chunk))
            scores.update((name, score) for name, score in rows if _is_score(score))
        return scores

    def save_score(self, digest: str, assessor_id: str, score: float) -> None:
        """Store a score."""
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO scores VALUES (?, ?, ?)", (digest, assessor_id, score)
            )

    def _prepare_schema(self, path: Path | None) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _SCHEMA_VERSION):
            raise _make_unusable_error(
                path, f"written by another version of packshot (format {version})"
            )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(_SCHEMA)
        self._database.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")


def _make_error(path: Path | None, error: sqlite3.Error, reason: str) -> SourceError:
    if reason == NO_SPACE:
        return SourceError(f"cannot write {path}: {reason}: what was found out is kept")
    return _make_unusable_error(path, reason)


def _make_unusable_error(path: Path | None, reason: str) -> SourceError:
    return SourceError(
        f"{path} cannot be used to remember photos: {reason}; name another file with --store"
    )


def _iter_chunks(values: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(values)
    while chunk := list(islice(remaining, _MAX_SQL_VARIABLES)):
        yield chunk


def _signature_to_row(signature: Signature, maker: str) -> tuple[object, ...]:
    whole, inside = (value.to_bytes(8, "little") for value in signature.hashes)
    return (
        to_database_key(os.path.abspath(signature.path)),
        maker,
        *(signature.stamp.byte_size, signature.stamp.modified_ns),
        *(signature.digest, signature.pixel_digest, signature.width, signature.height),
        *(int(signature.blank), whole, inside, signature.content.astype(_VECTOR_DTYPE).tobytes()),
        *(signature.taken, signature.taken_from),
    )


def _is_score(value: object) -> bool:
    return isinstance(value, float) and 0 <= value <= 100


def _parse_row(row: tuple[Any, ...], path: str) -> Signature | None:
    """Parse the signature in a row; None where it is damaged, as if it were not there."""
    try:
        signature = _row_to_signature(row, path)
    except (TypeError, ValueError, AttributeError):
        return None
    length = float(np.linalg.norm(signature.content))
    numbers = (signature.width, signature.height, signature.stamp.byte_size, signature.stamp.modified_ns)
    texts = (signature.digest, signature.pixel_digest, signature.taken, signature.taken_from)
    is_valid = (
        abs(length - 1) < _LENGTH_TOLERANCE
        and all(isinstance(value, int) for value in numbers)
        and all(isinstance(value, str) for value in texts)
        and all(0 <= value < 2**64 for value in signature.hashes)
    )
    return signature if is_valid else None


def _row_to_signature(row: tuple[Any, ...], path: str) -> Signature:
    """Convert a row, whose first two columns are the absolute path and the maker."""
    size, modified, digest, pixels, width, height, blank, whole, inside, content, taken, taken_from = (
        row[2:]
    )
    return Signature(
        path=path,
        stamp=FileStamp(size, modified),
        digest=digest,
        pixel_digest=pixels,
        width=width,
        height=height,
        blank=bool(blank),
        hashes=(int.from_bytes(whole, "little"), int.from_bytes(inside, "little")),
        content=np.frombuffer(content, _VECTOR_DTYPE).astype(np.float32),
        taken=taken,
        taken_from=taken_from,
    )
