"""Standard streams that are closed, full, cut short, narrow, or of another encoding.

Each case is a process of its own, as the interpreter's own end is part of what is looked at.
"""

import csv
import io
import json
import os
import pty
import subprocess
import sys
from functools import partial

import cv2
import numpy as np
import pytest

from packshot.cli.exits import ExitStatus
from packshot.cli.streams import guard_standard_streams
from tests.cli.command import COMMAND

HOSTILE = "a\x1b[31mb\nc\r\a\u202ed\x9be[red]f.png"
SHOWN_NAME = r"a\x1b[31mb\nc\r\x07\u202ed\x9be[red]f.png"
FULL_DEVICE = "/dev/full"
FORBIDDEN_CHARACTERS = set("\x1b\a\r\x9b\u202e")


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A photo of 64 by 64 pixels with a name that no terminal of another encoding can show."""
    path = tmp_path_factory.mktemp("streams") / "杯ä.png"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path.write_bytes(cv2.imencode(".png", noise)[1])
    return path


@pytest.fixture(scope="module")
def index(photo):
    folder = photo.parent / "index"
    run_command("search", "index", photo, "--index", folder, check=0)
    return folder


WRITING_COMMANDS = {
    "emotion": "emotion {photo}",
    "enhance": "enhance {photo} -o {out}/better.png -f jsonl",
    "atlas": "atlas info",
    "atlas json": "atlas info --json",
    "policies": "policies",
    "show": "policies show amazon-main",
    "schema": "schema",
    "version": "version",
    "help": "--help",
    "help of a command": "search query --help",
}
SLOW_WRITING_COMMANDS = {
    "assess": "assess {photo} --explain",
    "assess html": "assess {photo} -f html",
    "screen": "screen {photo} -p amazon-main -f csv",
    "optimize": "optimize {photo} -o {out}/best.png --explain",
    "rank": "rank {photo}",
    "clean": "clean {photo} --store {out}/store",
    "duplicates": "duplicates {photo} --store {out}/store",
    "query": "search query {photo} --index {index}",
    "info": "search info --index {index}",
    "export": "search export --index {index} -o {out}/vectors.parquet",
}
"""A use of every command that writes something to standard output; the second are left to slow tests."""


def run_command(*arguments, check=None, environment=None, **settings):
    """Run the command with streams as given; text is decoded by hand."""
    result = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | settings,
        env={**build_environment(), **(environment or {})},
        timeout=110,
    )
    if check is not None:
        assert result.returncode == check, result.stderr
    return result


def build_environment():
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}


def run_shell(line, **environment):
    """Run a line of bash in which ``packshot`` is the command."""
    return subprocess.run(
        ["bash", "-c", f'packshot() {{ {" ".join(COMMAND)} "$@"; }}; {line}'],
        capture_output=True,
        env={**build_environment(), **environment},
        timeout=110,
    )


FULL_MESSAGE = "packshot: standard output cannot be written: No space left on device"


@pytest.mark.parametrize("command", WRITING_COMMANDS.values(), ids=WRITING_COMMANDS)
def test_a_full_standard_output_is_one_line_and_status_2(photo, tmp_path, command):
    with open(FULL_DEVICE, "wb") as full:
        result = run_command(
            *command.format(photo=photo, out=tmp_path).split(), stdout=full, check=ExitStatus.USAGE
        )
    assert result.stderr.decode().splitlines() == [FULL_MESSAGE]


@pytest.mark.slow
@pytest.mark.parametrize("command", SLOW_WRITING_COMMANDS.values(), ids=SLOW_WRITING_COMMANDS)
def test_a_full_standard_output_is_told_by_every_command(photo, index, tmp_path, command):
    with open(FULL_DEVICE, "wb") as full:
        arguments = command.format(photo=photo, out=tmp_path, index=index).split()
        result = run_command(*arguments, stdout=full, check=ExitStatus.USAGE)
    assert result.stderr.decode().splitlines()[-1] == FULL_MESSAGE


def test_a_closed_standard_output_is_an_error_only_for_what_writes_there(photo, tmp_path):
    result = run_shell("packshot policies >&-")
    assert result.returncode == ExitStatus.USAGE
    assert result.stderr.decode().splitlines() == [
        "packshot: standard output is closed: there is nowhere to write to"
    ]
    assert run_shell(f"packshot emotion {photo} -o {tmp_path}/x.csv >&-").returncode == ExitStatus.DONE
    assert (tmp_path / "x.csv").read_text(encoding="utf-8").count("\n") == 2


def test_no_file_takes_the_place_of_a_closed_stream(photo, tmp_path):
    """What is written to the streams must not end up in the files that are open."""
    closed = "<&- >&- 2>&-"
    result = run_shell(f"packshot audit {photo} -o {tmp_path}/audit --cache {tmp_path}/cache {closed}")
    assert result.returncode == ExitStatus.DONE
    with open(tmp_path / "audit" / "audit.csv", encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["status"] == "ok"
    assert run_shell(f"packshot emotion {tmp_path}/none.jpg {closed}").returncode == ExitStatus.USAGE


@pytest.mark.parametrize("errors", ["2>&-", "2>/dev/full"])
def test_messages_that_cannot_be_told_end_nothing(photo, errors):
    result = run_shell(f"packshot emotion {photo} {errors}")
    assert result.returncode == ExitStatus.DONE
    assert result.stdout.decode().startswith("Photo")
    assert run_shell(f"packshot nonsense {errors}").returncode == ExitStatus.USAGE


@pytest.mark.parametrize(
    "command", ["emotion {photo}", "emotion {photo} -f csv", "policies", "schema", "--help"]
)
def test_a_reader_that_has_gone_is_told_nothing(photo, command):
    result = run_shell(f"packshot {command.format(photo=photo)} | true; exit ${{PIPESTATUS[0]}}")
    assert (result.returncode, result.stderr) == (ExitStatus.BROKEN_PIPE, b"")


def test_a_stream_that_does_not_wait_is_waited_for(photo):
    """Other programs leave a terminal or a pipe that they share in this state."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen([*COMMAND, "schema", "audit-summary"], stdout=writing) as process:
        os.close(writing)
        os.set_blocking(reading, True)
        with open(reading, "rb") as file:
            assert json.load(file)["title"] == "AuditSummary"
    assert process.returncode == ExitStatus.DONE


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_what_the_terminal_cannot_show_is_replaced(photo, environment):
    result = run_command("policies", "--language", "zh", environment=environment, check=0)
    assert b"amazon-main" in result.stdout
    assert "规".encode() not in result.stdout
    failed = run_command(
        "assess", photo.with_name("杯.jpg"), environment=environment, check=ExitStatus.USAGE
    )
    assert failed.stderr.decode("latin-1").count("\n") == 1


