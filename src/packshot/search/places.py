"""Places of indexes: a folder, or a collection of a Milvus server or file."""

from __future__ import annotations

import os
from pathlib import Path

from packshot.errors import WrongModel
from packshot.search.embedded import EmbeddedIndex
from packshot.search.index import VectorIndex
from packshot.search.items import IndexSettings
from packshot.search.milvus import MILVUS_PREFIX, MilvusIndex
from packshot.search.planning import check_kind


def create_index(place: str | os.PathLike[str], settings: IndexSettings) -> VectorIndex:
    """Make an empty index and open it for writing.

    Args:
        place: A folder; or "milvus:" with the address of a server or a file of Milvus Lite, "#" and the
            name of a collection, such as ``milvus:http://localhost:19530#photos``.
        settings: What it is for its whole life.

    Raises:
        InvalidInput: A kind of index that there is not.
        VectorIndexError: There is one already, or the place cannot be written to.

    Example:
        >>> with create_index("photos.index", IndexSettings(dimensions=64)) as index:
        ...     index.count(), index.describe()
        (0, 'embedded, exact over 0 vectors')
    """
    check_kind(settings.kind, settings.dimensions)
    if _is_in_milvus(place):
        return MilvusIndex.create(str(place), settings)
    return EmbeddedIndex.create(Path(place), settings)


def open_index(
    place: str | os.PathLike[str], *, writable: bool = False, model: str | None = None
) -> VectorIndex:
    """Open an index that exists.

    Args:
        place: See `create_index`.
        writable: For writing too: one writer at a time.
        model: Fingerprint of the model that queries or new vectors come from; None where there is none.

    Raises:
        WrongModel: The index was made with another model.
        VectorIndexError: No index there, or it is damaged, or another process writes to it.

    Example:
        >>> create_index("photos.index", IndexSettings(dimensions=64, model="c0ffee")).close()
        >>> with open_index("photos.index", model="c0ffee") as index:
        ...     index.settings.dimensions
        64
    """
    index: VectorIndex = (
        MilvusIndex(str(place))
        if _is_in_milvus(place)
        else EmbeddedIndex(Path(place), writable=writable)
    )
    try:
        check_model(index, model)
    except WrongModel:
        index.close()
        raise
    return index


def exists(place: str | os.PathLike[str]) -> bool:
    """Return whether there is an index at a place, whole or not; see `create_index`.

    Example:
        >>> create_index("photos.index", IndexSettings(dimensions=64)).close()
        >>> exists("photos.index"), exists("other.index")
        (True, False)
    """
    return MilvusIndex.exists(str(place)) if _is_in_milvus(place) else EmbeddedIndex.exists(Path(place))


def check_model(index: VectorIndex, model: str | None) -> None:
    """Raise `WrongModel` where the index's vectors come from another model.

    Example:
        >>> with create_index("photos.index", IndexSettings(dimensions=64, model="ab")) as index:
        ...     try:
        ...         check_model(index, "cd")
        ...     except WrongModel as error:
        ...         print(error)
        this index holds vectors of the model ab, not of cd: index the photos again
    """
    if model is not None and model != index.settings.model:
        raise WrongModel(
            f"this index holds vectors of the model {index.settings.model or '(none named)'}, "
            f"not of {model}: index the photos again"
        )


def _is_in_milvus(place: str | os.PathLike[str]) -> bool:
    return str(place).startswith(MILVUS_PREFIX)
