import string

import pytest

from packshot.errors import InvalidInput
from packshot.policy.metrics import METRICS, MissingReason
from packshot.policy.requirements import Operator, Requirement
from packshot.policy.wording import describe_requirement
from packshot.report import Decision, Level
from packshot.texts import format_value, load_policy_texts, load_texts, select_text


def find_placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_texts_are_complete(language):
    words = load_policy_texts(language)
    assert set(words.metrics) == set(METRICS)
    assert set(words.ops) == set(Operator)
    assert set(words.lacks) == set(MissingReason)
    assert list(words.decisions) == list(Decision)
    assert set(words.levels) == set(Level)
    findings = load_texts(language).findings
    assert all(entry.finding in findings for entry in words.metrics.values() if entry.finding)


def test_languages_fill_in_the_same():
    english, chinese = load_policy_texts("en"), load_policy_texts("zh")
    for table in ("ops", "lacks", "labels"):
        one, other = getattr(english, table), getattr(chinese, table)
        assert {name: find_placeholders(text) for name, text in one.items()} == {
            name: find_placeholders(text) for name, text in other.items()
        }
    for name, entry in english.metrics.items():
        said = (bool(entry.name), bool(entry.remedy), bool(entry.high), entry.finding)
        other = chinese.metrics[name]
        assert said == (bool(other.name), bool(other.remedy), bool(other.high), other.finding)


def test_unknown_languages_are_refused():
    with pytest.raises(InvalidInput):
        load_policy_texts("fr")


@pytest.mark.parametrize(
    ("metric", "value", "shown"),
    [
        ("byte_size", 5_000_000, "5 MB"),
        ("byte_size", 5_240_000, "5.24 MB"),
        ("byte_size", 199_999, "200 kB"),
        ("fill_box_side", 84.99, "84.99 %"),
        ("width", 1600, "1600 px"),
        ("animated", True, "yes"),
        ("format", "JPEG", "JPEG"),
        ("collage_panels", 4.0, "4"),
        ("aspect_ratio", 0.6944, "0.69"),
        ("width", None, ""),
    ],
)
def test_values_are_shown_with_their_unit(metric, value, shown):
    assert format_value(value, METRICS[metric].unit, "en") == shown


def test_requirements_read_as_people_say_them():
    assert (
        describe_requirement(Requirement("fill_box_side", Operator.AT_LEAST, 85), "en")
        == "at least 85 %"
    )
    assert (
        describe_requirement(Requirement("fill_box_side", Operator.BETWEEN, (75, 90)), "en") == "75–90 %"
    )
    assert (
        describe_requirement(Requirement("format", Operator.ONE_OF, ("JPEG", "PNG")), "en")
        == "one of JPEG, PNG"
    )
    assert describe_requirement(Requirement("animated", Operator.EQUALS, False), "zh") == "否"


def test_a_text_is_said_in_the_language_nearest_to_the_one_asked_for():
    assert select_text({"en": "a", "zh": "b"}, "zh") == "b"
    assert select_text({"en": "a"}, "zh") == "a"
    assert select_text({"zh": "b"}, "en") == "b"
    assert select_text({}, "en") == ""
