import os
from datetime import date
from textwrap import dedent

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.errors import PolicyError
from packshot.policy import list_policy_names, load_policy
from packshot.policy.metrics import METRICS
from packshot.policy.requirements import Operator, Requirement, find_problem
from packshot.report import Level, SourceKind
from tests.conftest import ROOT

TODAY = date(2026, 11, 21)
TOP = "policy: ours\ntitle: Ours\n"
RULE = "- {id: size, level: error, metric: width, op: at-least, value: 100}\n"


@pytest.fixture
def load_text(tmp_path):
    """Load a policy from text; other files may lie beside it."""

    def load(text, **others):
        for name, content in {"ours": text, **others}.items():
            (tmp_path / f"{name}.yaml").write_text(dedent(content), encoding="utf-8")
        return load_policy(tmp_path / "ours.yaml")

    return load


def catch_policy_error(load_text, text, **others):
    with pytest.raises(PolicyError) as caught:
        load_text(text, **others)
    return str(caught.value)


@pytest.mark.parametrize("name", list_policy_names())
def test_all_that_ship_load_and_are_whole(name):
    loaded = load_policy(name)
    assert loaded.name == name
    assert set(loaded.title) == {"en", "zh"}
    assert loaded.rules
    for rule in loaded.rules:
        assert rule.source.name
        assert rule.source.verified_on <= TODAY
        if rule.requirement is None:
            assert rule.level is Level.MANUAL
            assert set(rule.reason) == set(rule.remedy) == set(rule.title) == {"en", "zh"}
        else:
            requirement = rule.requirement
            assert requirement.metric in METRICS
            assert find_problem(requirement.metric, requirement.op, requirement.limit) is None
        assert set(rule.title) in ({"en", "zh"}, set())


def test_every_marketplace_of_the_table_is_there():
    assert set(list_policy_names()) == {
        *("amazon", "amazon-main", "google-merchant", "ebay", "walmart", "zalando", "shopify"),
        *("mercado-libre", "tiktok-shop", "meta-catalog", "etsy", "otto", "alibaba-white", "temu"),
        *("ajio", "vtex"),
    }


def test_third_parties_word_is_called_so():
    community = {"amazon", "tiktok-shop", "meta-catalog", "otto", "alibaba-white", "temu"}
    for name in list_policy_names():
        expected = SourceKind.COMMUNITY if name in community else SourceKind.OFFICIAL
        assert load_policy(name).source.kind is expected


def test_sources_are_not_mixed_of_two():
    rules = {rule.id: rule for rule in load_policy("google-merchant").rules}
    assert rules["format"].source.url.startswith("https://support.google.com/")
    assert rules["format"].source.kind is SourceKind.OFFICIAL
    assert rules["pixels-max"].source.url is None
    assert rules["pixels-max"].source.kind is SourceKind.COMMUNITY
    main = {rule.id: rule for rule in load_policy("amazon-main").rules}
    assert main["fill"].source.kind is SourceKind.COMMUNITY
    assert main["background-white"].source.kind is SourceKind.OFFICIAL
    assert main["size-min"].source.kind is SourceKind.COMMUNITY


def test_profiles_are_yaml_as_others_read_it():
    folder = ROOT / "src" / "packshot" / "policy" / "profiles"
    for file in folder.glob("*.yaml"):
        assert yaml.safe_load(file.read_text(encoding="utf-8"))["policy"] == file.stem


def test_a_short_file_is_enough(load_text):
    (rule,) = load_text(TOP + "rules:\n" + RULE).rules
    assert rule.requirement == Requirement("width", Operator.AT_LEAST, 100)
    assert (rule.role, rule.categories, rule.effective_from) == ("any", (), None)
    assert (rule.source.name, rule.source.kind) == ("ours", SourceKind.COMMUNITY)


