"""The judge of versions: pairs, labels, learning, a run that was stopped, and the model it ends in."""

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from typer.testing import CliRunner  # noqa: E402

from packshot.cli.application import application  # noqa: E402
from packshot.enhance.version_judge import VersionJudge  # noqa: E402
from packshot.enhance.version_views import make_version_views  # noqa: E402
from packshot.errors import InvalidInput, ModelError, SourceError  # noqa: E402
from packshot.measure.reference import haarpsi, psnr, ssim  # noqa: E402
from packshot.train.datasets import version_shards  # noqa: E402
from packshot.train.datasets.version_pairs import (  # noqa: E402
    DAMAGE_KINDS,
    draw_damages,
    draw_plain_changes,
    list_step_changes,
    make_pairs,
    measure_gains,
)
from packshot.train.datasets.version_shards import (  # noqa: E402
    PairReadings,
    list_judge_originals,
    load_shards,
    make_shards,
    read_original,
)
from packshot.train.networks.efficientnet_lite import EfficientNetLite  # noqa: E402
from packshot.train.networks.version_judge import (  # noqa: E402
    DIFFERENCE_NUMBERS,
    VERSION_NUMBERS,
    VersionHead,
    VersionJudgeNetwork,
    VersionReader,
    VersionReading,
)
from packshot.train.recipes.version_judge import (  # noqa: E402
    JudgeRecipe,
    export_version_judge,
    find_held,
    fit_head,
    label_pairs,
    measure_accuracy,
)
from tests.conftest import make_packshot, make_picture  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def reader():
    torch.manual_seed(0)
    return VersionReader(EfficientNetLite()).eval()


def make_readings(count, seed=0):
    """Pairs of versions that are as good as their numbers are large."""
    random = np.random.default_rng(seed)
    quality = random.standard_normal((2, count, 1))
    noise = random.standard_normal((2, count, VERSION_NUMBERS))
    before, after = (quality + 0.3 * noise).astype(np.float16)
    difference = random.standard_normal((count, DIFFERENCE_NUMBERS)).astype(np.float16)
    won = (quality[1] - quality[0]).astype(np.float32)
    names = np.array([f"photo-{number % 40}" for number in range(count)])
    return PairReadings(before, after, difference, np.repeat(won, 4, axis=1), names, names, names)


def test_gains_are_differences_of_the_measures():
    original = make_picture(120, 130)
    before, after = np.clip(original.astype(int) - 40, 0, 255).astype(np.uint8), original // 2
    gains = measure_gains(original, before, after)
    for place, measure in enumerate((psnr, ssim, haarpsi)):
        expected = measure(original, after) - measure(original, before)
        assert gains[place] == pytest.approx(expected, abs=1e-5)
    assert (measure_gains(original, after, before) == -gains).all()


def test_pairs_change_something_and_every_version_of_an_original_is_damaged_once():
    random = np.random.default_rng(3)
    changes = list_step_changes(None) | draw_plain_changes(random)
    pairs = list(
        make_pairs(
            make_packshot((50, 50, 150, 120), (220, 200)), draw_damages(random), changes, random, 3
        )
    )
    assert all((pair.before != pair.after).any() for _, pair in pairs)
    assert {damage for damage, _ in pairs} >= {"none", "mix"}
    versions = {
        damage: {pair.before.tobytes() for name, pair in pairs if name == damage} for damage, _ in pairs
    }
    assert all(len(one) == 1 for one in versions.values())
    assert max(sum(name == damage for name, _ in pairs) for damage in versions) <= 3


def test_pairs_of_the_undamaged_gain_nothing():
    random = np.random.default_rng(3)
    damages = {"none": draw_damages(random)["none"]}
    changes = draw_plain_changes(random)
    pairs = list(make_pairs(make_picture(150, 160), damages, changes, random, 8))
    assert pairs
    assert all((pair.gains <= 1e-6).all() for _, pair in pairs)


def test_drawn_damage_is_of_kinds_that_steps_mend():
    random = np.random.default_rng(0)
    drawn = {name for _ in range(60) for name in list(draw_damages(random))[3:]}
    assert drawn == {kind.value for kind in DAMAGE_KINDS}


def test_labels_by_their_limits():
    gains = np.float32(
        [[1, 0.1, 0.1, 1], [-0.05, 0, 0.1, 1], [-0.2, 0, 0.1, 1], [1, -0.01, 0.1, -1], [1, 1, -0.1, 1]]
    )
    harmless, nearer = label_pairs(gains)
    assert harmless.tolist() == [True, True, False, False, True]
    assert nearer.tolist() == [True, True, True, False, False]


def test_exchanged_versions_change_the_sign_of_gains_whatever_the_weights():
    torch.manual_seed(1)
    head = VersionHead(hidden=16).eval()
    reading = VersionReading(
        torch.rand(5, VERSION_NUMBERS), torch.rand(5, VERSION_NUMBERS), torch.rand(5, DIFFERENCE_NUMBERS)
    )
    assert torch.allclose(head(reading).gains, -head(reading.swap()).gains, atol=1e-6)
    scaled = torch.tensor([[3.0, 0.2, -0.01, -8.0]])
    assert torch.allclose(head.undo_scaling(head.scale(scaled)), scaled, rtol=1e-4)


def test_the_head_learns_what_was_won_and_its_chances():
    readings = make_readings(1500)
    recipe = JudgeRecipe(epochs=12, hidden=32, dropout=0)
    head = fit_head(readings, recipe, lambda _: None)
    held = find_held(readings, recipe)
    assert 0 < held.sum() < len(held) / 3
    accuracy = measure_accuracy(head, readings.select(held))
    assert min(accuracy.correlations) > 0.8
    assert accuracy.harmless_auc > 0.85


