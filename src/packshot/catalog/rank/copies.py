"""The copies among the photos of a product, and the merit of each among its copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from packshot.arrays import Float32Array
from packshot.catalog.rank.candidate import CopyPair
from packshot.catalog.rank.comparing import (
    PhotoVersion,
    compute_log_odds,
    compute_own_log_odds,
    has_same_shape,
    is_same_picture,
)
from packshot.report import Assessment, DuplicateKind
from packshot.search.duplicates.candidate_pairs import MIN_SIMILARITY
from packshot.search.duplicates.comparison import compare
from packshot.search.duplicates.grouping import build_stars
from packshot.search.duplicates.view import PhotoView

_GEOMETRIC_KINDS = frozenset(
    {
        *(DuplicateKind.CROPPED, DuplicateKind.BORDERED),
        *(DuplicateKind.FLIPPED, DuplicateKind.ROTATED),
    }
)


@dataclass(frozen=True, eq=False)
class PhotoFeatures:
    """All that ranking needs of a photo.

    Attributes:
        assessment: Of it.
        digest: Of its pixels: equal for the same picture.
        content: (C,) content vector of length 1.
        version: What is compared among copies.
        view: What tells copies.

    Example:
        >>> from packshot.assess.pool import AssessorSettings
        >>> from packshot.catalog.rank.ranker import extract_features
        >>> features = extract_features(AssessorSettings().build_assessor(), "examples/photos/mug.jpg")
        >>> features.content.shape, features.version.picture.shape
        ((1280,), (384, 384, 3))
    """

    assessment: Assessment
    digest: str
    content: Float32Array
    version: PhotoVersion
    view: PhotoView

    @property
    def path(self) -> str:
        """Path of the file."""
        return self.assessment.path


@dataclass(frozen=True)
class CopyAnalysis:
    """The copies among a product's photos.

    Attributes:
        pairs: Every pair of a group.
        log_odds: By path, of the photos that have copies.

    Example:
        >>> pairs = (CopyPair("a.jpg", "b.jpg"),)
        >>> analysis = CopyAnalysis(pairs, {"a.jpg": 2.5, "b.jpg": -1.0})
        >>> max(analysis.log_odds, key=analysis.log_odds.get)
        'a.jpg'
    """

    pairs: tuple[CopyPair, ...]
    log_odds: dict[str, float]


def find_copies(photos: Sequence[PhotoFeatures]) -> CopyAnalysis:
    """Gather copies around the photo that seems least damaged, then judge each among them.

    A photo is compared with the centre of each group, not with every other: the work stays small where
    copies are many. Copies of one centre are copies of each other.

    Example:
        >>> from packshot.assess.pool import AssessorSettings
        >>> from packshot.catalog.rank.ranker import extract_features
        >>> assessor = AssessorSettings().build_assessor()
        >>> names = ("mug-warm-cast.jpg", "mug.jpg", "clay-bowl.jpg")
        >>> analysis = find_copies([extract_features(assessor, f"examples/photos/{n}") for n in names])
        >>> [(pair.first[16:], pair.second[16:]) for pair in analysis.pairs]
        [('mug.jpg', 'mug-warm-cast.jpg')]
    """
    comparer = _PairComparer(photos)
    own_log_odds = [compute_own_log_odds(photo.version) for photo in photos]
    order = sorted(range(len(photos)), key=lambda n: (-own_log_odds[n], photos[n].path))
    pairs: list[CopyPair] = []
    log_odds: dict[str, float] = {}
    for group in build_stars(order, comparer.is_copy):
        group_log_odds = _compute_group_log_odds(
            [photos[number] for number in group], comparer.is_in_place(group)
        )
        pairs += [
            CopyPair(photos[one].path, photos[other].path) for one, other in combinations(group, 2)
        ]
        log_odds |= {photos[number].path: group_log_odds[photos[number].digest] for number in group}
    return CopyAnalysis(tuple(pairs), log_odds)


class _PairComparer:
    """Pairs of copies by their numbers, each pair compared once."""

    def __init__(self, photos: Sequence[PhotoFeatures]) -> None:
        self._photos = photos
        self._is_moved_by_pair: dict[tuple[int, int], bool | None] = {}

    def is_copy(self, one: int, other: int) -> bool:
        """Return whether one is a copy of the other."""
        pair = min(one, other), max(one, other)
        if one != other and pair not in self._is_moved_by_pair:
            self._is_moved_by_pair[pair] = self._compare(*pair)
        return one == other or self._is_moved_by_pair[pair] is not None

    def is_in_place(self, group: Sequence[int]) -> bool:
        """Return whether no copy of the group's first was cropped, framed, mirrored or turned."""
        centre, *others = group
        return not any(self._is_moved_by_pair[min(centre, n), max(centre, n)] for n in others)

    def _compare(self, one: int, other: int) -> bool | None:
        """Return whether the copy is moved within its frame; None where it is no copy."""
        first, second = self._photos[one], self._photos[other]
        if first.digest == second.digest or is_same_picture(first.version, second.version):
            return False
        if float(first.content @ second.content) < MIN_SIMILARITY:
            return None
        comparison = compare(first.view, second.view)
        if not comparison.is_copy:
            return None
        return any(change.kind in _GEOMETRIC_KINDS for change in comparison.changes)


def _compute_group_log_odds(photos: Sequence[PhotoFeatures], aligned: bool) -> dict[str, float]:
    """Compute log odds by digest, as photos of the same pixels are one."""
    distinct = {photo.digest: photo.version for photo in photos}
    versions = [distinct[digest] for digest in sorted(distinct)]
    log_odds = compute_log_odds(versions, aligned=aligned and has_same_shape(versions))
    return dict(zip(sorted(distinct), log_odds, strict=True))
