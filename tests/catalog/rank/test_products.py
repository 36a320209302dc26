from packshot.catalog.rank import group_products
from packshot.sources import FeedRow


def make_row(number, location, sku="", role="", category=""):
    return FeedRow(number, location, sku=sku, role=role, category=category)


def test_rows_are_gathered_by_product_in_the_order_of_the_feed():
    rows = [
        make_row(0, "b1.jpg", "b"),
        make_row(1, "a1.jpg", "a"),
        make_row(2, "b2.jpg", "b", category="mugs"),
    ]
    first, second = group_products(rows)
    assert (first.sku, first.photos, first.current, first.category) == (
        *("b", ("b1.jpg", "b2.jpg"), "b1.jpg"),
        "mugs",
    )
    assert (second.sku, second.photos) == ("a", ("a1.jpg",))


def test_the_present_photo_is_the_main_one_else_the_first():
    rows = [make_row(0, "1.jpg", "a", "other"), make_row(1, "2.jpg", "a", "Main ")]
    assert group_products(rows)[0].current == "2.jpg"


def test_folders_are_products_where_the_feed_does_not_say_or_is_not_asked():
    rows = [
        make_row(0, "shop/a/1.jpg"),
        make_row(1, "shop/b/1.jpg", "x"),
        make_row(2, "shop/a/2.jpg", "x"),
    ]
    assert [one.sku for one in group_products(rows)] == ["shop/a", "x"]
    assert [one.photos for one in group_products(rows, by_folder=True)] == [
        ("shop/a/1.jpg", "shop/a/2.jpg"),
        ("shop/b/1.jpg",),
    ]


def test_photos_at_one_address_are_a_product():
    rows = [
        make_row(n, f"https://x.org/{name}") for n, name in enumerate(("a/1.jpg", "b/1.jpg", "a/2.jpg"))
    ]
    assert [one.sku for one in group_products(rows)] == ["https://x.org/a", "https://x.org/b"]


def test_a_product_without_photos_is_known_and_a_photo_comes_once():
    empty, twice = group_products(
        [make_row(0, "", "a"), make_row(1, "1.jpg", "b"), make_row(2, "1.jpg", "b")]
    )
    assert (empty.photos, empty.current) == ((), None)
    assert twice.photos == ("1.jpg",)
