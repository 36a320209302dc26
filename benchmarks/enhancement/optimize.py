"""Whether `packshot optimize` puts right what is wrong with a product's presentation, and only that.

Products that stand whole on pure white are put on a larger canvas, off its centre, turned, or before
other grounds; how, is known. They are written as PNG, optimised as a user would, by the presentation's
own steps (``--repairs`` adds the others), and held against what is known: the product is sought in the
result by its own pixels, so that what it fills and where it stands rest on nothing that is measured.
A fault is *fixable* where nothing prevents it: a crop needs the pixels, and a tilt something that tells
what is upright: the original, before it is turned, must say so by its lines or its symmetry. Limits were
chosen on other products (``--half tuned``, which is only printed): none of theirs is reported on, and
none that the mask network has learned from.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from benchmarks.support.record import write_results
from packshot.arrays import Float32Array, Mask, Pixels
from packshot.assess.assessor import Assessor
from packshot.enhance.goals import BackgroundTreatment, PresentationGoals
from packshot.enhance.loop_options import LoopOptions
from packshot.enhance.optimizer import Optimizer
from packshot.enhance.presentation import PRESENTATION_STEPS
from packshot.enhance.straighten import measure_tilt
from packshot.measure.background import find_background
from packshot.measure.geometry import Box, edge_touch
from packshot.measure.planes import make_planes
from packshot.measure.product import find_product
from packshot.measure.reference.ciede2000 import ciede2000, rgb_to_lab
from packshot.photo import Photo
from packshot.report import Enhancement
from packshot.train.datasets import damaged

WHITE = 255
MIN_BOX_SIDE = 430
"""Pixels of the product's longer side from which a photo has those for a crop that fills 85 %."""

FILL_TOLERANCE, CENTRE_TOLERANCE = 0.03, 0.03
"""Shares of the side by which fill and centre may miss what is wanted."""

ANGLE_TOLERANCE = 0.7
"""Degrees that may remain of a tilt: what `enhance.straighten` calls none."""

MIN_WHITENESS, MIN_PURE_SHARE = 253.0, 0.95
"""Of the background farther than `RING` from the product: mean of the darkest channel, share at 255."""

RING = 24
"""Pixels around the product that count as neither: shadows begin there."""

MAX_PRODUCT_CHANGE = 1.0
"""CIEDE2000, mean over the inside of the product."""

FILL = 0.85
FILL_RANGE = (0.75, 1.0)
"""What `PresentationGoals` asks for; a photo within the range is left as it is."""

LOOKED_AT_STRIDE = 3
"""Every third photo of the validation split: the first limits were chosen and looked at on these."""

LEARNED_SOURCES = ("luma", "contoso", "abantecart", "clothingds")
"""Sources of the training split that the mask network learned from (`weights/mask.md`)."""

Colour = tuple[float, float, float]
Row = dict[str, object]


@dataclass(frozen=True, eq=False)
class Original:
    """A product on pure white, with what is known of it."""

    pixels: Pixels
    mask: Mask
    box: Box


@dataclass(frozen=True)
class Case:
    """An original and what is done to it."""

    path: Path
    kind: str
    seed: int
    half: str
    repairs: bool


@dataclass(frozen=True, eq=False)
class Made:
    """A photo with faults of presentation.

    Attributes:
        pixels: The photo.
        angle: Degrees, clockwise, that it was turned by.
        faults: Names of what is wrong.
        fixable: Those of them that can be put right.
    """

    pixels: Pixels
    angle: float
    faults: frozenset[str]
    fixable: frozenset[str]


@dataclass(frozen=True)
class Outcome:
    """What became of a case; `fixed` are names of faults. None where a figure has no meaning."""

    case: Case
    faults: frozenset[str]
    fixable: frozenset[str]
    fixed: frozenset[str]
    change: float | None
    is_same: bool
    steps: tuple[str, ...]
    abstentions: tuple[str, ...]
    scores: tuple[float, float]
    pictures: tuple[bytes, bytes]


