"""The models of NIQE and BRISQUE: what is chosen, and that the fits find what was put in."""

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

from packshot.errors import InvalidInput
from packshot.measure.natural import BrisqueModel, NiqeModel, brisque, niqe
from packshot.measure.natural.niqe import PatchStatistics, measure_patches
from packshot.train.datasets.damaged import Original, read_manifest, sample_damage
from packshot.train.recipes.natural import (
    LUMINANCE_KINDS,
    BrisqueRecipe,
    LabelledPhotos,
    NiqeRecipe,
    filter_by_licence,
    fit_brisque,
    fit_niqe,
    label_damage,
    make_natural_models,
)
from tests.measure.natural.photos import make_natural_noise


def make_patches(sharpness: list[float], centre: float = 0, seed: int = 0) -> PatchStatistics:
    generator = np.random.default_rng(seed)
    features = generator.normal(centre, 1, (len(sharpness), 36))
    return PatchStatistics(features, np.array(sharpness))


def test_niqe_takes_sharp_patches_of_the_sharper_photos() -> None:
    crisp = make_patches([10, 8, 7.4, 1])
    soft = make_patches([5, 5, 5], centre=50)
    model = fit_niqe([soft, crisp])
    assert model.mean == pytest.approx(crisp.features[:2].mean(axis=0))
    everything = fit_niqe([soft, crisp], NiqeRecipe(patch_sharpness=0, photo_share=1))
    wanted = np.vstack((soft.features, crisp.features))
    assert everything.covariance == pytest.approx(np.cov(wanted.T))


def test_niqe_passes_over_flat_patches_however_sharp() -> None:
    photo = make_patches([9, 10, 8, 30])
    photo.features[3, 5] = np.nan
    model = fit_niqe([photo], NiqeRecipe(photo_share=1))
    assert model.mean == pytest.approx(photo.features[:3].mean(axis=0))


def test_photos_like_those_it_was_fitted_on_are_near() -> None:
    model = fit_niqe([measure_patches(make_natural_noise(400, 400, seed)) for seed in range(12)])
    fresh = make_natural_noise(400, 400, 99)
    assert niqe(fresh, model) < niqe(np.asarray(cv2.GaussianBlur(fresh, (0, 0), 2)), model)


def test_brisque_learns_a_smooth_function_of_the_features() -> None:
    generator = np.random.default_rng(0)
    features = generator.uniform(-1, 1, (700, 36)) * np.arange(1, 37)
    damage = 50 + 30 * np.sin(features[:, 0]) + 0.5 * features[:, 35]
    learnt = fit_brisque(LabelledPhotos(features[:600], damage[:600]), BrisqueRecipe(centres=300))
    held = learnt.score(features[600:])
    assert np.corrcoef(held, damage[600:])[0, 1] > 0.95
    again = fit_brisque(LabelledPhotos(features[:600], damage[:600]), BrisqueRecipe(centres=300))
    assert np.array_equal(again.score(features), learnt.score(features))


def test_damage_is_of_the_kinds_luminance_shows() -> None:
    pairs = sample_damage(34, 5, LUMINANCE_KINDS)
    assert {kind for kind, _ in pairs} == set(LUMINANCE_KINDS)
    assert len(set(pairs)) == 34


def write_shop(tmp_path, count: int = 3):
    lines = ["file,type,group,split,licence"]
    for number in range(count):
        cv2.imwrite(str(tmp_path / f"{number}.png"), make_natural_noise(256, 256, number))
        lines.append(f"{number}.png,beauty,{number},train,{'CC0-1.0' if number else 'unknown'}")
    (tmp_path / "manifest.csv").write_text("\n".join(lines))
    return tmp_path / "manifest.csv"


def test_only_photos_under_the_licence_are_taken(tmp_path) -> None:
    originals = read_manifest(write_shop(tmp_path))
    assert [o.path.name for o in filter_by_licence(originals, ["CC0-1.0"])] == ["1.png", "2.png"]
    with pytest.raises(InvalidInput, match="MIT"):
        filter_by_licence(originals, ["MIT"])


def test_a_manifest_need_not_state_licences(tmp_path) -> None:
    (tmp_path / "manifest.csv").write_text("file,type,group,split\na.jpg,beauty,1,train\n")
    assert read_manifest(tmp_path / "manifest.csv")[0].licence == ""


def test_originals_are_labelled_undamaged_and_versions_damaged(tmp_path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), make_natural_noise(256, 256))
    labelled = label_damage(
        [Original(tmp_path / "a.png", "a", "beauty", "train")], versions=4, workers=1
    )
    assert labelled.features.shape == (5, 36)
    assert labelled.damage[0] == 0
    assert (labelled.damage[1:] > 0).all()


def test_the_recipe_writes_both_models(tmp_path) -> None:
    messages: list[str] = []
    make_natural_models(
        write_shop(tmp_path, 5), ["CC0-1.0"], tmp_path / "weights", 3, 1, messages.append
    )
    assert messages[0].startswith("4 originals")
    photo = make_natural_noise(256, 256, 50)
    assert niqe(photo, NiqeModel.load(tmp_path / "weights" / "niqe.npz")) > 0
    assert np.isfinite(brisque(photo, BrisqueModel.load(tmp_path / "weights" / "brisque.npz")))


def test_the_command_needs_no_pytorch(tmp_path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from packshot.cli import main\n"
        f"sys.argv = ['packshot', 'train', 'natural', '--products', {str(write_shop(tmp_path))!r},"
        f" '--licence', 'CC0-1.0', '--weights', {str(tmp_path / 'made')!r},"
        " '--versions', '1', '--workers', '1']\n"
        "if __name__ == '__main__': main()\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made" / "brisque.npz").is_file()
