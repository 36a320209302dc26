"""Groups of ImageNet classes and what we guess of them."""

import numpy as np
import pytest

from packshot.train.datasets.pleasantness import CLASSES, GROUPS, build_group_table


def test_no_class_is_in_two_groups():
    numbers = [number for group in GROUPS for number in group.numbers]
    assert len(numbers) == len(set(numbers))
    assert min(numbers) == 0
    assert max(numbers) < CLASSES


def test_every_class_is_in_one_row_of_the_table():
    table = build_group_table()
    assert table.shape == (len(GROUPS) + 2, CLASSES)
    np.testing.assert_array_equal(table[:-1].sum(0), 1)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_the_last_row_is_the_pleasantness_of_the_group(group):
    assert -2 <= group.pleasantness <= 2
    np.testing.assert_allclose(build_group_table()[-1, group.numbers], group.pleasantness)


def test_ranges_include_both_ends():
    dogs = next(group for group in GROUPS if group.name == "dogs")
    assert dogs.numbers == list(range(151, 269))
