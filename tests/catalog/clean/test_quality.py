import pytest

from packshot.assess.learned import LEAST
from packshot.catalog.clean.inspection import Inspected
from packshot.catalog.clean.quality import PROBLEMS, certainty, unusable
from packshot.report import Finding, Problem, Remedy, Severity
from packshot.texts import load_texts
from tests.catalog.clean.made import sample


def finding(code, severity=Severity.ERROR, measurement=None, value=None):
    return Finding(
        code=code, severity=severity, reason="so", remedy="", measurement=measurement, value=value
    )


def proposed(*findings):
    return list(unusable(sample("a", "mug", "train"), Inspected("a", findings)))


def test_every_code_is_one_that_the_assessor_knows():
    assert set(PROBLEMS) <= set(load_texts("en").findings)


def test_findings_become_problems_the_gravest_of_each_sort_once():
    warning = finding("too-dark", Severity.WARNING, "bright_end", 60)
    found = proposed(warning, finding("distortion-darken"), finding("noisy"), finding("blurred"))
    assert {one.problem: one.action for one in found} == {
        Problem.UNDER_EXPOSED: Remedy.DROP,
        Problem.BLURRED: Remedy.DROP,
    }
    (alone,) = proposed(warning)
    assert (alone.action, alone.label, alone.split) == (Remedy.REVIEW, "mug", "train")
    assert (alone.measurement, alone.value) == ("bright_end", 60)


def test_notes_are_no_problem():
    assert not proposed(finding("too-bright", Severity.INFO))


def test_an_unreadable_photo_is_dropped():
    (one,) = unusable(sample("a"), Inspected("a", error="empty"))
    assert (one.problem, one.action, one.confidence) == (Problem.UNREADABLE, Remedy.DROP, 1.0)
    assert one.reason == "empty"


@pytest.mark.parametrize(
    ("value", "expected"), [(1.1, 0.5), (1.65, 0.7), (2.2, 0.9), (0.9, 0.5), (50.0, 0.99)]
)
def test_certainty_grows_from_the_limit_of_a_warning_to_that_of_an_error(value, expected):
    """Of blur the limits are 1.1 and 2.2 px."""
    assert certainty(finding("blurred", measurement="sharpness", value=value)) == pytest.approx(expected)


def test_certainty_of_limits_from_above_and_of_what_was_recognised():
    """Of the bright end the limits are 67 and 50, the lower the worse."""
    dark = finding("too-dark", measurement="bright_end", value=50)
    assert certainty(dark) == pytest.approx(0.9)
    assert certainty(finding("distortion-darken")) == LEAST
