import math

import pytest

from packshot.errors import InvalidInput
from packshot.sources.columns import find_columns, normalise_column_name
from packshot.sources.formats.records import cell_to_text


def find_fields(*names, given=None):
    return dict(find_columns(names, given).by_field)


def list_photos(cells, given=None):
    return list(find_columns(cells, given).iter_photos(cells))


def test_the_usual_names():
    assert find_fields("SKU", "path") == {"sku": "SKU", "location": "path"}
    assert find_fields("g:id", "g:image_link", "g:product_type") == {
        "sku": "g:id",
        "location": "g:image_link",
        "category": "g:product_type",
    }
    assert find_fields(
        "Offer ID", "Image Link", "Google Product Category", "Merchant", "Class", "Image Type"
    ) == {
        "sku": "Offer ID",
        "location": "Image Link",
        "category": "Google Product Category",
        "seller": "Merchant",
        "label": "Class",
        "role": "Image Type",
    }
    assert find_fields("商品编码", "主图", "类目", "店铺") == {
        "sku": "商品编码",
        "location": "主图",
        "category": "类目",
        "seller": "店铺",
    }


def test_the_better_name_wins_wherever_it_stands():
    assert find_fields("id", "url", "image_link", "sku")["location"] == "image_link"
    assert find_fields("id", "url", "image_link", "sku")["sku"] == "sku"
    assert find_fields("url", "id") == {"location": "url", "sku": "id"}


def test_names_that_the_user_gives():
    assert find_fields("Ref", "Foto", given={"sku": "Ref", "location": "foto"}) == {
        "sku": "Ref",
        "location": "Foto",
    }
    assert find_fields("image", "real", given={"image": "real"})["location"] == "real"
    for given, reason in (
        ({"skuu": "Ref"}, "skuu is no field of a feed; the fields are location, sku, role"),
        ({"sku": "Nr"}, "no column Nr among Ref, path"),
    ):
        with pytest.raises(InvalidInput, match=reason):
            find_fields("Ref", "path", given=given)


def test_no_photos_anywhere():
    with pytest.raises(InvalidInput, match="no column with photos among sku, title; say which it is"):
        find_fields("sku", "title")
    with pytest.raises(InvalidInput, match="among none"):
        find_fields()


def test_a_plain_path_says_no_role():
    assert list_photos({"path": " a.jpg "}) == [("a.jpg", "")]
    assert list_photos({"path": "a,b.jpg"}) == [("a,b.jpg", "")]


def test_main_and_additional():
    cells = {"image_link": "a.jpg", "additional_image_link": "b.jpg, c.jpg,,a.jpg"}
    assert list_photos(cells) == [("a.jpg", "main"), ("b.jpg", "additional"), ("c.jpg", "additional")]
    assert list_photos({"image_link": "a.jpg"}) == [("a.jpg", "main")]
    assert list_photos(
        {"main_image_url": "a.jpg", "other_image_url2": "c.jpg", "other_image_url1": None}
    ) == [
        ("a.jpg", "main"),
        ("c.jpg", "additional"),
    ]
    assert list_photos({"image_1": "a.jpg", "image_2": "b.jpg"}) == [
        ("a.jpg", "main"),
        ("b.jpg", "additional"),
    ]


@pytest.mark.parametrize(
    "several", ["a.jpg,b.jpg", "a.jpg | b.jpg", "a.jpg\nb.jpg", ["a.jpg", "", "b.jpg"]]
)
def test_galleries(several):
    assert list_photos({"Images": several}) == [("a.jpg", "main"), ("b.jpg", "additional")]
    assert list_photos({"Images": "a.jpg"}) == [("a.jpg", "")]


def test_lists_are_taken_as_they_are():
    assert list_photos({"image": ["a,1.jpg", "b.jpg"]}) == [("a,1.jpg", "main"), ("b.jpg", "additional")]


@pytest.mark.parametrize(
    ("told", "role"),
    [
        ("MAIN", "main"),
        ("PT01", "pt01"),
        (True, "main"),
        ("no", "additional"),
        (0, "additional"),
        ("", ""),
    ],
)
def test_roles_that_the_feed_tells(told, role):
    assert list_photos({"path": "a.jpg", "image_type": told}) == [("a.jpg", role)]


def test_a_row_without_a_photo_is_a_row():
    assert list_photos({"image_link": "", "sku": "1"}) == [("", "main")]
    assert list_photos({"path": None, "additional_image_link": ""}) == [("", "main")]
    columns = find_columns(["path", "sku"])
    assert list(columns.iter_photos({"sku": "1"})) == [("", "")]


def test_a_missing_main_photo_is_a_row_and_no_other_photo_stands_in_for_it():
    assert list_photos({"image_link": None, "additional_image_link": "b.jpg,c.jpg"}) == [
        ("", "main"),
        ("b.jpg", "additional"),
        ("c.jpg", "additional"),
    ]
    assert list_photos({"additional_image_link": "b.jpg,c.jpg"}) == [
        ("b.jpg", "additional"),
        ("c.jpg", "additional"),
    ]


def test_normal():
    assert [
        normalise_column_name(name) for name in (" Image Link ", "g:id", "Image-URL", "ÄPFEL", "図.")
    ] == [
        "image_link",
        "id",
        "image_url",
        "äpfel",
        "図",
    ]


def test_cells_as_texts():
    values = (" x ", None, math.nan, 3, 3.0, 3.5, True, [None, "", "y"], [])
    assert [cell_to_text(value) for value in values] == ["x", "", "", "3", "3", "3.5", "true", "y", ""]
