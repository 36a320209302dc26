"""Views of two versions: which parts are shown, and how far the versions differ."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.enhance.version_views import PART_SIDE, WHOLE_SIDE, make_version_views
from packshot.errors import InvalidInput
from tests.conftest import make_picture


def test_the_part_that_changed_most_comes_first():
    before = np.full((400, 500, 3), 120, np.uint8)
    after = before.copy()
    after[:PART_SIDE, -PART_SIDE:] = 200
    views = make_version_views(before, after)
    assert views.parts[0, 0].mean() == 120
    assert views.parts[1, 0].mean() == 200


def test_detail_and_quiet_parts_are_told_apart():
    random = np.random.default_rng(0)
    before = np.full((300, 300, 3), 120, np.uint8)
    before[:100, :100] = random.integers(0, 256, (100, 100, 1))
    views = make_version_views(before, before)
    assert views.parts[0, 2].std() > 40
    assert views.parts[0, 4].std() == 0


def test_white_ground_is_no_quiet_part_where_there_is_another():
    before = np.full((300, 300, 3), 255, np.uint8)
    before[:110, :110] = 100
    assert make_version_views(before, before).parts[0, 4].mean() == 100


def test_measured_change_against_a_naive_count():
    random = np.random.default_rng(1)
    before, after = (random.integers(0, 256, (120, 130, 3), np.uint8) for _ in range(2))
    gap = np.abs(before.astype(int) - after).max(axis=2)
    expected = [np.sqrt((gap**2).mean()) / 255, gap.mean() / 255, None, (gap >= 2).mean()]
    found = make_version_views(before, after).change
    for place in (0, 1, 3):
        assert found[place] == pytest.approx(expected[place], rel=1e-5)
    assert np.quantile(gap, 0.985) <= found[2] * 255 <= np.quantile(gap, 0.995)


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 260), width=st.integers(1, 260), seed=st.integers(0, 99))
def test_exchanged_versions_show_the_same_parts_exchanged(height, width, seed):
    random = np.random.default_rng(seed)
    before, after = (random.integers(0, 256, (height, width, 3), np.uint8) for _ in range(2))
    views, exchanged = make_version_views(before, after), make_version_views(after, before)
    assert views.parts.shape == (2, 6, PART_SIDE, PART_SIDE, 3)
    assert views.whole.shape == (2, WHOLE_SIDE, WHOLE_SIDE, 3)
    assert (views.parts[::-1] == exchanged.parts).all()
    assert (views.whole[::-1] == exchanged.whole).all()
    assert (views.change == exchanged.change).all()


def test_versions_of_different_shapes_or_types_are_refused():
    photo = make_picture(100, 100)
    with pytest.raises(InvalidInput, match="one shape"):
        make_version_views(photo, photo[:-1])
    with pytest.raises(InvalidInput):
        make_version_views(photo, photo.astype(np.float32))
