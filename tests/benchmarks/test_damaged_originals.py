import numpy as np
import pytest

from benchmarks.assessment.damaged_originals import PRISTINE, Version, iter_rows, measure_order, spread


def make_versions(original, start, *steps):
    """Versions of a kind for each step, which is lost at each level."""
    versions = [Version(original, PRISTINE, 0, {"score": start})]
    for number, step in enumerate(steps):
        for level in range(1, 6):
            versions.append(Version(original, f"kind-{number}", level, {"score": start - step * level}))
    return versions


def test_order_is_one_where_the_score_falls_with_damage():
    levels = np.arange(6.0)
    assert measure_order(levels, 90 - levels) == pytest.approx(1)
    assert measure_order(levels, 90 + levels) == pytest.approx(-1)
    assert measure_order(levels, np.full(6, 50.0)) == 0


def test_within_one_original_and_over_all():
    versions = [*make_versions(0, 90, 2, -1), *make_versions(1, 40, 2, -1)]
    rows = {row["kind"]: row for row in iter_rows(versions, "score")}
    falling, rising = rows["kind-0"], rows["kind-1"]
    assert (falling["originals"], falling["damaged_versions"]) == (2, 12)
    assert falling["within_median"] == 1
    assert falling["pooled"] < 0.6, "originals differ more than levels"
    assert rising["within_median"] == -1
    assert rows["median of kinds"]["within_median"] == 0
    assert rows["all"]["damaged_versions"] == 22


def test_a_score_that_is_not_there_has_no_rows():
    assert list(iter_rows(make_versions(0, 90, 2), "technical")) == []


def test_originals_are_spread_over_the_list():
    assert spread(list(range(11)), 3) == [0, 5, 10]
    assert spread([1, 2], 5) == [1, 2]
