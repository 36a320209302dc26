"""`packshot enhance` and `packshot optimize` as a user meets them."""

import json
import os
import shutil

import cv2
import jsonschema
import numpy as np
import pytest
from PIL import Image

from packshot.photo import Photo
from packshot.report import Enhancement
from tests.cli.command import run_packshot
from tests.conftest import ROOT
from tests.measure.pictures import draw_scene
from tests.photo.colour_files import DISPLAY_P3, SRGB_CURVE, make_profile

SAMPLES = ROOT / "examples" / "photos"
NAMES = ("clay-bowl.jpg", "mug-warm-cast.jpg")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    (folder / "sub").mkdir()
    shutil.copy(SAMPLES / NAMES[0], folder)
    shutil.copy(SAMPLES / NAMES[1], folder / "sub")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    return folder


@pytest.fixture(scope="module")
def enhance_result(shop, tmp_path_factory):
    """A folder enhanced: standard output's lines, the output folder, the report."""
    out = tmp_path_factory.mktemp("out")
    report = out / "report.html"
    result = run_packshot(
        *("enhance", shop, "-o", out / "photos", "--format", "jsonl", "--report", report), check=0
    )
    return (
        [json.loads(line) for line in result.stdout.splitlines()],
        out / "photos",
        report,
        result.stderr,
    )


def test_a_line_for_each_photo_and_a_file_for_each_that_opens(enhance_result):
    lines, out, _, _ = enhance_result
    assert [os.path.basename(line["path"]) for line in lines] == ["broken.jpg", *NAMES]
    assert [line["status"] for line in lines] == ["unreadable", "ok", "ok"]
    assert [line["action"] for line in lines] == [None, "unchanged", "enhanced"]
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*.*")) == [NAMES[0], f"sub/{NAMES[1]}"]
    needed = {"path", "output", "status", "action", "score_before", "score_after", "steps"}
    assert all(needed <= set(line) for line in lines)
    assert lines[2]["output"] == str(out / "sub" / NAMES[1])


def test_scores_rise_and_good_photos_are_the_same_bytes(enhance_result, shop):
    lines, out, _, _ = enhance_result
    assert lines[2]["score_after"] > lines[2]["score_before"] + 10
    assert (out / NAMES[0]).read_bytes() == (shop / NAMES[0]).read_bytes()
    assert (
        Photo.open(out / "sub" / NAMES[1]).pixels.shape
        == Photo.open(shop / "sub" / NAMES[1]).pixels.shape
    )


def test_lines_follow_the_schema(enhance_result):
    schema = json.loads((ROOT / "docs" / "enhancement.schema.json").read_text())
    for line in enhance_result[0]:
        jsonschema.validate(line, schema)
        Enhancement.model_validate(line)


def test_the_report_shows_before_and_after(enhance_result):
    page = enhance_result[2].read_text()
    assert page.count("data:image/jpeg;base64,") >= 3
    assert 'type="range"' in page


def test_the_summary_counts(enhance_result):
    assert "2 photos: 1 enhanced, 1 unchanged, 0 reshoot" in enhance_result[3]
    assert "1 unreadable:" in enhance_result[3]


def test_one_photo_to_one_file_with_the_trace(shop, tmp_path):
    result = run_packshot(
        "enhance", shop / "sub" / NAMES[1], "-o", tmp_path / "better.jpg", "--explain", check=0
    )
    assert "Kept" in result.stdout
    assert (tmp_path / "better.jpg").exists()


def test_optimize_stops_at_the_target(shop, tmp_path):
    photo = shop / "sub" / NAMES[1]
    arguments = ("optimize", photo, "-o", tmp_path / "a.jpg", "--format", "jsonl", "--explain")
    easy = json.loads(run_packshot(*arguments, "--target", 30, check=0).stdout)
    assert (easy["action"], easy["trace"]) == ("unchanged", [])
    result = run_packshot(*arguments, "--target", 60, check=0)
    assert json.loads(result.stdout)["score_after"] >= 60
    assert "score of 60 reached: 1 of 1" in result.stderr


