import numpy as np
import pytest

from packshot.assess.distortion_findings import EQUIVALENT_CODES, estimate_damage, find_damage
from packshot.distort import Kind, find_family, list_families
from packshot.encode import PhotoEncoding
from packshot.measure.limits import LIMITS
from packshot.report import Severity
from packshot.texts import load_texts

KINDS = ("pristine", *(kind.value for kind in Kind))
FAMILY_LIMITS = {members[0].value: 0.6 for members in list_families()}


def make_code(level=3.0, **chances):
    kinds = np.zeros(len(KINDS), np.float32)
    for name, chance in chances.items():
        kinds[KINDS.index(name.replace("_", "-"))] = chance
    return PhotoEncoding(np.ones(4, np.float32), np.ones(4, np.float32), kinds, level)


def find_damage_codes(code, limits=FAMILY_LIMITS, reported_codes=frozenset(), min_probability=0.5):
    estimates = find_damage(code, KINDS, limits, reported_codes, min_probability)
    return [(one.code, round(one.probability, 3)) for one in estimates]


def test_a_family_counts_together_and_its_likeliest_is_named():
    assert find_damage_codes(make_code(veil=0.3, contrast=0.35)) == [("distortion-contrast", 0.65)]
    assert find_damage_codes(make_code(veil=0.3, overlay=0.35)) == []


def test_the_likeliest_family_comes_first():
    limits = {"overlay": 0.3, "veil": 0.3, "mean-shift": 0.3, find_family("veil"): 0.3}
    assert [
        name
        for name, _ in find_damage_codes(make_code(veil=0.4, overlay=0.5), limits, min_probability=0.3)
    ] == [
        "distortion-overlay",
        "distortion-veil",
    ]


@pytest.mark.parametrize(
    ("chance", "limit", "told"), [(0.79, 0.6, False), (0.81, 0.6, True), (0.85, 0.9, False)]
)
def test_a_finding_needs_both_the_least_probability_and_its_limit(chance, limit, told):
    assert bool(find_damage(make_code(overlay=chance), KINDS, {"overlay": limit}, frozenset())) is told


def test_what_a_measurement_says_is_not_said_twice():
    blurred = make_code(lens_blur=0.9)
    assert find_damage_codes(blurred) == [("distortion-lens-blur", 0.9)]
    assert find_damage_codes(blurred, reported_codes=frozenset({"product-blurred"})) == []
    assert find_damage_codes(blurred, reported_codes=frozenset({"noisy"})) == [
        ("distortion-lens-blur", 0.9)
    ]


def test_families_without_a_limit_are_never_reported():
    assert find_damage_codes(make_code(overlay=1.0), limits={}) == []


@pytest.mark.parametrize(("level", "severity"), [(1.2, Severity.WARNING), (4.0, Severity.ERROR)])
def test_grave_damage_is_an_error(level, severity):
    (one,) = find_damage(make_code(level, overlay=0.9), KINDS, FAMILY_LIMITS, frozenset())
    assert one.severity is severity


def test_every_kind_is_in_one_family_and_has_a_text():
    members = [kind for group in list_families() for kind in group]
    assert sorted(members) == sorted(Kind)
    for language in ("en", "zh"):
        assert {f"distortion-{kind.value}" for kind in Kind} <= set(load_texts(language).findings)


def test_the_table_names_findings_that_exist():
    known = {limit.code for limit in LIMITS}
    assert {name for codes in EQUIVALENT_CODES.values() for name in codes} <= known


def test_every_family_has_its_chance_and_the_likeliest_comes_first():
    likely = estimate_damage(make_code(pristine=0.5, veil=0.1, contrast=0.15, overlay=0.2), KINDS)
    assert [(one.kind, round(one.probability, 3)) for one in likely[:2]] == [
        (Kind.CONTRAST, 0.25),
        (Kind.OVERLAY, 0.2),
    ]
    assert sum(one.probability for one in likely) == pytest.approx(0.45, abs=1e-6)
    assert sorted(kind for one in likely for kind in one.family) == sorted(Kind)
