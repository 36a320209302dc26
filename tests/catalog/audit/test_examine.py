import json
import zlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from packshot.catalog.audit import AuditSettings
from packshot.catalog.audit.examine import (
    THUMBNAIL_SIDE,
    Examiner,
    Task,
    rank_of,
    thumbnail,
    unpacked_row,
)
from packshot.catalog.audit.rows import judged_row, overall_verdict, plain
from packshot.errors import AuditError
from packshot.photo import Photo
from packshot.policy import load_policy, screen
from packshot.report import AuditRow, AuditStatus, Decision, Finding, Severity
from packshot.sources import FeedRow, Fetcher
from tests.catalog.audit.quick import assessment_of, write_photo
from tests.conftest import make_packshot


@pytest.fixture(scope="module")
def examiner():
    settings = AuditSettings("feed", policies=("amazon-main",), on=date(2026, 11, 21), fail_under=60)
    return Examiner(settings)


@pytest.fixture
def task(tmp_path):
    write_photo(tmp_path / "mug.jpg", make_packshot())
    fetched = Fetcher().fetch(str(tmp_path / "mug.jpg"))
    row = FeedRow(3, str(tmp_path / "mug.jpg"), "S1", "main", "Apparel", "Ann")
    return Task(row, fetched.content, fetched.sha256)


def test_a_row_says_what_assessing_and_screening_say(examiner, task):
    answer = examiner(task)
    row = unpacked_row(answer.record)
    alone = examiner._assessor.assess(task.content)
    policy = load_policy("amazon-main")
    verdict = screen(alone, policy, on=date(2026, 11, 21), role="main", category="apparel")
    assert (row.score, row.grade, row.sha256) == (alone.score, alone.grade, alone.facts.sha256)
    assert row.findings == tuple(found.code for found in alone.findings)
    assert row.measurements == {name: found.value for name, found in alone.measurements.items()}
    assert row.verdicts == {"amazon-main": verdict.decision}
    failed = [f"amazon-main:{one.rule}" for one in verdict.decided(Decision.FAIL)]
    assert list(row.failed_rules) == failed
    assert (row.sku, row.seller, row.category) == ("S1", "Ann", "Apparel")
    assert answer.rank == rank_of(row)


def test_what_is_known_gives_the_same_row_and_thumbnail(examiner, task):
    first = examiner(task)
    again = examiner(replace(task, known=first.assessment))
    assert again.record == first.record
    assert again.thumbnail == first.thumbnail is not None
    assert (first.remembered, again.remembered) == (False, True)
    assert again.assessment is None, "what is known need not be remembered again"


def test_bytes_and_files_give_the_same_row(examiner, task):
    assert examiner(replace(task, content=Path(task.content).read_bytes())).record == (
        examiner(task).record
    )


def test_a_thumbnail_is_made_only_up_to_the_gate(examiner, task):
    rank = examiner(task).rank
    assert examiner(replace(task, gate=rank)).thumbnail
    assert examiner(replace(task, gate=rank - 0.01)).thumbnail is None


def test_a_file_that_changed_after_it_was_fetched_is_not_remembered(examiner, task):
    assert examiner(replace(task, sha256="0" * 64)).assessment is None


def test_an_error_of_ours_is_a_row_too(examiner, task, monkeypatch):
    def broken(_photo, *, brief):
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(examiner._assessor, "assess_photo", broken)
    row = unpacked_row(examiner(task).record)
    assert (row.status, row.reason) == (AuditStatus.CRASHED, "ZeroDivisionError: by nought")


@pytest.mark.parametrize("size", [(400, 300), (30, 20), (5000, 2), (1, 1)])
def test_a_thumbnail_is_small_and_keeps_its_shape(size):
    width, height = size
    photo = Photo.from_pixels(np.full((height, width, 3), 90, np.uint8))
    small = cv2.imdecode(np.frombuffer(thumbnail(photo), np.uint8), cv2.IMREAD_COLOR)
    assert max(small.shape[:2]) == min(THUMBNAIL_SIDE, max(size))
    assert small.shape[0] == max(1, round(height * min(1, THUMBNAIL_SIDE / max(size))))


