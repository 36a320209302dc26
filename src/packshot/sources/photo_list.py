"""The photos that a user's arguments name, in whatever form, as files of this machine."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Final, Self
from urllib.parse import unquote, urlsplit

from packshot.errors import FetchError, InvalidInput, SourceError
from packshot.names import NotAFile, escape_undecodable
from packshot.report.listing import Listing
from packshot.sources.feed import FeedRow, is_table, read_feed
from packshot.sources.fetching import Fetcher, location_to_path
from packshot.sources.folders import iter_photos_below
from packshot.sources.local_copies import LocalCopies
from packshot.sources.paths import NamedPhoto, find_files, name_in_table, name_standard_input
from packshot.sources.roles import MAIN
from packshot.sources.standard_input import STANDARD_INPUT, find_photo_file, make_labelled_path
from packshot.sources.urls import (
    FILE_SCHEMES,
    WRITTEN_INTO_FEED,
    is_data_address,
    is_remote,
    scheme_of,
)

_UNSAFE: Final = re.compile(r"[^\w.() +@=,-]+")
_MAX_PART_LETTERS: Final = 80
"""Letters of a folder or file that is named by a part of an address: of three bytes each they fit any
file system, which allow 255."""


@dataclass(frozen=True, slots=True)
class InputPhoto(NamedPhoto):
    """A photo that was asked for.

    Attributes:
        location: As it is called in results: its path, or its address.
        role: That the feed gives it; of several that of the main photo.
        category: Of the product.
        seller: Of the product.
        copies: What fetches it; None for a file of this machine.

    Example:
        >>> photo = InputPhoto(Path("mug.jpg"), Path("mug.jpg"), "mug.jpg", role="main")
        >>> photo.role, photo.copies
        ('main', None)
    """

    location: str = ""
    role: str = ""
    category: str = ""
    seller: str = ""
    copies: LocalCopies | None = None

    @property
    def is_remote(self) -> bool:
        """True if it has to be fetched."""
        return self.copies is not None


class PhotoList:
    """Photos, each once, in the order of the arguments; what lies elsewhere is fetched when it is used.

    Example:
        >>> with PhotoList(["examples/photos/mug.jpg"]) as photos:
        ...     [path.name for path in photos.fetch()]
        ['mug.jpg']
    """

    def __init__(
        self,
        inputs: Iterable[str | os.PathLike[str]],
        *,
        columns: Mapping[str, str] | None = None,
        fetcher: Fetcher | None = None,
        standard_input: bool = False,
    ) -> None:
        """List the photos; nothing is fetched yet but feeds.

        Args:
            inputs: Files, folders, glob patterns, and all that `read_feed` takes: tables, object stores,
                URLs; a file that is neither a table nor called like a photo is taken for a photo.
            columns: Names of columns by field, for all tables.
            fetcher: What fetches; another one allows private addresses, for instance.
            standard_input: ``-`` is the photo that comes through standard input; else it is refused.

        Raises:
            SourceError: An input that names nothing, or a table that cannot be read.
            InvalidInput: A table without a column of photos.
        """
        self._fetcher = fetcher or Fetcher()
        self._columns = columns
        self._standard_input = standard_input
        self._stack = ExitStack()
        self._copies_by_feed: dict[str, LocalCopies] = {}
        self._listings: IO[str] | None = None
        self.photos: list[InputPhoto] = []
        try:
            self._read(inputs)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was fetched."""
        self._stack.close()

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def local_paths(self) -> list[Path]:
        """The files of this machine, which no output may replace."""
        return [photo.path for photo in self.photos if not photo.is_remote]

    def fetch(self, photos: Sequence[InputPhoto] | None = None) -> Generator[Path]:
        """Yield the files of photos, in their order; they are fetched a little ahead.

        A file that could not be had is a `NotAFile`, which tells why.

        Args:
            photos: Of this list, in its order; None for all.
        """
        chosen = self.photos if photos is None else photos
        with ExitStack() as stack:
            streams = {
                copies: stack.enter_context(closing(copies.fetch_all(_list_locations(chosen, copies))))
                for copies in self._copies_by_feed.values()
            }
            for photo in chosen:
                if photo.copies is None:
                    yield photo.path
                    continue
                copy = next(streams[photo.copies])
                yield NotAFile(photo.location, copy.error) if copy.error else photo.path

    def drop(self, photo: InputPhoto) -> None:
        """Remove the copy of a photo that is not needed any more."""
        if photo.copies is not None:
            photo.copies.drop([photo.location])

    def find_file(self, location: str) -> Path:
        """Find the file of a photo by what results call it; one that was not fetched is not there."""
        for copies in self._copies_by_feed.values():
            if not copies.is_local_file(location) and (path := copies.path(location)).exists():
                return path
        return find_photo_file(location)

    def iter_listings(self) -> Iterator[Listing | None]:
        """Yield what feeds say of each photo; None for one that no feed names."""
        if self._listings is None:
            yield from (None for _ in self.photos)
            return
        self._listings.seek(0)
        for line in islice(self._listings, len(self.photos)):
            yield Listing.model_validate_json(line) if line.strip() else None

    def _read(self, inputs: Iterable[str | os.PathLike[str]]) -> None:
        number_by_key: dict[str, int] = {}
        for argument in inputs:
            for photo, listing in self._iter_photos(os.fspath(argument)):
                key = photo.location if photo.is_remote else os.path.abspath(photo.path)
                number = number_by_key.setdefault(key, len(self.photos))
                if number == len(self.photos):
                    self.photos.append(photo)
                    self._keep_listing(listing)
                elif photo.role == MAIN:
                    self.photos[number] = _make_main(self.photos[number], photo)

    def _iter_photos(self, argument: str) -> Iterator[tuple[InputPhoto, Listing | None]]:
        if argument == STANDARD_INPUT:
            yield _plain(name_standard_input(self._standard_input)), None
        elif is_remote(argument):
            yield from self._iter_feed(argument)
        else:
            yield from self._iter_local(str(location_to_path(argument)))

    def _iter_local(self, argument: str) -> Iterator[tuple[InputPhoto, Listing | None]]:
        if os.path.isdir(argument):
            for path in iter_photos_below(Path(argument)):
                yield _plain(NamedPhoto(path, path.relative_to(argument))), None
            return
        for path in find_files(argument):
            if is_table(path) and os.path.isfile(path) and _is_really_table(path, self._columns):
                yield from self._iter_feed(str(path))
            else:
                yield _plain(NamedPhoto(path, Path(path.name))), None

    def _iter_feed(self, feed: str) -> Iterator[tuple[InputPhoto, Listing | None]]:
        for row in read_feed(feed, self._columns, self._fetcher):
            yield self._make_photo(feed, row), _make_listing(row) if is_table(feed) else None

    def _make_photo(self, feed: str, row: FeedRow) -> InputPhoto:
        facts = (row.location, row.role, row.category, row.seller)
        if not row.location:
            where = f"{feed}, line {row.line}"
            return InputPhoto(
                NotAFile(where, "no path in this row"), _name_row(where, feed), where, *facts[1:]
            )
        if "\0" in row.location:
            folder = os.path.join(os.path.dirname(feed), "")
            shown = row.location.removeprefix(folder).replace("\0", r"\0")
            path = NotAFile(shown, "not a path: it holds a null character")
            return InputPhoto(path, _name_row(shown, feed), shown, *facts[1:])
        if scheme_of(row.location) in FILE_SCHEMES and not is_remote(feed):
            return self._make_local_photo(feed, row)
        copies = self._get_copies(feed)
        path = make_labelled_path(str(copies.path(row.location)), row.location)
        return InputPhoto(path, _name_address(row.location), *facts, copies)

    def _make_local_photo(self, feed: str, row: FeedRow) -> InputPhoto:
        try:
            path = location_to_path(row.location)
        except FetchError as error:
            path = NotAFile(row.location, error.reason)
        if is_data_address(row.location):
            path = NotAFile(row.location, WRITTEN_INTO_FEED)
        name = name_in_table(path, Path(feed).parent)
        return InputPhoto(path, name, str(path), row.role, row.category, row.seller)

    def _get_copies(self, feed: str) -> LocalCopies:
        if feed not in self._copies_by_feed:
            fetcher = self._fetcher.with_feed_restrictions(feed)
            self._copies_by_feed[feed] = self._stack.enter_context(LocalCopies(fetcher))
        return self._copies_by_feed[feed]

    def _keep_listing(self, listing: Listing | None) -> None:
        """Keep what a feed says of a photo on the disk: descriptions are long."""
        if self._listings is None:
            if listing is None:
                return
            file = tempfile.TemporaryFile("w+", encoding="utf-8", prefix="packshot-")  # noqa: SIM115
            self._listings = self._stack.enter_context(file)
            self._listings.write("\n" * (len(self.photos) - 1))
        self._listings.write(("" if listing is None else listing.model_dump_json()) + "\n")


