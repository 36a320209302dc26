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
MISLEADING = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "MAKEFLAGS")
SURROUNDINGS = {name: value for name, value in os.environ.items() if name not in MISLEADING}


def run(*command, cwd, status=0):
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=SURROUNDINGS, capture_output=True, text=True
    )
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    run("make", "wheel", f"VENV={sys.prefix}", f"DIST={folder}", cwd=ROOT)
    (made,) = folder.iterdir()
    assert made.name == f"packshot-{PROJECT['version']}-py3-none-any.whl"
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of the commands of an environment that holds the wheel and what it needs."""
    environment = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", environment, cwd=environment)
    commands = environment / ("Scripts" if os.name == "nt" else "bin")
    pins = ROOT / "constraints" / "today.txt"
    run(commands / "python", "-m", "pip", "install", "--quiet", "-c", pins, wheel, cwd=environment)
    return commands


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    files = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert {name for name in files if "__pycache__" not in name} == {
        name for name in held if ".dist-info/" not in name
    }
    assert {Path(name).name for name in held} >= {"LICENSE", "NOTICE", "METADATA"}


def test_a_photo_gets_the_score_that_it_has_here(installed, tmp_path):
    done = run(installed / "packshot", "assess", PHOTO, "--format", "jsonl", cwd=tmp_path)
    score = json.loads(done.stdout)["score"]
    assert score == pytest.approx(Assessor().assess(PHOTO).score, abs=0.5)


def test_the_code_is_the_wheels(installed, tmp_path):
    asked = "import packshot; print(packshot.__version__, packshot.__file__)"
    version, place = run(installed / "python", "-c", asked, cwd=tmp_path).stdout.split()
    assert version == PROJECT["version"]
    assert Path(place).is_relative_to(installed.parent)
    assert run(installed / "packshot", "--version", cwd=tmp_path).stdout == f"{version}\n"


def test_the_report_finds_its_templates_and_pictures(installed, tmp_path):
    run(installed / "packshot", "assess", PHOTO, "-o", "report.html", cwd=tmp_path)
    assert "<article" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["enhancement", "everything", "emotion"])
def test_training_says_in_a_line_what_it_needs(installed, tmp_path, command):
    files = {"work": "a", "products": "b", "checkpoint": "c", "ratings": "d", "photos": "e"}
    takes = {
        "enhancement": ("work", "products"),
        "everything": tuple(files),
        "emotion": ("work", "checkpoint", "ratings", "photos"),
    }
    more = {"everything": ["--weights", "w"], "emotion": ["--output", "o.onnx"]}
    options = [part for name in takes[command] for part in (f"--{name}", files[name])]
    asked = (installed / "packshot", "train", command, *options, *more.get(command, []))
    (line,) = run(*asked, cwd=tmp_path, status=2).stderr.splitlines()
    needed = PROJECT["optional-dependencies"]["train"]
    assert all(f"{one}" in line for one in needed), line


def test_a_missing_extra_is_named_by_what_can_be_installed(installed, tmp_path):
    (tmp_path / "feed.parquet").write_bytes(b"PAR1")
    asked = ("audit", "feed.parquet", "-o", "audit")
    done = run(installed / "packshot", *asked, cwd=tmp_path, status=2)
    (needed,) = PROJECT["optional-dependencies"]["parquet"]
    assert f"pip install '{needed}'" in done.stderr
