"""White products before grey paper, that no outline holds."""

import cv2
import numpy as np
import pytest

from packshot.encode.mask import MaskNetwork
from packshot.enhance import product_steps
from packshot.enhance.goals import PresentationGoals
from packshot.enhance.product_protection import LIMITS, measure_new_edges, protect_product
from packshot.enhance.product_steps import propose_whitening
from packshot.enhance.step import Step
from packshot.enhance.whiten import find_backdrop, whiten
from packshot.report import AbstentionReason

PAPER, INSIDE = 230, (slice(90, 210), slice(90, 210))


def make_scene(face=224, level=PAPER):
    """A pale box before paper, its outline so soft that the paper seems to go on into it."""
    scene = np.full((300, 300), float(level), np.float32)
    scene[70:230, 70:230] = face
    scene = cv2.GaussianBlur(scene, (0, 0), 3.0)
    grain = np.random.default_rng(4).normal(0, 0.7, scene.shape)
    grey = np.rint(np.clip(scene + grain, 0, 255)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def make_likely(shape, box=(slice(70, 230), slice(70, 230))):
    likely = np.zeros((300, 300), np.float32)
    likely[box] = 1
    return cv2.resize(cv2.GaussianBlur(likely, (0, 0), 3.0), shape[::-1])


@pytest.fixture
def network(monkeypatch):
    """The mask network, but it sees the box."""
    monkeypatch.setattr(
        product_steps, "predict_product", lambda pixels, network, shape: make_likely(shape)
    )
    return MaskNetwork.load_shipped()


def test_a_face_of_nearly_the_papers_colour_stays():
    scene = make_scene(face=214)
    loose = find_backdrop(scene, product_may_be_lighter=True)
    assert loose.coverage[INSIDE].mean() > 0.9  # So it was whitened, or the photo left grey.
    protected = protect_product(scene, loose, make_likely(loose.coverage.shape))
    assert protected.coverage[INSIDE].max() < 0.02
    white = whiten(scene, protected)
    assert np.array_equal(white[INSIDE], scene[INSIDE])
    assert white[:50].min() == 255


def test_shadows_away_from_the_product_keep_their_proportion():
    scene = make_scene(face=214)
    ramp = np.linspace(0.85, 1, 40)[:, None, None]
    scene[250:290, 60:240] = np.rint(scene[250:290, 60:240] * ramp).astype(np.uint8)
    loose = find_backdrop(scene, product_may_be_lighter=True)
    protected = protect_product(scene, loose, make_likely(loose.coverage.shape))
    rows = slice(255, 285), slice(80, 220)
    assert np.abs(whiten(scene, protected)[rows].astype(int) - whiten(scene, loose)[rows]).max() <= 1


def test_white_furniture_before_grey_paper_is_whitened(network):
    scene = make_scene(face=214)
    step = propose_whitening(scene, PresentationGoals(), network)
    assert isinstance(step, Step)  # Was: `unsure-mask`.
    white = step.apply(scene)
    assert np.array_equal(white[INSIDE], scene[INSIDE])
    assert (white[:50] == 255).mean() > 0.99


def test_a_face_of_the_papers_very_colour_is_left_with_the_paper(network):
    """Nobody can tell them apart; it was taken for paper that is seen through the product."""
    scene = make_scene(face=229)
    assert propose_whitening(scene, PresentationGoals(), network) is AbstentionReason.UNSURE_MASK


def test_no_edge_is_drawn_over_a_face(network, monkeypatch):
    """The network misses half of a face: it would be white up to a line that is not in the photo."""
    half = (slice(70, 230), slice(70, 110))
    monkeypatch.setattr(
        product_steps, "predict_product", lambda pixels, network, shape: make_likely(shape, half)
    )
    scene = make_scene(face=214)
    loose = find_backdrop(scene, product_may_be_lighter=True)
    protected = protect_product(scene, loose, make_likely(loose.coverage.shape, half))
    assert measure_new_edges(scene, whiten(scene, protected)) > LIMITS.max_new_edges
    assert measure_new_edges(scene, scene) == 0
    assert propose_whitening(scene, PresentationGoals(), network) is AbstentionReason.UNSURE_MASK
