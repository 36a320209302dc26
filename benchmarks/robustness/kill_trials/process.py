"""A command as a process of its own, and the blow that ends it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.robustness.kill_trials.commands import Command
from benchmarks.robustness.kill_trials.shop import write_shop

METHODS = ("SIGKILL", "SIGTERM", "SIGINT", "worker")
"""A signal to the command alone, or SIGKILL to one of its workers."""

_MARK = "PACKSHOT_KILL_TRIAL"
_RUN_TIMEOUT_S = 300.0
_EXIT_TIMEOUT_S = 60.0
_SETTLE_TIMEOUT_S = 3.0
_POLL_INTERVAL_S = 0.05


@dataclass(frozen=True)
class TrialFolders:
    """The folders of one trial.

    Attributes:
        root: That holds them.
        mark: That every process of the trial carries in its environment.
    """

    root: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def photos(self) -> Path:
        """The originals."""
        return self.root / "photos"

    @property
    def out(self) -> Path:
        """Return what the command writes."""
        return self.root / "out"

    @property
    def temporary(self) -> Path:
        """Return what stands for the system's folder of temporary files."""
        return self.root / "temporary"

    @property
    def cache(self) -> Path:
        """Return what stands for the user's cache."""
        return self.root / "cache"

    def prepare(self) -> TrialFolders:
        """Make the folders, and the photos."""
        for folder in (self.out, self.temporary, self.cache):
            folder.mkdir(parents=True)
        write_shop(self.photos)
        return self

    def make_environment(self) -> dict[str, str]:
        """Of the processes."""
        own = {"TMPDIR": str(self.temporary), "XDG_CACHE_HOME": str(self.cache), _MARK: self.mark}
        return {**os.environ, **own}


@dataclass
class KillResult:
    """The end of a command that was killed.

    Attributes:
        exit_status: As a shell tells it; None where it never ended.
        elapsed: From the blow to its end, or, without one, that it ran.
        finished: It was done before the blow.
        errors: Standard error.
        orphans: Its processes that are left.
    """

    exit_status: int | None = None
    elapsed: float = 0.0
    finished: bool = False
    errors: str = ""
    orphans: list[psutil.Process] = field(default_factory=list)


def run_to_end(command: Command, folders: TrialFolders) -> KillResult:
    """Run a command to its end."""
    started = time.perf_counter()
    process, log = _start(command, folders)
    _wait(process, _RUN_TIMEOUT_S)
    return KillResult(
        _compute_exit_status(process),
        time.perf_counter() - started,
        True,
        log.read_text(errors="replace"),
    )


def run_and_kill(
    command: Command, folders: TrialFolders, method: str, delay_s: float, generator: random.Random
) -> KillResult:
    """Run a command and strike it down, or one of its workers.

    Args:
        command: What to run.
        folders: Where; prepared.
        method: One of `METHODS`.
        delay_s: Seconds after which; a worker's blow waits until there is one.
        generator: Draws the worker.
    """
    process, log = _start(command, folders)
    result = KillResult()
    with suppress(subprocess.TimeoutExpired):
        process.wait(delay_s)
    descendants = _find_descendants(process)
    if method == "worker":
        result.finished = not _kill_worker(process, generator)
        killed_at = time.perf_counter()
        _wait(process, _RUN_TIMEOUT_S)
    else:
        result.finished = process.poll() is not None
        killed_at = time.perf_counter()
        process.send_signal(getattr(signal, method))
        _wait(process, _EXIT_TIMEOUT_S)
    result.elapsed = time.perf_counter() - killed_at
    result.exit_status = _compute_exit_status(process)
    result.errors = log.read_text(errors="replace")
    result.orphans = descendants
    return result


def wait_for_orphans(result: KillResult, folders: TrialFolders) -> None:
    """Give a command's other processes three seconds, and keep those that are left then."""
    deadline = time.perf_counter() + _SETTLE_TIMEOUT_S
    known = result.orphans
    while (remaining := _find_running(known, folders.mark)) and time.perf_counter() < deadline:
        time.sleep(_POLL_INTERVAL_S)
    result.orphans = remaining


def kill_orphans(result: KillResult) -> None:
    """End what is left."""
    for process in result.orphans:
        with suppress(psutil.Error):
            process.kill()


def _start(command: Command, folders: TrialFolders) -> tuple[subprocess.Popen[bytes], Path]:
    """The process, and the file of its standard error."""
    log = folders.root / f"errors-{time.time_ns()}.txt"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command.build_line(folders.photos, folders.out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=folders.make_environment(),
            preexec_fn=_restore_ctrl_c,
            start_new_session=True,
        )
    return process, log


def _restore_ctrl_c() -> None:
    """A process that a shell started in the background ignores it, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait(process: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Wait for the end; after so many seconds, bring it about."""
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        process.returncode = None  # type: ignore[assignment]


def _compute_exit_status(process: subprocess.Popen[bytes]) -> int | None:
    code: int | None = process.returncode
    return 128 - code if code is not None and code < 0 else code


def _kill_worker(process: subprocess.Popen[bytes], generator: random.Random) -> bool:
    """Kill one worker as soon as there is one; whether there was."""
    while process.poll() is None:
        workers = [child for child in _find_descendants(process) if _is_worker(child)]
        if workers:
            with suppress(psutil.NoSuchProcess):
                generator.choice(workers).kill()
                return True
        time.sleep(_POLL_INTERVAL_S)
    return False


def _is_worker(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        line = " ".join(process.cmdline())
        return "spawn_main" in line or "forkserver" in line
    return False


def _find_descendants(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def _find_running(known: list[psutil.Process], mark: str) -> list[psutil.Process]:
    """Processes that run, of those known, and any others that carry the mark."""
    found = {process.pid: process for process in known if _is_running(process)}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if (
                process.pid not in found
                and process.environ().get(_MARK) == mark
                and _is_running(process)
            ):
                found[process.pid] = process
    return list(found.values())


def _is_running(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
