import csv
import errno
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from packshot.catalog.clean import decide_outcomes, write_feed, write_folder
from packshot.catalog.clean.applying import FEED_NAME, REPORT_NAME
from packshot.catalog.clean.samples import read_samples
from packshot.errors import InvalidInput, SourceError
from packshot.report import Problem, Remedy
from tests.catalog.clean.builders import make_proposal, make_sample
from tests.conftest import ROOT


def get_kept_paths(outcomes):
    return {outcome.path for outcome in outcomes if outcome.kept}


def make_copy_proposal(path, other, **fields):
    defaults = {"problem": Problem.DUPLICATE, "action": Remedy.KEEP_ONE}
    return make_proposal(path, **{**defaults, **fields}, other=other)


def make_relabel_proposal(path, label, **fields):
    return make_proposal(path, Problem.WRONG_LABEL, Remedy.RELABEL, proposed=label, **fields)


def test_what_is_to_be_reviewed_or_is_not_sure_stays():
    samples = [make_sample("a", "mug"), make_sample("b", "mug"), make_sample("c", "mug")]
    proposals = [
        make_proposal("a", action=Remedy.REVIEW),
        make_proposal("b", confidence=0.7),
        make_relabel_proposal("c", "bowl", confidence=0.95),
    ]
    outcomes = decide_outcomes(samples, proposals, min_confidence=0.8)
    assert get_kept_paths(outcomes) == {"a", "b", "c"}
    assert [outcome.label for outcome in outcomes] == ["mug", "mug", "bowl"]
    assert get_kept_paths(decide_outcomes(samples, proposals)) == {"a", "c"}


def test_one_copy_always_stays_unless_it_is_spoilt_itself():
    samples = [make_sample(name) for name in "abc"]
    copy_proposals = [make_copy_proposal("b", "a"), make_copy_proposal("c", "a")]
    assert get_kept_paths(decide_outcomes(samples, copy_proposals)) == {"a"}
    assert get_kept_paths(decide_outcomes(samples, [make_proposal("a"), *copy_proposals])) == {"b"}
    assert get_kept_paths(
        decide_outcomes(samples, [make_proposal("a"), make_proposal("b"), *copy_proposals])
    ) == {"c"}
    assert (
        get_kept_paths(
            decide_outcomes(samples, [make_proposal(name) for name in "abc"] + copy_proposals)
        )
        == set()
    )


def write_photos(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_a_cleaned_folder_has_what_is_kept_under_its_labels(tmp_path):
    source, target = tmp_path / "set", tmp_path / "clean"
    write_photos(source, "mugs/a.jpg", "mugs/b.jpg", "bowls/a.jpg", "c.jpg", "train/lamps/d.jpg")
    samples = read_samples(str(source))
    before = {path: path.read_bytes() for path in source.rglob("*.jpg")}
    proposals = [
        make_proposal(str(source / "mugs/b.jpg")),
        make_relabel_proposal(str(source / "bowls/a.jpg"), "mugs"),
        make_proposal(str(source / "c.jpg"), Problem.MISSING_LABEL, Remedy.RELABEL, proposed="bowls"),
        make_relabel_proposal(str(source / "train/lamps/d.jpg"), "bowls"),
    ]
    write_folder(samples, decide_outcomes(samples, proposals), target)
    written_names = {str(path.relative_to(target)) for path in target.rglob("*.jpg")}
    assert written_names == {"mugs/a.jpg", "mugs/a-2.jpg", "bowls/c.jpg", "train/bowls/d.jpg"}
    assert {path: path.read_bytes() for path in source.rglob("*.jpg")} == before
    report = json.loads((target / REPORT_NAME).read_text())
    assert (report["photos"], report["kept"], report["relabelled"]) == (5, 4, 3)
    assert report["dropped_for"] == {"blurred": 1}
    assert len(report["changes"]) == 4


def test_links_share_the_file_and_copies_do_not(tmp_path):
    write_photos(tmp_path / "set", "mugs/a.jpg")
    samples = read_samples(str(tmp_path / "set"))
    original = tmp_path / "set" / "mugs" / "a.jpg"
    write_folder(samples, decide_outcomes(samples, []), tmp_path / "linked", link=True)
    assert (tmp_path / "linked" / "mugs" / "a.jpg").samefile(original)
    write_folder(samples, decide_outcomes(samples, []), tmp_path / "copied")
    assert not (tmp_path / "copied" / "mugs" / "a.jpg").samefile(original)


def test_a_cleaned_feed_leads_to_the_same_photos(tmp_path):
    write_photos(tmp_path / "set", "a.jpg", "b.jpg")
    table = tmp_path / "set" / "set.csv"
    table.write_text("path,label,sku,split\na.jpg,mug,1,train\nb.jpg,mug,2,test\n")
    samples = read_samples(str(table), split_column="split")
    proposals = [make_relabel_proposal(samples[0].path, "bowl"), make_proposal(samples[1].path)]
    write_feed(samples, decide_outcomes(samples, proposals), tmp_path / "out" / "clean")
    (row,) = csv.DictReader((tmp_path / "out" / "clean" / FEED_NAME).open())
    assert (row["label"], row["sku"], row["split"]) == ("bowl", "1", "train")
    assert (tmp_path / "out" / "clean" / row["path"]).samefile(tmp_path / "set" / "a.jpg")


def test_nothing_is_written_over(tmp_path):
    write_photos(tmp_path / "set", "mugs/a.jpg")
    samples = read_samples(str(tmp_path / "set"))
    with pytest.raises(InvalidInput, match="not empty"):
        write_folder(samples, decide_outcomes(samples, []), tmp_path / "set")


KILLED_SCRIPT = """
import os, shutil, signal, sys
from pathlib import Path
from packshot.catalog.clean import decide_outcomes, read_samples, write_folder
copied = []
copy = shutil.copy2
def killing(*names):
    copied.append(copy(*names))
    if len(copied) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
shutil.copy2 = killing
samples = read_samples(sys.argv[1])
write_folder(samples, decide_outcomes(samples, []), Path(sys.argv[2]))
"""


def test_what_a_killed_one_left_does_not_look_complete_and_is_in_nobodys_way(tmp_path):
    source, target = tmp_path / "set", tmp_path / "clean"
    write_photos(source, "mugs/a.jpg", "mugs/b.jpg", "mugs/c.jpg")
    command = [sys.executable, "-c", KILLED_SCRIPT, str(source), str(target)]
    result = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=False)
    assert result.returncode == -signal.SIGKILL
    assert not target.exists()
    samples = read_samples(str(source))
    write_folder(samples, decide_outcomes(samples, []), target)
    assert sorted(os.listdir(target / "mugs")) == ["a.jpg", "b.jpg", "c.jpg"]
    assert sorted(os.listdir(tmp_path)) == ["clean", "set"]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    write_photos(tmp_path / "set", "mugs/a.jpg")
    samples = read_samples(str(tmp_path / "set"))

    def fail_full_disk(*_names):
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr(shutil, "copy2", fail_full_disk)
    with pytest.raises(SourceError, match="no space left"):
        write_folder(samples, decide_outcomes(samples, []), tmp_path / "clean")
    assert os.listdir(tmp_path) == ["set"]
