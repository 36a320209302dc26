"""BRISQUE's features against piq, live and frozen, and what the score must hold."""

from types import ModuleType

import numpy as np
import pytest

from packshot.errors import InvalidInput, ModelError
from packshot.measure.natural import BrisqueModel, brisque, brisque_features
from packshot.measure.natural.brisque import rbf_kernel
from tests.measure.natural.photos import TEXTURED, make_natural_noise
from tests.measure.pictures import add_noise, blur, compress_jpeg

# piq 0.8.0 in float64, features of TEXTURED["noise"]. Shapes are looked up in steps of .001.
FROZEN = [
    *(4.045, 0.550223, 1.085, -0.0861, 0.352007, 0.224574, 1.08, -0.087826, 0.35852, 0.227369),
    *(1.05, -0.055127, 0.33197, 0.249129, 1.049, -0.058912, 0.337737, 0.248804),
    *(3.25, 0.381352, 0.956, 0.00891, 0.137401, 0.147013, 0.969, 0.023477, 0.137442, 0.163378),
    *(0.972, -0.018883, 0.143162, 0.123531, 0.96, -0.047074, 0.162909, 0.11313),
]


def test_frozen_features() -> None:
    assert brisque_features(TEXTURED["noise"]) == pytest.approx(np.array(FROZEN), abs=1.1e-3)


@pytest.mark.train
@pytest.mark.parametrize("kind", TEXTURED)
def test_features_agree_with_piq(piq: ModuleType, kind: str) -> None:
    import torch
    from piq.brisque import _natural_scene_statistics, imresize, rgb2yiq

    photo = TEXTURED[kind]
    plane = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None].double()
    plane = torch.round(rgb2yiq(plane)[:, :1])
    wanted = []
    for _ in range(2):
        wanted.append(_natural_scene_statistics(plane))
        plane = imresize(plane, sizes=(plane.size(2) // 2, plane.size(3) // 2))
    # Halves of a grey level are rounded by the last digit of luma, in which processors differ; shapes
    # are rounded to the nearest thousandth.
    assert brisque_features(photo) == pytest.approx(torch.cat(wanted, -1).numpy()[0], abs=5e-3)


def naive_score(model: BrisqueModel, features: np.ndarray) -> float:
    score = float(model.offset)
    for centre, weight in zip(model.centres, model.weights, strict=True):
        squares = 0.0
        for value, low, high, middle in zip(features, model.low, model.high, centre, strict=True):
            squares += ((2 * (value - low) / (high - low) - 1) - middle) ** 2
        score += weight * np.exp(-float(model.gamma) * squares)
    return score


def test_the_score_is_a_sum_of_radial_basis_functions() -> None:
    photo = TEXTURED["blur"]
    wanted = naive_score(BrisqueModel.load_shipped(), brisque_features(photo))
    assert brisque(photo) == pytest.approx(wanted, abs=1e-6)


def test_nearness_is_one_at_a_centre() -> None:
    points = np.random.default_rng(0).normal(size=(4, 36))
    found = rbf_kernel(points, points, 0.3)
    assert np.diag(found) == pytest.approx(np.ones(4))
    assert found[0, 1] == pytest.approx(np.exp(-0.3 * ((points[0] - points[1]) ** 2).sum()))


def test_damage_raises_it() -> None:
    photo = make_natural_noise(400, 400)
    clean = brisque(photo)
    for worse in (blur(photo, 3), add_noise(photo, 40), compress_jpeg(photo, 5)):
        assert brisque(worse) > clean + 10


def test_the_minimum_size_is_named_and_works() -> None:
    photo = make_natural_noise(64, 64)[:16, :16]
    assert np.isfinite(brisque(photo))
    with pytest.raises(InvalidInput, match="needs 16 x 16"):
        brisque(photo[:, 1:])


@pytest.mark.parametrize("level", [0, 200, 255])
def test_a_flat_photo_is_refused(level: int) -> None:
    with pytest.raises(InvalidInput, match="no scene statistics"):
        brisque(np.full((40, 40, 3), level, np.uint8))


def test_input_is_left_as_it_was_and_may_be_read_only() -> None:
    photo = make_natural_noise()
    before = photo.copy()
    photo.flags.writeable = False
    brisque(photo)
    assert np.array_equal(photo, before)


def test_a_model_is_saved_and_read(tmp_path) -> None:
    BrisqueModel.load_shipped().save(tmp_path / "own.npz")
    photo = TEXTURED["dark"]
    assert brisque(photo, BrisqueModel.load(tmp_path / "own.npz")) == brisque(photo)


def test_what_is_no_model_is_refused(tmp_path) -> None:
    np.savez(tmp_path / "odd.npz", **(vars(BrisqueModel.load_shipped()) | {"offset": np.nan}))
    with pytest.raises(ModelError, match="`offset` must be finite"):
        BrisqueModel.load(tmp_path / "odd.npz")