def test_lines_for_programs_are_utf_8_everywhere(photo, tmp_path):
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    table = run_command("emotion", photo, "-f", "csv", environment=ascii_only, check=0).stdout
    (row,) = csv.DictReader(io.StringIO(table.decode("utf-8")))
    assert row["path"] == str(photo)
    better = ("enhance", photo, "-o", tmp_path / "better.png", "-f", "jsonl")
    assert json.loads(run_command(*better, environment=ascii_only, check=0).stdout)["path"] == str(photo)


@pytest.mark.parametrize(
    "environment",
    [
        {"COLUMNS": "0", "LINES": "0"},
        {"COLUMNS": "-1", "TERM": "dumb"},
        {"COLUMNS": "²", "LINES": "²", "NO_COLOR": "1"},
        {"COLUMNS": "9" * 30, "FORCE_COLOR": "1", "TERM": ""},
    ],
)
def test_no_environment_takes_the_table_away(environment):
    result = run_command("policies", environment=environment, check=0)
    assert "google-merchant" in "".join(result.stdout.decode().split())


def test_a_terminal_of_no_width_shows_the_table_and_progress(photo):
    master, slave = pty.openpty()  # Its size is 0 by 0 until somebody sets it.
    environment = {"COLUMNS": "0", "TERM": "xterm"}
    with os.fdopen(slave, "wb") as terminal:
        command = [*COMMAND, "emotion", str(photo)]
        process = subprocess.Popen(
            command, stdout=terminal, stderr=terminal, env={**build_environment(), **environment}
        )
    output = b"".join(iter(partial(_read_terminal, master), b"")).decode()
    os.close(master)
    assert process.wait() == ExitStatus.DONE
    assert "neutral" in output
    assert "1 photo read" in output


