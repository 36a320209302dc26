"""A 12-megapixel photo, each step in a process of its own: how much memory at most?"""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
import numpy as np
from packshot.enhance.deblock import deblock
from packshot.enhance.deconvolve import deblur, deblur_motion
from packshot.enhance.denoise import Noise, denoise
from packshot.enhance.detail import crispen, enhance_local_contrast
from packshot.enhance.fidelity import measure_fidelity
from packshot.enhance.impulses import remove_impulses
from packshot.enhance.resize import resize
from packshot.enhance.sharpen import sharpen
from packshot.enhance.step import Intent
from packshot.enhance.whiten import find_backdrop, whiten

pixels = np.full((3000, 4000, 3), 228, np.uint8)
pixels[800:2200, 1000:3000] = np.linspace(20, 200, 2000)[None, :, None]
step = {
    "denoise": lambda: denoise(pixels, Noise(6, 6, 3)),
    "deblock": lambda: deblock(pixels, 30),
    "deblur": lambda: deblur(pixels, 6.0),
    "motion-deblur": lambda: deblur_motion(pixels, 30.0, 20.0),
    "crispen": lambda: crispen(pixels, 16.0, 1.0),
    "local-contrast": lambda: enhance_local_contrast(pixels, 64.0, 1.0),
    "remove-impulses": lambda: remove_impulses(pixels),
    "sharpen": lambda: sharpen(pixels, 3.0),
    "whiten": lambda: whiten(pixels, find_backdrop(pixels)),
    "resize": lambda: resize(pixels, 3000),
    "fidelity": lambda: measure_fidelity(pixels, pixels, {Intent.DETAIL}),
}[sys.argv[1]]
step()
# Not getrusage: what the test process held when it forked would count there.
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")))
"""
MOST_MEGABYTES = 450
STEPS = [
    "denoise",
    "deblock",
    "deblur",
    "motion-deblur",
    "crispen",
    "local-contrast",
    "remove-impulses",
    "sharpen",
    "whiten",
    "resize",
    "fidelity",
]


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_twelve_megapixels(step):
    completed = subprocess.run(
        [sys.executable, "-c", SCRIPT, step], capture_output=True, text=True, check=True
    )
    assert int(completed.stdout) < MOST_MEGABYTES
