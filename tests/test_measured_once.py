import threading

import numpy as np
import pytest

from packshot.measured_once import freeze, measured_once, remembering


@pytest.fixture
def measure():
    """A measurement that counts how often it was made."""

    @measured_once
    def mean_of(pixels):
        mean_of.count += 1
        return float(pixels.mean())

    mean_of.count = 0
    return mean_of


def make_photo(value):
    return freeze(np.full((4, 6, 3), value, np.uint8))


def test_a_photo_is_measured_once_within_a_block(measure):
    photo = make_photo(9)
    with remembering():
        assert [measure(photo), measure(photo)] == [9, 9]
    assert measure.count == 1


def test_nothing_is_kept_outside_a_block(measure):
    photo = make_photo(9)
    with remembering():
        measure(photo)
    measure(photo)
    with remembering():
        measure(photo)
    assert measure.count == 3


def test_versions_do_not_share_what_was_measured(measure):
    with remembering():
        assert [measure(make_photo(value)) for value in range(20)] == list(range(20))


def test_equal_photos_are_two_photos(measure):
    with remembering():
        measure(make_photo(9))
        measure(make_photo(9))
    assert measure.count == 2


def test_what_can_be_changed_is_measured_anew(measure):
    photo = np.zeros((4, 6, 3), np.uint8)
    with remembering():
        assert measure(photo) == 0
        photo[:] = 50
        assert measure(photo) == 50


def test_a_view_that_others_can_change_is_measured_anew(measure):
    photo = np.zeros((8, 6, 3), np.uint8)
    view = photo[:4]
    view.setflags(write=False)
    with remembering():
        assert measure(view) == 0
        photo[:] = 50
        assert measure(view) == 50


def test_few_photos_are_kept(measure):
    photos = [make_photo(value) for value in range(5)]
    with remembering():
        for photo in photos:
            measure(photo)
        measure(photos[-1])
        assert measure.count == 5
        measure(photos[0])
        assert measure.count == 6


def test_measures_do_not_share_their_answers(measure):
    largest = measured_once(lambda pixels: int(pixels.max()))
    photo = freeze(np.array([[[1, 2, 6]]], np.uint8))
    with remembering():
        assert (measure(photo), largest(photo)) == (3, 6)


def test_a_failed_measurement_is_not_remembered(measure):
    @measured_once
    def fail_once(pixels):
        fail_once.count += 1
        if fail_once.count == 1:
            raise ValueError("too small")
        return fail_once.count

    fail_once.count = 0
    photo = make_photo(1)
    with remembering():
        with pytest.raises(ValueError, match="too small"):
            fail_once(photo)
        assert fail_once(photo) == 2


def test_a_block_within_another_shares_its_memory(measure):
    photo = make_photo(9)
    with remembering():
        measure(photo)
        with remembering():
            measure(photo)
        measure(photo)
    assert measure.count == 1


def test_threads_know_nothing_of_each_others_memory(measure):
    photo = make_photo(9)
    with remembering():
        measure(photo)
        thread = threading.Thread(target=measure, args=(photo,))
        thread.start()
        thread.join()
    assert measure.count == 2


def test_freezing_copies_what_others_hold():
    photo = np.zeros((8, 6, 3), np.uint8)
    part = freeze(photo[:4])
    photo[:] = 50
    assert part.max() == 0
    with pytest.raises(ValueError, match="read-only"):
        part[:] = 1
    assert freeze(part) is part
