"""The whole way with the shipped models: files in, files out."""

import errno
import io
import os
import stat

import cv2
import numpy as np
import pytest
from PIL import Image

from packshot.assess.assessor import Assessor
from packshot.assess.pool import AssessorSettings
from packshot.enhance import enhancer as enhancer_module
from packshot.enhance.enhancer import Enhancer
from packshot.enhance.gps_location import StrippedFile
from packshot.enhance.loop_options import LoopOptions
from packshot.enhance.output_file import OutputOptions
from packshot.enhance.pool import EnhancementTask, enhance_paths
from packshot.errors import InvalidInput, SourceError
from packshot.photo import Photo
from packshot.report import Action, Status
from tests.conftest import ROOT, make_packshot, make_picture

SAMPLES = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def enhancer():
    return Enhancer(Assessor())


@pytest.fixture(scope="module")
def warm_mug(enhancer, tmp_path_factory):
    output = tmp_path_factory.mktemp("warm") / "mug.jpg"
    return enhancer.enhance(SAMPLES / "mug-warm-cast.jpg", output), output


def test_a_damaged_photo_is_enhanced(warm_mug, enhancer):
    result, output = warm_mug
    assert (result.status, result.action) == (Status.OK, Action.ENHANCED)
    assert result.score_after >= result.score_before + 10
    assert result.steps == ("white-balance",)
    assert result.reason
    assert enhancer.assessor.assess(output).score == pytest.approx(result.score_after, abs=0.1)


def test_the_score_before_is_that_of_assess(warm_mug, enhancer):
    assessed = enhancer.assessor.assess(SAMPLES / "mug-warm-cast.jpg")
    assert warm_mug[0].score_before == pytest.approx(assessed.score, abs=0.1)


def test_the_trace_tells_every_round(warm_mug):
    result, _ = warm_mug
    assert [trial.round for trial in result.trace] == list(range(1, len(result.trace) + 1))
    assert tuple(trial.step for trial in result.trace if trial.kept) == result.steps


def test_the_network_is_loaded_only_where_it_is_asked_for(enhancer, tmp_path):
    own = Enhancer(enhancer.assessor)
    own.enhance(SAMPLES / "mug.jpg", tmp_path / "mug.jpg")
    assert "network" not in vars(own)
    assert own.network is own.network


def test_the_finished_file_is_guarded_too(enhancer, tmp_path, monkeypatch):
    def bleach(pixels, loop_result):
        return np.clip(pixels.astype(int) + np.array([0, 40, 60]), 0, 255).astype(np.uint8)

    monkeypatch.setattr(enhancer_module, "apply_result", bleach)
    source = SAMPLES / "mug-warm-cast.jpg"
    result = enhancer.enhance(source, tmp_path / "out.jpg")
    assert any(trial.kept for trial in result.trace)
    assert result.action is not Action.ENHANCED
    assert (tmp_path / "out.jpg").read_bytes() == source.read_bytes()


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
    options = LoopOptions(only_steps=frozenset({"deblock"}))
    result = Enhancer(enhancer.assessor, options).enhance(source, tmp_path / "out.png")
    assert result.action is Action.RESHOOT
    assert (tmp_path / "out.png").read_bytes() == source.read_bytes()
    assert any(found.remedy in result.reason for found in result.before.findings)


def test_the_original_is_not_touched(warm_mug, tmp_path, enhancer):
    source = tmp_path / "in.jpg"
    source.write_bytes((SAMPLES / "mug-warm-cast.jpg").read_bytes())
    before = source.stat()
    enhancer.enhance(source, tmp_path / "out.jpg")
    assert source.read_bytes() == (SAMPLES / "mug-warm-cast.jpg").read_bytes()
    assert source.stat().st_mtime_ns == before.st_mtime_ns


def test_enhancing_twice_gives_the_same_file(warm_mug, enhancer, tmp_path):
    enhancer.enhance(SAMPLES / "mug-warm-cast.jpg", tmp_path / "again.jpg")
    assert (tmp_path / "again.jpg").read_bytes() == warm_mug[1].read_bytes()


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