def load_original(path: Path) -> Original | None:
    """Load a product that stands whole on pure white; None where it does not."""
    pixels = Photo.open(path).pixels
    planes = make_planes(pixels)
    background = find_background(planes.small)
    product = find_product(planes, background) if background else None
    if background is None or product is None or edge_touch(product.mask)[0] > 0:
        return None
    if not (background.colour == WHITE).all() or not background.is_even or background.tolerance > 6:
        return None
    mask = cv2.resize(product.mask.astype(np.uint8), pixels.shape[1::-1]) > 0
    return Original(pixels, np.asarray(mask), product.box)


def _draw_on_canvas(
    original: Original, fill: float, shift: tuple[float, float]
) -> tuple[Pixels, tuple[int, int]]:
    """Put the original's pixels on a larger canvas of its ratio, the box centred but for a shift."""
    height, width = original.pixels.shape[:2]
    left, top, across, down = original.box
    scale = max(across / width, down / height) / fill
    size = max(width, round(scale * width)), max(height, round(scale * height))
    canvas = np.full((size[1], size[0], 3), WHITE, np.uint8)
    x = round(size[0] / 2 + shift[0] * size[0] - across / 2)
    y = round(size[1] / 2 + shift[1] * size[1] - down / 2)
    x, y = int(np.clip(x, 4, size[0] - across - 4)), int(np.clip(y, 4, size[1] - down - 4))
    part = original.pixels[top : top + down, left : left + across]
    canvas[y : y + down, x : x + across] = part
    return canvas, (x, y)


def _turn(pixels: Pixels, degrees: float) -> Pixels:
    """Turn clockwise about the middle; what comes in is white."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
    white = (WHITE,) * 3
    return np.asarray(
        cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=white),
        np.uint8,
    )


def _put_before(pixels: Pixels, ground: Float32Array, rng: np.random.Generator) -> Pixels:
    """Put what stands on white before another ground, with a little grain, the product as it is."""
    planes = make_planes(pixels)
    background = find_background(planes.small)
    clear = np.zeros(pixels.shape[:2], np.float32)
    if background is not None:
        is_clear = (pixels.min(axis=2) >= 250).astype(np.uint8)
        _, labels = cv2.connectedComponents(is_clear, connectivity=4)
        edges = np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1]))
        outside = np.isin(labels, np.unique(edges[edges > 0]))
        clear = cv2.GaussianBlur(outside.astype(np.float32), (0, 0), 0.8)
    grain = rng.normal(0, 1.0, (*pixels.shape[:2], 1))
    result = pixels - clear[..., None] * (WHITE - ground - grain)
    return np.rint(np.clip(result, 0, WHITE)).astype(np.uint8)


def _make_ground(
    size: tuple[int, int], colour: Colour, slope: float, rng: np.random.Generator
) -> Float32Array:
    """(H, W, 3) a colour that grows darker in one direction by so many grey levels."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-0.5 : 0.5 : size[0] * 1j, -0.5 : 0.5 : size[1] * 1j]
    shade = (x * np.cos(angle) + y * np.sin(angle)) * slope
    return np.asarray(np.float32(colour) + shade[..., None], np.float32)


def make_small(original: Original, rng: np.random.Generator) -> Made:
    """Make the product too small: it fills 35 to 60 % of the tighter side."""
    pixels, _ = _draw_on_canvas(original, rng.uniform(0.35, 0.6), (0, 0))
    return Made(pixels, 0, frozenset({"fill"}), _fixable(original, {"fill"}))


def make_off_centre(original: Original, rng: np.random.Generator) -> Made:
    """Move the product 12 to 22 % of the side off the middle; it fills 45 to 55 %."""
    angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.22)
    shift = distance * np.cos(angle), distance * np.sin(angle)
    pixels, _ = _draw_on_canvas(original, rng.uniform(0.45, 0.55), shift)
    return Made(pixels, 0, frozenset({"fill", "centre"}), _fixable(original, {"fill", "centre"}))


