"""Export of an index to Parquet, and import from there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from packshot.distribution import format_install_command
from packshot.errors import InvalidInput, SourceError
from packshot.files import atomic_write
from packshot.search.index import VectorIndex
from packshot.search.items import Item

BATCH_SIZE = 1024
"""Items in a row group, which bounds the memory that writing and reading take."""

_SETTINGS_KEY = b"packshot.index"


def export_parquet(index: VectorIndex, path: Path) -> int:
    """Write all items, a row each: ``id``, ``vector`` (float32 list), ``metadata`` (JSON text).

    The index's settings go into the file, so that vectors of another model are not taken in by mistake.

    Returns:
        How many items.

    Raises:
        SourceError: The file cannot be written.

    Example:
        >>> import numpy as np
        >>> from packshot.search import IndexSettings, create_index
        >>> with create_index("photos.index", IndexSettings(dimensions=2, model="c0ffee")) as index:
        ...     index.add([Item("mug", np.array([0.6, 0.8]), {"seller": "potter"})])
        ...     export_parquet(index, Path("photos.parquet"))
        1
    """
    pyarrow, parquet = _import_pyarrow()
    columns = [
        ("id", pyarrow.string()),
        ("vector", pyarrow.list_(pyarrow.float32(), index.settings.dimensions)),
        ("metadata", pyarrow.string()),
    ]
    schema = pyarrow.schema(columns, metadata={_SETTINGS_KEY: index.settings.model_dump_json()})
    written_count = 0
    with atomic_write(path) as draft, parquet.ParquetWriter(draft, schema) as writer:
        for items in _iter_batches(index):
            writer.write_batch(_to_batch(pyarrow, schema, items))
            written_count += len(items)
    return written_count


def read_parquet(path: Path, model: str) -> Iterator[list[Item]]:
    """Read items of a Parquet file with the columns ``id`` and ``vector``, in batches.

    Args:
        path: Metadata come from a column ``metadata`` of JSON text where there is one; every other
            column is metadata under its own name.
        model: Of the index that is to take them in; a file that names another is refused.

    Raises:
        SourceError: Not such a file.
        InvalidInput: Its vectors come from another model.

    Example:
        >>> import numpy as np
        >>> from packshot.search import IndexSettings, create_index
        >>> with create_index("photos.index", IndexSettings(dimensions=2, model="c0ffee")) as index:
        ...     index.add([Item("mug", np.array([0.6, 0.8]), {"seller": "potter"})])
        ...     _ = export_parquet(index, Path("photos.parquet"))
        >>> (batch,) = read_parquet(Path("photos.parquet"), model="c0ffee")
        >>> batch[0].id, batch[0].metadata
        ('mug', {'seller': 'potter'})
    """
    pyarrow, parquet = _import_pyarrow()
    try:
        with parquet.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow.names)
            _check_model(path, file.schema_arrow.metadata or {}, model)
            for batch in file.iter_batches(BATCH_SIZE):
                yield _to_items(batch)
    except (OSError, pyarrow.ArrowException) as error:
        raise SourceError(f"{path}: cannot be read as Parquet: {error}") from error


def _iter_batches(index: VectorIndex) -> Iterator[list[Item]]:
    names = index.iter_ids()
    while batch_ids := list(islice(names, BATCH_SIZE)):
        yield [item for item in index.get(batch_ids) if item is not None]


def _to_batch(pyarrow: Any, schema: Any, items: Sequence[Item]) -> Any:
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


def _to_items(batch: Any) -> list[Item]:
    columns = {name: batch.column(name).to_pylist() for name in batch.schema.names if name != "vector"}
    names = columns.pop("id")
    metadata_cells = columns.pop("metadata", [None] * len(names))
    items = []
    for row, (name, vector) in enumerate(zip(names, batch.column("vector"), strict=True)):
        metadata = json.loads(metadata_cells[row] or "{}") | {
            key: cells[row] for key, cells in columns.items()
        }
        items.append(Item(name, np.asarray(vector.as_py(), np.float32), metadata))
    return items


def _check_columns(path: Path, names: Sequence[str]) -> None:
    missing = {"id", "vector"} - set(names)
    if missing:
        raise SourceError(f"{path}: no column {', '.join(sorted(missing))}")


def _check_model(path: Path, file_metadata: dict[bytes, bytes], model: str) -> None:
    file_model = json.loads(file_metadata.get(_SETTINGS_KEY, b"{}")).get("model", model)
    if file_model != model:
        raise InvalidInput(f"{path} holds vectors of the model {file_model}, the index those of {model}")


def _import_pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise InvalidInput(f"Parquet needs pyarrow: {format_install_command('parquet')}") from None
    return pyarrow, parquet
