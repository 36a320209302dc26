"""Data, loss and network of the overlay network; needs PyTorch: `make setup-train`."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.errors import SourceError  # noqa: E402
from packshot.train.datasets.lettering import Fonts, draw_logo, render_line, sample_text  # noqa: E402
from packshot.train.datasets.overlays import (  # noqa: E402
    OverlayDataset,
    add_print,
    add_text,
    add_watermark,
    make_clean_example,
)
from packshot.train.networks.efficientnet_lite import EfficientNetLite, fold_normalisation  # noqa: E402
from packshot.train.networks.overlay import OverlayNetwork, ShippedOverlay  # noqa: E402
from packshot.train.recipes.overlay import OverlayRecipe, make_learner, overlay_loss  # noqa: E402
from tests.conftest import make_picture  # noqa: E402

pytestmark = pytest.mark.train

FOLDER = Path("/usr/share/fonts")


@pytest.fixture(scope="module")
def fonts():
    try:
        return Fonts.from_folder(FOLDER)
    except SourceError:
        pytest.skip(f"no fonts under {FOLDER}")


@pytest.fixture
def photo():
    return make_picture(240, 320)


def test_fonts_for_training_and_validation_differ(fonts):
    assert not set(fonts.latin) & set(Fonts.from_folder(FOLDER, held_out=True).latin)


def test_a_folder_without_fonts(tmp_path):
    with pytest.raises(SourceError, match="no font"):
        Fonts.from_folder(tmp_path)


def test_a_line_is_as_high_as_asked(fonts):
    for seed in range(6):
        text, font = sample_text(np.random.default_rng(seed), fonts)
        coverage = render_line(text, font, 30)
        assert coverage.dtype == np.uint8
        assert 8 <= coverage.shape[0] <= 60
        assert coverage.max() > 127


def test_text_changes_pixels_where_it_says_and_badges_alone_elsewhere(photo, fonts):
    for seed in range(10):
        laid = add_text(photo, np.random.default_rng(seed), fonts)
        changed = np.abs(laid.pixels.astype(int) - photo).max(axis=2) > 0
        assert laid.text.any()
        assert not laid.watermark.any()
        assert changed[laid.text > 0].mean() > 0.05


def test_letters_go_down_to_the_height_asked_for(photo, fonts):
    def find_lowest(smallest):
        heights = []
        for seed in range(30):
            rows = add_text(photo, np.random.default_rng(seed), fonts, smallest).text.any(axis=1)
            edges = np.flatnonzero(np.diff(np.r_[0, rows, 0].astype(int)))
            heights += (edges[1::2] - edges[::2]).tolist()
        return min(heights) / max(photo.shape[:2])

    assert find_lowest(0.012) < 0.02 <= find_lowest(0.06)


def test_watermarks_are_see_through(photo, fonts):
    for seed in range(10):
        laid = add_watermark(photo, np.random.default_rng(seed), fonts)
        difference = np.abs(laid.pixels.astype(int) - photo).max(axis=2)
        assert not laid.text.any()
        assert laid.watermark.any()
        assert difference[laid.watermark == 0].max() <= 60
        assert 0 < difference.max() <= 0.56 * 255 + 1


def test_print_and_clean_photos_carry_no_overlay(photo, fonts):
    printed = add_print(photo, np.random.default_rng(0), fonts)
    assert (printed != photo).any()
    assert not make_clean_example(photo).text.any()
    assert not make_clean_example(photo).watermark.any()


def test_logos_fill_their_square():
    for seed in range(8):
        assert draw_logo(np.random.default_rng(seed), 40).mean() > 5


def test_batches_are_a_function_of_their_number(photo, fonts):
    examples = OverlayDataset([photo], fonts, 3, 96, seed=0)
    batch = examples[2]
    assert torch.equal(batch.pixels, examples[2].pixels)
    assert batch.pixels.shape == (3, 96, 96, 3)
    assert batch.maps.shape == (3, 2, 24, 24)
    assert 0 <= batch.maps.min() <= batch.maps.max() <= 1


def test_squares_show_overlays_as_large_as_whole_photos_have_them(fonts):
    """Up to an eighth of the long side of the photo, which is more than an eighth of the square."""
    examples = OverlayDataset([make_picture(420, 448)], fonts, 48, 128, seed=3)
    maps = examples[0].maps.numpy() > 0.5
    shown = maps.any(axis=(1, 2, 3))
    assert 0.5 < shown.mean() < 0.85
    rows = maps[:, 0].any(axis=2).sum(axis=1)
    assert rows.max() > 32 / 8


def test_the_loss_against_a_naive_one():
    torch.manual_seed(1)
    logits, truth = torch.randn(2, 2, 3, 3), (torch.rand(2, 2, 3, 3) > 0.5).float()
    p, t = torch.sigmoid(logits).double().numpy(), truth.double().numpy()
    pixels = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
    both = [(p[:, k] * t[:, k]).sum() for k in (0, 1)]
    either = [(p[:, k] + t[:, k]).sum() - both[k] for k in (0, 1)]
    expected = 2 * pixels + np.mean([1 - both[k] / either[k] for k in (0, 1)])
    assert overlay_loss(logits, truth).item() == pytest.approx(expected, abs=1e-5)


def test_maps_have_a_quarter_of_the_side():
    network = ShippedOverlay(OverlayNetwork(EfficientNetLite()).eval())
    with torch.no_grad():
        maps = network(torch.zeros(1, 64, 96, 3, dtype=torch.uint8))
    assert maps.shape == (1, 2, 16, 24)
    assert 0 <= maps.min() <= maps.max() <= 1


def test_a_step_of_training_moves_the_decoder_and_leaves_the_first_block():
    torch.manual_seed(0)
    network = OverlayNetwork(fold_normalisation(EfficientNetLite().eval()))
    before = {name: value.clone() for name, value in network.named_parameters()}
    learner = make_learner(network, OverlayRecipe(steps=4))
    network.train()
    pixels = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    learner.take_step(overlay_loss(network(pixels), torch.rand(2, 2, 16, 16)))
    moved = {name for name, value in network.named_parameters() if not torch.equal(value, before[name])}
    assert "maps.weight" in moved
    assert any(name.startswith("trunk._blocks.5") for name in moved)
    assert not any(name.startswith(("trunk._conv_stem", "trunk._blocks.0.")) for name in moved)
