import string
from dataclasses import fields

import pytest

from packshot.assess.atlas import Atlas
from packshot.distort import Kind
from packshot.errors import InvalidInput
from packshot.measure.limits import LIMITS
from packshot.report import (
    MEASUREMENTS,
    OVERLAYS,
    AbstentionReason,
    Action,
    Cause,
    Distortion,
    Grade,
    Severity,
    TrialOutcome,
)
from packshot.texts import (
    DISTORTION_PREFIX,
    LANGUAGES,
    Texts,
    distortion_remedy,
    format_measurement,
    load_texts,
)

FILE_CODES = {"animated", "had-alpha", "location-data", "extension-mismatch", "not-srgb"}
RECOGNISED_CODES = {
    "cut-off",
    "cluttered-background",
    "tilted",
    "several-products",
    "overlay-text",
    "watermark",
    "uneven-light",
    "harsh-shadow",
    "over-sharpened",
    "not-a-product",
}
"""Of findings that a network alone tells."""
MEASURED_AND_RECOGNISED_CODES = {
    "blurred",
    "motion-blur",
    "noisy",
    "too-dark",
    "too-bright",
    "low-contrast",
    "colour-cast",
    "jpeg-artefacts",
    "ringing",
    "upscaled",
    "background-not-white",
    "product-too-small",
    "off-centre",
}
"""Of findings that a measurement or a network tells."""
PARTS = tuple(field.name for field in fields(Texts))


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def chinese(text):
    return any("\u4e00" <= character <= "\u9fff" for character in text)


@pytest.mark.parametrize("part", PARTS)
def test_languages_hold_the_same_texts_with_the_same_placeholders(part):
    first, *others = (getattr(load_texts(language), part) for language in LANGUAGES)
    for other in others:
        assert list(first) == list(other)
        for key, entry in first.items():
            for field in ("title", "reason", "remedy", "seen") if part == "findings" else (None,):
                ours, theirs = (getattr(e, field) if field else e for e in (entry, other[key]))
                assert placeholders(ours) == placeholders(theirs), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_lacks_a_text_and_no_text_is_left_over(language):
    words = load_texts(language)
    kinds = {kind.value for kind in Kind}
    about_kinds = {DISTORTION_PREFIX + kind for kind in kinds}
    measured = {limit.code for limit in LIMITS}
    assert measured | FILE_CODES | about_kinds | RECOGNISED_CODES == set(words.findings)
    assert measured >= MEASURED_AND_RECOGNISED_CODES
    assert kinds | {"pristine"} == set(words.kinds)
    assert {grade.value for grade in Grade} == set(words.grades)
    assert {severity.value for severity in Severity} == set(words.severities)
    assert {action.value for action in Action} == set(words.actions)
    assert set(TrialOutcome) == set(words.outcomes)
    assert set(AbstentionReason) == set(words.abstentions)
    assert {*MEASUREMENTS, *OVERLAYS} == set(words.measurements)
    assert {entry.unit for entry in MEASUREMENTS.values()} - {""} <= set(words.units)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_network_tells_is_said_without_numbers(language):
    findings = load_texts(language).findings
    assert {code for code, entry in findings.items() if entry.seen} == MEASURED_AND_RECOGNISED_CODES
    for code in RECOGNISED_CODES:
        assert not placeholders(findings[code].reason), code
    for code in MEASURED_AND_RECOGNISED_CODES:
        assert not placeholders(findings[code].seen), code
        assert chinese(findings[code].seen) == (language == "zh"), code


def test_a_cause_is_called_as_its_finding_is():
    english, chinese_words = (load_texts(language) for language in ("en", "zh"))
    assert english.cause("blurred") == english.title("blurred")
    assert english.cause("dusty") == "dusty"
    assert english.cause(Cause.RATED_LOW) != Cause.RATED_LOW
    assert chinese(chinese_words.cause(Cause.RATED_LOW))


def test_a_kind_of_an_own_atlas_has_no_remedy():
    assert distortion_remedy(Distortion(kind="coffee-stain", probability=1, level=1)) == ""
    assert load_texts("en").kind("coffee-stain") == "coffee-stain"
    assert load_texts("zh").origin("catalogue team") == "catalogue team"


def test_a_step_and_a_finding_without_texts_name_themselves():
    assert load_texts("en").step("sharpen") == "sharpening"
    assert load_texts("zh").step("polish") == "polish"
    assert load_texts("en").title("off-centre") == load_texts("en").findings["off-centre"].title
    assert load_texts("en").title("dusty") == "dusty"


@pytest.mark.parametrize("language", LANGUAGES)
def test_origins_of_the_shipped_atlas_have_names(language):
    info = Atlas.load_shipped().summarise()
    assert {*info.examples_by_origin, info.reference} <= set(load_texts(language).origins)


def test_each_language_is_itself():
    for code, entry in load_texts("zh").findings.items():
        assert chinese(entry.title), code
        assert chinese(entry.reason), code
        assert chinese(entry.remedy), code
    english = load_texts("en").findings.values()
    assert not any(chinese(entry.title + entry.reason + entry.remedy) for entry in english)


def test_unknown_languages_are_refused():
    with pytest.raises(InvalidInput, match="fr"):
        load_texts("fr")


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
    assert format_measurement(measurement, value) == expected


def test_units_are_translated():
    assert format_measurement("noise", 3.0, "zh") == "3 灰度级"
