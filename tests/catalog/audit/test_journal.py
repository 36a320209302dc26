import random

import pytest

from packshot.catalog.audit.examine import RowResult, pack_row
from packshot.catalog.audit.journal import Journal
from packshot.catalog.audit.rows import failed_row
from packshot.errors import AuditError
from packshot.report import AuditRow, AuditStatus
from packshot.sources import FeedRow


def make_result(number, rank, thumbnail=b"jpeg", location=None):
    row = FeedRow(number, location or f"{number}.jpg")
    record = AuditRow(number=number, path=row.location, status=AuditStatus.OK, score=rank)
    return RowResult(row, pack_row(record), rank, thumbnail=thumbnail)


def test_rows_come_back_in_the_order_of_the_feed_whatever_the_order_of_their_coming(tmp_path):
    numbers = list(range(50))
    random.Random(1).shuffle(numbers)
    with Journal(tmp_path, 3) as journal:
        for number in numbers:
            journal.add(make_result(number, 1.0), 0.5)
    with Journal(tmp_path, 3) as journal:
        assert [row.number for row in journal.iter_rows()] == list(range(50))
        assert (journal.count_rows(), journal.last_row_number(), journal.elapsed()) == (
            50,
            49,
            (25.0, 0),
        )


def test_thumbnails_are_kept_of_the_worst_alone_and_ties_go_to_the_first(tmp_path):
    ranks = [random.Random(number).randrange(20) for number in range(60)]
    with Journal(tmp_path, 8) as journal:
        for number, rank in enumerate(ranks):
            journal.add(
                make_result(
                    number, rank, b"%d" % number if rank <= journal.thumbnail_rank_limit() else None
                ),
                0,
            )
    expected = sorted(range(60), key=lambda number: (ranks[number], number))[:8]
    with Journal(tmp_path, 8) as journal:
        worst_rows = [(row.number, jpeg) for row, jpeg in journal.iter_worst_rows()]
        thumbnail_count = journal._database.execute("SELECT COUNT(*) FROM thumbnails").fetchone()[0]
        assert journal.thumbnail_rank_limit() == ranks[expected[-1]], (
            "the gate is known again after a restart"
        )
    assert worst_rows == [(number, b"%d" % number) for number in expected]
    assert thumbnail_count == 8


def test_the_thumbnail_limit_is_open_until_enough_are_shown_and_shut_where_none_are(tmp_path):
    with Journal(tmp_path, 2) as journal:
        assert journal.thumbnail_rank_limit() == float("inf")
        for number, rank in enumerate([5.0, 3.0, 4.0]):
            journal.add(make_result(number, rank), 0)
        assert journal.thumbnail_rank_limit() == 4.0
    with Journal(tmp_path / "none", 0) as journal:
        journal.add(make_result(0, 1.0), 0)
        assert list(journal.iter_worst_rows()) == []


def test_what_was_not_assessed_is_listed_apart(tmp_path):
    missing_row = FeedRow(1, "b.jpg")
    row = failed_row(missing_row, AuditStatus.MISSING, "no such file")
    with Journal(tmp_path, 5) as journal:
        journal.add(make_result(0, 3.0), 0)
        journal.add(RowResult(missing_row, pack_row(row), float("inf")), 0)
        assert [row.path for row, _ in journal.iter_worst_rows()] == ["0.jpg"]
        assert [row.reason for row in journal.iter_failed_rows(5)] == ["no such file"]


def test_a_row_is_held_by_number_and_content(tmp_path):
    with Journal(tmp_path, 5) as journal:
        journal.add(make_result(4, 1.0), 0)
        assert journal.is_done(FeedRow(4, "4.jpg"))
        assert not journal.is_done(FeedRow(5, "4.jpg"))
        with pytest.raises(AuditError, match=r"row 5 is now other\.jpg"):
            journal.is_done(FeedRow(4, "other.jpg"))
        with pytest.raises(AuditError):
            journal.is_done(FeedRow(4, "4.jpg", seller="someone"))


def test_names_that_are_no_text_are_held_apart(tmp_path):
    with Journal(tmp_path, 5) as journal:
        journal.add(make_result(0, 1.0, location="a.jpg"), 0)
        with pytest.raises(AuditError):
            journal.is_done(FeedRow(0, "a\udcff.jpg"))


def test_one_process_at_a_time(tmp_path):
    with Journal(tmp_path, 5), pytest.raises(AuditError, match="another audit"):
        Journal(tmp_path, 5)
    Journal(tmp_path, 5).__exit__(None, None, None)


def test_restart_forgets(tmp_path):
    with Journal(tmp_path, 5) as journal:
        journal.write_identity({"feed": "a"})
        journal.add(make_result(0, 1.0), 0)
    with Journal(tmp_path, 5, restart=True) as journal:
        assert (journal.count_rows(), journal.read_identity()) == (0, {})
