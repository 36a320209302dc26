"""The ensemble: one scale, exact at identity, monotone, cheap to reuse."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import InvalidInput
from packshot.measure.reference import EnsembleReference, ensemble, fsim, haarpsi, mdsi, vsi
from packshot.measure.reference.ensemble import SCALES, Scale, combine
from tests.measure.reference.scenes import add_noise, box_blur, darken, draw_scene, permute_channels

distance = st.floats(0, 2, allow_nan=False)


def test_equal_photos_get_exactly_one_hundred() -> None:
    for photo in (draw_scene(), draw_scene(16, 16), np.zeros((40, 30, 3), dtype=np.uint8)):
        score = EnsembleReference.from_pixels(photo).score(photo.copy())
        assert dataclasses.astuple(score) == (0.0, 1.0, 1.0, 1.0, 100.0)


def test_one_changed_pixel_is_no_longer_one_hundred() -> None:
    photo = draw_scene()
    other = photo.copy()
    other[150, 140] = 255 - other[150, 140]
    assert 90 < ensemble(photo, other) < 100


def test_a_kept_reference_measures_what_the_single_functions_do() -> None:
    photo = draw_scene()
    reference = EnsembleReference.from_pixels(photo)
    for other in (add_noise(photo, 30), box_blur(photo, 2), darken(photo, 30), permute_channels(photo)):
        score = reference.score(other)
        measured = (score.mdsi, score.vsi, score.haarpsi, score.fsim)
        wanted = [measure(photo, other) for measure in (mdsi, vsi, haarpsi, fsim)]
        assert measured == pytest.approx(wanted, rel=1e-6)
        assert score.score == pytest.approx(ensemble(photo, other), rel=1e-6)


def test_reusing_a_reference_leaves_no_trace() -> None:
    photo = draw_scene()
    reference = EnsembleReference.from_pixels(photo)
    before = reference.score(add_noise(photo, 30))
    reference.score(box_blur(photo, 4))
    assert reference.score(add_noise(photo, 30)).score == pytest.approx(before.score, rel=1e-6)


@pytest.mark.parametrize(
    "versions",
    [
        [add_noise(draw_scene(), amplitude) for amplitude in (2, 8, 20, 45, 90)],
        [box_blur(draw_scene(), radius) for radius in (1, 2, 4, 7)],
    ],
    ids=["noise", "blur"],
)
def test_more_damage_scores_lower_and_the_scale_is_used(versions: list[np.ndarray]) -> None:
    scores = [ensemble(draw_scene(), version) for version in versions]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] - scores[-1] > 20
    assert all(0 <= score <= 100 for score in scores)


def test_score_is_the_plain_mean_of_the_four_curves() -> None:
    distances = {"mdsi": 0.25, "vsi": 0.02, "haarpsi": 0.3, "fsim": 0.1}
    mapped = []
    for name, value in distances.items():
        scale = getattr(SCALES, name)
        mapped.append(100 / (1 + math.exp(scale.steepness * math.log(value / scale.half))))
    combined = combine(mdsi=0.25, vsi=0.98, haarpsi=0.7, fsim=0.9)
    assert combined.score == pytest.approx(sum(mapped) / 4)


@given(distance, distance, st.floats(0.001, 1), st.floats(0.2, 10))
def test_curves_fall(first: float, second: float, half: float, steepness: float) -> None:
    scale = Scale(half, steepness)
    near, far = sorted((first, second))
    assert 100 >= scale.quality(near) >= scale.quality(far) >= 0
    assert scale.quality(0.0) == 100.0
    assert scale.quality(-1e-9) == 100.0
    assert scale.quality(half) == pytest.approx(50.0)


@pytest.mark.parametrize("name", ["mdsi", "vsi", "haarpsi", "fsim"])
def test_a_measure_that_is_no_number_is_refused(name: str) -> None:
    measured = {"mdsi": 0.2, "vsi": 0.9, "haarpsi": 0.9, "fsim": 0.9, name: math.nan}
    with pytest.raises(InvalidInput, match="not finite"):
        combine(**measured)


def test_unfit_photos_are_refused() -> None:
    with pytest.raises(InvalidInput, match="needs 16 x 16"):
        EnsembleReference.from_pixels(draw_scene(15, 40))
    with pytest.raises(InvalidInput, match="differ in size"):
        EnsembleReference.from_pixels(draw_scene(40, 30)).score(draw_scene(30, 40))
    with pytest.raises(InvalidInput, match="uint8"):
        ensemble(draw_scene(40, 30), draw_scene(40, 30).astype(np.float32))
