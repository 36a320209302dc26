"""From the photos of a product to their order: each is opened once, and asked everything."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, tee
from pathlib import Path

from packshot.assess.assessor import ASSESSMENT_SIDE, Assessor, make_failed_assessment
from packshot.assess.observation import Observation
from packshot.assess.pool import AssessorSettings
from packshot.assess.retrieval import normalise_rows
from packshot.catalog.rank.candidate import RankCandidate
from packshot.catalog.rank.comparing import PhotoVersion, resize_for_comparison
from packshot.catalog.rank.copies import PhotoFeatures, find_copies
from packshot.catalog.rank.order import rank_candidates
from packshot.catalog.rank.products import Product
from packshot.catalog.rank.screening import ScreeningSettings
from packshot.catalog.rank.tones import compute_highest_tone, compute_histogram_unevenness
from packshot.errors import PhotoCrashed, UnreadablePhoto
from packshot.photo import Photo, PhotoSource
from packshot.processes import DEFAULT_TIME_LIMIT_S, map_in_order
from packshot.report import Assessment, Ranking
from packshot.search.duplicates.signature import compute_pixel_digest
from packshot.search.duplicates.view import PhotoView
from packshot.sources import LocalCopies, LocalCopy

_PRISTINE_KIND = "pristine"


@dataclass(frozen=True)
class RankSettings:
    """Settings of ranking, the same in every process.

    Attributes:
        assessor: The assessor; with `AssessorSettings.emotion` emotion counts.
        screening: By which policy; None for none.

    Example:
        >>> from datetime import date
        >>> settings = RankSettings(screening=ScreeningSettings("ebay", date(2026, 1, 1)))
        >>> "watermark" in settings.assessor_settings.overlays
        True
    """

    assessor: AssessorSettings = field(default_factory=AssessorSettings)
    screening: ScreeningSettings | None = None

    @property
    def assessor_settings(self) -> AssessorSettings:
        """The assessor that measures what the policy asks for, besides what it always does.

        Raises:
            PackshotError: The policy is unknown, or cannot be read.
        """
        overlays = () if self.screening is None else self.screening.overlays
        return replace(self.assessor, overlays=overlays)


@dataclass(frozen=True)
class FetchedProduct:
    """A product whose photos are on this machine, as far as they could be had.

    Attributes:
        product: The product.
        photos: A copy of each of its photos, in their order.
        crash_reasons: By location, why Packshot fails on a photo; such a photo is not opened.

    Example:
        >>> mug = Path("examples/photos/mug.jpg")
        >>> product = Product("M-1", ("mug.jpg",), "mug.jpg")
        >>> FetchedProduct(product, (LocalCopy("mug.jpg", mug),)).photos[0].error
        ''
    """

    product: Product
    photos: tuple[LocalCopy, ...]
    crash_reasons: Mapping[str, str] = field(default_factory=dict)


def rank_products(
    products: Iterable[Product],
    local_copies: LocalCopies,
    settings: RankSettings | None = None,
    *,
    workers: int = 0,
    timeout_s: float = DEFAULT_TIME_LIMIT_S,
) -> Generator[Ranking]:
    """Rank the photos of products, in order, as a stream.

    Memory holds a few products at a time, the disk copies of their photos: those of a product are given
    up when the next ranking is asked for.

    Args:
        products: A photo that cannot be read, or that is failed on, is told of in its order.
        local_copies: Gets the photos.
        settings: How to rank.
        workers: Processes; below 1 none is started.
        timeout_s: Seconds for one photo.

    Raises:
        PackshotError: The assessor or the policy cannot be built.

    Example:
        >>> from packshot.sources import Fetcher
        >>> photos = ("examples/photos/speaker-motion-blur.jpg", "examples/photos/speaker.jpg")
        >>> with LocalCopies(Fetcher()) as copies:
        ...     [ranking] = rank_products([Product("S-1", photos, photos[0])], copies)
        >>> Path(ranking.best).name, ranking.swap
        ('speaker.jpg', True)
    """
    job = _RankingJob(settings or RankSettings(), min(workers, 1), timeout_s)
    with closing(job.iter_rankings(_fetch_products(products, local_copies), workers)) as rankings:
        for result in rankings:
            ranking = result if isinstance(result, Ranking) else job.rank_without_crashing_photos(result)
            yield ranking
            local_copies.drop(photo.path for photo in ranking.order)


@dataclass(frozen=True)
class _FailedProduct:
    """A product whose ranking failed over one of its photos, or all of them together."""

    fetched_product: FetchedProduct
    reason: str


@dataclass(frozen=True)
class _RankingJob:
    """Ranking on processes.

    Attributes:
        settings: How to rank.
        retry_workers: Processes to look for the guilty on: one, or none where all is done here.
        timeout_s: Seconds for one photo.
    """

    settings: RankSettings
    retry_workers: int
    timeout_s: float

    def iter_rankings(
        self, products: Iterable[FetchedProduct], workers: int
    ) -> Generator[Ranking | _FailedProduct]:
        """Yield the ranking of each product, or why it failed."""
        yield from map_in_order(
            products,
            partial(_make_worker, self.settings),
            workers=workers,
            on_failure=_FailedProduct,
            timeout_s=lambda product: self.timeout_s * max(1, len(product.photos)),
        )

    def rank_without_crashing_photos(self, failure: _FailedProduct) -> Ranking:
        """Rank a product whose photos that fail on their own are set apart."""
        product, photos = failure.fetched_product.product, failure.fetched_product.photos
        single_photos = [
            FetchedProduct(replace(product, photos=(photo.location,), current=None), (photo,))
            for photo in photos
        ]
        results = zip(photos, self.iter_rankings(single_photos, self.retry_workers), strict=True)
        crash_reasons = {
            photo.location: result.reason
            for photo, result in results
            if isinstance(result, _FailedProduct)
        }
        (retry,) = self.iter_rankings(
            [replace(failure.fetched_product, crash_reasons=crash_reasons)], self.retry_workers
        )
        return retry if isinstance(retry, Ranking) else self._build_empty_ranking(retry)

    def _build_empty_ranking(self, failure: _FailedProduct) -> Ranking:
        """Build the ranking of a product that fails though none of its photos does alone."""
        product, screening = failure.fetched_product.product, self.settings.screening
        return rank_candidates(
            product.sku,
            [
                RankCandidate(
                    make_failed_assessment(PhotoCrashed(path, failure.reason)),
                    is_current=path == product.current,
                )
                for path in product.photos
            ],
            (),
            policy=None if screening is None else screening.name,
            language=self.settings.assessor.language,
        )


def _fetch_products(products: Iterable[Product], local_copies: LocalCopies) -> Iterator[FetchedProduct]:
    """Yield products with copies, fetched a little ahead of them."""
    products_to_fetch, products_to_yield = tee(products)
    fetched_copies = local_copies.fetch_all(
        location for product in products_to_fetch for location in product.photos
    )
    for product in products_to_yield:
        yield FetchedProduct(product, tuple(islice(fetched_copies, len(product.photos))))


def _make_worker(settings: RankSettings) -> Callable[[FetchedProduct], Ranking | _FailedProduct]:
    ranker = ProductRanker(settings)
    return lambda one: ranker.rank(one.product, one.photos, one.crash_reasons)


class ProductRanker:
    """Ranks products one at a time; loads the models once.

    Example:
        >>> photos = ("examples/photos/mug.jpg", "examples/photos/missing.jpg")
        >>> ranking = ProductRanker().rank(Product("M-1", photos, photos[1]))
        >>> Path(ranking.best).name, ranking.swap
        ('mug.jpg', True)
    """

    def __init__(self, settings: RankSettings | None = None) -> None:
        """Load the models.

        Raises:
            PackshotError: The assessor or the policy cannot be built.
        """
        self._settings = settings or RankSettings()
        screening = self._settings.screening
        self._assessor = self._settings.assessor_settings.build_assessor()
        self._policy = None if screening is None else screening.name
        self._screen_photo = None if screening is None else screening.load_screen()

    def rank(
        self,
        product: Product,
        photos: Sequence[LocalCopy] | None = None,
        crash_reasons: Mapping[str, str] | None = None,
    ) -> Ranking:
        """Look at every photo of a product and put them in order.

        Args:
            product: The product.
            photos: A copy of each of its photos, in their order; None where they are paths.
            crash_reasons: See `FetchedProduct`.
        """
        if photos is None:
            photos = [LocalCopy(path, Path(path)) for path in product.photos]
        loaded = [
            self._load_features(photo, (crash_reasons or {}).get(photo.location)) for photo in photos
        ]
        copy_analysis = find_copies([photo for photo in loaded if isinstance(photo, PhotoFeatures)])
        candidates = [
            self._build_candidate(product, path, photo, copy_analysis.log_odds.get(path))
            for path, photo in zip(product.photos, loaded, strict=True)
        ]
        return rank_candidates(
            product.sku,
            candidates,
            copy_analysis.pairs,
            policy=self._policy,
            language=self._settings.assessor.language,
        )

    def _load_features(self, photo: LocalCopy, crash_reason: str | None) -> PhotoFeatures | Assessment:
        if crash_reason is not None:
            return make_failed_assessment(PhotoCrashed(photo.location, crash_reason))
        if photo.error:
            return make_failed_assessment(UnreadablePhoto(photo.location, photo.error))
        try:
            features = extract_features(self._assessor, photo.path)
        except UnreadablePhoto as error:
            return make_failed_assessment(UnreadablePhoto(photo.location, error.reason))
        assessment = features.assessment.model_copy(update={"path": photo.location})
        return replace(features, assessment=assessment)

    def _build_candidate(
        self, product: Product, path: str, photo: PhotoFeatures | Assessment, log_odds: float | None
    ) -> RankCandidate:
        is_current = path == product.current
        if not isinstance(photo, PhotoFeatures):
            return RankCandidate(photo, is_current=is_current)
        histogram_unevenness = photo.version.histogram_unevenness
        candidate = RankCandidate(
            photo.assessment,
            is_current=is_current,
            log_odds=log_odds,
            histogram_unevenness=histogram_unevenness,
        )
        if self._screen_photo is None:
            return candidate
        screening = self._screen_photo(photo.assessment, product)
        return replace(candidate, decision=screening.decision, failures=screening.failures)


def extract_features(
    assessor: Assessor, source: PhotoSource, *, exclude_group: str | None = None
) -> PhotoFeatures:
    """Open a photo once and ask everything that ranking needs.

    Args:
        assessor: Judges it.
        source: A path, the bytes of a file, or a binary file object.
        exclude_group: See `Assessor.assess`.

    Raises:
        UnreadablePhoto: The input cannot be decoded.

    Example:
        >>> features = extract_features(AssessorSettings().build_assessor(), "examples/photos/mug.jpg")
        >>> features.version.picture.shape, 0 < features.assessment.score < 100
        ((384, 384, 3), True)
    """
    photo = Photo.open(source, limits=assessor.limits, max_side=ASSESSMENT_SIDE)
    observation = assessor.observe(photo)
    assessment = assessor.assess_observation(observation, exclude_group=exclude_group)
    return PhotoFeatures(
        assessment=assessment,
        digest=compute_pixel_digest(photo.pixels),
        content=normalise_rows(observation.encoding.content),
        version=_build_version(observation, assessment, assessor.encoders.kinds),
        view=PhotoView.from_photo(photo),
    )


def _build_version(
    observation: Observation, assessment: Assessment, kinds: Sequence[str]
) -> PhotoVersion:
    facts, enlargement = (
        observation.photo.facts,
        observation.photo_measurements.value("enlargement") or 1.0,
    )
    return PhotoVersion(
        score=assessment.score or 0.0,
        undamaged=float(observation.encoding.kinds[kinds.index(_PRISTINE_KIND)]),
        damage_level=observation.encoding.level,
        histogram_unevenness=compute_histogram_unevenness(observation.photo.pixels),
        highest_tone=compute_highest_tone(observation.photo.pixels),
        effective_side=max(facts.width, facts.height) / max(enlargement, 1.0),
        picture=resize_for_comparison(observation.photo.pixels),
    )