def make_tilted(original: Original, rng: np.random.Generator) -> Made:
    """Turn the photo by 1.5 to 6 degrees; it fills 70 % before."""
    degrees = float(rng.uniform(1.5, 6) * rng.choice([-1, 1]))
    upright, _ = _draw_on_canvas(original, 0.78, (0, 0))
    tilt = measure_tilt(upright)
    fixable = {"angle"} if tilt is not None and abs(tilt) < ANGLE_TOLERANCE else set()
    return Made(_turn(upright, degrees), degrees, frozenset({"angle"}), frozenset(fixable))


def make_grey(original: Original, rng: np.random.Generator) -> Made:
    """Put the product before grey-white paper, 222 to 244 of 255, up to 8 levels uneven."""
    level = rng.uniform(222, 244)
    colour = tuple(level + rng.uniform(-2, 2, 3))
    framed, _ = _draw_on_canvas(original, 0.82, (0, 0))
    ground = _make_ground(framed.shape[:2], colour, rng.uniform(0, 8), rng)
    faults = frozenset({"background"})
    return Made(_put_before(framed, ground, rng), 0, faults, faults)


def make_all(original: Original, rng: np.random.Generator) -> Made:
    """Make the product small, off centre and before grey-white paper."""
    angle = rng.uniform(0, 2 * np.pi)
    shift = 0.18 * np.cos(angle), 0.18 * np.sin(angle)
    small, _ = _draw_on_canvas(original, rng.uniform(0.45, 0.55), shift)
    colour = tuple(rng.uniform(222, 244) + rng.uniform(-2, 2, 3))
    ground = _make_ground(small.shape[:2], colour, rng.uniform(0, 8), rng)
    faults = {"fill", "centre", "background"}
    return Made(
        _put_before(small, ground, rng),
        0,
        frozenset(faults),
        _fixable(original, {"fill", "centre"}) | {"background"},
    )


def make_coloured(original: Original, rng: np.random.Generator) -> Made:
    """Put the product before coloured paper, to be cut out."""
    hue = np.uint8([[[rng.integers(180), rng.integers(60, 200), rng.integers(90, 230)]]])
    colour = tuple(float(value) for value in cv2.cvtColor(hue, cv2.COLOR_HSV2RGB)[0, 0])
    framed, _ = _draw_on_canvas(original, 0.82, (0, 0))
    ground = _make_ground(framed.shape[:2], colour, rng.uniform(0, 16), rng)
    faults = frozenset({"background"})
    return Made(_put_before(framed, ground, rng), 0, faults, faults)


def make_clean(original: Original, _: np.random.Generator) -> Made:
    """Leave the photo as it is, at a fill that nobody minds."""
    framed, _ = _draw_on_canvas(original, 0.84, (0, 0))
    return Made(framed, 0, frozenset(), frozenset())


def _fixable(original: Original, faults: set[str]) -> frozenset[str]:
    """What can be put right: without the pixels for a closer crop a product stays small."""
    has_pixels = max(original.box[2:]) >= MIN_BOX_SIDE
    return frozenset(faults if has_pixels else faults - {"fill"})


MAKERS: Mapping[str, Callable[[Original, np.random.Generator], Made]] = {
    "too small": make_small,
    "off centre": make_off_centre,
    "tilted": make_tilted,
    "grey-white": make_grey,
    "small, off centre, grey-white": make_all,
    "coloured, --background white": make_coloured,
    "clean": make_clean,
}


@lru_cache(maxsize=4)
def _load_optimizer(background: BackgroundTreatment, repairs: bool) -> Optimizer:
    only = None if repairs else frozenset(PRESENTATION_STEPS)
    goals = PresentationGoals(background=background)
    return Optimizer(Assessor(draws_map=False), LoopOptions(target_score=80, only_steps=only), goals)


