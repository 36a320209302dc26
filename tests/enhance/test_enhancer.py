"""The whole way with the shipped models: files in, files out."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from packshot.assess.assessor import Assessor
from packshot.assess.pool import AssessorSettings
from packshot.enhance.enhancer import Enhancer
from packshot.enhance.loop import LoopOptions
from packshot.enhance.pool import Task, enhance_paths
from packshot.errors import InvalidInput, SourceError
from packshot.photo import Photo
from packshot.report import Action, Status
from tests.conftest import ROOT, make_packshot, make_picture

SAMPLES = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def enhancer():
    return Enhancer(Assessor())


@pytest.fixture(scope="module")
def warm(enhancer, tmp_path_factory):
    output = tmp_path_factory.mktemp("warm") / "mug.jpg"
    return enhancer.enhance(SAMPLES / "mug-warm-cast.jpg", output), output


def test_a_damaged_photo_is_enhanced(warm, enhancer):
    result, output = warm
    assert (result.status, result.action) == (Status.OK, Action.ENHANCED)
    assert result.score_after >= result.score_before + 10
    assert result.steps[0] == "white-balance"
    assert result.reason
    assert enhancer.assessor.assess(output).score == pytest.approx(result.score_after, abs=0.1)


def test_the_score_before_is_that_of_assess(warm, enhancer):
    assessed = enhancer.assessor.assess(SAMPLES / "mug-warm-cast.jpg")
    assert warm[0].score_before == pytest.approx(assessed.score, abs=0.1)


def test_the_trace_tells_every_round(warm):
    result, _ = warm
    assert [trial.round for trial in result.trace] == list(range(1, len(result.trace) + 1))
    assert tuple(trial.step for trial in result.trace if trial.kept) == result.steps


def test_a_good_photo_comes_back_byte_for_byte(enhancer, tmp_path):
    source = SAMPLES / "clay-bowl.jpg"
    result = enhancer.enhance(source, tmp_path / "out.jpg")
    assert result.action is Action.UNCHANGED
    assert (tmp_path / "out.jpg").read_bytes() == source.read_bytes()
    assert result.score_after == result.score_before
    assert result.steps == ()


def test_what_cannot_be_repaired_is_to_be_taken_again(enhancer, tmp_path):
    flat = np.full((300, 400, 3), (30, 30, 34), np.uint8)
    cv2.circle(flat, (200, 150), 60, (40, 38, 36), -1)
    flat = cv2.GaussianBlur(flat, (0, 0), 9)
    source = tmp_path / "dark.png"
    cv2.imwrite(str(source), flat)
    options = LoopOptions(only=frozenset({"deblock"}))
    result = Enhancer(enhancer.assessor, options).enhance(source, tmp_path / "out.png")
    assert result.action is Action.RESHOOT
    assert (tmp_path / "out.png").read_bytes() == source.read_bytes()
    assert any(found.remedy in result.reason for found in result.before.findings)


def test_the_original_is_not_touched(warm, tmp_path, enhancer):
    source = tmp_path / "in.jpg"
    source.write_bytes((SAMPLES / "mug-warm-cast.jpg").read_bytes())
    before = source.stat()
    enhancer.enhance(source, tmp_path / "out.jpg")
    assert source.read_bytes() == (SAMPLES / "mug-warm-cast.jpg").read_bytes()
    assert source.stat().st_mtime_ns == before.st_mtime_ns


def test_enhancing_twice_gives_the_same_file(warm, enhancer, tmp_path):
    enhancer.enhance(SAMPLES / "mug-warm-cast.jpg", tmp_path / "again.jpg")
    assert (tmp_path / "again.jpg").read_bytes() == warm[1].read_bytes()


def test_another_format_is_encoded_anew(enhancer, tmp_path):
    source = SAMPLES / "clay-bowl.jpg"
    result = enhancer.enhance(source, tmp_path / "out.png")
    assert result.action is Action.UNCHANGED
    assert Photo.open(tmp_path / "out.png").facts.format == "PNG"
    assert np.array_equal(Photo.open(tmp_path / "out.png").pixels, Photo.open(source).pixels)


def test_a_larger_photo_keeps_its_size(enhancer, tmp_path):
    pixels = Photo.open(SAMPLES / "mug-warm-cast.jpg").pixels
    large = cv2.resize(pixels, None, fx=1500 / pixels.shape[1], fy=1500 / pixels.shape[1])
    cv2.imwrite(str(tmp_path / "in.jpg"), large[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
    result = enhancer.enhance(tmp_path / "in.jpg", tmp_path / "out.jpg")
    assert result.action is Action.ENHANCED
    assert Photo.open(tmp_path / "out.jpg").pixels.shape == large.shape


def gif():
    file = io.BytesIO()
    frames = [Image.fromarray(make_picture(120, 160, seed)) for seed in (0, 1)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


def cut_out():
    file = io.BytesIO()
    pixels = cv2.GaussianBlur(make_packshot(), (0, 0), 4)
    alpha = np.where(pixels.min(axis=2) > 250, 0, 255).astype(np.uint8)
    Image.fromarray(np.dstack([pixels, alpha])).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(("name", "data"), [("a.gif", gif()), ("b.png", cut_out())])
def test_what_would_lose_something_stays_as_it_is(enhancer, tmp_path, name, data):
    source = tmp_path / name
    source.write_bytes(data)
    result = enhancer.enhance(source, tmp_path / "out" / name)
    assert result.action is not Action.ENHANCED
    assert result.trace == ()
    assert (tmp_path / "out" / name).read_bytes() == data


def test_an_unreadable_photo_is_a_row_and_nothing_is_written(enhancer, tmp_path):
    source = tmp_path / "broken.jpg"
    source.write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    result = enhancer.enhance(source, tmp_path / "out.jpg")
    assert (result.status, result.action, result.output) == (Status.UNREADABLE, None, None)
    assert result.error
    assert not (tmp_path / "out.jpg").exists()


def test_an_output_of_no_format_is_refused_before_anything_is_done(enhancer, tmp_path):
    with pytest.raises(InvalidInput, match="cannot tell the format"):
        enhancer.enhance(SAMPLES / "mug.jpg", tmp_path / "out.txt")


def test_an_output_that_cannot_be_written_is_an_error(enhancer, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SourceError, match="cannot write"):
        enhancer.enhance(SAMPLES / "clay-bowl.jpg", tmp_path / "file" / "out.jpg")


def test_reasons_speak_the_assessors_language(tmp_path):
    result = Enhancer(Assessor(language="zh")).enhance(SAMPLES / "clay-bowl.jpg", tmp_path / "out.jpg")
    assert result.reason == "没有发现可以修复的问题。"


def test_processes_give_what_one_gives(warm, tmp_path):
    names = ("mug-warm-cast.jpg", "clay-bowl.jpg", "mug.jpg")
    tasks = [Task(SAMPLES / name, tmp_path / name) for name in names]
    results = enhance_paths(tasks, settings=AssessorSettings(), options=LoopOptions(), workers=2)
    assert [result.path for result in results] == [str(task.path) for task in tasks]
    assert (tmp_path / "mug-warm-cast.jpg").read_bytes() == warm[1].read_bytes()


def test_a_black_picture_is_not_enhanced(enhancer, tmp_path):
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((300, 300, 3), np.uint8))
    result = enhancer.enhance(tmp_path / "black.png", tmp_path / "out.png")
    assert result.action is Action.RESHOOT
    assert result.steps == ()


def test_every_kind_of_file_comes_through(enhancer, tmp_path):
    pixels = Photo.open(SAMPLES / "mug-warm-cast.jpg", max_side=400).pixels
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).convert("CMYK").save(tmp_path / "cmyk.jpg")
    Image.fromarray(pixels).save(tmp_path / "turned.jpg", exif=exif)
    cv2.imwrite(str(tmp_path / "deep.png"), pixels[..., ::-1].astype(np.uint16) * 257)
    for name in ("cmyk.jpg", "turned.jpg", "deep.png"):
        result = enhancer.enhance(tmp_path / name, tmp_path / "out" / name)
        before, after = Photo.open(tmp_path / name), Photo.open(tmp_path / "out" / name)
        assert result.action is Action.ENHANCED, name
        assert after.pixels.shape == before.pixels.shape
        assert after.facts.colour_mode == "RGB"