@pytest.mark.parametrize(
    ("rule", "line", "problem"),
    [
        ("level: eror, metric: width, op: at-least, value: 1", 4, 'did you mean "error"'),
        ("levl: error, metric: width, op: at-least, value: 1", 4, 'no such field; did you mean "level"'),
        ("level: error, metric: widht, op: at-least, value: 1", 4, 'did you mean "width"'),
        ("level: error, metric: width, op: atleast, value: 1", 4, 'did you mean "at-least"'),
        ("level: error, metric: width, op: at-least, value: big", 4, "width is a number"),
        ("level: error, metric: width, op: at-least, value: true", 4, "width is a number"),
        ("level: error, metric: width, op: one-of, value: [1]", 4, "does not fit"),
        ("level: error, metric: width, op: between, value: [2, 1]", 4, "the smaller first"),
        ("level: error, metric: width, op: between, value: 2", 4, "two numbers"),
        ("level: error, metric: animated, op: equals, value: no", 4, "animated is a flag"),
        ("level: error, metric: format, op: equals, value: JPG", 4, 'did you mean "JPEG"'),
        ("level: error, metric: format, op: one-of, value: [JPEG, WEPB]", 4, 'did you mean "WEBP"'),
        ("level: error, metric: format, op: one-of, value: JPEG", 4, "needs a list"),
        ("level: error, metric: format, op: one-of, value: []", 4, "needs a list"),
        ("level: error, metric: width, value: 1", 4, "has no op"),
        ("level: error", 4, "has no metric"),
        ("metric: width, op: at-least, value: 1", 4, "has no level"),
        ("level: manual", 4, "needs a reason"),
        ("level: error, metric: width, op: at-least, value: 1, role: mian", 4, 'did you mean "main"'),
        (
            "level: error, metric: width, op: at-least, value: 1, effective_from: 20270131",
            4,
            "2027-01-31",
        ),
        (
            "level: error, metric: width, op: at-least, value: 1, effective_from: 2027-02-30",
            4,
            "effective_from",
        ),
        (
            "level: error, metric: width, op: at-least, value: 1, "
            "effective_from: 2027-02-02, effective_until: 2027-02-01",
            *(4, "before"),
        ),
        (
            "level: error, metric: width, op: at-least, value: 1, source_url: 'javascript:x'",
            4,
            "source_url",
        ),
        (
            "level: error, metric: width, op: at-least, value: 1, source_url: 'http://x.org'",
            4,
            "source_url",
        ),
        ("level: error, metric: width, op: at-least, value: 1, reason: {de: x}", 4, "no language"),
        ("level: error, metric: width, op: at-least, value: 1, when: {metrc: width}", 4, "metric"),
        (
            "level: error, metric: width, op: at-least, value: 1, "
            "when: {metric: x, op: equals, value: 1}",
            *(4, 'no metric "x"'),
        ),
    ],
)
def test_mistakes_in_a_rule_have_line_and_advice(load_text, rule, line, problem):
    message = catch_policy_error(load_text, TOP + "rules:\n- {id: size, " + rule + "}\n")
    assert f"ours.yaml, line {line}: " in message
    assert problem in message


def test_the_line_is_that_of_the_field(load_text):
    rule = "rules:\n- id: size\n  level: error\n  metric: width\n  op: at-leest\n  value: 3\n"
    assert "line 7: rules 1, op: 'at-leest'" in catch_policy_error(load_text, TOP + rule)
    rule = (
        "rules:\n" + RULE + "- id: b\n  level: error\n\n  metric: heigth\n  op: at-least\n  value: 3\n"
    )
    assert 'line 8: no metric "heigth"; did you mean "height"?' in catch_policy_error(
        load_text, TOP + rule
    )


def test_all_mistakes_of_form_are_told_at_once(load_text):
    message = catch_policy_error(load_text, TOP + "rulse: []\nextend: x\nrules:\n- {id: A b}\n")
    assert [line.split(": ")[0].split(", ")[1] for line in message.splitlines()] == [
        "line 6",
        "line 3",
        "line 4",
    ]


@pytest.mark.parametrize(
    "text",
    ["", "- a\n", "just words", "policy: ours\n", "policy: Not A Name\ntitle: x\n", TOP + "rules: 3\n"],
)
def test_what_is_no_policy_is_refused(load_text, text):
    assert "ours.yaml, line " in catch_policy_error(load_text, text)