def optimize_case(case: Case) -> Outcome | None:
    """Make the photo, optimise it, and see what is fixed; None where the original is none."""
    cv2.setNumThreads(1)
    original = load_original(case.path)
    if original is None:
        return None
    made = MAKERS[case.kind](original, np.random.default_rng(case.seed))
    treatment = (
        BackgroundTreatment.WHITE if "--background white" in case.kind else BackgroundTreatment.WHITEN
    )
    optimizer = _load_optimizer(treatment, case.repairs)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.png", Path(folder) / "out.png"
        cv2.imwrite(str(source), made.pixels[..., ::-1])
        record = optimizer.enhance(source, target)
        result = Photo.open(target).pixels
        is_same = source.read_bytes() == target.read_bytes()
    return judge(case, original, made, result, record, is_same)


def judge(
    case: Case, original: Original, made: Made, result: Pixels, record: Enhancement, is_same: bool
) -> Outcome:
    """Hold a result against what is known."""
    place, change = find_product_in(original, result, made.angle, record)
    fixed = {name for name in made.faults if _CHECKS[name](original, made, result, place)}
    return Outcome(
        case=case,
        faults=made.faults,
        fixable=made.fixable,
        fixed=frozenset(fixed),
        change=change,
        is_same=is_same,
        steps=record.steps,
        abstentions=tuple(f"{one.step}: {one.reason}" for one in record.abstentions),
        scores=(record.score_before or 0.0, record.score_after or 0.0),
        pictures=(_encode_tile(made.pixels), _encode_tile(result)),
    )


def find_product_in(
    original: Original, result: Pixels, angle: float, record: Enhancement
) -> tuple[Box, float | None]:
    """Find the true product in a result by its pixels, and how much they changed.

    Returns:
        Its box there, and CIEDE2000, mean over its inside; None where a photo was turned, for that
        draws every pixel anew.
    """
    left, top, across, down = original.box
    patch = original.pixels[top : top + down, left : left + across]
    mask = original.mask[top : top + down, left : left + across]
    if angle:
        return (0, 0, 0, 0), None
    weights = np.repeat(mask[..., None], 3, axis=2).astype(np.float32)
    if result.shape[0] < down or result.shape[1] < across:
        return (0, 0, 0, 0), float("inf")
    distance = cv2.matchTemplate(
        result.astype(np.float32), patch.astype(np.float32), cv2.TM_SQDIFF, mask=weights
    )
    _, _, (x, y), _ = cv2.minMaxLoc(distance)
    found = result[y : y + down, x : x + across]
    inner = cv2.erode(mask.astype(np.uint8), np.ones((7, 7), np.uint8), borderValue=(0,)) > 0
    inner &= patch.min(axis=2) < 250  # Holes show the ground.
    if not inner.any():
        return (x, y, across, down), None
    difference = ciede2000(rgb_to_lab(patch), rgb_to_lab(found))
    return (x, y, across, down), float(difference[inner].mean())


def _is_fill_right(original: Original, made: Made, result: Pixels, place: Box) -> bool:
    height, width = result.shape[:2]
    share = max(place[2] / width, place[3] / height)
    return abs(share - FILL) <= FILL_TOLERANCE or FILL_RANGE[0] <= share <= FILL_RANGE[1]


def _is_centred(original: Original, made: Made, result: Pixels, place: Box) -> bool:
    height, width = result.shape[:2]
    across = abs(place[0] + place[2] / 2 - width / 2) / width
    down = abs(place[1] + place[3] / 2 - height / 2) / height
    return max(across, down) <= CENTRE_TOLERANCE


def _is_level(original: Original, made: Made, result: Pixels, place: Box) -> bool:
    """Whether the result is the upright photo turned by no more than may remain."""
    return abs(find_angle(original, result)) <= ANGLE_TOLERANCE


