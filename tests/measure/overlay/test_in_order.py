import pytest

from packshot.errors import InvalidInput
from packshot.measure.overlay import in_order
from packshot.report import OVERLAYS


def test_overlays_come_in_their_order_and_once():
    assert in_order(["placeholder", "text_area", "placeholder"]) == ("text_area", "placeholder")
    assert in_order(reversed(OVERLAYS)) == tuple(OVERLAYS)
    assert in_order([]) == ()


def test_an_overlay_that_is_not_there_is_named():
    with pytest.raises(InvalidInput, match="no such overlay: moustache; there are text_area"):
        in_order(["moustache", "text_area"])
