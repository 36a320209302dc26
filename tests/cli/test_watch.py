"""Assessing what arrives in a folder, as a user does it."""

import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest

from tests.cli.command import COMMAND, run_packshot
from tests.conftest import ROOT, TIMEOUT_S

PHOTOS = ROOT / "examples" / "photos"


def read_lines(output):
    return [json.loads(line) for line in output.read_text().splitlines()] if output.exists() else []


def wait_for(output, count):
    end = time.monotonic() + TIMEOUT_S
    while not output.exists() or output.read_text().count("\n") < count:
        assert time.monotonic() < end
        time.sleep(0.2)


def listen_to_interrupts():
    """Have Ctrl-C, also where the tests run in the background, where a shell has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def watching(folder, output):
    """Watch while the context lasts; Ctrl-C then ends it in time, with the status of that."""
    arguments = ["assess", "--watch", str(folder), "-o", str(output), "--jobs", "1"]
    process = subprocess.Popen(
        [*COMMAND, *arguments], stderr=subprocess.PIPE, text=True, preexec_fn=listen_to_interrupts
    )
    try:
        assert f"watching {folder}" in process.stderr.readline()
        yield
        process.send_signal(signal.SIGINT)
        message = process.communicate(timeout=TIMEOUT_S)[1]
        assert process.returncode == 130
        assert len(message.splitlines()) == 1
        assert "interrupted" in message
    finally:
        process.kill()


def test_what_arrives_is_assessed_once_also_over_several_runs(tmp_path):
    folder, output = tmp_path / "in", tmp_path / "scores.jsonl"
    folder.mkdir()
    shutil.copy(PHOTOS / "mug.jpg", folder)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 no photo")
    with watching(folder, output):
        wait_for(output, 2)
        whole = (PHOTOS / "clay-bowl.jpg").read_bytes()
        (folder / "bowl.jpg.part").write_bytes(whole)
        os.rename(folder / "bowl.jpg.part", folder / "bowl.jpg")
        wait_for(output, 3)
    with output.open("a") as file:
        file.write('{"path":"half a li')
    (folder / "later.jpg").write_bytes(whole)
    with watching(folder, output):
        wait_for(output, 4)
        time.sleep(2.5)
    lines = read_lines(output)
    assert [os.path.basename(line["path"]) for line in lines[:2]] == ["broken.jpg", "mug.jpg"]
    assert [os.path.basename(line["path"]) for line in lines[2:]] == ["bowl.jpg", "later.jpg"]
    assert [line["status"] for line in lines] == ["unreadable", "ok", "ok", "ok"]
    (alone,) = map(
        json.loads, run_packshot("assess", PHOTOS / "mug.jpg", "-f", "jsonl").stdout.splitlines()
    )
    assert lines[1]["score"] == alone["score"]


def test_a_second_watcher_of_the_same_output_is_refused_and_loses_nothing(tmp_path):
    folder, output, link = tmp_path / "in", tmp_path / "scores.jsonl", tmp_path / "link.jsonl"
    folder.mkdir()
    link.symlink_to(output)
    shutil.copy(PHOTOS / "mug.jpg", folder)
    with watching(folder, output):
        wait_for(output, 1)
        with output.open("a") as file:
            file.write('{"path":"half a li')
        for name in (output, link):
            result = run_packshot("assess", "--watch", folder, "-o", name, check=2)
            assert f"{name}: another packshot --watch is writing to it" in result.stderr
        assert output.read_text().endswith("half a li")
        with watching(folder, tmp_path / "other.jsonl"):
            wait_for(tmp_path / "other.jsonl", 1)


def test_a_killed_watcher_leaves_no_lock(tmp_path):
    folder, output = tmp_path / "in", tmp_path / "scores.jsonl"
    folder.mkdir()
    shutil.copy(PHOTOS / "mug.jpg", folder)
    arguments = ["assess", "--watch", str(folder), "-o", str(output), "--jobs", "1"]
    process = subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.DEVNULL)
    try:
        wait_for(output, 1)
    finally:
        process.kill()
        process.wait(TIMEOUT_S)
    shutil.copy(PHOTOS / "clay-bowl.jpg", folder)
    with watching(folder, output):
        wait_for(output, 2)
    names = [os.path.basename(line["path"]) for line in read_lines(output)]
    assert names == ["mug.jpg", "clay-bowl.jpg"]
    assert sorted(os.listdir(tmp_path)) == ["in", "scores.jsonl"]


def test_no_output_is_made_where_there_is_no_folder(tmp_path):
    run_packshot("assess", "--watch", "gone", "-o", "new/scores.jsonl", cwd=tmp_path, check=2)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--watch", "gone"), "gone: no such folder"),
        (("--watch", ".", "mug.jpg"), "name no other PATHS"),
        (("--watch", ".", "-o", "a.csv"), "add -o scores.jsonl"),
        (("--watch", ".", "-o", "other.jsonl"), "other.jsonl, line 1: is not what --watch writes"),
        ((), "name photos, folders or feeds as PATHS"),
    ],
)
def test_mistakes_are_told_at_once(tmp_path, arguments, message):
    (tmp_path / "other.jsonl").write_text('{"a": 1}\n')
    result = run_packshot("assess", *arguments, cwd=tmp_path, check=2)
    assert message in result.stderr
    assert (tmp_path / "other.jsonl").read_text() == '{"a": 1}\n'
