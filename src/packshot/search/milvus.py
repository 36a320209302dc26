"""A vector index in Milvus: on a server for many machines, or in a file of Milvus Lite."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from packshot.arrays import Float32Array
from packshot.distribution import how_to_install
from packshot.errors import InvalidInput, VectorIndexError
from packshot.search.index import DEFAULT_ANSWERS, VectorIndex, Write
from packshot.search.items import (
    MOST_ID_BYTES,
    Distance,
    Hit,
    IndexSettings,
    Item,
    Value,
    Where,
    alternatives,
    checked_ids,
    checked_items,
    checked_vectors,
    metadata_text,
    require_presence,
)
from packshot.search.planning import NAMED_KINDS, cells_for, plan
from packshot.search.ranking import exact_distances

PREFIX = "milvus:"

_SETTINGS = "packshot.index"
_METRICS = {Distance.EUCLIDEAN: "L2", Distance.COSINE: "COSINE"}
_ROWS_A_CALL = 1000
_MOST_ANSWERS = 16_384
_EXACT = "FLAT"
_NUMBERS_A_CODE = 4
_CELLS_A_PROBE = 8


class MilvusIndex(VectorIndex):
    """See `VectorIndex`. A batch of more than 1 000 items travels in parts, each whole or not at all.

    Milvus takes care of durability and of many writers. One setting names the index: "ivf-pq" and "pq"
    are IVF_PQ on a server and IVF_SQ8 in Milvus Lite, which has no product quantisation; `describe`
    says which.
    """

    def __init__(self, place: str) -> None:
        """Open an index; see `packshot.search.create_index` for places.

        Raises:
            VectorIndexError: No server, or no such index on it.
        """
        self._place = place
        address, self._name = _parts(place)
        self._client = _connected(address)
        try:
            with self._said():
                if not self._client.has_collection(self._name):
                    raise VectorIndexError(f"{place}: no index there")
                told = self._client.describe_collection(self._name)
                self._client.load_collection(self._name)
            text = told.get("properties", {}).get(_SETTINGS)
            if text is None:
                raise VectorIndexError(f"{place}: a collection that Packshot did not make")
            self.settings = IndexSettings.model_validate_json(text)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def exists(place: str) -> bool:
        """Whether there is a collection at a place."""
        address, name = _parts(place)
        client = _connected(address)
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
        address, name = _parts(place)
        client = _connected(address)
        try:
            _make_collection(client, name, settings)
        finally:
            client.close()
        return cls(place)

    def delete(self, ids: Sequence[str]) -> int:
        """See `VectorIndex.delete`."""
        there = list(self._rows(ids, ["id"]))
        with self._said():
            for start in range(0, len(there), _ROWS_A_CALL):
                self._client.delete(self._name, ids=there[start : start + _ROWS_A_CALL])
        return len(there)

    def get(self, ids: Sequence[str]) -> list[Item | None]:
        """See `VectorIndex.get`."""
        rows = self._rows(ids, ["vector", "metadata"])
        items = {name: Item(name, _vector(row), row["metadata"]) for name, row in rows.items()}
        return [items.get(name) for name in ids]

    def count(self, where: Where | None = None) -> int:
        """See `VectorIndex.count`."""
        with self._said():
            told = self._client.query(self._name, filter=_expression(where), output_fields=["count(*)"])
        return int(told[0]["count(*)"])

    def ids(self) -> Iterator[str]:
        """See `VectorIndex.ids`."""
        with self._said():
            pages = self._client.query_iterator(
                self._name, batch_size=_ROWS_A_CALL, output_fields=["id"]
            )
            while page := pages.next():
                yield from (row["id"] for row in page)
            pages.close()

    def query(
        self, vectors: Any, k: int = DEFAULT_ANSWERS, where: Where | None = None
    ) -> list[list[Hit]]:
        """See `VectorIndex.query`; candidates come with their vectors, so that distances are exact."""
        if k < 1:
            raise InvalidInput(f"{k} answers: ask for 1 at least")
        queries = checked_vectors(vectors, self.settings)
        condition = _expression(where)
        if not len(queries):
            return []
        with self._said():
            found = self._client.search(
                self._name,
                queries,
                limit=min(4 * k + 32, _MOST_ANSWERS),
                filter=condition,
                search_params={"params": self._search_parameters()},
                output_fields=["vector", "metadata"],
            )
        return [self._ranked(query, rows, k) for query, rows in zip(queries, found, strict=True)]

    def flush(self) -> None:
        """See `VectorIndex.flush`."""
        with self._said():
            self._client.flush(self._name)
        wanted = self._wanted()
        if wanted != self._built():
            self._build(wanted)

    def compact(self) -> None:
        """See `VectorIndex.compact`; a server gives back room in its own time."""
        with self._said():
            self._client.flush(self._name)
        self._build(self._wanted())

    def describe(self) -> str:
        """See `VectorIndex.describe`."""
        kind, cells = self._built()
        told = f", {cells} cells" if cells else ""
        return f"{self._server()}, {kind} over {self.count()} vectors{told}"

    def close(self) -> None:
        """See `VectorIndex.close`."""
        self._client.close()

    def _take(self, what: Write, items: Sequence[Item]) -> None:
        ids = checked_ids([item.id for item in items])
        for item in items:
            metadata_text(item.metadata)
        there = self._rows(ids, ["vector"] if what == "update" else ["id"])
        require_presence(what, ids, there)
        vectors = checked_items(what, items, self.settings)
        kept = {name: _vector(row) for name, row in there.items() if "vector" in row}
        rows = [
            {
                "id": item.id,
                "vector": vectors.get(item.id, kept.get(item.id)),
                "metadata": dict(item.metadata),
            }
            for item in items
        ]
        with self._said():
            for start in range(0, len(rows), _ROWS_A_CALL):
                self._client.upsert(self._name, rows[start : start + _ROWS_A_CALL])

    def _rows(self, ids: Sequence[str], fields: list[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        names = list(dict.fromkeys(ids))
        with self._said():
            for start in range(0, len(names), _ROWS_A_CALL):
                some = names[start : start + _ROWS_A_CALL]
                rows = self._client.get(self._name, ids=some, output_fields=fields)
                found |= {row["id"]: row for row in rows}
        return found

    def _ranked(self, query: Float32Array, rows: Sequence[Mapping[str, Any]], k: int) -> list[Hit]:
        if not rows:
            return []
        vectors = np.stack([_vector(row["entity"]) for row in rows])
        apart = exact_distances(query, vectors, self.settings.distance)
        best = np.argsort(apart, kind="stable")[:k]
        return [Hit(rows[n]["id"], float(apart[n]), rows[n]["entity"]["metadata"]) for n in best]

    def _search_parameters(self) -> dict[str, int]:
        _, cells = self._built()
        return {"nprobe": max(1, cells // _CELLS_A_PROBE, min(cells, 16))} if cells else {}

    def _wanted(self) -> tuple[str, int]:
        """The kind of index that Milvus shall build, and its cells."""
        vectors = self.count()
        if plan(self.settings.kind, vectors, self.settings.dimensions) is None:
            return _EXACT, 0
        return ("IVF_SQ8" if self._is_lite() else "IVF_PQ"), cells_for(vectors)

    def _built(self) -> tuple[str, int]:
        with self._said():
            told = self._client.describe_index(self._name, "vector")
        return told["index_type"], int(told.get("nlist", 0))

    def _build(self, wanted: tuple[str, int]) -> None:
        with self._said():
            self._client.release_collection(self._name)
            self._client.drop_index(self._name, "vector")
            self._client.create_index(
                self._name, _index_parameters(self._client, self.settings, *wanted)
            )
            self._client.load_collection(self._name)

    def _server(self) -> str:
        return "Milvus Lite" if self._is_lite() else "Milvus"

    def _is_lite(self) -> bool:
        return "lite" in str(self._client.get_server_version())

    @contextmanager
    def _said(self) -> Iterator[None]:
        """What Milvus complains about, in our words."""
        from pymilvus import MilvusException

        try:
            yield
        except MilvusException as error:
            raise VectorIndexError(f"{self._place}: {error.message}") from error


def _parts(place: str) -> tuple[str, str]:
    address, mark, name = place.removeprefix(PREFIX).rpartition("#")
    if not mark or not address or not name:
        raise InvalidInput(f"{place}: an index in Milvus is named milvus:ADDRESS#COLLECTION")
    return address, name


def _connected(address: str) -> Any:
    try:
        from pymilvus import MilvusClient, MilvusException
    except ImportError:
        raise InvalidInput(f"Milvus needs its client: {how_to_install('milvus')}") from None
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # It prints what it also raises.
    try:
        return MilvusClient(address)
    except (MilvusException, ImportError, OSError) as error:
        raise VectorIndexError(f"{address}: no Milvus to be reached: {error}") from error


def _make_collection(client: Any, name: str, settings: IndexSettings) -> None:
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=MOST_ID_BYTES)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=settings.dimensions)
    schema.add_field("metadata", DataType.JSON)
    client.create_collection(
        name,
        schema=schema,
        index_params=_index_parameters(client, settings, _EXACT, 0),
        consistency_level="Strong",
        properties={_SETTINGS: settings.model_dump_json()},
    )


def _index_parameters(client: Any, settings: IndexSettings, kind: str, cells: int) -> Any:
    codes = next(
        m
        for m in range(max(1, settings.dimensions // _NUMBERS_A_CODE), 0, -1)
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


def _vector(row: Mapping[str, Any]) -> Float32Array:
    return np.asarray(row["vector"], np.float32)


def _expression(where: Where | None) -> str:
    """Conditions in Milvus's language. Lite knows no ``in`` for JSON, so alternatives are spelt out."""
    groups = []
    for key, values in alternatives(where):
        field = f"metadata[{_literal(key)}]"
        tests = [f"{field} == {_literal(value)}" for value in values] or ["id == ''"]
        groups.append("(" + " or ".join(tests) + ")")
    return " and ".join(groups)


def _literal(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)
