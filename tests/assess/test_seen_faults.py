import numpy as np
import pytest

from packshot.assess.seen_faults import (
    SeenFault,
    choose_faults,
    deny_faults,
    expect_losses,
    see_faults,
)
from packshot.encode import FaultModel, PhotoEncoding
from packshot.measure.photo import measure_photo
from packshot.report import Severity

MODELS = [
    FaultModel("tilted", 0.5, 20.0),
    FaultModel("blurred", 0.1, 30.0),
    FaultModel("noisy", 0.2, 5.0),
]


def see(*chances):
    faults = np.array(chances, np.float32)
    return see_faults(PhotoEncoding(np.ones(2), np.ones(2), np.ones(1), 0.0, faults=faults), MODELS)


def test_faults_come_by_what_they_cost():
    seen = see(0.9, 0.2, 0.3)
    assert [one.code for one in seen] == ["tilted", "blurred", "noisy"]
    assert expect_losses(seen) == pytest.approx({"tilted": 18.0, "blurred": 6.0, "noisy": 1.5})
    assert [one.is_found for one in seen] == [True, True, True]


def test_a_chance_below_its_limit_is_no_finding():
    assert [one.code for one in see(0.4, 0.09, 0.3) if one.is_found] == ["noisy"]


def test_a_number_of_chances_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="zip"):
        see(0.4)


@pytest.mark.parametrize(
    ("score", "found", "told"),
    [
        (90.0, set(), []),
        (74.0, set(), ["tilted"]),
        (74.0, {"noisy"}, []),
    ],
)
def test_the_likeliest_fault_of_a_low_score_is_told_where_nothing_else_is(score, found, told):
    chosen = choose_faults(see(0.4, 0.05, 0.1), score, frozenset(found))
    assert [one.code for one in chosen] == told


def test_errors_and_scores_never_contradict():
    grave, light = (
        SeenFault("tilted", probability=0.9, loss=loss, is_found=True) for loss in (18.0, 3.0)
    )
    assert grave.find_severity(59.0) is Severity.ERROR
    assert grave.find_severity(60.0) is Severity.WARNING
    assert light.find_severity(10.0) is Severity.WARNING
    faint = SeenFault("tilted", probability=0.2, loss=18.0, is_found=False)
    assert faint.find_severity(59.0) is Severity.WARNING
    assert faint.find_severity(70.0) is Severity.INFO


@pytest.mark.parametrize(
    ("offset", "told"), [(0, []), (60, ["off-centre"])], ids=["in the middle", "aside"]
)
def test_a_product_that_stands_in_the_middle_is_not_off_centre(offset, told):
    photo = np.full((400, 400, 3), 255, np.uint8)
    photo[120:280, 150 + offset : 250 + offset] = (160, 60, 40)
    seen = [SeenFault("off-centre", probability=0.9, loss=20.0, is_found=True)]
    assert [one.code for one in deny_faults(seen, measure_photo(photo))] == told


def test_where_the_outline_is_not_certain_the_eye_decides():
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3)).astype(np.uint8)
    seen = [SeenFault("off-centre", probability=0.9, loss=20.0, is_found=True)]
    assert deny_faults(seen, measure_photo(noise)) == seen


def test_light_in_one_channel_denies_darkness():
    cloth = np.full((400, 400, 3), (225, 60, 45), np.uint8)
    cloth[100:300, 100:300] = 58
    seen = [SeenFault("too-dark", probability=0.4, loss=6.0, is_found=True)]
    assert not deny_faults(seen, measure_photo(cloth))
    assert deny_faults(seen, measure_photo((cloth * 0.55).astype(np.uint8)))