def make_gif():
    file = io.BytesIO()
    frames = [Image.fromarray(make_picture(120, 160, seed)) for seed in (0, 1)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


def make_cut_out():
    file = io.BytesIO()
    pixels = cv2.GaussianBlur(make_packshot(), (0, 0), 4)
    alpha = np.where(pixels.min(axis=2) > 250, 0, 255).astype(np.uint8)
    Image.fromarray(np.dstack([pixels, alpha])).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(("name", "data"), [("a.gif", make_gif()), ("b.png", make_cut_out())])
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


def test_processes_give_what_one_gives(warm_mug, tmp_path):
    names = ("mug-warm-cast.jpg", "clay-bowl.jpg", "mug.jpg")
    tasks = [EnhancementTask(SAMPLES / name, tmp_path / name) for name in names]
    results = enhance_paths(tasks, settings=AssessorSettings(), options=LoopOptions(), workers=2)
    assert [result.path for result in results] == [str(task.path) for task in tasks]
    assert (tmp_path / "mug-warm-cast.jpg").read_bytes() == warm_mug[1].read_bytes()


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


def add_location(data):
    """A photo's file with a place in its EXIF data."""
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 30.2468)
    exif.get_ifd(0x8825)[29] = "2026:01:02"
    block = exif.tobytes()
    return data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:]


@pytest.fixture
def bowl(tmp_path):
    """A photo with a place that needs no repair."""
    source = tmp_path / "in" / "bowl.jpg"
    source.parent.mkdir()
    source.write_bytes(add_location((SAMPLES / "clay-bowl.jpg").read_bytes()))
    assert Photo.open(source).facts.had_location
    return source


class TestLocation:
    def test_a_photo_left_as_it_is_loses_its_place_and_nothing_else(self, enhancer, bowl, tmp_path):
        result = enhancer.enhance(bowl, tmp_path / "out.jpg")
        written = (tmp_path / "out.jpg").read_bytes()
        assert result.action is Action.UNCHANGED
        assert "where it was taken was removed" in result.reason
        assert b"2026:01:02" not in written
        assert len(written) == bowl.stat().st_size
        after, before = Photo.open(tmp_path / "out.jpg"), Photo.open(bowl)
        assert not after.facts.had_location
        assert after.facts.exif == before.facts.exif
        assert np.array_equal(after.pixels, before.pixels)

    @pytest.mark.parametrize("name", ["out.jpg", "out.png"])
    def test_it_stays_where_it_is_wanted(self, enhancer, bowl, tmp_path, name):
        keeping_enhancer = Enhancer(
            enhancer.assessor, enhancer.options, output_options=OutputOptions(keep_location=True)
        )
        result = keeping_enhancer.enhance(bowl, tmp_path / name)
        assert Photo.open(tmp_path / name).facts.had_location
        assert "taken" not in result.reason
        assert name != "out.jpg" or (tmp_path / name).read_bytes() == bowl.read_bytes()

    @pytest.mark.parametrize("name", ["out.png", "out.webp", "out.tif", "out.avif"])
    def test_other_formats_have_none(self, enhancer, bowl, tmp_path, name):
        result = enhancer.enhance(bowl, tmp_path / name)
        assert "where it was taken was removed" in result.reason
        assert not Photo.open(tmp_path / name).facts.had_location
        assert b"2026:01:02" not in (tmp_path / name).read_bytes()

    @pytest.mark.parametrize("wanted", [False, True])
    def test_an_enhanced_photo(self, enhancer, tmp_path, wanted):
        source = tmp_path / "mug.jpg"
        source.write_bytes(add_location((SAMPLES / "mug-warm-cast.jpg").read_bytes()))
        keeping_enhancer = Enhancer(
            enhancer.assessor, enhancer.options, output_options=OutputOptions(keep_location=wanted)
        )
        result = keeping_enhancer.enhance(source, tmp_path / "out.jpg")
        assert result.action is Action.ENHANCED
        assert Photo.open(tmp_path / "out.jpg").facts.had_location is wanted
        assert ("was removed" in result.reason) is not wanted

    def test_what_cannot_be_taken_out_without_loss_is_told(self, enhancer, bowl, tmp_path, monkeypatch):
        data = bowl.read_bytes()
        spoilt = data[:-200] + bytes(100) + data[-100:]
        monkeypatch.setattr(enhancer_module, "strip_location", lambda _data: StrippedFile(spoilt, True))
        result = enhancer.enhance(bowl, tmp_path / "out.jpg")
        assert "cannot be removed" in result.reason
        assert (tmp_path / "out.jpg").read_bytes() == data

    def test_in_place(self, enhancer, bowl):
        bowl.chmod(0o640)
        before = Photo.open(bowl).pixels
        enhancer.enhance(bowl, bowl)
        assert not Photo.open(bowl).facts.had_location
        assert np.array_equal(Photo.open(bowl).pixels, before)
        assert stat.S_IMODE(bowl.stat().st_mode) == 0o640


