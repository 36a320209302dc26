"""Photos of commands that take any: files, folders, feeds, addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from packshot.cli.fetching import FetchAccess
from packshot.errors import InvalidInput
from packshot.report import Assessment, Emotion, Enhancement
from packshot.sources import InputPhoto, PhotoList

Result = TypeVar("Result", Assessment, Emotion, Enhancement)


@dataclass(frozen=True)
class FeedOptions:
    """Options of reading feeds; see the commands' options of these names.

    Attributes:
        columns: Names of columns by field.
        access: Who may be asked for photos.
    """

    columns: Mapping[str, str]
    access: FetchAccess

    def list_photos(self, inputs: Iterable[str], *, standard_input: bool = False) -> PhotoList:
        """List the photos that arguments name.

        Args:
            inputs: As the user gave them.
            standard_input: Whether ``-`` is one.

        Raises:
            PackshotError: An argument that names nothing, or a feed that cannot be read.
        """
        return PhotoList(
            inputs, columns=self.columns, fetcher=self.access.fetcher, standard_input=standard_input
        )


def make_feed_options(
    columns: Sequence[str] | None,
    retries: int,
    allow_private: bool,
    ports: Sequence[int] | None,
    store_credentials: bool,
) -> FeedOptions:
    """Make the options of reading feeds from a command's.

    Raises:
        InvalidInput: A column that is not written as NAME=COLUMN.
    """
    access = FetchAccess(retries, allow_private, tuple(ports or ()), store_credentials)
    return FeedOptions(parse_columns(columns), access)


def parse_columns(columns: Sequence[str] | None) -> dict[str, str]:
    """Parse names of columns by field.

    Raises:
        InvalidInput: One that is not written as NAME=COLUMN.

    Example:
        >>> parse_columns(["sku=Item No", "image=Photo"])
        {'sku': 'Item No', 'image': 'Photo'}
    """
    return dict(map(_parse_column, columns or ()))


def add_listings(
    photos: PhotoList, results: Iterable[Result], chosen: Sequence[InputPhoto] | None = None
) -> Iterator[Result]:
    """Add to each result what the feed says of its photo; give up the photo's copy after it.

    Args:
        photos: What was asked for.
        results: Of them, in their order.
        chosen: Those that the results are of, where they are not of all.
    """
    if chosen is None:
        for photo, listing, result in zip(photos.photos, photos.iter_listings(), results, strict=False):
            yield result if listing is None else result.model_copy(update={"listing": listing})
            photos.drop(photo)
        return
    wanted = {id(photo) for photo in chosen}
    pairs = zip(photos.photos, photos.iter_listings(), strict=True)
    told = ((photo, listing) for photo, listing in pairs if id(photo) in wanted)
    for (photo, listing), result in zip(told, results, strict=False):
        yield result if listing is None else result.model_copy(update={"listing": listing})
        photos.drop(photo)


def _parse_column(text: str) -> tuple[str, str]:
    field_name, separator, column_name = text.partition("=")
    if not separator or not field_name.strip() or not column_name.strip():
        raise InvalidInput(f"--columns {text}: write Packshot's name, =, and yours, such as sku=ITEM_NO")
    return field_name.strip(), column_name.strip()
