"""Tables on terminals of every width, and what must never reach them."""

import fcntl
import io
import os
import pty
import struct
import termios

import pytest

from packshot.render import renderer_for
from packshot.render.terminal import Columns, console_for
from packshot.report import Assessment, Neighbour, SearchResult, Status

HOSTILE = "a\x1b[31mb\nc\r\a\u202ed\x9be[red]f[/]g:mug:.jpg"
HEADINGS = "PhotoScoreGradeWhattodoUnreadable"
SHOWN = r"a\x1b[31mb\nc\r\x07\u202ed\x9be[red]f[/]g:mug:.jpg"


@pytest.fixture
def unsaid(monkeypatch):
    for name in ("COLUMNS", "LINES", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def unreadable(path, error="no photo"):
    return Assessment(path=path, status=Status.UNREADABLE, error=error)


def table_of(*assessments, encoding="utf-8"):
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    with renderer_for(Assessment, "table", stream) as writer:
        for assessment in assessments:
            writer.add(assessment)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("columns", ["0", "-5", "1", "²", "abc", "", " ", "9" * 20, "9" * 5000, "1e9"])
def test_whatever_columns_says_nothing_is_lost(unsaid, columns):
    path = "/".join(["folder"] * 40) + "/mug.jpg"
    unsaid.setenv("COLUMNS", columns)
    shown = "".join(table_of(unreadable(path, "a reason " * 30)).split())
    assert sorted(shown) == sorted("".join((path, "areason" * 30, HEADINGS)))


def test_columns_sets_the_width(unsaid):
    unsaid.setenv("COLUMNS", "70")
    lines = table_of(unreadable("mug.jpg", "a reason " * 30)).splitlines()
    assert max(map(len, lines)) <= 70
    assert len(lines) > 4


def test_a_file_gets_each_path_in_one_piece(unsaid):
    path = "/".join(["folder"] * 40) + "/mug.jpg"
    _heading, row = table_of(unreadable(path, "a reason " * 30)).splitlines()
    assert path in row
    assert "a reason " * 30 in row + " "


@pytest.mark.parametrize(("size", "width"), [((0, 0), 80), ((24, 100), 100), ((24, 20), 60)])
def test_a_terminal_says_how_wide_it_is(unsaid, size, width):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    with os.fdopen(slave, "w") as terminal, os.fdopen(master):
        assert console_for(terminal).width == width


@pytest.mark.parametrize("width", [60, 61, 79, 80, 400])
def test_columns_cut_nothing_off(width):
    cells = [
        "x" * 70,
        "38.0 ± 1.5",
        "wonderful",
        "a b c " * 20,
        "12 %",
        "34 %",
        "56 %",
        "longestword" * 3,
    ]
    table = Columns()
    for number, _cell in enumerate(cells):
        table.column(f"heading{number}", justify="right" if number % 2 else "left")
    table.add_row(*cells)
    console = console_for(io.StringIO())
    console.width = width
    console.print(table)
    shown = console.file.getvalue()
    told = "".join([*cells, *(f"heading{number}" for number in range(len(cells)))])
    assert sorted("".join(shown.split())) == sorted("".join(told.split()))


def test_a_name_says_what_it_is_and_does_nothing(unsaid):
    shown = table_of(unreadable(HOSTILE, HOSTILE))
    assert shown.count(SHOWN) == 2
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 2


def test_a_name_that_the_terminal_cannot_show_can_still_be_told(unsaid):
    assert r"\u676f\xe4.jpg" in table_of(unreadable("杯ä.jpg"), encoding="ascii")


def test_what_others_wrote_about_a_photo_does_nothing(unsaid):
    found = Neighbour(id=HOSTILE, path="x", distance=0.5, likeness=50.0, metadata={HOSTILE: HOSTILE})
    stream = io.StringIO()
    with renderer_for(SearchResult, "table", stream) as writer:
        writer.add(SearchResult(path="mug.jpg", status=Status.OK, hits=(found,)))
    assert stream.getvalue().count(SHOWN) == 3
    assert "\x1b" not in stream.getvalue()


def test_other_forms_keep_names_to_the_letter():
    stream = io.StringIO()
    with renderer_for(Assessment, "jsonl", stream) as writer:
        writer.add(unreadable(HOSTILE))
    assert Assessment.model_validate_json(stream.getvalue()).path == HOSTILE
