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
from tests.catalog.audit.quick import audited, served_feed, write_feed, write_photo
from tests.conftest import PATIENCE_S, ROOT, make_packshot
from tests.sources.conftest import Shop

ON_THEIR_WAY = 2 + 20
"""Rows that a process has in hand at a time, at most."""

QUICK = """
import sys
from pathlib import Path
from packshot.sources import Fetcher
from tests.catalog.audit.quick import audited, fetcher_from
if __name__ == "__main__":
    feed, folder, log, cache = map(Path, sys.argv[1:5])
    fetcher = fetcher_from(int(sys.argv[5])) if sys.argv[5:] else Fetcher()
    audited(feed, folder, log=log, seconds=0.03, cache=cache, fetcher=fetcher)
"""
DIES_WRITING = """
import os, signal
from packshot.catalog.audit import outputs
outputs.write_page = lambda path, *_: (path.write_text("half"), os.kill(os.getpid(), signal.SIGKILL))
"""


def started(command):
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(list(map(str, command)), env=environment)


def killed_after(command, ready, delay):
    """Kill a command with its children some seconds after it was ready; whether it was still running."""
    process = started(command)
    deadline = time.monotonic() + PATIENCE_S
    while not ready() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(delay)
    children = psutil.Process(process.pid).children() if process.poll() is None else []
    process.send_signal(signal.SIGKILL)
    running = process.wait() == -signal.SIGKILL
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert not alive, "processes end with the one that started them"
    return running


def done_in(folder):
    """Rows in the journal of an audit that nobody works on."""
    if not (folder / "audit.journal").exists():
        return 0
    with Journal(folder, 0) as journal:
        return journal.count()


def remembered(cache):
    """What a cache knows, but for when it was used last."""
    with sqlite3.connect(cache / "assessments.sqlite") as database:
        return dict(database.execute("SELECT key, content FROM assessments"))


def assessments(cache):
    """The assessments that a cache knows; of equal files it has the name of the one that came first."""
    found = {key: json.loads(zlib.decompress(content)) for key, content in remembered(cache).items()}
    return {key: assessment | {"path": ""} for key, assessment in found.items()}


def same_but_for_times(one, other):
    """Whether two audits came to the same, and left the same files."""
    assert sorted(os.listdir(one)) == sorted(os.listdir(other))
    assert pq.read_table(one / "audit.parquet").equals(pq.read_table(other / "audit.parquet"))
    assert (one / "audit.csv").read_bytes() == (other / "audit.csv").read_bytes()
    assert (one / "audit.html").read_bytes() == (other / "audit.html").read_bytes()


@pytest.fixture
def shop():
    server = Shop()
    yield server
    server.close()


@pytest.mark.parametrize("served", [False, True], ids=["folder", "URLs"])
def test_an_audit_killed_again_and_again_equals_an_uninterrupted_one(served, shop, tmp_path):
    feed, folder, log, cache = (tmp_path / name for name in ("photos", "audit", "log", "cache"))
    photos, fetcher, more = write_feed(feed, 200), Fetcher(), []
    if served:
        feed = tmp_path / "feed.csv"
        fetcher, more = served_feed(shop, photos, feed), [shop.port]
    delays = random.Random(7)
    before = kills = 0
    for _ in range(3):
        begun = log.stat().st_size if log.exists() else 0

        def under_way(begun=begun):
            return log.exists() and log.stat().st_size > begun

        command = [sys.executable, "-c", QUICK, feed, folder, log, cache, *more]
        if not killed_after(command, under_way, delays.uniform(0, 0.3)):
            break
        kills += 1
        assert done_in(folder) >= before, "what was done stays done"
        before = done_in(folder)
    audited(feed, folder, log=log, cache=cache, fetcher=fetcher)
    judged, fetched = log.read_text().split(), sum(shop.asked.values())
    audited(feed, tmp_path / "whole", cache=tmp_path / "whole cache", fetcher=fetcher)
    same_but_for_times(folder, tmp_path / "whole")
    assert remembered(cache) == remembered(tmp_path / "whole cache")
    assert kills, "some were killed on the way"
    most = 200 + kills * ON_THEIR_WAY
    assert 200 <= len(judged) <= most, "only what was on its way is done again"
    assert len(set(judged)) == 200
    assert not served or 200 <= fetched <= most, "only what was on its way is fetched again"


