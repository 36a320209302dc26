import pytest

from packshot.catalog.clean.copies import superfluous
from packshot.report import Duplicate, DuplicateGroup, DuplicateKind, Problem, Remedy, Status
from tests.catalog.clean.made import sample


def group(*paths, kind=DuplicateKind.RECOMPRESSED):
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


def proposed(found, *samples):
    return list(superfluous(found, {one.path: one for one in samples}, "en"))


def test_copies_within_a_split_are_superfluous():
    (one,) = proposed(group("a", "b"), sample("a", "mug", "train"), sample("b", "mug", "train"))
    assert (one.path, one.other, one.problem) == ("b", "a", Problem.DUPLICATE)
    assert one.action is Remedy.KEEP_ONE
    assert one.confidence == 0.9
    assert "saved again" in one.reason


def test_what_stands_in_a_held_out_split_is_kept_there():
    samples = [sample("a", "mug", "train"), sample("b", "mug", "test"), sample("c", "mug", "val")]
    first, second = proposed(group("a", "b", "c"), *samples)
    assert [(one.path, one.other) for one in (first, second)] == [("c", "b"), ("a", "b")]
    assert {one.problem for one in (first, second)} == {Problem.LEAKAGE}
    assert {one.action for one in (first, second)} == {Remedy.DROP}


def test_a_copy_with_a_label_is_kept_before_one_without():
    (one,) = proposed(group("a", "b"), sample("a"), sample("b", "mug"))
    assert (one.path, one.other) == ("a", "b")


def test_copies_of_two_labels_are_for_people():
    (one,) = proposed(group("a", "b"), sample("a", "mug"), sample("b", "bowl"))
    assert one.action is Remedy.REVIEW
    assert "mug" in one.reason


@pytest.mark.parametrize("kind", [DuplicateKind.SAME_PRODUCT, None])
def test_photos_of_one_product_and_unreadable_ones_are_no_copies(kind):
    found = group("a", "b").model_copy(update={"kind": kind, "status": Status.OK})
    assert not proposed(found, sample("a"), sample("b"))
