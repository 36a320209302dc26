import re

import numpy as np
import pytest
from PIL import Image

from packshot import Assessor
from tests.conftest import ROOT

FOLDER = ROOT / "examples" / "photos"
TABLE = re.findall(r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|$", (FOLDER / "README.md").read_text(), re.M)
CLEAN = [name for name, wrong in TABLE if wrong.strip() == "nothing"]
EXPECTED = {
    "mug-warm-cast.jpg": "colour-cast",
    "stool-low-light.jpg": "too-dark",
    "jar-heavy-jpeg.jpg": "jpeg-artefacts",
    "perfume-enlarged-thumbnail.jpg": "upscaled",
    "bowl-small-off-centre.jpg": "product-too-small",
}


@pytest.fixture(scope="module")
def assessor():
    return Assessor()


def test_the_table_is_complete():
    assert {name for name, _ in TABLE} == {path.name for path in FOLDER.glob("*.jpg")}
    assert len(TABLE) >= 12
    assert sum(path.stat().st_size for path in FOLDER.glob("*.jpg")) < 4_000_000


@pytest.mark.parametrize("name", [name for name, _ in TABLE])
def test_every_photo_opens_and_is_large_enough_to_judge(name):
    with Image.open(FOLDER / name) as photo:
        photo.load()
        assert photo.format == "JPEG"
        assert photo.mode == "RGB"
        assert min(photo.size) >= 700


@pytest.mark.parametrize("name", CLEAN)
def test_clean_ones_fill_the_frame(name):
    pixels = np.asarray(Image.open(FOLDER / name))
    # Shadows on paper are light and grey; the product is darker than 200 or has a colour.
    product = (pixels.min(axis=2) < 200) | (np.ptp(pixels.astype(int), axis=2) > 30)
    rows, columns = np.nonzero(product.any(axis=1))[0], np.nonzero(product.any(axis=0))[0]
    longer = max(np.ptp(rows), np.ptp(columns)) / len(pixels)
    assert 0.75 <= longer <= 0.88


@pytest.mark.parametrize("name", CLEAN)
def test_clean_ones_stand_on_white(name):
    pixels = np.asarray(Image.open(FOLDER / name))
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (border.min(axis=1) >= 245).mean() > 0.95


@pytest.mark.parametrize("name", CLEAN)
def test_clean_ones_have_no_error(assessor, name):
    errors = [f.code for f in assessor.assess(FOLDER / name).findings if f.severity == "error"]
    assert errors == []


@pytest.mark.parametrize(("name", "code"), EXPECTED.items())
def test_what_is_wrong_is_found(assessor, name, code):
    assert code in {finding.code for finding in assessor.assess(FOLDER / name).findings}


@pytest.mark.parametrize(
    ("clean", "spoiled"),
    [
        ("mug.jpg", "mug-warm-cast.jpg"),
        ("wooden-stool.jpg", "stool-low-light.jpg"),
        ("speaker.jpg", "speaker-motion-blur.jpg"),
        ("cream-jar.jpg", "jar-heavy-jpeg.jpg"),
        ("perfume-bottle.jpg", "perfume-enlarged-thumbnail.jpg"),
    ],
)
def test_the_spoiled_photo_scores_lower(assessor, clean, spoiled):
    assert assessor.assess(FOLDER / spoiled).score < assessor.assess(FOLDER / clean).score
