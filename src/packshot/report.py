"""What the product says about a photo: immutable records with a stable JSON form."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticSerializationError

from packshot.names import plain


class Record(BaseModel):
    r"""Base of all records: frozen, and strict about unknown fields.

    A path in a record is one that opens the file. In JSON a name that is no text stands as
    `packshot.names.plain` shows it, ``caf\xe9.jpg``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_dump_json(self, **options: Any) -> str:
        """As pydantic's, whatever names it holds."""
        try:
            return super().model_dump_json(**options)
        except PydanticSerializationError:
            shown = type(self).model_validate(_plain(self.model_dump()))
            return super(Record, shown).model_dump_json(**options)


def _plain(value: Any) -> Any:
    """A value with every text in it fit to be written."""
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


class Status(StrEnum):
    """Whether there is a result for a photo.

    A crashed one may be in order: the process that worked on it died or took too long, Packshot met an
    error of its own, or what was made of it could not be written.
    """

    OK = "ok"
    UNREADABLE = "unreadable"
    CRASHED = "crashed"


class Severity(StrEnum):
    """How much a finding matters to a shop."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Grade(StrEnum):
    """The score in words; `UNKNOWN` when the assessor cannot tell."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    BAD = "bad"
    UNKNOWN = "unknown"


class Region(Record):
    """A rectangle in fractions of the photo's width and height, origin top left."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(ge=0, le=1)
    height: float = Field(ge=0, le=1)


class Facts(Record):
    """Facts of the file, read while decoding. Location data is never kept."""

    format: str = Field(description="By content, not by extension: JPEG, PNG, WEBP, ...")
    byte_size: int
    width: int = Field(description="Upright width in pixels, as stored")
    height: int = Field(description="Upright height in pixels, as stored")
    bit_depth: int = Field(description="Bits per channel, as stored")
    colour_mode: str = Field(description="As stored: RGB, RGBA, CMYK, L, P, I;16, ...")
    icc_profile: str | None = Field(description="Description of the embedded profile, if any")
    has_alpha: bool = Field(description="True if any pixel was not opaque")
    frames: int = Field(ge=1)
    jpeg_quality: int | None = Field(description="Estimated from the quantisation tables, 1..100")
    exif: dict[str, str] = Field(description="Camera, lens, software, times; never location")
    had_location: bool = Field(description="The file carries GPS data that should be stripped")
    extension_matches: bool = Field(description="The file's extension agrees with its content")
    sha256: str

    @property
    def animated(self) -> bool:
        """True when the file holds more than one frame; only the first is judged."""
        return self.frames > 1


class Measurement(Record):
    """One measured property of a photo.

    `value` is in `unit`; `score` puts it on 0..100, larger is better. Either is None where the
    property has no meaning for this photo (no product found, a blank picture).
    """

    value: float | None
    unit: str
    score: float | None = Field(ge=0, le=100)


class Distortion(Record):
    """A kind of damage the photo likely has.

    Kinds that look alike are one answer: `kind` is the likeliest of them, `probability` that of all.
    """

    kind: str
    probability: float = Field(ge=0, le=1)
    level: float = Field(ge=0, le=5, description="0 none, 1 barely visible .. 5 severe")


class Finding(Record):
    """Something a seller should know, and what to do about it."""

    code: str
    severity: Severity
    reason: str
    remedy: str
    measurement: str | None = Field(default=None, description="Key into `measurements`")
    value: float | None = None
    limit: float | None = None
    region: Region | None = None


class Evidence(Record):
    """A rated example of the atlas that the score rests on."""

    example: str
    group: str
    origin: str = Field(description="Where the rating came from")
    score: float = Field(ge=0, le=100)
    kind: str | None = Field(description="Kind of damage, where it is known")
    level: int | None = Field(description="1..5, or 0 for a pristine original")
    content_similarity: float
    distortion_similarity: float
    weight: float = Field(ge=0, le=1, description="Share in the score; all evidence sums to 1")


class Polarity(StrEnum):
    """Which feelings a photo calls up: one side, both, or neither."""

    NEGATIVE = "negative"
    MIXED = "mixed"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class AttentionRegion(Record):
    """A part of a photo that one side, positive or negative, was read from."""

    region: Region
    strength: float = Field(ge=0, le=1, description="Share of the side's attention that lies in it")


class Emotion(Record):
    """How people feel about a photo, and where in it that was seen; nothing of it is about products.

    `polarity` is `mixed` where both intensities reach their bars, `neutral` where neither does; it is
    None for an unreadable photo, as is everything else. An intensity is 0..1, each on its own side's
    scale. `valence` is the mean rating on `valence_scale`, whose middle is neither pleasant nor
    unpleasant; `positive_probability` the chance that people rate a photo above it, not below.
    """

    path: str
    status: Status
    error: str | None = None
    polarity: Polarity | None = None
    positive_probability: float | None = Field(default=None, ge=0, le=1)
    positive_intensity: float | None = Field(default=None, ge=0, le=1)
    negative_intensity: float | None = Field(default=None, ge=0, le=1)
    positive_bar: float | None = Field(default=None, description="Intensity from which positive counts")
    negative_bar: float | None = Field(default=None, description="Intensity from which negative counts")
    valence: float | None = Field(default=None, description="Mean rating, on `valence_scale`")
    valence_spread: float | None = Field(
        default=None, ge=0, description="Standard deviation of the ratings: how far people disagree"
    )
    valence_scale: tuple[float, float] = Field(default=(1, 7), description="Worst and best rating")
    distribution: tuple[float, ...] = Field(
        default=(), description="Share of people who give each rating, from the worst to the best"
    )
    positive_regions: tuple[AttentionRegion, ...] = Field(
        default=(), description="Strongest first; none where the positive side is below its bar"
    )
    negative_regions: tuple[AttentionRegion, ...] = Field(
        default=(), description="Strongest first; none where the negative side is below its bar"
    )
    positive_map: tuple[tuple[float, ...], ...] = Field(
        default=(), description="Rows of 0..1, top to bottom, 1 where the side was seen most"
    )
    negative_map: tuple[tuple[float, ...], ...] = Field(
        default=(), description="Rows of 0..1, top to bottom, 1 where the side was seen most"
    )
    models: dict[str, str] = Field(default={}, description="Model name with its hash")


class Assessment(Record):
    """Everything Packshot says about one photo.

    `score` is 0..100, larger is better; None for an unreadable photo. `percentile` is the share of
    the reference set that scores no better. `confidence` is 0..1. `grade` is `unknown` when the
    photo lies too far from all evidence ("cannot tell"): the score is then a weak guess.
    """

    path: str
    status: Status
    error: str | None = None
    score: float | None = Field(default=None, ge=0, le=100)
    grade: Grade = Grade.UNKNOWN
    percentile: float | None = Field(default=None, ge=0, le=100)
    reference: str | None = Field(default=None, description="Name of the percentile's reference set")
    confidence: float | None = Field(default=None, ge=0, le=1)
    facts: Facts | None = None
    product: Region | None = Field(default=None, description="Bounding box, where one was found")
    measurements: dict[str, Measurement] = {}
    distortions: tuple[Distortion, ...] = ()
    damage_map: tuple[tuple[float, ...], ...] = Field(
        default=(), description="Rows of 0..1, top to bottom: how damaged each cell looks"
    )
    findings: tuple[Finding, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    emotion: Emotion | None = Field(default=None, description="Where it was asked for")
    models: dict[str, str] = Field(default={}, description="Model and atlas names with hashes")


class Action(StrEnum):
    """What became of a photo that was to be enhanced."""

    ENHANCED = "enhanced"
    UNCHANGED = "unchanged"
    RESHOOT = "reshoot"


class Trial(Record):
    """One step that the enhancement loop tried on a photo.

    `score` is the photo's after the step; None where it was not assessed, since the step changed
    nothing or harmed the product. `colour_drift` is CIEDE2000, the mean over the product of what the
    step was not meant to change; `structure` is 0..1, 1 for the same edges.
    """

    round: int = Field(ge=1)
    step: str
    amount: float = Field(default=1, gt=0, le=1, description="Share of the step's change applied")
    parts: tuple[str, ...] = Field(default=(), description="Steps that were tried together")
    called_for_by: tuple[str, ...] = Field(description="Codes of the findings it answers; may be none")
    score: float | None = Field(ge=0, le=100)
    colour_drift: float | None = Field(default=None, ge=0)
    structure: float | None = Field(default=None, ge=0, le=1)
    kept: bool
    verdict: str = Field(
        description="Code: kept, no-gain, no-effect, colour-drift, structure, grain, cut-off, "
        "no-product, size, new-finding"
    )


class Enhancement(Record):
    """What was done to one photo, and what came of it.

    `action` is None for an unreadable photo; nothing is written for it. `score_after` is that of the
    file written; it is `score_before` where that is the photo as it came.
    """

    path: str
    output: str | None = None
    status: Status
    error: str | None = None
    action: Action | None = None
    reason: str | None = Field(default=None, description="In a seller's words")
    score_before: float | None = Field(default=None, ge=0, le=100)
    score_after: float | None = Field(default=None, ge=0, le=100)
    steps: tuple[str, ...] = Field(default=(), description="Kept, in the order applied")
    trace: tuple[Trial, ...] = ()
    before: Assessment | None = None
    after: Assessment | None = Field(default=None, description="None where nothing changed")


class Level(StrEnum):
    """How much a rule of a policy weighs; the last one is for people to judge."""

    ERROR = "error"
    WARN = "warn"
    INFO = "info"
    MANUAL = "manual"


class SourceKind(StrEnum):
    """Whose word a rule rests on."""

    OFFICIAL = "official"
    COMMUNITY = "community"


class Decision(StrEnum):
    """What a policy says of a photo or a rule of a photo, the gravest first.

    `manual`: it was not measured, so that a person must look. `info`: a recommendation that the photo
    does not follow; said of a rule only, the photo passes.
    """

    FAIL = "fail"
    MANUAL = "manual"
    WARN = "warn"
    INFO = "info"
    PASS = "pass"  # noqa: S105 - no password


class RuleOutcome(Record):
    """What one rule says of one photo; `reason` and `remedy` are empty where it is met.

    `value` is in `unit`, which is empty for words and for yes or no; None where it was not measured.
    """

    rule: str
    title: str
    level: Level
    decision: Decision
    before: Decision | None = Field(
        default=None, description="On the date compared with; None where the rule did not apply then"
    )
    metric: str | None = Field(description="None where only a person can judge")
    value: bool | float | str | None
    unit: str
    op: str | None
    limit: bool | float | str | tuple[float, float] | tuple[str, ...] | None
    reason: str
    remedy: str
    source: str
    source_url: str | None
    source_kind: SourceKind
    verified_on: date | None = Field(description="When the rule was last compared with its source")
    effective_from: date | None
    effective_until: date | None = Field(description="The last day")


class Verdict(Record):
    """What one policy says of one photo on one day.

    `decision` is None for an unreadable photo, else the gravest of the rules': fail, manual, warn, pass.
    `outcomes` are those of the rules that apply to the role and the category on that day.
    """

    path: str
    status: Status
    error: str | None = None
    policy: str
    on: date
    role: str
    category: str | None = None
    decision: Decision | None = None
    compared_with: date | None = Field(default=None, description="Another day, where one was named")
    before: Decision | None = Field(default=None, description="The decision on that day")
    outcomes: tuple[RuleOutcome, ...] = ()

    def decided(self, *decisions: Decision) -> tuple[RuleOutcome, ...]:
        """The outcomes that are one of these."""
        return tuple(outcome for outcome in self.outcomes if outcome.decision in decisions)


class DuplicateKind(StrEnum):
    """How one photo is a copy of another; see `Change` for what was done to it."""

    EXACT = "exact"
    SAME_PIXELS = "same-pixels"
    RECOMPRESSED = "recompressed"
    RESIZED = "resized"
    CROPPED = "cropped"
    BORDERED = "bordered"
    WATERMARKED = "watermarked"
    FLIPPED = "flipped"
    ROTATED = "rotated"
    COLOUR_SHIFTED = "colour-shifted"
    MIXED = "mixed"
    SAME_PRODUCT = "same-product"


class Change(Record):
    """One thing by which a copy differs from the photo that its group keeps.

    What `amount` tells depends on the kind. resized: factor of lengths, from the keeper to the copy.
    cropped: share of the area that is left. bordered: share of the area that is border. watermarked:
    share of the area that is covered. flipped: 0 left to right, 180 upside down. rotated: degrees
    clockwise. colour-shifted: root mean square change of the channels, 0..255.
    """

    kind: DuplicateKind
    amount: float | None = None
    of_keeper: bool = Field(default=False, description="The keeper is the one cropped, bordered, marked")
    region: Region | None = Field(
        default=None, description="cropped: what is left of the whole; bordered: where it lies inside"
    )
    shift: tuple[float, float, float] | None = Field(
        default=None, description="colour-shifted: mean change of red, green, blue, -255..255"
    )


class Duplicate(Record):
    """One photo of a group.

    `kind` is None for the keeper. `likeness` is 0..1: the share of both photos' structure that agrees
    where one lies on the other; of another photo of the product, the likeness of what is pictured.
    """

    path: str
    kind: DuplicateKind | None
    likeness: float = Field(ge=0, le=1)
    changes: tuple[Change, ...] = ()
    width: int
    height: int
    byte_size: int
    score: float | None = Field(default=None, ge=0, le=100)
    owner: str | None = Field(default=None, description="Whose photo it is, where that was told")
    taken: str | None = Field(default=None, description="ISO 8601, of the camera's or the file's clock")
    taken_from: str | None = Field(default=None, description="exif or file")


class DuplicateGroup(Record):
    """Photos that are copies of one, or show the same product; or one photo that cannot be read.

    `keep` is the photo with the best score, then the most pixels, then the most bytes; it comes first
    in `paths`. Every other was compared with it, not only with a third. `kind` is `mixed` where copies
    were made in several ways, and None for an unreadable file, which is in no group.
    """

    group: int | None = Field(description="1, 2, ... in a run")
    kind: DuplicateKind | None
    paths: tuple[str, ...]
    keep: str | None
    reason: str
    photos: tuple[Duplicate, ...] = Field(default=(), description="In the order of `paths`")
    status: Status = Status.OK
    error: str | None = None

    @property
    def path(self) -> str:
        """The first path: the keeper's, or the unreadable file's."""
        return self.paths[0]


class RankedPhoto(Record):
    """One photo of a product in the order of how well it would serve as the main one.

    `rank` is 1, 2, ...; None for a photo that takes no place: a copy of a better one, and what cannot be
    read. `certainty` is the half width, in points, of the band that the score lies in two times out of
    three; `tied` tells that nothing but such a band parts the photo from the next in order.
    """

    path: str
    rank: int | None = Field(default=None, ge=1)
    score: float | None = Field(default=None, ge=0, le=100)
    certainty: float | None = Field(default=None, ge=0)
    verdict: str | None = Field(
        default=None, description="pass, warn, fail or manual, by the policy named"
    )
    duplicate_of: str | None = Field(default=None, description="The better photo that it is a copy of")
    tied: bool = False
    pleasant: float | None = Field(
        default=None, ge=0, le=1, description="Chance that people find it pleasant, where that was asked"
    )
    reasons: tuple[str, ...] = Field(default=(), description="What sets it before the next, or apart")
    status: Status = Status.OK
    error: str | None = None


class Ranking(Record):
    """The photos of one product, the best main photo first.

    `present` is the photo that the shop shows first now. `swap` is true where another should take its
    place: it cannot be used, fails the policy, or is clearly worse. `best` is None where no photo can
    be used; the status is then "unreadable" if none could be read.
    """

    sku: str
    best: str | None
    present: str | None
    swap: bool
    reason: str
    order: tuple[RankedPhoto, ...] = ()
    policy: str | None = None
    status: Status = Status.OK
    error: str | None = None

    @property
    def path(self) -> str:
        """What the product is called."""
        return self.sku


class Problem(StrEnum):
    """What is wrong with a photo of a training set."""

    UNREADABLE = "unreadable"
    BLURRED = "blurred"
    OUT_OF_FOCUS = "out-of-focus"
    OVER_EXPOSED = "over-exposed"
    UNDER_EXPOSED = "under-exposed"
    DUPLICATE = "duplicate"
    LEAKAGE = "leakage"
    WRONG_LABEL = "wrong-label"
    MISSING_LABEL = "missing-label"


class Remedy(StrEnum):
    """What is proposed for a photo of a training set."""

    DROP = "drop"
    RELABEL = "relabel"
    REVIEW = "review"
    KEEP_ONE = "keep-one-of"


class Proposal(Record):
    """One thing to change in a training set.

    What `value` and `limit` tell depends on the problem: for blur and exposure the property that
    `measurement` names; for duplicates and leakage the likeness 0..1 with `other`; for labels the
    probability of the present label and the least that is not remarked on.
    """

    path: str
    problem: Problem
    action: Remedy
    reason: str
    confidence: float = Field(ge=0, le=1, description="That the problem is there")
    measurement: str | None = None
    value: float | None = None
    limit: float | None = None
    label: str | None = Field(default=None, description="As the set has it; empty where it has none")
    proposed: str | None = Field(default=None, description="The likelier label")
    other: str | None = Field(default=None, description="The photo to keep, that this one is a copy of")
    split: str | None = None
    status: Status = Status.OK
    error: str | None = None


class Neighbour(Record):
    """A photo of an index that is like another."""

    id: str
    path: str
    distance: float = Field(ge=0, description="0 for equal vectors, larger for less alike")
    likeness: float | None = Field(description="1 - distance where that is cosine: 1 for equal")
    metadata: dict[str, Any] = {}


class SearchResult(Record):
    """What an index holds that is most like one photo, the likest first."""

    path: str
    status: Status
    error: str | None = None
    distance: str | None = Field(default=None, description="euclidean or cosine")
    hits: tuple[Neighbour, ...] = ()
    models: dict[str, str] = {}


class AuditStatus(StrEnum):
    """What became of one input of an audit."""

    OK = "ok"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    CRASHED = "crashed"


class AuditRow(Record):
    r"""What an audit found out about one input, a row of a feed.

    Texts hold no character that a table cannot: bytes of file names that are no text stand as ``\xff``.
    `verdict` is None unless the status is ok. It is the gravest of what the policies decide and of
    `fail` where the score is below the bar; without policies, `fail` or `warn` by the findings.
    """

    number: int = Field(ge=0, description="In the order of the feed, from 0")
    path: str
    sku: str = ""
    role: str = ""
    category: str = ""
    seller: str = ""
    label: str = ""
    status: AuditStatus
    reason: str = Field(default="", description="Why the status is not ok")
    score: float | None = Field(default=None, ge=0, le=100)
    verdict: str | None = Field(default=None, description="pass, warn, manual or fail")
    grade: Grade | None = None
    percentile: float | None = Field(default=None, ge=0, le=100)
    confidence: float | None = Field(default=None, ge=0, le=1)
    verdicts: dict[str, str] = Field(default={}, description="By policy")
    failed_rules: tuple[str, ...] = Field(default=(), description="policy:rule")
    warned_rules: tuple[str, ...] = ()
    manual_rules: tuple[str, ...] = Field(default=(), description="A person must look")
    findings: tuple[str, ...] = Field(default=(), description="Codes, the gravest first")
    errors: int = Field(default=0, description="Findings of the severity error")
    warnings: int = 0
    remedies: tuple[str, ...] = Field(default=(), description="Of broken rules, then of findings")
    damage: str = Field(default="", description="The likeliest kind, where one is likely")
    format: str = ""
    byte_size: int | None = None
    width: int | None = None
    height: int | None = None
    sha256: str = ""
    measurements: dict[str, float | None] = Field(default={}, description="Values by name")


class AuditRun(Record):
    """What differs between two audits of the same photos: time, and what was remembered."""

    finished: str = Field(description="ISO 8601, UTC")
    seconds: float = Field(description="Of work, of all sessions of the audit together")
    photos_per_second: float
    remembered: int = Field(description="Inputs whose assessment came from the cache")


class AuditSummary(Record):
    """An audit in numbers; `how_to_read` says what they mean."""

    version: str
    feed: str
    on: str = Field(description="ISO 8601: the day of the policies' rules")
    policies: dict[str, str] = Field(description="Name and fingerprint")
    fail_under: float | None
    models: dict[str, str]
    inputs: int
    failed: int = Field(description="Inputs whose verdict is fail, or which were not assessed")
    statuses: dict[str, int]
    verdicts: dict[str, int]
    by_policy: dict[str, dict[str, int]] = Field(description="Verdicts by policy")
    failed_rules: dict[str, int] = Field(description="Photos by policy:rule, the most frequent first")
    findings: dict[str, int] = Field(description="Photos by code, the most frequent first")
    mean_score: float | None
    score_quantiles: dict[str, float] = Field(description="p01, p05, p25, p50, p75, p95, p99")
    score_histogram: tuple[int, ...] = Field(description="Ten bins of ten points")
    outputs: dict[str, str] = Field(description="File, and what it holds or why it is not there")
    how_to_read: dict[str, str]
    run: AuditRun
