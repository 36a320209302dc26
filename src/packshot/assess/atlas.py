"""The atlas: groups of rated examples, each with vectors, a score, and where the rating came from.

A group is one original with its versions; a photo rated by people as it is forms a group of its own.
The file is a NumPy ``.npz`` archive of plain arrays (never pickles) with a JSON header.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, FiniteFloat, ValidationError, model_validator

from packshot.archives import BadArchive, read_arrays
from packshot.arrays import (
    AnyArray,
    Float16Array,
    Float32Array,
    IndexArray,
    Int8Array,
    Int16Array,
    Int32Array,
    Mask,
)
from packshot.assess.retrieval import normalise_rows
from packshot.encode import PhotoEncoding
from packshot.errors import AtlasError, SourceError
from packshot.files import atomic_write
from packshot.report import Record
from packshot.shipped import read_shipped

FORMAT_VERSION = 2
SHIPPED_ATLAS = "packshot.atlas.npz"
UNKNOWN_KIND = -1
_DTYPES = {
    "content": np.float16,
    "distortion": np.float16,
    "group_of": np.int32,
    "scores": np.float32,
    "technical": np.float32,
    "presentation": np.float32,
    "readings": np.float16,
    "scales": np.int8,
    "own": np.bool_,
    "kinds": np.int16,
    "levels": np.int8,
    "origins": np.int16,
}
_ARRAY_NAMES = tuple(_DTYPES)
_MATRICES = ("content", "distortion", "readings")
_MAY_BE_UNKNOWN = ("technical", "presentation", "readings")
"""Arrays that hold NaN where nothing is known."""

ASPECTS = ("overall", "technical", "presentation")
"""What is rated, in the order of `Atlas.readings`: the score, and the two aspects of it."""


class Scale(IntEnum):
    """What was asked of those who rated: ratings of different scales are never mixed.

    Example:
        >>> Scale.PRODUCT.name, int(Scale.PEOPLE)
        ('PRODUCT', 1)
    """

    PRODUCT = 0
    """How well the photo serves as a product's main photo."""

    PEOPLE = 1
    """How good people find it as a photo of anything."""


class Calibrated(StrEnum):
    """What has a calibration and a confidence of its own.

    That is each aspect of product photos, and for photos of anything what people say of them, brought to
    the scales of the first and of the second.

    Example:
        >>> [one.value for one in Calibrated]
        ['overall', 'technical', 'presentation', 'people', 'people-technical']
    """

    OVERALL = "overall"
    TECHNICAL = "technical"
    PRESENTATION = "presentation"
    PEOPLE = "people"
    PEOPLE_TECHNICAL = "people-technical"


class ScoreCalibration(Record):
    """Monotone map from the aggregated score to the published one, by linear interpolation.

    Attributes:
        raw: Increasing aggregated scores.
        score: The 0..100 score at each.

    Example:
        >>> calibration = ScoreCalibration(raw=(0, 50, 100), score=(0, 70, 100))
        >>> calibration(25), calibration(75)
        (35.0, 85.0)
    """

    raw: tuple[FiniteFloat, ...] = (0.0, 100.0)
    score: tuple[FiniteFloat, ...] = (0.0, 100.0)

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        """Refuse what is no map: scores without a raw one, or raw scores that do not increase."""
        if len(self.raw) != len(self.score) or not self.raw or sorted(self.raw) != list(self.raw):
            raise ValueError("a calibration needs as many scores as raw ones, and these increasing")
        return self

    def __call__(self, raw: float) -> float:
        """Return the published score, 0..100, of an aggregated one."""
        return float(np.clip(np.interp(raw, self.raw, self.score), 0, 100))


class ConfidenceModel(Record):
    """Confidence of a score (docs/methods.md, equation 1.14), fitted on predictions of photos left out.

    `confidence` is the logistic of a sum: the chance that the score lies within ten points of the
    rating.

    Attributes:
        bias: The sum's constant.
        nearness: Times the similarity to the evidence.
        spread: Times the deviation of the evidence, in points.
        level: Times the score, in hundreds of points: the best photos are rated alike.
        curvature: Times the square of that.

    Example:
        >>> trust = ConfidenceModel(bias=1.0, nearness=2.0, spread=-0.2)
        >>> trust.confidence(0.5, deviation=10, score=70), trust.confidence(0.9, 4, score=70) > 0.8
        (0.5, True)
    """

    bias: FiniteFloat = 0.0
    nearness: FiniteFloat = 0.0
    spread: FiniteFloat = 0.0
    level: FiniteFloat = 0.0
    curvature: FiniteFloat = 0.0

    def confidence(self, similarity: float, deviation: float, score: float) -> float:
        """Compute the chance, 0..1, that the score is within ten points of the rating.

        Args:
            similarity: Weighted mean distortion similarity of the evidence.
            deviation: Weighted standard deviation of what the evidence says, in points.
            score: The score itself, 0..100.
        """
        level = score / 100
        logit = self.bias + self.nearness * similarity + self.spread * deviation
        logit += self.level * level + self.curvature * level * level
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