class TestInPlace:
    @pytest.fixture
    def mug(self, tmp_path):
        mug = tmp_path / "mug.jpg"
        small = Image.open(SAMPLES / "mug-warm-cast.jpg").reduce(3)
        small.save(mug, quality=95)
        os.utime(mug, ns=(10**18, 10**18))
        mug.chmod(0o600)
        return mug

    def test_a_photo_that_is_left_as_it_is_is_not_written(self, enhancer, tmp_path):
        source = tmp_path / "bowl.jpg"
        source.write_bytes((SAMPLES / "clay-bowl.jpg").read_bytes())
        os.utime(source, ns=(10**18, 10**18))
        before = source.stat()
        enhancer.enhance(source, source)
        after = source.stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_permissions_stay_and_the_date_is_new(self, enhancer, mug):
        result = enhancer.enhance(mug, mug)
        assert result.action is Action.ENHANCED
        assert stat.S_IMODE(mug.stat().st_mode) == 0o600
        assert mug.stat().st_mtime_ns > 10**18

    def test_the_date_stays_where_that_is_wanted(self, enhancer, mug, tmp_path):
        keeping_enhancer = Enhancer(
            enhancer.assessor, enhancer.options, output_options=OutputOptions(keep_times=True)
        )
        keeping_enhancer.enhance(mug, tmp_path / "out.jpg")
        keeping_enhancer.enhance(mug, mug)
        assert mug.stat().st_mtime_ns == (tmp_path / "out.jpg").stat().st_mtime_ns == 10**18

    def test_a_link_stays_and_its_photo_is_enhanced(self, enhancer, mug, tmp_path):
        (tmp_path / "link.jpg").symlink_to(mug)
        before = mug.read_bytes()
        enhancer.enhance(tmp_path / "link.jpg", tmp_path / "link.jpg")
        assert (tmp_path / "link.jpg").is_symlink()
        assert mug.read_bytes() != before

    def test_another_hard_link_keeps_the_original(self, enhancer, mug, tmp_path):
        (tmp_path / "kept.jpg").hardlink_to(mug)
        before = mug.read_bytes()
        enhancer.enhance(mug, mug)
        assert mug.read_bytes() != before
        assert (tmp_path / "kept.jpg").read_bytes() == before

    def test_what_others_wrote_meanwhile_is_not_replaced(self, enhancer, mug, monkeypatch):
        enhance, theirs = enhancer._encode_if_better, b"what another program wrote"

        def enhance_after_change(*arguments):
            mug.write_bytes(theirs)
            return enhance(*arguments)

        monkeypatch.setattr(enhancer, "_encode_if_better", enhance_after_change)
        with pytest.raises(SourceError, match="changed by another program"):
            enhancer.enhance(mug, mug)
        assert mug.read_bytes() == theirs

    def test_a_full_disk_leaves_the_original(self, enhancer, mug, monkeypatch, tmp_path):
        before = mug.read_bytes()

        def fail_for_lack_of_space(_descriptor):
            raise OSError(errno.ENOSPC, "")

        monkeypatch.setattr(os, "fsync", fail_for_lack_of_space)
        with pytest.raises(SourceError, match="no space left"):
            enhancer.enhance(mug, mug)
        assert mug.read_bytes() == before
        assert os.listdir(tmp_path) == ["mug.jpg"]


@pytest.mark.parametrize("name", ["ü" * 125 + ".png", "a" * 251 + ".png"])
def test_a_long_name_is_a_name(enhancer, tmp_path, name):
    (tmp_path / name).write_bytes(make_cut_out())
    enhancer.enhance(tmp_path / name, tmp_path / "out" / name)
    assert os.listdir(tmp_path / "out") == [name]


def test_an_output_that_is_a_folder_is_told_before_the_work(enhancer, tmp_path, monkeypatch):
    (tmp_path / "out.jpg").mkdir()
    monkeypatch.setattr(enhancer_module.Photo, "open", lambda *_, **__: pytest.fail("the work began"))
    with pytest.raises(SourceError, match="it is a folder"):
        enhancer.enhance(SAMPLES / "clay-bowl.jpg", tmp_path / "out.jpg")
