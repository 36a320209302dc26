import json

import numpy as np
import pytest

from packshot.assess.atlas import Atlas, ConfidenceModel, Example, ScoreCalibration
from packshot.errors import AtlasError


def make_example(name, group, score=50.0, seed=0, kind=None, level=None, origin="people"):
    generator = np.random.default_rng(seed)
    content, distortion = generator.normal(size=6), generator.normal(size=4)
    return Example(
        name,
        group,
        content.astype(np.float32),
        distortion.astype(np.float32),
        score,
        origin,
        kind,
        level,
    )


@pytest.fixture
def atlas():
    empty = Atlas.create_empty("test", ("c", "d"), (6, 4))
    return empty.with_examples(
        [
            make_example("b1", "b", 40, 1, "jpeg", 3, "ensemble"),
            make_example("a1", "a", 90, 2),
            make_example("b0", "b", 100, 3, "pristine", 0, "ensemble"),
        ]
    )


def test_examples_are_ordered_by_group(atlas):
    assert atlas.header.groups == ("b", "a")
    assert atlas.header.examples == ("b1", "b0", "a1")
    assert atlas.group_of.tolist() == [0, 0, 1]
    assert atlas.scores.tolist() == [40, 100, 90]
    assert [atlas.header.kinds[k] if k >= 0 else None for k in atlas.kinds] == ["jpeg", "pristine", None]
    assert atlas.levels.tolist() == [3, 0, -1]
    assert np.linalg.norm(atlas.distortion_rows, axis=1) == pytest.approx(1, abs=1e-3)


def test_adding_joins_an_existing_group_and_leaves_the_old_atlas(atlas):
    grown = atlas.with_examples([make_example("b2", "b", 10, 4), make_example("c1", "c", 20, 5)])
    assert grown.header.examples == ("b1", "b0", "b2", "a1", "c1")
    assert len(grown.content) == 3
    assert len(atlas.header.examples) == 3
    assert atlas.with_examples([]) is atlas


def test_a_newer_rating_replaces_the_older(atlas):
    changed = atlas.with_examples([make_example("b1", "b", 77, 1, "jpeg", 3, "ensemble")])
    assert sorted(changed.header.examples) == sorted(atlas.header.examples)
    assert changed.scores[changed.header.examples.index("b1")] == 77


def test_round_trip(atlas, tmp_path):
    path = tmp_path / "my.atlas.npz"
    atlas.save(path)
    again = Atlas.load(path)
    assert again.header == atlas.header
    for name in (*INVALID_ARRAYS, "technical", "presentation", "readings", "scales", "own"):
        kept, known = getattr(again, name), getattr(atlas, name)
        assert np.array_equal(kept, known, equal_nan=kept.dtype.kind == "f")
    assert len(again.digest) == 12
    assert [p.name for p in tmp_path.iterdir()] == ["my.atlas.npz"]


def test_without_leaves_groups_out(atlas):
    rest = atlas.without_groups(frozenset({"b"}))
    assert rest.header.groups == ("a",)
    assert rest.scores.tolist() == [90]
    assert rest.group_of.tolist() == [0]


def test_info_counts(atlas):
    info = atlas.summarise()
    assert (info.groups, info.examples) == (2, 3)
    assert info.examples_by_origin == {"ensemble": 2, "people": 1}
    assert info.score_quartiles[1] == 90


@pytest.mark.parametrize("score", [-1, 100.5, float("nan")])
def test_scores_outside_the_scale_are_refused(atlas, score):
    with pytest.raises(AtlasError, match=r"0\.\.100"):
        atlas.with_examples([make_example("x", "x", score)])