class AspectModel(Record):
    """How the aggregate of one aspect becomes its score, and how far to trust that.

    Example:
        >>> AspectModel().calibration(41.0)
        41.0
    """

    calibration: ScoreCalibration = ScoreCalibration()
    trust: ConfidenceModel = ConfidenceModel()


class AtlasHeader(Record):
    """Everything in an atlas that is not an array.

    Attributes:
        version: Of the format.
        name: For people.
        content_model: Fingerprint of the content encoder that made the vectors.
        distortion_model: Fingerprint of the distortion encoder.
        groups: Names of groups.
        examples: Names of examples.
        kinds: Names of distortion kinds.
        origins: Where ratings came from.
        aspects: Calibration and confidence of each of `Calibrated`.
        minimum_content: Similarity of the most similar group below which nothing is told.
        minimum_distortion: The same of the evidence's mean similarity of damage.
        reference: What percentiles refer to.
        reference_scores: Sorted scores of that.

    Example:
        >>> header = Atlas.create_empty("mine", models=("ab", "cd"), sizes=(2, 2)).header
        >>> header.name, header.content_model, header.distortion_model, header.reference
        ('mine', 'ab', 'cd', 'this atlas')
    """

    version: int = FORMAT_VERSION
    name: str
    content_model: str
    distortion_model: str
    groups: tuple[str, ...]
    examples: tuple[str, ...]
    kinds: tuple[str, ...]
    origins: tuple[str, ...]
    aspects: dict[Calibrated, AspectModel] = Field(default={})
    minimum_content: FiniteFloat = -1.0
    minimum_distortion: FiniteFloat = -1.0
    reference: str = "this atlas"
    reference_scores: tuple[FiniteFloat, ...] = ()


class AtlasInfo(Record):
    """A summary for people: what an atlas holds.

    Example:
        >>> info = Atlas.load_shipped().summarise()
        >>> info.name, sum(info.examples_by_origin.values()) == info.examples
        ('packshot', True)
    """

    name: str
    groups: int
    examples: int
    examples_by_origin: dict[str, int]
    kinds: tuple[str, ...]
    score_quartiles: tuple[float, float, float]
    content_dimensions: int
    distortion_dimensions: int
    content_model: str
    distortion_model: str
    reference: str


@dataclass(frozen=True)
class Example:
    """One rated photo, encoded, on its way into an atlas.

    Attributes:
        name: Label shown as evidence.
        group: The original it derives from; its own name if none.
        content: (C,) content vector of the group's original.
        distortion: (D,) distortion vector of this very photo.
        score: 0..100, larger is better.
        origin: Where the rating came from, in a few words.
        kind: Kind of damage, None where unknown.
        level: 0 pristine, 1..5, None where unknown.
        technical: Rating of technical quality, 0..100; None where unknown.
        presentation: Rating of the presentation, 0..100; None where unknown.
        readings: (3,) what the network read off it, by `ASPECTS`; None where unknown.
        scale: What was asked of those who rated.
        own: True for a rating of the user's own, which counts more the more of them agree.

    Example:
        >>> import numpy as np
        >>> example = Example("mug", "mug", np.array([1, 0]), np.array([0, 1]), 72.0, "my ratings")
        >>> atlas = Atlas.create_empty("mine", models=("ab", "cd"), sizes=(2, 2))
        >>> atlas.with_examples([example]).header.examples
        ('mug',)
    """

    name: str
    group: str
    content: Float32Array
    distortion: Float32Array
    score: float
    origin: str
    kind: str | None = None
    level: int | None = None
    technical: float | None = None
    presentation: float | None = None
    readings: Float32Array | None = None
    scale: Scale = Scale.PRODUCT
    own: bool = False


