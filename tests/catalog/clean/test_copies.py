import pytest

from packshot.catalog.clean.copies import propose_duplicate_removals
from packshot.report import Duplicate, DuplicateGroup, DuplicateKind, Problem, Remedy, Status
from tests.catalog.clean.builders import make_sample


def make_group(*paths, kind=DuplicateKind.RECOMPRESSED):
    photos = tuple(
        Duplicate(
            path=path,
            kind=kind if number else None,
            likeness=0.9,
            width=8,
            height=8,
            byte_size=100,
        )
        for number, path in enumerate(paths)
    )
    return DuplicateGroup(group=1, kind=kind, paths=paths, keep=paths[0], reason="", photos=photos)


def collect_proposals(duplicate_group, *samples):
    return list(propose_duplicate_removals(duplicate_group, {one.path: one for one in samples}, "en"))


def test_copies_within_a_split_are_superfluous():
    (one,) = collect_proposals(
        make_group("a", "b"), make_sample("a", "mug", "train"), make_sample("b", "mug", "train")
    )
    assert (one.path, one.other, one.problem) == ("b", "a", Problem.DUPLICATE)
    assert one.action is Remedy.KEEP_ONE
    assert one.confidence == 0.9
    assert "saved again" in one.reason


def test_what_stands_in_a_held_out_split_is_kept_there():
    samples = [
        make_sample("a", "mug", "train"),
        make_sample("b", "mug", "test"),
        make_sample("c", "mug", "val"),
    ]
    first, second = collect_proposals(make_group("a", "b", "c"), *samples)
    assert [(one.path, one.other) for one in (first, second)] == [("c", "b"), ("a", "b")]
    assert {one.problem for one in (first, second)} == {Problem.LEAKAGE}
    assert {one.action for one in (first, second)} == {Remedy.DROP}


def test_a_copy_with_a_label_is_kept_before_one_without():
    (one,) = collect_proposals(make_group("a", "b"), make_sample("a"), make_sample("b", "mug"))
    assert (one.path, one.other) == ("a", "b")


def test_copies_of_two_labels_are_for_people():
    (one,) = collect_proposals(make_group("a", "b"), make_sample("a", "mug"), make_sample("b", "bowl"))
    assert one.action is Remedy.REVIEW
    assert "mug" in one.reason


@pytest.mark.parametrize("kind", [DuplicateKind.VARIANT, None])
def test_photos_of_one_product_and_unreadable_ones_are_no_copies(kind):
    duplicate_group = make_group("a", "b").model_copy(update={"kind": kind, "status": Status.OK})
    assert not collect_proposals(duplicate_group, make_sample("a"), make_sample("b"))
