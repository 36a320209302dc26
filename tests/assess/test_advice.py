import pytest

from packshot.assess.advice import finding
from packshot.distort import Kind
from packshot.errors import InvalidInput
from packshot.measure.limits import LIMITS
from packshot.report import Distortion, Severity
from packshot.texts import DISTORTION_PREFIX, LANGUAGES, distortion_remedy


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit.code}-{limit.measurement}")
def test_every_finding_can_be_said(language, limit):
    said = finding(limit.code, Severity.WARNING, limit.measurement, 1.5, 2.5, None, language)
    assert "{" not in said.reason + said.remedy
    assert "1.5" in said.reason
    assert len(said.remedy) > 5


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_distortion_can_be_said(language, kind):
    code = DISTORTION_PREFIX + kind
    said = finding(code, Severity.WARNING, None, 3.25, None, None, language)
    assert "3.25" in said.reason
    assert "{" not in said.reason + said.remedy
    likely = Distortion(kind=kind, probability=0.5, level=3.25)
    assert distortion_remedy(likely, language) == said.remedy


def test_unknown_codes_are_refused():
    with pytest.raises(InvalidInput, match="nonsense"):
        finding("nonsense", Severity.INFO, None, None, None, None)
