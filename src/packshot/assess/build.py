"""Building of an atlas from photos that people rated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.assess.atlas import Atlas, Example, make_own_example
from packshot.assess.observation import observe
from packshot.assess.ratings import RatedPhoto
from packshot.encode import Encoders
from packshot.errors import AtlasError, PhotoCrashed, UnreadablePhoto
from packshot.photo import Photo
from packshot.processes import DEFAULT_TIME_LIMIT_S, map_in_order

EncodingResult = Example | UnreadablePhoto
ProgressCallback = Callable[[Iterable[EncodingResult], int], Iterator[EncodingResult]]
"""Shows progress: takes the results to come and how many there will be, and passes them on."""


@dataclass(frozen=True)
class AtlasBuild:
    """A new atlas and what could not go into it.

    Attributes:
        atlas: The atlas.
        unreadable: Path and reason of each photo that was left out.

    Example:
        >>> import numpy as np
        >>> atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2))
        >>> build = AtlasBuild(atlas, unreadable=(("lost.jpg", "is not there"),))
        >>> [path for path, _ in build.unreadable]
        ['lost.jpg']
    """

    atlas: Atlas
    unreadable: tuple[tuple[str, str], ...]


def build_atlas(
    photos: Sequence[RatedPhoto],
    name: str,
    origin: str,
    *,
    encoder: Path | None = None,
    workers: int = 0,
    timeout_s: float = DEFAULT_TIME_LIMIT_S,
    progress: ProgressCallback = lambda encoded, _total: iter(encoded),
) -> AtlasBuild:
    """Encode rated photos, each its own group.

    Args:
        photos: Files and scores; unreadable files are left out and reported.
        name: Of the atlas.
        origin: Where the ratings came from, in a few words.
        encoder: Folder of other encoders that it is made with; None for those that ship.
        workers: Processes; below 1 none is started.
        timeout_s: Seconds for one photo.
        progress: Shows progress.

    Raises:
        AtlasError: Not one photo could be read.

    Example:
        >>> from pathlib import Path
        >>> folder = Path("examples/photos")
        >>> photos = [RatedPhoto(folder / "mug.jpg", 84.0), RatedPhoto(folder / "lost.jpg", 10.0)]
        >>> build = build_atlas(photos, name="mine", origin="my ratings")
        >>> len(build.atlas.scores), build.unreadable[0][0]
        (1, 'examples/photos/lost.jpg')
    """
    with closing(
        map_in_order(
            photos,
            partial(_make_worker, origin, encoder),
            workers=workers,
            on_failure=_make_crash_error,
            timeout_s=timeout_s,
        )
    ) as stream:
        results = list(progress(stream, len(photos)))
    examples = [one for one in results if isinstance(one, Example)]
    if not examples:
        raise AtlasError(f"none of the {len(photos)} rated photos can be read")
    sizes = (len(examples[0].content), len(examples[0].distortion))
    fingerprints = Encoders.load(encoder).fingerprints
    atlas = Atlas.create_empty(name, fingerprints, sizes).with_examples(examples)
    failures = [(one.name, one.reason) for one in results if isinstance(one, UnreadablePhoto)]
    return AtlasBuild(atlas, tuple(failures))


def encode_rated_photo(
    rated_photo: RatedPhoto,
    origin: str,
    timeout_s: float = DEFAULT_TIME_LIMIT_S,
    encoder: Path | None = None,
) -> Example:
    """Encode a rated photo as an example, its own group, in a process of its own.

    Args:
        rated_photo: The photo and its score.
        origin: Where the rating came from, in a few words.
        timeout_s: Seconds.
        encoder: Folder of other encoders; None for those that ship.

    Raises:
        UnreadablePhoto: It cannot be decoded, or Packshot failed on it.

    Example:
        >>> from pathlib import Path
        >>> example = encode_rated_photo(RatedPhoto(Path("examples/photos/mug.jpg"), 84.0), "my ratings")
        >>> example.group, example.score
        ('examples/photos/mug.jpg', 84.0)
    """
    (result,) = map_in_order(
        [rated_photo],
        partial(_make_worker, origin, encoder),
        workers=1,
        on_failure=_make_crash_error,
        timeout_s=timeout_s,
    )
    if isinstance(result, UnreadablePhoto):
        raise result
    return result


def _make_worker(origin: str, encoder: Path | None) -> Callable[[RatedPhoto], EncodingResult]:
    return partial(_encode, Encoders.load(encoder), origin)


def _encode(encoders: Encoders, origin: str, rated_photo: RatedPhoto) -> EncodingResult:
    try:
        photo = Photo.open(rated_photo.path, max_side=ASSESSMENT_SIDE)
    except UnreadablePhoto as error:
        return error
    encoding = observe(encoders, [photo])[0].encoding
    return make_own_example(str(rated_photo.path), encoding, rated_photo.score, origin)


def _make_crash_error(rated_photo: RatedPhoto, reason: str) -> EncodingResult:
    return PhotoCrashed(str(rated_photo.path), reason)