def test_optimize_frames_the_product(tmp_path):
    bowl = cv2.imread(str(SAMPLES / "clay-bowl.jpg"))
    source, side = tmp_path / "off-centre.jpg", bowl.shape[0]
    off_centre = cv2.copyMakeBorder(bowl, 0, side, side // 2, side, cv2.BORDER_REPLICATE)
    cv2.imwrite(str(source), off_centre, [cv2.IMWRITE_JPEG_QUALITY, 95])
    result = run_packshot("optimize", source, "-o", tmp_path / "a.jpg", "--format", "jsonl", check=0)
    line = json.loads(result.stdout)
    assert "frame-product" in line["steps"]
    assert line["score_after"] > line["score_before"]


def test_a_stopped_run_goes_on(shop, tmp_path):
    run_packshot("enhance", shop / NAMES[0], "-o", tmp_path, check=0)
    modified_ns = (tmp_path / NAMES[0]).stat().st_mtime_ns
    result = run_packshot(
        "enhance", shop, "-o", tmp_path, "--skip-existing", "--format", "jsonl", check=0
    )
    assert len(result.stdout.splitlines()) == 2
    assert "1 photo skipped" in result.stderr
    assert (tmp_path / NAMES[0]).stat().st_mtime_ns == modified_ns


def test_in_place_replaces_what_got_better(shop, tmp_path):
    for name in (NAMES[0], f"sub/{NAMES[1]}"):
        shutil.copy(shop / name, tmp_path)
    run_packshot("enhance", tmp_path, "--in-place", check=0)
    assert (tmp_path / NAMES[0]).read_bytes() == (shop / NAMES[0]).read_bytes()
    assert (tmp_path / NAMES[1]).read_bytes() != (shop / "sub" / NAMES[1]).read_bytes()
    assert sorted(os.listdir(tmp_path)) == sorted(NAMES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say where to write"),
        (["-o", "{shop}"], "is one of the photos"),
        (["-o", "{tmp}/a.txt/b"], None),
        (["-o", "{tmp}", "--in-place"], "say where to write"),
        (["-o", "{tmp}/one.jpg"], "name a folder"),
        (["-o", "{tmp}", "--steps", "magic"], "no step 'magic'"),
        (["-o", "{tmp}", "--steps", "frame-product"], "no step 'frame-product' (see packshot optimize)"),
        (["-o", "{tmp}", "--language", "xx"], "no texts in 'xx'"),
    ],
)
def test_wrong_usage_is_said_in_one_line(shop, tmp_path, arguments, message):
    (tmp_path / "a.txt").write_text("")
    before = {path: path.read_bytes() for path in shop.rglob("*.jpg")}
    result = run_packshot("enhance", shop, *(a.format(shop=shop, tmp=tmp_path) for a in arguments))
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert (message or "cannot write") in result.stderr
    assert {path: path.read_bytes() for path in shop.rglob("*.jpg")} == before


def test_hostile_names_pass_through(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    name = "=cmd 'x' \"ü\" [a] %s.png"
    cv2.imwrite(str(tmp_path / "p.png"), np.full((80, 80, 3), 200, np.uint8))
    os.replace(tmp_path / "p.png", folder / name)
    result = run_packshot("enhance", folder, "-o", tmp_path / "out", "--format", "jsonl", check=0)
    assert json.loads(result.stdout)["output"] == str(tmp_path / "out" / name)
    assert (tmp_path / "out" / name).exists()


def test_help_has_examples():
    for command in ("enhance", "optimize"):
        help_text = run_packshot(command, "--help", check=0).stdout
        assert f"packshot {command} " in help_text
        assert "Examples:" in help_text


@pytest.fixture
def bowl_with_location(tmp_path):
    """A photo that needs no repair and says where it was taken, of a private and old file."""
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[29] = "2026:01:02"
    block = exif.tobytes()
    data = (SAMPLES / NAMES[0]).read_bytes()
    photo = tmp_path / NAMES[0]
    photo.write_bytes(data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:])
    photo.chmod(0o600)
    os.utime(photo, ns=(10**18, 10**18))
    return photo