def test_vectors_of_another_encoder_are_refused(atlas):
    wrong = Example("x", "x", np.ones(7, np.float32), np.ones(4, np.float32), 50, "people")
    with pytest.raises(AtlasError, match="shape"):
        atlas.with_examples([wrong])


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "other npz"])
def test_damaged_files_say_so(atlas, tmp_path, damage):
    path = tmp_path / "bad.npz"
    atlas.save(path)
    whole = path.read_bytes()
    if damage == "other npz":
        np.savez(path, header=np.zeros(3, np.uint8))
    else:
        path.write_bytes({"cut": whole[: len(whole) // 2], "text": b"hello", "empty": b""}[damage])
    with pytest.raises(AtlasError, match="atlas"):
        Atlas.load(path)


def test_missing_file_says_so(tmp_path):
    with pytest.raises(AtlasError, match="cannot read"):
        Atlas.load(tmp_path / "none.npz")


def test_a_place_that_cannot_be_written_says_so(atlas, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for target in (tmp_path / "file" / "a.npz", tmp_path / "folder"):
        with pytest.raises(AtlasError, match=f"cannot write {target}"):
            atlas.save(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_calibration_is_monotone_and_bounded():
    calibration = ScoreCalibration(raw=(0, 40, 60, 100), score=(0, 30, 80, 100))
    values = [calibration(raw) for raw in range(-10, 120, 5)]
    assert values == sorted(values)
    assert (min(values), max(values)) == (0, 100)
    assert calibration(50) == pytest.approx(55)


def test_confidence_grows_with_nearness():
    trust = ConfidenceModel(bias=-2, nearness=4, spread=-0.1)
    by_nearness = [trust.confidence(*values, score=70) for values in ((0.9, 5), (0.5, 5), (0.5, 20))]
    assert by_nearness == sorted(by_nearness, reverse=True)


def test_shipped_atlas_holds_what_it_says():
    atlas = Atlas.load_shipped()
    origins = atlas.summarise().examples_by_origin
    assert set(origins) == {
        "rated by people (BIQ2021)",
        "rated by a vision-language model",
        "rated original, less what damage costs",
    }
    assert min(origins.values()) > 1000
    assert not atlas.own.any()
    by_level = [atlas.scores[atlas.levels == level].mean() for level in range(1, 6)]
    assert by_level == sorted(by_level, reverse=True)
    rated = atlas.scores[atlas.levels < 0]
    assert rated.max() < 100 or (rated == 100).mean() < 0.01  # nothing is perfect by definition


def test_an_atlas_of_the_first_format_says_how_to_build_it_again(atlas, tmp_path):
    fields = json.loads(atlas.header.model_dump_json()) | {"version": 1, "trust": {"bias": 0.5}}
    header = np.frombuffer(json.dumps(fields).encode(), np.uint8)
    with pytest.raises(AtlasError, match=r"has atlas format 1.*`packshot atlas build`"):
        Atlas.load(save_with_changes(atlas, tmp_path / "a.npz", header=header))


def save_with_changes(atlas, path, **changes):
    """The arrays of a saved atlas with some changed, saved anew without a digest, as older ones are."""
    atlas.save(path)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files if name != "sha256"}
    np.savez_compressed(path, **(arrays | changes))
    return path


def test_an_atlas_carries_its_digest_and_older_ones_load_without(atlas, tmp_path):
    path = tmp_path / "a.npz"
    assert Atlas.load(save_with_changes(atlas, path)).header == atlas.header
    atlas.save(path)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    np.savez_compressed(path, **(arrays | {"scores": arrays["scores"] + 1 - 1}))
    assert Atlas.load(path).scores.tolist() == atlas.scores.tolist()
    np.savez_compressed(path, **(arrays | {"scores": arrays["scores"][::-1]}))
    with pytest.raises(AtlasError, match=r"a\.npz is damaged: it is not what was written"):
        Atlas.load(path)


INVALID_ARRAYS = {
    "content": np.full((2, 6), np.nan, np.float16),
    "distortion": np.full((3, 4), np.inf, np.float16),
    "scores": np.array([1, 2, np.nan], np.float32),
    "group_of": np.array([0, 0, 9], np.int32),
    "kinds": np.array([0, 99, -1], np.int16),
    "origins": np.array([0, -1, 0], np.int16),
    "levels": np.array([0, 77, 0], np.int8),
}


@pytest.mark.parametrize("name", INVALID_ARRAYS)
def test_numbers_that_no_atlas_holds_are_damage(atlas, tmp_path, name):
    path = save_with_changes(atlas, tmp_path / "a.npz", **{name: INVALID_ARRAYS[name]})
    with pytest.raises(AtlasError, match=r"a\.npz: damaged atlas"):
        Atlas.load(path)


@pytest.mark.parametrize("name", INVALID_ARRAYS)
def test_arrays_of_another_kind_or_form_are_damage(atlas, tmp_path, name):
    array = getattr(atlas, name)
    for changed in (array.astype(np.complex64), array[None], array.astype(object).astype("S9")):
        with pytest.raises(AtlasError, match="damaged"):
            Atlas.load(save_with_changes(atlas, tmp_path / "a.npz", **{name: changed}))


@pytest.mark.parametrize(
    "change",
    [
        {"aspects": {"overall": {"calibration": {"raw": [], "score": []}}}},
        {"aspects": {"overall": {"calibration": {"raw": [0, 1], "score": [0]}}}},
        {"aspects": {"overall": {"calibration": {"raw": [9, 1], "score": [0, 2]}}}},
        {"aspects": {"technical": {"trust": {"bias": float("nan")}}}},
        {"aspects": {"taste": {}}},
        {"version": "two"},
        {"reference_scores": [float("inf")]},
        {"groups": "no list"},
    ],
)
def test_a_header_that_makes_no_sense_is_said_in_a_line(atlas, tmp_path, change):
    fields = json.loads(atlas.header.model_dump_json()) | change
    header = np.frombuffer(json.dumps(fields).encode(), np.uint8)
    with pytest.raises(AtlasError, match="is not an atlas of this version") as caught:
        Atlas.load(save_with_changes(atlas, tmp_path / "a.npz", header=header))
    assert "\n" not in str(caught.value)
