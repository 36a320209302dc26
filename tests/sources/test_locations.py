"""What stands in a cell: lists that an export wrote as JSON, and what only looks like one."""

import pytest

from packshot.sources.locations import read_places


def read(cell):
    return [(place.location, place.position, place.is_main) for place in read_places(cell)]


@pytest.mark.parametrize(
    ("cell", "places"),
    [
        ('["a.jpg", "b.jpg"]', [("a.jpg", None, None), ("b.jpg", None, None)]),
        (' ["https://a.example/x,y.jpg"] ', [("https://a.example/x,y.jpg", None, None)]),
        ('[{"url": "a.jpg", "position": 2, "is_main": true}]', [("a.jpg", 2.0, True)]),
        ('{"src": "a.jpg"}', [("a.jpg", None, None)]),
        ('[["a.jpg"], null, "", {"alt": "x"}]', [("a.jpg", None, None)]),
        (
            '[{"type": "VIDEO", "url": "a.mp4"}, {"type": "IMAGE", "url": "a.jpg"}]',
            [("a.jpg", None, None)],
        ),
        ("[]", []),
        ("{}", []),
        ('["C:\\\\shop\\\\a.jpg"]', [("C:\\shop\\a.jpg", None, None)]),
    ],
)
def test_lists_in_cells(cell, places):
    assert read(cell) == places


@pytest.mark.parametrize("cell", ["[mug.jpg]", '["a.jpg"', "{mug}.jpg", "[1] mug.jpg"])
def test_what_is_no_json_is_a_name(cell):
    ((location, _, _),) = read(cell)
    assert "jpg" in location


def test_an_address_that_holds_a_photo_is_not_cut_at_its_comma():
    address = "data:image/png;base64,iVBORw0KGgo="
    assert read(address) == [(address, None, None)]
    assert read(f"{address}, https://a.example/b.jpg") == [
        (address, None, None),
        ("https://a.example/b.jpg", None, None),
    ]


@pytest.mark.parametrize("between", [";", ",", "|", "\n"])
def test_paths_of_windows_are_cut_where_one_ends(between):
    cell = f"C:\\a\\x.jpg{between}C:\\a\\y.jpg"
    assert [location for location, _, _ in read(cell)] == ["C:\\a\\x.jpg", "C:\\a\\y.jpg"]