def test_accuracy_against_counts_by_hand(monkeypatch):
    readings = make_readings(4)
    readings.gains[:] = np.float32([[1, 1, 1, 1], [2, 2, 2, 2], [-3, -3, -3, -3], [-1, -1, -1, -1]])
    told = np.float32([[5, 5, 5, 5], [6, 6, 6, 6], [1, 1, 1, 1], [-1, -1, -1, -1]])
    chances = np.float32([[0.95, 1], [0.99, 1], [0.92, 1], [0.1, 0]])
    monkeypatch.setattr(
        "packshot.train.recipes.version_judge.judge_readings", lambda head, pairs: (told, chances)
    )
    accuracy = measure_accuracy(VersionHead(hidden=8), readings)
    assert accuracy.direction == 0.75
    assert accuracy.kept == 0.75
    assert accuracy.harmed_of_kept == pytest.approx(1 / 3)
    assert accuracy.correlations[0] == pytest.approx(0.8)
    assert accuracy.harmless_auc == 1.0


def test_the_trunk_does_not_learn(reader):
    assert not any(parameter.requires_grad for parameter in reader.parameters())


def test_shards_are_made_once_and_the_same_again(reader, tmp_path):
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in paths:
        cv2.imwrite(str(path), make_packshot((40, 40, 110, 90), (160, 150)))
    plan = version_shards.PairPlan(
        lambda random: {"none": lambda pixels, _: pixels}, draw_plain_changes, per_damage=2
    )
    told = []
    make_shards(paths, plan, reader, tmp_path / "work", told.append)
    assert len(told) == 2
    readings = load_shards(tmp_path / "work", paths)
    again = read_original(paths[0], plan, reader)
    assert (readings.select(readings.groups == "a.png").before == again.before).all()
    make_shards(paths, plan, reader, tmp_path / "work", told.append)
    assert len(told) == 2


def test_originals_kept_from_training_and_known_products_stay_out(tmp_path):
    rows = ("a.jpg,x,shop:a,train,one", "b.jpg,x,shop:b,val,one", "c.jpg,x,shop:c,train,two")
    (tmp_path / "products.csv").write_text("\n".join(("file,type,group,split,source", *rows)))
    chosen = list_judge_originals(tmp_path / "products.csv", ("one",), ())
    assert [path.name for path in chosen] == ["a.jpg"]
    with pytest.raises(SourceError, match="no photos"):
        list_judge_originals(tmp_path / "products.csv", ("three",), ())


def test_the_model_answers_as_the_network_does(reader, tmp_path):
    torch.manual_seed(2)
    network = VersionJudgeNetwork(VersionReader(EfficientNetLite()), VersionHead(hidden=16)).eval()
    before, after = make_picture(200, 210), make_picture(200, 210)[::-1].copy()
    views = make_version_views(before, after)
    with torch.inference_mode():
        gains, chances = network(*(torch.from_numpy(one[None]) for one in vars(views).values()))
    export_version_judge(network, tmp_path / "judge.onnx")
    told = VersionJudge.from_path(tmp_path / "judge.onnx").judge(before, after)
    assert told.psnr == pytest.approx(float(gains[0, 0]), abs=0.02)
    assert told.harmless == pytest.approx(float(chances[0, 0]), abs=0.002)


def test_making_a_judge_as_a_user_does(tmp_path, monkeypatch):
    rows = ["file,type,group,split,source"]
    for number in (6, 7, 8):
        cv2.imwrite(
            str(tmp_path / f"{number}.png"),
            np.roll(make_packshot((40, 40, 110, 90), (160, 150)), 9 * number, 1),
        )
        rows.append(f"{number}.png,box,shop:{number},train,shop")
    (tmp_path / "products.csv").write_text("\n".join(rows))
    torch.save(EfficientNetLite().state_dict(), tmp_path / "lite0.pth")
    monkeypatch.setattr(version_shards, "SIDES", (128,))
    command = ["train", "version-judge", "--photos", str(tmp_path / "products.csv"), "--epochs", "2"]
    command += ["--checkpoint", str(tmp_path / "lite0.pth"), "--work", str(tmp_path / "work")]
    result = CliRunner().invoke(application, [*command, "-o", str(tmp_path / "judge.onnx")])
    assert result.exit_code == 0, result.output
    assert "held-out originals:" in result.output
    picture = make_packshot((40, 40, 110, 90), (160, 150))
    assert VersionJudge.from_path(tmp_path / "judge.onnx").judge(picture, picture).psnr == 0


def test_a_checkpoint_of_something_else(tmp_path):
    (tmp_path / "lite0.pth").write_bytes(b"no checkpoint")
    (tmp_path / "products.csv").write_text("file,type,group,split\na.png,box,1,train\n")
    command = ["train", "version-judge", "--photos", str(tmp_path / "products.csv")]
    command += ["--checkpoint", str(tmp_path / "lite0.pth"), "--work", str(tmp_path / "work")]
    result = CliRunner().invoke(application, [*command, "-o", str(tmp_path / "judge.onnx")])
    assert isinstance(result.exception, ModelError)
    assert "no checkpoint of EfficientNet-Lite0" in str(result.exception)


def test_too_few_originals_to_hold_some_back():
    readings = make_readings(30)
    alone = readings.select(readings.groups == readings.groups[0])
    with pytest.raises(InvalidInput, match="originals"):
        fit_head(alone, JudgeRecipe(epochs=1, hidden=8), lambda _: None)
