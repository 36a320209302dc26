"""Ctrl-C, being asked to end, and being killed, at any moment of any command."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import cv2
import psutil
import pytest

from packshot.cli.interrupts import SHUTDOWN_TIMEOUT_S
from tests.cli.command import COMMAND
from tests.conftest import make_picture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

TIMEOUT_S = 60
"""Seconds that a busy machine may take to notice; the command's own limit is `SHUTDOWN_TIMEOUT_S`."""


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for number in range(150):
        cv2.imwrite(str(folder / f"{number:03}.jpg"), make_picture(96, 128, seed=number)[..., ::-1])
    return folder


def restore_ctrl_c():
    """A shell that starts tests in the background has them, and all they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def start_command(*arguments, **settings):
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=restore_ctrl_c,
        **settings,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def list_children(process):
    """The processes that a command has started."""
    return psutil.Process(process.pid).children(recursive=True)


def wait_until_true(condition):
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def find_workers(process):
    """The processes of a command that work, once there are some."""
    workers = []

    def has_workers():
        if process.poll() is not None:
            return True
        workers[:] = [
            child for child in list_children(process) if "spawn_main" in " ".join(child.cmdline())
        ]
        return bool(workers)

    wait_until_true(has_workers)
    return workers


def assert_exit_status(process, status):
    _, error_output = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == status, error_output
    assert error_output.count("\n") == 1, error_output
    assert "interrupted" in error_output


@pytest.mark.parametrize("delay", [0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.2, 1.6, 2.2])
def test_ctrl_c_at_any_moment_is_one_line(photos, delay):
    with start_command("assess", photos, "-f", "jsonl") as process:
        wait_until_true(lambda: is_handling_signals(process))
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        assert_exit_status(process, 130)


def is_handling_signals(process):
    """Return whether the interpreter has come to our first line: until then Ctrl-C is its own."""
    with open(f"/proc/{process.pid}/status") as status:
        caught_signals = next(line for line in status if line.startswith("SigCgt")).split()[1]
    return bool(int(caught_signals, 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize(
    "command",
    [
        ["emotion", "PHOTOS"],
        ["screen", "PHOTOS", "--policy", "amazon-main"],
        ["rank", "PHOTOS"],
        ["clean", "PHOTOS", "--store", "TMP/store"],
        ["duplicates", "PHOTOS", "--store", "TMP/store"],
        ["enhance", "PHOTOS", "-o", "TMP/better"],
        ["audit", "PHOTOS", "-o", "TMP/audit", "--no-cache"],
        ["search", "index", "PHOTOS", "--index", "TMP/index"],
    ],
    ids=lambda command: command[0],
)
def test_asked_to_end_every_command_ends_with_all_its_processes(photos, tmp_path, command):
    arguments = [part.replace("PHOTOS", str(photos)).replace("TMP", str(tmp_path)) for part in command]
    with start_command(*arguments, env={**os.environ, "TMPDIR": str(tmp_path)}) as process:
        workers = find_workers(process)
        assert workers
        process.send_signal(signal.SIGTERM)
        assert_exit_status(process, 143)
        wait_until_true(lambda: not any(worker.is_running() for worker in workers))
    remaining = {path.name for path in tmp_path.rglob("*") if path.name.startswith((".", "packshot-"))}
    assert not remaining


@pytest.fixture
def silent_server():
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connections = []
        threading.Thread(target=lambda: accept_all(server, connections), daemon=True).start()
        yield server.getsockname()[1]


def accept_all(server, connections):
    try:
        while True:
            connections.append(server.accept())
    except OSError:
        return


@pytest.mark.parametrize("command", ["rank", "clean", "audit"])
def test_a_server_that_never_answers_does_not_hold_it_up(silent_server, tmp_path, command):
    rows = "".join(f"{n},http://127.0.0.1:{silent_server}/{n}.jpg\n" for n in range(40))
    (tmp_path / "feed.csv").write_text(f"sku,image\n{rows}")
    options = ["--allow-private", "--port", silent_server]
    if command == "audit":
        options += ["-o", tmp_path / "audit", "--no-cache"]
    with start_command(command, tmp_path / "feed.csv", *options) as process:
        wait_until_true(lambda: len(psutil.Process(process.pid).net_connections()) > 8)
        process.send_signal(signal.SIGINT)
        before = time.monotonic()
        assert_exit_status(process, 130)
        assert time.monotonic() - before < SHUTDOWN_TIMEOUT_S + TIMEOUT_S / 4


def test_killed_in_place_nothing_is_written_any_more(photos, tmp_path):
    folder = tmp_path / "photos"
    shutil.copytree(photos, folder)
    with start_command("enhance", folder, "--in-place", "--quiet") as process:
        workers = find_workers(process)
        wait_until_true(
            lambda: any(path.stat().st_mtime > time.time() - 60 for path in folder.iterdir())
        )
        process.kill()
        process.wait()
        wait_until_true(lambda: not any(worker.is_running() for worker in workers))
    contents_before = {path: path.read_bytes() for path in folder.iterdir()}
    time.sleep(0.5)
    assert {path: path.read_bytes() for path in folder.iterdir()} == contents_before
    assert all(cv2.imread(str(path)) is not None for path in folder.iterdir())


def test_a_killed_worker_costs_one_try(photos):
    with start_command("assess", photos, "--quiet", "--workers", "2") as process:
        for worker in find_workers(process):
            worker.kill()
        _, error_output = process.communicate(timeout=10 * TIMEOUT_S)
    assert process.returncode == 0, error_output
    assert not error_output
