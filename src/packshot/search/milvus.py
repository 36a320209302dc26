"""A vector index in Milvus: on a server for many machines, or in a file of Milvus Lite."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from packshot.arrays import Float32Array
from packshot.distribution import format_install_command
from packshot.errors import InvalidInput, VectorIndexError
from packshot.search.index import DEFAULT_ANSWERS, VectorIndex, WriteOperation
from packshot.search.items import (
    MAX_ID_BYTES,
    Distance,
    Hit,
    IndexSettings,
    Item,
    Value,
    Where,
    check_ids,
    check_items,
    check_presence,
    check_vectors,
    metadata_to_json,
    parse_conditions,
)
from packshot.search.planning import NAMED_KINDS, choose_cell_count, plan_structure
from packshot.search.ranking import exact_distances

MILVUS_PREFIX = "milvus:"

_SETTINGS_PROPERTY = "packshot.index"
_METRICS = {Distance.EUCLIDEAN: "L2", Distance.COSINE: "COSINE"}
_ROWS_PER_CALL = 1000
"""Rows that travel in one call; gRPC refuses messages that are too long."""

_MAX_ANSWERS = 16_384
"""Candidates of one query, at most: Milvus's own limit."""

_EXACT_KIND = "FLAT"
_NUMBERS_PER_CODE = 4
"""Numbers of a vector that share a code of 8 bits: 2 bits a number."""

_CELLS_PER_PROBE = 8
"""One cell in so many is looked into, and 16 at least. A judgement: Milvus is not tuned as an index of
our own is."""


