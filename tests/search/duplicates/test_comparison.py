"""Pairs of real photos, changed on purpose."""

import zlib

import cv2
import numpy as np
import pytest

from benchmarks.support.copies import make_copy
from packshot.photo import Photo
from packshot.report import DuplicateKind as Kind
from packshot.search.duplicates.comparison import compare
from packshot.search.duplicates.view import PhotoView
from tests.conftest import ROOT, make_packshot, make_picture

PHOTOS = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def pixels():
    return Photo.open(PHOTOS / "clay-bowl.jpg", max_side=500).pixels


def make_view(pixels):
    return PhotoView.from_photo(Photo.from_pixels(np.ascontiguousarray(pixels)))


def find_change(original, copy, kind):
    """The one change of a kind; the comparison says that it is a copy."""
    found = compare(make_view(original), make_view(copy))
    assert found.is_copy
    (change,) = [change for change in found.changes if change.kind is kind]
    return change


def test_a_photo_is_a_copy_of_itself_without_changes(pixels):
    found = compare(make_view(pixels), make_view(pixels))
    assert found.is_copy
    assert found.changes == ()
    assert found.likeness > 0.99


def test_recompression_is_no_change(pixels):
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 40])
    found = compare(make_view(pixels), make_view(cv2.imdecode(data, cv2.IMREAD_COLOR)))
    assert found.is_copy
    assert found.changes == ()


@pytest.mark.parametrize("factor", [0.4, 1.5])
def test_resized_tells_the_factor(pixels, factor):
    copy = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    assert find_change(pixels, copy, Kind.RESIZED).amount == pytest.approx(factor, rel=0.03)


def test_cropped_tells_what_is_left(pixels):
    height, width = pixels.shape[:2]
    top, left = round(0.05 * height), round(0.15 * width)
    copy = pixels[top : top + round(0.8 * height), left : left + round(0.8 * width)]
    change = find_change(pixels, copy, Kind.CROPPED)
    assert change.amount == pytest.approx(0.64, abs=0.03)
    region = change.region
    assert (region.x, region.y, region.width) == pytest.approx((0.15, 0.05, 0.8), abs=0.02)
    assert not change.of_keeper
    back = compare(make_view(copy), make_view(pixels))
    assert back.is_copy
    assert any(c.of_keeper or c.kind is Kind.BORDERED for c in back.changes)


@pytest.mark.parametrize("paint", [(255, 255, 255), (0, 0, 0), (200, 30, 60)])
def test_bordered_tells_how_much_is_border(pixels, paint):
    copy = cv2.copyMakeBorder(pixels, 40, 30, 50, 20, cv2.BORDER_CONSTANT, value=paint)
    change = find_change(pixels, copy, Kind.BORDERED)
    share = 1 - pixels[..., 0].size / copy[..., 0].size
    assert change.amount == pytest.approx(share, abs=0.03)


