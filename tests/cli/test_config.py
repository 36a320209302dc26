"""Options from `packshot.toml`."""

import json

import pytest

from packshot.cli.configuration import SHARED_OPTIONS, TRUSTED_OPTIONS, TYPED_OPTIONS
from tests.cli.command import run_packshot
from tests.cli.test_help import ALL_COMMANDS, read_help
from tests.conftest import ROOT

MUG = ROOT / "examples" / "photos" / "mug.jpg"


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    (tmp_path / "shop" / "new").mkdir(parents=True)
    return tmp_path / "shop"


def write(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "packshot.toml").write_text(text, encoding="utf-8")


def test_the_nearest_file_above_holds_and_what_is_typed_wins(shop):
    write(shop, 'language = "zh"\n[emotion]\nformat = "jsonl"\n')
    write(shop.parent / "home" / "packshot", '[emotion]\nformat = "csv"\n')
    result = run_packshot("emotion", MUG, cwd=shop / "new", check=0)
    assert json.loads(result.stdout)["status"] == "ok"
    typed = run_packshot("emotion", MUG, "-f", "csv", cwd=shop / "new", check=0)
    assert typed.stdout.startswith("path,")
    assert "照片" in run_packshot("emotion", MUG, "-f", "table", cwd=shop / "new", check=0).stdout


def test_the_users_own_file_holds_where_there_is_no_other(shop):
    write(shop.parent / "home" / "packshot", '[emotion]\nformat = "csv"\nlog-file = "a.log"\n')
    assert run_packshot("emotion", MUG, cwd=shop, check=0).stdout.startswith("path,")
    assert (shop.parent / "home" / "packshot" / "a.log").exists()


def test_a_file_that_is_named_holds_and_its_paths_are_meant_from_it(shop, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    named = tmp_path / "elsewhere" / "mine.toml"
    named.write_text('[assess]\natlas = "gone.npz"\n')
    result = run_packshot("assess", MUG, "--config", named, cwd=shop, check=2)
    assert str(tmp_path / "elsewhere" / "gone.npz") in result.stderr
    assert "no.toml" in run_packshot("emotion", MUG, "--config", "no.toml", cwd=shop, check=2).stderr


def test_a_threshold_of_the_file_counts(shop):
    write(shop, "[assess]\nfail-under = 100\n")
    run_packshot("assess", MUG, cwd=shop, check=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[emotion]\nlanguag = 'zh'", "[emotion] no option languag; did you mean language?"),
        ("[emotoin]\nlanguage = 'zh'", "no command emotoin; did you mean emotion?"),
        ("fail-under = 60", "above all sections, no option fail-under"),
        ("emotion = 3", "above all sections, no option emotion"),
        ("[emotion]\noutput = 'a.csv'", "output: is for the command line"),
        ("allow-private = true", "allow-private: only in your own packshot.toml"),
        ("[emotion]\nquiet = 'yes'", "quiet = 'yes': true or false is needed"),
        ("[emotion]\nworkers = true", "workers = True: a value is needed"),
        ("[emotion]\nworkers = 0", "workers: "),
        ("[emotion]\nformat = ['csv', 'html']", "format: one value is needed"),
        ("[emotion]\nformat = 'docx'", "format: 'docx' is not one of 'table'"),
        ("[emotion", "packshot.toml: is not TOML"),
    ],
)
def test_mistakes_are_named_with_the_file(shop, text, message):
    write(shop, text)
    for arguments in (("emotion", MUG), ("config",)):
        result = run_packshot(*arguments, cwd=shop, check=2)
        assert message in result.stderr
        assert str(shop / "packshot.toml") in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_the_file_can_be_shown(shop):
    assert "no packshot.toml" in run_packshot("config", cwd=shop, check=0).stdout
    write(shop, "jobs = 2\n[screen]\npolicy = ['amazon-main', 'b']\n[search.query]\nk = 3\n")
    assert run_packshot("config", cwd=shop, check=0).stdout.splitlines() == [
        f"options of {shop / 'packshot.toml'}",
        "  every command: --jobs 2",
        "  screen: --policy amazon-main --policy b",
        "  search query: -k 3",
    ]


def test_other_sections_do_not_disturb_a_command_but_are_checked_when_shown(shop):
    write(shop, "[screen]\npolicies = 'a'\n")
    run_packshot("version", cwd=shop, check=0)
    assert "did you mean policy?" in run_packshot("config", cwd=shop, check=2).stderr


def test_every_option_that_is_named_here_is_one():
    text = "".join(map(read_help, ALL_COMMANDS))
    for name in SHARED_OPTIONS | TYPED_OPTIONS | TRUSTED_OPTIONS:
        assert f"--{name}" in text, name