def _read_terminal(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # Nobody has the other side open any more.
        return b""


def test_dash_is_standard_output(photo, tmp_path):
    result = run_command("emotion", photo, "-o", "-", "-f", "csv", check=0, cwd=tmp_path)
    assert result.stdout.startswith(b"path,")
    assert b"written to" not in result.stderr
    assert list(tmp_path.iterdir()) == []
    run_command("emotion", photo, "-o", "./-", "-f", "csv", check=0, cwd=tmp_path)
    assert (tmp_path / "-").read_text(encoding="utf-8").startswith("path,")


@pytest.mark.parametrize(
    "arguments",
    [
        *("audit - -o x", "audit . -o -", "rank -", "clean -", "clean . --apply --to -"),
        *("enhance . -o -", "enhance . -o x --report -", "search index -", "search info --index -"),
        *("search query . --index -", "search export -o -", "search import -", "atlas info -"),
        *("atlas build - . -o x", "atlas build x . -o -", "atlas add x - --score 1", "policies show -"),
        *("policies check -", "duplicates . --owners -", "duplicates . --store -", "assess . --atlas -"),
        "assess . --log-file -",
    ],
)
def test_where_dash_means_nothing_it_is_refused(arguments, tmp_path):
    from typer.testing import CliRunner

    from packshot.cli.application import application

    result = CliRunner().invoke(application, arguments.split())
    assert result.exit_code == ExitStatus.USAGE
    assert "Invalid value for" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture(scope="module")
def hostile_folder(photo, tmp_path_factory):
    """A folder with names that would do things to a terminal, one of them of no photo."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / HOSTILE).write_bytes(photo.read_bytes())
    (folder / f"broken{HOSTILE}").write_bytes(b"no photo")
    return folder


NAMING_COMMANDS = (
    "screen . -p amazon-main -p ebay --verbose",
    "rank .",
    "audit . -o {out}/\x1b[31m --cache {out}/c",
)
SLOW_NAMING_COMMANDS = (
    *("assess .", "assess . --explain", "emotion . -o {out}/\x1b[31m.csv", "screen . -p amazon-main"),
    *("enhance . -o {out}", "enhance . -o {out} --explain", "clean . --store {out}/s"),
    *("duplicates . --store {out}/s", "search query . --index {index}"),
)


@pytest.mark.parametrize(
    "command",
    [*NAMING_COMMANDS, *(pytest.param(one, marks=pytest.mark.slow) for one in SLOW_NAMING_COMMANDS)],
)
def test_names_cannot_speak_to_the_terminal(hostile_folder, tmp_path, command, request):
    index = request.getfixturevalue("index") if "{index}" in command else None
    arguments = command.format(out=tmp_path, index=index).split(" ")
    result = run_command(*arguments, check=0, cwd=hostile_folder)
    output = result.stdout.decode() + result.stderr.decode()
    assert not FORBIDDEN_CHARACTERS & set(output)
    assert r"\x1b[31m" in output
    assert SHOWN_NAME in result.stdout.decode() or not result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("assess", HOSTILE),
        ("screen", ".", "-p", HOSTILE),
        ("policies", "check", HOSTILE),
        ("atlas", "info", HOSTILE),
        ("search", "info", "--index", HOSTILE),
        ("emotion", "--model", HOSTILE, "."),
        ("assess", f"--{HOSTILE}"),
        (HOSTILE,),
    ],
)
def test_errors_about_names_are_one_line(hostile_folder, arguments, tmp_path):
    (tmp_path / "x.png").write_bytes((hostile_folder / HOSTILE).read_bytes())
    error_output = run_command(*arguments, cwd=tmp_path).stderr.decode()
    assert SHOWN_NAME.split("[")[0] in error_output
    assert not FORBIDDEN_CHARACTERS & set(error_output)
    assert len([line for line in error_output.splitlines() if "x1b" in line]) == 1


def test_streams_are_given_back(capsys):
    before = sys.stdin, sys.stdout, sys.stderr
    with guard_standard_streams():
        print("told")
    assert (sys.stdin, sys.stdout, sys.stderr) == before
    assert capsys.readouterr().out == "told\n"
