"""What every command says of itself."""

import re

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from packshot.cli.application import application
from packshot.cli.commands import LazyCommand
from packshot.cli.exits import ExitStatus
from tests.cli.command import run_packshot

WIDTH = 80
FILE_METAVAR = re.compile(
    r"\b(FILE|FILES|FOLDER|DIR|PLACE|FEED|POLICY|PATHS|paths|RATINGS|ATLAS|PHOTO)\b"
)
DASH = re.compile(r"(?<![\w-])-(?![\w-])")
WITHOUT_FILES = {"schema", "version", "policies", "atlas", "search", "train"}


def iter_command_paths(command, *path):
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from iter_command_paths(inner, *path, name)


ALL_COMMANDS = list(iter_command_paths(get_command(application)))
USER_COMMANDS = [path for path in ALL_COMMANDS if path[:1] != ("train",)]


def read_help(path):
    result = CliRunner().invoke(application, [*path, "--help"], env={"COLUMNS": str(WIDTH)})
    assert result.exit_code == ExitStatus.DONE
    return result.stdout


def format_command(path):
    return " ".join(path) or "packshot"


@pytest.mark.parametrize("path", ALL_COMMANDS, ids=format_command)
def test_help_has_examples_and_exit_statuses_and_fits(path):
    help_text = read_help(path)
    assert "\n  Examples" in help_text
    assert f"\n    packshot {' '.join(path)}".rstrip() in help_text
    assert "Exit status: 0" in help_text
    assert [line for line in help_text.splitlines() if len(line) > WIDTH] == []


@pytest.mark.parametrize("path", USER_COMMANDS, ids=format_command)
def test_help_says_what_dash_is_where_files_are_named(path):
    help_text = read_help(path)
    arguments = help_text.split("\nArguments:")[-1] if "\nArguments:" in help_text else help_text
    options = (
        arguments.replace("--log-file FILE", "").replace("--config FILE", "").replace("--atlas FILE", "")
    )
    takes_files = FILE_METAVAR.search(options) and " ".join(path) not in WITHOUT_FILES
    assert not takes_files or DASH.search(help_text)


@pytest.mark.parametrize("path", [("assess",), ("screen",), ("emotion",), ("enhance",), ("optimize",)])
def test_help_of_what_reads_photos_says_that_dash_is_standard_input(path):
    assert "- for a photo on standard input" in " ".join(read_help(path).split())


@pytest.mark.parametrize("path", [("assess",), ("screen",), ("emotion",), ("rank",), ("clean",)])
def test_help_of_what_writes_text_says_that_dash_is_standard_output(path):
    assert "- is standard output" in " ".join(read_help(path).split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["asses", "x.jpg"], "Did you mean 'assess'"),
        (["atlas", "inof"], "Did you mean 'info'"),
        (["assess", "x.jpg", "--fromat", "csv"], "--format"),
        (["help"], "Try 'packshot --help'"),
        (["schema", "nonsense"], "there are assessment"),
    ],
)
def test_mistakes_are_told_on_standard_error_with_what_was_meant(arguments, message):
    result = CliRunner().invoke(application, arguments, prog_name="packshot")
    assert result.exit_code == ExitStatus.USAGE
    assert result.stdout == ""
    assert message in result.stderr


@pytest.mark.parametrize("path", [(), ("atlas",), ("search",)], ids=format_command)
def test_a_group_alone_shows_its_help(path):
    result = CliRunner().invoke(application, path)
    assert result.exit_code == ExitStatus.USAGE
    assert "Commands:" in result.output


def iter_lazy_commands(command, *path):
    for name, lazy in command.commands.lazy.items():
        yield lazy, (*path, name)
        inner = command.commands[name]
        if hasattr(getattr(inner, "commands", None), "lazy"):
            yield from iter_lazy_commands(inner, *path, name)


@pytest.mark.parametrize(("lazy", "path"), list(iter_lazy_commands(get_command(application))), ids=str)
def test_the_list_says_of_each_command_what_fits_into_a_line(lazy, path):
    assert isinstance(lazy, LazyCommand)
    lines = read_help(path[:-1]).split("Commands:")[1].splitlines()
    assert f"{path[-1]} {lazy.short_help}" in [" ".join(line.split()) for line in lines]


def test_policies_alone_lists_them():
    assert "google-merchant" in run_packshot("policies", check=0).stdout
