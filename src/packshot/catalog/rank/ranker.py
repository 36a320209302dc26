"""From the photos of a product to their order: each is opened once, and asked everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from packshot.assess.assessor import JUDGED_SIDE, unreadable
from packshot.assess.observation import Observation, observe
from packshot.assess.pool import AssessorSettings
from packshot.catalog.rank.candidate import Candidate
from packshot.catalog.rank.comparing import Version, picture_of
from packshot.catalog.rank.copies import Looked, find_copies
from packshot.catalog.rank.order import rank
from packshot.catalog.rank.products import Product
from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from packshot.processes import in_order
from packshot.report import Assessment, Ranking
from packshot.search.duplicates.signature import pixel_digest
from packshot.search.duplicates.view import View

_BATCH = 1
_UNDAMAGED = "pristine"


@dataclass(frozen=True)
class Screened:
    """What a policy says of a photo.

    Attributes:
        verdict: ``pass``, ``warn``, ``fail`` or ``manual``.
        failures: What it fails, or is warned of, in words.
    """

    verdict: str
    failures: tuple[str, ...] = ()


Screen = Callable[[Assessment, Product], Screened]


@dataclass(frozen=True)
class RankSettings:
    """What it takes to rank in the same way in every process.

    Attributes:
        assessor: The assessor; with `AssessorSettings.emotion` emotion counts.
        policy: Name of a policy; None for none.
        screen: Makes, in each process, what screens by that policy; must be picklable.
    """

    assessor: AssessorSettings = field(default_factory=AssessorSettings)
    policy: str | None = None
    screen: Callable[[], Screen] | None = None


def rank_products(
    products: Iterable[Product], settings: RankSettings | None = None, *, workers: int = 1
) -> Iterator[Ranking]:
    """Rank the photos of products, in order, as a stream; memory holds a few products at a time.

    Args:
        products: A photo that cannot be read is told of in its product's order.
        settings: How to rank.
        workers: Processes; below 2 none is started.

    Raises:
        PackshotError: The assessor or the policy cannot be built.
    """
    make = partial(_worker, settings or RankSettings())
    yield from in_order(products, make, processes=workers, batch=_BATCH)


def _worker(settings: RankSettings) -> Callable[[list[Product]], list[Ranking]]:
    ranker = ProductRanker(settings)
    return lambda products: [ranker.rank(product) for product in products]


class ProductRanker:
    """Ranks products one at a time; loads the models once."""

    def __init__(self, settings: RankSettings | None = None) -> None:
        """Load the models.

        Raises:
            PackshotError: The assessor or the policy cannot be built.
        """
        self._settings = settings or RankSettings()
        self._assessor = self._settings.assessor.assessor()
        self._screen = None if self._settings.screen is None else self._settings.screen()

    def rank(self, product: Product) -> Ranking:
        """Look at every photo of a product and put them in order."""
        looked = [self._look(path) for path in product.photos]
        copies = find_copies([photo for photo in looked if isinstance(photo, Looked)])
        assessments = [photo.assessment if isinstance(photo, Looked) else photo for photo in looked]
        candidates = [
            self._candidate(product, path, assessment, copies.merits.get(path))
            for path, assessment in zip(product.photos, assessments, strict=True)
        ]
        return rank(
            product.sku,
            candidates,
            copies.links,
            policy=self._settings.policy,
            language=self._settings.assessor.language,
        )

    def _look(self, path: str) -> Looked | Assessment:
        try:
            photo = Photo.open(path, limits=self._assessor.limits, max_side=JUDGED_SIDE)
        except UnreadablePhoto as error:
            return unreadable(error)
        observed = observe(self._assessor.encoders, [photo])[0]
        assessment = self._assessor.assess_observed(observed)
        content = observed.code.content
        return Looked(
            assessment=assessment,
            digest=pixel_digest(photo.pixels),
            content=content / max(float(np.linalg.norm(content)), 1e-9),
            version=_version(observed, assessment, self._assessor.encoders.kinds),
            view=View.of(photo),
        )

    def _candidate(
        self, product: Product, path: str, assessment: Assessment, merit: float | None
    ) -> Candidate:
        candidate = Candidate(assessment, present=path == product.present, merit=merit)
        if self._screen is None or not candidate.readable:
            return candidate
        screened = self._screen(assessment, product)
        return replace(candidate, verdict=screened.verdict, failures=screened.failures)


def _version(observed: Observation, assessment: Assessment, kinds: Sequence[str]) -> Version:
    facts, enlarged = observed.photo.facts, observed.measured.value("upscaling") or 1.0
    return Version(
        score=assessment.score or 0.0,
        undamaged=float(observed.code.kinds[kinds.index(_UNDAMAGED)]),
        level=observed.code.level,
        side=max(facts.width, facts.height) / max(enlarged, 1.0),
        picture=picture_of(observed.photo.pixels),
    )
