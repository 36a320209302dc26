"""The assessor: one photo in, one `Assessment` out, with everything it rests on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from packshot.assess.advice import build_finding
from packshot.assess.atlas import SHIPPED_ATLAS, Atlas, Example, make_own_example
from packshot.assess.causes import share_points
from packshot.assess.distortion_findings import estimate_damage, find_damage
from packshot.assess.inspection import Inspector
from packshot.assess.observation import Observation, observe
from packshot.assess.retrieval import RetrievalOptions
from packshot.assess.scoring import bound_grade, bound_score, build_evidence, compute_score
from packshot.assess.seen_faults import (
    DECIDED_BY_EYE,
    SeenFault,
    choose_faults,
    deny_faults,
    expect_losses,
    see_faults,
)
from packshot.encode import Encoders, PhotoEncoding
from packshot.errors import AtlasError, UnreadablePhoto
from packshot.measure.limits import find_exceeded_limits
from packshot.measure.overlay import sort_overlays
from packshot.photo import Limits, Photo, PhotoSource
from packshot.report import Assessment, Cause, Distortion, Emotion, Finding, Region, Severity, Status
from packshot.texts import load_texts

ASSESSMENT_SIDE = 1024
"""Pixels of the long side at which photos are judged, the size a product page shows them
(docs/decisions/0002-judged-at-viewing-size.md)."""

MAX_EVIDENCE = 8
"""Rated photos shown with a score, the heaviest of the 32 first. A judgement."""

MAX_DISTORTIONS = 3
"""Kinds of damage shown, the likeliest first. A judgement."""

_MIN_PROBABILITY = 0.1
"""Probability, 0..1, below which a kind of damage is not shown. A judgement; findings have limits of
their own (`distortion_findings`)."""

_PRODUCT_FAULTS = frozenset({"cut-off", "off-centre", "product-too-small", "tilted"})
"""Faults whose place is the product."""

_BATCH_SIZE = 8
"""Photos opened together by `assess_many`: bounds memory. Scores do not depend on it."""

EmotionFunction = Callable[[Photo], Emotion]
"""Reads the emotion of a photo that is decoded already: see `packshot.emotion`."""


class Assessor:
    """Judges photos against an atlas of rated examples.

    Loads the models once; after that `assess` neither reads nor keeps anything but the photo.
    The same photo gets the same score in every batch, process and thread count.

    Example:
        >>> paths = [f"examples/photos/{name}.jpg" for name in ("mug", "stool-low-light")]
        >>> good, dark = Assessor().assess_many(paths)
        >>> good.score > dark.score, dark.findings[0].code
        (True, 'too-dark')
    """

    def __init__(
        self,
        atlas: Atlas | str | os.PathLike[str] | None = None,
        *,
        options: RetrievalOptions | None = None,
        language: str = "en",
        threads: int = 1,
        limits: Limits | None = None,
        emotion: EmotionFunction | None = None,
        overlays: Iterable[str] = (),
        encoder: str | os.PathLike[str] | None = None,
        draws_map: bool = True,
    ) -> None:
        """Load the encoders, and the atlas that goes with them where none is given.

        Args:
            atlas: Rated examples, or their file; must have been made with the same encoders.
            options: How evidence is retrieved and combined.
            language: Of findings: ``en`` or ``zh``.
            threads: Threads for the networks.
            limits: What to refuse before decoding.
            emotion: Reads the photo's emotion besides, such as ``EmotionReader().read_photo``; None
                costs nothing.
            overlays: Measured besides: keys of `packshot.report.OVERLAYS`.
            encoder: Folder of other encoders and their atlas, such as the large ones
                (docs/large-encoder.md); None for those that ship.
            draws_map: Compute the damage map; False saves a tenth of the time.

        Raises:
            AtlasError: There is no atlas that can be read, or it was made with other encoders.
            InvalidInput: An unknown overlay or language.
            ModelError: An encoder cannot be loaded, or does not go with the other.
        """
        load_texts(language)  # Refused here, not at the first photo with a finding.
        self.encoders = Encoders.load(encoder, threads)
        self.inspector = Inspector.load_shipped(threads)
        self.overlays = sort_overlays(overlays)
        self.atlas = atlas if isinstance(atlas, Atlas) else _load_atlas(atlas, encoder)
        self.options = RetrievalOptions() if options is None else options
        self.language = language
        self.draws_map = draws_map
        self.limits = Limits() if limits is None else limits
        self.emotion = emotion
        check_same_encoders(self.atlas, self.encoders)

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
        photo = Photo.open(source, limits=self.limits, max_side=ASSESSMENT_SIDE)
        return self.assess_photo(photo, exclude_group=exclude_group)

    def assess_photo(
        self, photo: Photo, *, exclude_group: str | None = None, brief: bool = False
    ) -> Assessment:
        """Judge a photo that is decoded already; see `assess` and `assess_observation`."""
        return self.assess_observation(self.observe(photo), exclude_group=exclude_group, brief=brief)

    def observe(self, photo: Photo) -> Observation:
        """Measure and encode a photo; `assess_observation` judges it."""
        return self._observe_photos([photo])[0]

    def assess_observation(
        self, observation: Observation, *, exclude_group: str | None = None, brief: bool = False
    ) -> Assessment:
        """Judge a photo that was observed already, with this assessor's encoders; see `assess`.

        Args:
            observation: The photo.
            exclude_group: See `assess`.
            brief: Leave out the evidence and the damage map, for those who keep neither.
        """
        photo, photo_measurements, encoding = (
            observation.photo,
            observation.photo_measurements,
            observation.encoding,
        )
        result = compute_score(self.atlas, encoding, self.options, exclude_group)
        seen = deny_faults(see_faults(encoding, self.encoders.faults), photo_measurements)
        findings = self._collect_findings(observation, seen, result.score)
        unbounded, result = result.score, bound_score(result, findings, self.atlas)
        emotion = None if self.emotion is None else self.emotion(photo)
        return Assessment(
            path=photo.name,
            status=Status.OK,
            score=round(result.score, 2),
            technical=result.technical,
            presentation=result.presentation,
            causes=share_points(
                round(result.score, 2),
                expect_losses(seen),
                findings,
                taken_by_errors=unbounded - result.score,
                rest_code=Cause.OWN_RATING if result.is_own else Cause.RATED_LOW,
            ),
            grade=bound_grade(result.grade, findings),
            percentile=_round_or_none(result.percentile, 1),
            reference=self.atlas.header.reference,
            confidence=round(result.confidence, 3),
            facts=photo.facts,
            product=photo_measurements.product_region,
            measurements=observation.measurements,
            distortions=self._list_distortions(encoding),
            damage_map=photo_measurements.damage_map if self.draws_map and not brief else (),
            findings=findings,
            evidence=() if brief else build_evidence(self.atlas, result.evidence, MAX_EVIDENCE),
            emotion=emotion,
            models=self.models | ({} if emotion is None else emotion.models),
        )

    def assess_many(self, sources: Iterable[PhotoSource]) -> Iterator[Assessment]:
        """Judge a stream of photos in order; what is no photo becomes a record that says so."""
        remaining = iter(sources)
        while batch := list(islice(remaining, _BATCH_SIZE)):
            opened = [self._open(source) for source in batch]
            photos = [photo for photo in opened if isinstance(photo, Photo)]
            observations = iter(self._observe_photos(photos))
            for photo in opened:
                if isinstance(photo, Photo):
                    yield self.assess_observation(next(observations))
                else:
                    yield photo

    def encode(self, source: PhotoSource, score: float, origin: str, name: str | None = None) -> Example:
        """Encode a photo that the user rated as an atlas example, its own group.

        Args:
            source: The photo.
            score: 0..100, larger is better.
            origin: Where the rating came from, in a few words.
            name: Label; the path by default.

        Raises:
            UnreadablePhoto: The input cannot be decoded.
        """
        photo = Photo.open(source, limits=self.limits, max_side=ASSESSMENT_SIDE)
        encoding = observe(self.encoders, [photo])[0].encoding
        return make_own_example(name or photo.name, encoding, score, origin)

    def add(self, examples: list[Example]) -> None:
        """Add examples to the assessor's own copy of the atlas; the next answer uses them."""
        self.atlas = self.atlas.with_examples(examples)

    def _observe_photos(self, photos: Sequence[Photo]) -> list[Observation]:
        return observe(self.encoders, photos, self.inspector, self.overlays)

    def _open(self, source: PhotoSource) -> Photo | Assessment:
        try:
            return Photo.open(source, limits=self.limits, max_side=ASSESSMENT_SIDE)
        except UnreadablePhoto as error:
            return make_failed_assessment(error)

    def _list_distortions(self, encoding: PhotoEncoding) -> tuple[Distortion, ...]:
        """List the likeliest kinds; of those that look alike the likeliest, for all of them."""
        level = round(min(max(encoding.level, 0.0), 5.0), 2)
        return tuple(
            Distortion(kind=one.kind.value, probability=round(one.probability, 3), level=level)
            for one in estimate_damage(encoding, self.encoders.kinds)[:MAX_DISTORTIONS]
            if one.probability >= _MIN_PROBABILITY
        )

    def _collect_findings(
        self, observation: Observation, seen: Sequence[SeenFault], score: float
    ) -> tuple[Finding, ...]:
        """Collect findings of measurements, of the networks, and of the file; worst first."""
        found = self._find_by_measurement(observation, seen)
        codes = frozenset(found)
        for damage in find_damage(
            observation.encoding, self.encoders.kinds, self.encoders.limits, codes
        ):
            found[damage.code] = build_finding(
                damage.code, damage.severity, None, round(damage.level, 1), None, None, self.language
            )
        for fault in choose_faults(seen, score, frozenset(found)):
            if fault.code not in found:
                found[fault.code] = self._build_seen(fault, score, observation)
        for code in find_file_issues(observation.photo):
            found[code] = build_finding(code, Severity.INFO, None, None, None, None, self.language)
        order = list(Severity)
        return tuple(sorted(found.values(), key=lambda item: order.index(item.severity)))

    def _find_by_measurement(
        self, observation: Observation, seen: Sequence[SeenFault]
    ) -> dict[str, Finding]:
        """Build findings of measurements, by code, but for those that the eye denies.

        They show what was measured. The network's chance has no place beside it: it would say of 3 %
        that a careful eye names a fault which a value beyond its limit has settled.
        """
        unseen = {one.code for one in seen if not one.is_found}
        return {
            e.code: build_finding(
                e.code, e.severity, e.measurement, e.value, e.limit, e.region, self.language
            )
            for e in find_exceeded_limits(observation.photo_measurements)
            if DECIDED_BY_EYE.get(e.code) not in unseen
        }

    def _build_seen(self, fault: SeenFault, score: float, observation: Observation) -> Finding:
        severity, region = fault.find_severity(score), _find_place(fault.code, observation)
        chance = round(fault.probability, 3)
        return build_finding(
            fault.code, severity, None, None, None, region, self.language, probability=chance
        )

    @property
    def models(self) -> dict[str, str]:
        """Fingerprints of all that it judges and measures by, but for emotions."""
        content, distortion = self.encoders.fingerprints
        atlas = f"{self.atlas.header.name} {self.atlas.digest}".strip()
        fingerprints = {"content": content, "distortion": distortion, "atlas": atlas}
        return fingerprints | self.inspector.fingerprints(self.overlays)


