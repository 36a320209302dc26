"""Sums of 8-bit products, here and on processors that are emulated where the emulator is installed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from packshot.encode import precision
from packshot.encode.model import Model
from packshot.encode.precision import EXACT_SUMS, OVERFLOW_MODEL, has_short_sums
from packshot.encode.runtime import onnxruntime as ort
from packshot.shipped import read_shipped

VALUES = np.full((1, 4), 255, np.uint8)

PROGRAM = """
import sys
sys.path[:0] = {path!r}
import json
import numpy as np
from packshot.encode.model import Model
from packshot.encode.precision import has_short_sums
pixels = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), np.uint8)
answer = Model.load_shipped("search.onnx").run(pixels=pixels)["content"]
print(json.dumps([has_short_sums(), answer[0].tolist()]))
"""


def test_with_the_exact_way_the_sum_is_right_on_any_processor():
    options = ort.SessionOptions()
    options.add_session_config_entry(*EXACT_SUMS)
    session = ort.InferenceSession(read_shipped(OVERFLOW_MODEL), options, ["CPUExecutionProvider"])
    assert session.run(None, {"values": VALUES})[0].tolist() == [[4 * 255 * 127]]


@pytest.mark.parametrize("found", [4 * 255 * 127, 2 * 32767])
def test_an_overflow_is_told_by_the_sum(monkeypatch, found):
    class Session:
        def __init__(self, *_):
            pass

        def run(self, _outputs, _inputs):
            return [np.array([[found]], np.int32)]

    has_short_sums.cache_clear()
    monkeypatch.setattr(precision.ort, "InferenceSession", Session)
    assert has_short_sums() is (found == 2 * 32767)
    has_short_sums.cache_clear()


@pytest.mark.parametrize("processor", ["Haswell", "EPYC"])
def test_a_network_answers_the_same_on_an_older_processor(processor):
    emulator = shutil.which("qemu-x86_64")
    if emulator is None:
        pytest.skip("no emulator of processors here: install qemu-user")
    program = PROGRAM.format(path=[part for part in sys.path if part])
    command = [emulator, "-cpu", processor, str(Path(sys.executable).resolve()), "-c", program]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    is_short, there = json.loads(answer.stdout)
    assert is_short
    pixels = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), np.uint8)
    here = Model.load_shipped("search.onnx").run(pixels=pixels)["content"][0]
    assert np.abs(here - np.array(there)).max() < 1e-4