def test_one_killed_while_it_wrote_its_files_leaves_no_half_of_one(tmp_path):
    photos, folder, log, cache = (tmp_path / name for name in ("photos", "audit", "log", "cache"))
    write_feed(photos, 20)
    process = started([sys.executable, "-c", DIES_WRITING + QUICK, photos, folder, log, cache])
    assert process.wait(PATIENCE_S) == -signal.SIGKILL
    assert not (folder / "audit.html").exists()
    assert not [path for path in folder.iterdir() if path.read_bytes() == b"half"]
    audited(photos, folder, log=log, cache=cache)
    audited(photos, tmp_path / "whole")
    same_but_for_times(folder, tmp_path / "whole")
    assert len(log.read_text().split()) == 20


@dataclass(frozen=True)
class Real:
    """A feed of real photos, and what an uninterrupted audit of it makes.

    Attributes:
        command: Audits it, but for where to.
        whole: The folder of that audit.
        cache: Its cache.
        seconds: That it took.
    """

    command: tuple[object, ...]
    whole: Path
    cache: Path
    seconds: float

    def killed_and_resumed(self, folder, delay):
        """Kill the command, and say it again; how many inputs the killed one had done."""
        command = [*self.command, "-o", folder, "--cache", folder.with_suffix(".cache")]
        killed_after(command, (folder / "audit.journal").exists, delay)
        before = done_in(folder)
        assert started(command).wait(PATIENCE_S) in (0, 1)
        assert done_in(folder) == 16
        same_but_for_times(folder, self.whole)
        assert assessments(folder.with_suffix(".cache")) == assessments(self.cache)
        return before


@pytest.fixture(scope="module", params=["folder", "URLs"])
def real(request, tmp_path_factory):
    """Small photos in all states, in a folder or on a web server."""
    folder = tmp_path_factory.mktemp("real")
    photos, shop = folder / "photos", Shop()
    photos.mkdir()
    for number in range(14):
        pixels = make_packshot((40 + number, 60, 200, 120), (320, 240))
        write_photo(photos / f"{number:02}.jpg", pixels)
    (photos / "07b.jpg").write_bytes(b"no photo at all")
    (photos / "09b.jpg").write_bytes((photos / "09.jpg").read_bytes())
    feed, allowed = photos, []
    if request.param == "URLs":
        feed, allowed = folder / "feed.csv", ["--allow-private", "--port", shop.port]
        served_feed(shop, {path.name: path.read_bytes() for path in sorted(photos.iterdir())}, feed)
    settings = ["--quiet", "--fail-under", "60", "--worst", "5", "--workers", "2"]
    command = (sys.executable, "-m", "packshot", "audit", feed, *settings, *allowed)
    begun = time.monotonic()
    whole, cache = folder / "whole", folder / "cache"
    assert started([*command, "-o", whole, "--cache", cache]).wait(PATIENCE_S) in (0, 1)
    yield Real(command, whole, cache, time.monotonic() - begun)
    shop.close()


def test_a_killed_command_goes_on(real, tmp_path):
    assert 0 <= real.killed_and_resumed(tmp_path / "audit", real.seconds / 2) <= 16


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_twenty_killed_commands_go_on(real, tmp_path):
    delays = random.Random(2026)
    done = [
        real.killed_and_resumed(tmp_path / f"audit-{number}", delays.uniform(0, real.seconds))
        for number in range(20)
    ]
    assert any(0 < count < 16 for count in done), "some were killed in the middle"
