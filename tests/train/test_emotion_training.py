"""Backbones, projection, views, training and calibration of the emotion network."""

import copy
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.encode.model import Model  # noqa: E402
from packshot.encode.views import to_whole_view  # noqa: E402
from packshot.errors import InvalidInput, ModelError  # noqa: E402
from packshot.train.datasets.oasis import EmotionLabels, label_distribution  # noqa: E402
from packshot.train.networks.efficientnet_lite import EfficientNetLite  # noqa: E402
from packshot.train.networks.emotion.backbones import (  # noqa: E402
    Bottleneck,
    ClassEvidence,
    LiteBackbone,
    build_resnet101,
    load_backbone,
)
from packshot.train.networks.emotion.network import (  # noqa: E402
    EmotionNetwork,
    EmotionShape,
    PixelsToEmotion,
    mean_valence,
)
from packshot.train.networks.emotion.projection import (  # noqa: E402
    ProjectedBackbone,
    ProjectionSettings,
    fit_channel_projection,
)
from packshot.train.recipes.emotion_features import ViewPlan, load_feature_maps, make_view  # noqa: E402
from packshot.train.recipes.emotion_model import write_emotion_model  # noqa: E402
from packshot.train.recipes.emotion_start import fit_linear  # noqa: E402
from packshot.train.recipes.emotion_training import (  # noqa: E402
    EmotionRecipe,
    EmotionTrainingSet,
    join_side_by_side,
    train_emotion,
)
from packshot.train.recipes.emotion_validation import (  # noqa: E402
    calibrate,
    cross_validate,
    find_best_threshold,
)
from tests.conftest import make_picture  # noqa: E402

pytestmark = pytest.mark.train

CHANNELS = 8
SHAPE = EmotionShape(CHANNELS, channels=6, bottleneck=4)
SHORT = EmotionRecipe(steps=3, batch_size=8, composites=4)


def make_toy_data(count=60, seed=0):
    """Maps whose first channel tells valence, everywhere; ten themes."""
    generator = np.random.default_rng(seed)
    means = generator.uniform(1.5, 6.5, count)
    maps = generator.standard_normal((2, count, CHANNELS, 3, 3))
    maps[:, :, 0] = (means[None, :, None, None] - 4) + 0.3 * maps[:, :, 0]
    labels = EmotionLabels(
        means,
        np.stack([label_distribution(mean, 1.0) for mean in means]),
        np.array([f"theme {n % 10}" for n in range(count)]),
    )
    return [view.astype(np.float16) for view in maps], labels


def test_resnet101_has_33_blocks_and_the_source_s_stride():
    network = build_resnet101()
    assert sum(isinstance(layer, Bottleneck) for layer in network) == 33
    convolutions = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == 1 + 33 * 3 + 4
    assert convolutions[0].kernel_size == (7, 7)
    shape = network.eval()(torch.zeros(1, 64, 64, 3, dtype=torch.uint8)).shape
    assert shape == (1, 2048, 2, 2)


def test_resnet101_has_as_many_weights_as_the_published_one():
    # 44 549 160 with the classifier of 1000 classes (He et al., as counted by torchvision).
    count = sum(parameter.numel() for parameter in build_resnet101().parameters())
    assert count == 44_549_160 - 2048 * 1000 - 1000


@pytest.mark.parametrize("name", ["lite0", "vgg16", "alexnet"])
def test_a_backbone_without_weights_is_refused(name):
    with pytest.raises(InvalidInput, match=name):
        load_backbone(name)


def test_an_unknown_backbone_is_refused():
    with pytest.raises(InvalidInput, match="vgg61"):
        load_backbone("vgg61")


def test_what_is_no_checkpoint_is_refused(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pth")
    for name in ("lite0", "resnet101"):
        with pytest.raises(ModelError, match=r"a\.pth"):
            load_backbone(name, tmp_path / "a.pth")


def test_class_evidence_against_the_classifier():
    generator = torch.Generator().manual_seed(0)
    kernel, bias = (torch.randn(*size, generator=generator) for size in ((20, 6), (20,)))
    groups = torch.rand(3, 20, generator=generator)
    head = torch.randn(1, 6, 2, 2, generator=generator)
    found = ClassEvidence(kernel, bias, groups, rank=6)(head)
    for y in range(2):
        for x in range(2):
            wanted = groups @ torch.softmax(kernel @ head[0, :, y, x] + bias, dim=0)
            torch.testing.assert_close(found[0, :, y, x], wanted, atol=1e-5, rtol=1e-4)


def make_lite_backbone():
    torch.manual_seed(0)
    evidence = ClassEvidence(torch.randn(30, 1280), torch.zeros(30), torch.rand(5, 30))
    return LiteBackbone(EfficientNetLite("lite0").eval(), evidence).eval()


def test_the_lite_backbone_joins_its_sources():
    network = make_lite_backbone()
    with torch.inference_mode():
        features = network(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))
    assert network.sizes == [112, 320, 1280, 5]
    assert features.shape == (1, sum(network.sizes), 2, 2)


