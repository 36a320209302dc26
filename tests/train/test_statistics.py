"""What is read off the maps of a trunk; needs PyTorch: `make setup-train`."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.train.networks.efficientnet_lite import EfficientNetLite  # noqa: E402
from packshot.train.networks.statistics import (  # noqa: E402
    LAYOUT_NUMBERS,
    LAYOUT_STAGES,
    STAGE_NUMBERS,
    WHOLE_NUMBERS,
    ViewNetwork,
    WholeViewNetwork,
    layout_statistics,
    scale_pixels,
)

pytestmark = pytest.mark.train


def draw_maps(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def compute_layout(stage):
    """The four numbers of each channel of one photo's map, (C, H, W), by loops."""
    means, largest, falls, leans = [], [], [], []
    for channel in stage.numpy().astype(float):
        height, width = channel.shape
        lines = [channel[0].mean(), channel[-1].mean(), channel[:, 0].mean(), channel[:, -1].mean()]
        halves = {"upper": [], "lower": [], "left": [], "right": []}
        for row, column in np.ndindex(height, width):
            value = channel[row, column]
            for name, place, count in (("upper lower", row, height), ("left right", column, width)):
                if 2 * place + 1 != count:  # The line in the middle counts to neither.
                    halves[name.split()[2 * place + 1 > count]].append(value)
        mean = {name: np.mean(values) for name, values in halves.items()}
        means.append(np.mean(lines))
        largest.append(max(lines))
        falls.append(mean["lower"] - mean["upper"])
        leans.append(abs(mean["right"] - mean["left"]))
    return np.concatenate([means, largest, falls, leans])


@pytest.mark.parametrize("shape", [(2, 3, 4, 6), (2, 2, 14, 14), (1, 3, 2, 2), (2, 3, 7, 7)])
def test_layout_against_loops(shape):
    maps = [draw_maps(*shape), draw_maps(shape[0], 5, 8, 8, seed=1)]
    found = layout_statistics(maps).numpy()
    for photo in range(shape[0]):
        expected = np.concatenate([compute_layout(stage[photo]) for stage in maps])
        assert found[photo] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("shape", [(2, 3, 4, 6), (2, 3, 14, 14), (2, 3, 7, 7)])
def test_mirroring_changes_no_layout(shape):
    maps = draw_maps(*shape)
    torch.testing.assert_close(layout_statistics([maps.flip(3)]), layout_statistics([maps]))


def test_a_view_upside_down_falls_the_other_way():
    maps = draw_maps(2, 3, 6, 8)
    before, after = (layout_statistics([one]).unflatten(1, (4, 3)) for one in (maps, maps.flip(2)))
    torch.testing.assert_close(after[:, 2], -before[:, 2])
    torch.testing.assert_close(after[:, [0, 1, 3]], before[:, [0, 1, 3]])


def test_a_brighter_map_has_brighter_edges_and_the_same_layout():
    maps = draw_maps(2, 3, 6, 8)
    change = layout_statistics([maps + 2]) - layout_statistics([maps])
    expected = torch.tensor([2.0, 2.0, 0.0, 0.0]).repeat_interleave(3).expand(2, -1)
    torch.testing.assert_close(change, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("edge", [np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]])
def test_what_lies_at_one_edge_is_told(edge):
    plain = torch.zeros(8, 8)
    plain[edge] = 4
    mean, largest, fall, lean = layout_statistics([plain[None, None]])[0].tolist()
    assert largest == 4
    assert mean == pytest.approx((4 + 2 * 0.5) / 4)  # The line, and an end of two others.
    is_across = isinstance(edge, tuple)
    assert (abs(fall), lean) == pytest.approx((0, 1) if is_across else (1, 0))


def test_the_whole_view_is_read_with_its_layout():
    torch.manual_seed(0)
    trunk = EfficientNetLite().eval()
    pixels = torch.randint(0, 256, (2, 64, 96, 3), dtype=torch.uint8)
    with torch.no_grad():
        content, statistics = WholeViewNetwork(trunk)(pixels)
        same, stages = ViewNetwork(trunk)(pixels)
        maps = trunk.stages(scale_pixels(pixels))
    assert torch.equal(content, same)
    assert torch.equal(statistics[:, :STAGE_NUMBERS], stages)
    assert statistics.shape[1] == STAGE_NUMBERS + LAYOUT_NUMBERS == WHOLE_NUMBERS - content.shape[1]
    # A map has a sixteenth or a thirty-second of the view's side, and is the last of that size.
    assert [tuple(maps[at].shape[2:]) for at in LAYOUT_STAGES] == [(4, 6), (2, 3)]
    assert [at for at in range(7) if maps[at].shape[2] != maps[at + 1].shape[2]][-1] == LAYOUT_STAGES[0]
    expected = [compute_layout(maps[at][0]) for at in LAYOUT_STAGES]
    assert statistics[0, STAGE_NUMBERS:].numpy() == pytest.approx(np.concatenate(expected), abs=1e-4)
