import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.assess.causes import MIN_POINTS, share_points
from packshot.report import Cause, Finding

CODES = ["blurred", "tilted", "cut-off", "watermark"]
losses = st.dictionaries(st.sampled_from(CODES), st.floats(0, 60))


@given(score=st.floats(0, 100), lost=losses)
def test_causes_and_score_make_a_hundred(score, lost):
    causes = share_points(round(score, 2), lost)
    assert round(score, 2) + sum(cause.points for cause in causes) == pytest.approx(100, abs=0.06)
    assert all(cause.points >= 0 for cause in causes)


@given(score=st.floats(0, 100), lost=losses)
def test_the_rest_comes_last_and_the_others_by_their_points(score, lost):
    causes = share_points(round(score, 2), lost)
    known = [cause for cause in causes if cause.code != Cause.RATED_LOW]
    assert [cause.points for cause in known] == sorted((c.points for c in known), reverse=True)
    assert all(cause.points >= MIN_POINTS - 0.2 for cause in known)
    assert causes[: len(known)] == tuple(known)


def test_losses_beyond_what_the_score_lacks_share_it():
    causes = share_points(90.0, {"blurred": 30.0, "tilted": 10.0})
    assert [(cause.code, cause.points) for cause in causes] == [("blurred", 7.5), ("tilted", 2.5)]


def test_a_finding_without_a_known_cost_costs_by_its_severity():
    def make(severity):
        return Finding(code="banding", severity=severity, reason="", remedy="")

    found = {severity: share_points(50.0, {}, [make(severity)])[0] for severity in ("error", "warning")}
    assert found["error"].points > found["warning"].points > 0
    assert found["error"].code == "banding"
    assert share_points(50.0, {}, [make("info")])[0].code == Cause.RATED_LOW


def test_a_perfect_score_lost_nothing():
    assert share_points(100.0, {"blurred": 5.0}) == ()


def make_finding(code, severity):
    return Finding(code=code, severity=severity, reason="", remedy="")


def test_points_that_an_error_takes_by_itself_are_its_own():
    found = [make_finding("noisy", "error"), make_finding("tilted", "warning")]
    losses = {"noisy": 0.4, "tilted": 5.0}
    causes = share_points(59.9, losses, found, taken_by_errors=24.0)
    told = {cause.code: cause.points for cause in causes}
    assert told["noisy"] == pytest.approx(39 * 40.1 / 44, abs=0.1)
    assert causes[0].code == "noisy"
    assert Cause.RATED_LOW not in told


def test_errors_share_what_they_take():
    found = [make_finding("noisy", "error"), make_finding("border", "error")]
    told = share_points(40.0, {"noisy": 15.0, "border": 15.0}, found, taken_by_errors=10.0)
    assert [(cause.code, cause.points) for cause in told[:2]] == [("border", 20.0), ("noisy", 20.0)]


@pytest.mark.parametrize(("severity", "points"), [("error", 15.0), ("warning", 2.0)])
def test_what_was_measured_costs_something_however_unlikely_it_is(severity, points):
    (cause, _) = share_points(50.0, {"upscaled": 0.3}, [make_finding("upscaled", severity)])
    assert (cause.code, cause.points) == ("upscaled", points)


def test_what_no_fault_explains_may_be_a_rating_of_ones_own():
    causes = share_points(40.0, {"tilted": 9.0}, rest_code=Cause.OWN_RATING)
    assert [cause.code for cause in causes] == ["tilted", Cause.OWN_RATING]
