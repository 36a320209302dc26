"""Pairs, checks, a short run that is stopped and goes on, and the model it ends in."""

import csv
import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from typer.testing import CliRunner  # noqa: E402

from packshot.cli.application import application  # noqa: E402
from packshot.enhance.network import EnhancementNetwork  # noqa: E402
from packshot.enhance.tiles import Tiling  # noqa: E402
from packshot.errors import ModelError, SourceError  # noqa: E402
from packshot.measure.reference.psnr import psnr  # noqa: E402
from packshot.train.datasets.damaged import Original, read_manifest  # noqa: E402
from packshot.train.datasets.mixes import DamageMix, damage_by_seed  # noqa: E402
from packshot.train.datasets.pairs import (  # noqa: E402
    KeptPairs,
    PartPairDataset,
    ViewPairDataset,
    augment,
    iter_batches,
)
from packshot.train.networks.enhancement.variants import build_network  # noqa: E402
from packshot.train.recipes import enhancement_validation  # noqa: E402
from packshot.train.recipes.enhancement import (  # noqa: E402
    BEST_FILE,
    LATEST_FILE,
    LOG_FOLDER,
    EnhancementSettings,
    train_variant,
)
from packshot.train.recipes.enhancement_step import EnhancementRecipe, TrainingState  # noqa: E402
from packshot.train.recipes.enhancement_validation import (  # noqa: E402
    ValidationScores,
    ValidationSet,
    damage_for_validation,
)
from packshot.train.recipes.enhancer import write_enhancer  # noqa: E402
from tests.conftest import make_packshot, make_picture  # noqa: E402

pytestmark = pytest.mark.train

SHORT = EnhancementRecipe(
    view_steps=3,
    view_batch_size=2,
    steps=5,
    batch_size=2,
    side=64,
    warm_up=1,
    check_every=4,
    save_every=2,
)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """Four photos to train on, of two sources, and two to check with."""
    folder = tmp_path_factory.mktemp("products")
    rows = []
    for number in range(6):
        picture = make_picture(200, 232, seed=number) if number % 2 else make_packshot()
        name = f"{number}.png"
        cv2.imwrite(str(folder / name), picture[..., ::-1])
        rows.append(
            {"file": name, "type": "box", "group": number, "split": "train" if number < 4 else "val"}
            | {"source": "free" if number < 3 else "other"}
        )
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder / "manifest.csv"


def train(folder, manifest, recipe, messages=None):
    setting = EnhancementSettings(manifest, threads=1, workers=0)
    return train_variant(
        "full", setting, recipe, folder, messages.append if messages is not None else print
    )


