"""The device that networks run on, as a user asks for it."""

import json

import pytest
from typer.testing import CliRunner

from packshot.cli.application import application
from packshot.encode import device
from tests.cli.command import run_packshot
from tests.conftest import ROOT

MUG = ROOT / "examples" / "photos" / "mug.jpg"


def test_what_is_not_there_is_told_and_the_score_is_the_same():
    if device._can_use_cuda():
        pytest.skip("a CUDA device can be used here")
    results = [
        run_packshot("assess", MUG, "-f", "jsonl", "--device", n, check=0) for n in ("cpu", "cuda")
    ]
    scores = [json.loads(result.stdout)["score"] for result in results]
    assert scores[0] == pytest.approx(scores[1], abs=0.1)
    assert "device" not in results[0].stderr
    (line,) = [line for line in results[1].stderr.splitlines() if "device" in line]
    assert "no CUDA device can be used here" in line
    assert "processor" in line


def test_auto_says_nothing():
    assert "device" not in run_packshot("emotion", MUG, "--device", "auto", check=0).stderr


def test_an_unknown_device_is_an_error(monkeypatch):
    result = CliRunner().invoke(application, ["emotion", str(MUG), "--device", "gpu"])
    assert result.exit_code == 2
    assert "'cpu', 'cuda', 'auto'" in result.stderr
    monkeypatch.setenv("PACKSHOT_DEVICE", "gpu")
    assert CliRunner().invoke(application, ["emotion", str(MUG)]).exit_code == 2