def test_watermarked_tells_how_much_is_covered(pixels):
    copy = pixels.copy()
    height = pixels.shape[0]
    cv2.putText(copy, "SAMPLE", (20, height // 2), 0, 3, (250, 20, 20), 12, cv2.LINE_AA)
    covered = (np.abs(copy.astype(int) - pixels).max(axis=2) > 30).mean()
    change = find_change(pixels, copy, Kind.WATERMARKED)
    assert change.amount == pytest.approx(covered, rel=0.4)
    assert not change.of_keeper
    assert find_change(copy, pixels, Kind.WATERMARKED).of_keeper


@pytest.mark.parametrize(("axis", "amount"), [(1, 0.0), (0, 180.0)])
def test_flipped_tells_the_direction(pixels, axis, amount):
    found = compare(make_view(pixels), make_view(np.flip(pixels, axis)))
    assert [(change.kind, change.amount) for change in found.changes] == [(Kind.FLIPPED, amount)]


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_rotated_tells_the_clockwise_degrees(pixels, quarters):
    found = compare(make_view(pixels), make_view(np.rot90(pixels, -quarters)))
    assert [(c.kind, c.amount) for c in found.changes] == [(Kind.ROTATED, 90.0 * quarters)]
    back = found.reverse()
    assert back.changes[0].amount == (360 - 90 * quarters) % 360


def test_colour_shift_tells_the_channels(pixels):
    copy = np.clip(pixels.astype(float) * 0.9 + [-10, 5, 12], 0, 255).astype(np.uint8)
    change = find_change(pixels, copy, Kind.COLOUR_SHIFTED)
    expected = (copy.astype(float) - pixels).mean(axis=(0, 1))
    assert change.shift == pytest.approx(expected, abs=3)


def test_a_strong_change_of_all_colours_needs_the_same_structure(pixels):
    copy = np.clip(pixels.astype(float) * [0.8, 0.85, 0.75] - 8, 0, 255).astype(np.uint8)
    assert find_change(pixels, copy, Kind.COLOUR_SHIFTED).amount > 29
    copy[100:300, 100:300] = np.random.default_rng(0).integers(0, 90, (200, 200, 3))
    assert not compare(make_view(pixels), make_view(copy)).is_copy


def test_the_background_tells_a_tinted_copy_from_a_variant(pixels):
    photo = np.minimum(pixels, 240)
    tinted = np.clip(photo * [1.0, 0.85, 0.75], 0, 255).astype(np.uint8)
    background = (photo >= 215).all(axis=2, keepdims=True)
    variant = np.where(background, photo, np.rint(tinted * [1, 0.6, 0.4])).astype(np.uint8)
    assert compare(make_view(photo), make_view(tinted)).is_copy
    assert not compare(make_view(photo), make_view(variant)).is_copy


def test_marks_over_most_of_the_product_do_not_hide_it():
    pixels = Photo.open(PHOTOS / "cream-jar.jpg", max_side=500).pixels
    copy = pixels.copy()
    for row in range(90, len(pixels), 95):
        cv2.putText(copy, "SAMPLE", (-10, row), 0, 3.6, (30, 30, 30), 26)
    covered = (np.abs(copy.astype(int) - pixels).max(axis=2) > 30).mean()
    assert covered > 0.3
    change = find_change(pixels, copy, Kind.WATERMARKED)
    assert change.amount == pytest.approx(covered, abs=0.1)


def test_changes_add_up(pixels):
    copy = np.rot90(pixels[: round(0.85 * len(pixels)), ::-1])
    kinds = {change.kind for change in compare(make_view(pixels), make_view(copy)).changes}
    assert {Kind.FLIPPED, Kind.ROTATED} <= kinds
    assert kinds & {Kind.CROPPED}


def test_different_photos_are_no_copies():
    names = ("clay-bowl", "cream-jar", "mug", "perfume-bottle", "wooden-stool")
    views = [PhotoView.from_photo(Photo.open(PHOTOS / f"{name}.jpg", max_side=500)) for name in names]
    for number, one in enumerate(views):
        for other in views[number + 1 :]:
            assert not compare(one, other).is_copy


def test_blank_photos_are_never_found_to_be_copies():
    white = make_view(np.full((300, 300, 3), 255, np.uint8))
    grey = make_view(np.full((300, 300, 3), 250, np.uint8))
    assert not compare(white, grey).is_copy
    assert not compare(white, white).is_copy
    assert not compare(white, make_view(make_packshot())).is_copy


def draw_product_on(template, seed):
    """A shop's frame and name around a product of its own."""
    photo = template.copy()
    photo[120:320, 100:300] = make_picture(200, 200, seed=seed)[:, :: -1 if seed % 2 else 1] // (
        1 + seed % 2
    )
    generator = np.random.default_rng(seed)
    for _ in range(25):
        x, y = generator.integers(110, 280, 2)
        colour = tuple(int(value) for value in generator.integers(0, 255, 3))
        cv2.circle(photo, (int(x), int(y) + 20), int(generator.integers(5, 25)), colour, -1)
    return photo


def test_the_same_template_with_another_product_is_no_copy():
    template = np.full((400, 400, 3), 255, np.uint8)
    cv2.rectangle(template, (5, 5), (394, 394), (180, 20, 20), 6)
    cv2.putText(template, "BEST SHOP", (60, 70), 0, 1.6, (20, 20, 160), 4, cv2.LINE_AA)
    found = compare(make_view(draw_product_on(template, 1)), make_view(draw_product_on(template, 2)))
    assert not found.is_copy


def test_a_part_in_another_colour_is_no_copy(packshot_picture):
    """Variants of one product, photographed the same way, are for sale apart."""
    variant = packshot_picture.copy()
    part = variant[150:250, 150:300]
    variant[150:250, 150:300] = part[..., ::-1] // 2 + np.array([120, 0, 0], np.uint8)
    outlined = []
    for photo in (packshot_picture.copy(), variant):
        cv2.rectangle(photo, (150, 150), (300, 250), (0, 0, 0), 5)
        outlined.append(make_view(photo))
    found = compare(*outlined)
    assert not found.is_copy
    assert found.likeness > 0.8


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (7, 3, 3)])
def test_tiny_photos_do_no_harm(shape, pixels):
    tiny = make_view(np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8))
    assert not compare(tiny, make_view(pixels)).is_copy
    assert not compare(make_view(pixels), tiny).is_copy


