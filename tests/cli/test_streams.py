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

import cv2
import numpy as np
import pytest

from packshot.cli.exits import Exit
from packshot.cli.streams import standard_streams
from tests.cli.running import COMMAND

HOSTILE = "a\x1b[31mb\nc\r\a\u202ed\x9be[red]f[/]g.png"
SHOWN = r"a\x1b[31mb\nc\r\x07\u202ed\x9be[red]f[/]g.png"
FULL = "/dev/full"
SHELL = {"assess": "assess {photo}", "version": "version", "help": "--help"}


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
    run("search", "index", photo, "--index", folder, check=0)
    return folder


@pytest.fixture
def commands(photo, index, tmp_path):
    """A use of every command that writes something to standard output."""
    return {
        "assess": ("assess", photo),
        "assess jsonl": ("assess", photo, "-f", "jsonl"),
        "assess csv": ("assess", photo, "-f", "csv"),
        "assess html": ("assess", photo, "-f", "html"),
        "screen": ("screen", photo, "-p", "amazon-main"),
        "emotion": ("emotion", photo),
        "enhance": ("enhance", photo, "-o", tmp_path / "better.png"),
        "optimize": ("optimize", photo, "-o", tmp_path / "best.png", "-f", "csv"),
        "rank": ("rank", photo.parent),
        "clean": ("clean", photo.parent, "--store", tmp_path / "store"),
        "duplicates": ("duplicates", photo, "--store", tmp_path / "store"),
        "query": ("search", "query", photo, "--index", index),
        "info": ("search", "info", "--index", index),
        "export": ("search", "export", "--index", index, "-o", tmp_path / "vectors.parquet"),
        "atlas": ("atlas", "info"),
        "atlas json": ("atlas", "info", "--json"),
        "policies": ("policies",),
        "show": ("policies", "show", "amazon-main"),
        "schema": ("schema",),
        "version": ("version",),
        "help": ("--help",),
        "help of a command": ("search", "query", "--help"),
    }


def run(*arguments, check=None, environment=None, **settings):
    """Run the command with streams as given; text is decoded by hand."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | settings,
        env={**without_width(), **(environment or {})},
        timeout=110,
    )
    if check is not None:
        assert done.returncode == check, done.stderr
    return done


def without_width():
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}


def shell(line, **environment):
    """Run a line of bash in which ``packshot`` is the command."""
    return subprocess.run(
        ["bash", "-c", f'packshot() {{ {" ".join(COMMAND)} "$@"; }}; {line}'],
        capture_output=True,
        env={**without_width(), **environment},
        timeout=110,
    )


@pytest.mark.parametrize(
    "name",
    [
        *("assess", "assess jsonl", "assess csv", "assess html", "screen", "emotion", "enhance"),
        *("optimize", "rank", "clean", "duplicates", "query", "info", "export", "atlas", "atlas json"),
        *("policies", "show", "schema", "version", "help", "help of a command"),
    ],
)
def test_a_full_standard_output_is_one_line_and_status_2(commands, name):
    with open(FULL, "wb") as full:
        done = run(*commands[name], stdout=full)
    assert done.returncode == Exit.USAGE
    told = done.stderr.decode().splitlines()
    assert told == ["packshot: standard output cannot be written: No space left on device"]


def test_a_closed_standard_output_is_an_error_only_for_what_writes_there(photo, tmp_path):
    done = shell(f"packshot assess {photo} >&-")
    assert done.returncode == Exit.USAGE
    assert done.stderr.decode().splitlines() == [
        "packshot: standard output is closed: there is nowhere to write to"
    ]
    assert shell(f"packshot assess {photo} -o {tmp_path}/x.csv >&-").returncode == Exit.DONE
    assert (tmp_path / "x.csv").read_text(encoding="utf-8").count("\n") == 2


def test_no_file_takes_the_place_of_a_closed_stream(photo, tmp_path):
    """What is written to the streams must not end up in the files that are open."""
    closed = "<&- >&- 2>&-"
    done = shell(f"packshot audit {photo} -o {tmp_path}/audit --cache {tmp_path}/cache {closed}")
    assert done.returncode == Exit.DONE
    with open(tmp_path / "audit" / "audit.csv", encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["status"] == "ok"
    assert shell(f"packshot assess {photo} {photo} --workers 2 {closed}").returncode == Exit.USAGE
    assert shell(f"packshot assess {tmp_path}/none.jpg {closed}").returncode == Exit.USAGE


@pytest.mark.parametrize("errors", ["2>&-", "2>/dev/full"])
def test_messages_that_cannot_be_told_end_nothing(photo, errors):
    done = shell(f"packshot assess {photo} {errors}")
    assert done.returncode == Exit.DONE
    assert done.stdout.decode().startswith("Photo")
    assert shell(f"packshot nonsense {errors}").returncode == Exit.USAGE


@pytest.mark.parametrize(
    "command", ["assess {photo}", "assess {photo} -f csv", "policies", "schema", "--help"]
)
def test_a_reader_that_has_gone_is_told_nothing(photo, command):
    done = shell(f"packshot {command.format(photo=photo)} | true; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (Exit.BROKEN_PIPE, b"")


def test_a_stream_that_does_not_wait_is_waited_for(photo):
    """Other programs leave a terminal or a pipe that they share in this state."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen([*COMMAND, "schema", "audit-summary"], stdout=writing) as process:
        os.close(writing)
        os.set_blocking(reading, True)
        with open(reading, "rb") as file:
            assert json.load(file)["title"] == "AuditSummary"
    assert process.returncode == Exit.DONE


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_what_the_terminal_cannot_show_is_replaced(photo, environment):
    done = run("assess", photo, environment=environment, check=0)
    assert b".png" in done.stdout
    assert "杯".encode() not in done.stdout
    assert run("assess", photo, "--language", "zh", environment=environment, check=0).stdout
    failed = run("assess", photo.with_name("杯.jpg"), environment=environment)
    assert failed.returncode == Exit.USAGE
    assert failed.stderr.decode("latin-1").count("\n") == 1


