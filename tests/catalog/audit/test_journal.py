import random

import pytest

from packshot.catalog.audit.examine import Answer, packed_row
from packshot.catalog.audit.journal import Journal
from packshot.catalog.audit.rows import broken_row
from packshot.errors import AuditError
from packshot.report import AuditRow, AuditStatus
from packshot.sources import FeedRow


def answer(number, rank, thumbnail=b"jpeg", location=None):
    row = FeedRow(number, location or f"{number}.jpg")
    record = AuditRow(number=number, path=row.location, status=AuditStatus.OK, score=rank)
    return Answer(row, packed_row(record), rank, thumbnail=thumbnail)


def test_rows_come_back_in_the_order_of_the_feed_whatever_the_order_of_their_coming(tmp_path):
    numbers = list(range(50))
    random.Random(1).shuffle(numbers)
    with Journal(tmp_path, 3) as journal:
        for number in numbers:
            journal.add(answer(number, 1.0), 0.5)
    with Journal(tmp_path, 3) as journal:
        assert [row.number for row in journal.rows()] == list(range(50))
        assert (journal.count(), journal.last(), journal.spent()) == (50, 49, (25.0, 0))


def test_thumbnails_are_kept_of_the_worst_alone_and_ties_go_to_the_first(tmp_path):
    ranks = [random.Random(number).randrange(20) for number in range(60)]
    with Journal(tmp_path, 8) as journal:
        for number, rank in enumerate(ranks):
            journal.add(answer(number, rank, b"%d" % number if rank <= journal.gate() else None), 0)
    expected = sorted(range(60), key=lambda number: (ranks[number], number))[:8]
    with Journal(tmp_path, 8) as journal:
        shown = [(row.number, jpeg) for row, jpeg in journal.worst()]
        kept = journal._database.execute("SELECT COUNT(*) FROM thumbnails").fetchone()[0]
        assert journal.gate() == ranks[expected[-1]], "the gate is known again after a restart"
    assert shown == [(number, b"%d" % number) for number in expected]
    assert kept == 8


def test_the_gate_is_open_until_enough_are_shown_and_shut_where_none_are(tmp_path):
    with Journal(tmp_path, 2) as journal:
        assert journal.gate() == float("inf")
        for number, rank in enumerate([5.0, 3.0, 4.0]):
            journal.add(answer(number, rank), 0)
        assert journal.gate() == 4.0
    with Journal(tmp_path / "none", 0) as journal:
        journal.add(answer(0, 1.0), 0)
        assert list(journal.worst()) == []


def test_what_was_not_assessed_is_listed_apart(tmp_path):
    lost = FeedRow(1, "b.jpg")
    row = broken_row(lost, AuditStatus.MISSING, "no such file")
    with Journal(tmp_path, 5) as journal:
        journal.add(answer(0, 3.0), 0)
        journal.add(Answer(lost, packed_row(row), float("inf")), 0)
        assert [row.path for row, _ in journal.worst()] == ["0.jpg"]
        assert [row.reason for row in journal.broken(5)] == ["no such file"]


def test_a_row_is_held_by_number_and_content(tmp_path):
    with Journal(tmp_path, 5) as journal:
        journal.add(answer(4, 1.0), 0)
        assert journal.holds(FeedRow(4, "4.jpg"))
        assert not journal.holds(FeedRow(5, "4.jpg"))
        with pytest.raises(AuditError, match=r"row 5 is now other\.jpg"):
            journal.holds(FeedRow(4, "other.jpg"))
        with pytest.raises(AuditError):
            journal.holds(FeedRow(4, "4.jpg", seller="someone"))


def test_names_that_are_no_text_are_held_apart(tmp_path):
    with Journal(tmp_path, 5) as journal:
        journal.add(answer(0, 1.0, location="a.jpg"), 0)
        with pytest.raises(AuditError):
            journal.holds(FeedRow(0, "a\udcff.jpg"))


def test_one_process_at_a_time(tmp_path):
    with Journal(tmp_path, 5), pytest.raises(AuditError, match="another audit"):
        Journal(tmp_path, 5)
    Journal(tmp_path, 5).__exit__(None, None, None)


def test_restart_forgets(tmp_path):
    with Journal(tmp_path, 5) as journal:
        journal.tell({"feed": "a"})
        journal.add(answer(0, 1.0), 0)
    with Journal(tmp_path, 5, restart=True) as journal:
        assert (journal.count(), journal.told()) == (0, {})
