import string

import pytest

from packshot.assess.advice import LANGUAGES, finding, shown, texts
from packshot.distort import Kind
from packshot.errors import InvalidInput
from packshot.measure.limits import LIMITS
from packshot.measure.scores import PROPERTIES
from packshot.report import Grade, Severity


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_languages_hold_the_same_texts():
    english, chinese = (texts(language) for language in ("en", "zh"))
    for part in ("findings", "kinds", "grades", "measurements", "labels"):
        assert set(getattr(english, part)) == set(getattr(chinese, part)), part
    for code, entry in english.findings.items():
        assert placeholders(entry.reason) == placeholders(chinese.findings[code].reason), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_lacks_a_text(language):
    words = texts(language)
    assert {limit.code for limit in LIMITS} <= set(words.findings)
    assert {kind.value for kind in Kind} | {"pristine"} == set(words.kinds)
    assert {grade.value for grade in Grade} == set(words.grades)
    assert set(PROPERTIES) == set(words.measurements)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit.code}-{limit.measurement}")
def test_every_finding_can_be_said(language, limit):
    said = finding(limit.code, Severity.WARNING, limit.measurement, 1.5, 2.5, None, language)
    assert "{" not in said.reason + said.remedy
    assert len(said.remedy) > 5


def test_chinese_is_chinese():
    assert all(
        any("\u4e00" <= c <= "\u9fff" for c in entry.remedy) for entry in texts("zh").findings.values()
    )


def test_unknown_codes_and_languages_are_refused():
    with pytest.raises(InvalidInput, match="nonsense"):
        finding("nonsense", Severity.INFO, None, None, None, None)
    with pytest.raises(InvalidInput, match="fr"):
        texts("fr")


@pytest.mark.parametrize(
    ("measurement", "value", "expected"),
    [
        ("clipped_highlights", 45.6, "45.6 %"),
        ("edge_touch", 1.234, "1.23 %"),
        ("resolution", 640.4, "640 px"),
        ("noise", 3.14159, "3.14 grey levels"),
        ("upscaling", 2.0, "2 x"),
        (None, None, ""),
    ],
)
def test_values_as_people_read_them(measurement, value, expected):
    assert shown(measurement, value) == expected
