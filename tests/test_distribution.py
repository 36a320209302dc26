"""The version and the extras are said once, in pyproject.toml; and what messages name can be had."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest

import packshot
from packshot import distribution
from tests.cli.command import run_packshot as command
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {"heic", "parquet", "xlsx", "xml", "remote", "milvus", "cluster", "train"}
SOURCES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")}


def test_one_version():
    assert packshot.__version__ == distribution.read_version() == PROJECT["version"]
    for asked in ("--version", "version"):
        assert command(asked, check=0).stdout == f"{PROJECT['version']}\n"


def test_importing_the_package_asks_for_nothing():
    code = "import sys, packshot; print('importlib.metadata' in sys.modules, packshot.__version__)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", PROJECT["version"]]


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_what_an_extra_needs_is_what_the_project_says(extra):
    requirements = [re.sub(r"\s", "", line) for line in distribution.read_requirements(extra)]
    assert sorted(requirements) == sorted(PROJECT["optional-dependencies"][extra])


def test_the_command_is_quoted_for_a_shell():
    assert distribution.format_pip_command("gcsfs", "pyarrow>=18") == "pip install gcsfs 'pyarrow>=18'"


def test_an_unknown_extra_names_no_package():
    assert distribution.format_install_command("pictures").endswith("extra pictures: see pyproject.toml")


def test_code_that_was_never_installed_has_no_version_and_names_no_package(monkeypatch):
    def raise_missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", raise_missing)
    monkeypatch.setattr(metadata, "requires", raise_missing)
    assert distribution.read_version.__wrapped__() == "0"
    assert distribution.read_requirements.__wrapped__("parquet") == ()


def test_every_extra_that_a_message_names_is_one():
    asked = re.compile(r"(?:format_install_command\(|elements\(\w+, )['\"](\w+)")
    assert {name for text in SOURCES.values() for name in asked.findall(text)} == EXTRAS


def test_no_message_names_a_package_that_is_to_be_had_nowhere():
    where = re.compile(r"pip install [^\n]*packshot\b")
    assert [str(path) for path, text in SOURCES.items() if where.search(text)] == []
