"""Photos with texture all over, and their damaged versions."""

import numpy as np

from tests.measure.reference.scenes import add_noise, box_blur, darken, draw_scene

TEXTURED = {
    "noise": add_noise(draw_scene(300, 280), 20),
    "blur": add_noise(box_blur(draw_scene(300, 280), 2), 6),
    "dark": add_noise(darken(draw_scene(300, 280), 60), 9),
}


def make_natural_noise(height: int = 300, width: int = 280, seed: int = 0) -> np.ndarray:
    """Noise whose spectrum falls as that of photos does, in three channels alike."""
    generator = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(generator.normal(size=(height, width))) / frequency
    plane = np.fft.irfft2(spectrum, (height, width))
    plane = (plane - plane.mean()) / plane.std() * 40 + 128
    return np.repeat(np.clip(np.rint(plane), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
