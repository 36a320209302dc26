"""How the trunk of the native view is tuned from looks; needs PyTorch: `make setup-train`."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.assess.ratings import RatedPhoto  # noqa: E402
from packshot.train.datasets.looks import Looks  # noqa: E402
from packshot.train.datasets.product_ratings import FAULTS, Part, ProductRating  # noqa: E402
from packshot.train.networks.efficientnet_lite import EfficientNetLite  # noqa: E402
from packshot.train.networks.statistics import (  # noqa: E402
    LAYOUT_NUMBERS,
    STAGE_NUMBERS,
    WHOLE_NUMBERS,
)
from packshot.train.recipes import native  # noqa: E402
from packshot.train.recipes.distortion import ProjectionRecipe  # noqa: E402
from packshot.train.recipes.quality import (  # noqa: E402
    DamagedProducts,
    QualityData,
    RatedByPeople,
    RatedProducts,
)
from packshot.train.recipes.trunk import TrunkRecipe  # noqa: E402

pytestmark = pytest.mark.train

SIZE = WHOLE_NUMBERS + 6 + 1280 + STAGE_NUMBERS
PROJECTION = ProjectionRecipe(hidden=8, vector=4, steps=2, rated_batch=3, damaged_batch=3)
TRUNK = TrunkRecipe(crop=32, steps=2, rated_batch=2, damaged_batch=2, checkpoint_every=1)


def make_lessons():
    """Five photos that people rated, one held out; six damaged ones, two of a product held out."""
    generator = np.random.default_rng(0)

    def make_looks(count):
        squares = generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        return Looks(squares, squares, np.zeros((count, 6), np.float16))

    def make_values(count):
        return generator.normal(size=(count, SIZE)).astype(np.float16)

    ratings = np.full(3, 50, np.float32), np.zeros(len(FAULTS), np.float32)
    held_out = ProductRating(Path("c.jpg"), "c", "", "smartstore", *ratings)
    damaged = DamagedProducts(
        [f"{number}" for number in range(6)],
        ["a", "a", "b", "b", "c", "c"],
        make_values(6),
        generator.uniform(0, 100, (6, 3)),
        np.array([0, 1, 0, 2, 0, 3]),
        np.array([0, 5, 0, 4, 0, 3]),
    )
    people = RatedByPeople(
        [RatedPhoto(Path(f"{number}.jpg"), 20.0 * number) for number in range(5)],
        make_values(5),
        np.arange(5),
        [Part.TRAINING, Part.CALIBRATION, *[Part.TRAINING] * 3],
    )
    data = QualityData(RatedProducts([held_out], make_values(1)), people, damaged)
    return native.NativeLessons(data, make_looks(5), make_looks(6), [Path("a.jpg")])


def test_the_tuned_trunk_is_exported_and_what_is_held_out_teaches_nothing(tmp_path, monkeypatch):
    exported, pools = [], []

    def export(trunk, calibration, target):
        exported.append(trunk)
        target.write_bytes(b"model")

    def tune(pool, *rest):
        pools.append(pool)
        return tune_trunk(pool, *rest)

    tune_trunk = native.tune_trunk
    monkeypatch.setattr(native, "export_native", export)
    monkeypatch.setattr(native, "tune_trunk", tune)
    torch.manual_seed(0)
    trunk, target = EfficientNetLite().eval(), tmp_path / "native.onnx"
    native.make_native(make_lessons(), trunk, (PROJECTION, TRUNK), target, lambda text: None)
    assert target.read_bytes() == b"model"
    assert not exported[0].training
    assert pools[0].chosen.tolist() == [0, 2, 3, 4]
    assert pools[0].damaged.kinds.tolist() == [0, 1, 0, 2]
    assert pools[0].damaged.native.shape == (4, 32, 32, 3)
    assert pools[0].damaged.content.shape == (4, 1280)
    assert pools[0].damaged.context.shape == (4, STAGE_NUMBERS + LAYOUT_NUMBERS + 6)
