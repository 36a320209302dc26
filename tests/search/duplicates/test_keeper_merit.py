import pytest

from packshot.report import Duplicate
from packshot.report import DuplicateKind as Kind
from packshot.search.duplicates.keeper import keeper_merit
from packshot.texts.duplicates import describe_group


def photo(name, kind=None, **facts):
    known = {"likeness": 1.0, "width": 400, "height": 300, "byte_size": 100, "score": 80.0}
    return Duplicate(path=f"shop/{name}", kind=kind, **{**known, **facts})


@pytest.mark.parametrize(
    ("keeper", "other", "why"),
    [
        ({"score": 90.0}, {}, "the best score (90)"),
        ({"width": 800}, {"score": 80.5}, "the most pixels (800 x 300)"),
        ({"byte_size": 200}, {}, "the larger file"),
        ({"score": None}, {"score": None}, "the larger file"),
    ],
)
def test_why_the_keeper_is_kept(keeper, other, why):
    photos = [photo("a.jpg", **keeper), photo("b.jpg", Kind.RECOMPRESSED, **other)]
    told = describe_group(photos, keeper_merit(photos), "en")
    assert told == f"b.jpg: saved again. Kept: a.jpg, {why}."


def test_copies_of_one_file_have_no_merit_over_one_another():
    photos = [photo("a.jpg"), photo("b.jpg", Kind.EXACT), photo("c.jpg", Kind.EXACT)]
    assert keeper_merit(photos) == "same"
