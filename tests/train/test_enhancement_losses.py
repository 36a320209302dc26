"""The four losses, against naive recomputations and another implementation."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.train.networks.enhancement.losses import (  # noqa: E402
    SCALE_WEIGHTS,
    PerceptualLoss,
    absolute_loss,
    adversarial_loss,
    detail_loss,
    discriminator_loss,
    multi_scale_loss,
    multi_scale_similarity,
)
from tests.conftest import make_picture  # noqa: E402

pytestmark = pytest.mark.train


def make_pictures(side, seed=0):
    generator = torch.Generator().manual_seed(seed)
    smooth = torch.nn.functional.interpolate(
        torch.rand(2, 3, 8, 8, generator=generator), size=side, mode="bicubic"
    ).clamp(0, 1)
    noisy = (smooth + 0.1 * torch.randn(smooth.shape, generator=generator)).clamp(0, 1)
    return smooth, noisy


def test_absolute_loss_against_a_loop():
    a, b = make_pictures(16)
    differences = [abs(float(x) - float(y)) for x, y in zip(a.flatten(), b.flatten(), strict=True)]
    assert float(absolute_loss(a, b)) == pytest.approx(sum(differences) / len(differences), rel=1e-5)


def test_detail_loss_against_a_loop():
    a, b = make_pictures(40)
    difference = (a - b).double().numpy()
    padded = np.pad(difference, ((0, 0), (0, 0), (12, 12), (12, 12)), mode="edge")
    total = 0.0
    for y in range(40):
        for x in range(40):
            around = padded[..., y : y + 25, x : x + 25].mean(axis=(2, 3))
            total += np.abs(difference[..., y, x] - around).sum()
    assert float(detail_loss(a, b)) == pytest.approx(total / a.numel(), rel=1e-4)


def test_detail_loss_does_not_see_another_brightness():
    a, b = make_pictures(40)
    assert float(detail_loss(a, a + 0.2)) == pytest.approx(0, abs=1e-5)
    assert float(detail_loss(a + 0.2, b)) == pytest.approx(float(detail_loss(a, b)), rel=1e-4)


def gaussian_window(sigma=1.5, side=11):
    line = np.exp(-((np.arange(side) - side // 2) ** 2) / (2 * sigma**2))
    square = np.outer(line, line)
    return square / square.sum()


def compute_scale_naively(a, b):
    """Mean luminance times structure, and mean structure, of two planes, window by window."""
    weights, both, structures = gaussian_window(), [], []
    for y in range(a.shape[0] - 10):
        for x in range(a.shape[1] - 10):
            p, q = a[y : y + 11, x : x + 11], b[y : y + 11, x : x + 11]
            mp, mq = (weights * p).sum(), (weights * q).sum()
            vp, vq = (weights * (p - mp) ** 2).sum(), (weights * (q - mq) ** 2).sum()
            covariance = (weights * (p - mp) * (q - mq)).sum()
            structure = (2 * covariance + 0.03**2) / (vp + vq + 0.03**2)
            structures.append(structure)
            both.append(structure * (2 * mp * mq + 0.01**2) / (mp**2 + mq**2 + 0.01**2))
    return np.mean(both), np.mean(structures)


def halve(plane):
    return plane.reshape(plane.shape[0] // 2, 2, plane.shape[1] // 2, 2).mean(axis=(1, 3))


def test_multi_scale_similarity_against_a_loop():
    a, b = make_pictures(32)
    first, second = np.array(SCALE_WEIGHTS[:2]) / sum(SCALE_WEIGHTS[:2])
    values = []
    for p, q in zip(
        a.double().numpy().reshape(-1, 32, 32), b.double().numpy().reshape(-1, 32, 32), strict=True
    ):
        fine, coarse = compute_scale_naively(p, q)[1], compute_scale_naively(halve(p), halve(q))[0]
        values.append(fine**first * coarse**second)
    assert float(multi_scale_similarity(a, b, 2)) == pytest.approx(np.mean(values), abs=2e-5)


def test_multi_scale_similarity_is_that_of_piq():
    """piq 0.8.0 in float64; it leaves the weights as they are, whose sum is 1.0001."""
    photo = make_picture(192, 208)
    grain = np.random.default_rng(5).integers(-40, 41, photo.shape)
    noisy = np.clip(photo + grain, 0, 255).astype(np.uint8)
    faded = np.clip(photo * 0.6 + 20, 0, 255).astype(np.uint8)
    for other, expected in ((noisy, 0.774488), (faded, 0.913783)):
        pair = [torch.from_numpy(x.transpose(2, 0, 1)[None].copy()) / 255 for x in (photo, other)]
        assert float(multi_scale_similarity(*pair)) == pytest.approx(expected, abs=1e-4)


def test_multi_scale_loss_is_zero_for_equals_and_symmetric():
    a, b = make_pictures(64)
    assert float(multi_scale_loss(a, a)) == pytest.approx(0, abs=1e-6)
    assert float(multi_scale_loss(a, b)) == pytest.approx(float(multi_scale_loss(b, a)), abs=1e-6)
    assert float(multi_scale_loss(a, b)) > 0.05


def test_multi_scale_loss_of_opposites_has_a_gradient():
    a = make_pictures(32)[0].requires_grad_()
    multi_scale_loss(a, 1 - a.detach()).backward()
    assert torch.isfinite(a.grad).all()


@pytest.mark.parametrize(("scales", "side"), [(0, 64), (6, 600), (3, 32)])
def test_multi_scale_similarity_refuses_what_does_not_fit(scales, side):
    a, b = make_pictures(side)
    with pytest.raises(ValueError, match="scales"):
        multi_scale_similarity(a, b, scales)


def test_multi_scale_similarity_refuses_different_shapes():
    with pytest.raises(ValueError, match="one shape"):
        multi_scale_similarity(make_pictures(32)[0], make_pictures(48)[0], 1)


def test_perceptual_loss_against_the_whole_network(vgg_file):
    loss = PerceptualLoss(vgg_file)
    a, b = make_pictures(32)
    expected = 0.0
    for last in (3, 8, 15):
        first_layers = torch.nn.Sequential(loss.scaling, *loss.layers[: last + 1])
        x, y = (first_layers(p.permute(0, 2, 3, 1) * 255) for p in (a, b))
        expected += float(((x - y) ** 2).sum()) / x.numel()
    assert float(loss(a, b)) == pytest.approx(expected, rel=0.01)  # It is computed in bfloat16.
    assert float(loss(a, a)) == 0


def test_perceptual_loss_teaches_the_picture_only(vgg_file):
    loss = PerceptualLoss(vgg_file)
    a, b = make_pictures(32)
    a.requires_grad_()
    loss(a, b).backward()
    assert a.grad.abs().sum() > 0
    assert all(p.grad is None for p in loss.parameters())


def test_adversarial_losses_against_their_definitions():
    logits = torch.tensor([-2.0, 0.0, 1.5])
    others = torch.tensor([0.5, 3.0, -1.0])

    def chance(x):
        return 1 / (1 + math.exp(-float(x)))

    fooled = -sum(math.log(chance(x)) for x in logits) / 3
    assert float(adversarial_loss(logits)) == pytest.approx(fooled, rel=1e-5)
    of_originals = -sum(math.log(chance(x)) for x in others) / 3
    of_enhanced = -sum(math.log(1 - chance(x)) for x in logits) / 3
    expected = (of_originals + of_enhanced) / 2
    assert float(discriminator_loss(others, logits)) == pytest.approx(expected, rel=1e-5)
