"""Data, loss and training of the mask network; needs PyTorch: `make setup-train`."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.encode.mask import MaskPrediction  # noqa: E402
from packshot.train.datasets.composites import Composer, draw_object  # noqa: E402
from packshot.train.datasets.cutouts import extract_cutout  # noqa: E402
from packshot.train.datasets.masks import (  # noqa: E402
    MaskBatch,
    MaskDataset,
    extract_subject,
    select_confident,
    select_empty,
)
from packshot.train.datasets.teacher_masks import TeacherMask, is_held_out  # noqa: E402
from packshot.train.networks.efficientnet_lite import EfficientNetLite  # noqa: E402
from packshot.train.networks.mask import MaskNetwork, ShippedMask  # noqa: E402
from packshot.train.recipes.mask import MaskRecipe, make_learner, mask_loss  # noqa: E402
from packshot.train.recipes.mask_model import fit_logistic, intersection_over_union  # noqa: E402
from tests.conftest import make_packshot, make_picture  # noqa: E402

pytestmark = pytest.mark.train

SIDE = 64
RECIPE = MaskRecipe(steps=4, batch_size=3)


def make_teacher_mask(area=0.0, level=255):
    mask = np.zeros((80, 80), np.uint8)
    mask[: round(80 * area)] = level
    return TeacherMask(make_picture(80, 80), mask)


@pytest.fixture(scope="module")
def composer():
    return Composer([extract_cutout(make_packshot())], [make_teacher_mask()], SIDE)


@pytest.fixture(scope="module")
def examples(composer):
    return MaskDataset(
        composer, [make_teacher_mask(0.4)], [make_teacher_mask()], RECIPE.batch_size, seed=0
    )


def test_a_cut_out_is_the_product_alone():
    product = extract_cutout(make_packshot((100, 100, 300, 200)))
    assert product.alpha.shape == pytest.approx((200 / 2, 300 / 2), abs=4)
    assert (product.alpha > 127).mean() > 0.9
    assert product.pixels[product.alpha == 255].max() < 215
    assert product.cropped_sides == (False,) * 4


def test_a_product_at_the_frame_says_where_it_is_cut_off():
    assert extract_cutout(make_packshot((100, 200, 300, 200))).cropped_sides == (
        False,
        False,
        False,
        True,
    )


def test_holes_show_the_background_and_belong_to_nobody():
    pixels = make_packshot((100, 100, 300, 200))
    pixels[170:230, 220:280] = 255
    alpha = extract_cutout(pixels).alpha
    assert alpha[alpha.shape[0] // 2, alpha.shape[1] // 2] == 0


def test_nothing_is_cut_out_of_a_scene_or_of_dark_ground():
    assert extract_cutout(make_picture(240, 320)) is None
    assert extract_cutout((make_packshot() * 0.5).astype(np.uint8)) is None


def test_composites_repeat_and_differ(composer):
    first, again, other = (composer.compose(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.pixels, again.pixels)
    assert not np.array_equal(first.pixels, other.pixels)
    assert first.pixels.shape == (SIDE, SIDE, 3)
    assert set(np.unique(first.mask)) <= {0, 255}
    assert first.mask.any()
    assert not composer.compose_empty(np.random.default_rng(1)).mask.any()


def test_the_mask_is_where_the_product_was_laid():
    """A product of a colour of its own on dark ground: the mask covers that colour and nothing else."""
    product = extract_cutout(
        np.pad(
            np.full((100, 90, 3), (0, 200, 0), np.uint8),
            ((90,) * 2, (90,) * 2, (0, 0)),
            constant_values=255,
        )
    )
    dark = TeacherMask(np.full((80, 80, 3), 5, np.uint8), np.zeros((80, 80), np.uint8))
    composer = Composer([product], [dark], 128)
    for seed in range(12):
        example = composer.compose(np.random.default_rng(seed), product)
        red, green, _ = np.moveaxis(example.pixels.astype(int), 2, 0)
        greener = green - red
        inside, outside = greener[example.mask > 0], greener[example.mask == 0]
        assert inside.mean() > outside.mean() + 20


def test_drawn_objects_have_thin_and_thick_parts():
    drawn = [draw_object(make_picture(96, 96), np.random.default_rng(seed)) for seed in range(5)]
    assert all((one.alpha > 127).any() and one.pixels.shape[:2] == one.alpha.shape for one in drawn)


def test_answers_that_are_sure_and_empty():
    masks = [
        make_teacher_mask(),
        make_teacher_mask(0.4),
        make_teacher_mask(0.4, level=140),
        make_teacher_mask(0.95),
    ]
    assert select_confident(masks) == [masks[1]]
    assert select_empty(masks) == [masks[0]]
    assert extract_subject(masks[1]).cropped_sides == (True, True, True, False)


def test_one_name_in_five_is_held_out():
    held = [is_held_out(f"{number}.jpg") for number in range(1000)]
    assert 150 < sum(held) < 250
    assert is_held_out("0.jpg") == held[0]


def test_batches_are_a_function_of_their_number(examples):
    first, again = examples[3], examples[3]
    assert torch.equal(first.pixels, again.pixels)
    assert first.pixels.shape == (3, SIDE, SIDE, 3)
    assert first.mask.shape == (3, SIDE // 2, SIDE // 2)
    assert not torch.equal(first.pixels, examples[4].pixels)


def test_the_loss_against_a_naive_one():
    torch.manual_seed(0)
    logits, presence = torch.randn(3, 4, 4), torch.randn(3)
    truth = (torch.rand(3, 4, 4) > 0.5).float()
    batch = MaskBatch(torch.zeros(3, 8, 8, 3), truth, torch.tensor([1.0, 0.0, 1.0]))
    p = torch.sigmoid(logits).double().numpy()
    t = truth.double().numpy()
    pixels = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
    missed = [1 - (p[i] * t[i]).sum() / (p[i] + t[i] - p[i] * t[i]).sum() for i in (0, 2)]
    q = torch.sigmoid(presence).double().numpy()
    there = -np.mean([np.log(q[0]), np.log(1 - q[1]), np.log(q[2])])
    expected = pixels + RECIPE.overlap_weight * np.mean(missed) + RECIPE.presence_weight * there
    assert mask_loss(logits, presence, batch, RECIPE).item() == pytest.approx(expected, abs=1e-5)


def test_masks_have_half_the_side():
    network = ShippedMask(MaskNetwork(EfficientNetLite()).eval())
    with torch.no_grad():
        product, presence = network(torch.zeros(2, 64, 64, 3, dtype=torch.uint8))
    assert product.shape == (2, 32, 32)
    assert presence.shape == (2,)
    assert 0 <= product.min() <= product.max() <= 1


def test_a_stopped_run_goes_on_where_it_was(examples, tmp_path):
    def compute_loss(network, batch):
        logits, presence = network(batch.pixels)
        return mask_loss(logits, presence, batch, RECIPE)

    def make_seeded_learner():
        torch.manual_seed(5)
        return make_learner(MaskNetwork(EfficientNetLite()), RECIPE)

    whole = make_seeded_learner().train(examples, compute_loss, tmp_path / "whole.pt", 0, str)
    first = make_seeded_learner()
    for number in (0, 1):
        first.network.train()
        first.take_step(compute_loss(first.network, examples[number]))
    first.save(tmp_path / "halves.pt")
    halves = make_seeded_learner().train(examples, compute_loss, tmp_path / "halves.pt", 0, str)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, halves.state_dict()[name]), name
    frozen = MaskNetwork(EfficientNetLite()).trunk._conv_stem.weight.shape
    assert whole.trunk._conv_stem.weight.shape == frozen


def test_overlap_by_hand():
    mask = np.zeros((8, 8), np.uint8)
    mask[:4] = 255
    likely = np.zeros((8, 8), np.float32)
    likely[2:6] = 1
    assert intersection_over_union(MaskPrediction(likely, 1.0), mask) == pytest.approx(16 / 48)
    assert intersection_over_union(MaskPrediction(0 * likely, 1.0), 0 * mask) == 0


def test_logistic_regression_finds_the_line():
    generator = np.random.default_rng(0)
    terms = np.column_stack([np.ones(4000), generator.normal(size=4000)])
    chance = 1 / (1 + np.exp(-(0.5 + 2 * terms[:, 1])))
    found = fit_logistic(terms, (generator.random(4000) < chance).astype(float))
    assert found == pytest.approx([0.5, 2.0], abs=0.2)
