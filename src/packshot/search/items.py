"""Items, queries and answers of a vector index, and checks of them."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from packshot.arrays import Float32Array
from packshot.errors import InvalidInput

Metadata = Mapping[str, Any]
Value = str | int | bool
Where = Mapping[str, Value | Sequence[Value]]
"""Conditions on metadata, all of which must hold: by key the value wanted, or several to choose from."""

MAX_ID_BYTES = 1024
"""Bytes of UTF-8 in an id, at most: what the primary key of a Milvus collection is declared to hold."""

_MAX_NUMBER = 1e15
"""Of a number in a vector: squares of larger ones would not fit single precision."""


class Distance(StrEnum):
    """Distance between vectors; 0 for equal ones, larger for less alike.

    Example:
        >>> import numpy as np
        >>> from packshot.search import create_index
        >>> for distance in Distance:
        ...     settings = IndexSettings(dimensions=2, distance=distance)
        ...     with create_index(f"{distance}.index", settings) as index:
        ...         index.add([Item("mug", np.array([3.0, 4.0]))])
        ...         print(distance, f"{index.query([[1.0, 0.0]])[0][0].distance:.2f}")
        euclidean 4.47
        cosine 0.40
    """

    EUCLIDEAN = "euclidean"
    COSINE = "cosine"


class Precision(StrEnum):
    """Precision of stored vectors. Half takes half the disk and keeps three digits.

    Example:
        >>> import numpy as np
        >>> {precision.value: np.dtype(precision).itemsize for precision in Precision}  # bytes a number
        {'float32': 4, 'float16': 2}
    """

    SINGLE = "float32"
    HALF = "float16"


class IndexSettings(BaseModel):
    """Settings of an index, for its whole life.

    Attributes:
        dimensions: Of a vector.
        model: Fingerprint of what makes the vectors; those of others are refused.
        distance: Between vectors.
        kind: "exact", "pq", "ivf-pq", or a sentence for faiss, such as "PCAR64,IVF256,PQ32x4fs"; None to
            follow from the number of vectors.
        precision: Of the vectors kept on disk.

    Example:
        >>> settings = IndexSettings(dimensions=1280, precision="float16")
        >>> settings.distance.value, settings.precision.value
        ('cosine', 'float16')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimensions: int = Field(ge=1, le=65536)
    model: str = ""
    distance: Distance = Distance.COSINE
    kind: str | None = None
    precision: Precision = Precision.SINGLE


@dataclass(frozen=True, eq=False)
class Item:
    """One vector with what is known about it.

    Attributes:
        id: The user's own name for it, 1 to 1024 bytes of UTF-8.
        vector: (D,) finite, and not all zero where the distance is cosine. None in an update that
            changes the metadata only.
        metadata: Anything that JSON can hold, by name.

    Example:
        >>> import numpy as np
        >>> item = Item("mug", np.array([0.6, 0.8], np.float32), {"seller": "potter"})
        >>> check_items("add", [item], IndexSettings(dimensions=2))["mug"].shape
        (2,)
    """

    id: str
    vector: Float32Array | None
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """An answer to a query.

    Attributes:
        id: Of the item found.
        distance: From the query: Euclidean 0 and up, cosine 0..2.
        metadata: Of the item.

    Example:
        >>> hit = Hit("mug", distance=0.04, metadata={"seller": "potter"})
        >>> f"{hit.id}: {1 - hit.distance:.2f}"  # The cosine, where that is the distance.
        'mug: 0.96'
    """

    id: str
    distance: float
    metadata: Metadata


def check_ids(ids: Sequence[str]) -> list[str]:
    """Check that each id is fit to be one and none is there twice; return them.

    Raises:
        InvalidInput: Which one is not, and why.

    Example:
        >>> check_ids(["mug", "lamp"])
        ['mug', 'lamp']
        >>> check_ids(["mug", "mug"])
        Traceback (most recent call last):
        ...
        packshot.errors.InvalidInput: 'mug' appears twice in one batch
    """
    for item_id in ids:
        if (
            not isinstance(item_id, str)
            or not 1 <= len(item_id.encode("utf-8", "replace")) <= MAX_ID_BYTES
        ):
            raise InvalidInput(f"{item_id!r:.60}: an id is text of 1 to {MAX_ID_BYTES} bytes")
        if not _is_valid_unicode(item_id):
            raise InvalidInput(f"{item_id!r:.60}: an id must be valid Unicode")
    if len(set(ids)) < len(ids):
        repeated_id = next(one for one in ids if ids.count(one) > 1)
        raise InvalidInput(f"{repeated_id!r:.60} appears twice in one batch")
    return list(ids)


