"""What people type first: short options, other words, completion."""

import os
import re
import subprocess

import pytest

from tests.cli.command import COMMAND, run_packshot
from tests.cli.test_help import ALL_COMMANDS, read_help
from tests.conftest import ROOT, TIMEOUT_S

MUG = ROOT / "examples" / "photos" / "mug.jpg"


def test_short_words_for_version_and_help():
    assert run_packshot("-V", check=0).stdout == run_packshot("version", check=0).stdout
    for command in ((), ("assess",), ("search", "query")):
        assert (
            run_packshot(*command, "-h", check=0).stdout
            == run_packshot(*command, "--help", check=0).stdout
        )


@pytest.mark.parametrize("option", [("--jobs", "1"), ("-j1",), ("--workers", "1")])
def test_words_for_the_number_of_processes(option):
    assert run_packshot("emotion", MUG, "-f", "csv", *option, check=0).stdout.startswith("path,")


def complete(shell, **variables):
    environment = {**os.environ, "_PACKSHOT_COMPLETE": shell, **variables}
    result = subprocess.run(
        COMMAND, capture_output=True, text=True, env=environment, timeout=TIMEOUT_S, check=True
    )
    return result.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_of_completion_for_the_shells(shell):
    assert f"_PACKSHOT_COMPLETE=complete_{shell}" in complete(f"source_{shell}")


def test_commands_options_and_choices_are_completed():
    def complete_bash(words):
        return complete("complete_bash", COMP_WORDS=words, COMP_CWORD=str(words.count(" "))).split()

    assert complete_bash("packshot as") == ["assess"]
    assert complete_bash("packshot search q") == ["query"]
    assert "--fail-under" in complete_bash("packshot assess --fail")
    assert complete_bash("packshot assess --device c") == ["cpu", "cuda"]


def test_completion_is_offered_where_it_works():
    offered = [path for path in ALL_COMMANDS if "--install-completion" in read_help(path)]
    assert offered == [()]


def test_one_is_not_several(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "mug.jpg").write_bytes(MUG.read_bytes())
    for arguments in (
        ("duplicates", folder),
        ("rank", folder, "--by-folder"),
        ("clean", folder),
        ("audit", folder, "-o", tmp_path / "audit", "--no-cache"),
        ("search", "index", folder, "--index", tmp_path / "index"),
        ("search", "info", "--index", tmp_path / "index"),
    ):
        text = run_packshot(*arguments, check=0)
        told = f"{text.stderr}{text.stdout}"
        assert not re.search(r"(?<![.\d])1 (inputs|photos|groups|products|proposals|items|rows)\b", told)
