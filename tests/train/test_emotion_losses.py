"""Losses 10 to 16 of the emotion network and the two of our own, against naive recomputations."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.train.networks.emotion.losses import (  # noqa: E402
    consistency_loss,
    distribution_loss,
    intensity_loss,
    perception_loss,
    side_loss,
)
from packshot.train.networks.emotion.network import EmotionOutput  # noqa: E402
from packshot.train.networks.emotion.perception import PerceptionOutput  # noqa: E402
from packshot.train.recipes.emotion_training import (  # noqa: E402
    EmotionBatch,
    EmotionRecipe,
    emotion_loss,
)

pytestmark = pytest.mark.train

STRONGEST = [[1.5, 0.2], [0.1, 0.9], [0.4, 0.4]]
POLARITY = [[0.9, 0.1], [0.25, 0.75], [0.5, 0.5]]
INTENSITIES = [[0.8, 0.1], [0.3, 0.6], [0.5, 0.4]]
SHARES = [[0.7, 0.05], [0.1, 0.6], [0.3, 0.3]]


def test_perception_loss_against_a_loop():
    total = 0.0
    for (t, m), (positive, negative) in zip(STRONGEST, POLARITY, strict=True):
        whole = math.exp(t) + math.exp(m)
        total -= positive * math.log(math.exp(t) / whole) + negative * math.log(math.exp(m) / whole)
    found = perception_loss(torch.tensor(STRONGEST), torch.tensor(POLARITY))
    assert float(found) == pytest.approx(total / 3, rel=1e-5)


def test_perception_loss_wants_the_branch_of_the_polarity_to_respond():
    positive = torch.tensor([[1.0, 0.0]])
    right = perception_loss(torch.tensor([[3.0, 0.0]]), positive)
    wrong = perception_loss(torch.tensor([[0.0, 3.0]]), positive)
    assert float(right) < float(wrong)


def test_consistency_loss_against_a_loop():
    total = 0.0
    for (t, m), (positive, negative) in zip(INTENSITIES, POLARITY, strict=True):
        total += abs(math.tanh(negative - positive) - (m - t))
    found = consistency_loss(torch.tensor(INTENSITIES), torch.tensor(POLARITY))
    assert float(found) == pytest.approx(total / 3, rel=1e-5)


def test_consistency_loss_is_zero_where_intensities_follow_the_labels():
    polarity = torch.tensor(POLARITY)
    wanted = torch.tanh(polarity[:, 0] - polarity[:, 1])
    intensities = torch.stack([(1 + wanted) / 2, (1 - wanted) / 2], dim=1)
    assert float(consistency_loss(intensities, polarity)) == pytest.approx(0, abs=1e-6)


def test_distribution_loss_against_a_loop():
    generator = np.random.default_rng(0)
    predicted, wanted = (generator.dirichlet(np.ones(7), 4).astype(np.float32) for _ in range(2))
    total = -sum(float(w) * math.log(float(p)) for p, w in zip(predicted.flat, wanted.flat, strict=True))
    found = distribution_loss(torch.from_numpy(predicted), torch.from_numpy(wanted))
    assert float(found) == pytest.approx(total / 4, rel=1e-4)
    least = distribution_loss(torch.from_numpy(wanted), torch.from_numpy(wanted))
    assert float(least) < float(found)


def test_intensity_loss_against_a_loop():
    total = 0.0
    for said, share in zip(np.ravel(INTENSITIES), np.ravel(SHARES), strict=True):
        total -= share * math.log(said) + (1 - share) * math.log(1 - said)
    found = intensity_loss(torch.tensor(INTENSITIES), torch.tensor(SHARES))
    assert float(found) == pytest.approx(total / 6, rel=1e-5)


def test_side_loss_against_a_loop():
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(2, 2, 3, 4, generator=generator)
    left = torch.zeros(2, 1, 3, 4)
    left[..., :2] = 1
    sides = torch.cat([left, 1 - left], dim=1)
    total = 0.0
    for row in range(2):
        for place in range(2):
            columns = slice(0, 2) if place == 0 else slice(2, 4)
            share = float(maps[row, place, :, columns].sum() / maps[row, place].sum())
            total -= math.log(share)
    assert float(side_loss(maps, sides)) == pytest.approx(total / 4, rel=1e-4)
    assert float(side_loss(sides, sides)) == pytest.approx(0, abs=1e-4)


def make_output():
    maps = torch.rand(3, 2, 2, 4, generator=torch.Generator().manual_seed(0))
    perception = PerceptionOutput(torch.tensor(INTENSITIES), maps, torch.tensor(STRONGEST))
    return EmotionOutput(torch.full((3, 7), 1 / 7), perception)


def make_batch(sides=None):
    wanted = torch.eye(7)[:3]
    return EmotionBatch(
        torch.zeros(3, 1, 2, 4), wanted, torch.tensor(SHARES), torch.tensor(POLARITY), sides
    )


def test_the_whole_loss_is_the_weighted_sum():
    recipe = EmotionRecipe(perception=0.3, consistency=0.7, intensity=0.0)
    output, labels = make_output(), make_batch()
    wanted = 0.3 * perception_loss(output.perception.channel_peaks, labels.polarity)
    wanted += 0.7 * consistency_loss(output.perception.intensities, labels.polarity)
    wanted += distribution_loss(output.distribution, labels.distribution)
    assert float(emotion_loss(output, labels, recipe)) == pytest.approx(float(wanted))


def test_sides_count_on_composites_alone():
    recipe = EmotionRecipe(side=2.0)
    sides = torch.zeros(3, 2, 2, 4)
    sides[:, 0, :, :2] = sides[:, 1, :, 2:] = 1
    more = emotion_loss(make_output(), make_batch(sides), recipe) - emotion_loss(
        make_output(), make_batch(), recipe
    )
    assert float(more) == pytest.approx(
        2 * float(side_loss(make_output().perception.maps, sides)), rel=1e-4
    )


def test_without_perception_the_distribution_alone_counts():
    output = EmotionOutput(torch.full((3, 7), 1 / 7), None)
    assert float(emotion_loss(output, make_batch(), EmotionRecipe())) == pytest.approx(
        math.log(7), rel=1e-4
    )
