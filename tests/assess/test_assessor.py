import io
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from packshot import Assessor, Atlas, UnreadablePhoto
from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.encode import Encoders
from packshot.errors import AtlasError, InvalidInput, ModelError
from packshot.photo import Photo
from packshot.report import Severity, Status
from tests.conftest import ROOT, make_packshot, make_picture

FILE_CODES = {"animated", "had-alpha", "location-data", "extension-mismatch", "not-srgb"}


@pytest.fixture(scope="module")
def assessor():
    return Assessor()


def encode_png(pixels):
    return cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))[1].tobytes()


def test_same_photo_same_score_in_every_batch(assessor):
    sources = [encode_png(make_picture(300, 360, seed=seed)) for seed in range(11)]
    together = [found.score for found in assessor.assess_many(sources)]
    alone = [assessor.assess(source).score for source in sources]
    assert together == pytest.approx(alone, abs=0.1)
    threaded = [found.score for found in Assessor(threads=2).assess_many(sources)]
    assert threaded == pytest.approx(alone, abs=0.1)


def test_a_finding_shows_what_was_measured_or_how_likely_it_is_never_both(assessor):
    names = ("bowl-small-off-centre", "mug-warm-cast", "stool-low-light", "speaker-sale-badge")
    photos = [ROOT / "examples" / "photos" / f"{name}.jpg" for name in names]
    findings = [finding for found in assessor.assess_many(photos) for finding in found.findings]
    measured = [one for one in findings if one.measurement is not None]
    assert {"off-centre", "colour-cast"} <= {one.code for one in measured}
    assert [one.code for one in measured if one.probability is not None] == []
    assert "overlay-text" in {one.code for one in findings if one.probability is not None}


def test_one_bad_file_never_stops_a_run(assessor):
    found = list(
        assessor.assess_many([encode_png(make_picture(99, 99)), b"junk", encode_png(make_packshot())])
    )
    assert [item.status for item in found] == [Status.OK, Status.UNREADABLE, Status.OK]
    assert found[1].error
    assert found[1].score is None
    with pytest.raises(UnreadablePhoto):
        assessor.assess(b"junk")


def test_brief_answers_lack_evidence_and_map_alone(assessor):
    photo = Photo.from_pixels(make_picture(240, 320))
    whole, brief = assessor.assess_photo(photo), assessor.assess_photo(photo, brief=True)
    assert whole.evidence
    assert whole.damage_map
    assert brief == whole.model_copy(update={"evidence": (), "damage_map": ()})


def test_without_the_map_all_else_is_the_same(assessor):
    photo = Photo.from_pixels(make_picture(240, 320))
    whole, mapless = assessor.assess_photo(photo), Assessor(draws_map=False).assess_photo(photo)
    assert whole.damage_map
    assert mapless == whole.model_copy(update={"damage_map": ()})


def test_findings_name_file_facts(assessor):
    file = io.BytesIO()
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    Image.fromarray(make_packshot()).save(file, format="JPEG", exif=exif)
    codes = {finding.code: finding for finding in assessor.assess(file.getvalue()).findings}
    assert codes["location-data"].severity is Severity.INFO


def test_findings_are_sorted_by_severity(assessor):
    soft = cv2.GaussianBlur(make_picture(200, 260), (0, 0), 6)
    order = [
        list(Severity).index(finding.severity) for finding in assessor.assess(encode_png(soft)).findings
    ]
    assert order == sorted(order)
    assert order


def test_a_rating_of_the_very_photo_decides(assessor):
    mine = Assessor()
    source = encode_png(make_picture(260, 300, seed=8))
    before = mine.assess(source).score
    wanted = 5.0 if before > 50 else 95.0
    mine.add([mine.encode(source, wanted, "me", "mine")])
    after = mine.assess(source)
    assert after.evidence[0].example == "mine"
    assert after.evidence[0].weight >= 0.9
    assert abs(after.score - wanted) <= 0.1 * abs(before - wanted)
    assert assessor.assess(source).score == pytest.approx(before, abs=0.1)


def test_a_rating_moves_other_photos_by_five_points_at_most(assessor):
    mine = Assessor()
    mine.add([mine.encode(encode_png(make_picture(260, 300, seed=8)), 0.0, "me", "mine")])
    for seed in range(9, 14):
        source = encode_png(make_picture(260, 300, seed=seed))
        assert mine.assess(source).score == pytest.approx(assessor.assess(source).score, abs=5)


@pytest.mark.parametrize("name", ["mug", "stool-low-light", "speaker-sale-badge", "jar-heavy-jpeg"])
def test_causes_and_score_make_a_hundred(assessor, name):
    found = assessor.assess(f"examples/photos/{name}.jpg")
    assert found.score + sum(cause.points for cause in found.causes) == pytest.approx(100, abs=0.1)
    points = [cause.points for cause in found.causes if cause.code != "rated-low"]
    assert points == sorted(points, reverse=True)


def test_three_scores_each_with_confidence(assessor):
    found = assessor.assess("examples/photos/mug.jpg")
    for aspect in (found.technical, found.presentation):
        assert 0 <= aspect.score <= 100
        assert 0 <= aspect.confidence <= 1


def test_a_measured_finding_that_the_eye_denies_is_not_told(assessor, monkeypatch):
    def find_codes(limit):
        models = [replace(fault, limit=limit) for fault in assessor.encoders.faults]
        monkeypatch.setattr(Encoders, "faults", property(lambda encoders: tuple(models)))
        found = assessor.assess("examples/photos/bowl-small-off-centre.jpg").findings
        return {one.code for one in found if one.measurement is not None}

    assert {"off-centre", "product-too-small"} <= find_codes(limit=0.0)
    assert not {"off-centre", "product-too-small"} & find_codes(limit=1.1)


