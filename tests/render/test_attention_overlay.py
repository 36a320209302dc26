import base64

import cv2
import numpy as np

from packshot.render.attention_overlay import DAMAGE_RGB, encode_heat_map


def decode_uri(uri):
    head, data = uri.split(",")
    assert head == "data:image/png;base64"
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_UNCHANGED)


def test_heat_is_see_through_where_all_is_well():
    picture = decode_uri(encode_heat_map(((0.0, 1.0), (0.5, 0.0))))
    assert picture.shape == (2, 2, 4)
    assert picture[0, 0, 3] == picture[1, 1, 3] == 0
    assert abs(int(picture[0, 1, 3]) - 2 * int(picture[1, 0, 3])) <= 1
    assert picture[1, 0, 3] > 0
    assert tuple(picture[0, 1, 2::-1]) == DAMAGE_RGB


def test_there_is_no_heat_where_nothing_is():
    assert encode_heat_map(((0.0, 0.01),)) is None
    assert encode_heat_map(()) is None


def test_a_tint_of_ones_own():
    assert tuple(decode_uri(encode_heat_map(((1.0,),), (1, 2, 3)))[0, 0, :3]) == (3, 2, 1)


def test_an_enlarged_map_keeps_its_places_and_has_no_steps():
    cells = np.zeros((6, 6))
    cells[1, 4] = 1
    picture = decode_uri(encode_heat_map(tuple(map(tuple, cells.tolist())), enlargement=8))[
        ..., 3
    ].astype(int)
    assert picture.shape == (48, 48)
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    assert (row // 8, column // 8) == (1, 4)
    assert np.abs(np.diff(picture, axis=0)).max() < 0.25 * picture.max()