def test_the_projection_standardises_and_turns_to_the_main_directions():
    generator = np.random.default_rng(0)
    pooled = (generator.standard_normal((50, 6)) @ generator.standard_normal((6, 6)) + 3).astype(
        np.float32
    )
    projection = fit_channel_projection(
        torch.from_numpy(pooled), [2, 3, 1], ProjectionSettings(3, 1, 4.0)
    )
    found = projection(torch.from_numpy(pooled)[:, :, None, None])[:, :, 0, 0].numpy()
    standard = (pooled - pooled.mean(0)) / pooled.std(0, ddof=1)
    values, vectors = np.linalg.eigh(standard[:, :5].T @ standard[:, :5])
    wanted = standard[:, :5] @ vectors[:, ::-1][:, :3] * np.sqrt(50 * 3 / values[::-1][:3].sum())
    np.testing.assert_allclose(np.abs(found[:, :3]), np.abs(wanted), atol=1e-3)
    np.testing.assert_allclose(found[:, 3], 4 * standard[:, 5], atol=1e-3)
    assert float(np.square(found[:, :3]).mean()) == pytest.approx(1, abs=1e-3)


def test_a_projection_of_other_sizes_is_refused():
    with pytest.raises(InvalidInput, match="channels"):
        fit_channel_projection(torch.zeros(4, 6), [2, 3], ProjectionSettings())


def test_views_are_plain_then_mirrored_then_random_but_repeatable():
    pixels = make_picture(160, 200)
    plan = ViewPlan(side=64, count=4)
    plain = make_view(pixels, 0, plan, photo=5)
    np.testing.assert_array_equal(plain, to_whole_view(pixels, 64))
    np.testing.assert_array_equal(make_view(pixels, 1, plan, 5), plain[:, ::-1])
    drawn = make_view(pixels, 2, plan, 5)
    np.testing.assert_array_equal(drawn, make_view(pixels, 2, plan, 5))
    assert not np.array_equal(drawn, make_view(pixels, 3, plan, 5))
    assert not np.array_equal(drawn, make_view(pixels, 2, plan, 6))


def test_kept_maps_are_not_computed_again(tmp_path, photo_files):
    calls = []

    def encode(view):
        calls.append(view)
        return view.transpose(2, 0, 1).astype(np.float32)

    plan = ViewPlan(side=32, count=3)
    first = load_feature_maps(encode, photo_files, plan, tmp_path / "maps", lambda line: None)
    assert len(calls) == 3 * len(photo_files)
    (tmp_path / "maps" / "view2.npy").unlink()
    second = load_feature_maps(encode, photo_files, plan, tmp_path / "maps", lambda line: None)
    assert len(calls) == 4 * len(photo_files)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def photo_files(tmp_path):
    import cv2

    paths = [tmp_path / f"{seed}.png" for seed in range(3)]
    for seed, path in enumerate(paths):
        cv2.imwrite(str(path), make_picture(160, 200, seed))
    return paths


def test_composites_say_where_each_polarity_is():
    maps, labels = make_toy_data()
    data = EmotionTrainingSet(maps, labels, np.arange(60))
    generator = np.random.default_rng(0)
    positive, negative = (data.make_batch(np.array(rows), generator) for rows in ([1, 2], [3, 4]))
    both = join_side_by_side(positive, negative, torch.tensor([False, True]))
    torch.testing.assert_close(both.features[0, :, :, :3], positive.features[0])
    torch.testing.assert_close(both.features[1, :, :, :3], negative.features[1])
    assert both.sides[0, 0].unique(dim=0).tolist() == [[1, 1, 1, 0, 0, 0]]
    assert both.sides[1, 0].unique(dim=0).tolist() == [[0, 0, 0, 1, 1, 1]]
    torch.testing.assert_close(both.sides.sum(1), torch.ones(2, 3, 6))
    torch.testing.assert_close(both.shares, (positive.shares + negative.shares) / 2)


def test_composites_are_of_clear_photos_alone():
    maps, labels = make_toy_data()
    rows = np.flatnonzero((labels.valence <= 3.5) | (labels.valence >= 4.5))
    pairs = EmotionTrainingSet(maps, labels, rows).make_composites(30, np.random.default_rng(0))
    left, right = pairs.features[:, 0, :, :3].mean((1, 2)), pairs.features[:, 0, :, 3:].mean((1, 2))
    assert bool(((left > right) == (pairs.sides[:, 0, 0, 0] == 1)).all())


