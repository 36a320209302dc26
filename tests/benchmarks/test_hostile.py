"""Measurements tell good from bad, and Packshot is good."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.robustness import hostile
from benchmarks.support.process_monitor import ProcessResult

CASE = hostile.HostileCase(
    "bombs",
    "a",
    "assess",
    Path("a"),
    2,
    60.0,
    intact_suffixes=("fine.jpg",),
    broken_suffixes=("half.png",),
)
ROWS = [
    hostile.PhotoRow("a/fine.jpg", "ok", ""),
    hostile.PhotoRow("a/half.png", "unreadable", "incomplete"),
]
FEED = replace(CASE, group="feeds", command="audit", may_be_refused=True)


@pytest.mark.parametrize(
    ("seen", "rows", "fault"),
    [
        (ProcessResult(), ROWS, ""),
        (ProcessResult(), ROWS[:1], "1 rows for 2 inputs"),
        (ProcessResult(exit_status=1), ROWS, "exit status 1"),
        (ProcessResult(stopped="time", exit_status=137), ROWS, "ended by the benchmark: time"),
        (ProcessResult(errors="Traceback (most recent call last):\nA: b\n"), ROWS, "traceback: A: b"),
        (ProcessResult(), [ROWS[0], hostile.PhotoRow("a/half.png", "ok", "")], "half.png is incomplete"),
        (
            ProcessResult(),
            [hostile.PhotoRow("a/fine.jpg", "crashed", "b"), ROWS[1]],
            "fine.jpg is fine and was not: b",
        ),
    ],
)
def test_what_is_wrong_with_photos(seen, rows, fault):
    found = hostile._find_fault(CASE, seen, rows)
    assert found.startswith(fault)
    assert bool(found) == bool(fault)


def test_a_feed_may_be_refused_in_one_line():
    assert not hostile._find_fault(FEED, ProcessResult(exit_status=2, errors="packshot: no\n"), [])
    assert (
        hostile._find_fault(FEED, ProcessResult(exit_status=2, errors="no\nno\n"), [])
        == "refused in 2 lines"
    )
    assert hostile._find_fault(
        replace(FEED, may_be_refused=False), ProcessResult(exit_status=2, errors="no\n"), []
    )
    policy = replace(FEED, command="screen", expected_rows=None)
    assert hostile._find_fault(policy, ProcessResult(), []) == "a policy that is none was taken"


def test_slow_photos_are_told_from_crashed_ones():
    rows = [
        hostile.PhotoRow("a", "crashed", "took longer than 20 seconds"),
        hostile.PhotoRow("b", "crashed", "TypeError: c"),
    ]
    found = hostile._summarise(CASE, ProcessResult(longest_pause=1.234, peak_mb=99.7), rows)
    assert (found.crashes, found.hangs, found.rows, found.ok) == (1, 1, 2, 0)
    assert (found.longest_photo_seconds, found.peak_memory_mb) == (1.23, 100)
    assert hostile._summarise(CASE, ProcessResult(stopped="time"), []).hangs == 1


def test_a_run_goes_on_where_it_was_but_not_with_other_settings(tmp_path):
    settings = hostile.Settings(10, 1, 20.0)
    ledger = hostile.ResultManifest(tmp_path / "measured.jsonl", settings)
    assert not ledger.is_done(CASE)
    ledger.add(hostile._summarise(CASE, ProcessResult(), ROWS))
    again = hostile.ResultManifest(tmp_path / "measured.jsonl", settings)
    assert again.is_done(CASE)
    assert not again.is_done(replace(CASE, command="audit"))
    assert again.results == ledger.results
    with pytest.raises(SystemExit, match="other settings"):
        hostile.ResultManifest(tmp_path / "measured.jsonl", replace(settings, seed=2))


def test_totals_are_sums_and_extremes_of_damaged_photos():
    parts = [
        hostile.CaseResult("assess", "mutated PNG", 2, rows=2, hangs=1, peak_memory_mb=5, sound=True),
        hostile.CaseResult("assess", "mutated GIF", 3, rows=1, hangs=2, peak_memory_mb=4, sound=False),
        hostile.CaseResult("assess", "webp-bomb", 4, rows=4, peak_memory_mb=900, sound=True),
    ]
    total, *rest = hostile.add_totals(parts)
    assert rest == parts
    assert (total.files, total.rows, total.hangs, total.peak_memory_mb) == (5, 3, 3, 5)
    assert not total.sound


def test_damaged_photos_lie_by_format_with_whole_ones_first(tmp_path):
    cases = list(hostile._make_mutation_cases(hostile.Settings(80, 1, 20.0), tmp_path))
    assert len(cases) == 2 * len(hostile.FORMATS)
    for case in cases:
        names = sorted(path.name for path in case.inputs.iterdir())
        whole = [name for name in names if name.endswith(case.intact_suffixes)]
        assert names[: len(whole)] == whole
        assert len(names) == case.expected_rows == len(whole) + 80 // len(hostile.FORMATS)


def test_every_kind_of_input_has_a_case(tmp_path, monkeypatch):
    monkeypatch.setattr(hostile.bombs, "BOMBS", hostile.bombs.BOMBS[12:15])
    monkeypatch.setattr(hostile.feeds, "FEEDS", hostile.feeds.FEEDS[7:9])
    settings = hostile.Settings(16, 1, 20.0)
    cases = {group: list(hostile._CASES[group](settings, tmp_path)) for group in hostile.CASE_GROUPS}
    assert {group: len(found) for group, found in cases.items()} == {
        "mutated": 16,
        "names": 2,
        "bombs": 6,
        "feeds": 2,
        "policies": len(hostile.feeds.POLICIES),
        "together": 2,
    }
    assert {case.expected_rows for case in cases["bombs"]} == {4}
    assert cases["together"][0].expected_rows == 16 + 3
    assert all(case.group == group for group, found in cases.items() for case in found)


def test_a_command_over_damaged_photos_is_measured(tmp_path):
    settings = hostile.Settings(16, 1, 20.0)
    case = next(
        case for case in hostile._make_mutation_cases(settings, tmp_path) if case.name == "mutated PNG"
    )
    ledger = hostile.ResultManifest(tmp_path / "measured.jsonl", settings)
    hostile._measure_case(case, settings, tmp_path, ledger)
    (found,) = ledger.results
    assert found.sound, found.unsound_because
    assert found.rows == found.files == 11
    assert found.ok >= 9
    assert found.peak_memory_mb > 50
    assert 0 < found.longest_photo_seconds < found.seconds


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_sixty_damaged_photos_through_the_script(tmp_path):
    script = [sys.executable, "-m", "benchmarks.robustness.hostile", "--files", "60"]
    done = subprocess.run(
        [*script, "--keep", str(tmp_path), "--only", "mutated", "--only", "policies"],
        capture_output=True,
        text=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    for command in hostile.PHOTO_COMMANDS:
        found = [row for row in rows if row["command"] == command]
        assert sum(row["rows"] for row in found) == 60 + len(hostile.KINDS)
    assert all(row["sound"] for row in rows)
