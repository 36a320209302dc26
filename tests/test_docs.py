"""Every command and every piece of Python in the tutorials and how-tos, typed as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(
    path.relative_to(DOCS) for part in ("tutorials", "how-to") for path in (DOCS / part).glob("*.md")
)
BLOCK = re.compile(r'^ *```(\w+)(?: title="([^"]+)")?\n(.*?)^ *```', re.MULTILINE | re.DOTALL)
GATES = ("--fail-under", "--fail-on", "--policy")
"""With these a command may end with status 1: a photo does not reach what was asked."""
NEEDS_PYTORCH = {Path("how-to/train-a-network.md")}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


def run_program(command, folder, environment=None):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)


def run_in_shell(command, folder):
    """A line of a page, with the `packshot` of these tests."""
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": paths},
    )
    allowed = (0, 1) if any(gate in command for gate in GATES) else (0,)
    assert result.returncode in allowed, f"{command}\n{result.stderr}"
    assert "Traceback" not in result.stderr, command
    for output in re.findall(r"(?:-o|--report|--to) (\S+)", command):
        assert output == "-" or (folder / output).exists(), command


def find_commands(block):
    lines = block.replace("\\\n", " ").splitlines()
    return [command for line in lines if (command := re.split(r"\s+#", line)[0].strip())]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_what_a_page_says_can_be_done(page, folder):
    for language, title, block in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        if title:
            (folder / title).parent.mkdir(parents=True, exist_ok=True)
            (folder / title).write_text(block, encoding="utf-8")
        elif language == "sh":
            for command in find_commands(block):
                run_in_shell(command, folder)
        elif language == "python" and page not in NEEDS_PYTORCH:
            result = subprocess.run(
                [sys.executable, "-c", block], cwd=folder, capture_output=True, text=True
            )
            assert result.returncode == 0, f"{block}\n{result.stderr}"


def test_there_are_pages_with_commands():
    pages = [(DOCS / page).read_text(encoding="utf-8") for page in PAGES]
    assert sum(page.count("```sh\n") for page in pages) > 20
