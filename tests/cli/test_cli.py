"""The command line as a user meets it, in processes of its own."""

import contextlib
import csv
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest
from typer.testing import CliRunner

from packshot.assess.retrieval import Aggregation, Distance
from packshot.cli.application import application
from packshot.cli.assess import AggregationName, DistanceName
from packshot.report import Assessment
from tests.cli.command import run_packshot
from tests.conftest import ROOT, TIMEOUT_S, make_packshot, make_picture

KEYS = {
    *("path", "status", "score", "grade", "percentile", "confidence"),
    *("measurements", "distortions", "findings", "evidence"),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    cv2.imwrite(str(folder / "box.png"), make_packshot()[..., ::-1])
    cv2.imwrite(str(folder / "scene.jpg"), make_picture(300, 400)[..., ::-1])
    soft = cv2.GaussianBlur(make_picture(300, 400), (0, 0), 5)
    cv2.imwrite(str(folder / "soft.jpg"), soft[..., ::-1])
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    return folder


@pytest.fixture(scope="module")
def lines(shop):
    result = run_packshot("assess", shop, "--format", "jsonl", check=0)
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_json_lines_follow_the_published_schema(lines):
    schema = json.loads((ROOT / "docs" / "assessment.schema.json").read_text())
    assert schema == Assessment.model_json_schema()
    for line in lines:
        jsonschema.validate(line, schema)
        assert set(line) >= KEYS


def test_every_input_is_accounted_for_in_order(lines):
    assert [Path(line["path"]).name for line in lines] == [
        "box.png",
        "broken.jpg",
        "scene.jpg",
        "soft.jpg",
    ]
    assert [line["status"] for line in lines] == ["ok", "unreadable", "ok", "ok"]


def test_scores_come_with_evidence(lines):
    for line in lines:
        if line["status"] == "ok":
            assert 0 <= line["score"] <= 100
            assert 0 <= line["confidence"] <= 1
            assert len(line["evidence"]) >= 5
            assert line["models"]["content"]
            assert line["reference"] == "product photos of ten shops"


def test_a_blurred_photo_is_told_why(lines):
    soft = lines[3]
    codes = [finding["code"] for finding in soft["findings"]]
    assert "blurred" in codes
    assert all(finding["remedy"] for finding in soft["findings"])


def test_unreadable_files_are_listed_at_the_end(shop):
    result = run_packshot("assess", shop, check=0)
    assert "1 unreadable" in result.stderr
    assert "broken.jpg" in result.stderr.splitlines()[-1]
    assert "3 photos assessed" in result.stderr


def test_fail_under(shop):
    assert run_packshot("assess", shop / "scene.jpg", "--fail-under", 1).returncode == 0
    assert run_packshot("assess", shop / "scene.jpg", "--fail-under", 100).returncode == 1
    assert run_packshot("assess", shop / "broken.jpg", "--fail-under", 1).returncode == 1
    assert run_packshot("assess", shop / "broken.jpg").returncode == 1


def test_csv_is_safe_and_complete(shop, tmp_path):
    shutil.copy(shop / "scene.jpg", tmp_path / "=cmd.jpg")
    result = run_packshot("assess", "=cmd.jpg", "--format", "csv", cwd=tmp_path, check=0)
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert row["path"] == "'=cmd.jpg"
    assert float(row["score"]) > 0
    assert float(row["sharpness"]) > 0


def test_html_is_one_self_contained_page(shop, tmp_path):
    hostile = tmp_path / "<script>alert(1)<x>.jpg"
    shutil.copy(shop / "scene.jpg", hostile)
    page = tmp_path / "out" / "report.html"
    run_packshot("assess", shop, hostile, "--format", "html", "-o", page, check=0)
    text = page.read_text(encoding="utf-8")
    assert text.count("<article") == 4
    assert text.count("data:image/jpeg;base64,") == 4
    assert "<script>alert(1)" not in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text
    assert "broken.jpg" in text
    assert [p.name for p in page.parent.iterdir()] == ["report.html"]


def test_the_damage_map_is_told_where_it_is_asked_for(shop, tmp_path):
    def assess(*arguments):
        return run_packshot("assess", shop / "soft.jpg", *arguments, check=0).stdout

    without, with_map = (
        json.loads(assess("-f", "jsonl", *option)) for option in ((), ("--damage-map",))
    )
    assert without["damage_map"] == []
    assert np.ptp(with_map["damage_map"]) > 0
    assert with_map | {"damage_map": []} == without
    for name in ("table", "csv"):
        assert assess("-f", name, "--damage-map") == assess("-f", name)
    for name, options in (("a", ()), ("b", ("--damage-map",))):
        assess("-o", tmp_path / f"{name}.html", *options)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert '<img class="heat" src="data:image/' in page
    assert page == (tmp_path / "b.html").read_text(encoding="utf-8")


def test_chinese(shop):
    result = run_packshot("assess", shop / "soft.jpg", "--language", "zh", "--format", "jsonl", check=0)
    assert "边缘" in json.loads(result.stdout)["findings"][0]["reason"]


def test_explain_shows_evidence_and_measurements(shop):
    result = run_packshot("assess", shop / "scene.jpg", "--explain", check=0)
    assert "Evidence" in result.stdout
    assert "Edge width" in result.stdout


def test_csv_of_paths_and_patterns(shop):
    table = shop / "feed.csv"
    table.write_text("path\nbox.png\ngone.jpg\n")
    result = run_packshot("assess", table, str(shop / "s*.jpg"), "--format", "jsonl", check=0)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["status"] for line in found] == ["ok", "unreadable", "ok", "ok"]
    table.unlink()


