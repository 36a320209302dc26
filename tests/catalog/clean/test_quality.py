import pytest

from packshot.assess.distortion_findings import MIN_PROBABILITY
from packshot.catalog.clean.inspection import SampleInspection
from packshot.catalog.clean.quality import PROBLEMS, compute_confidence, propose_quality_changes
from packshot.report import Finding, Problem, Remedy, Severity
from packshot.texts import load_texts
from tests.catalog.clean.builders import make_sample


def make_finding(code, severity=Severity.ERROR, measurement=None, value=None):
    return Finding(
        code=code, severity=severity, reason="so", remedy="", measurement=measurement, value=value
    )


def collect_proposals(*findings):
    return list(
        propose_quality_changes(make_sample("a", "mug", "train"), SampleInspection("a", findings))
    )


def test_every_code_is_one_that_the_assessor_knows():
    assert set(PROBLEMS) <= set(load_texts("en").findings)


def test_findings_become_problems_the_gravest_of_each_sort_once():
    warning = make_finding("too-dark", Severity.WARNING, "bright_end", 60)
    proposals = collect_proposals(
        warning, make_finding("distortion-darken"), make_finding("noisy"), make_finding("blurred")
    )
    assert {one.problem: one.action for one in proposals} == {
        Problem.UNDER_EXPOSED: Remedy.DROP,
        Problem.BLURRED: Remedy.DROP,
    }
    (proposal,) = collect_proposals(warning)
    assert (proposal.action, proposal.label, proposal.split) == (Remedy.REVIEW, "mug", "train")
    assert (proposal.measurement, proposal.value) == ("bright_end", 60)


def test_notes_are_no_problem():
    assert not collect_proposals(make_finding("too-bright", Severity.INFO))


def test_an_unreadable_photo_is_dropped():
    (one,) = propose_quality_changes(make_sample("a"), SampleInspection("a", error="empty"))
    assert (one.problem, one.action, one.confidence) == (Problem.UNREADABLE, Remedy.DROP, 1.0)
    assert one.reason == "empty"


@pytest.mark.parametrize(
    ("value", "expected"), [(1.1, 0.5), (1.65, 0.7), (2.2, 0.9), (0.9, 0.5), (50.0, 0.99)]
)
def test_certainty_grows_from_the_limit_of_a_warning_to_that_of_an_error(value, expected):
    """Of blur the limits are 1.1 and 2.2 px."""
    assert compute_confidence(
        make_finding("blurred", measurement="sharpness", value=value)
    ) == pytest.approx(expected)


def test_certainty_of_limits_from_above_and_of_what_was_recognised():
    """Of the bright end the limits are 67 and 50, the lower the worse."""
    dark = make_finding("too-dark", measurement="bright_end", value=50)
    assert compute_confidence(dark) == pytest.approx(0.9)
    assert compute_confidence(make_finding("distortion-darken")) == MIN_PROBABILITY
