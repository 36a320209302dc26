import cv2
import numpy as np

from packshot.enhance.strips import by_strips


def large(height=2600, width=1200):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_strips_give_what_the_whole_gives():
    pixels = large()
    blur = lambda part: cv2.blur(part, (9, 9))  # noqa: E731
    np.testing.assert_array_equal(by_strips(pixels, blur, 4), blur(pixels))


def test_a_margin_too_small_would_show():
    pixels = large()
    blur = lambda part: cv2.blur(part, (61, 61))  # noqa: E731
    assert (by_strips(pixels, blur, 0) != blur(pixels)).any()


def test_large_photos_come_in_strips_of_about_a_megapixel():
    sizes = []

    def note(part):
        sizes.append(part.shape)
        return part

    by_strips(large(), note, 16)
    assert len(sizes) > 2
    assert max(height * width for height, width, _ in sizes) < 1.1e6


def test_small_photos_come_whole():
    pixels = large(100, 100)
    assert by_strips(pixels, lambda part: part, 16) is pixels
