"""From the photos of a product to their order: each is opened once, and asked everything."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
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
from packshot.errors import UnreadablePhoto
from packshot.photo import Photo, PhotoSource
from packshot.processes import in_order
from packshot.report import Assessment, Ranking
from packshot.search.duplicates.signature import pixel_digest
from packshot.search.duplicates.view import View
from packshot.sources import LocalCopies, LocalCopy

_BATCH = 1
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
    """

    product: Product
    photos: tuple[LocalCopy, ...]


def rank_products(
    products: Iterable[Product],
    copies: LocalCopies,
    settings: RankSettings | None = None,
    *,
    workers: int = 1,
) -> Generator[Ranking]:
    """Rank the photos of products, in order, as a stream.

    Memory holds a few products at a time, the disk copies of their photos: those of a product are given
    up when the next ranking is asked for.

    Args:
        products: A photo that cannot be read is told of in its product's order.
        copies: Gets the photos.
        settings: How to rank.
        workers: Processes; below 2 none is started.

    Raises:
        PackshotError: The assessor or the policy cannot be built.
    """
    chosen = settings or RankSettings()
    if workers > 1 and chosen.screening is not None:
        chosen.screening.screen()  # A broken policy is reported here, once, not by every process.
    make = partial(_worker, chosen)
    for ranking in in_order(_at_hand(products, copies), make, processes=workers, batch=_BATCH):
        yield ranking
        copies.drop(photo.path for photo in ranking.order)


def _at_hand(products: Iterable[Product], copies: LocalCopies) -> Iterator[AtHand]:
    """Products with copies, fetched a little ahead of them."""
    named, told = tee(products)
    found = copies.of(location for product in named for location in product.photos)
    for product in told:
        yield AtHand(product, tuple(islice(found, len(product.photos))))


def _worker(settings: RankSettings) -> Callable[[list[AtHand]], list[Ranking]]:
    ranker = ProductRanker(settings)
    return lambda together: [ranker.rank(one.product, one.photos) for one in together]


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

    def rank(self, product: Product, photos: Sequence[LocalCopy] | None = None) -> Ranking:
        """Look at every photo of a product and put them in order.

        Args:
            product: The product.
            photos: A copy of each of its photos, in their order; None where they are paths.
        """
        if photos is None:
            photos = [LocalCopy(path, Path(path)) for path in product.photos]
        looked = [self._look(photo) for photo in photos]
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

    def _look(self, photo: LocalCopy) -> Looked | Assessment:
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