def test_workers_do_not_change_scores(shop, lines):
    result = run_packshot("assess", shop, "--format", "jsonl", "--workers", 2, check=0)
    again = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["score"] for line in again] == pytest.approx(
        [line["score"] for line in lines], abs=0.1, nan_ok=True
    ) or [line["score"] for line in again] == [line["score"] for line in lines]


def test_an_input_is_never_overwritten(shop):
    before = (shop / "scene.jpg").read_bytes()
    result = run_packshot("assess", shop, "--format", "html", "-o", shop / "scene.jpg")
    assert result.returncode == 2
    assert "one of the inputs" in result.stderr
    assert (shop / "scene.jpg").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["assess", "nowhere.jpg"], "no such file"),
        (["assess", "*.gif"], "no file matches"),
        (["assess", ".", "--language", "xx"], "no texts"),
        (["assess", ".", "--fail-under", "200"], "fail-under"),
        (["assess", ".", "--format", "pdf"], "pdf"),
        (["atlas", "info", "none.npz"], "cannot read"),
    ],
)
def test_usage_errors_are_one_clear_message(arguments, message, shop):
    result = run_packshot(*arguments, cwd=shop)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_help_shows_examples():
    assert "packshot assess shop-photos/" in run_packshot("assess", "--help", check=0).stdout


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from typer.testing import CliRunner; import packshot;"
        "from packshot.cli.application import application;"
        "assert 'Score photos' in CliRunner().invoke(application, ['--help']).output;"
        "heavy = {'cv2', 'onnxruntime', 'numpy', 'PIL', 'torch', 'pydantic'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("command", ["assess", "enhance"])
def test_the_process_that_asks_loads_no_decoder_and_no_network(command):
    record = {"assess": "assessment", "enhance": "enhancement"}[command]
    code = (
        f"import sys, packshot.cli.{command}, packshot.render.{record};"
        "heavy = {'cv2', 'onnxruntime', 'numpy', 'jinja2'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(("arguments", "name"), [((), "assessment"), (("enhancement",), "enhancement")])
def test_schema_command_prints_the_committed_file(arguments, name):
    result = run_packshot("schema", *arguments, check=0)
    assert json.loads(result.stdout) == json.loads((ROOT / "docs" / f"{name}.schema.json").read_text())


def test_own_atlas_from_folder_and_table_to_score(shop, tmp_path):
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("file,score\nbox.png,5\nscene.jpg,4\nsoft.jpg,1\nbroken.jpg,3\n")
    atlas = tmp_path / "own.atlas.npz"
    result = run_packshot("atlas", "build", ratings, shop, "-o", atlas, "--scale", 1, 5, check=0)
    assert "3 rated photos" in result.stdout
    assert "broken.jpg" in result.stderr
    info = json.loads(run_packshot("atlas", "info", atlas, "--json", check=0).stdout)
    assert info["examples"] == 3
    first = json.loads(
        run_packshot("assess", shop / "soft.jpg", "--atlas", atlas, "--format", "jsonl", check=0).stdout
    )
    assert first["score"] < 20
    run_packshot("atlas", "add", atlas, shop / "soft.jpg", "--score", 95, check=0)
    run_packshot("atlas", "add", atlas, shop / "soft.jpg", "--score", 95, check=0)
    second = json.loads(
        run_packshot("assess", shop / "soft.jpg", "--atlas", atlas, "--format", "jsonl", check=0).stdout
    )
    assert second["score"] > first["score"] + 20


def test_library_in_five_lines(shop):
    code = (
        "from packshot import Assessor\n"
        f"assessment = Assessor().assess({str(shop / 'scene.jpg')!r})\n"
        "print(assessment.score, [finding.remedy for finding in assessment.findings])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert np.isfinite(float(result.stdout.split()[0]))


def run_and_interrupt(folder, *arguments):
    """Run on many photos, and press Ctrl-C once the first lines are there."""
    command = [sys.executable, "-m", "packshot", "assess", folder, *arguments]
    process = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=restore_ctrl_c,
        bufsize=0,  # Or `readline` would take more than a line, and `communicate` miss it.
    )
    first = process.stdout.readline() if "-o" not in arguments else b""
    if not first:
        wait_for_lines(process, folder.parent)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=TIMEOUT_S)
    return process.returncode, (first + out).decode(), err.decode()