def expand(inputs: Iterable[str | os.PathLike[str]], *, standard_input: bool = False) -> Iterator[Path]:
    """Yield the paths that `expand_with_names` finds.

    Example:
        >>> [path.name for path in expand(["examples/photos/stool*.jpg", "examples/photos/mug.jpg"])]
        ['stool-low-light.jpg', 'mug.jpg']
    """
    return (found.path for found in expand_with_names(inputs, standard_input=standard_input))


def expand_with_names(
    inputs: Iterable[str | os.PathLike[str]], *, standard_input: bool = False
) -> Iterator[NamedPhoto]:
    """Yield the photos of this machine that a user's arguments name, as `PhotoList` lists them.

    Paths in a table are taken even where no such file exists. A row without a path, or with an address,
    is a `NotAFile`: opening it tells why.

    Args:
        inputs: As `PhotoList` takes them.
        standard_input: Likewise.

    Raises:
        SourceError: An input that names nothing, or a table that cannot be read.
        InvalidInput: A table without a column of photos.

    Example:
        >>> found = list(expand_with_names(["examples/photos/mug.jpg", "examples"]))
        >>> found[0].name.as_posix(), found[1].name.as_posix()
        ('mug.jpg', 'photos/bowl-small-off-centre.jpg')
    """
    with PhotoList(inputs, standard_input=standard_input) as photos:
        for photo in photos.photos:
            if photo.is_remote:
                address = NotAFile(photo.location, "is an address; packshot audit fetches those")
                yield NamedPhoto(address, photo.name)
            else:
                yield NamedPhoto(photo.path, photo.name)