def add_shadow(picture):
    """A soft shadow on the paper below a product."""
    shade = np.zeros(picture.shape[:2], np.float32)
    cv2.ellipse(shade, (250, 316), (60, 6), 0, 0, 360, 90, -1)
    shade = cv2.GaussianBlur(shade, (0, 0), 8)
    return np.clip(picture - shade[..., None], 0, 255).astype(np.uint8)


def test_another_shadow_is_nothing_laid_over_but_a_small_difference():
    product = make_packshot(box=(100, 100, 300, 200), size=(500, 400))
    shaded = add_shadow(product)
    for pair in ((product, shaded), (shaded, product)):
        found = compare(*map(make_view, pair))
        assert found.is_variant
        assert not found.is_copy
        assert found.changes == ()
        assert all(place.y > 0.7 for place in found.differences)
        assert found.differences


def test_a_jar_with_its_shadow_and_with_its_reflection(shared_data):
    folder = shared_data / "products" / "beauty"
    views = [
        PhotoView.from_photo(Photo.open(folder / f"beauty_abantecart_{number}.jpg"))
        for number in ("061", "062")
    ]
    found = compare(*views)
    assert found.is_variant
    assert found.differences


@pytest.mark.parametrize("is_copy_first", [False, True])
def test_a_plain_banner_over_a_busy_photo_is_told_of_the_photo_that_has_it(is_copy_first):
    """The banner takes structure away: what has more of it is the photo without."""
    busy = make_picture(400, 500, seed=5)
    marked = busy.copy()
    marked[340:] = (20, 90, 160)
    cv2.putText(marked, "FREE", (200, 380), 0, 1, (255, 255, 255), 2, cv2.LINE_AA)
    pair = (marked, busy) if is_copy_first else (busy, marked)
    found = compare(*map(make_view, pair))
    assert [(change.kind, change.of_keeper) for change in found.changes] == [
        (Kind.WATERMARKED, is_copy_first)
    ]


@pytest.mark.parametrize("is_copy_first", [False, True])
def test_letters_as_light_as_what_they_lie_on_are_told_of_the_photo_that_has_them(is_copy_first):
    """Red on dark blue of the same grey adds no structure, but colours."""
    cloth = make_picture(400, 500, seed=6).astype(np.float32).mean(axis=2)
    cloth = np.clip(30 + 0.25 * cloth[..., None] * np.array([0.6, 0.8, 2.2]), 0, 255).astype(np.uint8)
    lettered = cloth.copy()
    cv2.putText(lettered, "BEST PRICE", (20, 220), 0, 2.4, (175, 25, 30), 9, cv2.LINE_AA)
    pair = (lettered, cloth) if is_copy_first else (cloth, lettered)
    found = compare(*map(make_view, pair))
    (change,) = [change for change in found.changes if change.kind is Kind.WATERMARKED]
    assert change.of_keeper == is_copy_first


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("clothing/clothing_clothingds_007", "lettered"),
        ("clothing/clothing_clothingds_060", "framed"),
        ("electronics/electronics_flipkart_010", "banner"),
    ],
)
def test_marks_that_take_more_structure_than_they_add_are_told_of_the_photo_that_has_them(
    shared_data, name, kind
):
    path = shared_data / "products" / f"{name}.jpg"
    generator = np.random.default_rng(zlib.crc32(f"dev {kind} {path.name}".encode()))
    original = Photo.open(path)
    copy = Photo.open(make_copy(path, original.pixels, kind, generator))
    found = compare(PhotoView.from_photo(original), PhotoView.from_photo(copy))
    assert [c.of_keeper for c in found.changes if c.kind is Kind.WATERMARKED] == [False]
