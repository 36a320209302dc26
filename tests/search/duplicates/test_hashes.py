import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.search.duplicates.hashes import compute_turned_hashes, find_close_hashes, perceptual_hash


def iter_turns(pixels):
    """The eight turns in the order of the hashes: transposed, then down, then across."""
    for base in (pixels, pixels.transpose(1, 0, 2)):
        for down in (False, True):
            for across in (False, True):
                yield np.ascontiguousarray(base[:: -1 if down else 1, :: -1 if across else 1])


def test_hashes_of_turns_follow_from_one(picture):
    computed = compute_turned_hashes(np.array([perceptual_hash(picture)], np.uint64))[0].tolist()
    assert computed[0] == perceptual_hash(picture)
    for value, pixels in zip(computed, iter_turns(picture), strict=True):
        assert (
            value ^ perceptual_hash(pixels)
        ).bit_count() <= 2  # a frequency near 0 may change its sign


def test_the_hash_is_the_signs_of_a_cosine_transform(picture):
    small = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
    x = np.arange(32)
    value = perceptual_hash(picture)
    for row, column in ((0, 1), (1, 0), (3, 5), (7, 7)):
        wave = np.outer(
            np.cos(np.pi * row * (2 * x + 1) / 64), np.cos(np.pi * column * (2 * x + 1) / 64)
        )
        assert bool(value >> (8 * row + column) & 1) == ((wave * small).sum() > 0)
    assert not value & 1


def test_other_pictures_have_far_hashes(picture, packshot_picture):
    distance = (perceptual_hash(picture) ^ perceptual_hash(packshot_picture)).bit_count()
    assert distance > 16
    larger = cv2.resize(picture, (700, 500), interpolation=cv2.INTER_CUBIC)
    assert (perceptual_hash(picture) ^ perceptual_hash(larger)).bit_count() <= 4


@given(st.integers(0, 2**64 - 1))
def test_turning_twice_leads_back(value):
    value &= ~1
    turns = compute_turned_hashes(np.array([value], np.uint64))
    assert turns.shape == (1, 8)
    again = compute_turned_hashes(turns[0])
    for number in (1, 2, 3, 4):  # mirrorings and the transposition undo themselves
        assert again[number, number] == value


@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20),
    st.lists(st.integers(0, 2**64 - 1), max_size=5),
    st.sets(st.integers(0, 63), max_size=4),
)
def test_up_to_four_bits_are_always_found(hashes, others, flipped):
    query = hashes[0] ^ sum(1 << bit for bit in flipped)
    found = set(find_close_hashes(np.array(hashes, np.uint64), np.array([query, *others], np.uint64)))
    assert (0, 0) in found
    for number, place in found:
        assert ([query, *others][number] ^ hashes[place]).bit_count() <= 8


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_found_among_nothing(count):
    none = np.zeros(0, np.uint64)
    assert list(find_close_hashes(none, np.ones(count, np.uint64))) == []
    assert list(find_close_hashes(np.ones(count, np.uint64), none)) == []