def test_lines_for_programs_are_utf_8_everywhere(photo, tmp_path):
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    line = run("assess", photo, "-f", "jsonl", environment=ascii_only, check=0).stdout
    assert json.loads(line)["path"] == str(photo)
    table = run("emotion", photo, "-f", "csv", environment=ascii_only, check=0).stdout
    (row,) = csv.DictReader(io.StringIO(table.decode("utf-8")))
    assert row["path"] == str(photo)
    better = ("enhance", photo, "-o", tmp_path / "better.png", "-f", "jsonl")
    assert json.loads(run(*better, environment=ascii_only, check=0).stdout)["path"] == str(photo)


@pytest.mark.parametrize(
    "environment",
    [
        {"COLUMNS": "0", "LINES": "0"},
        {"COLUMNS": "-1", "TERM": "dumb"},
        {"COLUMNS": "²", "LINES": "²", "NO_COLOR": "1"},
        {"COLUMNS": "9" * 30, "FORCE_COLOR": "1", "TERM": ""},
    ],
)
def test_no_environment_takes_the_table_away(photo, environment):
    done = run("assess", photo, environment=environment, check=0)
    assert "杯ä.png" in "".join(done.stdout.decode().split())
    assert "1 photo assessed" in done.stderr.decode()


def test_a_terminal_of_no_width_shows_the_table_and_progress(photo):
    master, slave = pty.openpty()  # Its size is 0 by 0 until somebody sets it.
    environment = {"COLUMNS": "0", "TERM": "xterm"}
    with os.fdopen(slave, "wb") as terminal:
        run("emotion", photo, stdout=terminal, stderr=terminal, environment=environment, check=0)
        shown = os.read(master, 65536).decode()
    os.close(master)
    assert "neutral" in shown
    assert "1 photo read" in shown


def test_dash_is_standard_output(photo, tmp_path):
    done = run("assess", photo, "-o", "-", "-f", "csv", check=0, cwd=tmp_path)
    assert done.stdout.startswith(b"path,")
    assert b"written to" not in done.stderr
    assert list(tmp_path.iterdir()) == []
    run("assess", photo, "-o", "./-", "-f", "csv", check=0, cwd=tmp_path)
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

    done = CliRunner().invoke(application, arguments.split())
    assert done.exit_code == Exit.USAGE
    assert "Invalid value for" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def hostile(photo, tmp_path_factory):
    """A folder with names that would do things to a terminal, one of them of no photo."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / HOSTILE).write_bytes(photo.read_bytes())
    (folder / f"broken{HOSTILE}").write_bytes(b"no photo")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        *("assess .", "assess . --explain", "emotion .", "screen . -p amazon-main"),
        *("screen . -p amazon-main -p ebay", "enhance . -o {out}", "enhance . -o {out} --explain"),
        *("rank .", "clean . --store {out}/s", "duplicates . --store {out}/s"),
        *("search query . --index {index}", "audit . -o {out}/\x1b[31m --cache {out}/c"),
        *("assess . -o {out}/\x1b[31m.csv", "assess . --verbose --workers 1"),
    ],
)
def test_names_cannot_speak_to_the_terminal(hostile, index, tmp_path, command):
    arguments = command.format(out=tmp_path, index=index).split(" ")
    done = run(*arguments, check=0, cwd=hostile)
    shown = done.stdout.decode() + done.stderr.decode()
    assert not set("\x1b\a\r\x9b\u202e") & set(shown)
    assert r"\x1b[31m" in "".join(shown.split())
    if done.stdout:
        assert SHOWN in done.stdout.decode()


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
def test_errors_about_names_are_one_line(hostile, arguments, tmp_path):
    (tmp_path / "x.png").write_bytes((hostile / HOSTILE).read_bytes())
    told = run(*arguments, cwd=tmp_path).stderr.decode()
    assert SHOWN.split("[")[0] in told
    assert not set("\x1b\a\r\x9b\u202e") & set(told)
    assert len([line for line in told.splitlines() if "x1b" in line]) == 1


def test_streams_are_given_back(capsys):
    before = sys.stdin, sys.stdout, sys.stderr
    with standard_streams():
        print("told")
    assert (sys.stdin, sys.stdout, sys.stderr) == before
    assert capsys.readouterr().out == "told\n"
