"""From the photos of a product to their order: each is opened once, and asked everything."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, tee
from pathlib import Path

from packshot.assess.assessor import JUDGED_SIDE, Assessor, unreadable
from packshot.assess.observation import Observation
from packshot.assess.pool import AssessorSettings
from packshot.assess.retrieval import unit_rows
from packshot.catalog.rank.candidate import Candidate
from packshot.catalog.rank.comparing import Version, picture_of
from packshot.catalog.rank.copies import Looked, find_copies
from packshot.catalog.rank.order import rank
from packshot.catalog.rank.products import Product
from packshot.catalog.rank.screening import Screening
from packshot.catalog.rank.tones import combing, highest_tone
from packshot.errors import PhotoCrashed, UnreadablePhoto
from packshot.photo import Photo, PhotoSource
from packshot.processes import DEFAULT_TIME_LIMIT, in_order
from packshot.report import Assessment, Ranking
from packshot.search.duplicates.signature import pixel_digest
from packshot.search.duplicates.view import View
from packshot.sources import LocalCopies, LocalCopy

_UNDAMAGED = "pristine"


@dataclass(frozen=True)
class RankSettings:
    """What it takes to rank in the same way in every process.

    Attributes:
        assessor: The assessor; with `AssessorSettings.emotion` emotion counts.
        screening: By which policy; None for none.
    """

    assessor: AssessorSettings = field(default_factory=AssessorSettings)
    screening: Screening | None = None

    @property
    def examining(self) -> AssessorSettings:
        """The assessor that measures what the policy asks for, besides what it always does.

        Raises:
            PackshotError: The policy is unknown, or cannot be read.
        """
        overlays = () if self.screening is None else self.screening.overlays
        return replace(self.assessor, overlays=overlays)


@dataclass(frozen=True)
class AtHand:
    """A product whose photos are on this machine, as far as they could be had.

    Attributes:
        product: The product.
        photos: A copy of each of its photos, in their order.
        crashes: By location, why Packshot fails on a photo; such a photo is not opened.
    """

    product: Product
    photos: tuple[LocalCopy, ...]
    crashes: Mapping[str, str] = field(default_factory=dict)


def rank_products(
    products: Iterable[Product],
    copies: LocalCopies,
    settings: RankSettings | None = None,
    *,
    workers: int = 0,
    time_limit: float = DEFAULT_TIME_LIMIT,
) -> Generator[Ranking]:
    """Rank the photos of products, in order, as a stream.

    Memory holds a few products at a time, the disk copies of their photos: those of a product are given
    up when the next ranking is asked for.

    Args:
        products: A photo that cannot be read, or that is failed on, is told of in its order.
        copies: Gets the photos.
        settings: How to rank.
        workers: Processes; below 1 none is started.
        time_limit: Seconds for one photo.

    Raises:
        PackshotError: The assessor or the policy cannot be built.
    """
    work = _Work(settings or RankSettings(), min(workers, 1), time_limit)
    with closing(work.done(_at_hand(products, copies), workers)) as rankings:
        for found in rankings:
            ranking = found if isinstance(found, Ranking) else work.without_the_guilty(found)
            yield ranking
            copies.drop(photo.path for photo in ranking.order)


@dataclass(frozen=True)
class _Lost:
    """A product whose ranking failed over one of its photos, or all of them together."""

    at_hand: AtHand
    reason: str


@dataclass(frozen=True)
class _Work:
    """Ranking on processes.

    Attributes:
        settings: How to rank.
        guard: Processes to look for the guilty on: one, or none where all is done here.
        time_limit: Seconds for one photo.
    """

    settings: RankSettings
    guard: int
    time_limit: float

    def done(self, products: Iterable[AtHand], workers: int) -> Generator[Ranking | _Lost]:
        """The ranking of each product, where it did not fail."""
        yield from in_order(
            products,
            partial(_worker, self.settings),
            processes=workers,
            failed=_Lost,
            time_limit=lambda product: self.time_limit * max(1, len(product.photos)),
        )

    def without_the_guilty(self, lost: _Lost) -> Ranking:
        """The ranking of a product whose photos that fail on their own are set apart."""
        product, photos = lost.at_hand.product, lost.at_hand.photos
        alone = [
            AtHand(replace(product, photos=(photo.location,), present=None), (photo,))
            for photo in photos
        ]
        found = zip(photos, self.done(alone, self.guard), strict=True)
        crashes = {photo.location: one.reason for photo, one in found if isinstance(one, _Lost)}
        (again,) = self.done([replace(lost.at_hand, crashes=crashes)], self.guard)
        return again if isinstance(again, Ranking) else self._nothing(again)

    def _nothing(self, lost: _Lost) -> Ranking:
        """The ranking of a product that fails though none of its photos does alone."""
        product, screening = lost.at_hand.product, self.settings.screening
        return rank(
            product.sku,
            [
                Candidate(unreadable(PhotoCrashed(path, lost.reason)), present=path == product.present)
                for path in product.photos
            ],
            (),
            policy=None if screening is None else screening.name,
            language=self.settings.assessor.language,
        )


def _at_hand(products: Iterable[Product], copies: LocalCopies) -> Iterator[AtHand]:
    """Products with copies, fetched a little ahead of them."""
    named, told = tee(products)
    found = copies.of(location for product in named for location in product.photos)
    for product in told:
        yield AtHand(product, tuple(islice(found, len(product.photos))))


def _worker(settings: RankSettings) -> Callable[[AtHand], Ranking | _Lost]:
    ranker = ProductRanker(settings)
    return lambda one: ranker.rank(one.product, one.photos, one.crashes)


class ProductRanker:
    """Ranks products one at a time; loads the models once."""

    def __init__(self, settings: RankSettings | None = None) -> None:
        """Load the models.

        Raises:
            PackshotError: The assessor or the policy cannot be built.
        """
        self._settings = settings or RankSettings()
        screening = self._settings.screening
        self._assessor = self._settings.examining.assessor()
        self._policy = None if screening is None else screening.name
        self._screen = None if screening is None else screening.screen()

    def rank(
        self,
        product: Product,
        photos: Sequence[LocalCopy] | None = None,
        crashes: Mapping[str, str] | None = None,
    ) -> Ranking:
        """Look at every photo of a product and put them in order.

        Args:
            product: The product.
            photos: A copy of each of its photos, in their order; None where they are paths.
            crashes: See `AtHand`.
        """
        if photos is None:
            photos = [LocalCopy(path, Path(path)) for path in product.photos]
        looked = [self._look(photo, (crashes or {}).get(photo.location)) for photo in photos]
        copies = find_copies([photo for photo in looked if isinstance(photo, Looked)])
        candidates = [
            self._candidate(product, path, photo, copies.merits.get(path))
            for path, photo in zip(product.photos, looked, strict=True)
        ]
        return rank(
            product.sku,
            candidates,
            copies.links,
            policy=self._policy,
            language=self._settings.assessor.language,
        )

    def _look(self, photo: LocalCopy, crash: str | None) -> Looked | Assessment:
        if crash is not None:
            return unreadable(PhotoCrashed(photo.location, crash))
        if photo.error:
            return unreadable(UnreadablePhoto(photo.location, photo.error))
        try:
            looked = look(self._assessor, photo.path)
        except UnreadablePhoto as error:
            return unreadable(UnreadablePhoto(photo.location, error.reason))
        named = looked.assessment.model_copy(update={"path": photo.location})
        return replace(looked, assessment=named)

    def _candidate(
        self, product: Product, path: str, photo: Looked | Assessment, merit: float | None
    ) -> Candidate:
        present = path == product.present
        if not isinstance(photo, Looked):
            return Candidate(photo, present=present)
        combed = photo.version.combed
        candidate = Candidate(photo.assessment, present=present, merit=merit, combed=combed)
        if self._screen is None:
            return candidate
        screened = self._screen(photo.assessment, product)
        return replace(candidate, verdict=screened.verdict, failures=screened.failures)


def look(assessor: Assessor, source: PhotoSource, *, exclude_group: str | None = None) -> Looked:
    """Open a photo once and ask everything that ranking needs.

    Args:
        assessor: Judges it.
        source: A path, the bytes of a file, or a binary file object.
        exclude_group: See `Assessor.assess`.

    Raises:
        UnreadablePhoto: The input cannot be decoded.
    """
    photo = Photo.open(source, limits=assessor.limits, max_side=JUDGED_SIDE)
    observed = assessor.observe(photo)
    assessment = assessor.assess_observed(observed, exclude_group=exclude_group)
    return Looked(
        assessment=assessment,
        digest=pixel_digest(photo.pixels),
        content=unit_rows(observed.code.content),
        version=_version(observed, assessment, assessor.encoders.kinds),
        view=View.of(photo),
    )


def _version(observed: Observation, assessment: Assessment, kinds: Sequence[str]) -> Version:
    facts, enlarged = observed.photo.facts, observed.measured.value("enlargement") or 1.0
    return Version(
        score=assessment.score or 0.0,
        undamaged=float(observed.code.kinds[kinds.index(_UNDAMAGED)]),
        level=observed.code.level,
        combed=combing(observed.photo.pixels),
        highest=highest_tone(observed.photo.pixels),
        side=max(facts.width, facts.height) / max(enlarged, 1.0),
        picture=picture_of(observed.photo.pixels),
    )
