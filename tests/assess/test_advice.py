import pytest

from packshot.assess.advice import build_finding
from packshot.distort import Kind
from packshot.errors import InvalidInput
from packshot.measure.limits import LIMITS
from packshot.report import Distortion, Severity
from packshot.texts import DISTORTION_PREFIX, LANGUAGES, distortion_remedy


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit.code}-{limit.measurement}")
def test_every_finding_can_be_said(language, limit):
    built = build_finding(limit.code, Severity.WARNING, limit.measurement, 1.5, 2.5, None, language)
    assert "{" not in built.reason + built.remedy
    assert "1.5" in built.reason
    assert len(built.remedy) > 5


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_distortion_can_be_said(language, kind):
    code = DISTORTION_PREFIX + kind
    built = build_finding(code, Severity.WARNING, None, 3.25, None, None, language)
    assert "3.25" in built.reason
    assert "{" not in built.reason + built.remedy
    likely = Distortion(kind=kind, probability=0.5, level=3.25)
    assert distortion_remedy(likely, language) == built.remedy


def test_unknown_codes_are_refused():
    with pytest.raises(InvalidInput, match="nonsense"):
        build_finding("nonsense", Severity.INFO, None, None, None, None)