def test_a_low_score_is_never_without_a_finding(assessor):
    for seed in range(6):
        found = assessor.assess(encode_png(make_picture(240, 320, seed=seed)))
        if found.score < 75:
            assert [one for one in found.findings if one.code not in FILE_CODES]


def test_an_atlas_of_other_encoders_is_refused():
    with pytest.raises(AtlasError, match="made with the encoders"):
        Assessor(Atlas.create_empty("old", ("a", "b"), (1280, 96)))


@pytest.mark.parametrize("name", ["mug", "stool-low-light"])
def test_copies_of_what_ships_judge_alike(assessor, encoder_folder, name):
    path = ROOT / "examples" / "photos" / f"{name}.jpg"
    copies = AssessorSettings(encoder=encoder_folder).build_assessor()
    assert copies.assess(path) == assessor.assess(path)


def test_encoders_come_with_their_atlas_and_are_told_apart(assessor, other_encoder_folder):
    other = Assessor(encoder=str(other_encoder_folder))
    assert {name for name in other.models if other.models[name] != assessor.models[name]} == {
        "content",
        "atlas",
    }
    source = encode_png(make_picture(240, 320))
    assert other.assess(source).score == assessor.assess(source).score


def test_an_atlas_of_ones_own_goes_with_encoders_of_ones_own(other_encoder_folder, tmp_path):
    for name in ("content.onnx", "distortion.onnx"):
        shutil.copy(other_encoder_folder / name, tmp_path)
    with pytest.raises(AtlasError, match=r"packshot\.atlas\.npz: No such file"):
        Assessor(encoder=tmp_path)
    atlas = Atlas.load(other_encoder_folder / "packshot.atlas.npz")
    assert Assessor(atlas, encoder=tmp_path).atlas is atlas
    with pytest.raises(AtlasError, match=r"made with the encoders .* --encoder"):
        Assessor(atlas)
    with pytest.raises(AtlasError, match=r"made with the encoders"):
        Assessor(Atlas.load_shipped(), encoder=tmp_path)


def test_encoders_that_are_not_there_are_told_of_by_every_process(tmp_path):
    settings = AssessorSettings(encoder=tmp_path)
    for workers in (0, 1):
        with pytest.raises(ModelError, match=r"content\.onnx: No such file"):
            list(assess_paths([tmp_path / "photo.jpg"], settings=settings, workers=workers))


def test_pool_gives_input_order_and_the_same_scores(tmp_path, assessor):
    paths = []
    for seed in range(10):
        path = tmp_path / f"{9 - seed}.png"
        path.write_bytes(encode_png(make_picture(200, 220, seed=seed)))
        paths.append(path)
    paths.insert(4, tmp_path / "missing.jpg")
    pooled = list(assess_paths(paths, settings=AssessorSettings(), workers=2))
    assert [item.path for item in pooled] == [str(path) for path in paths]
    single = list(assessor.assess_many(paths))
    assert [item.score for item in pooled if item.score] == pytest.approx(
        [item.score for item in single if item.score], abs=0.1
    )


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_blank_pictures_get_an_answer(assessor, shade):
    found = assessor.assess(encode_png(np.full((300, 300, 3), shade, np.uint8)))
    assert found.status is Status.OK
    assert 0 <= found.score <= 100


def test_a_batch_takes_every_kind_of_input_and_says_what_is_none(assessor, tmp_path):
    pixels = make_picture(99, 120)
    data = encode_png(pixels)
    (tmp_path / "a.png").write_bytes(data)
    given = [None, tmp_path / "a.png", 7, bytearray(data), pixels, ["a.png"], Image.fromarray(pixels)]
    given += [pixels / 255, memoryview(data)]
    found = list(assessor.assess_many(given))
    assert len(found) == len(given)
    read = [one for one in found if one.status is Status.OK]
    assert len(read) == 5
    assert len({one.score for one in read}) == 1
    assert all(one.error for one in found if one.status is not Status.OK)
    with pytest.raises(UnreadablePhoto, match="NoneType"):
        assessor.assess(None)


def test_an_unknown_language_is_refused_at_once():
    with pytest.raises(InvalidInput, match="de"):
        Assessor(language="de")


def test_an_atlas_may_be_named_by_its_file(tmp_path):
    Atlas.load_shipped().save(tmp_path / "atlas.npz")
    assert Assessor(atlas=str(tmp_path / "atlas.npz")).atlas.header == Atlas.load_shipped().header
    with pytest.raises(AtlasError, match=r"nope\.npz"):
        Assessor(atlas="nope.npz")


@pytest.mark.parametrize("side", [100, 1000])
def test_a_pixel_more_makes_no_jump(side, assessor):
    """Resampling alone moves thumbnails by up to 5 points, and photos by up to 2."""
    original = Image.open(ROOT / "examples/photos/wooden-stool.jpg").convert("RGB")
    scores = []
    for length in (side - 2, side - 1, side, side + 1):
        small = original.resize((length, round(length * original.height / original.width)))
        scores.append(assessor.assess(encode_png(np.asarray(small))).score)
    assert np.abs(np.diff(scores)).max() < (5 if side == 100 else 2)


def test_models_who_reach_the_edge_are_rarely_told_to_step_back(assessor, shared_data):
    photos = sorted((shared_data / "products/clothing").glob("clothing_luma_*.jpg"))[::6]
    found = [{one.code for one in assessor.assess(path).findings} for path in photos]
    assert sum("touches-edge" in codes for codes in found) <= len(found) / 5