def _is_valid_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_vectors(vectors: Any, settings: IndexSettings) -> Float32Array:
    """Check vectors, and return them as an index takes them.

    Args:
        vectors: (N, D) numbers.
        settings: Of the index.

    Returns:
        (N, D) float32, contiguous.

    Raises:
        InvalidInput: Another shape, numbers that are not finite or that the index's precision cannot
            hold, a vector of zeros where the distance is cosine.

    Example:
        >>> check_vectors([[1, 2], [3, 4]], IndexSettings(dimensions=2)).dtype
        dtype('float32')
        >>> check_vectors([[0, 0]], IndexSettings(dimensions=2))
        Traceback (most recent call last):
        ...
        packshot.errors.InvalidInput: a vector of zeros has no direction: it cannot be compared by cosine
    """
    array = np.ascontiguousarray(vectors, np.float32)
    if array.ndim != 2 or array.shape[1] != settings.dimensions:
        raise InvalidInput(f"vectors of {settings.dimensions} numbers are needed, not {array.shape}")
    largest = min(_MAX_NUMBER, float(np.finfo(settings.precision.value).max))
    if array.size and not np.abs(array).max() <= largest:
        raise InvalidInput(
            f"vectors must be finite, and of no more than {largest:g} at {settings.precision}"
        )
    if (
        settings.distance is Distance.COSINE
        and not array.astype(settings.precision.value).any(axis=1).all()
    ):
        raise InvalidInput("a vector of zeros has no direction: it cannot be compared by cosine")
    return array


def check_items(
    operation: str, items: Sequence[Item], settings: IndexSettings
) -> dict[str, Float32Array]:
    """Check items; return the vectors, rounded as they are stored, of those that have one, by id.

    Args:
        operation: To be done with them: "add", "update" or "put"; only updates may leave vectors out.
        items: Of different ids.
        settings: Of the index.

    Raises:
        InvalidInput: A vector that is missing, or that the index cannot take.

    Example:
        >>> import numpy as np
        >>> settings = IndexSettings(dimensions=1, precision="float16")
        >>> vectors = check_items("put", [Item("mug", np.array([0.1]))], settings)
        >>> float(vectors["mug"][0])  # Rounded to half precision.
        0.0999755859375
    """
    with_vector = [item for item in items if item.vector is not None]
    if operation != "update" and len(with_vector) < len(items):
        raise InvalidInput("an item without a vector can only update one that is there")
    if not with_vector:
        return {}
    try:
        stacked = np.stack([np.asarray(item.vector, np.float32) for item in with_vector])
    except ValueError as error:
        raise InvalidInput(f"vectors of one length are needed: {error}") from error
    stored_vectors = check_vectors(stacked, settings).astype(settings.precision.value).astype(np.float32)
    return dict(zip((item.id for item in with_vector), stored_vectors, strict=True))


def check_presence(operation: str, ids: Sequence[str], existing_ids: Container[str]) -> None:
    """Raise `InvalidInput` for what is there already and is added, or is not there and is updated.

    Example:
        >>> check_presence("put", ["mug"], existing_ids={"mug"})
        >>> check_presence("add", ["mug"], existing_ids={"mug"})
        Traceback (most recent call last):
        ...
        packshot.errors.InvalidInput: 'mug' is there already: update it
    """
    wrong_ids = {
        "add": [name for name in ids if name in existing_ids],
        "update": [name for name in ids if name not in existing_ids],
    }.get(operation, [])
    if wrong_ids:
        state = "is there already: update it" if operation == "add" else "is not there: add it"
        raise InvalidInput(f"{wrong_ids[0]!r} {state}")


def metadata_to_json(metadata: Metadata) -> str:
    """Serialise metadata as one line of JSON.

    Raises:
        InvalidInput: What JSON cannot hold.

    Example:
        >>> metadata_to_json({"seller": "陶", "pieces": 2})
        '{"seller":"陶","pieces":2}'
    """
    try:
        text = json.dumps(dict(metadata), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"metadata that JSON cannot hold: {error}") from error
    return text


def parse_conditions(where: Where | None) -> list[tuple[str, list[Value]]]:
    """Parse conditions into keys and the values that will do, in the order of the keys.

    Raises:
        InvalidInput: A condition on something that is not text, a whole number, or true or false.

    Example:
        >>> parse_conditions({"type": ["mug", "cup"], "pieces": 2})
        [('pieces', [2]), ('type', ['mug', 'cup'])]
    """
    return [
        (key, _parse_values(key, allowed_values))
        for key, allowed_values in sorted((where or {}).items())
    ]


def _parse_values(key: str, allowed_values: Value | Sequence[Value]) -> list[Value]:
    values: list[Value] = []
    if isinstance(allowed_values, Sequence) and not isinstance(allowed_values, str):
        values.extend(allowed_values)
    else:
        values.append(allowed_values)
    if not all(isinstance(value, str | int) for value in values):
        raise InvalidInput(f"a filter on {key!r} takes text, whole numbers, true or false")
    return values