class MilvusIndex(VectorIndex):
    """See `VectorIndex`. A batch of more than 1 000 items travels in parts, each whole or not at all.

    Milvus takes care of durability and of many writers. One setting names the index: "ivf-pq" and "pq"
    are IVF_PQ on a server and IVF_SQ8 in Milvus Lite, which has no product quantisation; `describe`
    says which.

    Example:
        >>> settings = IndexSettings(dimensions=64, kind="IVF256,PQ32")  # For faiss alone.
        >>> MilvusIndex.create("milvus:photos.db#photos", settings)
        Traceback (most recent call last):
        ...
        packshot.errors.InvalidInput: 'IVF256,PQ32': Milvus takes exact, pq, ivf-pq
    """

    def __init__(self, place: str) -> None:
        """Open an index; see `packshot.search.create_index` for places.

        Raises:
            VectorIndexError: No server, or no such index on it.
        """
        self._place = place
        address, self._name = _parse_place(place)
        self._client = _connect(address)
        try:
            with self._translate_errors():
                if not self._client.has_collection(self._name):
                    raise VectorIndexError(f"{place}: no index there")
                description = self._client.describe_collection(self._name)
                self._client.load_collection(self._name)
            text = description.get("properties", {}).get(_SETTINGS_PROPERTY)
            if text is None:
                raise VectorIndexError(f"{place}: a collection that Packshot did not make")
            self.settings = IndexSettings.model_validate_json(text)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def exists(place: str) -> bool:
        """Return whether there is a collection at a place."""
        address, name = _parse_place(place)
        client = _connect(address)
        try:
            return bool(client.has_collection(name))
        finally:
            client.close()

    @classmethod
    def create(cls, place: str, settings: IndexSettings) -> MilvusIndex:
        """Make an empty index and open it.

        Raises:
            InvalidInput: A sentence for faiss, which Milvus does not read.
            VectorIndexError: There is one already, or no server.
        """
        if settings.kind is not None and settings.kind not in NAMED_KINDS:
            raise InvalidInput(f"{settings.kind!r}: Milvus takes {', '.join(NAMED_KINDS)}")
        if cls.exists(place):
            raise VectorIndexError(f"{place}: there is an index already")
        address, name = _parse_place(place)
        client = _connect(address)
        try:
            _make_collection(client, name, settings)
        finally:
            client.close()
        return cls(place)

    def delete(self, ids: Sequence[str]) -> int:
        """See `VectorIndex.delete`."""
        existing_ids = list(self._read_rows(ids, ["id"]))
        with self._translate_errors():
            for start in range(0, len(existing_ids), _ROWS_PER_CALL):
                self._client.delete(self._name, ids=existing_ids[start : start + _ROWS_PER_CALL])
        return len(existing_ids)

    def get(self, ids: Sequence[str]) -> list[Item | None]:
        """See `VectorIndex.get`."""
        rows = self._read_rows(ids, ["vector", "metadata"])
        items = {name: Item(name, _read_vector(row), row["metadata"]) for name, row in rows.items()}
        return [items.get(name) for name in ids]

    def count(self, where: Where | None = None) -> int:
        """See `VectorIndex.count`."""
        with self._translate_errors():
            result = self._client.query(
                self._name, filter=_build_filter(where), output_fields=["count(*)"]
            )
        return int(result[0]["count(*)"])

    def iter_ids(self) -> Iterator[str]:
        """See `VectorIndex.ids`."""
        with self._translate_errors():
            pages = self._client.query_iterator(
                self._name, batch_size=_ROWS_PER_CALL, output_fields=["id"]
            )
            while page := pages.next():
                yield from (row["id"] for row in page)
            pages.close()

    def query(
        self, vectors: Any, k: int = DEFAULT_ANSWERS, where: Where | None = None
    ) -> list[list[Hit]]:
        """See `VectorIndex.query`; candidates come with their vectors, so that distances are exact."""
        if k < 1:
            raise InvalidInput(f"{k} answers: ask for at least 1")
        queries = check_vectors(vectors, self.settings)
        condition = _build_filter(where)
        if not len(queries):
            return []
        with self._translate_errors():
            found = self._client.search(
                self._name,
                queries,
                limit=min(4 * k + 32, _MAX_ANSWERS),
                filter=condition,
                search_params={"params": self._build_search_parameters()},
                output_fields=["vector", "metadata"],
            )
        return [self._rank_rows(query, rows, k) for query, rows in zip(queries, found, strict=True)]

    def flush(self) -> None:
        """See `VectorIndex.flush`."""
        with self._translate_errors():
            self._client.flush(self._name)
        index_plan = self._plan_index()
        if index_plan != self._describe_built_index():
            self._build_index(index_plan)

    def compact(self) -> None:
        """See `VectorIndex.compact`; a server gives back room in its own time."""
        with self._translate_errors():
            self._client.flush(self._name)
        self._build_index(self._plan_index())

    def describe(self) -> str:
        """See `VectorIndex.describe`."""
        kind, cells = self._describe_built_index()
        cells_text = f", {cells} cells" if cells else ""
        return f"{self._server_name()}, {kind} over {self.count()} vectors{cells_text}"

    def close(self) -> None:
        """See `VectorIndex.close`."""
        self._client.close()

    def _write_items(self, operation: WriteOperation, items: Sequence[Item]) -> None:
        ids = check_ids([item.id for item in items])
        for item in items:
            metadata_to_json(item.metadata)
        existing_rows = self._read_rows(ids, ["vector"] if operation == "update" else ["id"])
        check_presence(operation, ids, existing_rows)
        vectors = check_items(operation, items, self.settings)
        existing_vectors = {
            name: _read_vector(row) for name, row in existing_rows.items() if "vector" in row
        }
        rows = [
            {
                "id": item.id,
                "vector": vectors.get(item.id, existing_vectors.get(item.id)),
                "metadata": dict(item.metadata),
            }
            for item in items
        ]
        with self._translate_errors():
            for start in range(0, len(rows), _ROWS_PER_CALL):
                self._client.upsert(self._name, rows[start : start + _ROWS_PER_CALL])

    def _read_rows(self, ids: Sequence[str], fields: list[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        names = list(dict.fromkeys(ids))
        with self._translate_errors():
            for start in range(0, len(names), _ROWS_PER_CALL):
                batch = names[start : start + _ROWS_PER_CALL]
                rows = self._client.get(self._name, ids=batch, output_fields=fields)
                found |= {row["id"]: row for row in rows}
        return found

    def _rank_rows(self, query: Float32Array, rows: Sequence[Mapping[str, Any]], k: int) -> list[Hit]:
        if not rows:
            return []
        vectors = np.stack([_read_vector(row["entity"]) for row in rows])
        distances = exact_distances(query, vectors, self.settings.distance)
        best = np.argsort(distances, kind="stable")[:k]
        return [Hit(rows[n]["id"], float(distances[n]), rows[n]["entity"]["metadata"]) for n in best]

    def _build_search_parameters(self) -> dict[str, int]:
        _, cells = self._describe_built_index()
        return {"nprobe": max(1, cells // _CELLS_PER_PROBE, min(cells, 16))} if cells else {}

    def _plan_index(self) -> tuple[str, int]:
        """Choose the kind of index that Milvus shall build, and its cells."""
        vectors = self.count()
        if plan_structure(self.settings.kind, vectors, self.settings.dimensions) is None:
            return _EXACT_KIND, 0
        return ("IVF_SQ8" if self._is_lite() else "IVF_PQ"), choose_cell_count(vectors)

    def _describe_built_index(self) -> tuple[str, int]:
        with self._translate_errors():
            description = self._client.describe_index(self._name, "vector")
        return description["index_type"], int(description.get("nlist", 0))

    def _build_index(self, index_plan: tuple[str, int]) -> None:
        with self._translate_errors():
            self._client.release_collection(self._name)
            self._client.drop_index(self._name, "vector")
            self._client.create_index(
                self._name, _build_index_parameters(self._client, self.settings, *index_plan)
            )
            self._client.load_collection(self._name)

    def _server_name(self) -> str:
        return "Milvus Lite" if self._is_lite() else "Milvus"

    def _is_lite(self) -> bool:
        return "lite" in str(self._client.get_server_version())

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Translate errors of Milvus."""
        from pymilvus import MilvusException

        try:
            yield
        except MilvusException as error:
            raise VectorIndexError(f"{self._place}: {error.message}") from error


def _parse_place(place: str) -> tuple[str, str]:
    address, separator, name = place.removeprefix(MILVUS_PREFIX).rpartition("#")
    if not separator or not address or not name:
        raise InvalidInput(f"{place}: an index in Milvus is named milvus:ADDRESS#COLLECTION")
    return address, name


def _connect(address: str) -> Any:
    try:
        from pymilvus import MilvusClient, MilvusException
    except ImportError:
        raise InvalidInput(f"Milvus needs its client: {format_install_command('milvus')}") from None
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # It prints what it also raises.
    try:
        return MilvusClient(address)
    except (MilvusException, ImportError, OSError) as error:
        raise VectorIndexError(f"{address}: Milvus cannot be reached: {error}") from error


def _make_collection(client: Any, name: str, settings: IndexSettings) -> None:
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=MAX_ID_BYTES)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=settings.dimensions)
    schema.add_field("metadata", DataType.JSON)
    client.create_collection(
        name,
        schema=schema,
        index_params=_build_index_parameters(client, settings, _EXACT_KIND, 0),
        consistency_level="Strong",
        properties={_SETTINGS_PROPERTY: settings.model_dump_json()},
    )


def _build_index_parameters(client: Any, settings: IndexSettings, kind: str, cells: int) -> Any:
    codes = next(
        m
        for m in range(max(1, settings.dimensions // _NUMBERS_PER_CODE), 0, -1)
        if settings.dimensions % m == 0
    )
    details: dict[str, int] = {"nlist": cells} if cells else {}
    if kind == "IVF_PQ":
        details["m"] = codes
    parameters = client.prepare_index_params()
    parameters.add_index(
        "vector", index_type=kind, metric_type=_METRICS[settings.distance], params=details
    )
    return parameters


def _read_vector(row: Mapping[str, Any]) -> Float32Array:
    return np.asarray(row["vector"], np.float32)


def _build_filter(where: Where | None) -> str:
    """Build a filter for Milvus. Lite knows no ``in`` for JSON, so alternatives are spelt out."""
    groups = []
    for key, values in parse_conditions(where):
        field = f"metadata[{_to_literal(key)}]"
        tests = [f"{field} == {_to_literal(value)}" for value in values] or ["id == ''"]
        groups.append("(" + " or ".join(tests) + ")")
    return " and ".join(groups)


def _to_literal(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)
