"""Every command of the README and of the page on policies, typed as a newcomer would."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import cv2
import pytest

from tests.cli.command import COMMAND
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
POLICIES = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
PHOTOS = ROOT / "examples" / "photos"
NAMES = ("mug.jpg", "speaker.jpg", "clay-bowl.jpg", "table-lamp.jpg")
FOLDERS = ("your-folder", "new-photos", "photos", "sellers/anna", "sellers/ben", "training-set/mug")
FAIL_OPTIONS = ("--fail-under", "--fail-on")
"""With these a command may end with status 1: a photo does not reach the bar."""


def find_blocks(language, page):
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def find_commands(page):
    lines = [line for block in find_blocks("sh", page) for line in block.splitlines()]
    stripped = [re.split(r"\s+#", line)[0].removeprefix(".venv/bin/") for line in lines]
    return [line for line in stripped if line.startswith("packshot")]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """The files that the README speaks of."""
    root = tmp_path_factory.mktemp("desk")
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
        for name in NAMES:
            shutil.copy(PHOTOS / name, root / folder)
    for copy in ("mug.jpg", "photo.jpg", "upload.jpg"):
        shutil.copy(PHOTOS / "mug.jpg", root / copy)
    speaker = cv2.imread(str(PHOTOS / "speaker.jpg"))
    cv2.imwrite(
        str(root / "thumbnail.jpg"), cv2.resize(speaker, (400, 400), interpolation=cv2.INTER_AREA)
    )
    rows = "".join(f"{number},your-folder/{name},main\n" for number, name in enumerate(NAMES))
    (root / "feed.csv").write_text("sku,image,role\n" + rows)
    ratings = "".join(f"{name},{number + 1}\n" for number, name in enumerate(NAMES))
    (root / "ratings.csv").write_text("file,score\n" + ratings)
    (root / "our-shop.yaml").write_text(find_blocks("yaml", POLICIES)[0], encoding="utf-8")
    return root


@pytest.mark.slow
def test_every_command_of_the_readme_does_what_it_says(workspace):
    lines = [*find_commands(README), *find_commands(POLICIES)]
    assert len(lines) > 20
    for line in lines:
        words = shlex.split(line)
        result = subprocess.run([*COMMAND, *words[1:]], cwd=workspace, capture_output=True, text=True)
        allowed = (0, 1) if any(option in line for option in FAIL_OPTIONS) else (0,)
        assert result.returncode in allowed, f"{line}\n{result.stderr}"
        assert "Traceback" not in result.stderr, line
        for output in re.findall(r"(?:-o|--report|--to) (\S+)", line):
            assert (workspace / output).exists(), line


@pytest.mark.slow
def test_the_first_commands_print_what_the_readme_shows(tmp_path):
    (output,) = find_blocks("text", README)
    (tmp_path / "your-folder").mkdir()
    for name in sorted(set(re.findall(r"your-folder/(\S+)", output))):
        shutil.copy(PHOTOS / name, tmp_path / "your-folder")
    environment = {**os.environ, "COLUMNS": "250"}
    printed = ""
    for line in find_commands(README)[:3]:
        result = subprocess.run(
            [*COMMAND, *shlex.split(line)[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=environment,
        )
        printed += result.stdout + result.stderr
    for piece in re.split(r"\s{2,}| \.\.\.|\n", output):
        assert piece in printed


@pytest.mark.slow
def test_the_python_of_the_readme_runs(workspace):
    code = "\n".join(find_blocks("python", README))
    result = subprocess.run([sys.executable, "-c", code], cwd=workspace, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert float(result.stdout.split()[0]) > 0
