"""Vectors and metadata as Parquet, out of an index and into one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from packshot.distribution import how_to_install
from packshot.errors import InvalidInput, SourceError
from packshot.files import whole
from packshot.search.index import VectorIndex
from packshot.search.items import Item

BATCH = 1024
_SETTINGS = b"packshot.index"


def export_parquet(index: VectorIndex, path: Path) -> int:
    """Write all items, a row each: ``id``, ``vector`` (float32 list), ``metadata`` (JSON text).

    The index's settings go into the file, so that vectors of another model are not taken in by mistake.

    Returns:
        How many items.

    Raises:
        SourceError: The file cannot be written.
    """
    pyarrow, parquet = _pyarrow()
    columns = [
        ("id", pyarrow.string()),
        ("vector", pyarrow.list_(pyarrow.float32(), index.settings.dimensions)),
        ("metadata", pyarrow.string()),
    ]
    schema = pyarrow.schema(columns, metadata={_SETTINGS: index.settings.model_dump_json()})
    written = 0
    with whole(path) as draft, parquet.ParquetWriter(draft, schema) as writer:
        for items in _batches(index):
            writer.write_batch(_as_batch(pyarrow, schema, items))
            written += len(items)
    return written


def read_parquet(path: Path, model: str) -> Iterator[list[Item]]:
    """Items of a Parquet file with the columns ``id`` and ``vector``, in batches.

    Args:
        path: Metadata come from a column ``metadata`` of JSON text where there is one; every other
            column is metadata under its own name.
        model: Of the index that is to take them in; a file that names another is refused.

    Raises:
        SourceError: Not such a file.
        InvalidInput: Its vectors come from another model.
    """
    pyarrow, parquet = _pyarrow()
    try:
        with parquet.ParquetFile(path) as file:
            _require_columns(path, file.schema_arrow.names)
            _require_model(path, file.schema_arrow.metadata or {}, model)
            for batch in file.iter_batches(BATCH):
                yield _items(batch)
    except (OSError, pyarrow.ArrowException) as error:
        raise SourceError(f"{path}: cannot be read as Parquet: {error}") from error


def _batches(index: VectorIndex) -> Iterator[list[Item]]:
    names = index.ids()
    while together := list(islice(names, BATCH)):
        yield [item for item in index.get(together) if item is not None]


def _as_batch(pyarrow: Any, schema: Any, items: Sequence[Item]) -> Any:
    vectors = np.stack([item.vector for item in items if item.vector is not None])
    flat = pyarrow.array(vectors.ravel())
    return pyarrow.record_batch(
        [
            pyarrow.array([item.id for item in items]),
            pyarrow.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
            pyarrow.array([json.dumps(dict(item.metadata), ensure_ascii=False) for item in items]),
        ],
        schema=schema,
    )


def _items(batch: Any) -> list[Item]:
    columns = {name: batch.column(name).to_pylist() for name in batch.schema.names if name != "vector"}
    names = columns.pop("id")
    told = columns.pop("metadata", [None] * len(names))
    items = []
    for row, (name, vector) in enumerate(zip(names, batch.column("vector"), strict=True)):
        metadata = json.loads(told[row] or "{}") | {key: cells[row] for key, cells in columns.items()}
        items.append(Item(name, np.asarray(vector.as_py(), np.float32), metadata))
    return items


def _require_columns(path: Path, names: Sequence[str]) -> None:
    missing = {"id", "vector"} - set(names)
    if missing:
        raise SourceError(f"{path}: no column {', '.join(sorted(missing))}")


def _require_model(path: Path, told: dict[bytes, bytes], model: str) -> None:
    theirs = json.loads(told.get(_SETTINGS, b"{}")).get("model", model)
    if theirs != model:
        raise InvalidInput(f"{path} holds vectors of the model {theirs}, the index those of {model}")


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise InvalidInput(f"Parquet needs pyarrow: {how_to_install('parquet')}") from None
    return pyarrow, parquet