@pytest.fixture(scope="module")
def training_run(manifest, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    messages = []
    train(folder, manifest, SHORT, messages)
    return folder, messages


def test_batches_follow_from_seed_and_number(manifest):
    originals = read_manifest(manifest, "train")
    one, again = PartPairDataset(originals, 2, 64, 7)[5], PartPairDataset(originals, 2, 64, 7)[5]
    assert one.damaged.shape == one.original.shape == (2, 3, 64, 64)
    assert one.damaged_view.shape == one.original_view.shape == (2, 3, 64, 64)
    assert one.damaged.dtype == torch.uint8
    for name in ("damaged", "original", "damaged_view", "original_view"):
        assert torch.equal(getattr(one, name), getattr(again, name))
    assert not torch.equal(one.damaged, PartPairDataset(originals, 2, 64, 8)[5].damaged)
    assert not torch.equal(one.original, PartPairDataset(originals, 2, 64, 7)[6].original)


def test_batches_made_elsewhere_are_the_same(manifest):
    views = ViewPairDataset(read_manifest(manifest, "train"), 3, 1)
    here, there = list(iter_batches(views, 4, 6, 0)), list(iter_batches(views, 4, 6, 1))
    assert len(here) == 2
    for a, b, number in zip(here, there, (4, 5), strict=True):
        assert torch.equal(a.damaged, b.damaged)
        assert torch.equal(a.damaged, views[number].damaged)


def test_parts_are_damaged_parts_of_the_same_place(manifest, monkeypatch):
    """With a damage that only inverts, each pixel can be checked."""
    monkeypatch.setattr(
        "packshot.train.datasets.pairs.damage_by_seed",
        lambda pixels, *rest: (255 - pixels, DamageMix()),
    )
    pairs = PartPairDataset(read_manifest(manifest, "train"), 4, 64, 0)[0]
    assert torch.equal(255 - pairs.damaged, pairs.original)
    difference = 255 - pairs.damaged_view.int() - pairs.original_view.int()
    assert difference.abs().max() <= 1


def test_parts_are_taken_where_there_is_detail(tmp_path):
    """A photo that is flat but for one corner: most random squares would show nothing."""
    flat = np.full((256, 256, 3), 200, np.uint8)
    flat[176:, 176:] = np.random.default_rng(0).integers(0, 256, (80, 80, 3))
    cv2.imwrite(str(tmp_path / "corner.png"), flat)
    originals = [Original(tmp_path / "corner.png", "g", "clothing", "train", "free", "")]
    deviations = [
        PartPairDataset(originals, 1, 64, seed)[0].original.float().std() for seed in range(60)
    ]
    assert np.mean([one > 10 for one in deviations]) > 0.35  # 0.17 by chance


def test_every_second_part_keeps_its_light(manifest, monkeypatch):
    with_light = []
    monkeypatch.setattr(
        "packshot.train.datasets.pairs.damage_by_seed",
        lambda pixels, seed, change: (with_light.append(change) or pixels, DamageMix()),
    )
    PartPairDataset(read_manifest(manifest, "train"), 4, 64, 0)[0]
    assert with_light == [True, False, True, False]


def test_without_light_the_rest_of_a_mix_stays(picture):
    """Noise, blur and JPEG leave the mean of a photo where it is; exposure and casts do not."""
    for seed in range(12):
        mix = damage_by_seed(picture, seed)[1]
        without, rest = damage_by_seed(picture, seed, with_light=False)
        assert replace(mix, stops=0.0, gamma=1.0, cast=0.0, tint=0.0) == rest
        assert np.abs(without.mean(axis=(0, 1)) - picture.mean(axis=(0, 1))).max() < 4


def test_the_second_stage_leaves_the_tone_curves(manifest):
    recipe = EnhancementRecipe(view_steps=0, steps=4, warm_up=1)
    network = build_network("full")
    state = TrainingState.from_network(network, recipe, None)
    before = {name: value.clone() for name, value in network.curves.state_dict().items()}
    for number in range(3):
        state.take_step(PartPairDataset(read_manifest(manifest, "train"), 2, 64, 3)[number])
    moved = {
        name for name, value in network.curves.state_dict().items() if (value != before[name]).any()
    }
    assert moved == {"context.weight", "context.bias"}


def test_variations_leave_neutral_colours_neutral_and_sides_long_enough():
    grey = np.repeat(np.arange(120, dtype=np.uint8)[:, None, None] + 60, 50, axis=1).repeat(3, axis=2)
    for seed in range(20):
        other = augment(grey, 80, np.random.default_rng(seed))
        assert min(other.shape[:2]) >= 80
        assert (other.max(axis=2).astype(int) - other.min(axis=2)).max() <= 1


def test_a_photo_to_check_with_is_always_damaged(picture):
    ratios = [psnr(picture, damage_for_validation(picture, seed).pixels) for seed in range(40)]
    assert math.inf not in ratios


def test_a_check_of_a_network_that_changes_nothing(manifest):
    checks = ValidationSet(read_manifest(manifest, "val"), count=2, side=224)
    check = checks.evaluate(build_network("full").eval(), torch.device("cpu"))
    assert check.gain == pytest.approx(0, abs=1e-9)
    assert check.undamaged_psnr == enhancement_validation._MAX_PSNR
    assert check.psnr == pytest.approx(np.mean(checks.damaged_psnr))
    assert checks.render_samples(build_network("full").eval(), torch.device("cpu")).shape[1:] == (
        3,
        256,
        768,
    )


def test_learning_one_batch_by_heart(manifest):
    torch.manual_seed(0)
    recipe = EnhancementRecipe(view_steps=0, steps=40, warm_up=1)
    state = TrainingState.from_network(build_network("full"), recipe, None)
    pairs = PartPairDataset(read_manifest(manifest, "train"), 2, 64, 3)[0]
    losses = [state.take_step(pairs) for _ in range(40)]
    assert losses[-1]["absolute"] < 0.7 * losses[0]["absolute"]


def test_every_step_has_all_losses_and_teaches_the_discriminator(manifest, vgg_file):
    torch.manual_seed(0)
    recipe = EnhancementRecipe(view_steps=0, steps=2, warm_up=1)
    state = TrainingState.from_network(build_network("full"), recipe, vgg_file)
    pairs = PartPairDataset(read_manifest(manifest, "train"), 2, 64, 3)[0]
    for _ in range(2):
        before = [p.detach().clone() for p in state.discriminator.parameters()]
        losses = state.take_step(pairs)
        assert set(losses) == {"absolute", "detail", "similarity", "adversarial", "perceptual"}
        moved = zip(before, state.discriminator.parameters(), strict=True)
        assert any(not torch.equal(a, b) for a, b in moved)


def test_the_adversarial_loss_is_felt(manifest):
    """Its gradient is at least a hundredth of that of detail: it was a five-hundredth once."""
    torch.manual_seed(0)
    state = TrainingState.from_network(build_network("no-curves"), EnhancementRecipe(view_steps=0), None)
    weighted = state._compute_losses(PartPairDataset(read_manifest(manifest, "train"), 2, 64, 3)[0])
    lengths = {}
    for name, (weight, loss) in weighted.items():
        state.network.zero_grad()
        loss.backward(retain_graph=True)
        lengths[name] = weight * state.network.fusion.mix.weight.grad.norm().item()
    assert lengths["adversarial"] > lengths["detail"] / 100


def test_batches_are_kept_for_other_networks(manifest, tmp_path):
    originals = read_manifest(manifest, "train")
    source = PartPairDataset(originals, 2, 64, 3)
    kept, none_left = KeptPairs(source, tmp_path / "pairs"), KeptPairs(None, tmp_path / "pairs")
    first = kept[4]
    for name in ("damaged", "original", "damaged_view", "original_view"):
        assert torch.equal(getattr(first, name), getattr(source[4], name))
        assert torch.equal(getattr(first, name), getattr(none_left[4], name))


def test_rates_rise_then_fall():
    recipe = EnhancementRecipe(view_steps=100, steps=1000, warm_up=50)
    rates = [recipe.rate_at(step) for step in range(recipe.total_steps)]
    assert rates[0] == recipe.view_rate
    assert rates[100] < rates[149] > rates[600] > rates[-1] > 0
    assert rates[149] == pytest.approx(recipe.rate, rel=0.01)


def test_a_run_writes_checkpoints_a_log_and_what_it_reached(training_run):
    folder, messages = training_run
    assert {LATEST_FILE, BEST_FILE, LOG_FOLDER} <= {path.name for path in folder.iterdir()}
    assert list((folder / LOG_FOLDER).glob("events*"))
    assert not list(folder.glob(".*"))
    assert any("without the perceptual loss" in line for line in messages)
    assert messages[-1].startswith("step 8 of 8: PSNR")


def test_a_run_that_was_stopped_ends_as_if_it_was_not(training_run, manifest, tmp_path, monkeypatch):
    class Stop(Exception):
        pass

    take_step = TrainingState.take_step

    def stop_at_five(state, pairs):
        if state.step == 5:
            raise Stop
        return take_step(state, pairs)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingState, "take_step", stop_at_five)
        with pytest.raises(Stop):
            train(tmp_path, manifest, SHORT)
    messages = []
    train(tmp_path, manifest, SHORT, messages)
    assert any("going on at step 4" in line for line in messages)
    whole, resumed = (
        torch.load(folder / LATEST_FILE, weights_only=True) for folder in (training_run[0], tmp_path)
    )
    assert resumed["step"] == whole["step"] == 8
    for name, value in whole["averaged"].items():
        torch.testing.assert_close(resumed["averaged"][name], value)


