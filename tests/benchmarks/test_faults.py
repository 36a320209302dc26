from benchmarks.assessment.faults import (
    CANNOT_TELL,
    FINDINGS,
    TARGETS,
    find_alike_faults,
    iter_fault_rows,
    list_codes,
)
from packshot.distort import Kind
from packshot.report import Assessment, Finding
from packshot.texts import DISTORTION_PREFIX
from tests.benchmarks.test_product_ratings import make_rating


def make_rows(*photos):
    """Rows by fault, of triples: faults of the first pass, of the second, codes found."""
    ratings = [make_rating(faults_1=first, faults_2=second) for first, second, _ in photos]
    rows = iter_fault_rows(ratings, [frozenset(found.split()) for _, _, found in photos])
    return {row["fault"]: row for row in rows}


def test_targets_and_kinds_are_ones_that_there_are():
    assert set(FINDINGS) >= TARGETS
    kinds = {DISTORTION_PREFIX + kind.value for kind in Kind}
    named = {code for codes in FINDINGS.values() for code in codes}
    assert {code for code in named if code.startswith(DISTORTION_PREFIX)} <= kinds


def test_a_fault_is_there_where_both_passes_name_it():
    rows = make_rows(
        ("tilted", "tilted", "tilted"),
        ("tilted", "tilted", ""),
        ("tilted", "", "tilted"),
        ("", "", "tilted"),
        ("", "", ""),
        ("", "noise", ""),
        ("noise", "noise", ""),
    )
    tilted = rows["tilted"]
    assert (tilted["named_by_both"], tilted["recall"]) == (2, 0.5)
    assert (tilted["named_by_neither"], tilted["false_alarms"]) == (4, 0.25)
    assert tilted["reached"] is False
    assert (rows["noise"]["recall"], rows["noise"]["named_by_neither"]) == (0, 5)
    assert (rows["watermark"]["recall"], rows["watermark"]["reached"]) == ("", "")


def test_another_name_for_a_fault_is_no_false_alarm_beside_it():
    blur = make_rows(("motion-blur", "motion-blur", "motion-blur"), ("", "", ""))["blur"]
    assert blur["false_alarms"] == 0.5
    assert (blur["nothing_alike_named"], blur["false_alarms_nothing_alike"]) == (1, 0)
    assert find_alike_faults("blur") == {"blur", "motion-blur", "upscaled"}
    assert find_alike_faults("tilted") == {"tilted"}


def test_cannot_tell_is_a_code():
    finding = Finding(code="noisy", severity="info", reason="", remedy="")
    known = Assessment(path="a", status="ok", score=50, grade="fair", findings=(finding,))
    assert list_codes(known) == {"noisy"}
    assert list_codes(Assessment(path="a", status="ok", score=50)) == {CANNOT_TELL}
