"""The assessor: one photo in, one `Assessment` out, with everything it rests on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from packshot.assess.advice import finding
from packshot.assess.atlas import Atlas, Example
from packshot.assess.inspection import Inspector
from packshot.assess.learned import likely_damage, recognised
from packshot.assess.observation import Observation, observe
from packshot.assess.retrieval import RetrievalOptions
from packshot.assess.scoring import evidence, judge
from packshot.encode import Code, Encoders
from packshot.errors import AtlasError, UnreadablePhoto
from packshot.measure.limits import exceeded
from packshot.measure.overlay import in_order
from packshot.photo import Limits, Photo, PhotoSource
from packshot.report import Assessment, Distortion, Emotion, Finding, Severity, Status

JUDGED_SIDE = 1024
"""Photos are judged at the size a product page shows them: the long side in pixels."""

EVIDENCE_SHOWN = 8
DISTORTIONS_SHOWN = 3
_SMALLEST_PROBABILITY = 0.1
_BATCH = 8

ReadEmotion = Callable[[Photo], Emotion]
"""Reads the emotion of a photo that is decoded already: see `packshot.emotion`."""


class Assessor:
    """Judges photos against an atlas of rated examples.

    Loads the models once; after that `assess` neither reads nor keeps anything but the photo.
    The same photo gets the same score in every batch, process and thread count.
    """

    def __init__(
        self,
        atlas: Atlas | None = None,
        *,
        options: RetrievalOptions | None = None,
        language: str = "en",
        threads: int = 1,
        limits: Limits | None = None,
        emotion: ReadEmotion | None = None,
        overlays: Iterable[str] = (),
    ) -> None:
        """Load the encoders, and the shipped atlas where none is given.

        Args:
            atlas: Rated examples; must have been made with the same encoders.
            options: How evidence is retrieved and combined.
            language: Of findings: ``en`` or ``zh``.
            threads: Threads for the networks.
            limits: What to refuse before decoding.
            emotion: Reads the photo's emotion besides, such as ``EmotionReader().read_photo``; None
                costs nothing.
            overlays: Measured besides: keys of `packshot.report.OVERLAYS`.

        Raises:
            AtlasError: The atlas was made with other encoders.
            InvalidInput: An unknown overlay.
        """
        self.encoders = Encoders.packaged(threads)
        self.inspector = Inspector.packaged(threads)
        self.overlays = in_order(overlays)
        self.atlas = Atlas.default() if atlas is None else atlas
        self.options = RetrievalOptions() if options is None else options
        self.language = language
        self.limits = Limits() if limits is None else limits
        self.emotion = emotion
        require_same_encoders(self.atlas, self.encoders)

    def assess(self, source: PhotoSource, *, exclude_group: str | None = None) -> Assessment:
        """Judge one photo.

        Args:
            source: A path, the bytes of a file, a binary file, a Pillow image or an array: see
                `packshot.photo.PhotoSource`.
            exclude_group: A group of the atlas that must not serve as evidence: the photo's own
                original.

        Raises:
            UnreadablePhoto: The input cannot be decoded.
        """
        photo = Photo.open(source, limits=self.limits, max_side=JUDGED_SIDE)
        return self.assess_photo(photo, exclude_group=exclude_group)

    def assess_photo(
        self, photo: Photo, *, exclude_group: str | None = None, brief: bool = False
    ) -> Assessment:
        """Judge a photo that is decoded already; see `assess` and `assess_observed`."""
        return self.assess_observed(self.observe(photo), exclude_group=exclude_group, brief=brief)

    def observe(self, photo: Photo) -> Observation:
        """All that is measured and encoded of a photo; `assess_observed` judges it."""
        return self._observed([photo])[0]

    def assess_observed(
        self, observed: Observation, *, exclude_group: str | None = None, brief: bool = False
    ) -> Assessment:
        """Judge a photo that was observed already, with this assessor's encoders; see `assess`.

        Args:
            observed: The photo.
            exclude_group: See `assess`.
            brief: Leave out the evidence and the damage map, for those who keep neither.
        """
        photo, measured, code = observed.photo, observed.measured, observed.code
        verdict = judge(self.atlas, code.content, code.distortion, self.options, exclude_group)
        emotion = None if self.emotion is None else self.emotion(photo)
        return Assessment(
            path=photo.name,
            status=Status.OK,
            score=round(verdict.score, 2),
            grade=verdict.grade,
            percentile=_rounded(verdict.percentile, 1),
            reference=self.atlas.header.reference,
            confidence=round(verdict.confidence, 3),
            facts=photo.facts,
            product=measured.product_region,
            measurements=observed.measurements,
            distortions=self._distortions(code),
            damage_map=() if brief else measured.damage,
            findings=self._findings(observed),
            evidence=() if brief else evidence(self.atlas, verdict.retrieved, EVIDENCE_SHOWN),
            emotion=emotion,
            models=self.models | ({} if emotion is None else emotion.models),
        )

    def assess_many(self, sources: Iterable[PhotoSource]) -> Iterator[Assessment]:
        """Judge a stream of photos in order; what is no photo becomes a row that says so."""
        remaining = iter(sources)
        while batch := list(islice(remaining, _BATCH)):
            opened = [self._open(source) for source in batch]
            photos = [photo for photo in opened if isinstance(photo, Photo)]
            observed = iter(self._observed(photos))
            for photo in opened:
                if isinstance(photo, Photo):
                    yield self.assess_observed(next(observed))
                else:
                    yield photo

    def encode(self, source: PhotoSource, score: float, origin: str, name: str | None = None) -> Example:
        """A rated photo as an atlas example, its own group.

        Args:
            source: The photo.
            score: 0..100, larger is better.
            origin: Where the rating came from, in a few words.
            name: Label; the path by default.

        Raises:
            UnreadablePhoto: The input cannot be decoded.
        """
        photo = Photo.open(source, limits=self.limits, max_side=JUDGED_SIDE)
        code = observe(self.encoders, [photo])[0].code
        label = name or photo.name
        return Example(label, label, code.content, code.distortion, score, origin)

    def add(self, examples: list[Example]) -> None:
        """Let the assessor's own copy of the atlas grow; the next answer uses it."""
        self.atlas = self.atlas.add(examples)

    def _observed(self, photos: Sequence[Photo]) -> list[Observation]:
        return observe(self.encoders, photos, self.inspector, self.overlays)

    def _open(self, source: PhotoSource) -> Photo | Assessment:
        try:
            return Photo.open(source, limits=self.limits, max_side=JUDGED_SIDE)
        except UnreadablePhoto as error:
            return unreadable(error)

    def _distortions(self, code: Code) -> tuple[Distortion, ...]:
        """The likeliest kinds; of those that look alike the likeliest, for all of them."""
        level = round(min(max(code.level, 0.0), 5.0), 2)
        return tuple(
            Distortion(kind=one.kind.value, probability=round(one.probability, 3), level=level)
            for one in likely_damage(code, self.encoders.kinds)[:DISTORTIONS_SHOWN]
            if one.probability >= _SMALLEST_PROBABILITY
        )

    def _findings(self, observed: Observation) -> tuple[Finding, ...]:
        """What exceeded a limit, what the network recognised, what the file says; worst first."""
        language = self.language
        outside = exceeded(observed.measured)
        found = [
            finding(e.code, e.severity, e.measurement, e.value, e.limit, e.region, language)
            for e in outside
        ]
        said = frozenset(one.code for one in outside)
        found += [
            finding(one.code, one.severity, None, round(one.level, 1), None, None, language)
            for one in recognised(observed.code, self.encoders.kinds, self.encoders.limits, said)
        ]
        found += [
            finding(code, Severity.INFO, None, None, None, None, language)
            for code in file_findings(observed.photo)
        ]
        order = list(Severity)
        return tuple(sorted(found, key=lambda item: order.index(item.severity)))

    @property
    def models(self) -> dict[str, str]:
        """Fingerprints of all that it judges and measures by, but for emotions."""
        content, distortion = self.encoders.fingerprints
        atlas = f"{self.atlas.header.name} {self.atlas.digest}".strip()
        named = {"content": content, "distortion": distortion, "atlas": atlas}
        return named | self.inspector.fingerprints(self.overlays)


def file_findings(photo: Photo) -> list[str]:
    """Codes of what the file itself, apart from its picture, gives reason to say."""
    facts = photo.facts
    conditions = {
        "animated": facts.animated,
        "had-alpha": facts.has_alpha,
        "location-data": facts.had_location,
        "extension-mismatch": not facts.extension_matches,
        "not-srgb": facts.icc_profile is not None and "srgb" not in facts.icc_profile.lower(),
    }
    return [code for code, holds in conditions.items() if holds]


def unreadable(error: UnreadablePhoto) -> Assessment:
    """The row for a photo that there is no assessment of."""
    return Assessment(path=os.fspath(error.name), status=Status(error.status), error=error.reason)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def require_same_encoders(atlas: Atlas, encoders: Encoders) -> None:
    """Raise `AtlasError` where an atlas was made with other encoders than those."""
    made_with = (atlas.header.content_model, atlas.header.distortion_model)
    if made_with != encoders.fingerprints:
        raise AtlasError(
            f"the atlas {atlas.header.name} was made with the encoders {made_with}, this "
            f"installation has {encoders.fingerprints}: build it again with `packshot atlas build`"
        )
