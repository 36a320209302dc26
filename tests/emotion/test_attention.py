import numpy as np
import pytest

from packshot.emotion.attention import MAX_REGIONS, find_regions, normalise_by_peak, to_rows


def make_spots(*places, size=(6, 10)):
    attention = np.zeros(size, np.float32)
    for row, column, value in places:
        attention[row, column] = value
    return attention


def flood_fill(high, start):
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
    assert to_rows(np.array([[0, 2], [4, 1]], np.float32)) == ((0.0, 0.5), (1.0, 0.25))


def test_no_attention_stays_none():
    nothing = np.zeros((3, 4), np.float32)
    np.testing.assert_array_equal(normalise_by_peak(nothing), nothing)
    assert find_regions(nothing) == ()


def test_a_region_is_a_box_in_shares_of_the_photo():
    (found,) = find_regions(make_spots((1, 2, 3), (2, 3, 3), (5, 9, 1)))
    assert found.region.model_dump() == {"x": 0.2, "y": 0.1667, "width": 0.2, "height": 0.3333}
    assert found.strength == pytest.approx(6 / 7, abs=1e-3)


def test_the_strongest_come_first_and_only_a_few():
    attention = make_spots((0, 0, 2.0), (0, 4, 4.0), (0, 8, 3.0), (4, 0, 3.5), (4, 4, 2.5))
    found = find_regions(attention)
    assert len(found) == MAX_REGIONS
    assert [one.strength for one in found] == [round(value / 15, 3) for value in (4, 3.5, 3)]


def test_a_region_begins_half_way_from_the_mean_to_the_peak():
    """Of one cell of 1 and one of s in 4 x 5: the level is (1 + (1 + s) / 20) / 2, so s >= 21 / 39."""
    assert len(find_regions(make_spots((0, 0, 1), (0, 4, 0.54), size=(4, 5)))) == 2
    assert len(find_regions(make_spots((0, 0, 1), (0, 4, 0.53), size=(4, 5)))) == 1


def test_a_little_attention_everywhere_hides_nothing():
    attention = make_spots((1, 2, 3), (2, 3, 3))
    assert find_regions(attention + 3)[0].region == find_regions(attention)[0].region


@pytest.mark.parametrize("noise", [0, 0.1])
def test_even_attention_is_one_region_of_the_whole_photo(noise):
    uneven = np.random.default_rng(1).random((5, 5)).astype(np.float32)
    (found,) = find_regions(0.3 * (1 + noise * uneven))
    assert tuple(found.region.model_dump().values()) == (0, 0, 1, 1)
    assert found.strength == 1


def test_the_scale_of_a_map_does_not_matter():
    attention = np.random.default_rng(3).random((9, 9)).astype(np.float32)
    assert find_regions(attention * 2**10) == find_regions(attention)
    assert to_rows(attention * 2**10) == to_rows(attention)


@pytest.mark.parametrize("seed", range(5))
def test_regions_agree_with_a_naive_flood(seed):
    attention = np.random.default_rng(seed).random((7, 9)).astype(np.float32) ** 3
    high = attention >= (attention.max() + attention.mean()) / 2
    floods = {frozenset(flood_fill(high, (row, column))) for row, column in np.argwhere(high)}
    expected = set()
    for flood in floods:
        down, across = zip(*flood, strict=True)
        top, left, bottom, right = min(down), min(across), max(down) + 1, max(across) + 1
        inside = attention[top:bottom, left:right].sum() / attention.sum()
        expected.add((round(left / 9, 4), round(top / 7, 4), round(float(inside), 3)))
    found = {(one.region.x, one.region.y, one.strength) for one in find_regions(attention)}
    assert found <= expected
    assert len(found) == min(len(expected), MAX_REGIONS)
