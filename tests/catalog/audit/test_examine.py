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
    compute_rank,
    encode_thumbnail,
    unpack_row,
)
from packshot.catalog.audit.rows import build_assessed_row, combine_decisions, escape_undecodable
from packshot.errors import AuditError
from packshot.photo import Photo
from packshot.policy import load_policy, screen
from packshot.report import AuditRow, AuditStatus, Decision, Finding, Severity
from packshot.sources import FeedRow, Fetcher
from tests.catalog.audit.fake_examiner import make_assessment, write_photo
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
    row = unpack_row(answer.record)
    assessment = examiner._assessor.assess(task.content)
    policy = load_policy("amazon-main")
    verdict = screen(assessment, policy, on=date(2026, 11, 21), role="main", category="apparel")
    assert (row.score, row.grade, row.sha256) == (
        assessment.score,
        assessment.grade,
        assessment.facts.sha256,
    )
    assert row.findings == tuple(found.code for found in assessment.findings)
    assert row.measurements == {name: found.value for name, found in assessment.measurements.items()}
    assert row.decisions == {"amazon-main": verdict.decision}
    failed = [f"amazon-main:{one.rule}" for one in verdict.select_outcomes(Decision.FAIL)]
    assert list(row.failed_rules) == failed
    assert (row.sku, row.seller, row.category) == ("S1", "Ann", "Apparel")
    assert answer.rank == compute_rank(row)


def test_what_is_known_gives_the_same_row_and_thumbnail(examiner, task):
    first = examiner(task)
    second = examiner(replace(task, cached_assessment=first.packed_assessment))
    assert second.record == first.record
    assert second.thumbnail == first.thumbnail is not None
    assert (first.is_from_cache, second.is_from_cache) == (False, True)
    assert second.packed_assessment is None, "what is known need not be remembered again"


def test_bytes_and_files_give_the_same_row(examiner, task):
    assert examiner(replace(task, content=Path(task.content).read_bytes())).record == (
        examiner(task).record
    )


def test_a_thumbnail_is_made_only_up_to_the_limit(examiner, task):
    rank = examiner(task).rank
    assert examiner(replace(task, thumbnail_rank_limit=rank)).thumbnail
    assert examiner(replace(task, thumbnail_rank_limit=rank - 0.01)).thumbnail is None


def test_a_file_that_changed_after_it_was_fetched_is_not_remembered(examiner, task):
    assert examiner(replace(task, sha256="0" * 64)).packed_assessment is None


def test_an_error_of_ours_is_a_row_too(examiner, task, monkeypatch):
    def fail(_photo, *, brief):
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(examiner._assessor, "assess_photo", fail)
    row = unpack_row(examiner(task).record)
    assert (row.status, row.reason) == (AuditStatus.CRASHED, "ZeroDivisionError: by nought")


@pytest.mark.parametrize("size", [(400, 300), (30, 20), (5000, 2), (1, 1)])
def test_a_thumbnail_is_small_and_keeps_its_shape(size):
    width, height = size
    photo = Photo.from_pixels(np.full((height, width, 3), 90, np.uint8))
    small = cv2.imdecode(np.frombuffer(encode_thumbnail(photo), np.uint8), cv2.IMREAD_COLOR)
    assert max(small.shape[:2]) == min(THUMBNAIL_SIDE, max(size))
    assert small.shape[0] == max(1, round(height * min(1, THUMBNAIL_SIDE / max(size))))


@pytest.mark.parametrize(
    ("severities", "score", "threshold", "decision"),
    [
        ([], 70, None, "pass"),
        ([Severity.INFO], 70, None, "pass"),
        ([Severity.INFO, Severity.WARNING], 70, None, "warn"),
        ([Severity.WARNING, Severity.ERROR], 70, None, "fail"),
        ([], 59.9, 60, "fail"),
        ([], 60, 60, "pass"),
    ],
)
def test_without_policies_findings_and_the_threshold_decide(severities, score, threshold, decision):
    findings = tuple(
        Finding(code="noise", severity=severity, reason="", remedy="") for severity in severities
    )
    assessment = make_assessment(b"any").model_copy(update={"findings": findings, "score": score})
    assert combine_decisions(assessment, {}, threshold) == decision


