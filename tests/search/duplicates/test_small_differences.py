import io

import cv2
import numpy as np
import pytest
from PIL import Image

from packshot.photo import Photo
from packshot.search.duplicates.comparison import compare
from packshot.search.duplicates.small_differences import find_small_differences
from packshot.search.duplicates.view import PhotoView
from tests.conftest import ROOT


def save(pixels, quality=85):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return Photo.open(file.getvalue())


def load(name):
    return Photo.open(ROOT / f"examples/photos/{name}.jpg").pixels.copy()


def look(pixels, quality=85):
    return PhotoView.from_photo(save(pixels, quality))


def write(pixels, text, place, scale=0.9, colour=(25, 25, 30)):
    written = pixels.copy()
    cv2.putText(written, text, place, cv2.FONT_HERSHEY_DUPLEX, scale, colour, 2, cv2.LINE_AA)
    return written


def draw_chart(numbers):
    page = np.full((700, 600, 3), 255, np.uint8)
    for place, number in enumerate(numbers):
        page = write(page, str(number), (40 + place % 4 * 140, 90 + place // 4 * 70), 0.8)
    return page


@pytest.mark.parametrize("quality", [60, 80, 95])
def test_size_charts_with_other_numbers_are_no_copies(quality):
    numbers = list(range(62, 94))
    others = [*numbers[:9], 118, *numbers[10:]]
    found = compare(look(draw_chart(numbers), 90), look(draw_chart(others), quality))
    assert found.is_variant
    assert not found.is_copy
    (place,) = found.differences
    assert 0.2 < place.x < 0.5
    assert 0.25 < place.y < 0.38


def test_packs_of_another_weight_are_no_copies():
    jar = load("cream-jar")
    middle = jar.shape[1] // 2 - 50, jar.shape[0] // 2
    packs = [write(jar, text, middle) for text in ("250 g", "500 g")]
    found = compare(look(packs[0], 92), look(packs[1], 75))
    assert found.is_variant
    assert found.differences
    assert found.other_differences
    assert found.reverse().differences == found.other_differences


@pytest.mark.parametrize("quality", [30, 60, 90])
@pytest.mark.parametrize("name", ["cream-jar", "speaker", "wooden-stool"])
def test_saving_again_differs_nowhere(name, quality):
    found = compare(look(load(name), 95), look(load(name), quality))
    assert found.is_copy
    assert not found.is_variant


def test_another_size_differs_nowhere():
    chart = draw_chart(range(60, 92))
    small = cv2.resize(chart, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    assert compare(look(chart), look(small)).is_copy


def test_a_part_in_another_shade_is_told_with_its_place():
    picture = np.full((400, 400, 3), 255, np.uint8)
    cv2.circle(picture, (200, 200), 130, (60, 60, 60), -1, cv2.LINE_AA)
    noise = np.random.default_rng(1).normal(0, 3, picture.shape)
    shades = []
    for colour in ((200, 120, 120), (212, 128, 112)):
        shade = picture.copy()
        cv2.circle(shade, (200, 200), 80, colour, -1, cv2.LINE_AA)
        shades.append(np.clip(shade + noise, 0, 255).astype(np.uint8))
    (place,) = find_small_differences(*shades, np.eye(3))
    assert place.region.x == pytest.approx(0.3, abs=0.03)
    assert place.region.width == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize("name", ["cream-jar", "speaker"])
def test_a_line_of_large_text_is_laid_over_a_copy(name):
    original = load(name)
    height = original.shape[0]
    lettered = original.copy()
    scale = cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_DUPLEX, height // 10, 9)
    place = (height // 20, height // 2)
    cv2.putText(
        lettered, "NEW ITEM", place, cv2.FONT_HERSHEY_DUPLEX, scale, (215, 20, 30), 9, cv2.LINE_AA
    )
    for pair, of_keeper in (((original, lettered), False), ((lettered, original), True)):
        found = compare(*map(look, pair))
        assert found.is_copy
        assert [(one.kind.value, one.of_keeper) for one in found.changes] == [("watermarked", of_keeper)]