def _load_atlas(path: str | os.PathLike[str] | None, encoder: str | os.PathLike[str] | None) -> Atlas:
    """Load an atlas, or the one that goes with encoders."""
    if path is not None:
        return Atlas.load(Path(path))
    return Atlas.load_shipped() if encoder is None else Atlas.load(Path(encoder) / SHIPPED_ATLAS)


def _find_place(code: str, observation: Observation) -> Region | None:
    """Find where a fault lies that the network sees in the whole photo; None for everywhere."""
    if code in _PRODUCT_FAULTS:
        return observation.photo_measurements.product_region
    if code == "overlay-text" and observation.inspection is not None:
        return next(iter(observation.inspection.text.boxes), None)
    return None


def find_file_issues(photo: Photo) -> list[str]:
    """Find codes of what the file itself, apart from its picture, gives reason to say.

    Example:
        >>> from PIL import Image
        >>> find_file_issues(Photo.open(Image.new("RGBA", (64, 64))))
        ['had-alpha']
    """
    facts = photo.facts
    conditions = {
        "animated": facts.is_animated,
        "had-alpha": facts.has_alpha,
        "location-data": facts.had_location,
        "extension-mismatch": not facts.extension_matches,
        "not-srgb": facts.other_colours,
    }
    return [code for code, applies in conditions.items() if applies]