def _list_locations(photos: Sequence[InputPhoto], copies: LocalCopies) -> Iterator[str]:
    return (photo.location for photo in photos if photo.copies is copies)


def _plain(photo: NamedPhoto) -> InputPhoto:
    label = str(getattr(photo.path, "label", "")) or str(photo.path)
    return InputPhoto(photo.path, photo.name, label)


def _make_main(known: InputPhoto, photo: InputPhoto) -> InputPhoto:
    """A photo that is the main one of any product is held to be one."""
    category = photo.category or known.category
    return InputPhoto(known.path, known.name, known.location, MAIN, category, known.seller, known.copies)


def _make_listing(row: FeedRow) -> Listing:
    names = ("sku", "title", "description", "role", "category", "seller", "label")
    return Listing(**{name: escape_undecodable(getattr(row, name)) for name in names})


def _is_really_table(path: Path, columns: Mapping[str, str] | None) -> bool:
    """Return whether a file is a table; of plain texts only those with a column of photos are."""
    if path.suffix.lower() != ".txt" or columns:
        return True
    try:
        return next(iter(read_feed(path)), None) is not None
    except (InvalidInput, SourceError):
        return False


def _name_row(where: str, feed: str) -> Path:
    """Name what is in no file as no photo is named."""
    return name_in_table(NotAFile(where), Path(feed).parent)


def _name_address(location: str) -> Path:
    """Name a file after an address: host and folders as in it, and what tells addresses apart."""
    parts = urlsplit(location)
    folders = [part for part in PurePosixPath(unquote(parts.path)).parts if part not in ("/", "..", ".")]
    names = [
        _UNSAFE.sub("_", part)[-_MAX_PART_LETTERS:].strip(". ") or "_"
        for part in (parts.netloc, *folders)
    ]
    name = PurePosixPath(names[-1])
    if parts.query or any(len(part) > _MAX_PART_LETTERS for part in folders):
        digest = hashlib.blake2b(escape_undecodable(location).encode(), digest_size=4).hexdigest()
        name = PurePosixPath(f"{name.stem}-{digest}{name.suffix}")
    return Path(*names[:-1], name)