def restore_ctrl_c():
    """A shell that starts tests in the background has them, and all they start, ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for_lines(process, folder):
    """Until something was written to the draft of the output: a file there, with a name or not."""
    deadline = time.monotonic() + TIMEOUT_S
    while not any(size for _, size in iter_drafts(process, folder)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def iter_drafts(process, folder):
    """Files of a folder that a process has open for itself, and their sizes."""
    for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            name, found = os.readlink(descriptor), descriptor.stat()
            if os.path.dirname(name) == str(folder) and stat.S_ISREG(found.st_mode):
                yield name, found.st_size


@pytest.fixture
def many_photos(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(400):
        cv2.imwrite(str(folder / f"{number:03}.jpg"), make_picture(240, 320, seed=number)[..., ::-1])
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_leaves_complete_lines(many_photos, workers):
    status, out, err = run_and_interrupt(many_photos, "--format", "jsonl", "--workers", workers)
    assert status == 130
    assert 1 <= len([json.loads(line) for line in out.splitlines()]) < 400
    assert out.endswith("\n")
    assert "interrupted: " in err
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_ctrl_c_keeps_what_was_written_beside_the_file(many_photos):
    output = many_photos.parent / "scores.jsonl"
    output.write_text("of the last run\n")
    status, _, _ = run_and_interrupt(many_photos, "-o", output)
    assert status == 130
    assert output.read_text() == "of the last run\n"
    partial = many_photos.parent / "scores.jsonl.part"
    assert all(json.loads(line)["status"] == "ok" for line in partial.read_text().splitlines())
    assert {path.name for path in many_photos.parent.iterdir()} == {"many", output.name, partial.name}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_reader_may_leave_early(many_photos):
    command = f"{sys.executable} -m packshot assess {many_photos} -f jsonl --workers 1 | head -n 1"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=TIMEOUT_S)
    assert json.loads(result.stdout)["status"] == "ok"
    assert result.stderr == ""


def test_the_extension_of_the_output_names_the_format(shop, tmp_path):
    for name, start in (("a.jsonl", "{"), ("a.csv", "path,"), ("a.HTML", "<!doctype")):
        run_packshot("assess", shop / "scene.jpg", "-o", tmp_path / name, check=0)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)


def test_a_table_of_paths_is_never_overwritten(shop, tmp_path):
    table = tmp_path / "feed.csv"
    table.write_text(f"path\n{shop / 'scene.jpg'}\n")
    result = run_packshot("assess", table, "-o", table)
    assert result.returncode == 2
    assert table.read_text().startswith("path\n")


def test_options_name_what_the_library_offers():
    assert {item.value for item in DistanceName} == {item.value for item in Distance}
    assert {item.value for item in AggregationName} == {item.value for item in Aggregation}


def test_retrieval_options_reach_the_score(shop):
    def read_score(*options):
        result = run_packshot("assess", shop / "scene.jpg", "-f", "jsonl", *options, check=0)
        return json.loads(result.stdout)["score"]

    assert read_score("--neighbours", 1) != read_score("--neighbours", 30, "--aggregation", "simple")


def test_quiet_says_nothing_but_what_is_unreadable(shop):
    assert run_packshot("assess", shop / "scene.jpg", "--quiet", check=0).stderr == ""
    assert "broken.jpg" in run_packshot("assess", shop, "--quiet", check=0).stderr


def test_training_without_pytorch_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("packshot.cli.train.find_spec", lambda name: None)
    names = ("--checkpoint", "--teacher", "--product-ratings", "--products", "--ratings", "--photos")
    names += ("--pleasantness", "--pleasant-photos", "--fonts", "--work", "--weights")
    paths = [part for name in names for part in (name, str(tmp_path))]
    result = CliRunner().invoke(application, ["train", "everything", *paths])
    assert result.exit_code == 2
    assert "PyTorch" in result.stderr
    assert result.stdout == ""
