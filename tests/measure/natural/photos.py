"""Photos with texture all over, and their damaged versions."""

import numpy as np

from ..reference.scenes import blurred, darkened, noisy, scene

TEXTURED = {
    "noise": noisy(scene(300, 280), 20),
    "blur": noisy(blurred(scene(300, 280), 2), 6),
    "dark": noisy(darkened(scene(300, 280), 60), 9),
}


def natural(height: int = 300, width: int = 280, seed: int = 0) -> np.ndarray:
    """Noise whose spectrum falls as that of photos does, in three channels alike."""
    generator = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(generator.normal(size=(height, width))) / frequency
    plane = np.fft.irfft2(spectrum, (height, width))
    plane = (plane - plane.mean()) / plane.std() * 40 + 128
    return np.repeat(np.clip(np.rint(plane), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
