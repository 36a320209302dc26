import math
from dataclasses import astuple
from itertools import permutations

import cv2
import numpy as np
import pytest

from packshot.catalog.rank.comparing import (
    COMPARED_SIDE,
    WEIGHTS,
    Weights,
    centrality,
    differences,
    merits,
    midst_evidence,
    own_evidence,
    own_merit,
    picture_of,
)
from packshot.errors import InvalidInput
from tests.catalog.rank.made import blurred, version
from tests.conftest import make_picture

ALIKE = Weights(0, 0, 0, 0, 0, 0, 1, 1, 1)


@pytest.fixture(scope="module")
def copies():
    """A picture and three copies of it, each damaged in a way of its own."""
    picture = make_picture(240, 320)
    noise = np.random.default_rng(1).normal(0, 12, picture.shape)
    darker = (picture * 0.8).astype(np.uint8)
    noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return [picture, blurred(picture, 2.0), darker, noisy]


def test_the_photo_that_copies_were_made_from_lies_in_their_midst(copies):
    judged = merits([version(pixels) for pixels in copies], aligned=True, weights=ALIKE)
    assert int(np.argmax(judged)) == 0


def test_of_two_copies_neither_lies_in_the_midst(copies):
    one, other = merits([version(pixels) for pixels in copies[:2]], aligned=True)
    assert one == other


def test_without_alignment_each_is_judged_alone(copies):
    versions = [version(pixels, score=10.0 * n) for n, pixels in enumerate(copies)]
    alone = own_evidence(versions) @ np.array(astuple(WEIGHTS)[:6])
    assert merits(versions, aligned=False) == pytest.approx(alone.tolist())
    assert [own_merit(one) for one in versions] == pytest.approx(alone.tolist())


def test_less_damage_a_higher_score_and_more_real_pixels_are_better(copies):
    base = version(copies[0])
    better = [
        version(copies[0], score=90),
        version(copies[0], undamaged=0.9),
        version(copies[0], level=0.2),
        version(copies[0], combed=0.01),
        version(copies[0], side=1600),
    ]
    for one in better:
        first, second = merits([one, base], aligned=True)
        assert first > second
    enough, more = merits([version(copies[0], side=s) for s in (2000, 9000)], aligned=True)
    assert enough == more


def test_of_two_copies_the_one_that_was_pressed_down_is_worse(copies):
    pressed, other = merits([version(copies[0], highest=0.9), version(copies[0])], aligned=True)
    assert pressed < other


def test_of_two_copies_each_gains_what_the_other_loses(copies):
    one, other = version(copies[0], score=90, combed=0.02), version(copies[2], combed=0.4)
    first, second = merits([one, other], aligned=True)
    assert merits([other, one], aligned=True) == [second, first]
    assert first - second == pytest.approx(own_merit(one) - own_merit(other))


def test_equal_copies_are_equally_good(copies):
    judged = merits([version(copies[0])] * 3, aligned=True)
    assert judged == pytest.approx([judged[0]] * 3)
    assert math.isfinite(judged[0])


def test_frames_of_other_shapes_cannot_be_laid_on_each_other(copies):
    versions = [version(copies[0]), version(copies[1]), version(copies[2][:, :100])]
    with pytest.raises(InvalidInput, match="frames"):
        merits(versions, aligned=True)
    assert len(merits(versions, aligned=False)) == 3


def test_midst_evidence_is_that_of_each_plane():
    distances = np.random.default_rng(0).uniform(1, 2, (3, 4, 4))
    distances = (distances + distances.transpose(0, 2, 1)) * (1 - np.eye(4))
    found = midst_evidence(distances)
    assert np.array_equal(found, np.array([centrality(plane) for plane in distances]).T)
    assert not midst_evidence(distances[:, :2, :2]).any()


def test_the_order_of_copies_does_not_matter(copies):
    versions = [version(pixels) for pixels in copies]
    expected = merits(versions, aligned=True)
    for order in permutations(range(4)):
        judged = merits([versions[n] for n in order], aligned=True)
        assert judged == pytest.approx([expected[n] for n in order])


def test_differences_by_a_naive_loop(copies):
    found = differences(copies[:2])
    lab = [
        cv2.cvtColor(one.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB) for one in copies[:2]
    ]
    detail = [one - cv2.GaussianBlur(one, (0, 0), 2.0) for one in lab]
    total = 0.0
    for y in range(240):
        for x in range(320):
            total += float(np.sqrt(((detail[0][y, x, 1:] - detail[1][y, x, 1:]) ** 2).sum()))
    assert found[2, 0, 1] == pytest.approx(total / (240 * 320), rel=1e-4)
    assert found[1, 0, 1] == pytest.approx(float(np.abs(detail[0] - detail[1])[..., 0].mean()), rel=1e-4)
    assert np.array_equal(found, found.transpose(0, 2, 1))
    assert not found[:, [0, 1], [0, 1]].any()


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
    found = differences([copies[0], small])
    assert found.max() < 0.2
    with pytest.raises(InvalidInput, match="frames"):
        differences([copies[0], small[:, :60]])


def test_a_picture_is_shrunk_and_never_enlarged():
    assert max(picture_of(make_picture(500, 800)).shape) == COMPARED_SIDE
    tiny = make_picture(60, 40)
    assert np.array_equal(picture_of(tiny), tiny)
