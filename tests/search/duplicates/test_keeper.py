import numpy as np
import pytest

from packshot.search.duplicates.keeper import sort_by_preference
from packshot.search.duplicates.signature import FileStamp, Signature


def make_signature(number, side, size):
    return Signature(
        path=f"{number}.jpg",
        stamp=FileStamp(size, 0),
        digest=str(number),
        pixel_digest=str(number),
        width=side,
        height=side,
        blank=False,
        hashes=(0, 0),
        content=np.zeros(4, np.float32),
        taken="2026-01-01T00:00:00",
        taken_from="file",
    )


PHOTOS = [
    make_signature(0, 100, 900),
    make_signature(1, 200, 500),
    make_signature(2, 200, 800),
    make_signature(3, 400, 100),
]


@pytest.mark.parametrize(
    ("scores", "order"),
    [
        ({"0": 90, "1": 70, "2": 70, "3": 40}, [0, 2, 1, 3]),
        ({"0": 80.0, "1": 80.9, "2": 79.5, "3": 79.2}, [3, 2, 1, 0]),
        ({"0": 50, "1": 50, "2": 50}, [2, 1, 0, 3]),
        ({}, [3, 2, 1, 0]),
    ],
)
def test_score_then_pixels_then_bytes(scores, order):
    assert sort_by_preference(range(4), PHOTOS, scores) == order


def test_what_is_laid_over_a_photo_never_makes_it_the_better_one():
    scores = {"1": 60.0, "2": 90.0}
    assert sort_by_preference([1, 2], PHOTOS, scores) == [2, 1]
    assert sort_by_preference([1, 2], PHOTOS, scores, marked={2}) == [1, 2]
