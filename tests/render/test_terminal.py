"""Tables on terminals of every width, and what must never reach them."""

import fcntl
import io
import os
import pty
import struct
import termios

import pytest

from packshot.render import renderer_for
from packshot.render.terminal import BorderlessTable, make_console
from packshot.report import Assessment, Neighbour, SearchResult, Status

HOSTILE = "a\x1b[31mb\nc\r\a\u202ed\x9be[red]f[/]g:mug:.jpg"
HEADINGS = "PhotoScoreGradeWhattodoUnreadable"
SHOWN = r"a\x1b[31mb\nc\r\x07\u202ed\x9be[red]f[/]g:mug:.jpg"


@pytest.fixture
def clean_environment(monkeypatch):
    for name in ("COLUMNS", "LINES", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def make_unreadable(path, error="no photo"):
    return Assessment(path=path, status=Status.UNREADABLE, error=error)


def render_table(*assessments, encoding="utf-8"):
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    with renderer_for(Assessment, "table", stream) as writer:
        for assessment in assessments:
            writer.add(assessment)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("columns", ["0", "-5", "1", "²", "abc", "", " ", "9" * 20, "9" * 5000, "1e9"])
def test_whatever_columns_says_nothing_is_lost(clean_environment, columns):
    path = "/".join(["folder"] * 40) + "/mug.jpg"
    clean_environment.setenv("COLUMNS", columns)
    output = "".join(render_table(make_unreadable(path, "a reason " * 30)).split())
    assert sorted(output) == sorted("".join((path, "areason" * 30, HEADINGS)))


def test_columns_sets_the_width(clean_environment):
    clean_environment.setenv("COLUMNS", "70")
    lines = render_table(make_unreadable("mug.jpg", "a reason " * 30)).splitlines()
    assert max(map(len, lines)) <= 70
    assert len(lines) > 4


def test_a_file_gets_each_path_in_one_piece(clean_environment):
    path = "/".join(["folder"] * 40) + "/mug.jpg"
    _heading, row = render_table(make_unreadable(path, "a reason " * 30)).splitlines()
    assert path in row
    assert "a reason " * 30 in row + " "


@pytest.mark.parametrize(("size", "width"), [((0, 0), 80), ((24, 100), 100), ((24, 20), 60)])
def test_a_terminal_says_how_wide_it_is(clean_environment, size, width):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    with os.fdopen(slave, "w") as terminal, os.fdopen(master):
        assert make_console(terminal).width == width


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
    table = BorderlessTable()
    for number, _cell in enumerate(cells):
        table.add_text_column(f"heading{number}", justify="right" if number % 2 else "left")
    table.add_row(*cells)
    console = make_console(io.StringIO())
    console.width = width
    console.print(table)
    output = console.file.getvalue()
    expected = "".join([*cells, *(f"heading{number}" for number in range(len(cells)))])
    assert sorted("".join(output.split())) == sorted("".join(expected.split()))


def test_a_name_says_what_it_is_and_does_nothing(clean_environment):
    output = render_table(make_unreadable(HOSTILE, HOSTILE))
    assert output.count(SHOWN) == 2
    assert "\x1b" not in output
    assert len(output.splitlines()) == 2


def test_a_name_that_the_terminal_cannot_show_can_still_be_told(clean_environment):
    assert r"\u676f\xe4.jpg" in render_table(make_unreadable("杯ä.jpg"), encoding="ascii")


def test_what_others_wrote_about_a_photo_does_nothing(clean_environment):
    hit = Neighbour(id=HOSTILE, path="x", distance=0.5, likeness=50.0, metadata={HOSTILE: HOSTILE})
    stream = io.StringIO()
    with renderer_for(SearchResult, "table", stream) as writer:
        writer.add(SearchResult(path="mug.jpg", status=Status.OK, hits=(hit,)))
    assert stream.getvalue().count(SHOWN) == 3
    assert "\x1b" not in stream.getvalue()


def test_other_forms_keep_names_to_the_letter():
    stream = io.StringIO()
    with renderer_for(Assessment, "jsonl", stream) as writer:
        writer.add(make_unreadable(HOSTILE))
    assert Assessment.model_validate_json(stream.getvalue()).path == HOSTILE
