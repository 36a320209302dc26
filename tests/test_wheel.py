"""A user's way: the wheel in an empty environment, far from any checkout."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from packshot import Assessor
from tests.conftest import ROOT
from tests.test_distribution import PROJECT

pytestmark = pytest.mark.slow

PHOTO = ROOT / "examples" / "photos" / "mug.jpg"
# What would lead an installed package back to the checkout, or its installation elsewhere.
MISLEADING_VARIABLES = (
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "PIP_TARGET",
    "PIP_PREFIX",
    "MAKEFLAGS",
)
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in MISLEADING_VARIABLES}


def run(*command, cwd, status=0):
    result = subprocess.run(
        list(map(str, command)), cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert result.returncode == status, result.stderr
    return result


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    run("make", "wheel", f"VENV={sys.prefix}", f"DIST={folder}", cwd=ROOT)
    (wheel_path,) = folder.iterdir()
    assert wheel_path.name == f"packshot-{PROJECT['version']}-py3-none-any.whl"
    return wheel_path


@pytest.fixture(scope="module")
def command_folder(wheel, tmp_path_factory):
    """The folder of the commands of an environment that holds the wheel and what it needs."""
    environment = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", environment, cwd=environment)
    commands = environment / ("Scripts" if os.name == "nt" else "bin")
    pins = ROOT / "constraints" / "today.txt"
    run(commands / "python", "-m", "pip", "install", "--quiet", "-c", pins, wheel, cwd=environment)
    return commands


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    members = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    files = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert {name for name in files if "__pycache__" not in name} == {
        name for name in members if ".dist-info/" not in name
    }
    assert {Path(name).name for name in members} >= {"LICENSE", "NOTICE", "METADATA"}


def test_a_photo_gets_the_score_that_it_has_here(command_folder, tmp_path):
    result = run(command_folder / "packshot", "assess", PHOTO, "--format", "jsonl", cwd=tmp_path)
    score = json.loads(result.stdout)["score"]
    assert score == pytest.approx(Assessor().assess(PHOTO).score, abs=0.5)


def test_the_code_is_the_wheels(command_folder, tmp_path):
    code = "import packshot; print(packshot.__version__, packshot.__file__)"
    version, place = run(command_folder / "python", "-c", code, cwd=tmp_path).stdout.split()
    assert version == PROJECT["version"]
    assert Path(place).is_relative_to(command_folder.parent)
    assert run(command_folder / "packshot", "--version", cwd=tmp_path).stdout == f"{version}\n"


def test_the_report_finds_its_templates_and_pictures(command_folder, tmp_path):
    run(command_folder / "packshot", "assess", PHOTO, "-o", "report.html", cwd=tmp_path)
    assert "<article" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["enhancement", "everything", "emotion"])
def test_training_says_in_a_line_what_it_needs(command_folder, tmp_path, command):
    files = {"work": "a", "products": "b", "checkpoint": "c", "ratings": "d", "photos": "e"}
    taught = ("teacher", "product-ratings", "pleasantness", "pleasant-photos", "fonts", "weights")
    options_by_command = {
        "enhancement": ("work", "products"),
        "everything": (*files, *taught),
        "emotion": ("work", "checkpoint", "ratings", "photos"),
    }
    more = {"emotion": ["--output", "o.onnx"]}
    names = options_by_command[command]
    options = [part for name in names for part in (f"--{name}", files.get(name, name))]
    arguments = (command_folder / "packshot", "train", command, *options, *more.get(command, []))
    (line,) = run(*arguments, cwd=tmp_path, status=2).stderr.splitlines()
    needed = PROJECT["optional-dependencies"]["train"]
    assert all(f"{one}" in line for one in needed), line


def test_a_missing_extra_is_named_by_what_can_be_installed(command_folder, tmp_path):
    (tmp_path / "feed.parquet").write_bytes(b"PAR1")
    arguments = ("audit", "feed.parquet", "-o", "audit")
    result = run(command_folder / "packshot", *arguments, cwd=tmp_path, status=2)
    (needed,) = PROJECT["optional-dependencies"]["parquet"]
    assert f"pip install '{needed}'" in result.stderr
