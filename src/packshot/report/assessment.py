"""The record of an assessment of one photo, and its parts."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from packshot.report.emotion import Emotion
from packshot.report.listing import Listing
from packshot.report.record import Record, Region, Severity, Status


class Grade(StrEnum):
    """The score in words; `UNKNOWN` when the assessor cannot tell.

    Example:
        >>> assessment = Assessment(path="mug.jpg", status="ok", score=71.5, grade=Grade.FAIR)
        >>> assessment.model_dump_json(include={"score", "grade"})
        '{"score":71.5,"grade":"fair"}'
    """

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    BAD = "bad"
    UNKNOWN = "unknown"


class Facts(Record):
    """Facts of the file, read while decoding. Location data is never kept.

    Example:
        >>> from packshot import Photo
        >>> facts = Photo.open("examples/photos/mug.jpg").facts
        >>> facts.format, facts.width, facts.is_animated
        ('JPEG', 800, False)
    """

    format: str = Field(description="By content, not by extension: JPEG, PNG, WEBP, ...")
    byte_size: int
    width: int = Field(description="Upright width in pixels, as stored")
    height: int = Field(description="Upright height in pixels, as stored")
    bit_depth: int = Field(description="Bits per channel, as stored")
    colour_mode: str = Field(description="As stored: RGB, RGBA, CMYK, L, P, I;16, ...")
    icc_profile: str | None = Field(description="Description of the embedded profile, if any")
    other_colours: bool = Field(
        default=False, description="Its numbers mean other colours than sRGB's; they were converted"
    )
    has_alpha: bool = Field(description="True if any pixel was not opaque")
    frames: int = Field(ge=1)
    jpeg_quality: int | None = Field(description="Estimated from the quantisation tables, 1..100")
    exif: dict[str, str] = Field(description="Camera, lens, software, times; never location")
    had_location: bool = Field(description="The file carries GPS data that should be stripped")
    extension_matches: bool = Field(description="The file's extension agrees with its content")
    sha256: str

    @property
    def is_animated(self) -> bool:
        """True when the file holds more than one frame; only the first is judged."""
        return self.frames > 1


class Measurement(Record):
    """One measured property of a photo.

    `value` is in `unit`; `score` puts it on 0..100, larger is better. Either is None where the
    property has no meaning for this photo (no product found, a blank picture).

    Example:
        >>> Measurement(value=1.52, unit="px", score=64.0).model_dump_json()
        '{"value":1.52,"unit":"px","score":64.0}'
    """

    value: float | None
    unit: str
    score: float | None = Field(ge=0, le=100)


class Distortion(Record):
    """A kind of damage the photo likely has.

    Kinds that look alike are one answer: `kind` is the likeliest of them, `probability` that of all.

    Example:
        >>> from packshot.texts import distortion_remedy
        >>> distortion_remedy(Distortion(kind="jpeg", probability=0.9, level=3.2))
        "Upload the camera's original, or save as JPEG with quality 90 or more."
    """

    kind: str
    probability: float = Field(ge=0, le=1)
    level: float = Field(ge=0, le=5, description="0 none, 1 barely visible .. 5 severe")


class Finding(Record):
    """Something a seller should know, and what to do about it.

    Example:
        >>> finding = Finding(
        ...     code="blurred", severity="warning", reason="The photo is blurred.",
        ...     remedy="Use a tripod.", measurement="sharpness", value=3.1, limit=2.0,
        ... )
        >>> f"{finding.severity}: {finding.reason} {finding.remedy}"
        'warning: The photo is blurred. Use a tripod.'
    """

    NOT_A_PRODUCT: ClassVar[str] = "not-a-product"
    """Code of the finding that the picture is no photo of a product."""

    code: str
    severity: Severity
    reason: str
    remedy: str
    measurement: str | None = Field(default=None, description="Key into `measurements`")
    value: float | None = None
    limit: float | None = None
    region: Region | None = None
    probability: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Chance that a careful eye sees it too; null where it was measured",
    )


class AspectScore(Record):
    """A score of one aspect of a photo: technical quality, or presentation.

    Example:
        >>> AspectScore(score=81.5, confidence=0.7).model_dump_json()
        '{"score":81.5,"confidence":0.7}'
    """

    score: float = Field(ge=0, le=100, description="Larger is better")
    confidence: float = Field(
        ge=0, le=1, description="Chance that the score lies within ten points of the rating"
    )


class Cause(Record):
    """What the photo loses points by; all causes together lose what the score lacks of 100.

    Example:
        >>> causes = (Cause(code="blurred", points=18.0), Cause(code=Cause.RATED_LOW, points=7.0))
        >>> 100 - sum(cause.points for cause in causes)  # the score
        75.0
    """

    RATED_LOW: ClassVar[str] = "rated-low"
    """Code of what no single cause explains: photos like this one are rated no higher."""

    OWN_RATING: ClassVar[str] = "own-rating"
    """Code of what no single cause explains on a photo that the user rated: they rated it so."""

    code: str = Field(description="Code of a finding, or `rated-low`, or `own-rating`")
    points: float = Field(ge=0, le=100, description="Points of the score lost by it")


class Evidence(Record):
    """A rated example of the atlas that the score rests on.

    Example:
        >>> evidence = Evidence(
        ...     example="cup 07", group="cup", origin="people", score=72, kind="jpeg", level=2,
        ...     content_similarity=0.81, distortion_similarity=0.93, weight=0.4,
        ... )
        >>> f"{evidence.example}: {evidence.score:.0f} points, {evidence.weight:.0%} of the score"
        'cup 07: 72 points, 40% of the score'
    """

    example: str
    group: str
    origin: str = Field(description="Where the rating came from")
    score: float = Field(ge=0, le=100)
    technical: float | None = Field(default=None, ge=0, le=100, description="Where it was rated")
    presentation: float | None = Field(default=None, ge=0, le=100, description="Where it was rated")
    kind: str | None = Field(description="Kind of damage, where it is known")
    level: int | None = Field(description="1..5, or 0 for a pristine original")
    content_similarity: float
    distortion_similarity: float
    weight: float = Field(ge=0, le=1, description="Share in the score; all evidence sums to 1")


class Assessment(Record):
    """The result of assessing one photo.

    `score` is 0..100, larger is better; None for an unreadable photo. `technical` and `presentation` are
    the two aspects of it. `causes` say what the points are lost by that the score lacks of 100, most
    first. `percentile` is the share of the reference set that scores no better. `confidence` is 0..1.
    `grade` is `unknown` when the photo lies too far from all evidence ("cannot tell"): the score is
    then a weak guess.

    Example:
        >>> line = '{"path":"mug.jpg","status":"ok","score":71.5,"grade":"fair"}'  # of JSON lines
        >>> assessment = Assessment.model_validate_json(line)
        >>> assessment.score, assessment.grade is Grade.FAIR, assessment.findings
        (71.5, True, ())
    """

    path: str
    status: Status
    error: str | None = None
    score: float | None = Field(default=None, ge=0, le=100)
    technical: AspectScore | None = Field(
        default=None, description="Sharpness, noise, compression, exposure, colour"
    )
    presentation: AspectScore | None = Field(
        default=None, description="Whole product, framing, background, distraction, overlays"
    )
    causes: tuple[Cause, ...] = Field(
        default=(), description="What the points are lost by; with the score they make 100"
    )
    grade: Grade = Grade.UNKNOWN
    percentile: float | None = Field(default=None, ge=0, le=100)
    reference: str | None = Field(default=None, description="Name of the percentile's reference set")
    confidence: float | None = Field(default=None, ge=0, le=1)
    facts: Facts | None = None
    product: Region | None = Field(default=None, description="Bounding box, where one was found")
    measurements: dict[str, Measurement] = Field(default={})
    distortions: tuple[Distortion, ...] = ()
    damage_map: tuple[tuple[float, ...], ...] = Field(
        default=(),
        description="Where it was asked for: rows of 0..1, top to bottom, how damaged each cell looks",
    )
    findings: tuple[Finding, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    emotion: Emotion | None = Field(default=None, description="Where it was asked for")
    listing: Listing | None = Field(default=None, description="What the feed says, where one names it")
    models: dict[str, str] = Field(default={}, description="Model and atlas names with hashes")
