"""`--encoder FOLDER` as a user meets it: other encoders and their atlas."""

import json
import shutil

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from packshot.cli.application import application
from packshot.cli.exits import ExitStatus
from tests.cli.command import run_packshot
from tests.cli.test_help import ALL_COMMANDS
from tests.conftest import ROOT

SAMPLES = ROOT / "examples" / "photos"
MODELS = ("content.onnx", "distortion.onnx")
ATLAS = "packshot.atlas.npz"
COMMANDS = {
    "assess": ("shop",),
    "screen": ("shop", "--policy", "ebay"),
    "rank": ("shop",),
    "enhance": ("shop", "-o", "better"),
    "optimize": ("shop", "-o", "better"),
    "audit": ("shop", "-o", "audit", "--no-cache"),
}
"""Commands that judge photos, each so that it would."""


@pytest.fixture
def desk(tmp_path):
    """A folder to work in, with a shop of two photos."""
    (tmp_path / "shop").mkdir()
    for name in ("mug.jpg", "mug-warm-cast.jpg"):
        shutil.copy(SAMPLES / name, tmp_path / "shop")
    return tmp_path


def check_refusal(arguments, desk, message):
    """The command says in one line what is wrong, and has done nothing."""
    before = sorted(desk.rglob("*"))
    result = run_packshot(*arguments, cwd=desk)
    assert result.returncode == ExitStatus.USAGE, result.stderr
    assert message in result.stderr
    assert result.stderr.startswith("packshot: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert sorted(desk.rglob("*")) == before


def list_commands_with(option):
    def has_option(path):
        command = get_command(application)
        for name in path:
            command = command.commands[name]
        return any(option in parameter.opts for parameter in command.params)

    return {" ".join(path) for path in ALL_COMMANDS if has_option(path)}


def test_what_takes_an_atlas_takes_encoders_too():
    assert list_commands_with("--atlas") == set(COMMANDS)
    assert list_commands_with("--encoder") == {*COMMANDS, "atlas build", "atlas add"}


def test_help_says_where_to_read_on():
    result = CliRunner().invoke(application, ["assess", "--help"], env={"COLUMNS": "80"})
    words = " ".join(result.stdout.split())
    assert "--encoder FOLDER Other models and their atlas" in words
    assert "docs/large-encoder.md" in words
    assert (ROOT / "docs" / "large-encoder.md").exists()
    assert "--damage-map Also write to JSON where the photo looks damaged" in words


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_folder_is_refused_at_once(command, desk):
    arguments = (command, *COMMANDS[command], "--encoder")
    check_refusal((*arguments, "nowhere"), desk, "--encoder nowhere: no such folder")
    check_refusal((*arguments, "shop/mug.jpg"), desk, "--encoder shop/mug.jpg: not a folder")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_without_models_is_told_by_no_traceback(command, desk):
    (desk / "empty").mkdir()
    arguments = (command, *COMMANDS[command], "--encoder", "empty")
    check_refusal(arguments, desk, "cannot read the model empty/content.onnx: No such file")


@pytest.mark.parametrize("command", ["assess", "audit"])
def test_a_folder_that_lacks_a_part_or_holds_another_kind_is_refused(command, desk, encoder_folder):
    folder = desk / "large"
    folder.mkdir()
    arguments = (command, *COMMANDS[command], "--encoder", "large")
    shutil.copy(encoder_folder / "content.onnx", folder)
    check_refusal(arguments, desk, "cannot read the model large/distortion.onnx: No such file")
    shutil.copy(encoder_folder / "distortion.onnx", folder)
    check_refusal(arguments, desk, f"cannot read the atlas large/{ATLAS}: No such file")
    (folder / ATLAS).write_bytes(b"no atlas")
    check_refusal(arguments, desk, f"large/{ATLAS}")
    shutil.copy(encoder_folder / ATLAS, folder)
    shutil.copy(encoder_folder / "distortion.onnx", folder / "content.onnx")
    check_refusal(arguments, desk, "large/content.onnx is not the network that is needed")
    (folder / "content.onnx").write_bytes(b"no model")
    check_refusal(arguments, desk, "large/content.onnx is not a model that can run here")


@pytest.mark.parametrize("command", ["assess", "rank"])
def test_an_atlas_of_other_encoders_is_refused(command, desk, encoder_folder, other_encoder_folder):
    message = "was made with the encoders"
    arguments = (command, *COMMANDS[command])
    other_atlas = ("--atlas", other_encoder_folder / ATLAS)
    check_refusal((*arguments, *other_atlas), desk, message)
    check_refusal((*arguments, *other_atlas, "--encoder", encoder_folder), desk, message)


def test_copies_of_what_ships_say_what_is_said_without(desk, encoder_folder):
    for command in ("assess", "screen", "rank"):
        arguments = (command, *COMMANDS[command], "-f", "jsonl", "-q", "--workers", 1)
        without = run_packshot(*arguments, cwd=desk, check=0).stdout
        assert len(without.splitlines()) == (1 if command == "rank" else 2)
        copied = run_packshot(*arguments, "--encoder", encoder_folder, cwd=desk, check=0).stdout
        assert copied == without


def test_photos_are_enhanced_by_what_other_encoders_say(desk, encoder_folder):
    arguments = ("enhance", "shop/mug-warm-cast.jpg", "-f", "jsonl", "--steps", "white-balance", "-q")
    lines = []
    for output, option in (("without.jpg", ()), ("with.jpg", ("--encoder", encoder_folder))):
        result = run_packshot(*arguments, "-o", output, *option, cwd=desk, check=0)
        lines.append(json.loads(result.stdout) | {"output": None})
    assert lines[0] == lines[1]
    assert lines[0]["action"] == "enhanced"
    assert (desk / "with.jpg").read_bytes() == (desk / "without.jpg").read_bytes()


def test_ratings_of_ones_own_go_with_other_encoders(desk, other_encoder_folder, tmp_path):
    folder = desk / "models"
    folder.mkdir()
    for name in MODELS:
        shutil.copy(other_encoder_folder / name, folder)
    (desk / "ratings.csv").write_text("file,score\nmug.jpg,90\n")
    encoder, atlas = ("--encoder", "models"), "own.atlas.npz"
    rating = ("atlas", "add", atlas, "shop/mug-warm-cast.jpg", "--score", 30)
    run_packshot("atlas", "build", "ratings.csv", "shop", "-o", atlas, "-q", *encoder, cwd=desk, check=0)
    check_refusal(rating, desk, "was made with the encoders")
    run_packshot(*rating, *encoder, cwd=desk, check=0)
    result = run_packshot(
        *("assess", "shop", "--atlas", atlas, *encoder, "-f", "jsonl", "-q"), cwd=desk, check=0
    )
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["models"]["atlas"].split()[0] for line in lines} == {"custom"}
    evidence = {one["example"] for line in lines for one in line["evidence"]}
    assert evidence == {"shop/mug.jpg", "shop/mug-warm-cast.jpg"}


def test_an_audit_is_not_resumed_by_other_encoders(desk, encoder_folder, other_encoder_folder):
    arguments = ("audit", "shop", "-o", "audit", "--cache", "cache", "--workers", 1)
    run_packshot(*arguments, cwd=desk, check=0)
    run_packshot(*arguments, "--encoder", encoder_folder, cwd=desk, check=0)
    other = (*arguments, "--encoder", other_encoder_folder)
    check_refusal(other, desk, "this folder holds another audit. It differs in models:")
    anew = run_packshot(*other, "--restart", cwd=desk, check=0)
    assert "0 known from the cache" in anew.stderr
    again = run_packshot(*arguments, "--restart", cwd=desk, check=0)
    assert "2 known from the cache" in again.stderr
    models = json.loads((desk / "audit" / "summary.json").read_text())["models"]
    assert models["content"]