def make_failed_assessment(error: UnreadablePhoto) -> Assessment:
    """Make the record of a photo that cannot be assessed.

    Example:
        >>> assessment = make_failed_assessment(UnreadablePhoto("mug.jpg", "is no photo"))
        >>> assessment.status.value, assessment.error, assessment.score
        ('unreadable', 'is no photo', None)
    """
    return Assessment(path=os.fspath(error.name), status=Status(error.status), error=error.reason)


def _round_or_none(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def check_same_encoders(atlas: Atlas, encoders: Encoders) -> None:
    """Raise `AtlasError` where an atlas was made with other encoders than those.

    Example:
        >>> atlas = Atlas.create_empty("mine", ("ab", "cd"), (4, 4))
        >>> try:
        ...     check_same_encoders(atlas, Encoders.load_shipped())
        ... except AtlasError as error:
        ...     print(str(error)[:55])
        the atlas mine was made with the encoders ('ab', 'cd'),
    """
    atlas_encoders = (atlas.header.content_model, atlas.header.distortion_model)
    if atlas_encoders != encoders.fingerprints:
        raise AtlasError(
            f"the atlas {atlas.header.name} was made with the encoders {atlas_encoders}, those in use "
            f"are {encoders.fingerprints}: build it again with `packshot atlas build`, or name the "
            "folder of its encoders with --encoder"
        )