@pytest.mark.parametrize("command", ["enhance", "optimize"])
def test_no_output_says_where_a_photo_was_taken(bowl_with_location, tmp_path, command):
    before = Photo.open(bowl_with_location).pixels
    result = run_packshot(
        command, bowl_with_location, "--in-place", "--keep-times", "-f", "jsonl", check=0
    )
    assert "where it was taken was removed" in json.loads(result.stdout)["reason"]
    assert b"2026:01:02" not in bowl_with_location.read_bytes()
    assert np.array_equal(Photo.open(bowl_with_location).pixels, before)
    status = bowl_with_location.stat()
    assert (status.st_mode & 0o777, status.st_mtime_ns) == (0o600, 10**18)


def test_location_stays_where_it_is_wanted(bowl_with_location, tmp_path):
    report = tmp_path / "report.html"
    run_packshot(
        *(
            "enhance",
            bowl_with_location,
            "-o",
            tmp_path / "out.jpg",
            "--keep-location",
            "--report",
            report,
        ),
        check=0,
    )
    assert (tmp_path / "out.jpg").read_bytes() == bowl_with_location.read_bytes()
    assert "2026:01:02" not in report.read_text()


def test_a_name_as_long_as_can_be_stops_nothing(tmp_path):
    (tmp_path / "in").mkdir()
    names = sorted(["a.jpg", "ü" * 123 + ".jpg"])
    for name in names:
        shutil.copy(SAMPLES / NAMES[0], tmp_path / "in" / name)
    run_packshot("enhance", tmp_path / "in", "-o", tmp_path / "out", check=0)
    assert sorted(os.listdir(tmp_path / "out")) == names


@pytest.fixture(scope="module")
def optimize_result(tmp_path_factory):
    """The off-centre bowl and a scene, optimised towards a policy: lines and folder."""
    folder = tmp_path_factory.mktemp("optimize")
    shutil.copy(SAMPLES / "bowl-small-off-centre.jpg", folder)
    cv2.imwrite(str(folder / "scene.png"), draw_scene()[..., ::-1])
    out = folder / "out"
    result = run_packshot(
        *("optimize", folder, "-o", out, "--policy", "amazon-main", "--on", "2026-05-01"),
        *("--steps", "whiten-background,frame-product", "--format", "jsonl"),
        *("--report", folder / "rules.html"),
        check=0,
    )
    return [json.loads(line) for line in result.stdout.splitlines()], out, result.stderr, folder


def test_optimize_centres_a_product_and_tells_every_rule_before_and_after(optimize_result):
    [bowl, _], out, summary, _ = optimize_result
    assert bowl["steps"] == ["frame-product"]
    rules = {rule["rule"]: rule for rule in bowl["policy"]["rules"]}
    assert bowl["policy"]["policy"] == "amazon-main"
    assert rules["fill"]["before"] == "fail"
    assert rules["fill"]["value_after"] > rules["fill"]["value_before"] + 15
    assert max(Photo.open(out / "bowl-small-off-centre.jpg").pixels.shape) >= 500
    assert "amazon-main: " in summary


def test_optimize_leaves_a_scene_alone_and_says_why(optimize_result):
    [_, scene], out, _, folder = optimize_result
    assert scene["action"] != "enhanced"
    assert {"step": "frame-product", "reason": "no-product"} in scene["abstentions"]
    assert (out / "scene.png").read_bytes() == (folder / "scene.png").read_bytes()
    assert "it is not certain where the product is" in (folder / "rules.html").read_text()


def test_optimize_lines_follow_the_schema(optimize_result):
    schema = json.loads((ROOT / "docs" / "enhancement.schema.json").read_text())
    for line in optimize_result[0]:
        jsonschema.validate(line, schema)
        Enhancement.model_validate(line)


