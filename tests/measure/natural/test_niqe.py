"""NIQE against another implementation's values, and what it must hold."""

import numpy as np
import pytest

from packshot.errors import InvalidInput, ModelError
from packshot.measure.natural import NiqeModel, niqe
from packshot.measure.natural.niqe import measure_patches
from tests.measure.natural.photos import TEXTURED, make_natural_noise
from tests.measure.pictures import add_noise, blur, draw_on_white

# BasicSR 1.4.2 (which reproduces the authors' MATLAB release) on grey levels of the same photos, with
# a model of mean 0 and covariance 1 in place of a fitted one.
FROZEN = {"noise": 7.980828, "blur": 6.300897, "dark": 7.92177}
PLAIN = NiqeModel(np.zeros(36), np.eye(36))


@pytest.mark.parametrize("kind", FROZEN)
def test_frozen_values(kind: str) -> None:
    assert niqe(TEXTURED[kind], PLAIN) == pytest.approx(FROZEN[kind], abs=1e-3)


def test_the_distance_is_that_of_two_gaussians() -> None:
    photo = TEXTURED["noise"]
    features = measure_patches(photo).features
    centre = NiqeModel(features.mean(axis=0), np.eye(36))
    assert niqe(photo, centre) == pytest.approx(0, abs=1e-6)
    shifted = NiqeModel(features.mean(axis=0) + np.eye(36)[3], np.eye(36))
    spread = (np.eye(36) + np.cov(features.T)) / 2
    assert niqe(photo, shifted) == pytest.approx(np.sqrt(np.linalg.inv(spread)[3, 3]), rel=1e-6)


def test_patches_are_cut_row_by_row_and_the_rest_is_dropped() -> None:
    photo = make_natural_noise(300, 420)
    found = measure_patches(photo)
    assert found.features.shape == (3 * 4, 36)
    assert np.array_equal(found.features, measure_patches(photo[:288, :384]).features)
    soft = photo.copy()
    soft[96:192, 288:384] = blur(photo, 4)[96:192, 288:384]
    assert measure_patches(soft).sharpness.argmin() == 1 * 4 + 3


def test_damage_raises_it() -> None:
    photo = make_natural_noise(400, 400)
    clean = niqe(photo)
    assert niqe(blur(photo, 2)) > clean + 0.5
    assert niqe(add_noise(photo, 25)) > clean + 0.5


def test_a_white_ground_does_not_count() -> None:
    photo = make_natural_noise(384, 384)
    photo[:, 192:] = 255
    inside = measure_patches(photo)
    assert inside.is_textured.reshape(4, 4)[:, 3].sum() == 0
    assert niqe(photo) == pytest.approx(niqe(np.pad(photo, ((0, 0), (0, 96), (0, 0)), "edge")))


def test_without_texture_there_is_nothing_to_judge() -> None:
    with pytest.raises(InvalidInput, match="have texture"):
        niqe(np.full((200, 300, 3), 255, np.uint8))
    with pytest.raises(InvalidInput, match="have texture"):
        niqe(draw_on_white(box=(10, 10, 30, 30)))


def test_input_is_left_as_it_was_and_may_be_read_only() -> None:
    photo = make_natural_noise()
    before = photo.copy()
    photo.flags.writeable = False
    niqe(photo)
    assert np.array_equal(photo, before)


def test_too_small_is_refused() -> None:
    with pytest.raises(InvalidInput, match="needs 192 x 192"):
        niqe(make_natural_noise(191, 300))


def test_a_model_is_saved_and_read(tmp_path) -> None:
    model = NiqeModel.load_shipped()
    model.save(tmp_path / "own.npz")
    again = NiqeModel.load(tmp_path / "own.npz")
    assert np.array_equal(again.mean, model.mean)
    assert np.array_equal(again.covariance, model.covariance)


def test_what_is_no_model_is_refused(tmp_path) -> None:
    with pytest.raises(ModelError, match="cannot read"):
        NiqeModel.load(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("not a model")
    with pytest.raises(ModelError, match="not a model"):
        NiqeModel.load(tmp_path / "text.npz")
    np.savez(tmp_path / "short.npz", mean=np.zeros(36))
    with pytest.raises(ModelError, match="not a model"):
        NiqeModel.load(tmp_path / "short.npz")
    np.savez(tmp_path / "small.npz", mean=np.zeros(35), covariance=np.eye(36))
    with pytest.raises(ModelError, match="`mean` must be"):
        NiqeModel.load(tmp_path / "small.npz")
