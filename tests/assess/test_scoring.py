import numpy as np
import pytest

from packshot.assess.atlas import (
    AspectModel,
    Atlas,
    ConfidenceModel,
    Example,
    Scale,
    ScoreCalibration,
    make_own_example,
)
from packshot.assess.retrieval import Aggregation, RetrievalOptions
from packshot.assess.scoring import (
    FAULTY_SCORE,
    OWN_SHARE,
    PRIOR_RATINGS,
    bound_grade,
    bound_score,
    build_evidence,
    compute_score,
    find_grade,
)
from packshot.encode import PhotoEncoding
from packshot.errors import AtlasError
from packshot.report import Finding, Grade


def make_encoding(content, distortion, readings=None, product=1.0):
    """What networks say of a photo; without readings no rating is moved."""
    more = {} if readings is None else {"readings": np.asarray(readings, np.float32)}
    vectors = np.asarray(content, np.float32), np.asarray(distortion, np.float32)
    return PhotoEncoding(*vectors, kinds=np.ones(1), level=0.0, product=product, **more)


def score_photo(atlas, content, distortion, options=None, group=None, **more):
    encoding = make_encoding(content, distortion, **more)
    return compute_score(atlas, encoding, options or RetrievalOptions(), group)


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
        found = score_photo(atlas, content, distortion, RetrievalOptions.from_paper(count), excluded)
        expected = compute_naive_score(atlas, content, distortion, count, excluded)
        assert found.raw_score == pytest.approx(expected, abs=1e-2)


def test_own_original_is_never_evidence(atlas):
    content, near = atlas.content_rows[4], atlas.distortion_rows[22] + 0.1
    result = score_photo(atlas, content, near, group="g4")
    assert "g4" not in {piece.group for piece in build_evidence(atlas, result.evidence, 100)}
    with_own = score_photo(atlas, content, near)
    assert build_evidence(atlas, with_own.evidence, 1)[0].group == "g4"


def test_a_photo_of_the_atlas_does_not_cite_itself(atlas):
    result = score_photo(atlas, atlas.content_rows[4], atlas.distortion_rows[22])
    assert "g4" not in {piece.group for piece in build_evidence(atlas, result.evidence, 100)}


def add_people(atlas, score=50.0):
    rated = [
        Example(f"r{n}", f"r{n}", vector, atlas.distortion_rows[n], score, "people", scale=Scale.PEOPLE)
        for n, vector in enumerate(atlas.content_rows)
    ]
    return atlas.with_examples(rated)


def test_scales_are_never_mixed_in_retrieval(atlas):
    mixed = add_people(atlas)
    for product, origins in ((1.0, {"ensemble"}), (0.0, {"people"}), (0.5, {"ensemble", "people"})):
        result = score_photo(mixed, np.ones(8), np.ones(6), product=product)
        assert {p.origin for p in build_evidence(mixed, result.evidence, 100)} == origins
        assert result.evidence.weights.sum() == pytest.approx(1, abs=1e-5)


def test_the_score_mixes_scales_by_the_chance_of_a_product_photo(atlas):
    mixed = add_people(atlas, score=50.0)
    alone = score_photo(mixed, np.ones(8), np.ones(6), product=1.0).score
    half = score_photo(mixed, np.ones(8), np.ones(6), product=0.25).score
    assert half == pytest.approx(0.25 * alone + 0.75 * 50, abs=1e-3)


def test_ratings_move_by_the_difference_that_is_read(atlas):
    read = [
        Example(
            "a", "a", np.ones(8), np.ones(6), 60.0, "x", technical=70.0, readings=np.array([50, 60, 40])
        )
    ]
    small = Atlas.create_empty("small", ("c", "d"), (8, 6)).with_examples(read)
    photo = np.ones(8) + 0.3 * np.eye(8)[0], np.ones(6) + 0.3 * np.eye(6)[0]
    options = RetrievalOptions(residual_share=1.0)
    result = score_photo(small, *photo, options, readings=[45, 75, 40, 0])
    assert result.score == pytest.approx(55, abs=0.1)
    assert result.technical.score == pytest.approx(85, abs=0.1)
    assert result.presentation.score == pytest.approx(40, abs=0.1)  # read, for nobody rated it
    assert score_photo(small, *photo).presentation is None  # nor was anything read
    plain = score_photo(small, *photo, RetrievalOptions(residual_share=None), readings=[45, 75, 40, 0])
    assert plain.score == pytest.approx(60, abs=0.1)


def make_rating(atlas, content, distortion, score, name="mine"):
    return atlas.with_examples([make_own_example(name, make_encoding(content, distortion), score, "me")])