def test_two_rules_for_the_same_photos_are_refused(load_text):
    assert 'line 5: another rule "size"' in catch_policy_error(load_text, TOP + "rules:\n" + RULE + RULE)
    ended = RULE.replace("}", ", effective_until: 2027-01-30}")
    begun = RULE.replace("}", ", effective_from: 2027-01-30}")
    assert "another rule" in catch_policy_error(load_text, TOP + "rules:\n" + ended + begun)
    begun = RULE.replace("}", ", effective_from: 2027-01-31}")
    assert len(load_text(TOP + "rules:\n" + ended + begun).rules) == 2
    shoes = RULE.replace("}", ", category: [shoes, hats]}")
    hats = RULE.replace("}", ", category: [hats]}")
    assert "another rule" in catch_policy_error(load_text, TOP + "rules:\n" + shoes + hats)
    assert len(load_text(TOP + "rules:\n" + RULE + hats).rules) == 2


def test_a_child_changes_what_it_says_and_keeps_the_rest(load_text):
    parent = "policy: base\ntitle: Base\nsource: Handbook\nverified_on: 2026-01-02\nrules:\n" + RULE
    child = TOP + "extends: base.yaml\nrules:\n- {id: size, level: warn}\n"
    (rule,) = load_text(child, base=parent).rules
    assert rule.level is Level.WARN
    assert rule.requirement == Requirement("width", Operator.AT_LEAST, 100)
    assert (rule.source.name, rule.source.verified_on) == ("Handbook", date(2026, 1, 2))


def test_a_child_takes_the_place_of_what_it_changes_and_drops(load_text):
    def make_rule(name):
        return RULE.replace("size", name)

    parent = "policy: base\ntitle: Base\nrules:\n" + make_rule("a") + make_rule("b") + make_rule("c")
    child = TOP + "extends: base.yaml\ndrop: [c]\nrules:\n" + make_rule("d") + make_rule("a")
    assert [rule.id for rule in load_text(child, base=parent).rules] == ["a", "b", "d"]
    message = catch_policy_error(load_text, TOP + "extends: base.yaml\ndrop:\n- bb\n", base=parent)
    assert 'ours.yaml, line 5: no rule "bb" to drop' in message


def test_an_inherited_field_can_be_taken_back(load_text):
    dated = RULE.replace("}", ", effective_from: 2030-01-01}")
    child = TOP + "extends: base.yaml\nrules:\n- {id: size, effective_from: null}\n"
    (rule,) = load_text(child, base="policy: base\ntitle: Base\nrules:\n" + dated).rules
    assert rule.effective_from is None


def test_variants_are_changed_whole_or_not_at_all(load_text):
    parent = TOP.replace("ours", "base") + "rules:\n" + RULE + RULE.replace("}", ", category: hats}")
    child = TOP + "extends: base.yaml\nrules:\n- {id: size, level: warn}\n"
    assert "2 variants" in catch_policy_error(load_text, child, base=parent)
    (rule,) = load_text(TOP + "extends: base.yaml\nrules:\n" + RULE, base=parent).rules
    assert rule.categories == ()


def test_of_several_parents_the_later_one_counts(load_text):
    first = "policy: first\ntitle: F\nrules:\n" + RULE + RULE.replace("size", "only-first")
    second = "policy: second\ntitle: S\nrules:\n" + RULE.replace("100", "200")
    rules = load_text(TOP + "extends: [first.yaml, second.yaml]\n", first=first, second=second).rules
    assert {rule.id: rule.requirement.limit for rule in rules} == {"only-first": 100, "size": 200}


def test_what_ships_can_be_extended(load_text):
    loaded = load_text(TOP + "extends: amazon-main\nrules:\n- {id: fill, value: 70}\n")
    limits = {rule.id: rule.requirement.limit for rule in loaded.rules if rule.requirement}
    assert limits["fill"] == 70
    assert limits["size-min"] == 500


def test_circles_are_told_with_their_way(load_text):
    message = catch_policy_error(
        load_text, TOP + "extends: b.yaml\n", b="policy: b\ntitle: B\n\nextends: ours.yaml\n"
    )
    assert "b.yaml, line 4: extends itself" in message
    assert message.count("ours.yaml") == 2
    assert "extends itself" in catch_policy_error(load_text, TOP + "extends: ours.yaml\n")


