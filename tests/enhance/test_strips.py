import cv2
import numpy as np

from packshot.enhance.strips import apply_by_strips


def make_large_photo(height=2600, width=1200):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_strips_give_what_the_whole_gives():
    pixels = make_large_photo()
    blur = lambda part: cv2.blur(part, (9, 9))  # noqa: E731
    np.testing.assert_array_equal(apply_by_strips(pixels, blur, 4), blur(pixels))


def test_a_margin_too_small_would_show():
    pixels = make_large_photo()
    blur = lambda part: cv2.blur(part, (61, 61))  # noqa: E731
    assert (apply_by_strips(pixels, blur, 0) != blur(pixels)).any()


def test_large_photos_come_in_strips_of_about_a_megapixel():
    sizes = []

    def record_shape(part):
        sizes.append(part.shape)
        return part

    apply_by_strips(make_large_photo(), record_shape, 16)
    assert len(sizes) > 2
    assert max(height * width for height, width, _ in sizes) < 1.1e6


def test_small_photos_come_whole():
    pixels = make_large_photo(100, 100)
    assert apply_by_strips(pixels, lambda part: part, 16) is pixels
