import string
from dataclasses import fields

import pytest

from packshot.assess.advice import (
    DISTORTION_PREFIX,
    LANGUAGES,
    Texts,
    finding,
    remedy_for,
    shown,
    texts,
)
from packshot.assess.atlas import Atlas
from packshot.distort import Kind
from packshot.errors import InvalidInput
from packshot.measure.limits import LIMITS
from packshot.measure.overlay import OVERLAYS
from packshot.measure.scores import PROPERTIES
from packshot.report import Action, Distortion, Grade, Severity, Trial

FILE_CODES = {"animated", "had-alpha", "location-data", "extension-mismatch", "not-srgb"}
PARTS = tuple(field.name for field in fields(Texts))


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def chinese(text):
    return any("\u4e00" <= character <= "\u9fff" for character in text)


@pytest.mark.parametrize("part", PARTS)
def test_languages_hold_the_same_texts_with_the_same_placeholders(part):
    first, *others = (getattr(texts(language), part) for language in LANGUAGES)
    for other in others:
        assert list(first) == list(other)
        for key, entry in first.items():
            for field in ("title", "reason", "remedy") if part == "findings" else (None,):
                ours, theirs = (getattr(e, field) if field else e for e in (entry, other[key]))
                assert placeholders(ours) == placeholders(theirs), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_lacks_a_text_and_no_text_is_left_over(language):
    words = texts(language)
    kinds = {kind.value for kind in Kind}
    about_kinds = {DISTORTION_PREFIX + kind for kind in kinds}
    assert {limit.code for limit in LIMITS} | FILE_CODES | about_kinds == set(words.findings)
    assert kinds | {"pristine"} == set(words.kinds)
    assert {grade.value for grade in Grade} == set(words.grades)
    assert {severity.value for severity in Severity} == set(words.severities)
    assert {action.value for action in Action} == set(words.actions)
    verdicts = Trial.model_fields["verdict"].description.removeprefix("Code: ").split(", ")
    assert set(verdicts) == set(words.verdicts)
    assert {*PROPERTIES, *OVERLAYS} == set(words.measurements)
    assert {entry.unit for entry in PROPERTIES.values()} - {""} <= set(words.units)


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
    assert remedy_for(likely, language) == said.remedy


def test_a_kind_of_an_own_atlas_has_no_remedy():
    assert remedy_for(Distortion(kind="coffee-stain", probability=1, level=1)) == ""
    assert texts("en").kind("coffee-stain") == "coffee-stain"
    assert texts("zh").origin("catalogue team") == "catalogue team"


def test_a_step_and_a_finding_without_texts_name_themselves():
    assert texts("en").step("sharpen") == "sharpening"
    assert texts("zh").step("polish") == "polish"
    assert texts("en").title("off-centre") == texts("en").findings["off-centre"].title
    assert texts("en").title("dusty") == "dusty"


@pytest.mark.parametrize("language", LANGUAGES)
def test_origins_of_the_shipped_atlas_have_names(language):
    info = Atlas.default().info()
    assert {*info.examples_by_origin, info.reference} <= set(texts(language).origins)


def test_each_language_is_itself():
    for code, entry in texts("zh").findings.items():
        assert chinese(entry.title), code
        assert chinese(entry.reason), code
        assert chinese(entry.remedy), code
    english = texts("en").findings.values()
    assert not any(chinese(entry.title + entry.reason + entry.remedy) for entry in english)


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
        ("upscaling", 2.0, "2 times"),
        ("enlargement", 2.5, "2.5 times"),
        ("motion_anisotropy", 0.5, "0.5"),
        ("motion_direction", 90.0, "90 °"),
        (None, 3.5, "3.5"),
        (None, None, ""),
    ],
)
def test_values_as_people_read_them(measurement, value, expected):
    assert shown(measurement, value) == expected


def test_units_are_translated():
    assert shown("noise", 3.0, "zh") == "3 灰度级"