def test_long_lines_and_crowds_are_refused(load_text):
    line = {f"p{n}": f"policy: p{n}\ntitle: P\nextends: p{n + 1}.yaml\n" for n in range(9)}
    assert "more than 5 policies" in catch_policy_error(load_text, TOP + "extends: p0.yaml\n", **line)
    crowd = "".join(RULE.replace("size", f"size-{n}") for n in range(501))
    assert "rules: Tuple should have at most 500" in catch_policy_error(
        load_text, TOP + "rules:\n" + crowd
    )
    assert "extends: " in catch_policy_error(load_text, TOP + f"extends: [{', '.join(['otto'] * 9)}]\n")


def test_a_parent_that_is_not_there_is_told_where_it_is_named(load_text, tmp_path):
    message = catch_policy_error(load_text, TOP + "\nextends: amazon-mian\n")
    assert "ours.yaml, line 4" in message
    assert 'did you mean "amazon-main"?' in message
    assert "ours.yaml, line 3: " in catch_policy_error(load_text, TOP + "extends: gone.yaml\n")


def test_unknown_names_and_files_are_told(tmp_path):
    with pytest.raises(PolicyError, match='did you mean "google-merchant"'):
        load_policy("google-merchent")
    with pytest.raises(PolicyError, match="there are ajio"):
        load_policy("?")
    with pytest.raises(PolicyError, match="no such file"):
        load_policy(tmp_path / "gone.yaml")
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(tmp_path / "folder.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00policy")
    with pytest.raises(PolicyError, match="UTF-8"):
        load_policy(tmp_path / "bytes.yaml")
    (tmp_path / "large.yaml").write_text("#" * 1_000_001)
    with pytest.raises(PolicyError, match="limit"):
        load_policy(tmp_path / "large.yaml")


KEYS = st.sampled_from(
    [
        "policy",
        "title",
        "extends",
        "drop",
        "rules",
        "id",
        "level",
        "metric",
        "op",
        "value",
        "when",
        "reason",
    ]
)
LEAVES = st.one_of(
    st.sampled_from(["error", "width", "at-least", "format", "between", "ours", "manual", "amazon"]),
    st.integers(-5, 500),
    st.booleans(),
    st.none(),
    st.text(max_size=5),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, TREES, max_size=5), st.booleans())
def test_whatever_a_file_says_it_loads_or_is_refused(tmp_path_factory, tree, valid_top):
    top = {"policy": "ours", "title": "Ours"} if valid_top else {}
    file = tmp_path_factory.getbasetemp() / "tree.yaml"
    file.write_text(yaml.safe_dump({**tree, **top}, allow_unicode=True), encoding="utf-8")
    try:
        assert load_policy(file).name == {**tree, **top}["policy"]
    except PolicyError as error:
        assert "tree.yaml, line " in str(error)  # noqa: PT017 - some trees are no error


def test_the_documentation_names_every_metric_and_operator():
    text = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    missing = [name for name in [*METRICS, *Operator] if f"`{name}`" not in text]
    assert not missing


def test_the_example_of_the_documentation_is_a_policy(tmp_path):
    text = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "our-shop.yaml").write_text(example, encoding="utf-8")
    loaded = load_policy(tmp_path / "our-shop.yaml")
    names = [rule.id for rule in loaded.rules]
    assert "out-of-packaging" not in names
    assert "background-white" in names
    assert names.count("aspect") == 2
    levels = {rule.id: rule.level for rule in loaded.rules}
    assert levels["fill"] is Level.WARN
    limits = [
        next(rule.requirement.limit for rule in loaded.select_rules(day) if rule.id == "size-min")
        for day in (date(2027, 2, 28), date(2027, 3, 1))
    ]
    assert limits == [1000, 1600]
    categories = {"apparel", "shoes", "apparel-children", "apparel-accessories"}
    assert set(loaded.categories) == categories


def test_what_has_no_end_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    for name in ("pipe.yaml", "zero.yaml"):
        with pytest.raises(PolicyError, match="a pipe or a device, not a file"):
            load_policy(tmp_path / name)
    (tmp_path / "large.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(PolicyError, match="larger than the limit of 1,000,000 bytes"):
        load_policy(tmp_path / "large.yaml")