def make_own_example(label: str, encoding: PhotoEncoding, score: float, origin: str) -> Example:
    """Make an example of a photo that the user rated, its own group.

    Args:
        label: Name of the example and of its group.
        encoding: Of the photo.
        score: 0..100.
        origin: Where the rating came from, in a few words.

    Example:
        >>> import numpy as np
        >>> encoding = PhotoEncoding(np.ones(2), np.ones(2), np.ones(1), level=0.0)
        >>> make_own_example("mug.jpg", encoding, 80.0, "my ratings").own
        True
    """
    readings = np.asarray(encoding.readings[: len(ASPECTS)], np.float32)
    return Example(
        label, label, encoding.content, encoding.distortion, score, origin, readings=readings, own=True
    )


@dataclass(frozen=True, eq=False)
class Atlas:
    """Groups of rated examples, ordered by group. Immutable: `with_examples` returns a new one.

    Attributes:
        header: Names, models, calibration.
        content: (G, C) float16, unit rows: a content vector for each group.
        distortion: (N, D) float16, unit rows: a distortion vector for each example.
        group_of: (N,) int32, non-decreasing.
        scores: (N,) float32, 0..100.
        technical: (N,) float32, 0..100, NaN where unknown.
        presentation: (N,) float32, 0..100, NaN where unknown.
        readings: (N, 3) float16, what the network reads off each, by `ASPECTS`; NaN where unknown.
        scales: (N,) int8 by `Scale`.
        own: (N,) bool, ratings of the user's own.
        kinds: (N,) int16 into `header.kinds`, -1 where unknown.
        levels: (N,) int8, 0..5, -1 where unknown.
        origins: (N,) int16 into `header.origins`.

    Example:
        >>> import numpy as np
        >>> atlas = Atlas.create_empty("mine", models=("ab", "cd"), sizes=(2, 2)).with_examples(
        ...     [
        ...         Example("a", "a", np.array([1, 0]), np.array([1, 0]), 80.0, "my ratings"),
        ...         Example("b", "b", np.array([0, 1]), np.array([0, 1]), 30.0, "my ratings"),
        ...     ]
        ... )
        >>> atlas.save("mine.npz")
        >>> Atlas.load("mine.npz").summarise().score_quartiles
        (42.5, 55.0, 67.5)
    """

    header: AtlasHeader
    content: Float16Array
    distortion: Float16Array
    group_of: Int32Array
    scores: Float32Array
    technical: Float32Array
    presentation: Float32Array
    readings: Float16Array
    scales: Int8Array
    own: Mask
    kinds: Int16Array
    levels: Int8Array
    origins: Int16Array
    digest: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together, and what no rating or vector can be."""
        for name, kind in _DTYPES.items():
            _check_condition(getattr(self, name).dtype == kind, f"numbers of the kind {kind} in {name}")
            axes = 2 if name in _MATRICES else 1
            _check_condition(getattr(self, name).ndim == axes, f"{axes} axes in {name}")
        groups, examples = len(self.header.groups), len(self.header.examples)
        _check_condition(self.content.shape[:1] == (groups,), "one content vector for each group")
        for name in _ARRAY_NAMES[1:]:
            _check_condition(getattr(self, name).shape[:1] == (examples,), f"one entry in {name} each")
        _check_condition(
            bool(np.all(np.diff(self.group_of) >= 0)), "examples in the order of their groups"
        )
        is_within_groups = examples == 0 or (self.group_of[0] >= 0 and self.group_of[-1] < groups)
        _check_condition(bool(is_within_groups), "group indices within the groups")
        for name in ("scores", "technical", "presentation"):
            _check_condition(_is_rating(getattr(self, name), name), f"{name} within 0..100")
        _check_condition(self.readings.shape[1] == len(ASPECTS), "a reading for each aspect")
        _check_condition(not np.isinf(self.readings).any(), "readings that are numbers")
        _check_condition(_is_within(self.scales, 0, len(Scale)), "a scale for each rating")
        for name in ("content", "distortion"):
            _check_condition(
                bool(np.isfinite(getattr(self, name)).all()), f"vectors of numbers in {name}"
            )
        _check_condition(_is_within(self.kinds, -1, len(self.header.kinds)), "a name for each kind")
        _check_condition(_is_within(self.origins, 0, len(self.header.origins)), "a name for each origin")
        _check_condition(_is_within(self.levels, -1, 6), "levels within -1..5")

    @cached_property
    def content_rows(self) -> Float32Array:
        """(G, C) float32 unit content vectors, made once."""
        return normalise_rows(self.content)

    @cached_property
    def distortion_rows(self) -> Float32Array:
        """(N, D) float32 unit distortion vectors, made once."""
        return normalise_rows(self.distortion)

    @cached_property
    def reference_scores(self) -> Float32Array:
        """Scores of the reference set, increasing."""
        return np.sort(np.asarray(self.header.reference_scores, np.float32))

    @cached_property
    def ratings(self) -> Float32Array:
        """(N, 3) ratings by `ASPECTS`; NaN where unknown."""
        return np.stack([self.scores, self.technical, self.presentation], axis=1)

    @cached_property
    def counts_apart(self) -> Mask:
        """(N,) the user's own ratings, where there are others that they are weighed against."""
        return self.own & bool((~self.own).any())

    @cached_property
    def own_indices(self) -> IndexArray:
        """Indices of the ratings that count apart."""
        return np.flatnonzero(self.counts_apart)

    @cached_property
    def usable_examples(self) -> dict[Scale, Mask]:
        """For each scale (N,) which examples serve as evidence on it."""
        return {scale: (self.scales == scale) & ~self.counts_apart for scale in Scale}

    @cached_property
    def group_spans(self) -> dict[Scale, slice]:
        """For each scale the groups from the first to the last that has a rating of it."""
        spans = {}
        for scale in Scale:
            groups = self.group_indices[self.scales == scale]
            spans[scale] = slice(int(groups[0]), int(groups[-1]) + 1) if len(groups) else slice(0, 0)
        return spans

    def find_aspect(self, name: Calibrated) -> AspectModel:
        """Return the calibration and confidence of an aspect; without any, what changes nothing."""
        return self.header.aspects.get(name, AspectModel())

    @cached_property
    def group_indices(self) -> IndexArray:
        """(N,) group of each example as an index type."""
        return self.group_of.astype(np.intp)

    @cached_property
    def group_starts(self) -> IndexArray:
        """(G + 1,) first example of each group, then N; one without examples begins with the next."""
        return np.searchsorted(self.group_indices, np.arange(len(self.header.groups) + 1))

    @cached_property
    def group_index_by_name(self) -> dict[str, int]:
        """Group name to its index."""
        return {name: number for number, name in enumerate(self.header.groups)}

    @classmethod
    def create_empty(cls, name: str, models: tuple[str, str], sizes: tuple[int, int]) -> Atlas:
        """Create an atlas without examples.

        Args:
            name: Its name.
            models: Fingerprints of the content and the distortion encoder.
            sizes: Lengths C and D of their vectors.
        """
        header = AtlasHeader(
            name=name,
            content_model=models[0],
            distortion_model=models[1],
            groups=(),
            examples=(),
            kinds=(),
            origins=(),
        )
        return cls(
            header=header,
            content=np.empty((0, sizes[0]), np.float16),
            distortion=np.empty((0, sizes[1]), np.float16),
            group_of=np.empty(0, np.int32),
            scores=np.empty(0, np.float32),
            technical=np.empty(0, np.float32),
            presentation=np.empty(0, np.float32),
            readings=np.empty((0, len(ASPECTS)), np.float16),
            scales=np.empty(0, np.int8),
            own=np.empty(0, np.bool_),
            kinds=np.empty(0, np.int16),
            levels=np.empty(0, np.int8),
            origins=np.empty(0, np.int16),
        )

    @classmethod
    def load_shipped(cls) -> Atlas:
        """Load the atlas that ships with the package.

        Raises:
            ModelError: This installation lacks it, or it is not the one that was shipped.
        """
        return _parse_atlas(read_shipped(SHIPPED_ATLAS), SHIPPED_ATLAS)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Atlas:
        """Read an atlas.

        Raises:
            AtlasError: No such file, not an atlas, damaged, or of a newer format.
        """
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise AtlasError(f"cannot read the atlas {os.fspath(path)}: {error.strerror}") from error
        return _parse_atlas(data, os.fspath(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the atlas; a reader sees the old file or the new one, never half of it.

        Raises:
            AtlasError: It cannot be written there.
        """
        target = Path(path)
        arrays = {name: getattr(self, name) for name in _ARRAY_NAMES}
        header = self.header.model_dump_json().encode()
        metadata = {"header": header, "sha256": _compute_digest(header, arrays)}
        byte_arrays: dict[str, Any] = {
            key: np.frombuffer(text, np.uint8) for key, text in metadata.items()
        }
        try:
            with atomic_write(target) as draft, draft.open("wb") as file:
                np.savez_compressed(file, **byte_arrays, **arrays)
        except SourceError as error:
            raise AtlasError(f"the atlas is not saved: {error}") from error

    def summarise(self) -> AtlasInfo:
        """Summarise the atlas for people."""
        counts = np.bincount(self.origins, minlength=len(self.header.origins))
        quartiles = np.percentile(self.scores, (25, 50, 75)) if len(self.scores) else (0, 0, 0)
        return AtlasInfo(
            name=self.header.name,
            groups=len(self.header.groups),
            examples=len(self.header.examples),
            examples_by_origin=dict(zip(self.header.origins, map(int, counts), strict=True)),
            kinds=self.header.kinds,
            score_quartiles=(float(quartiles[0]), float(quartiles[1]), float(quartiles[2])),
            content_dimensions=self.content.shape[1],
            distortion_dimensions=self.distortion.shape[1],
            content_model=self.header.content_model,
            distortion_model=self.header.distortion_model,
            reference=self.header.reference,
        )

    def with_examples(self, examples: list[Example]) -> Atlas:
        """Return a new atlas with more rated examples; later answers use them at once.

        Args:
            examples: Any number; those whose group exists join it, and one whose name exists
                replaces the example of that name: the newer rating counts.

        Raises:
            AtlasError: A vector of the wrong length, or a score outside 0..100.
        """
        if not examples:
            return self
        self._check_examples(examples)
        names = {example.name for example in examples}
        if not names.isdisjoint(self.header.examples):
            unchanged = np.array([name not in names for name in self.header.examples], bool)
            all_groups = np.ones(len(self.header.groups), bool)
            return self._select(all_groups, unchanged).with_examples(examples)
        groups = _append_missing(self.header.groups, [e.group for e in examples])
        numbers = {name: number for number, name in enumerate(groups)}
        first = {e.group: e.content for e in reversed(examples)}
        new_content = [normalise_rows(first[name]) for name in groups[len(self.header.groups) :]]
        added = np.array(new_content, np.float16).reshape(len(new_content), self.content.shape[1])
        group_indices = np.array([numbers[e.group] for e in examples], np.int32)
        return self._merge(examples, groups, group_indices, np.concatenate([self.content, added]))

    def without_groups(self, groups: frozenset[str]) -> Atlas:
        """Return a new atlas that lacks some groups, for validation on photos it holds."""
        kept = np.array([name not in groups for name in self.header.groups], bool)
        return self._select(kept, kept[self.group_of])

    def _select(self, groups: Mask, examples: Mask) -> Atlas:
        """Select groups and examples by masks; no example that is kept may lose its group."""
        new_indices = (np.cumsum(groups) - 1).astype(np.int32)
        names = {
            "groups": tuple(compress(self.header.groups, groups)),
            "examples": tuple(compress(self.header.examples, examples)),
        }
        return Atlas(
            header=self.header.model_copy(update=names),
            content=self.content[groups],
            distortion=self.distortion[examples],
            group_of=new_indices[self.group_of[examples]],
            **{name: getattr(self, name)[examples] for name in _ARRAY_NAMES[3:]},
        )

    def with_header(self, **changes: object) -> Atlas:
        """Return the same arrays under a header with some fields changed."""
        header = AtlasHeader.model_validate(self.header.model_dump() | changes)
        return replace(self, header=header)

    def _check_examples(self, examples: list[Example]) -> None:
        for example in examples:
            sizes = (example.content.shape, example.distortion.shape)
            expected = (self.content.shape[1:], self.distortion.shape[1:])
            if sizes != expected:
                raise AtlasError(f"{example.name}: vectors of shape {sizes}, expected {expected}")
            for rating in (example.score, example.technical, example.presentation):
                if rating is not None and not 0 <= rating <= 100:
                    raise AtlasError(f"{example.name}: score {rating} is not within 0..100")

    def _merge(
        self,
        examples: list[Example],
        groups: tuple[str, ...],
        group_indices: Int32Array,
        content: Float16Array,
    ) -> Atlas:
        """Merge the examples' rows into this atlas, ordered by group."""
        kinds = _append_missing(self.header.kinds, [e.kind for e in examples if e.kind is not None])
        origins = _append_missing(self.header.origins, [e.origin for e in examples])
        columns: dict[str, object] = {
            "distortion": normalise_rows(np.stack([e.distortion for e in examples])),
            "group_of": group_indices,
            "scores": [e.score for e in examples],
            "technical": [np.nan if e.technical is None else e.technical for e in examples],
            "presentation": [np.nan if e.presentation is None else e.presentation for e in examples],
            "readings": [_unknown_readings() if e.readings is None else e.readings for e in examples],
            "scales": [e.scale for e in examples],
            "own": [e.own for e in examples],
            "kinds": [UNKNOWN_KIND if e.kind is None else kinds.index(e.kind) for e in examples],
            "levels": [-1 if e.level is None else e.level for e in examples],
            "origins": [origins.index(e.origin) for e in examples],
        }
        order = np.argsort(np.concatenate([self.group_of, group_indices]), kind="stable")
        arrays: dict[str, Any] = {
            name: np.concatenate([old, np.asarray(new, old.dtype)])[order]
            for name, new in columns.items()
            for old in [getattr(self, name)]
        }
        names = (*self.header.examples, *(e.name for e in examples))
        changes = {
            "groups": groups,
            "examples": tuple(names[i] for i in order),
            "kinds": kinds,
            "origins": origins,
        }
        header = self.header.model_copy(update=changes)
        return Atlas(header=header, content=content, **arrays)


def _append_missing(known: tuple[str, ...], names: list[str]) -> tuple[str, ...]:
    """Return `known` with the names it lacks appended in order of appearance."""
    return tuple(dict.fromkeys((*known, *names)))


def _unknown_readings() -> Float32Array:
    return np.full(len(ASPECTS), np.nan, np.float32)


def _is_rating(values: Float32Array, name: str) -> bool:
    """Return whether all are ratings of 0..100, or unknown where that may be."""
    known = values[~np.isnan(values)]
    is_complete = name in _MAY_BE_UNKNOWN or len(known) == len(values)
    return is_complete and bool(np.all((known >= 0) & (known <= 100)))


def _is_within(values: NDArray[np.signedinteger[Any]], minimum: int, end: int) -> bool:
    return not len(values) or bool(values.min() >= minimum and values.max() < end)


def _check_condition(condition: bool, expectation: str) -> None:
    if not condition:
        raise AtlasError(f"damaged atlas: there must be {expectation}")


def _parse_atlas(data: bytes, name: str) -> Atlas:
    try:
        header_bytes = read_arrays(data, ("header",))["header"].tobytes()
        _check_version(header_bytes, name)
        header = AtlasHeader.model_validate_json(header_bytes)
        arrays = read_arrays(data, (*_ARRAY_NAMES, "sha256?"))
    except ValidationError as error:
        first_error = error.errors()[0]
        place = ".".join(map(str, first_error["loc"]))
        raise AtlasError(
            f"{name} is not an atlas of this version: {place}: {first_error['msg']}"
        ) from error
    except BadArchive as error:
        raise AtlasError(f"{name} is not an atlas, or is damaged: {error}") from error
    expected_digest = arrays.pop("sha256", None)
    if expected_digest is not None and expected_digest.tobytes() != _compute_digest(
        header_bytes, arrays
    ):
        raise AtlasError(f"{name} is damaged: it is not what was written; restore it from a copy")
    digest = hashlib.sha256(data).hexdigest()[:12]
    try:
        return Atlas(header=header, digest=digest, **arrays)
    except AtlasError as error:
        raise AtlasError(f"{name}: {error}") from error


class _Version(BaseModel):
    """The one field of a header that every format has."""

    version: int


def _check_version(header: bytes, name: str) -> None:
    """Refuse an atlas of another format, before its fields are read."""
    version = _Version.model_validate_json(header).version
    if version != FORMAT_VERSION:
        raise AtlasError(
            f"{name} has atlas format {version}, this version of packshot reads {FORMAT_VERSION}: "
            "build it again from its photos with `packshot atlas build`"
        )


def _compute_digest(header: bytes, arrays: Mapping[str, AnyArray]) -> bytes:
    """Compute the SHA-256 of all that an atlas holds; those written before there was one lack it."""
    hasher = hashlib.sha256(header)
    for name in _ARRAY_NAMES:
        hasher.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        hasher.update(arrays[name].tobytes())
    return hasher.digest()