def test_optimize_cuts_out_into_a_format_that_can_be_transparent(tmp_path):
    run_packshot(
        *("optimize", SAMPLES / "mug.jpg", "-o", tmp_path, "--background", "transparent"),
        *("--steps", "cut-out"),
        check=0,
    )
    with Image.open(tmp_path / "mug.png") as picture:
        assert picture.mode == "RGBA"
        assert picture.getpixel((0, 0))[3] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--ratio", "wide"), "--ratio wide"),
        (("--policy", "amazon-mian"), "amazon-main"),
        (("--steps", "polish"), "polish"),
    ],
)
def test_optimize_refuses_what_it_does_not_know(tmp_path, options, message):
    result = run_packshot("optimize", SAMPLES / "mug.jpg", "-o", tmp_path / "a.jpg", *options, check=2)
    assert message in result.stderr


@pytest.mark.parametrize("background", ["auto", "white"])
def test_optimize_keeps_16_bits_and_a_wide_gamut(tmp_path, background):
    """What was framed or whitened came out with 8 bits, in sRGB."""
    profile = make_profile(SRGB_CURVE, DISPLAY_P3)
    bowl = Photo.open(SAMPLES / "bowl-small-off-centre.jpg").pixels
    with Image.fromarray(bowl) as image:
        image.save(tmp_path / "wide.jpg", quality=95, icc_profile=profile)
    noise = np.random.default_rng(1).integers(-100, 100, bowl.shape)
    deep = np.clip(bowl.astype(np.int32) * 257 * 0.93 + noise, 0, 65535).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), deep[..., ::-1])
    paths, output = (tmp_path / "wide.jpg", tmp_path / "deep.png"), tmp_path / "out"
    options = () if background == "auto" else ("--background", background)
    result = run_packshot("optimize", *paths, "-o", output, "--format", "jsonl", *options, check=0)
    for record in map(json.loads, result.stdout.splitlines()):
        assert "frame-product" in record["steps"]
        assert "bits" not in record["reason"]
        assert "sRGB" not in record["reason"]
    with Image.open(output / "wide.jpg") as image:
        assert image.info["icc_profile"] == profile
        assert image.size != bowl.shape[1::-1]
    written = cv2.imread(str(output / "deep.png"), cv2.IMREAD_UNCHANGED)
    assert written.dtype == np.uint16
    assert written.shape != deep.shape
    corner = written[:40, :40]
    assert (corner == 65535).mean() > 0.95
    middle = written[written.shape[0] // 2, written.shape[1] // 2 - 60 : written.shape[1] // 2 + 60]
    assert (middle % 257 != 0).mean() > 0.9  # Low bits that were there are there.


def test_16_bits_and_a_wide_gamut_come_out_as_they_went_in(tmp_path):
    dark = Photo.open(SAMPLES / "stool-low-light.jpg").pixels.astype(np.uint16) * 257
    noise = np.random.default_rng(1).integers(-128, 128, dark.shape)
    deep = np.clip(dark + noise, 0, 65535).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), deep[..., ::-1])
    profile = make_profile(SRGB_CURVE, DISPLAY_P3)
    with Image.open(SAMPLES / "mug-warm-cast.jpg") as image:
        image.save(tmp_path / "wide.jpg", quality=92, dpi=(300, 300), icc_profile=profile)
    output = tmp_path / "out"
    paths = tmp_path / "deep.png", tmp_path / "wide.jpg"
    result = run_packshot("enhance", *paths, "-o", output, "--format", "jsonl", check=0)
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["action"] for record in records] == ["enhanced", "enhanced"]
    written = cv2.imread(str(output / "deep.png"), cv2.IMREAD_UNCHANGED)
    assert written.dtype == np.uint16
    assert np.unique(written).size > 2000
    with Image.open(output / "wide.jpg") as wide, Image.open(tmp_path / "wide.jpg") as before:
        assert wide.info["icc_profile"] == profile
        assert wide.info["dpi"] == (300, 300)
        assert wide.quantization == before.quantization
