import shutil

import numpy as np
import onnx
import pytest

from packshot.distort import Kind, distort
from packshot.encode import Encoders, Model
from packshot.encode.views import NATIVE_SIDE, WHOLE_SIDE, to_native_view, to_whole_view
from packshot.errors import InvalidInput, ModelError
from packshot.measure import measure_photo
from tests.conftest import WEIGHTS, make_picture


@pytest.fixture(scope="module")
def encoders():
    return Encoders.load_shipped()


def encode(encoders, pictures):
    return encoders.encode(pictures, [measure_photo(picture).raw_values for picture in pictures])


@pytest.fixture(scope="module")
def pictures():
    return [make_picture(300 + 40 * i, 500 - 30 * i, seed=i) for i in range(5)]


def test_codes_have_the_stated_shapes(encoders, pictures):
    code = encode(encoders, pictures[:1])[0]
    assert code.content.shape == (1280,)
    assert np.linalg.norm(code.distortion) == pytest.approx(1, abs=1e-3)
    assert code.kinds.sum() == pytest.approx(1, abs=1e-3)
    assert encoders.kinds == ("pristine", *Kind)
    assert 0 <= code.level <= 5
    assert code.readings.shape == (4,)
    assert code.faults.shape == (len(encoders.faults),)
    assert ((code.faults >= 0) & (code.faults <= 1)).all()
    assert 0 <= code.product <= 1
    assert all(0 < fault.limit <= 0.5 and fault.cost >= 0 for fault in encoders.faults)


def test_a_code_depends_on_its_photo_alone(encoders, pictures):
    together = encode(encoders, pictures)
    for picture, code in zip(pictures, together, strict=True):
        alone = encode(encoders, [picture])[0]
        assert alone.content == pytest.approx(code.content, abs=1e-3)
        assert float(alone.distortion @ code.distortion) == pytest.approx(1, abs=1e-4)


def test_threads_change_nothing(pictures):
    one, two = (encode(Encoders.load_shipped(threads), pictures) for threads in (1, 2))
    for a, b in zip(one, two, strict=True):
        assert float(a.distortion @ b.distortion) == pytest.approx(1, abs=1e-4)


def test_nothing_in_nothing_out(encoders):
    assert encoders.encode([], []) == []


def test_every_photo_needs_its_measurements(encoders, pictures):
    with pytest.raises(InvalidInput, match="5 photos, but measurements of 1"):
        encoders.encode(pictures, [{}])


@pytest.mark.parametrize("kind", [Kind.WHITE_NOISE, Kind.JPEG])
def test_the_expected_level_rises_with_damage(encoders, pictures, kind):
    mild, strong = (
        np.mean([code.level for code in encode(encoders, [distort(p, kind, level) for p in pictures])])
        for level in (1, 5)
    )
    assert strong > mild + 0.3


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (384, 384), (383, 900), (1024, 1024)])
def test_views_of_any_size(shape):
    pixels = make_picture(*shape) if min(shape) > 30 else np.full((*shape, 3), 7, np.uint8)
    assert to_whole_view(pixels).shape == (WHOLE_SIDE, WHOLE_SIDE, 3)
    assert to_native_view(pixels).shape == (NATIVE_SIDE, NATIVE_SIDE, 3)


def test_native_view_is_the_untouched_middle():
    pixels = make_picture(500, 600)
    assert np.array_equal(to_native_view(pixels), pixels[138:362, 188:412])


@pytest.mark.parametrize(
    ("centre", "top", "left"), [((300, 250), 138, 188), ((0, 0), 0, 0), ((599, 499), 276, 376)]
)
def test_native_view_has_its_middle_where_the_product_has(centre, top, left):
    pixels = make_picture(500, 600)
    expected = pixels[top : top + NATIVE_SIDE, left : left + NATIVE_SIDE]
    assert np.array_equal(to_native_view(pixels, centre=centre), expected)


def test_missing_and_damaged_models_say_so(tmp_path):
    with pytest.raises(ModelError, match="lacks the model"):
        Model.load_shipped("nothing.onnx")
    with pytest.raises(ModelError, match="cannot read"):
        Model.from_path(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match=r"bad\.onnx"):
        Model.from_path(tmp_path / "bad.onnx")


def test_a_folder_with_copies_of_what_ships_encodes_alike(encoders, pictures, encoder_folder):
    copies = Encoders.load(str(encoder_folder))
    assert copies.fingerprints == encoders.fingerprints == Encoders.load(None).fingerprints
    for shipped, copied in zip(encode(encoders, pictures), encode(copies, pictures), strict=True):
        assert np.array_equal(shipped.content, copied.content)
        assert np.array_equal(shipped.distortion, copied.distortion)
        assert np.array_equal(shipped.faults, copied.faults)


def test_a_folder_without_a_model_says_which(encoder_folder, tmp_path):
    with pytest.raises(ModelError, match=r"nowhere/content\.onnx: No such file"):
        Encoders.load(tmp_path / "nowhere")
    shutil.copy(encoder_folder / "content.onnx", tmp_path)
    with pytest.raises(ModelError, match=r"distortion\.onnx: No such file"):
        Encoders.load(tmp_path)


def write_content(path, side=WHOLE_SIDE, content=1280, outputs=("content", "statistics")):
    """A network of the content network's inputs and outputs, or nearly."""
    helper = onnx.helper
    value = np.zeros((1, content), np.float32)
    nodes = [
        helper.make_node("Constant", [], [name], value=onnx.numpy_helper.from_array(value))
        for name in outputs
    ]
    pixels = helper.make_tensor_value_info("pixels", onnx.TensorProto.UINT8, ["batch", side, side, 3])
    given = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, content]) for name in outputs
    ]
    graph = helper.make_graph(nodes, "content", [pixels], given)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.save(model, path)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"side": 32}, r"content\.onnx is not .* pixels of 32 x 32 x 3, not \d+ x \d+ x 3"),
        ({"outputs": ("content",)}, r"content\.onnx is not .* it has no statistics"),
        ({"content": 7}, r"distortion\.onnx is not .* content of 1280, not 7"),
    ],
    ids=["side", "outputs", "vector"],
)
def test_encoders_that_do_not_fit_are_refused_before_a_photo_is_read(
    encoder_folder, tmp_path, network, message
):
    shutil.copy(encoder_folder / "distortion.onnx", tmp_path)
    write_content(tmp_path / "content.onnx", **network)
    with pytest.raises(ModelError, match=message):
        Encoders.load(tmp_path)


def test_a_distortion_network_that_states_nothing_is_refused(encoder_folder, tmp_path):
    for name in ("content.onnx", "distortion.onnx"):
        shutil.copy(encoder_folder / "content.onnx", tmp_path / name)
    with pytest.raises(ModelError, match=r"distortion\.onnx does not state its kinds"):
        Encoders.load(tmp_path)


def test_a_damaged_copy_of_what_ships_is_refused(encoder_folder, tmp_path):
    shutil.copy(encoder_folder / "distortion.onnx", tmp_path)
    data = bytearray((WEIGHTS / "content.onnx").read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / "content.onnx").write_bytes(data)
    with pytest.raises(ModelError, match="damaged copy"):
        Encoders.load(tmp_path)
