"""`packshot emotion` as a user meets it."""

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest

from packshot.report import Emotion
from tests.cli.command import run_packshot
from tests.conftest import ROOT
from tests.emotion.synthetic import BLUE, GREY, RED, draw_halves, save_picture, write_model
from tests.render.markup import PageParser


@pytest.fixture(scope="module")
def own_model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "own.onnx")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    save_picture(folder / "a-mixed.png", draw_halves(RED, BLUE))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    save_picture(folder / "c-positive.png", draw_halves(GREY, RED))
    save_picture(folder / "d-negative.png", draw_halves(BLUE, GREY))
    save_picture(folder / "e-neutral.png", draw_halves(GREY, GREY))
    return folder


@pytest.fixture(scope="module")
def emotion_result(shop, own_model):
    return run_packshot("emotion", shop, "--model", own_model, "--format", "jsonl", check=0)


@pytest.fixture(scope="module")
def lines(emotion_result):
    return [json.loads(line) for line in emotion_result.stdout.splitlines()]


def test_every_photo_has_a_line_in_order_that_follows_the_schema(lines):
    schema = json.loads(run_packshot("schema", "emotion", check=0).stdout)
    assert schema == json.loads((ROOT / "docs" / "emotion.schema.json").read_text())
    for line in lines:
        jsonschema.validate(line, schema)
    assert [line["polarity"] for line in lines] == ["mixed", None, "positive", "negative", "neutral"]
    assert [line["status"] for line in lines] == ["ok", "unreadable", "ok", "ok", "ok"]


def test_numbers_and_places_agree_with_the_photo(lines):
    mixed, _, positive, negative, neutral = lines
    assert mixed["positive_intensity"] == mixed["negative_intensity"] > 0.5
    assert mixed["positive_regions"][0]["region"]["x"] == 0
    assert mixed["negative_regions"][0]["region"]["x"] == 0.5
    assert negative["positive_probability"] < 0.1 < 0.9 < positive["positive_probability"]
    assert (neutral["valence"], neutral["positive_probability"]) == (4, 0.5)


def test_the_summary_counts_and_names_the_unreadable(emotion_result):
    assert "4 photos read: 1 negative, 1 mixed, 1 neutral, 1 positive" in emotion_result.stderr
    assert "broken.jpg: " in emotion_result.stderr


def test_answers_do_not_depend_on_processes(shop, own_model, lines):
    second_result = run_packshot(
        "emotion", shop, "--model", own_model, "-f", "jsonl", "--workers", 2, "-q", check=0
    )
    assert [json.loads(line) for line in second_result.stdout.splitlines()] == lines


def test_a_table_of_paths_and_missing_files(shop, own_model, tmp_path):
    (shop / "feed.csv").write_text("path\nd-negative.png\ngone.jpg\n")
    result = run_packshot(
        "emotion", shop / "feed.csv", "--model", own_model, "--format", "csv", "-q", check=0
    )
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["polarity"] for row in rows] == ["negative", ""]
    assert "no such file" in rows[1]["error"]


def test_a_page_in_a_file_and_a_table_in_chinese(shop, own_model, tmp_path):
    page = tmp_path / "pages" / "feelings.html"
    run_packshot("emotion", shop, "--model", own_model, "-o", page, check=0)
    assert len(PageParser(page.read_text()).find_all("article")) == 4
    table = run_packshot("emotion", shop, "--model", own_model, "--language", "zh", check=0).stdout
    assert "正负兼有" in table


def test_wrong_usage_is_told_and_ends_with_2(shop, own_model, tmp_path):
    for arguments, message in [
        (("nowhere",), "no such file or folder"),
        ((shop, "--model", tmp_path / "none.onnx"), "cannot read the model"),
        ((shop, "--model", shop / "broken.jpg"), "not a model that can run"),
        ((shop, "--model", shop / "broken.jpg", "--workers", 2), "not a model that can run"),
        ((shop, "--model", own_model, "--language", "fr"), "no texts in 'fr'"),
        ((shop, "--model", own_model, "-o", shop / "broken.jpg", "-f", "csv"), "one of the inputs"),
        ((shop, "--model", own_model, "-o", shop / "broken.jpg"), "results are written as"),
    ]:
        result = run_packshot("emotion", *arguments, check=2)
        assert message in result.stderr
        assert "Traceback" not in result.stderr


def test_an_unreadable_file_alone_is_a_row_and_a_failure(shop, own_model):
    result = run_packshot("emotion", shop / "broken.jpg", "--model", own_model, "-f", "jsonl", check=1)
    assert Emotion.model_validate_json(result.stdout).status == "unreadable"
    assert Path(Emotion.model_validate_json(result.stdout).path).name == "broken.jpg"


def test_an_assessment_tells_the_same_from_its_own_decoding():
    photo = ROOT / "examples" / "photos" / "mug.jpg"
    emotion = json.loads(run_packshot("emotion", photo, "-f", "jsonl", "-q", check=0).stdout)
    assessed = json.loads(
        run_packshot("assess", photo, "--emotion", "-f", "jsonl", "-q", check=0).stdout
    )
    assert assessed["emotion"] == emotion
    assert assessed["models"]["emotion"] == emotion["models"]["emotion"]
    jsonschema.validate(assessed, json.loads((ROOT / "docs" / "assessment.schema.json").read_text()))


def test_an_assessment_that_was_not_asked_says_nothing_of_feelings():
    photo = ROOT / "examples" / "photos" / "mug.jpg"
    assessed = json.loads(run_packshot("assess", photo, "-f", "jsonl", "-q", check=0).stdout)
    assert assessed["emotion"] is None
    assert "emotion" not in assessed["models"]
