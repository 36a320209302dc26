import pytest

from packshot.report import Change, Duplicate
from packshot.report import DuplicateKind as Kind
from packshot.texts import LANGUAGES, load_texts
from packshot.texts.duplicates import describe_change, describe_group, group_kind_name


def photo(name, kind=None, **facts):
    known = {"likeness": 1.0, "width": 400, "height": 300, "byte_size": 100, "score": 80.0}
    return Duplicate(path=f"shop/{name}", kind=kind, **{**known, **facts})


def test_both_languages_have_the_same_words():
    assert load_texts("en").duplicates.keys() == load_texts("zh").duplicates.keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_name(kind, language):
    assert group_kind_name(kind, language)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change(kind=Kind.RESIZED, amount=0.5), "resized to 50 %"),
        (Change(kind=Kind.CROPPED, amount=0.64), "cropped to 64 % of the area"),
        (
            Change(kind=Kind.WATERMARKED, amount=0.0024),
            "with something laid over it, 0.2 % of the area",
        ),
        (Change(kind=Kind.ROTATED, amount=90), "turned by 90 degrees"),
        (Change(kind=Kind.FLIPPED, amount=0), "mirrored left to right"),
        (Change(kind=Kind.FLIPPED, amount=180), "mirrored upside down"),
        (
            Change(kind=Kind.COLOUR_SHIFTED, amount=9, shift=(-4.2, 0.4, 12)),
            "other colours (red, green, blue -4, +0, +12)",
        ),
        (
            Change(kind=Kind.CROPPED, amount=0.8, of_keeper=True),
            "shows more; the photo kept is 80 % of its area",
        ),
    ],
)
def test_changes_in_words(change, words):
    assert describe_change(change, "en") == words


def test_large_groups_are_told_in_short():
    photos = [photo("a.jpg"), *(photo(f"{n}.jpg", Kind.EXACT) for n in range(9))]
    assert "5 more. Kept: a.jpg, all are the same file." in describe_group(photos, "same", "en")
