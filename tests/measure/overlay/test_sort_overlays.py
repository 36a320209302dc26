import pytest

from packshot.errors import InvalidInput
from packshot.measure.overlay import sort_overlays
from packshot.report import OVERLAYS


def test_overlays_come_in_their_order_and_once():
    assert sort_overlays(["placeholder", "text_area", "placeholder"]) == ("text_area", "placeholder")
    assert sort_overlays(reversed(OVERLAYS)) == tuple(OVERLAYS)
    assert sort_overlays([]) == ()


def test_an_overlay_that_is_not_there_is_named():
    with pytest.raises(InvalidInput, match="no such overlay: moustache; there are text_area"):
        sort_overlays(["moustache", "text_area"])