def test_the_users_rating_of_the_same_photo_decides(atlas):
    content, distortion = np.arange(8.0), np.arange(6.0)
    before = score_photo(atlas, content, distortion).score
    rated = make_rating(atlas, content, distortion, 3.0)
    after = score_photo(rated, content, distortion)
    assert after.score == pytest.approx((1 - OWN_SHARE) * before + OWN_SHARE * 3, abs=0.01)
    assert build_evidence(rated, after.evidence, 1)[0].weight >= 0.9


@pytest.mark.parametrize("aspect", ["technical", "presentation"])
def test_a_rating_of_the_whole_says_nothing_of_its_aspects(atlas, aspect):
    content, distortion = np.arange(8.0), np.arange(6.0)
    rated = make_rating(atlas, content, distortion, 3.0)
    other = distortion + np.arange(6.0)[::-1]
    before, after = (
        getattr(score_photo(one, content, other, readings=[50, 60, 70, 0]), aspect)
        for one in (atlas, rated)
    )
    assert after == before
    # Of this very photo the atlas would tell another story than the rating does.
    assert getattr(score_photo(rated, content, distortion), aspect) is None


@pytest.mark.parametrize("count", [1, 5, 40])
def test_ratings_of_others_move_a_score_by_no_more_than_is_stated(atlas, count):
    generator = np.random.default_rng(4)
    content, distortion = np.arange(8.0), np.arange(6.0)
    before = score_photo(atlas, content, distortion).score
    rated = atlas
    for number in range(count):
        near = distortion + generator.normal(0, 0.8, 6)
        rated = make_rating(rated, content, near, 0.0, f"mine {number}")
    moved = before - score_photo(rated, content, distortion).score
    assert 0 < moved <= before * count / (count + PRIOR_RATINGS) + 1e-3


def test_ratings_that_contradict_each_other_cancel(atlas):
    content, distortion = np.arange(8.0), np.arange(6.0)
    before = score_photo(atlas, content, distortion).score
    rated = atlas
    for number, score in enumerate([before - 40, before + 40] * 5):
        near = distortion + 0.05 * np.eye(6)[number % 6]
        rated = make_rating(rated, content, near, float(np.clip(score, 0, 100)), f"mine {number}")
    assert score_photo(rated, content, distortion).score == pytest.approx(before, abs=5)


def test_an_atlas_of_own_ratings_alone_is_evidence_as_any(atlas):
    own = make_rating(Atlas.create_empty("own", ("c", "d"), (8, 6)), np.ones(8), np.ones(6), 30.0)
    assert score_photo(own, np.ones(8), np.arange(6.0)).score == pytest.approx(30, abs=0.01)


def test_evidence_weights_sum_to_one_and_give_the_score(atlas):
    generator = np.random.default_rng(2)
    options = RetrievalOptions(neighbours=6, aggregation=Aggregation.WEIGHTED)
    result = score_photo(atlas, generator.normal(size=8), generator.normal(size=6), options)
    pieces = build_evidence(atlas, result.evidence, 100)
    assert len(pieces) == 6
    assert sum(piece.weight for piece in pieces) == pytest.approx(1, abs=1e-3)
    assert sum(piece.weight * piece.score for piece in pieces) == pytest.approx(
        result.raw_score, abs=0.1
    )
    assert [p.weight for p in pieces] == sorted((p.weight for p in pieces), reverse=True)


def test_an_empty_atlas_says_so():
    empty = Atlas.create_empty("none", ("c", "d"), (8, 6))
    with pytest.raises(AtlasError, match="no rated example"):
        score_photo(empty, np.ones(8), np.ones(6))


def test_only_the_own_group_left_says_so(atlas):
    one = atlas.without_groups(frozenset(name for name in atlas.header.groups if name != "g3"))
    with pytest.raises(AtlasError):
        score_photo(one, np.ones(8), np.ones(6), group="g3")


def test_a_group_whose_examples_moved_away_is_passed_over(atlas):
    moved = [
        Example(f"11-{version}", "g0", np.ones(8, np.float32), np.ones(6, np.float32), 50.0, "people")
        for version in range(5)
    ]
    left = atlas.with_examples(moved)
    content = atlas.content_rows[11]
    found = score_photo(left, content, np.ones(6)).evidence
    assert "g11" in left.header.groups
    assert 11 not in left.group_of[found.examples]
    assert len(found.examples) == 11


def test_far_from_all_evidence_is_unknown(atlas):
    strict = atlas.with_header(minimum_distortion=0.999)
    result = score_photo(strict, np.ones(8), np.ones(6))
    assert not result.is_known
    assert result.grade is Grade.UNKNOWN
    assert 0 <= result.score <= 100