def test_with_policies_findings_do_not_decide_and_both_say_what_to_do(examiner, task):
    grave = Finding(code="noise", severity=Severity.ERROR, reason="", remedy="Use a tripod.")
    assessment = examiner._assessor.assess(task.content)
    assessment = assessment.model_copy(update={"findings": (grave,), "score": 99.0})
    verdict = screen(assessment, load_policy("amazon-main"), on=date(2026, 1, 1))
    row = build_assessed_row(FeedRow(0, "a.jpg"), assessment, {"amazon-main": verdict}, None)
    assert row.decision == verdict.decision
    failures = verdict.select_outcomes(Decision.FAIL, Decision.WARN)
    assert failures
    assert set(row.remedies) == {"Use a tripod."} | {one.remedy for one in failures if one.remedy}
    assert len(row.remedies) == len(set(row.remedies))


def test_what_fails_stands_before_all_else():
    def rank_row(score, verdict):
        return compute_rank(
            AuditRow(number=0, path="", status=AuditStatus.OK, score=score, decision=verdict)
        )

    assert rank_row(20, "fail") < rank_row(90, "fail") < rank_row(5, "manual") < rank_row(6, "pass")
    assert compute_rank(AuditRow(number=0, path="", status=AuditStatus.MISSING)) == float("inf")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("plain", "plain"), ("caf\udce9", r"caf\xe9"), ("half \ud83d", r"half \ud83d"), ("猫", "猫")],
)
def test_text_that_is_none_is_shown_all_the_same(text, expected):
    assert escape_undecodable(text) == expected
    escape_undecodable(text).encode("utf-8")


def pack_with_changes(changes):
    """An assessment with changes, packed as the cache keeps it."""

    def pack(answer):
        fields = json.loads(zlib.decompress(answer.packed_assessment))
        fields |= changes
        return zlib.compress(json.dumps(fields).encode())

    return pack


INVALID_RECORDS = {
    "no JSON": lambda answer: zlib.compress(b"words"),
    "not compressed": lambda answer: b"words",
    "cut short": lambda answer: answer.packed_assessment[:-9],
    "no text": lambda answer: zlib.compress(b"\xff\xfe\xfd"),
    "endless": lambda answer: zlib.compress(bytes(100_000_000)),
    "another record": lambda answer: answer.record,
    "no score": pack_with_changes({"score": None}),
    "a score that is no number": pack_with_changes({"score": float("nan")}),
    "a score above all": pack_with_changes({"score": 1e9}),
    "a photo that was unreadable": pack_with_changes({"status": "unreadable"}),
    "no facts": pack_with_changes({"facts": None}),
    "measured infinity": pack_with_changes(
        {"measurements": {"noise": {"value": float("inf"), "unit": "x", "score": 3}}}
    ),
}


@pytest.mark.parametrize("name", INVALID_RECORDS)
def test_what_is_remembered_and_makes_no_sense_is_found_out_anew(examiner, task, name):
    first = examiner(task)
    second = examiner(replace(task, cached_assessment=INVALID_RECORDS[name](first)))
    assert second.record == first.record
    assert not second.is_from_cache
    assert second.packed_assessment == first.packed_assessment, "and takes its place in the cache"


def test_what_is_remembered_of_another_photo_is_not_taken_for_this(examiner, task, tmp_path):
    write_photo(tmp_path / "other.jpg", make_packshot()[::-1])
    fetched = Fetcher().fetch(str(tmp_path / "other.jpg"))
    other = examiner(replace(task, content=fetched.content, sha256=fetched.sha256))
    assert not examiner(replace(task, cached_assessment=other.packed_assessment)).is_from_cache


@pytest.mark.parametrize("record", [b"", b"words", zlib.compress(b"{}"), zlib.compress(b"\xff")])
def test_a_damaged_record_of_a_journal_is_said(record):
    with pytest.raises(AuditError, match="journal is damaged: start over with --restart"):
        unpack_row(record)


def test_a_row_has_what_the_points_are_lost_by():
    assessment = make_assessment(b"bytes of a photo")
    row = build_assessed_row(FeedRow(0, "mug.jpg"), assessment, {}, None)
    assert (row.technical, row.presentation) == (assessment.technical.score, None)
    assert row.causes == assessment.causes
    assert row.score + sum(cause.points for cause in row.causes) == pytest.approx(100)
    assert AuditRow.model_validate_json(row.model_dump_json()) == row
    old = assessment.model_copy(update={"technical": None, "causes": ()})
    old_row = build_assessed_row(FeedRow(0, "mug.jpg"), old, {}, None)
    assert (old_row.technical, old_row.causes) == (None, ())
