import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import PolicyError
from packshot.policy.document import MAX_BYTES, parse_document

WORDS = st.text("abcxyz-", min_size=1, max_size=8).filter(lambda w: not w.startswith("-"))
PLAIN = st.recursive(
    st.one_of(st.integers(-(10**9), 10**9), st.booleans(), st.none(), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3), st.dictionaries(WORDS, inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


def to_flow_yaml(value):
    """Flow style, each string quoted: what any YAML reader must read back."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {to_flow_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_flow_yaml, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f'"{value}"' if isinstance(value, str) else str(value)


@given(PLAIN)
def test_plain_values_come_back(value):
    assert parse_document(to_flow_yaml(value), "x.yaml").content == value


@given(st.text(max_size=300))
def test_whatever_is_written_is_read_or_refused(text):
    try:
        parse_document(text, "x.yaml")
    except PolicyError as error:
        assert str(error).startswith("x.yaml, line ")  # noqa: PT017 - most texts are no error


def test_places_know_their_lines():
    found = parse_document("a: 1\nb:\n  - x\n  -\n    c: 2\n", "x.yaml")
    assert found.content == {"a": 1, "b": ["x", {"c": 2}]}
    assert [found.find_line(place) for place in [("a",), ("b",), ("b", 0), ("b", 1, "c")]] == [
        1,
        2,
        3,
        5,
    ]
    assert found.find_line(("b", 1, "not", "there")) == 5
    assert "x.yaml, line 5: wrong" in str(found.make_error(("b", 1, "c"), "wrong"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("010", "010"),
        ("1_000", 1000),
        ("-3", -3),
        ("0.25", 0.25),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("0x10", "0x10"),
        ("12:30", "12:30"),
        ("2027-01-31", "2027-01-31"),
        ('"1"', "1"),
        ("'true'", "true"),
        ("~", None),
        ("9" * 30, "9" * 30),
    ],
)
def test_words_are_what_they_show(text, value):
    found = parse_document(f"a: {text}", "x.yaml").content["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' is written twice"),
        ("a: &x 1\nb: *x\n", 1, "anchors and aliases"),
        ("b: *x\n", 1, "anchors and aliases"),
        ("a:\n  b: !!python/object/apply:os.system ['true']\n", 2, "tag"),
        ("a: !mine x\n", 1, "tag"),
        ("a: !mine\n  b: 1\n", 1, "tag"),
        ("a: !!python/name:os.system\n", 1, "tag"),
        ("? [1, 2]\n: 3\n", 1, "a key must be a word"),
        ("a: 1\n  b: 2\n", 2, ""),
        ("a: [1, 2\n", 2, ""),
        ("a: 1\n---\nb: 2\n", 2, "single document"),
        ("a: 1\nb: \x00\n", 2, "character"),
        ("a: " + "[" * 40 + "]" * 40, 1, "too deep"),
    ],
)
def test_mistakes_have_their_line(text, line, problem):
    with pytest.raises(PolicyError, match=rf"x\.yaml, line {line}: .*{problem}"):
        parse_document(text, "x.yaml")


def test_a_bomb_of_aliases_is_refused_at_once():
    rows = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    started_at = time.process_time()
    with pytest.raises(PolicyError, match="aliases"):
        parse_document("\n".join(["a0: &a0 lol", *rows]), "x.yaml")
    assert time.process_time() - started_at < 1


def test_too_deep_and_too_large_are_refused_at_once():
    with pytest.raises(PolicyError, match="too deep"):
        parse_document("[" * 100_000, "x.yaml")
    with pytest.raises(PolicyError, match="limit"):
        parse_document("a" * (MAX_BYTES + 1), "x.yaml")


def test_merge_keys_are_keys_as_any():
    assert parse_document("<<: {a: 1}", "x.yaml").content == {"<<": {"a": 1}}


def test_nothing_is_nothing():
    assert parse_document("", "x.yaml").content is None
    assert parse_document("# only a remark\n", "x.yaml").content is None
