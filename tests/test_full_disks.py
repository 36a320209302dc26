"""A disk that fills up ends whatever writes to it by one error in words, and afterwards it goes on."""

import os
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

from packshot.errors import AuditError, PackshotError, SourceError, VectorIndexError
from packshot.files import NO_SPACE, atomic_write_bytes
from packshot.search import Item, create_index, open_index
from packshot.search.duplicates.store import SignatureStore
from packshot.search.places import exists
from tests.catalog.audit.fake_examiner import run_fake_audit, write_feed
from tests.conftest import ROOT
from tests.search.vectors import make_clustered_vectors, make_settings
from tests.small_disk import mount_small_disk

ENOUGH_KILOBYTES = 100_000
"""Kilobytes."""


def check_fails_then_recovers(folder, sizes, work, error_type):
    """Do the same on ever larger disks, then on one that is large enough.

    Returns:
        What was said where there was no space.
    """
    messages = []
    with mount_small_disk(folder, sizes[0]) as disk:
        for kilobytes in sizes:
            disk.resize(kilobytes)
            try:
                work()
            except error_type as error:
                messages.append(str(error))
        disk.resize(ENOUGH_KILOBYTES)
        work()
    assert all(NO_SPACE in one and "\n" not in one for one in messages), messages
    return messages


def test_an_audit(tmp_path):
    photos, disk = tmp_path / "photos", tmp_path / "disk"
    write_feed(photos, 150)
    results = []

    def work():
        outcome = run_fake_audit(photos, disk / "audit")
        assert outcome.done_count == 150
        results.append(sorted(path.name for path in (disk / "audit").iterdir()))

    assert len(check_fails_then_recovers(disk, [110, 170, 300], work, PackshotError)) == 3
    assert {"audit.csv", "audit.parquet", "audit.html", "summary.json"} <= set(results[-1])
    assert not [name for name in results[-1] if name.startswith(".")]


def test_an_audit_that_never_came_to_a_row_leaves_nothing(tmp_path):
    write_feed(tmp_path / "photos", 3)
    with mount_small_disk(tmp_path / "disk", 8) as disk:
        with pytest.raises(AuditError, match=NO_SPACE):
            run_fake_audit(tmp_path / "photos", disk.folder / "new" / "audit")
        assert not list(disk.folder.iterdir())


def test_a_cache_does_not_end_an_audit(tmp_path):
    write_feed(tmp_path / "photos", 60)
    for kilobytes in (4, 80):
        with mount_small_disk(tmp_path / f"disk-{kilobytes}", kilobytes) as disk:
            outcome = run_fake_audit(tmp_path / "photos", tmp_path / f"{kilobytes}", cache=disk.folder)
            assert outcome.summary.statuses == {"ok": 60}
            assert any("the cache could not be used" in note for note in outcome.notes)


def test_a_store_of_signatures(tmp_path):
    disk, stored = tmp_path / "disk", []

    def work():
        with SignatureStore(disk / "s.sqlite", "maker") as store:
            for number in range(len(stored), 400):
                store.save_score(f"{number:0200}", "judge", 1.0)
                stored.append(number)
            assert len(store.find_scores((f"{number:0200}" for number in range(400)), "judge")) == 400

    sizes = [4, 40, 100, 150, 200, 250]
    assert len(check_fails_then_recovers(disk, sizes, work, SourceError)) >= 5
    assert stored == list(range(400))


@pytest.mark.parametrize(("kind", "beyond"), [("exact", (0, 200)), ("ivf-pq", (280,))])
def test_an_index(tmp_path, kind, beyond):
    place, vectors = tmp_path / "disk", make_clustered_vectors(2000)

    def work():
        folder = place / "index"
        new = not exists(folder)
        with (
            create_index(folder, make_settings(kind=kind))
            if new
            else open_index(folder, writable=True) as index
        ):
            have = set(index.iter_ids())
            for start in range(0, 2000, 200):
                names = (f"p{number}" for number in range(start, start + 200))
                new = [Item(name, vectors[int(name[1:])], {}) for name in names if name not in have]
                index.put(new)
            index.flush()
            index.verify()
            assert index.count() == 2000
            assert index.query(vectors[:1], 1)[0][0].id == "p0"

    needed = 2000 * vectors.shape[1] * 4 // 1024
    sizes = [4, 60, 120, needed // 2, *(needed + more for more in beyond)]
    assert len(check_fails_then_recovers(place, sizes, work, VectorIndexError)) == len(sizes)


def test_a_file(tmp_path):
    with mount_small_disk(tmp_path / "disk", 64) as disk:
        target = disk.folder / "a.bin"
        atomic_write_bytes(bytes(20_000), target)
        with pytest.raises(SourceError, match=NO_SPACE):
            atomic_write_bytes(bytes(200_000), target)
        assert target.read_bytes() == bytes(20_000)
        assert [path.name for path in disk.folder.iterdir()] == ["a.bin"]


def test_a_database_that_another_process_locks(tmp_path, monkeypatch):
    monkeypatch.setattr("packshot.search.duplicates.store._BUSY_TIMEOUT_S", 0.1)
    with SignatureStore(tmp_path / "s.sqlite", "maker") as store:
        other = sqlite3.connect(tmp_path / "s.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SourceError, match="another process has locked it"):
            store.save_score("a", "judge", 1.0)
        other.close()
        store.save_score("a", "judge", 1.0)


def test_a_ledger_that_another_process_locks(tmp_path, monkeypatch):
    monkeypatch.setattr("packshot.search.item_catalog._BUSY_TIMEOUT_S", 0.1)
    item = Item("a", np.ones(32, np.float32), {})
    with create_index(tmp_path / "i", make_settings(dimensions=32)) as index:
        other = sqlite3.connect(tmp_path / "i" / "index.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(VectorIndexError, match="another process has locked it"):
            index.put([item])
        other.close()
        index.put([item])
        assert index.count() == 1


LIMITED = """
import resource, sys
from pathlib import Path
from packshot.errors import PackshotError
from packshot.files import atomic_write_bytes
from packshot.search.duplicates.store import SignatureStore
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
try:
    atomic_write_bytes(bytes(200_000), Path(sys.argv[1]) / "a.bin")
except PackshotError as error:
    print(error)
try:
    with SignatureStore(Path(sys.argv[1]) / "s.sqlite", "maker") as store:
        for number in range(1000):
            store.save_score(f"{number:0200}", "judge", 1.0)
except PackshotError as error:
    print(error)
"""


def test_files_that_may_not_grow(tmp_path):
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    of_file, of_store = done.stdout.splitlines()
    assert "larger than is allowed" in of_file
    assert "files may be as large" in of_store
    assert not (tmp_path / "a.bin").exists()
    with SignatureStore(tmp_path / "s.sqlite", "maker") as store:
        known = store.find_scores((f"{number:0200}" for number in range(1000)), "judge")
        assert 10 < len(known) < 1000
        store.save_score("more", "judge", 1.0)
