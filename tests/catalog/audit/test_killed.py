"""An audit killed at any moment goes on with nothing done twice, nothing lost and nothing left over."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from packshot.catalog.audit.journal import Journal
from packshot.sources import Fetcher
from tests.catalog.audit.fake_examiner import run_fake_audit, serve_feed, write_feed, write_photo
from tests.conftest import ROOT, TIMEOUT_S, make_packshot
from tests.sources.conftest import ShopServer

MAX_ROWS_IN_PROGRESS = 2 + 20
"""Rows that a process has in hand at a time, at most."""

FAKE_AUDIT_SCRIPT = """
import sys
from pathlib import Path
from packshot.sources import Fetcher
from tests.catalog.audit.fake_examiner import run_fake_audit, make_fetcher
if __name__ == "__main__":
    feed, folder, log, cache = map(Path, sys.argv[1:5])
    fetcher = make_fetcher(int(sys.argv[5])) if sys.argv[5:] else Fetcher()
    run_fake_audit(feed, folder, log=log, seconds=0.03, cache=cache, fetcher=fetcher)
"""
KILLED_WHILE_WRITING_SCRIPT = """
import os, signal
from packshot.catalog.audit import outputs
outputs.write_page = lambda path, *_: (path.write_text("half"), os.kill(os.getpid(), signal.SIGKILL))
"""


def start_process(command):
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(list(map(str, command)), env=environment)


def run_and_kill(command, is_ready, delay):
    """Kill a command with its children some seconds after it was ready; whether it was still running."""
    process = start_process(command)
    deadline = time.monotonic() + TIMEOUT_S
    while not is_ready() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(delay)
    children = psutil.Process(process.pid).children() if process.poll() is None else []
    process.send_signal(signal.SIGKILL)
    was_running = process.wait() == -signal.SIGKILL
    _, alive = psutil.wait_procs(children, timeout=TIMEOUT_S)
    assert not alive, "processes end with the one that started them"
    return was_running


def count_done_rows(folder):
    """Rows in the journal of an audit that nobody works on."""
    if not (folder / "audit.journal").exists():
        return 0
    with Journal(folder, 0) as journal:
        return journal.count_rows()


def read_cache(cache):
    """Return what a cache knows, but for when it was used last."""
    with sqlite3.connect(cache / "assessments.sqlite") as database:
        return dict(database.execute("SELECT key, content FROM assessments"))


def read_assessments(cache):
    """The assessments that a cache knows; of equal files it has the name of the one that came first."""
    assessments_by_key = {
        key: json.loads(zlib.decompress(content)) for key, content in read_cache(cache).items()
    }
    return {key: assessment | {"path": ""} for key, assessment in assessments_by_key.items()}


def assert_same_audit(one, other):
    """Return whether two audits came to the same, and left the same files."""
    assert sorted(os.listdir(one)) == sorted(os.listdir(other))
    assert pq.read_table(one / "audit.parquet").equals(pq.read_table(other / "audit.parquet"))
    assert (one / "audit.csv").read_bytes() == (other / "audit.csv").read_bytes()
    assert (one / "audit.html").read_bytes() == (other / "audit.html").read_bytes()


@pytest.fixture
def shop():
    server = ShopServer()
    yield server
    server.close()


@pytest.mark.parametrize("served", [False, True], ids=["folder", "URLs"])
def test_an_audit_killed_again_and_again_equals_an_uninterrupted_one(served, shop, tmp_path):
    feed, folder, log, cache = (tmp_path / name for name in ("photos", "audit", "log", "cache"))
    photos, fetcher, port_arguments = write_feed(feed, 200), Fetcher(), []
    if served:
        feed = tmp_path / "feed.csv"
        fetcher, port_arguments = serve_feed(shop, photos, feed), [shop.port]
    delays = random.Random(7)
    before = kills = 0
    for _ in range(3):
        start_size = log.stat().st_size if log.exists() else 0

        def has_progress(start_size=start_size):
            return log.exists() and log.stat().st_size > start_size

        command = [sys.executable, "-c", FAKE_AUDIT_SCRIPT, feed, folder, log, cache, *port_arguments]
        if not run_and_kill(command, has_progress, delays.uniform(0, 0.3)):
            break
        kills += 1
        assert count_done_rows(folder) >= before, "what was done stays done"
        before = count_done_rows(folder)
    run_fake_audit(feed, folder, log=log, cache=cache, fetcher=fetcher)
    logged_digests, fetched = log.read_text().split(), sum(shop.request_counts.values())
    run_fake_audit(feed, tmp_path / "whole", cache=tmp_path / "whole cache", fetcher=fetcher)
    assert_same_audit(folder, tmp_path / "whole")
    assert read_cache(cache) == read_cache(tmp_path / "whole cache")
    assert kills, "some were killed on the way"
    max_count = 200 + kills * MAX_ROWS_IN_PROGRESS
    assert 200 <= len(logged_digests) <= max_count, "only what was on its way is done again"
    assert len(set(logged_digests)) == 200
    assert not served or 200 <= fetched <= max_count, "only what was on its way is fetched again"


def test_one_killed_while_it_wrote_its_files_leaves_no_half_of_one(tmp_path):
    photos, folder, log, cache = (tmp_path / name for name in ("photos", "audit", "log", "cache"))
    write_feed(photos, 20)
    process = start_process(
        [
            sys.executable,
            "-c",
            KILLED_WHILE_WRITING_SCRIPT + FAKE_AUDIT_SCRIPT,
            photos,
            folder,
            log,
            cache,
        ]
    )
    assert process.wait(TIMEOUT_S) == -signal.SIGKILL
    assert not (folder / "audit.html").exists()
    assert not [path for path in folder.iterdir() if path.read_bytes() == b"half"]
    run_fake_audit(photos, folder, log=log, cache=cache)
    run_fake_audit(photos, tmp_path / "whole")
    assert_same_audit(folder, tmp_path / "whole")
    assert len(log.read_text().split()) == 20


@dataclass(frozen=True)
class RealAudit:
    """A feed of real photos, and what an uninterrupted audit of it makes.

    Attributes:
        command: Audits it, but for where to.
        complete_folder: The folder of that audit.
        cache: Its cache.
        seconds: That it took.
    """

    command: tuple[object, ...]
    complete_folder: Path
    cache: Path
    seconds: float

    def kill_and_resume(self, name, delay):
        """Kill the command, and say it again; how many inputs the killed one had done.

        The folder lies beside the complete one, as links to photos are relative.
        """
        folder = self.complete_folder.with_name(name)
        command = [*self.command, "-o", folder, "--cache", folder.with_suffix(".cache")]
        run_and_kill(command, (folder / "audit.journal").exists, delay)
        before = count_done_rows(folder)
        assert start_process(command).wait(TIMEOUT_S) in (0, 1)
        assert count_done_rows(folder) == 16
        assert_same_audit(folder, self.complete_folder)
        assert read_assessments(folder.with_suffix(".cache")) == read_assessments(self.cache)
        return before


@pytest.fixture(scope="module", params=["folder", "URLs"])
def real_audit(request, tmp_path_factory):
    """Small photos in all states, in a folder or on a web server."""
    folder = tmp_path_factory.mktemp("real")
    photos, shop = folder / "photos", ShopServer()
    photos.mkdir()
    for number in range(14):
        pixels = make_packshot((40 + number, 60, 200, 120), (320, 240))
        write_photo(photos / f"{number:02}.jpg", pixels)
    (photos / "07b.jpg").write_bytes(b"no photo at all")
    (photos / "09b.jpg").write_bytes((photos / "09.jpg").read_bytes())
    feed, fetch_options = photos, []
    if request.param == "URLs":
        feed, fetch_options = folder / "feed.csv", ["--allow-private", "--port", shop.port]
        serve_feed(shop, {path.name: path.read_bytes() for path in sorted(photos.iterdir())}, feed)
    settings = ["--quiet", "--fail-under", "60", "--worst", "5", "--workers", "2"]
    command = (sys.executable, "-m", "packshot", "audit", feed, *settings, *fetch_options)
    start = time.monotonic()
    complete_folder, cache = folder / "whole", folder / "cache"
    assert start_process([*command, "-o", complete_folder, "--cache", cache]).wait(TIMEOUT_S) in (0, 1)
    yield RealAudit(command, complete_folder, cache, time.monotonic() - start)
    shop.close()


def test_a_killed_command_goes_on(real_audit):
    assert 0 <= real_audit.kill_and_resume("resumed", real_audit.seconds / 2) <= 16


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_twenty_killed_commands_go_on(real_audit):
    delays = random.Random(2026)
    done_counts = [
        real_audit.kill_and_resume(f"resumed-{number}", delays.uniform(0, real_audit.seconds))
        for number in range(20)
    ]
    assert any(0 < count < 16 for count in done_counts), "some were killed in the middle"
