import math
from dataclasses import astuple
from itertools import permutations

import cv2
import numpy as np
import pytest

from packshot.catalog.rank.comparing import (
    COMPARISON_SIDE,
    WEIGHTS,
    EvidenceWeights,
    centrality,
    compute_centrality_evidence,
    compute_differences,
    compute_log_odds,
    compute_own_evidence,
    compute_own_log_odds,
    resize_for_comparison,
)
from packshot.errors import InvalidInput
from tests.catalog.rank.builders import blur, make_version
from tests.conftest import make_picture

CENTRALITY_WEIGHTS = EvidenceWeights(0, 0, 0, 0, 0, 0, 1, 1, 1)


@pytest.fixture(scope="module")
def copies():
    """A picture and three copies of it, each damaged in a way of its own."""
    picture = make_picture(240, 320)
    noise = np.random.default_rng(1).normal(0, 12, picture.shape)
    darker = (picture * 0.8).astype(np.uint8)
    noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return [picture, blur(picture, 2.0), darker, noisy]


def test_the_photo_that_copies_were_made_from_lies_in_their_midst(copies):
    log_odds = compute_log_odds(
        [make_version(pixels) for pixels in copies], aligned=True, weights=CENTRALITY_WEIGHTS
    )
    assert int(np.argmax(log_odds)) == 0


def test_of_two_copies_neither_lies_in_the_midst(copies):
    one, other = compute_log_odds([make_version(pixels) for pixels in copies[:2]], aligned=True)
    assert one == other


def test_without_alignment_each_is_judged_alone(copies):
    versions = [make_version(pixels, score=10.0 * n) for n, pixels in enumerate(copies)]
    expected = compute_own_evidence(versions) @ np.array(astuple(WEIGHTS)[:6])
    assert compute_log_odds(versions, aligned=False) == pytest.approx(expected.tolist())
    assert [compute_own_log_odds(one) for one in versions] == pytest.approx(expected.tolist())


def test_less_damage_a_higher_score_and_more_real_pixels_are_better(copies):
    base = make_version(copies[0])
    better = [
        make_version(copies[0], score=90),
        make_version(copies[0], undamaged=0.9),
        make_version(copies[0], damage_level=0.2),
        make_version(copies[0], histogram_unevenness=0.01),
        make_version(copies[0], effective_side=1600),
    ]
    for one in better:
        first, second = compute_log_odds([one, base], aligned=True)
        assert first > second
    enough, more = compute_log_odds(
        [make_version(copies[0], effective_side=s) for s in (2000, 9000)], aligned=True
    )
    assert enough == more


def test_of_two_copies_the_one_that_was_pressed_down_is_worse(copies):
    pressed, other = compute_log_odds(
        [make_version(copies[0], highest_tone=0.9), make_version(copies[0])], aligned=True
    )
    assert pressed < other


def test_of_two_copies_each_gains_what_the_other_loses(copies):
    one, other = (
        make_version(copies[0], score=90, histogram_unevenness=0.02),
        make_version(copies[2], histogram_unevenness=0.4),
    )
    first, second = compute_log_odds([one, other], aligned=True)
    assert compute_log_odds([other, one], aligned=True) == [second, first]
    assert first - second == pytest.approx(compute_own_log_odds(one) - compute_own_log_odds(other))


def test_equal_copies_are_equally_good(copies):
    log_odds = compute_log_odds([make_version(copies[0])] * 3, aligned=True)
    assert log_odds == pytest.approx([log_odds[0]] * 3)
    assert math.isfinite(log_odds[0])


def test_frames_of_other_shapes_cannot_be_laid_on_each_other(copies):
    versions = [make_version(copies[0]), make_version(copies[1]), make_version(copies[2][:, :100])]
    with pytest.raises(InvalidInput, match="frames"):
        compute_log_odds(versions, aligned=True)
    assert len(compute_log_odds(versions, aligned=False)) == 3


def test_midst_evidence_is_that_of_each_plane():
    distances = np.random.default_rng(0).uniform(1, 2, (3, 4, 4))
    distances = (distances + distances.transpose(0, 2, 1)) * (1 - np.eye(4))
    evidence = compute_centrality_evidence(distances)
    assert np.array_equal(evidence, np.array([centrality(plane) for plane in distances]).T)
    assert not compute_centrality_evidence(distances[:, :2, :2]).any()


def test_the_order_of_copies_does_not_matter(copies):
    versions = [make_version(pixels) for pixels in copies]
    expected = compute_log_odds(versions, aligned=True)
    for order in permutations(range(4)):
        log_odds = compute_log_odds([versions[n] for n in order], aligned=True)
        assert log_odds == pytest.approx([expected[n] for n in order])


def test_differences_by_a_naive_loop(copies):
    distances = compute_differences(copies[:2])
    lab = [
        cv2.cvtColor(one.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB) for one in copies[:2]
    ]
    detail = [one - cv2.GaussianBlur(one, (0, 0), 2.0) for one in lab]
    total = 0.0
    for y in range(240):
        for x in range(320):
            total += float(np.sqrt(((detail[0][y, x, 1:] - detail[1][y, x, 1:]) ** 2).sum()))
    assert distances[2, 0, 1] == pytest.approx(total / (240 * 320), rel=1e-4)
    assert distances[1, 0, 1] == pytest.approx(
        float(np.abs(detail[0] - detail[1])[..., 0].mean()), rel=1e-4
    )
    assert np.array_equal(distances, distances.transpose(0, 2, 1))
    assert not distances[:, [0, 1], [0, 1]].any()


def test_centrality_by_a_naive_loop():
    distances = np.array([[0, 1, 4], [1, 0, 9], [4, 9, 0]], float)
    mean = (1 + 4 + 9) / 3
    expected = []
    for one in range(3):
        others = [math.log(distances[one, other] / mean + 0.05) for other in range(3) if other != one]
        expected.append(-math.log2(3) * sum(others) / 2)
    assert centrality(distances).tolist() == pytest.approx(expected)
    assert centrality(distances * 7).tolist() == pytest.approx(expected)
    assert len(set(centrality(np.zeros((3, 3))).tolist())) == 1


def test_pictures_of_other_sizes_are_laid_on_the_smallest(copies):
    small = cv2.resize(copies[0], (160, 120), interpolation=cv2.INTER_AREA)
    distances = compute_differences([copies[0], small])
    assert distances.max() < 0.2
    with pytest.raises(InvalidInput, match="frames"):
        compute_differences([copies[0], small[:, :60]])


def test_a_picture_is_shrunk_and_never_enlarged():
    assert max(resize_for_comparison(make_picture(500, 800)).shape) == COMPARISON_SIDE
    tiny = make_picture(60, 40)
    assert np.array_equal(resize_for_comparison(tiny), tiny)
