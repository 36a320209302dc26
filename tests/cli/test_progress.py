"""Progress where there is no terminal."""

import time

import pytest
from typer.testing import CliRunner

from packshot.cli import progress
from packshot.cli.application import application
from packshot.cli.progress import LineProgress, ProgressStyle, track_progress
from tests.conftest import ROOT

PHOTOS = ROOT / "examples" / "photos"


@pytest.fixture
def _short_interval(monkeypatch):
    monkeypatch.setattr(progress, "LINE_INTERVAL_S", 0.05)


@pytest.mark.usefixtures("_short_interval")
@pytest.mark.parametrize("arguments", [("emotion", PHOTOS), ("audit", PHOTOS, "-o", "audit")])
def test_lines_tell_how_far_a_run_is(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(application, [*map(str, arguments)])
    assert result.exit_code == 0
    lines = [line for line in result.stderr.splitlines() if line.startswith(("reading: ", "auditing: "))]
    assert lines
    assert f" of {len(list(PHOTOS.glob('*.jpg')))}" in lines[-1]


@pytest.mark.usefixtures("_short_interval")
def test_silence_is_kept():
    result = CliRunner().invoke(application, ["emotion", str(PHOTOS / "mug.jpg"), "-q"])
    assert result.stderr == ""


@pytest.mark.usefixtures("_short_interval")
def test_lines_come_while_nothing_else_does(capsys):
    def wait():
        time.sleep(0.3)
        yield 1

    assert list(track_progress(wait(), 1, "assessing", ProgressStyle.LINES)) == [1]
    lines = capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) <= 6
    assert set(lines) == {"assessing: 0 of 1"}


def test_a_line_tells_rate_and_time_left(monkeypatch):
    moments = iter([100.0, 110.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(moments))
    line = LineProgress("assessing", 620, done_count=10)
    line.done_count += 10
    assert line.describe() == "assessing: 20 of 620, 1.0 a second, about 10 min left"