@pytest.mark.parametrize(
    ("severities", "score", "bar", "verdict"),
    [
        ([], 70, None, "pass"),
        ([Severity.INFO], 70, None, "pass"),
        ([Severity.INFO, Severity.WARNING], 70, None, "warn"),
        ([Severity.WARNING, Severity.ERROR], 70, None, "fail"),
        ([], 59.9, 60, "fail"),
        ([], 60, 60, "pass"),
    ],
)
def test_without_policies_findings_and_the_bar_decide(severities, score, bar, verdict):
    findings = tuple(
        Finding(code="noise", severity=severity, reason="", remedy="") for severity in severities
    )
    known = assessment_of(b"any").model_copy(update={"findings": findings, "score": score})
    assert overall_verdict(known, {}, bar) == verdict


def test_with_policies_findings_do_not_decide_and_both_say_what_to_do(examiner, task):
    grave = Finding(code="noise", severity=Severity.ERROR, reason="", remedy="Use a tripod.")
    known = examiner._assessor.assess(task.content)
    known = known.model_copy(update={"findings": (grave,), "score": 99.0})
    verdict = screen(known, load_policy("amazon-main"), on=date(2026, 1, 1))
    row = judged_row(FeedRow(0, "a.jpg"), known, {"amazon-main": verdict}, None)
    assert row.verdict == verdict.decision
    broken = verdict.decided(Decision.FAIL, Decision.WARN)
    assert broken
    assert set(row.remedies) == {"Use a tripod."} | {one.remedy for one in broken if one.remedy}
    assert len(row.remedies) == len(set(row.remedies))


def test_what_fails_stands_before_all_else():
    def rank(score, verdict):
        return rank_of(AuditRow(number=0, path="", status=AuditStatus.OK, score=score, verdict=verdict))

    assert rank(20, "fail") < rank(90, "fail") < rank(5, "manual") < rank(6, "pass")
    assert rank_of(AuditRow(number=0, path="", status=AuditStatus.MISSING)) == float("inf")


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain", "plain"), ("caf\udce9", r"caf\xe9"), ("half \ud83d", r"half \ud83d"), ("猫", "猫")],
)
def test_text_that_is_none_is_shown_all_the_same(text, shown):
    assert plain(text) == shown
    plain(text).encode("utf-8")


def remembered(changes):
    """An assessment with changes, packed as the cache keeps it."""

    def packed(answer):
        told = json.loads(zlib.decompress(answer.assessment))
        told |= changes
        return zlib.compress(json.dumps(told).encode())

    return packed


ABSURD = {
    "no JSON": lambda answer: zlib.compress(b"words"),
    "not compressed": lambda answer: b"words",
    "cut short": lambda answer: answer.assessment[:-9],
    "no text": lambda answer: zlib.compress(b"\xff\xfe\xfd"),
    "endless": lambda answer: zlib.compress(bytes(100_000_000)),
    "another record": lambda answer: answer.record,
    "no score": remembered({"score": None}),
    "a score that is no number": remembered({"score": float("nan")}),
    "a score above all": remembered({"score": 1e9}),
    "a photo that was unreadable": remembered({"status": "unreadable"}),
    "no facts": remembered({"facts": None}),
    "measured infinity": remembered(
        {"measurements": {"noise": {"value": float("inf"), "unit": "x", "score": 3}}}
    ),
}


@pytest.mark.parametrize("name", ABSURD)
def test_what_is_remembered_and_makes_no_sense_is_found_out_anew(examiner, task, name):
    first = examiner(task)
    again = examiner(replace(task, known=ABSURD[name](first)))
    assert again.record == first.record
    assert not again.remembered
    assert again.assessment == first.assessment, "and takes its place in the cache"


def test_what_is_remembered_of_another_photo_is_not_taken_for_this(examiner, task, tmp_path):
    write_photo(tmp_path / "other.jpg", make_packshot()[::-1])
    fetched = Fetcher().fetch(str(tmp_path / "other.jpg"))
    other = examiner(replace(task, content=fetched.content, sha256=fetched.sha256))
    assert not examiner(replace(task, known=other.assessment)).remembered


@pytest.mark.parametrize("record", [b"", b"words", zlib.compress(b"{}"), zlib.compress(b"\xff")])
def test_a_damaged_record_of_a_journal_is_said(record):
    with pytest.raises(AuditError, match="journal is damaged: begin anew with --restart"):
        unpacked_row(record)