def make_aspect(low, high):
    calibration = ScoreCalibration(raw=(0, 100), score=(low, high))
    return AspectModel(calibration=calibration, trust=ConfidenceModel(bias=1.0)).model_dump()


def test_calibration_percentile_and_confidence(atlas):
    calibrated = atlas.with_header(
        aspects={"overall": make_aspect(20, 40)}, reference_scores=(10, 30, 99)
    )
    result = score_photo(calibrated, np.ones(8), np.ones(6))
    assert result.score == pytest.approx(20 + result.raw_score / 5, abs=1e-3)
    assert result.percentile in (pytest.approx(100 / 3), pytest.approx(200 / 3))
    assert result.confidence == pytest.approx(1 / (1 + np.exp(-1)))


def test_an_error_bounds_the_grade_and_a_warning_does_not():
    def make(severity):
        return Finding(code="blurred", severity=severity, reason="", remedy="")

    assert bound_grade(Grade.EXCELLENT, [make("warning")]) is Grade.EXCELLENT
    assert bound_grade(Grade.EXCELLENT, [make("error")]) is Grade.FAIR
    assert bound_grade(Grade.BAD, [make("error")]) is Grade.BAD
    assert bound_grade(Grade.UNKNOWN, [make("error")]) is Grade.UNKNOWN


def make_finding(code="blurred", severity="error"):
    return Finding(code=code, severity=severity, reason="", remedy="")


def test_how_good_a_picture_is_that_is_no_product_nobody_can_tell():
    notes = [make_finding(Finding.NOT_A_PRODUCT, "info")]
    assert {bound_grade(grade, notes) for grade in Grade} == {Grade.UNKNOWN}


def test_an_error_bounds_the_score_and_its_percentile():
    up, right = np.array([0, 1], np.float32), np.array([1, 0], np.float32)
    examples = [Example("a", "a", up, up, 95.0, "mine"), Example("b", "b", up, right, 20.0, "mine")]
    atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2)).with_examples(examples)
    atlas = atlas.with_header(reference_scores=(10, 50, 70, 90))
    high, low = (score_photo(atlas, up, vector) for vector in ((0.1, 1), (1, 0.1)))
    bounded = bound_score(high, [make_finding()], atlas)
    assert (high.score > 90, high.percentile) == (True, 100)
    assert (bounded.score, bounded.percentile, bounded.grade) == (FAULTY_SCORE, 50, Grade.FAIR)
    assert bounded.evidence is high.evidence
    assert bound_score(high, [make_finding(severity="warning")], atlas) is high
    assert bound_score(low, [make_finding()], atlas) is low


def test_the_users_own_rating_of_this_photo_has_the_last_word():
    up = np.array([0, 1], np.float32)
    atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2)).with_examples(
        [Example("a", "a", up, np.array([1, 0], np.float32), 20.0, "others")]
    )
    own = atlas.with_examples([make_own_example("mine", make_encoding(up, up), 90.0, "me")])
    result = score_photo(own, up, up)
    assert result.is_own
    assert bound_score(result, [make_finding()], own).score == result.score > FAULTY_SCORE
    assert not score_photo(own, up, (1, 0.2)).is_own


def test_what_people_say_has_calibrations_of_its_own():
    up, right = np.array([0, 1], np.float32), np.array([1, 0], np.float32)
    examples = [
        Example("a", "a", up, up, 80.0, "mine", technical=80.0),
        Example("b", "b", right, right, 60.0, "people", technical=60.0, scale=Scale.PEOPLE),
    ]
    names = {"overall": (0, 100), "people": (20, 70), "people-technical": (40, 90)}
    atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2)).with_examples(examples)
    atlas = atlas.with_header(aspects={name: make_aspect(*ends) for name, ends in names.items()})
    options = RetrievalOptions(residual_share=None)
    near = (1, 0.1)
    anything = score_photo(atlas, near, near, options, product=0.0)
    assert anything.score == pytest.approx(20 + 0.5 * 60)
    assert anything.technical.score == pytest.approx(40 + 0.5 * 60)
    mixed = score_photo(atlas, near, near, options, product=0.5)
    assert mixed.score == pytest.approx((80 + 50) / 2)


@pytest.mark.parametrize(
    ("score", "word"),
    [(0, "bad"), (19.9, "bad"), (20, "poor"), (45, "fair"), (60, "good"), (100, "excellent")],
)
def test_grades(score, word):
    assert find_grade(score) == word
