import csv
import errno
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from packshot.catalog.clean import decide, write_feed, write_folder
from packshot.catalog.clean.applying import FEED, REPORT
from packshot.catalog.clean.samples import read_samples
from packshot.errors import InvalidInput, SourceError
from packshot.report import Problem, Remedy
from tests.catalog.clean.made import proposal, sample
from tests.conftest import ROOT


def kept(outcomes):
    return {outcome.path for outcome in outcomes if outcome.kept}


def copy(path, other, **told):
    known = {"problem": Problem.DUPLICATE, "action": Remedy.KEEP_ONE}
    return proposal(path, **{**known, **told}, other=other)


def relabel(path, label, **told):
    return proposal(path, Problem.WRONG_LABEL, Remedy.RELABEL, proposed=label, **told)


def test_what_is_to_be_reviewed_or_is_not_sure_stays():
    samples = [sample("a", "mug"), sample("b", "mug"), sample("c", "mug")]
    proposals = [
        proposal("a", action=Remedy.REVIEW),
        proposal("b", confidence=0.7),
        relabel("c", "bowl", confidence=0.95),
    ]
    outcomes = decide(samples, proposals, sure=0.8)
    assert kept(outcomes) == {"a", "b", "c"}
    assert [outcome.label for outcome in outcomes] == ["mug", "mug", "bowl"]
    assert kept(decide(samples, proposals)) == {"a", "c"}


def test_one_copy_always_stays_unless_it_is_spoilt_itself():
    samples = [sample(name) for name in "abc"]
    copies = [copy("b", "a"), copy("c", "a")]
    assert kept(decide(samples, copies)) == {"a"}
    assert kept(decide(samples, [proposal("a"), *copies])) == {"b"}
    assert kept(decide(samples, [proposal("a"), proposal("b"), *copies])) == {"c"}
    assert kept(decide(samples, [proposal(name) for name in "abc"] + copies)) == set()


def photos(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_a_cleaned_folder_has_what_is_kept_under_its_labels(tmp_path):
    source, target = tmp_path / "set", tmp_path / "clean"
    photos(source, "mugs/a.jpg", "mugs/b.jpg", "bowls/a.jpg", "c.jpg", "train/lamps/d.jpg")
    samples = read_samples(str(source))
    before = {path: path.read_bytes() for path in source.rglob("*.jpg")}
    proposals = [
        proposal(str(source / "mugs/b.jpg")),
        relabel(str(source / "bowls/a.jpg"), "mugs"),
        proposal(str(source / "c.jpg"), Problem.MISSING_LABEL, Remedy.RELABEL, proposed="bowls"),
        relabel(str(source / "train/lamps/d.jpg"), "bowls"),
    ]
    write_folder(samples, decide(samples, proposals), target)
    found = {str(path.relative_to(target)) for path in target.rglob("*.jpg")}
    assert found == {"mugs/a.jpg", "mugs/a-2.jpg", "bowls/c.jpg", "train/bowls/d.jpg"}
    assert {path: path.read_bytes() for path in source.rglob("*.jpg")} == before
    report = json.loads((target / REPORT).read_text())
    assert (report["photos"], report["kept"], report["relabelled"]) == (5, 4, 3)
    assert report["dropped_for"] == {"blurred": 1}
    assert len(report["changes"]) == 4


def test_links_share_the_file_and_copies_do_not(tmp_path):
    photos(tmp_path / "set", "mugs/a.jpg")
    samples = read_samples(str(tmp_path / "set"))
    original = tmp_path / "set" / "mugs" / "a.jpg"
    write_folder(samples, decide(samples, []), tmp_path / "linked", link=True)
    assert (tmp_path / "linked" / "mugs" / "a.jpg").samefile(original)
    write_folder(samples, decide(samples, []), tmp_path / "copied")
    assert not (tmp_path / "copied" / "mugs" / "a.jpg").samefile(original)


def test_a_cleaned_feed_leads_to_the_same_photos(tmp_path):
    photos(tmp_path / "set", "a.jpg", "b.jpg")
    table = tmp_path / "set" / "set.csv"
    table.write_text("path,label,sku,split\na.jpg,mug,1,train\nb.jpg,mug,2,test\n")
    samples = read_samples(str(table), split_column="split")
    proposals = [relabel(samples[0].path, "bowl"), proposal(samples[1].path)]
    write_feed(samples, decide(samples, proposals), tmp_path / "out" / "clean")
    (row,) = csv.DictReader((tmp_path / "out" / "clean" / FEED).open())
    assert (row["label"], row["sku"], row["split"]) == ("bowl", "1", "train")
    assert (tmp_path / "out" / "clean" / row["path"]).samefile(tmp_path / "set" / "a.jpg")


def test_nothing_is_written_over(tmp_path):
    photos(tmp_path / "set", "mugs/a.jpg")
    samples = read_samples(str(tmp_path / "set"))
    with pytest.raises(InvalidInput, match="not empty"):
        write_folder(samples, decide(samples, []), tmp_path / "set")


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from packshot.catalog.clean import decide, read_samples, write_folder
copied = []
copy = shutil.copy2
def killing(*names):
    copied.append(copy(*names))
    if len(copied) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
shutil.copy2 = killing
samples = read_samples(sys.argv[1])
write_folder(samples, decide(samples, []), Path(sys.argv[2]))
"""


def test_what_a_killed_one_left_does_not_look_complete_and_is_in_nobodys_way(tmp_path):
    source, target = tmp_path / "set", tmp_path / "clean"
    photos(source, "mugs/a.jpg", "mugs/b.jpg", "mugs/c.jpg")
    command = [sys.executable, "-c", KILLED, str(source), str(target)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    samples = read_samples(str(source))
    write_folder(samples, decide(samples, []), target)
    assert sorted(os.listdir(target / "mugs")) == ["a.jpg", "b.jpg", "c.jpg"]
    assert sorted(os.listdir(tmp_path)) == ["clean", "set"]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    photos(tmp_path / "set", "mugs/a.jpg")
    samples = read_samples(str(tmp_path / "set"))

    def full(*_names):
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(SourceError, match="no space left"):
        write_folder(samples, decide(samples, []), tmp_path / "clean")
    assert os.listdir(tmp_path) == ["set"]
