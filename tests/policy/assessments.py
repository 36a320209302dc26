"""Photos whose truth is known since they were drawn, as assessments without a score."""

import io

import numpy as np
from PIL import Image

from packshot.measure import measure_photo
from packshot.photo import Photo
from packshot.report import Assessment, Status
from tests.measure.pictures import draw_on_white

SIDE = 600


def assess_pixels(pixels, file_format="PNG", name=None, mode=None, **options):
    """The assessment of pixels that were saved as a file, as far as it needs no network."""
    image = Image.fromarray(pixels)
    stream = io.BytesIO()
    (image.convert(mode) if mode else image).save(stream, file_format, **options)
    photo = Photo.open(stream.getvalue(), name=name or f"photo.{file_format.lower()}", max_side=1024)
    return assess_photo(photo)


def assess_photo(photo):
    measured = measure_photo(photo.pixels, photo.facts)
    return Assessment(
        path=photo.name,
        status=Status.OK,
        facts=photo.facts,
        product=measured.product_region,
        measurements=measured.values,
    )


def draw_square_product(percent, side=SIDE, background=(255, 255, 255), shift=(0, 0)):
    """A square product that spans a share of the side, centred but for a shift in pixels."""
    length = round(side * percent / 100)
    left, top = ((side - length) // 2 + move for move in shift)
    return draw_on_white((left, top, length, length), (side, side), background=background)


def add_frame(pixels, thickness, tone=(20, 20, 20)):
    picture = pixels.copy()
    picture[:thickness] = picture[-thickness:] = tone
    picture[:, :thickness] = picture[:, -thickness:] = tone
    return picture


def with_measurements(assessment, **values):
    """The same with other raw values."""
    changed = {
        name: assessment.measurements[name].model_copy(update={"value": value})
        for name, value in values.items()
    }
    return assessment.model_copy(update={"measurements": assessment.measurements | changed})


def make_noise(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
