from itertools import islice

import numpy as np
import pytest

from packshot.train.datasets.sampling import iter_row_batches


def take_batches(count, size, batches, seed=0):
    return list(islice(iter_row_batches(count, size, np.random.default_rng(seed)), batches))


@pytest.mark.parametrize(("count", "size", "of_a_round"), [(12, 4, 3), (10, 4, 2), (5, 5, 1)])
def test_no_row_comes_twice_in_a_round(count, size, of_a_round):
    batches = take_batches(count, size, 3 * of_a_round)
    for start in range(0, len(batches), of_a_round):
        rows = np.concatenate(batches[start : start + of_a_round])
        assert len(set(rows.tolist())) == len(rows) == size * of_a_round
        assert 0 <= rows.min() <= rows.max() < count


def test_rows_left_out_of_one_round_come_in_others():
    assert set(np.concatenate(take_batches(10, 4, 20)).tolist()) == set(range(10))


def test_batches_are_no_larger_than_what_there_is():
    assert [sorted(rows.tolist()) for rows in take_batches(3, 8, 2)] == [[0, 1, 2], [0, 1, 2]]


def test_the_seed_decides():
    assert np.array_equal(take_batches(20, 5, 9), take_batches(20, 5, 9))
    assert not np.array_equal(take_batches(20, 5, 9), take_batches(20, 5, 9, seed=1))
