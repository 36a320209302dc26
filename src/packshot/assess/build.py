"""Building an atlas from photos that people rated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from packshot.assess.assessor import JUDGED_SIDE
from packshot.assess.atlas import Atlas, Example
from packshot.assess.observation import observe
from packshot.assess.ratings import RatedPhoto
from packshot.encode import Encoders
from packshot.errors import AtlasError, PhotoCrashed, UnreadablePhoto
from packshot.photo import Photo
from packshot.processes import DEFAULT_TIME_LIMIT, in_order

Encoded = Example | UnreadablePhoto
Watch = Callable[[Iterable[Encoded], int], Iterator[Encoded]]
"""Shows progress: takes the results to come and how many there will be, and passes them on."""


@dataclass(frozen=True)
class Built:
    """A new atlas and what could not go into it.

    Attributes:
        atlas: The atlas.
        unreadable: Path and reason of each photo that was left out.
    """

    atlas: Atlas
    unreadable: tuple[tuple[str, str], ...]


def build_atlas(
    photos: Sequence[RatedPhoto],
    name: str,
    origin: str,
    *,
    workers: int = 0,
    time_limit: float = DEFAULT_TIME_LIMIT,
    watch: Watch = lambda encoded, _total: iter(encoded),
) -> Built:
    """Encode rated photos, each its own group.

    Args:
        photos: Files and scores; unreadable files are left out and reported.
        name: Of the atlas.
        origin: Where the ratings came from, in a few words.
        workers: Processes; below 1 none is started.
        time_limit: Seconds for one photo.
        watch: Shows progress.

    Raises:
        AtlasError: Not one photo could be read.
    """
    with closing(
        in_order(
            photos,
            partial(_worker, origin),
            processes=workers,
            failed=_crashed,
            time_limit=time_limit,
        )
    ) as encoded:
        found = list(watch(encoded, len(photos)))
    examples = [one for one in found if isinstance(one, Example)]
    if not examples:
        raise AtlasError(f"none of the {len(photos)} rated photos can be read")
    sizes = (len(examples[0].content), len(examples[0].distortion))
    atlas = Atlas.empty(name, Encoders.packaged().fingerprints, sizes).add(examples)
    left_out = [(one.name, one.reason) for one in found if isinstance(one, UnreadablePhoto)]
    return Built(atlas, tuple(left_out))


def encode_rated(rated: RatedPhoto, origin: str, time_limit: float = DEFAULT_TIME_LIMIT) -> Example:
    """A rated photo as an example, its own group; encoded in a process of its own.

    Args:
        rated: The photo and its score.
        origin: Where the rating came from, in a few words.
        time_limit: Seconds.

    Raises:
        UnreadablePhoto: It cannot be decoded, or Packshot failed on it.
    """
    (found,) = in_order(
        [rated], partial(_worker, origin), processes=1, failed=_crashed, time_limit=time_limit
    )
    if isinstance(found, UnreadablePhoto):
        raise found
    return found


def _worker(origin: str) -> Callable[[RatedPhoto], Encoded]:
    return partial(_encoded, Encoders.packaged(), origin)


def _encoded(encoders: Encoders, origin: str, rated: RatedPhoto) -> Encoded:
    try:
        photo = Photo.open(rated.path, max_side=JUDGED_SIDE)
    except UnreadablePhoto as error:
        return error
    code = observe(encoders, [photo])[0].code
    label = str(rated.path)
    return Example(label, label, code.content, code.distortion, rated.score, origin)


def _crashed(rated: RatedPhoto, reason: str) -> Encoded:
    return PhotoCrashed(str(rated.path), reason)
