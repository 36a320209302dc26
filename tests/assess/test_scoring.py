from dataclasses import replace

import numpy as np
import pytest

from packshot.assess.atlas import Atlas, ConfidenceModel, Example, ScoreCalibration
from packshot.assess.retrieval import Aggregation, RetrievalOptions
from packshot.assess.scoring import build_evidence, compute_score, find_grade
from packshot.errors import AtlasError
from packshot.report import Grade


def normalise(vector):
    return vector / np.linalg.norm(vector)


@pytest.fixture
def atlas():
    generator = np.random.default_rng(0)
    examples = []
    for group in range(12):
        content = generator.normal(size=8).astype(np.float32)
        for version in range(5):
            examples.append(
                Example(
                    f"{group}-{version}",
                    f"g{group}",
                    content,
                    generator.normal(size=6).astype(np.float32),
                    float(generator.uniform(0, 100)),
                    "ensemble",
                    "jpeg",
                    version,
                )
            )
    return Atlas.create_empty("test", ("c", "d"), (8, 6)).with_examples(examples)


def compute_naive_score(atlas, content, distortion, count, excluded):
    """Equations 1 to 7, word for word."""
    alike = [float(normalise(content) @ row) for row in atlas.content_rows]
    allowed = [g for g in range(len(alike)) if atlas.header.groups[g] != excluded]
    nearest = sorted(allowed, key=lambda g: -alike[g])[:count]
    total = weight = 0.0
    for group in nearest:
        members = [i for i in range(len(atlas.scores)) if atlas.group_of[i] == group]
        best = max(members, key=lambda i: normalise(distortion) @ atlas.distortion_rows[i])
        total += max(alike[group], 1e-6) * atlas.scores[best]
        weight += max(alike[group], 1e-6)
    return total / weight


@pytest.mark.parametrize("count", [1, 3, 10])
@pytest.mark.parametrize("excluded", [None, "g4"])
def test_source_form_against_the_equations(atlas, count, excluded):
    generator = np.random.default_rng(9)
    for _ in range(10):
        content = generator.normal(size=8).astype(np.float32)
        distortion = generator.normal(size=6).astype(np.float32)
        found = compute_score(atlas, content, distortion, RetrievalOptions.from_paper(count), excluded)
        expected = compute_naive_score(atlas, content, distortion, count, excluded)
        assert found.raw_score == pytest.approx(expected, abs=1e-2)


def test_damaged_originals_serve_only_photos_like_them(atlas):
    rated = [
        Example(f"r{n}", f"r{n}", -atlas.content_rows[0], atlas.distortion_rows[0], 50.0, "people")
        for n in range(30)
    ]
    mixed = atlas.with_examples(rated)
    options = RetrievalOptions(damaged_share=0.3, nearest_groups=5)
    unlike = compute_score(mixed, -atlas.content_rows[0], atlas.distortion_rows[0], options)
    assert {p.origin for p in build_evidence(mixed, unlike.evidence, 100)} == {"people"}
    like = compute_score(mixed, atlas.content_rows[0], atlas.distortion_rows[0], options)
    assert "ensemble" in {p.origin for p in build_evidence(mixed, like.evidence, 100)}
    off = RetrievalOptions(damaged_share=0.0)
    everyone = compute_score(mixed, -atlas.content_rows[0], atlas.distortion_rows[0], off)
    assert "ensemble" in {p.origin for p in build_evidence(mixed, everyone.evidence, 100)}


def test_own_original_is_never_evidence(atlas):
    content = atlas.content_rows[4]
    result = compute_score(atlas, content, atlas.distortion_rows[22], RetrievalOptions(), "g4")
    assert "g4" not in {piece.group for piece in build_evidence(atlas, result.evidence, 100)}
    with_own = compute_score(atlas, content, atlas.distortion_rows[22], RetrievalOptions())
    assert build_evidence(atlas, with_own.evidence, 1)[0].group == "g4"


def test_evidence_weights_sum_to_one_and_give_the_score(atlas):
    generator = np.random.default_rng(2)
    options = RetrievalOptions(neighbours=6, aggregation=Aggregation.WEIGHTED)
    result = compute_score(atlas, generator.normal(size=8), generator.normal(size=6), options)
    pieces = build_evidence(atlas, result.evidence, 100)
    assert len(pieces) == 6
    assert sum(piece.weight for piece in pieces) == pytest.approx(1, abs=1e-3)
    assert sum(piece.weight * piece.score for piece in pieces) == pytest.approx(
        result.raw_score, abs=0.1
    )
    assert [p.weight for p in pieces] == sorted((p.weight for p in pieces), reverse=True)


