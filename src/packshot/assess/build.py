"""Building an atlas from photos that people rated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from packshot.assess.assessor import JUDGED_SIDE
from packshot.assess.atlas import Atlas, Example
from packshot.assess.observation import observe
from packshot.assess.ratings import RatedPhoto
from packshot.encode import Encoders
from packshot.errors import AtlasError, UnreadablePhoto
from packshot.photo import Photo

_BATCH = 16


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
    photos: Sequence[RatedPhoto], name: str, origin: str, encoders: Encoders | None = None
) -> Built:
    """Encode rated photos, each its own group.

    Args:
        photos: Files and scores; unreadable files are left out and reported.
        name: Of the atlas.
        origin: Where the ratings came from, in a few words.
        encoders: Those that ship, if None.

    Raises:
        AtlasError: Not one photo could be read.
    """
    used = Encoders.packaged() if encoders is None else encoders
    unreadable: list[tuple[str, str]] = []
    examples = list(_examples(photos, origin, used, unreadable))
    if not examples:
        raise AtlasError(f"none of the {len(photos)} rated photos can be read")
    sizes = (len(examples[0].content), len(examples[0].distortion))
    atlas = Atlas.empty(name, used.fingerprints, sizes).add(examples)
    return Built(atlas, tuple(unreadable))


def _examples(
    photos: Sequence[RatedPhoto],
    origin: str,
    encoders: Encoders,
    unreadable: list[tuple[str, str]],
) -> Iterator[Example]:
    remaining = iter(photos)
    while batch := list(islice(remaining, _BATCH)):
        opened: list[tuple[RatedPhoto, Photo]] = []
        for rated in batch:
            try:
                opened.append((rated, Photo.open(rated.path, max_side=JUDGED_SIDE)))
            except UnreadablePhoto as error:
                unreadable.append((error.name, error.reason))
        observed = observe(encoders, [photo for _, photo in opened])
        for (rated, _), one in zip(opened, observed, strict=True):
            label = str(rated.path)
            yield Example(label, label, one.code.content, one.code.distortion, rated.score, origin)
