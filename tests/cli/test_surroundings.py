"""Environments in which commands are run: homes, folders, locales, settings of the interpreter."""

import os
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from packshot.cli.exits import ExitStatus
from packshot.user_cache import find_user_cache
from tests.cli.command import COMMAND

SRC = Path(__file__).parents[2] / "src"


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.png"), noise + np.uint8(number))
    return folder


def run_command(
    *arguments, command=COMMAND, removed_variables=(), cwd=None, set_limits=None, **environment
):
    variables = {name: value for name, value in os.environ.items() if name not in removed_variables}
    return subprocess.run(
        [*command, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**variables, **environment},
        preexec_fn=set_limits,
        timeout=110,
    )


@pytest.fixture
def no_home(monkeypatch):
    """A user whom the list of users does not know either."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    return monkeypatch


def test_the_cache_lies_where_the_user_has_it(no_home, tmp_path):
    no_home.setenv("HOME", str(tmp_path))
    assert find_user_cache() == tmp_path / ".cache" / "packshot"
    no_home.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert find_user_cache() == tmp_path / "elsewhere" / "packshot"


@pytest.mark.parametrize("home", ["", "relative", "./x"])
def test_a_home_that_depends_on_where_one_stands_is_none(no_home, home):
    no_home.setenv("HOME", home)
    no_home.setenv("XDG_CACHE_HOME", home)
    assert find_user_cache() is None


def test_a_user_without_a_home_has_no_cache(no_home):
    def fail_to_find_home():
        raise RuntimeError("Could not determine home directory.")

    no_home.setattr(Path, "home", fail_to_find_home)
    assert find_user_cache() is None


def test_what_must_remember_says_which_option_names_a_place(photos, tmp_path):
    result = run_command("duplicates", photos, cwd=tmp_path, HOME="", XDG_CACHE_HOME="")
    assert result.returncode == ExitStatus.USAGE
    assert result.stderr.count("\n") == 1
    assert "--store" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_need_not_remember_goes_on_and_says_so(photos, tmp_path):
    result = run_command(
        "audit", photos, "-o", tmp_path / "audit", cwd=tmp_path, HOME="", XDG_CACHE_HOME=""
    )
    assert result.returncode == ExitStatus.DONE
    assert "--cache" in result.stderr
    assert "3 inputs: 3 ok" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["audit"]


def test_a_folder_that_is_gone_is_told(photos, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    line = f"cd {gone} && rmdir {gone} && {' '.join(COMMAND)} assess {photos}"
    result = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=110)
    assert result.returncode == ExitStatus.USAGE
    assert result.stderr == "packshot: the current folder no longer exists: change to another one\n"


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONOPTIMIZE": "2", "PYTHONWARNINGS": "error", "OMP_NUM_THREADS": "0"},
        {"TMPDIR": "/nonexistent", "TZ": "Nowhere/Nothing", "OMP_NUM_THREADS": "x"},
        {"LC_ALL": "de_DE.UTF-8", "LANG": "nonsense", "PYTHONUNBUFFERED": "1"},
    ],
)
def test_odd_settings_change_nothing(photos, environment):
    plain = run_command("screen", photos, "-p", "amazon-main", "-f", "csv")
    odd = run_command("screen", photos, "-p", "amazon-main", "-f", "csv", **environment)
    assert (odd.returncode, odd.stdout, odd.stderr) == (0, plain.stdout, plain.stderr)


def test_few_open_files_are_enough(photos, tmp_path):
    limit_files = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (64, 64))
    result = run_command(
        "audit", photos, "-o", tmp_path / "x", "--no-cache", "--workers", 2, set_limits=limit_files
    )
    assert (result.returncode, "3 ok" in result.stderr) == (ExitStatus.DONE, True)


def test_it_runs_as_a_module_too_without_docstrings():
    module = [sys.executable, "-OO", "-m", "packshot"]
    result = run_command("schema", "--help", command=module, PYTHONPATH=str(SRC))
    assert result.returncode == ExitStatus.DONE
    assert "Print the JSON schema" in result.stdout
