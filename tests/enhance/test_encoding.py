import io

import numpy as np
import pytest
from PIL import Image

from packshot.enhance.encoding import BEST_QUALITY, WORST_QUALITY, encode_within
from packshot.errors import InvalidInput
from packshot.measure.reference import psnr
from packshot.photo import Photo
from tests.conftest import make_picture
from tests.enhance.damage import add_noise

PICTURE = add_noise(make_picture(240, 320), 6)


def compute_file_size(kind, quality):
    file = io.BytesIO()
    Image.fromarray(PICTURE).save(file, kind, quality=quality, optimize=True)
    return len(file.getvalue())


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
class TestEncodeWithin:
    def test_a_generous_limit_gets_the_best(self, kind):
        found = encode_within(PICTURE, 10**7, kind)
        assert (found.quality, found.fits_limit) == (BEST_QUALITY, True)
        assert psnr(PICTURE, Photo.open(found.data).pixels) > 31

    @pytest.mark.parametrize("quality", [30, 55, 80])
    def test_the_best_that_fits(self, kind, quality):
        limit = compute_file_size(kind, quality) + 3500
        found = encode_within(PICTURE, limit, kind)
        assert found.fits_limit
        assert len(found.data) <= limit
        assert found.quality >= quality - 2
        if found.quality < BEST_QUALITY:
            above = encode_within(PICTURE, len(found.data) - 1, kind)
            assert above.quality < found.quality

    def test_an_impossible_limit_is_said(self, kind):
        found = encode_within(PICTURE, 100, kind)
        assert (found.quality, found.fits_limit) == (WORST_QUALITY, False)

    def test_is_tagged_srgb_and_keeps_exif(self, kind):
        exif = Image.Exif()
        exif[0x010F] = "Maker"
        facts = Photo.open(encode_within(PICTURE, 10**6, kind, exif.tobytes()).data).facts
        assert facts.icc_profile is not None
        assert "srgb" in facts.icc_profile.lower()
        assert facts.exif["Make"] == "Maker"
        assert facts.format == kind

    def test_refuses(self, kind):
        with pytest.raises(InvalidInput):
            encode_within(PICTURE, 0, kind)
        with pytest.raises(InvalidInput):
            encode_within(np.zeros((4, 4), np.uint8), 1000, kind)


def test_refuses_other_formats():
    with pytest.raises(InvalidInput, match="JPEG, WEBP"):
        encode_within(PICTURE, 1000, "GIF")
