"""An audit killed at any moment goes on with nothing done twice and nothing lost."""

import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pyarrow.parquet as pq
import pytest

from packshot.catalog.audit import AuditSettings, run_audit
from packshot.catalog.audit.audit import Options
from packshot.catalog.audit.journal import Journal
from tests.catalog.audit.quick import audited, write_feed, write_photo
from tests.conftest import ROOT, make_packshot

QUICK = """
import sys
from pathlib import Path
from tests.catalog.audit.quick import audited
if __name__ == "__main__":
    feed, folder, log = map(Path, sys.argv[1:])
    audited(feed, folder, log=log, seconds=0.004)
"""
REAL = [sys.executable, "-m", "packshot", "audit", "--quiet", "--fail-under", "60", "--worst", "5"]


def killed_after(command, ready, delay):
    """Kill a command with its children some seconds after it was ready; whether it was still running."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    process = subprocess.Popen(
        list(map(str, command)), env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    )
    deadline = time.monotonic() + 100
    while not ready() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(delay)
    children = psutil.Process(process.pid).children() if process.poll() is None else []
    process.send_signal(signal.SIGKILL)
    running = process.wait() == -signal.SIGKILL
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive, "processes end with the one that started them"
    return running


def done_in(folder):
    """Rows in the journal of an audit that nobody works on."""
    if not (folder / "audit.journal").exists():
        return 0
    with Journal(folder, 0) as journal:
        return journal.count()


def same_but_for_times(one, other):
    assert pq.read_table(one / "audit.parquet").equals(pq.read_table(other / "audit.parquet"))
    assert (one / "audit.csv").read_bytes() == (other / "audit.csv").read_bytes()
    assert (one / "audit.html").read_bytes() == (other / "audit.html").read_bytes()


def test_an_audit_killed_again_and_again_equals_an_uninterrupted_one(tmp_path):
    photos, folder, log = tmp_path / "photos", tmp_path / "audit", tmp_path / "log"
    write_feed(photos, 200)
    delays = random.Random(7)
    before = 0
    for _ in range(3):
        begun = log.stat().st_size if log.exists() else 0
        command = [sys.executable, "-c", QUICK, photos, folder, log]

        def under_way(begun=begun):
            return log.exists() and log.stat().st_size > begun

        if not killed_after(command, under_way, delays.uniform(0, 0.3)):
            break
        assert done_in(folder) > before, "what was done stays done"
        before = done_in(folder)
    audited(photos, folder, log=log)
    audited(photos, tmp_path / "whole")
    same_but_for_times(folder, tmp_path / "whole")
    judged = log.read_text().split()
    on_their_way = 3 * 2 + 3 * 20
    assert 200 <= len(judged) <= 200 + on_their_way, "only what was on its way is done again"
    assert len(set(judged)) == 200


@pytest.fixture(scope="module")
def real_feed(tmp_path_factory):
    """Small photos in all states, and what an uninterrupted audit of them makes."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "photos").mkdir()
    for number in range(14):
        pixels = make_packshot((40 + number, 60, 200, 120), (320, 240))
        write_photo(folder / "photos" / f"{number:02}.jpg", pixels)
    (folder / "photos" / "07b.jpg").write_bytes(b"no photo at all")
    (folder / "photos" / "09b.jpg").write_bytes((folder / "photos" / "09.jpg").read_bytes())
    settings = AuditSettings(str(folder / "photos"), fail_under=60, worst=5)
    run_audit(settings, folder / "whole", Options(workers=2))
    return folder


def killed_and_resumed(feed, folder, delay):
    command = [*REAL, feed / "photos", "-o", folder, "--workers", "2", "--cache", folder / "cache"]
    killed_after(command, (folder / "audit.journal").exists, delay)
    before = done_in(folder)
    settings = AuditSettings(str(feed / "photos"), fail_under=60, worst=5)
    outcome = run_audit(settings, folder, Options(workers=2, cache=folder / "cache"))
    assert outcome.summary.inputs == 16
    same_but_for_times(folder, feed / "whole")
    return before


def test_a_killed_command_goes_on(real_feed, tmp_path):
    assert 0 <= killed_and_resumed(real_feed, tmp_path / "audit", 2.5) <= 16


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_twenty_killed_commands_go_on(real_feed, tmp_path):
    delays = random.Random(2026)
    done = [
        killed_and_resumed(real_feed, tmp_path / f"audit-{number}", delays.uniform(0, 6))
        for number in range(20)
    ]
    assert any(0 < count < 16 for count in done), "some were killed in the middle"
