"""What every command says of itself."""

import re

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from packshot.cli.application import application
from packshot.cli.exits import Exit
from tests.cli.running import packshot

WIDTH = 80
NAMES_A_FILE = re.compile(
    r"\b(FILE|FILES|FOLDER|DIR|PLACE|FEED|POLICY|PATHS|paths|RATINGS|ATLAS|PHOTO)\b"
)
DASH = re.compile(r"(?<![\w-])-(?![\w-])")
WITHOUT_FILES = {"schema", "version", "policies", "atlas", "search", "train"}


def commands(command, *path):
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *path, name)


EVERY = list(commands(get_command(application)))
OURS = [path for path in EVERY if path[:1] != ("train",)]


def help_of(path):
    done = CliRunner().invoke(application, [*path, "--help"], env={"COLUMNS": str(WIDTH)})
    assert done.exit_code == Exit.DONE
    return done.stdout


def named(path):
    return " ".join(path) or "packshot"


@pytest.mark.parametrize("path", EVERY, ids=named)
def test_help_has_examples_and_exit_statuses_and_fits(path):
    told = help_of(path)
    assert "\n  Examples" in told
    assert f"\n    packshot {' '.join(path)}".rstrip() in told
    assert "Exit status: 0" in told
    assert [line for line in told.splitlines() if len(line) > WIDTH] == []


@pytest.mark.parametrize("path", OURS, ids=named)
def test_help_says_what_dash_is_where_files_are_named(path):
    told = help_of(path)
    arguments = told.split("\nArguments:")[-1] if "\nArguments:" in told else told
    options = arguments.replace("--log-file FILE", "").replace("--atlas FILE", "")
    takes_files = NAMES_A_FILE.search(options) and " ".join(path) not in WITHOUT_FILES
    assert not takes_files or DASH.search(told)


@pytest.mark.parametrize("path", [("assess",), ("screen",), ("emotion",), ("enhance",), ("optimize",)])
def test_help_of_what_reads_photos_says_that_dash_is_standard_input(path):
    assert "- for a photo on standard input" in " ".join(help_of(path).split())


@pytest.mark.parametrize("path", [("assess",), ("screen",), ("emotion",), ("rank",), ("clean",)])
def test_help_of_what_writes_text_says_that_dash_is_standard_output(path):
    assert "- is standard output" in " ".join(help_of(path).split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["asses", "x.jpg"], "Did you mean 'assess'"),
        (["atlas", "inof"], "Did you mean 'info'"),
        (["assess", "x.jpg", "--fromat", "csv"], "--format"),
        (["help"], "Try 'packshot --help'"),
        (["schema", "nonsense"], "there are assessment"),
    ],
)
def test_mistakes_are_told_on_standard_error_with_what_was_meant(arguments, told):
    done = CliRunner().invoke(application, arguments, prog_name="packshot")
    assert done.exit_code == Exit.USAGE
    assert done.stdout == ""
    assert told in done.stderr


@pytest.mark.parametrize("path", [(), ("atlas",), ("search",)], ids=named)
def test_a_group_alone_shows_its_help(path):
    done = CliRunner().invoke(application, path)
    assert done.exit_code == Exit.USAGE
    assert "Commands:" in done.output


def test_policies_alone_lists_them():
    assert "google-merchant" in packshot("policies", check=0).stdout