def test_one_added_rating_changes_the_answer_at_once(atlas):
    generator = np.random.default_rng(3)
    content, distortion = generator.normal(size=8), generator.normal(size=6)
    before = compute_score(atlas, content, distortion, RetrievalOptions())
    added = Example("new", "new", content.astype(np.float32), distortion.astype(np.float32), 3.0, "me")
    after = compute_score(atlas.with_examples([added]), content, distortion, RetrievalOptions())
    assert build_evidence(atlas.with_examples([added]), after.evidence, 1)[0].example == "new"
    assert abs(after.raw_score - 3) < abs(before.raw_score - 3)


def test_an_empty_atlas_says_so():
    empty = Atlas.create_empty("none", ("c", "d"), (8, 6))
    with pytest.raises(AtlasError, match="no rated example"):
        compute_score(empty, np.ones(8, np.float32), np.ones(6, np.float32), RetrievalOptions())


def test_only_the_own_group_left_says_so(atlas):
    one = atlas.without_groups(frozenset(name for name in atlas.header.groups if name != "g3"))
    with pytest.raises(AtlasError):
        compute_score(one, np.ones(8, np.float32), np.ones(6, np.float32), RetrievalOptions(), "g3")


def test_a_group_whose_examples_moved_away_is_passed_over(atlas):
    moved = [
        Example(f"11-{version}", "g0", np.ones(8, np.float32), np.ones(6, np.float32), 50.0, "people")
        for version in range(5)
    ]
    left = atlas.with_examples(moved)
    content = atlas.content_rows[11]
    found = compute_score(left, content, np.ones(6, np.float32), RetrievalOptions()).evidence
    assert "g11" in left.header.groups
    assert 11 not in left.group_of[found.examples]
    assert len(found.examples) == 11


def test_far_from_all_evidence_is_unknown(atlas):
    strict = atlas.with_header(trust=ConfidenceModel(minimum_distortion=0.999).model_dump())
    result = compute_score(strict, np.ones(8, np.float32), np.ones(6, np.float32), RetrievalOptions())
    assert not result.is_known
    assert result.grade is Grade.UNKNOWN
    assert 0 <= result.score <= 100


def test_calibration_and_percentile(atlas):
    arguments = np.ones(8, np.float32), np.ones(6, np.float32), RetrievalOptions()
    lines = {
        "calibration": ScoreCalibration(raw=(0, 100), score=(20, 40)).model_dump(),
        "damaged_calibration": ScoreCalibration(raw=(0, 100), score=(50, 90)).model_dump(),
    }
    result = compute_score(atlas.with_header(**lines, reference_scores=(10, 60, 99)), *arguments)
    assert result.score == pytest.approx(50 + result.raw_score * 0.4, abs=1e-3)
    assert result.percentile in (pytest.approx(100 / 3), pytest.approx(200 / 3))
    by_people = replace(atlas, levels=np.full_like(atlas.levels, -1)).with_header(**lines)
    result = compute_score(by_people, *arguments)
    assert result.score == pytest.approx(20 + result.raw_score / 5, abs=1e-3)


def test_each_sort_of_evidence_calibrates_by_its_weight(atlas):
    lines = {
        "calibration": ScoreCalibration(raw=(0, 100), score=(0, 0)).model_dump(),
        "damaged_calibration": ScoreCalibration(raw=(0, 100), score=(100, 100)).model_dump(),
    }
    mixed = replace(atlas, levels=np.where(atlas.group_of % 2, -1, atlas.levels)).with_header(**lines)
    options = RetrievalOptions(damaged_share=0.0)
    result = compute_score(mixed, np.ones(8, np.float32), np.ones(6, np.float32), options)
    damaged = mixed.levels[result.evidence.examples] >= 0
    assert 0 < damaged.sum() < len(damaged)
    assert result.score == pytest.approx(100 * result.evidence.weights[damaged].sum(), abs=1e-3)


@pytest.mark.parametrize(
    ("score", "word"),
    [(0, "bad"), (19.9, "bad"), (20, "poor"), (45, "fair"), (60, "good"), (100, "excellent")],
)
def test_grades(score, word):
    assert find_grade(score) == word