def test_the_linear_start_is_the_best_one():
    generator = torch.Generator().manual_seed(0)
    pooled, wanted = torch.randn(50, 4, generator=generator), torch.randn(50, 1, generator=generator)
    layer = torch.nn.Linear(4, 1)
    fit_linear(layer, pooled, 0.1, lambda said: (said - wanted).square().mean())
    centred, targets = pooled - pooled.mean(0), wanted - wanted.mean()
    expected = torch.linalg.solve(
        centred.T @ centred / 50 + 0.1 * torch.eye(4), centred.T @ targets / 50
    )
    torch.testing.assert_close(layer.weight.detach(), expected.T, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("branches", [0, 1, 2])
def test_training_finds_what_the_maps_tell(branches):
    maps, labels = make_toy_data()
    shape = replace(SHAPE, branches=branches)
    network = train_emotion(
        EmotionTrainingSet(maps, labels, np.arange(40)), shape, SHORT, lambda line: None
    )
    with torch.inference_mode():
        predicted = mean_valence(network(torch.from_numpy(maps[0][40:]).float()).distribution).numpy()
    assert np.corrcoef(predicted, labels.valence[40:])[0, 1] > 0.9


def test_training_is_the_same_for_a_seed():
    maps, labels = make_toy_data()
    data = EmotionTrainingSet(maps, labels, np.arange(60))
    first, second = (train_emotion(data, SHAPE, SHORT, lambda line: None) for _ in range(2))
    other = train_emotion(data, SHAPE, replace(SHORT, seed=1), lambda line: None)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(first.fusion.classify.weight, other.fusion.classify.weight)


def test_cross_validation_goes_on_where_it_was(tmp_path):
    maps, labels = make_toy_data()
    lines = []
    first = cross_validate(maps, labels, SHAPE, SHORT, tmp_path, 3, lines.append)
    trained = [line for line in lines if line.startswith("step")]
    assert len(trained) == 3
    (tmp_path / "seed0-fold1.npz").unlink()
    second = cross_validate(maps, labels, SHAPE, SHORT, tmp_path, 3, lines.append)
    assert len([line for line in lines if line.startswith("step")]) == 4
    np.testing.assert_array_equal(first.valence, second.valence)
    assert np.corrcoef(first.valence, labels.valence)[0, 1] > 0.9
    assert first.pointing_shares.min() > 0.75


def test_a_held_out_photo_is_read_by_a_network_that_has_not_seen_its_theme():
    maps, labels = make_toy_data()
    plain = cross_validate(maps, labels, SHAPE, SHORT, folds=3)
    out = plain.fold == 0
    changed = copy.deepcopy(labels)
    changed.valence[out] = 8 - changed.valence[out]
    changed.distribution[out] = changed.distribution[out, ::-1]
    again = cross_validate(maps, changed, SHAPE, SHORT, folds=3)
    np.testing.assert_array_equal(plain.valence[out], again.valence[out])
    assert not np.array_equal(plain.valence[~out], again.valence[~out])


def test_calibration_is_even_between_polarities():
    generator = np.random.default_rng(0)
    means = np.concatenate([generator.normal(3, 0.3, 50), generator.normal(5.5, 0.4, 500)])
    labels = EmotionLabels(means, np.full((550, 7), 1 / 7), np.array(["a"] * 550))
    predicted = means + generator.normal(0, 0.8, 550)
    found = calibrate(predicted, np.stack([predicted / 8, 1 - predicted / 8], axis=1), labels)
    middle = -found.offset / found.scale
    assert found.scale > 0
    assert middle == pytest.approx(4.25, abs=0.3)
    assert 0.45 < found.positive_threshold < 0.6
    assert 0.4 < found.negative_threshold < 0.6


def test_the_best_threshold_lies_between_what_it_parts():
    values = np.concatenate([np.linspace(0, 1, 100), np.linspace(2, 3, 100)])
    assert 0.9 < find_best_threshold(values, values > 1.5) < 2.1


def test_the_model_reads_as_the_network_does(tmp_path, photo_files):
    trunk = make_lite_backbone()
    pooled = torch.randn(30, sum(trunk.sizes), generator=torch.Generator().manual_seed(0))
    projection = fit_channel_projection(pooled, trunk.sizes, ProjectionSettings(directions=6))
    network = EmotionNetwork(EmotionShape(7, 6, 4), torch.full((2, 7), 1 / 7)).eval()
    whole = PixelsToEmotion(ProjectedBackbone(trunk, projection), network).eval()
    path = tmp_path / "emotion.onnx"
    write_emotion_model(whole, 64, photo_files, {"positive_bar": "0.5"}, path)
    model = Model.from_path(path)
    assert model.session.get_modelmeta().custom_metadata_map["positive_bar"] == "0.5"
    view = to_whole_view(make_picture(160, 200, 7), 64)[None]
    outputs = model.run(pixels=np.concatenate([view, view[:, :, ::-1]]))
    assert {name: array.shape[1:] for name, array in outputs.items()} == {
        "distribution": (7,),
        "intensities": (2,),
        "maps": (2, 2, 2),
    }
    np.testing.assert_allclose(outputs["distribution"].sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(outputs["distribution"][0], outputs["distribution"][1], atol=1e-5)
    np.testing.assert_allclose(outputs["maps"][0], outputs["maps"][1][:, :, ::-1], atol=1e-4)
    with torch.inference_mode():
        wanted = whole(torch.from_numpy(view))
    np.testing.assert_allclose(outputs["distribution"][0], wanted[0][0].numpy(), atol=0.1)