def find_angle(original: Original, result: Pixels) -> float:
    """Find by how many degrees a result is turned against its original: where they lie best."""
    upright = _to_square(original.pixels)
    angles = np.arange(-8, 8.01, 0.25)
    other = _to_square(result)
    errors = [
        float(np.abs(_to_square(_turn(original.pixels, angle)).astype(int) - other).mean())
        for angle in angles
    ]
    return float(angles[int(np.argmin(errors))]) if upright.size else 0.0


def _to_square(pixels: Pixels) -> Pixels:
    """(256, 256) grey, cropped to what is not white: place and size do not count."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    left, top, across, down = cv2.boundingRect((grey < 248).astype(np.uint8))
    part = grey[top : top + down, left : left + across] if across else grey
    return np.asarray(cv2.resize(part, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)


def _is_white(original: Original, made: Made, result: Pixels, place: Box) -> bool:
    x, y, across, down = place
    outside = np.ones(result.shape[:2], np.uint8)
    left, top = original.box[:2]
    mask = original.mask[top : top + down, left : left + across]
    outside[y : y + down, x : x + across] = ~mask
    far = cv2.erode(outside, np.ones((2 * RING + 1,) * 2, np.uint8), borderValue=(1,)) > 0
    darkest = result.min(axis=2)[far]
    return bool(darkest.mean() >= MIN_WHITENESS and (darkest == WHITE).mean() >= MIN_PURE_SHARE)


_CHECKS: Mapping[str, Callable[[Original, Made, Pixels, Box], bool]] = {
    "fill": _is_fill_right,
    "centre": _is_centred,
    "angle": _is_level,
    "background": _is_white,
}


def _encode_tile(pixels: Pixels, side: int = 200) -> bytes:
    scale = side / max(pixels.shape[:2])
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    tile = np.full((side, side, 3), 128, np.uint8)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    tile[: small.shape[0], : small.shape[1]] = small
    return bytes(cv2.imencode(".png", tile[..., ::-1])[1])


def list_candidates(data: Path, half: str) -> list[damaged.Original]:
    """List the photos of a half, kinds of products in turn, in an order that nobody chose.

    Reported are products of the validation split but those that earlier limits were looked at on, and
    half of the products of the training split from sources that the mask network has nothing of.
    """
    manifest = data / "products" / "manifest.csv"
    validation, training = (damaged.read_manifest(manifest, split) for split in ("val", "train"))
    looked_at = {original.group for original in validation[::LOOKED_AT_STRIDE]}
    halves = {"tuned": 0, "reported": 1}
    chosen = [
        original
        for original in training
        if original.source not in LEARNED_SOURCES and _hash(original.group) % 2 == halves[half]
    ]
    if half == "reported":
        chosen += [original for original in validation if original.group not in looked_at]
    by_type: dict[str, list[damaged.Original]] = {}
    for original in sorted(chosen, key=lambda one: _hash(one.path.name)):
        by_type.setdefault(original.product_type, []).append(original)
    turns = zip_longest(*(by_type[name] for name in sorted(by_type)))
    return [original for turn in turns for original in turn if original is not None]


def _hash(text: str) -> int:
    return zlib.crc32(text.encode())


def list_originals(data: Path, half: str, limit: int) -> list[Path]:
    """List so many photos that stand whole on pure white, each of a product of its own."""
    found: dict[str, Path] = {}
    for original in list_candidates(data, half):
        if len(found) == limit:
            break
        if original.group not in found and load_original(original.path) is not None:
            found[original.group] = original.path
    return list(found.values())


def make_cases(data: Path, half: str, limit: int, repairs: bool) -> list[Case]:
    """Give every original every fault."""
    return [
        Case(path, kind, 100 * number + turn, half, repairs)
        for number, path in enumerate(list_originals(data, half, limit))
        for turn, kind in enumerate(MAKERS)
    ]


def iter_rows(outcomes: Sequence[Outcome]) -> Iterator[Row]:
    """One row for each kind of fault, and one for all that is wrong."""
    half = outcomes[0].case.half
    for kind in MAKERS:
        yield make_row(kind, half, [outcome for outcome in outcomes if outcome.case.kind == kind])
    yield make_row("all that is wrong", half, [one for one in outcomes if one.faults])


def make_row(kind: str, half: str, part: Sequence[Outcome]) -> Row:
    """Sum up the photos of a kind; a share of faults counts each fault of each photo."""
    fixable = sum(len(outcome.fixable) for outcome in part)
    fixed = sum(len(outcome.fixable & outcome.fixed) for outcome in part)
    changes = [outcome.change for outcome in part if outcome.change is not None]
    row: Row = {
        "photos_made": kind,
        "half": half,
        "photos": len(part),
        "faults": sum(len(outcome.faults) for outcome in part),
        "fixable": fixable,
        "fixed": fixed,
        "fixed_of_fixable": round(fixed / fixable, 4) if fixable else "",
    }
    for name in _CHECKS:
        wrong = [outcome for outcome in part if name in outcome.fixable]
        row[f"{name}_fixed"] = _mean([name in outcome.fixed for outcome in wrong])
    row["product_change_median"] = round(float(np.median(changes)), 3) if changes else ""
    row["product_change_below_1"] = _mean([change < MAX_PRODUCT_CHANGE for change in changes])
    row["unchanged_bytes"] = sum(outcome.is_same for outcome in part)
    row["score_before"] = _mean([outcome.scores[0] for outcome in part])
    row["score_after"] = _mean([outcome.scores[1] for outcome in part])
    return row


def _mean(values: Sequence[float] | Sequence[bool]) -> float | str:
    return round(float(np.mean(values)), 4) if len(values) else ""


def write_sheet(outcomes: Sequence[Outcome], path: Path, columns: int = 5) -> None:
    """Write before and after of what is not fixed, to be looked at."""
    tiles = [
        np.hstack([cv2.imdecode(np.frombuffer(one, np.uint8), 1) for one in outcome.pictures])
        for outcome in outcomes
    ]
    if not tiles:
        return
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    cv2.imwrite(str(path), np.vstack(rows))


def main(arguments: argparse.Namespace) -> None:
    """Run all cases and write the rows."""
    cases = make_cases(arguments.data, arguments.half, arguments.limit, arguments.repairs)
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(arguments.workers, get_context("spawn")) as pool:
        for number, outcome in enumerate(pool.map(optimize_case, cases, chunksize=7), start=1):
            outcomes += [] if outcome is None else [outcome]
            print(f"\r{number} of {len(cases)} photos", end="", file=sys.stderr)
    print(file=sys.stderr)
    missed = [one for one in outcomes if _is_missed(one)]
    for one in missed:
        print(one.case.path.name, one.case.kind, sorted(one.fixable - one.fixed), one.change)
        print("   ", one.steps, one.abstentions)
    rows = list(iter_rows(outcomes))
    for row in rows:
        print(row)
    if arguments.half == "reported":
        print(write_results("optimize_repairs" if arguments.repairs else "optimize", rows))
    if arguments.sheet is not None:
        write_sheet(missed, arguments.sheet)


def _is_missed(outcome: Outcome) -> bool:
    """Whether something is left, was done for nothing, or changed the product."""
    is_harmed = outcome.change is not None and outcome.change >= MAX_PRODUCT_CHANGE
    return bool(outcome.fixable - outcome.fixed or (not outcome.faults and outcome.steps) or is_harmed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--half", choices=("reported", "tuned"), default="reported")
    parser.add_argument("--limit", type=int, default=66, help="originals")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--repairs", action="store_true", help="with the steps that repair, as by default"
    )
    parser.add_argument("--sheet", type=Path, help="a PNG of what was not fixed")
    main(parser.parse_args())
