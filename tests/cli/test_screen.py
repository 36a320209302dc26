"""`packshot screen` and `packshot policies` as a user meets them."""

import csv
import io
import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from tests.cli.command import run_packshot
from tests.conftest import ROOT
from tests.policy.assessments import add_frame, draw_square_product

SAMPLES = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A good photo, one that is 300 pixels wide, a broken one, and a feed that says what they are."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(SAMPLES / "mug.jpg", folder)
    Image.fromarray(draw_square_product(80, side=300)).save(folder / "small.png")
    (folder / "torn.jpg").write_bytes((SAMPLES / "mug.jpg").read_bytes()[:4000])
    (folder / "feed.csv").write_text(
        "sku,path,role,category\n1,mug.jpg,main,kitchen\n1,small.png,Other,\n2,torn.jpg,main,\n"
    )
    return folder


@pytest.fixture(scope="module")
def scores(shop):
    run_packshot(
        "assess", shop / "mug.jpg", shop / "small.png", "-o", shop / "scores.jsonl", "-q", check=0
    )
    return shop / "scores.jsonl"


def parse_verdicts(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_line_for_each_photo_and_policy(shop):
    result = run_packshot(
        *("screen", shop / "feed.csv", "-p", "amazon-main", "-p", "ebay", "-f", "jsonl", "--workers", 1),
        check=0,
    )
    lines = parse_verdicts(result)
    schema = json.loads(run_packshot("schema", "verdict", check=0).stdout)
    for line in lines:
        jsonschema.validate(line, schema)
    assert [line["policy"] for line in lines] == ["amazon-main", "ebay"] * 3
    assert [line["role"] for line in lines[::2]] == ["main", "other", "main"]
    assert lines[0]["category"] == "kitchen"
    assert [line["status"] for line in lines[::2]] == ["ok", "ok", "unreadable"]
    assert "2 photos screened" in result.stderr
    assert "1 unreadable" in result.stderr


def test_what_was_assessed_before_is_not_decoded_again(scores, shop):
    moved = scores.with_name("elsewhere.jsonl")
    moved.write_text(scores.read_text().replace(str(shop), "/not/here"))
    lines = parse_verdicts(run_packshot("screen", moved, "-p", "otto", "-f", "jsonl", "-q", check=0))
    assert [line["decision"] for line in lines] == ["pass", "pass"]
    assert lines[0]["path"] == "/not/here/mug.jpg"


def test_what_will_fail_on_a_day(scores):
    arguments = (
        "screen",
        scores,
        "-p",
        "google-merchant",
        "--on",
        "2027-02-01",
        "--since",
        "2026-11-21",
    )
    result = run_packshot(*arguments, "--compare-dates", "-f", "jsonl", "--fail-on", "fail", check=1)
    (line,) = parse_verdicts(result)
    assert line["path"].endswith("small.png")
    assert (line["before"], line["decision"]) == ("manual", "fail")
    size = next(outcome for outcome in line["outcomes"] if outcome["rule"] == "size-min")
    assert (size["before"], size["decision"], size["value"], size["limit"]) == ("pass", "fail", 300, 500)
    assert "fails on 2027-02-01 and not on 2026-11-21: 1 photo" in result.stderr
    early = ("--on", "2027-01-30", "--compare-dates", "--since", "2026-11-21", "-q", "-f", "jsonl")
    assert run_packshot("screen", scores, "-p", "google-merchant", *early, check=0).stdout == ""


@pytest.mark.parametrize("threshold", ["fail", "warn"])
def test_the_exit_status_is_that_of_the_worst_verdict(scores, threshold):
    run_packshot("screen", scores, "-p", "amazon-main", "-q", "--fail-on", threshold, check=1)


def test_the_threshold_counts_what_is_as_bad_or_worse(scores):
    run_packshot("screen", scores, "-p", "etsy", "-q", "--fail-on", "fail", check=0)
    run_packshot("screen", scores, "-p", "etsy", "-q", "--fail-on", "manual", check=1)
    run_packshot("screen", scores, "-p", "otto", "-q", "--fail-on", "warn", check=0)


def test_what_only_a_person_can_judge_is_told_once_and_fails_nothing(scores, tmp_path):
    policy_file = tmp_path / "ours.yaml"
    policy_file.write_text(
        "policy: ours\ntitle: Ours\nextends: otto\nrules:\n"
        "- {id: ironed, level: manual, title: Ironing, reason: 'Is it ironed?', remedy: Iron it.}\n"
    )
    screening = ("screen", scores, "-p", policy_file, "--fail-on", "manual")
    table = run_packshot(*screening, check=0)
    assert table.stdout.count("Is it ironed?") == 1
    assert table.stdout.count("Passes all that can be measured.") == 2
    assert "2 pass\n    only a person can judge: ironed" in table.stderr
    lines = parse_verdicts(run_packshot(*screening, "-f", "jsonl", "-q", check=0))
    assert [(line["decision"], line["manual_checks"]) for line in lines] == [("pass", ["ironed"])] * 2
    assert all(outcome["rule"] != "ironed" for line in lines for outcome in line["outcomes"])
    page = run_packshot(*screening, "-f", "html", "-q", check=0).stdout
    rules, cards = page.split('id="cards"', 1)
    assert rules.count("Is it ironed?") == 2  # To look at, and among the rules.
    assert "Is it ironed?" not in cards


def test_an_unreadable_photo_is_never_fine(shop):
    run_packshot("screen", shop / "torn.jpg", "-p", "otto", "-q", check=1)
    run_packshot("screen", shop / "torn.jpg", "-p", "otto", "-q", "--fail-on", "fail", check=1)


def test_a_policy_of_ones_own(scores, tmp_path):
    policy_file = tmp_path / "ours.yaml"
    policy_file.write_text(
        "policy: ours\ntitle: Ours\nextends: otto\nrules:\n- {id: format, value: [PNG]}\n"
    )
    rows = csv.DictReader(
        io.StringIO(run_packshot("screen", scores, "-p", policy_file, "-f", "csv", check=0).stdout)
    )
    decisions = {Path(row["path"]).name: row["rule_decision"] for row in rows if row["rule"] == "format"}
    assert decisions == {"mug.jpg": "fail", "small.png": "pass"}
    assert "ours, 2 rules" in run_packshot("policies", "check", policy_file, check=0).stdout
    policy_file.write_text("policy: ours\ntitle: Ours\n\nextands: otto\n")
    for result in (
        run_packshot("policies", "check", policy_file, check=1),
        run_packshot("screen", scores, "-p", policy_file, check=2),
    ):
        assert 'ours.yaml, line 4: extands: no such field; did you mean "extends"?' in result.stderr


def test_a_page_is_written(scores, tmp_path):
    run_packshot("screen", scores, "-p", "amazon-main", "-o", tmp_path / "page.html", "-q", check=0)
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count("<article") == 2


def test_wrong_usage_is_told(scores, shop, tmp_path):
    assert (
        'did you mean "amazon-main"'
        in run_packshot("screen", scores, "-p", "amazon-mian", check=2).stderr
    )
    assert "--policy" in run_packshot("screen", scores, check=2).stderr
    assert (
        "--compare-dates"
        in run_packshot("screen", scores, "-p", "otto", "--since", "2026-01-01", check=2).stderr
    )
    assert (
        "2026-13-01"
        in run_packshot("screen", scores, "-p", "otto", "--on", "2026-13-01", check=2).stderr
    )
    note = run_packshot("screen", scores, "-p", "amazon-main", "--category", "aparel", check=0).stderr
    assert 'no rule is made for the category "aparel"' in note
    (tmp_path / "odd.jsonl").write_text('{"path": "x", "status": "odd"}\n')
    assert (
        "odd.jsonl, line 1"
        in run_packshot("screen", tmp_path / "odd.jsonl", "-p", "otto", check=2).stderr
    )
    assert (
        "cannot be read" in run_packshot("screen", tmp_path / "gone.jsonl", "-p", "otto", check=2).stderr
    )
    assert "Examples" in run_packshot("screen", "--help", check=0).stdout


def test_policies_are_listed_and_shown():
    list_text = run_packshot("policies", check=0).stdout
    assert "Amazon Seller Central, page GT8RSE9S9NK4LP6Z" in list_text
    assert "community" in list_text
    assert "2026-11-21" in list_text
    policy_text = run_packshot("policies", "show", "google-merchant", check=0).stdout
    assert "from 2027-01-31" in policy_text
    assert "until 2027-01-30" in policy_text
    assert "必须" in run_packshot("policies", "show", "temu", "--language", "zh", check=0).stdout
    assert "no policy" in run_packshot("policies", "show", "tamu", check=2).stderr


def test_what_lies_over_a_photo_is_looked_for_where_a_policy_asks(tmp_path):
    Image.fromarray(add_frame(draw_square_product(80), 14, (200, 20, 20))).save(tmp_path / "framed.png")
    Image.fromarray(draw_square_product(88)).save(tmp_path / "plain.png")
    result = run_packshot(
        *("screen", tmp_path / "framed.png", tmp_path / "plain.png", "-p", "amazon-main", "-f", "jsonl"),
        *("--workers", 1),
        check=0,
    )
    framed_outcomes, clean_outcomes = (
        {one["rule"]: one for one in line["outcomes"]} for line in parse_verdicts(result)
    )
    assert framed_outcomes["border"]["decision"] == "fail"
    assert framed_outcomes["border"]["value"] == pytest.approx(100 * 14 / 600, abs=0.1)
    for rule in ("border", "text", "watermark"):
        assert (clean_outcomes[rule]["decision"], clean_outcomes[rule]["value"]) == ("pass", 0.0)


def test_assessments_with_overlays_are_screened_without_the_photos(tmp_path):
    Image.fromarray(draw_square_product(88)).save(tmp_path / "plain.png")
    scores = tmp_path / "scores.jsonl"
    run_packshot("assess", tmp_path / "plain.png", "--overlays", "-o", scores, "-q", check=0)
    result = run_packshot("screen", scores, "-p", "amazon-main", "-f", "jsonl", check=0)
    outcomes = {one["rule"]: one["decision"] for one in parse_verdicts(result)[0]["outcomes"]}
    assert (outcomes["text"], outcomes["watermark"], outcomes["border"]) == ("pass",) * 3
