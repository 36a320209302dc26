import numpy as np
import pytest

from packshot.emotion.attention import REGIONS_TOLD, attended, relative, rows


def spots(*places, size=(6, 10)):
    attention = np.zeros(size, np.float32)
    for row, column, value in places:
        attention[row, column] = value
    return attention


def flooded(high, start):
    """The cells that hang together with one, over sides and corners: a naive flood."""
    found, waiting = set(), [start]
    while waiting:
        row, column = waiting.pop()
        if (row, column) in found or not high[row, column]:
            continue
        found.add((row, column))
        around = [(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)]
        waiting += [(r, c) for r, c in around if 0 <= r < high.shape[0] and 0 <= c < high.shape[1]]
    return found


def test_a_map_is_told_relative_to_its_peak():
    assert rows(np.array([[0, 2], [4, 1]], np.float32)) == ((0.0, 0.5), (1.0, 0.25))


def test_no_attention_stays_none():
    nothing = np.zeros((3, 4), np.float32)
    np.testing.assert_array_equal(relative(nothing), nothing)
    assert attended(nothing) == ()


def test_a_region_is_a_box_in_shares_of_the_photo():
    (found,) = attended(spots((1, 2, 3), (2, 3, 3), (5, 9, 1)))
    assert found.region.model_dump() == {"x": 0.2, "y": 0.1667, "width": 0.2, "height": 0.3333}
    assert found.strength == pytest.approx(6 / 7, abs=1e-3)


def test_the_strongest_come_first_and_only_a_few():
    attention = spots((0, 0, 2.0), (0, 4, 4.0), (0, 8, 3.0), (4, 0, 3.5), (4, 4, 2.5))
    found = attended(attention)
    assert len(found) == REGIONS_TOLD
    assert [one.strength for one in found] == [round(value / 15, 3) for value in (4, 3.5, 3)]


def test_half_of_the_peak_still_belongs_to_it():
    assert len(attended(spots((0, 0, 4), (0, 4, 2)))) == 2
    assert len(attended(spots((0, 0, 4), (0, 4, 1.9)))) == 1


def test_even_attention_is_one_region_of_the_whole_photo():
    (found,) = attended(np.full((5, 5), 0.3, np.float32))
    assert tuple(found.region.model_dump().values()) == (0, 0, 1, 1)
    assert found.strength == 1


def test_the_scale_of_a_map_does_not_matter():
    attention = np.random.default_rng(3).random((9, 9)).astype(np.float32)
    assert attended(attention * 2**10) == attended(attention)
    assert rows(attention * 2**10) == rows(attention)


@pytest.mark.parametrize("seed", range(5))
def test_regions_agree_with_a_naive_flood(seed):
    attention = np.random.default_rng(seed).random((7, 9)).astype(np.float32) ** 3
    high = attention >= attention.max() / 2
    floods = {frozenset(flooded(high, (row, column))) for row, column in np.argwhere(high)}
    expected = set()
    for flood in floods:
        down, across = zip(*flood, strict=True)
        top, left, bottom, right = min(down), min(across), max(down) + 1, max(across) + 1
        inside = attention[top:bottom, left:right].sum() / attention.sum()
        expected.add((round(left / 9, 4), round(top / 7, 4), round(float(inside), 3)))
    found = {(one.region.x, one.region.y, one.strength) for one in attended(attention)}
    assert found <= expected
    assert len(found) == min(len(expected), REGIONS_TOLD)
