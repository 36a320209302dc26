import json
import os
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from packshot.catalog.audit.journal import Journal
from tests.catalog.audit.fake_examiner import write_photo
from tests.cli.command import run_packshot
from tests.cli.test_cli import restore_ctrl_c
from tests.conftest import TIMEOUT_S, make_packshot


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A feed with a photo, a hopeless one, and one that is not there."""
    folder = tmp_path_factory.mktemp("shop")
    write_photo(folder / "mug.jpg", make_packshot())
    (folder / "bad.jpg").write_text("no photo")
    (folder / "feed.csv").write_text("item_no,photo\n7,mug.jpg\n8,bad.jpg\n9,none.jpg\n")
    return folder


@pytest.fixture(scope="module")
def audit_result(shop):
    """The command's result, in DIR/audit."""
    return run_packshot(
        *("audit", shop / "feed.csv", "-o", shop / "audit", "--policy", "amazon-main"),
        *("--on", "2027-02-01", "--columns", "sku=item_no", "--workers", "1"),
        *("--cache", shop / "cache", "--language", "zh"),
    )


def test_a_feed_becomes_a_folder_of_results(shop, audit_result):
    assert audit_result.returncode == 1, audit_result.stderr
    rows = pq.read_table(shop / "audit" / "audit.parquet").to_pylist()
    assert [(row["sku"], row["status"]) for row in rows] == [
        ("7", "ok"),
        ("8", "unreadable"),
        ("9", "missing"),
    ]
    summary = json.loads((shop / "audit" / "summary.json").read_text())
    assert summary["on"] == "2027-02-01"
    assert summary["policies"].keys() == {"amazon-main"}
    assert "3 inputs: 1 ok, 1 unreadable, 1 missing" in audit_result.stderr
    assert 'lang="zh"' in (shop / "audit" / "audit.html").read_text()


def test_the_same_command_again_has_nothing_to_do_and_keeps_its_day(shop, audit_result):
    result = run_packshot(
        *("audit", shop / "feed.csv", "-o", shop / "audit", "--policy", "amazon-main"),
        *("--columns", "sku=item_no", "--language", "zh", "--quiet"),
        check=1,
    )
    assert not result.stderr
    assert json.loads((shop / "audit" / "summary.json").read_text())["on"] == "2027-02-01"


def test_wrong_usage_is_one_line_and_status_2(shop, audit_result, tmp_path):
    other = run_packshot("audit", shop / "feed.csv", "-o", shop / "audit", check=2)
    assert "policies: {" in other.stderr
    assert "--restart" in other.stderr
    assert (
        "write Packshot's name"
        in run_packshot("audit", shop, "-o", tmp_path / "a", "--columns", "sku", check=2).stderr
    )
    assert (
        run_packshot("audit", tmp_path / "none", "-o", tmp_path / "b", check=2).stderr.count("\n") == 1
    )


def test_ctrl_c_finishes_what_is_on_its_way_and_the_command_goes_on(tmp_path):
    (tmp_path / "photos").mkdir()
    for number in range(60):
        pixels = make_packshot((40 + number, 60, 200, 120), (320, 240))
        write_photo(tmp_path / "photos" / f"{number:02}.jpg", pixels)
    command = ["audit", tmp_path / "photos", "-o", tmp_path / "audit", "--workers", "1", "--no-cache"]
    process = subprocess.Popen(
        [sys.executable, "-m", "packshot", *map(str, command)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=restore_ctrl_c,
    )
    wait_for_rows(tmp_path / "audit" / "audit.journal-wal")
    os.killpg(process.pid, signal.SIGINT)
    _, error_output = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130, error_output
    assert "the same command goes on from there" in error_output
    assert "Traceback" not in error_output
    with Journal(tmp_path / "audit", 0) as journal:
        done_count = journal.count_rows()
    assert 0 < done_count < 60
    run_packshot(*command, "--quiet", check=0)
    assert pq.read_table(tmp_path / "audit" / "audit.parquet").num_rows == 60


def wait_for_rows(log):
    """Until the journal's log has grown beyond its tables."""
    deadline = time.monotonic() + TIMEOUT_S
    while not log.exists() or log.stat().st_size < 60_000:
        assert time.monotonic() < deadline
        time.sleep(0.02)
