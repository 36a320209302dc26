import numpy as np
import pytest

from packshot.encode import SEARCH_MODEL, SEARCH_SIDE, ContentEncoder, Model
from packshot.encode.views import to_whole_view
from packshot.errors import UnreadablePhoto
from tests.conftest import ROOT

PHOTO = ROOT / "examples" / "photos" / "clay-bowl.jpg"


@pytest.fixture(scope="module")
def encoder():
    return ContentEncoder.load_shipped()


def test_a_vector_is_what_the_network_says_of_the_whole_view(encoder, picture):
    network = Model.load_shipped(SEARCH_MODEL)
    expected = network.run(pixels=to_whole_view(picture, SEARCH_SIDE)[None])["content"][0]
    np.testing.assert_array_equal(encoder.encode(picture), expected)
    assert encoder.dimensions == len(expected)
    assert encoder.fingerprint == network.fingerprint


def test_threads_do_not_change_a_vector(encoder, picture):
    np.testing.assert_allclose(
        ContentEncoder.load_shipped(threads=2).encode(picture),
        encoder.encode(picture),
        rtol=1e-5,
        atol=1e-5,
    )


def test_files_and_their_bytes_are_the_same_photo(encoder):
    np.testing.assert_array_equal(encoder.encode_file(PHOTO), encoder.encode_file(PHOTO.read_bytes()))


def test_what_is_no_photo_is_refused(encoder):
    with pytest.raises(UnreadablePhoto):
        encoder.encode_file(b"not a photo")
