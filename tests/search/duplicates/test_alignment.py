import cv2
import numpy as np
import pytest

from packshot.photo import Photo
from packshot.search.duplicates.alignment import _find_matches, guess_by_features
from packshot.search.duplicates.view import PhotoView
from tests.conftest import make_picture


def normalise(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_matches_are_those_of_the_ratio_test():
    generator = np.random.default_rng(0)
    known = normalise(np.abs(generator.normal(size=(60, 16))))
    sought = normalise(np.abs(known[:40] + 0.12 * generator.normal(size=(40, 16))))
    expected = []
    for number, vector in enumerate(sought):
        distances = np.linalg.norm(known - vector, axis=1)
        first, second = np.argsort(distances)[:2]
        if distances[first] < 0.82 * distances[second]:
            expected.append((number, first))
    assert 5 < len(expected) < 40
    assert list(zip(*_find_matches(sought, known), strict=True)) == expected
    other = cv2.BFMatcher(cv2.NORM_L2).knnMatch(sought, known, k=2)
    assert expected == [(a.queryIdx, a.trainIdx) for a, b in other if a.distance < 0.82 * b.distance]


@pytest.mark.parametrize("mirrored", [False, True])
def test_features_tell_where_a_photo_lies(mirrored):
    picture = make_picture(300, 300, seed=4)
    part = picture[40:260, 30:250]
    part = np.ascontiguousarray(part[:, ::-1] if mirrored else part)
    views = [PhotoView.from_photo(Photo.from_pixels(pixels)) for pixels in (picture, part)]
    best = max(guess_by_features(*views), key=lambda guess: guess.inliers)
    corner = best.mapping @ [220.0 if mirrored else 0.0, 0.0, 1.0]
    assert corner[:2] == pytest.approx([30, 40], abs=1.5)
