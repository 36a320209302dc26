import numpy as np
import pytest

from packshot.catalog.audit.tally import Tally, sort_by_frequency
from packshot.report import AuditRow, AuditStatus, Cause


def make_rows(count, seed=0):
    generator = np.random.default_rng(seed)
    for number in range(count):
        status = AuditStatus.OK if generator.random() < 0.9 else AuditStatus.MISSING
        is_ok = status is AuditStatus.OK
        yield AuditRow(
            number=number,
            path=f"{number}.jpg",
            status=status,
            score=round(float(generator.uniform(0, 100)), 2) if is_ok else None,
            decision=str(generator.choice(["pass", "fail"])) if is_ok else None,
            seller=str(generator.choice(["Ann", "Bob", ""])),
            findings=tuple(generator.choice(["a", "b", "c"], 2, replace=False)) if is_ok else (),
        )


@pytest.fixture(scope="module")
def tally_and_rows():
    tally, all_rows = Tally(), list(make_rows(997))
    for row in all_rows:
        tally.add(row)
    return tally, all_rows


def test_scores_are_those_of_a_naive_computation(tally_and_rows):
    tally, all_rows = tally_and_rows
    scores = sorted(row.score for row in all_rows if row.score is not None)
    assert tally.mean_score == pytest.approx(np.mean(scores))
    for percent in (1, 5, 25, 50, 75, 95, 99):
        naive = np.percentile(scores, percent, method="inverted_cdf")
        assert tally.quantiles()[f"p{percent:02}"] == naive
    assert tally.histogram() == tuple(np.histogram(scores, 10, (0, 100))[0])


def test_counts_are_those_of_a_naive_computation(tally_and_rows):
    tally, all_rows = tally_and_rows
    failed = [row for row in all_rows if row.decision == "fail" or row.status != "ok"]
    assert tally.failure_count == len(failed)
    assert sum(tally.statuses.values()) == tally.input_count == 997
    assert tally.findings["a"] == sum("a" in row.findings for row in all_rows)
    assert set(tally.sellers) == {"Ann", "Bob"}, "who is not told of has no line"
    ann = tally.sellers["Ann"]
    ann_rows = [row for row in all_rows if row.seller == "Ann"]
    assert ann.input_count == len(ann_rows)
    assert ann.failure_count == sum(row in failed for row in ann_rows)
    assert ann.mean_score == pytest.approx(np.mean([r.score for r in ann_rows if r.score is not None]))
    assert ann.most_frequent_fault in "abc"


def test_points_lost_by_cause_are_those_of_all_photos_together():
    tally = Tally()
    for score, lost in (
        (60.0, {"blurred": 30.0, "rated-low": 10.0}),
        (90.0, {"rated-low": 10.0}),
        (None, {}),
    ):
        causes = tuple(Cause(code=code, points=points) for code, points in lost.items())
        status = AuditStatus.MISSING if score is None else AuditStatus.OK
        tally.add(AuditRow(number=0, path="", status=status, score=score, causes=causes))
    assert list(tally.lost_points().items()) == [("blurred", 15.0), ("rated-low", 10.0)]
    assert tally.mean_score + sum(tally.lost_points().values()) == 100


def test_nothing_has_no_numbers():
    tally = Tally()
    assert (tally.mean_score, tally.quantiles(), tally.failure_count) == (None, {}, 0)
    assert tally.histogram() == (0,) * 10
    assert tally.lost_points() == {}


def test_the_ends_of_the_scale_count():
    tally = Tally()
    for number, score in enumerate((0.0, 100.0, 9.99, 10.0)):
        tally.add(AuditRow(number=number, path="", status=AuditStatus.OK, score=score))
    assert tally.histogram() == (2, 1, 0, 0, 0, 0, 0, 0, 0, 1)


def test_ties_are_told_in_one_order():
    tally = Tally()
    tally.findings.update(["b", "a", "c", "c"])
    assert list(sort_by_frequency(tally.findings)) == [("c", 2), ("a", 1), ("b", 1)]