def test_sources_choose_what_is_trained_on(manifest):
    assert len(EnhancementSettings(manifest, ("free",)).read_originals()) == 3
    assert len(EnhancementSettings(manifest).read_originals()) == 4
    with pytest.raises(SourceError, match="nowhere"):
        EnhancementSettings(manifest, ("nowhere",)).read_originals()


@pytest.fixture(scope="module")
def active_model(tmp_path_factory):
    """A checkpoint whose network changes every pixel, and the model made of it."""
    torch.manual_seed(3)
    network = build_network("full")
    for parameter in network.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.05)
    folder = tmp_path_factory.mktemp("awake")
    torch.save({"network": network.state_dict(), "step": 1}, folder / "best.pt")
    write_enhancer(folder / "best.pt", folder / "enhancer.onnx")
    return network.eval(), folder / "enhancer.onnx"


def test_the_model_does_what_the_network_does(active_model, picture):
    network, path = active_model
    fitting = np.ascontiguousarray(picture[:224])
    expected = enhancement_validation.enhance_with_network(network, fitting, torch.device("cpu"))
    found = EnhancementNetwork.from_path(path).enhance(fitting)
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert np.abs(found.astype(int) - fitting).mean() > 1


def test_tiled_equals_whole_to_one_level(active_model):
    model = EnhancementNetwork.from_path(active_model[1]).model
    picture = make_picture(330, 470)
    whole = EnhancementNetwork(model, Tiling(512, 0, 32)).enhance(picture)
    tiled = EnhancementNetwork(model, Tiling(96, 64, 32)).enhance(picture)
    assert np.abs(whole.astype(int) - tiled).max() <= 1


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (33, 31), (64, 64)])
def test_any_size_in_the_same_size_out(active_model, size):
    picture = np.full((*size, 3), 120, np.uint8)
    assert EnhancementNetwork.from_path(active_model[1]).enhance(picture).shape == (*size, 3)


