import numpy as np
import pytest

from packshot.search.duplicates.comparison import Comparison
from packshot.search.duplicates.photo_comparisons import PhotoComparisons
from packshot.search.duplicates.store import SignatureStore
from tests.search.duplicates.signatures import make_signature, normalise

LABEL_ELSEWHERE = Comparison(inliers=20, scale=1.3, colours=0.7)


def make_comparisons(found, cosine=0.8):
    """Of two photos, compared beforehand."""
    other = normalise(np.array([cosine, np.sqrt(1 - cosine**2)]))
    photos = [make_signature(0, normalise(np.array([1, 0]))), make_signature(1, other)]
    store = SignatureStore(None, "maker")
    store.save_comparisons([("0", "1", found)])
    return PhotoComparisons(photos, store, workers=1)


@pytest.mark.parametrize("scale", [0.7, 1.3])
def test_one_label_at_another_size_in_the_same_colours_is_one_product(scale):
    found = make_comparisons(LABEL_ELSEWHERE.model_copy(update={"scale": scale}))
    assert found.is_same_product(0, 1)
    assert found.is_same_product(1, 0)
    assert not found.is_copy(0, 1)


@pytest.mark.parametrize(
    "update",
    [
        {"scale": 1.02},  # laid out alike, as a shop's photos of different products are
        {"colours": 0.3},  # another one of the range
        {"inliers": 9},
    ],
)
def test_less_is_not_enough(update):
    assert not make_comparisons(LABEL_ELSEWHERE.model_copy(update=update)).is_same_product(0, 1)


def test_other_content_is_another_product():
    assert not make_comparisons(LABEL_ELSEWHERE, cosine=0.4).is_same_product(0, 1)


def test_a_copy_shows_the_same_product():
    assert make_comparisons(Comparison(is_copy=True)).is_same_product(0, 1)
