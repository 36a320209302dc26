"""What every no-reference measure must hold."""

from collections.abc import Callable

import numpy as np
import pytest

from packshot.errors import InvalidInput
from packshot.measure.natural import brisque, brisque_features, niqe, uiqm, uiqm_parts
from tests.measure.natural.photos import make_natural_noise

every = pytest.mark.parametrize(
    "measure", [niqe, brisque, brisque_features, uiqm, uiqm_parts], ids=lambda m: m.__name__
)


@every
@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((200, 200, 3), dtype=np.float32),
        np.zeros((200, 200, 3), dtype=np.uint16),
        np.zeros((200, 200), dtype=np.uint8),
        np.zeros((200, 200, 4), dtype=np.uint8),
        [[1, 2, 3]],
    ],
    ids=["float", "uint16", "grey", "alpha", "list"],
)
def test_what_is_not_8_bit_rgb_is_refused(measure: Callable[[np.ndarray], object], wrong) -> None:
    with pytest.raises(InvalidInput, match="photo: expected"):
        measure(wrong)


@every
def test_too_small_is_refused(measure: Callable[[np.ndarray], object]) -> None:
    with pytest.raises(InvalidInput, match="too small"):
        measure(make_natural_noise(32, 32)[:9, :9])


@pytest.mark.parametrize("measure", [niqe, brisque, uiqm], ids=lambda m: m.__name__)
def test_the_same_photo_gives_the_same_number(measure: Callable[[np.ndarray], float]) -> None:
    photo = make_natural_noise()
    first = measure(photo)
    assert measure(np.asfortranarray(photo)) == first
    assert measure(np.flipud(np.flipud(photo).copy())) == first
