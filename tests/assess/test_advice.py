import pytest

from packshot.assess.advice import build_finding
from packshot.distort import Kind
from packshot.errors import InvalidInput
from packshot.measure.limits import LIMITS
from packshot.report import Distortion, Severity
from packshot.texts import DISTORTION_PREFIX, LANGUAGES, distortion_remedy, load_texts


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_network_recognised_is_said_without_a_value(language):
    measured = build_finding("blurred", Severity.ERROR, "sharpness", 3.5, 2.5, None, language)
    seen = build_finding("blurred", Severity.ERROR, None, None, None, None, language, probability=0.75)
    assert seen.reason != measured.reason
    assert not any(character.isdigit() for character in seen.reason)
    assert (seen.remedy, seen.probability) == (measured.remedy, 0.75)
    assert measured.probability is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_only_a_network_recognises_has_one_reason(language):
    built = build_finding("cut-off", Severity.WARNING, None, None, None, None, language, probability=1.0)
    assert built.reason == load_texts(language).findings["cut-off"].reason


def test_unknown_codes_are_refused():
    with pytest.raises(InvalidInput, match="nonsense"):
        build_finding("nonsense", Severity.INFO, None, None, None, None)
