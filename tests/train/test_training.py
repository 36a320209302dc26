"""Everything here needs PyTorch: `make setup-train`."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.distort import list_families  # noqa: E402
from packshot.encode.views import NATIVE_SIDE  # noqa: E402
from packshot.train.datasets.damaged import (  # noqa: E402
    KIND_NAMES,
    Original,
    load_shard,
    make_shard,
    make_shards,
    read_manifest,
    sample_damage,
    save_shard,
)
from packshot.train.datasets.rated import group_near_duplicates, make_validation_mask  # noqa: E402
from packshot.train.features import Features  # noqa: E402
from packshot.train.losses import masked_cross_entropy, ranking_loss, retrieval_loss  # noqa: E402
from packshot.train.networks.distortion import Projection, ProjectionShape  # noqa: E402
from packshot.train.networks.efficientnet_lite import (  # noqa: E402
    EfficientNetLite,
    fold_normalisation,
    freeze_blocks,
)
from packshot.train.networks.statistics import stage_statistics  # noqa: E402
from packshot.train.recipes.calibration import fit_calibration, fit_isotonic  # noqa: E402
from packshot.train.recipes.distortion import ProjectionRecipe, train_projection  # noqa: E402
from packshot.train.recipes.limits import (  # noqa: E402
    MAX_FALSE_ALARM_SHARE,
    family_probabilities,
    fit_kind_limits,
)

pytestmark = pytest.mark.train


def test_retrieval_loss_against_a_loop():
    generator = torch.Generator().manual_seed(0)
    vectors = torch.nn.functional.normalize(torch.randn(7, 3, generator=generator), dim=1)
    scores, groups = torch.rand(7, generator=generator), torch.tensor([0, 0, 1, 2, 2, 3, 4])
    total = 0.0
    for i in range(7):
        others = [j for j in range(7) if groups[j] != groups[i]]
        weights = [float(torch.exp(vectors[i] @ vectors[j] / 0.2)) for j in others]
        predicted = sum(w * float(scores[j]) for w, j in zip(weights, others, strict=True)) / sum(
            weights
        )
        gap = abs(predicted - float(scores[i]))
        total += 0.5 * gap**2 / 0.1 if gap < 0.1 else gap - 0.05
    found = retrieval_loss(vectors, scores, groups, temperature=0.2)
    assert float(found) == pytest.approx(total / 7, abs=1e-5)


def test_ranking_loss_is_zero_for_the_right_order_only():
    scores = torch.tensor([0.1, 0.5, 0.9])
    assert float(ranking_loss(scores, scores)) == 0
    assert float(ranking_loss(-scores, scores)) > 0.5
    assert float(ranking_loss(torch.zeros(2), torch.tensor([0.5, 0.51]))) == 0


def test_masked_cross_entropy_ignores_unknown_rows():
    logits = torch.randn(6, 4)
    labels = torch.tensor([0, -1, 2, -1, 3, 1])
    known = labels >= 0
    expected = torch.nn.functional.cross_entropy(logits[known], labels[known], label_smoothing=0.05)
    assert float(masked_cross_entropy(logits, labels)) == pytest.approx(float(expected))
    assert float(masked_cross_entropy(logits, -torch.ones(6, dtype=torch.long))) == 0


@pytest.mark.parametrize(("variant", "blocks"), [("lite0", 16), ("lite1", 21), ("lite2", 21)])
def test_trunks_have_the_family_s_shapes(variant, blocks):
    network = EfficientNetLite(variant).eval()
    with torch.no_grad():
        maps = network.stages(torch.zeros(1, 3, 65, 90))
        head = network.head(maps[-1])
    assert len(network._blocks) == blocks
    assert len(maps) == 8
    assert maps[0].shape[-2:] == (33, 45)
    assert maps[-1].shape[-2:] == (3, 3)
    assert head.shape[1] == 1280


def test_lite0_has_the_published_number_of_parameters():
    trunk = sum(p.numel() for p in EfficientNetLite("lite0").parameters())
    assert trunk + 1280 * 1000 + 1000 == pytest.approx(4.65e6, rel=0.01)


def test_folding_the_normalisation_changes_no_output():
    torch.manual_seed(0)
    network = EfficientNetLite()
    with torch.no_grad():
        network.train()(torch.randn(4, 3, 64, 64))  # Statistics other than 0 and 1.
        network.eval()
        pixels = torch.randn(2, 3, 64, 64)
        expected, found = network(pixels), fold_normalisation(network)(pixels)
    assert torch.allclose(expected, found, atol=1e-4)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in fold_normalisation(network).modules())


def test_stage_statistics_against_numpy():
    maps = [torch.randn(2, 3, 5, 4), torch.randn(2, 2, 2, 2)]
    found = stage_statistics(maps).numpy()
    expected = np.concatenate(
        [part for m in maps for part in (m.numpy().mean((2, 3)), m.numpy().std((2, 3)))], axis=1
    )
    assert found == pytest.approx(expected, abs=1e-4)


def test_every_second_place_of_a_large_map_tells_its_statistics():
    stage = torch.randn(1, 2, 70, 96)
    assert torch.equal(stage_statistics([stage]), stage_statistics([stage[:, :, ::2, ::2]]))
    assert not torch.equal(stage_statistics([stage]), stage_statistics([stage[:, :, 1::2, ::2]]))


def test_folded_biases_learn_where_weights_do():
    network = EfficientNetLite().eval()
    freeze_blocks(network, 2)
    folded = fold_normalisation(network)
    learning = {name: value.requires_grad for name, value in folded.named_parameters()}
    asked = ["_conv_head", "_blocks.2._project_conv", "_conv_stem", "_blocks.1._project_conv"]
    assert [learning[f"{name}.bias"] for name in asked] == [True, True, False, False]


def test_damage_is_drawn_evenly_and_repeats_nothing():
    pairs = sample_damage(68, seed=3)
    assert len(set(pairs)) == 68
    assert {sum(kind == other for other, _ in pairs) for kind, _ in pairs} == {2}
    assert pairs == sample_damage(68, seed=3)
    assert pairs != sample_damage(68, seed=4)


def make_original(tmp_path, picture):
    from PIL import Image

    path = tmp_path / "mug.png"
    Image.fromarray(picture).save(path)
    return Original(path, "g", "beauty", "train")


def test_shards_hold_the_original_and_its_versions(tmp_path, picture):
    shard = make_shard(make_original(tmp_path, picture), sample_damage(5, 0), seed=0)
    assert shard.native.shape == (6, NATIVE_SIDE, NATIVE_SIDE, 3)
    assert shard.scores[0] == 100
    assert (shard.scores[1:] < 100).all()
    assert shard.kinds[0] == KIND_NAMES.index("pristine")
    save_shard(shard, tmp_path / "0.npz")
    again = load_shard(tmp_path / "0.npz")
    assert np.array_equal(again.whole, shard.whole)


def test_a_stopped_run_goes_on_where_it_was(tmp_path, picture):
    folder = tmp_path / "shards"
    originals = [make_original(tmp_path, picture)] * 2
    first = list(make_shards(originals, folder, versions=1, workers=1))
    written = first[0].stat().st_mtime_ns
    first[1].unlink()
    assert list(make_shards(originals, folder, versions=1, workers=1)) == first
    assert first[0].stat().st_mtime_ns == written
    assert first[1].exists()


def test_manifests_keep_splits_apart(tmp_path):
    table = tmp_path / "manifest.csv"
    table.write_text("file,type,group,split\na.jpg,beauty,1,train\nb.jpg,beauty,2,val\n")
    assert [o.path.name for o in read_manifest(table, "val")] == ["b.jpg"]


def test_near_duplicates_share_a_side_of_the_split():
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(60, 32)).astype(np.float32)
    vectors[30:] = vectors[:30] + generator.normal(size=(30, 32)) * 0.05
    groups = group_near_duplicates(vectors, 0.8)
    assert np.array_equal(groups[30:], groups[:30])
    held = make_validation_mask(groups, 0.3, seed=1)
    assert np.array_equal(held[30:], held[:30])
    assert 0.1 < held.mean() < 0.5


def test_training_learns_to_retrieve_scores():
    generator = np.random.default_rng(0)

    def make_features(count, first_group, kinds):
        scores = generator.uniform(0, 100, count).astype(np.float32)
        values = generator.normal(size=(count, 20)).astype(np.float16)
        values[:, 3] += (scores - 50) / 10
        return Features(
            values=values,
            scores=scores,
            kinds=kinds,
            levels=np.zeros(count, np.int8),
            groups=np.arange(first_group, first_group + count, dtype=np.int32),
        )

    rated = make_features(300, 0, np.full(300, -1, np.int16))
    damaged = make_features(300, 300, generator.integers(0, 4, 300).astype(np.int16))
    recipe = ProjectionRecipe(
        hidden=16, vector=8, steps=120, rated_batch=128, damaged_batch=128, dropout=0.1
    )
    losses = []
    trained = train_projection(rated, damaged, recipe, 4, lambda step, loss: losses.append(loss))
    assert losses[-1] < losses[0]
    fresh = make_features(100, 900, np.full(100, -1, np.int16))
    with torch.no_grad():
        bank = trained(torch.from_numpy(rated.values).float()).vector
        query = trained(torch.from_numpy(fresh.values).float()).vector
    predicted = (query @ bank.T / 0.05).softmax(1) @ torch.from_numpy(rated.scores)
    assert np.corrcoef(predicted.numpy(), fresh.scores)[0, 1] > 0.8


def test_calibration_follows_the_ratings():
    raw = np.linspace(20, 80, 800)
    fitted = fit_calibration(raw, 0.8 * raw + 15)
    assert fitted(50) == pytest.approx(55, abs=0.5)
    narrow = fit_calibration(raw, 0.2 * raw + 40, ends=(40, 60))
    assert (narrow(0), narrow(100)) == (40, 60)
    steep = fit_calibration(raw, raw, ends=(40, 60))  # What lies between has the last word.
    assert (steep(0), steep(100)) == (steep.score[1], steep.score[-2])
    bent = fit_calibration(raw, np.where(raw < 50, raw / 2, 3 * raw - 125))
    assert bent(35) == pytest.approx(17.5, abs=2.5)
    assert bent(65) == pytest.approx(70, abs=2.5)
    noisy = fit_calibration(raw, raw + np.random.default_rng(0).normal(0, 30, 800))
    assert list(noisy.score) == sorted(noisy.score)


def test_increasing_against_small_cases():
    ones = np.ones(4)
    assert fit_isotonic(np.array([1.0, 3, 2, 4]), ones).tolist() == [1, 2.5, 2.5, 4]
    assert fit_isotonic(np.array([4.0, 3, 2, 1]), ones).tolist() == [2.5] * 4
    assert fit_isotonic(np.array([3.0, 1]), np.array([1.0, 3])).tolist() == [1.5, 1.5]


def test_limits_are_exceeded_by_few_undamaged_photos():
    torch.manual_seed(0)
    projection = Projection(ProjectionShape(12, hidden=8, vector=6, kinds=len(KIND_NAMES))).eval()
    with torch.no_grad():
        projection.kinds.weight.mul_(20)
    clean = [np.random.default_rng(s).normal(size=(400, 12)).astype(np.float16) for s in (0, 1)]
    limits = fit_kind_limits(projection, clean)
    names = [group[0].value for group in list_families()]
    for values in clean:
        chances = family_probabilities(projection, values)
        for name, limit in limits.items():
            assert (
                chances[:, names.index(name)] > limit + 1e-3
            ).mean() <= MAX_FALSE_ALARM_SHARE + 0.0025
            assert 0.6 <= limit < 1
    assert limits