def test_a_checkpoint_of_another_network_is_refused(training_run, tmp_path):
    with pytest.raises(ModelError, match="no checkpoint of the network srcnn"):
        write_enhancer(training_run[0] / BEST_FILE, tmp_path / "enhancer.onnx", "srcnn")


def test_the_command_trains_and_exports(manifest, tmp_path):
    work, model = tmp_path / "run", tmp_path / "enhancer.onnx"
    options = ["--steps", "2", "--view-steps", "1", "--workers", "0", "--threads", "1"]
    arguments = ["train", "enhancement", "--products", str(manifest), "--work", str(work), *options]
    result = CliRunner().invoke(application, arguments)
    assert result.exit_code == 0, result.output
    assert "step 3 of 3" in result.output
    arguments = ["train", "enhancer", "--checkpoint", str(work / BEST_FILE), "--output", str(model)]
    assert CliRunner().invoke(application, arguments).exit_code == 0
    assert EnhancementNetwork.from_path(model).enhance(make_packshot()).shape == make_packshot().shape


def test_tone_curves_of_another_run_are_taken_over(manifest, tmp_path):
    setting = EnhancementSettings(manifest, threads=1, workers=0)
    best = train_variant("full", setting, SHORT, tmp_path / "full", lambda _: None)
    setting = EnhancementSettings(manifest, curves=best, threads=1, workers=0)
    other = train_variant("neither", setting, SHORT, tmp_path / "neither", lambda _: None)
    mine, theirs = (torch.load(path, weights_only=True)["network"] for path in (best, other))
    for name in ("curves.curves.weight", "curves.look.0.weight"):
        assert torch.equal(mine[name], theirs[name])
    assert torch.load(other, weights_only=True)["step"] <= SHORT.steps


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut"])
def test_no_tone_curves_to_take_over(content, manifest, tmp_path):
    (tmp_path / "best.pt").write_bytes(content)
    setting = EnhancementSettings(manifest, curves=tmp_path / "best.pt", threads=1, workers=0)
    with pytest.raises(ModelError, match="tone curves"):
        train_variant("full", setting, SHORT, tmp_path / "run", lambda _: None)


def test_an_original_without_a_source_has_an_empty_one(tmp_path):
    path = tmp_path / "manifest.csv"
    path.write_text("file,type,group,split\na.jpg,box,1,train\n")
    assert read_manifest(path) == [Original(tmp_path / "a.jpg", "1", "box", "train", "")]


@pytest.mark.parametrize("name", ["no-curves", "srcnn", "enhancegan", "mscnn", "msbdn"])
def test_networks_without_tone_curves_learn_from_parts_alone(name, manifest):
    torch.manual_seed(0)
    recipe = EnhancementRecipe(view_steps=0, steps=30, warm_up=1)
    state = TrainingState.from_network(build_network(name), recipe, None)
    pairs = PartPairDataset(read_manifest(manifest, "train"), 2, 64, 3)[0]
    losses = [state.take_step(pairs) for _ in range(30)]
    assert set(losses[0]) == {"absolute", "detail", "similarity", "adversarial"}
    assert losses[-1]["absolute"] < losses[0]["absolute"]


def test_merit_counts_a_fifth_of_the_missing_similarity_as_a_decibel():
    worse, better = ValidationScores(30, 0.9, 5, 50), ValidationScores(30, 0.92, 5, 50)
    assert worse.selection_score == pytest.approx(40)
    assert better.selection_score - worse.selection_score == pytest.approx(10 * math.log10(0.1 / 0.08))
    assert math.isfinite(ValidationScores(60, 1.0, 5, 60).selection_score)
