"""Are the rules of policies right where the truth is known, and silent on clean studio photos?

    python -m benchmarks.policy.rules [--data ../shared/data] [--photos N] [--part known|studio]

Known truth: products drawn on backgrounds and saved as a shop would (JPEG of quality 60 to 97, PNG,
WEBP), with the property that a rule asks for drawn at random on both sides of the rule's limit, but not
nearer to it than a measurement can tell (the column `apart`). A rule is right where it passes what
fulfils it and does not pass what does not; "not measured" is counted apart, and is wrong as well.

Clean studio photos: six sources of `products/`, as they came. The truth is taken from the pixels in
another way than the rules take it: a photo is on white where 99.9 % of its outermost three pixels are
exactly 255. Every such photo counts as on pure white throughout, sharp, not enlarged, without border,
its product whole, as people chose it. A rule that does not pass is a false alarm.

Writes `results/policy_rules.csv` and `results/policy_false_alarms.csv`.
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.measurements.false_alarms import VIEWING_SIDE, list_studio_photos
from benchmarks.support.record import write_results
from packshot.arrays import Float32Array, Pixels
from packshot.assess.inspection import Inspection, Inspector
from packshot.measure.photo import find_scene, measure_scene
from packshot.photo import Photo
from packshot.policy import Policy, load_policy, screen
from packshot.report import OVERLAYS, Assessment, Decision, Status

PRESENT_DAY = date(2026, 11, 21)
LATER_DAY = date(2027, 1, 31)
RULES_ON_STUDIO = {
    "amazon-main": (
        *("background-white", "background-near", "background-frame", "not-cropped", "border"),
        *("sharp", "crisp", "enlarged", "blocks", "format", "animated", "text", "watermark"),
    ),
    "google-merchant": ("enlarged", "border", "placeholder", "extension", "format"),
    "temu": ("collage", "qr-code"),
    "alibaba-white": ("background-even",),
    "zalando": ("background-white", "background-frame"),
}


@dataclass(frozen=True)
class RuleTrial:
    """A photo, the rule that it puts to the test, and whether the rule should pass."""

    photo: Assessment
    should_pass: bool
    day: date = PRESENT_DAY


@dataclass(frozen=True)
class RuleCheck:
    """A rule, and the drawing of photos for it.

    Attributes:
        policy: Its policy.
        rule: Its name.
        margin_text: How far the drawn values keep from the limit, in words.
        make_trial: Draws one trial.
    """

    policy: str
    rule: str
    margin_text: str
    make_trial: Callable[[np.random.Generator], RuleTrial]


def main() -> None:
    """Draw, screen, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=200, help="drawn for each rule")
    parser.add_argument("--part", choices=["known", "studio", "both"], default="both")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.part != "studio":
        known = (judge_rule(check, arguments.photos) for check in RULE_CHECKS)
        print(write_results("policy_rules", print_rows(known)))
    if arguments.part != "known":
        print(write_results("policy_false_alarms", print_rows(iter_false_alarms(arguments.data))))


def print_rows(rows: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    """The same rows, printed as they come."""
    for row in rows:
        print(*row.values(), sep="\t", flush=True)
        yield row


def judge_rule(check: RuleCheck, photos: int) -> dict[str, object]:
    """One row: how often a rule was right."""
    generator = np.random.default_rng(sum(map(ord, check.policy + check.rule)))
    policy = load_policy(check.policy)
    counts: Counter[str] = Counter()
    for _ in range(photos):
        trial = check.make_trial(generator)
        decision = decide(trial.photo, policy, check.rule, trial.day)
        counts["should pass"] += trial.should_pass
        counts["unmeasured"] += decision is Decision.MANUAL
        measured = decision is not Decision.MANUAL
        counts["right"] += measured and (decision is Decision.PASS) is trial.should_pass
    return {
        "policy": check.policy,
        "rule": check.rule,
        "apart": check.margin_text,
        "photos": photos,
        "should_pass": counts["should pass"],
        "right": counts["right"],
        "unmeasured": counts["unmeasured"],
        "percent": round(100 * counts["right"] / photos, 2),
    }


def decide(photo: Assessment, policy: Policy, rule: str, day: date = PRESENT_DAY) -> Decision:
    """Return what a rule says; a rule that is no business of the photo lets it pass."""
    screening = screen(photo, policy, on=day, category=None)
    found = (outcome.decision for outcome in screening.outcomes if outcome.rule == rule)
    return next(found, Decision.PASS)


def save_and_assess(
    pixels: Pixels, generator: np.random.Generator, kind: str | None = None, **options: int
) -> Assessment:
    """A photo as a shop saves it, and what is measured of it."""
    chosen = kind or str(generator.choice(["JPEG", "JPEG", "JPEG", "PNG", "WEBP"]))
    if chosen in ("JPEG", "WEBP"):
        options = {"quality": int(generator.integers(60, 98)), **options}
    if chosen == "WEBP":
        options["quality"] = max(options["quality"], 90)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, chosen, **options)
    return make_assessment(
        Photo.open(stream.getvalue(), name=f"a.{chosen.lower()}", max_side=VIEWING_SIDE)
    )


def make_assessment(photo: Photo, overlays: Iterable[str] = ("border_width",)) -> Assessment:
    """The part of an assessment that rules need."""
    scene = find_scene(photo.pixels)
    found = measure_scene(scene, photo.facts)
    return Assessment(
        path=photo.name,
        status=Status.OK,
        facts=photo.facts,
        product=found.product_region,
        measurements=found.values | Inspection(scene, load_inspector()).measure_overlays(overlays),
    )


@lru_cache(maxsize=1)
def load_inspector() -> Inspector:
    """Return what looks for overlays."""
    return Inspector.load_shipped()


def draw_product(
    generator: np.random.Generator,
    fill: float | None = None,
    background: tuple[int, ...] = (255, 255, 255),
    move: tuple[float, float] = (0, 0),
    side: int = 600,
) -> Pixels:
    """A textured product on a plain background.

    Args:
        generator: Draws shape, colours and texture.
        fill: Per cent of the side that the longer side of its box spans.
        background: RGB.
        move: Of its centre, per cent of the side, across and down.
        side: Of the photo, in pixels.
    """
    span = (generator.uniform(45, 85) if fill is None else fill) / 100 * side
    across, down = (span, span * generator.uniform(0.5, 1)) if generator.random() < 0.5 else (0, span)
    across = across or span * generator.uniform(0.5, 1)
    left, top = (
        round(side / 2 - size / 2 + shift * side / 100)
        for size, shift in zip((across, down), move, strict=True)
    )
    box = (left, top, round(across), round(down))
    large = draw_shape(generator, box, side * 2)
    tones = generator.normal(0, 14, (side, side, 1)) + generator.uniform(40, 170, 3)
    stripes = 25 * np.sin(np.arange(side) / generator.uniform(4, 30))[:, None, None]
    coverage = cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA)[..., None] / 255
    mixed = np.asarray(background) * (1 - coverage) + (tones + stripes) * coverage
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def draw_shape(
    generator: np.random.Generator, box: tuple[int, int, int, int], side: int
) -> Float32Array:
    """A rectangle, ellipse or rhombus that fills its box, at twice the size."""
    left, top, across, down = (2 * length for length in box)
    canvas = np.zeros((side, side), np.float32)
    kind = generator.integers(3)
    centre, half = (left + across // 2, top + down // 2), (across // 2, down // 2)
    if kind == 0:
        cv2.rectangle(canvas, (left, top), (left + across - 1, top + down - 1), 255, -1)
    elif kind == 1:
        cv2.ellipse(canvas, centre, half, 0, 0, 360, 255, -1)
    else:
        steps = [(0, -half[1]), (half[0], 0), (0, half[1]), (-half[0], 0)]
        corners = np.array([(centre[0] + x, centre[1] + y) for x, y in steps])
        cv2.fillConvexPoly(canvas, corners, 255)
    return canvas


def draw_scene(generator: np.random.Generator, height: int = 500, width: int = 600) -> Pixels:
    """Things all over the picture, to its edges."""
    picture = np.full((height, width, 3), generator.integers(60, 200, 3), np.uint8)
    for _ in range(300):
        colour = tuple(int(v) for v in generator.integers(0, 256, 3))
        centre = (int(generator.integers(width)), int(generator.integers(height)))
        cv2.circle(picture, centre, int(generator.integers(6, 60)), colour, -1, cv2.LINE_AA)
    return picture


def sample_beside(generator: np.random.Generator, limit: float, gap: float, reach: float) -> float:
    """A value on either side of a limit, at least a gap and at most a reach away."""
    return limit + float(generator.choice([-1, 1]) * generator.uniform(gap, reach))


def make_white_trial(generator: np.random.Generator) -> RuleTrial:
    """Pure white, or one to five levels less in one channel or all."""
    pure = generator.random() < 0.5
    lower = 255 - generator.integers(1, 6, 1) * np.ones(3, int)
    tinted = np.where(np.arange(3) == generator.integers(3), lower, 255)
    tone = (255, 255, 255) if pure else tuple(lower if generator.random() < 0.5 else tinted)
    # Where the whole margin lies within the reach of JPEG nobody could tell 254 from 255.
    return RuleTrial(
        save_and_assess(draw_product(generator, generator.uniform(40, 90), tone), generator), pure
    )


def make_near_white_trial(generator: np.random.Generator) -> RuleTrial:
    """A background of one grey, around the tolerance beside the product."""
    tone = round(sample_beside(generator, 245, 3, 10))
    return RuleTrial(
        save_and_assess(draw_product(generator, background=(tone,) * 3), generator), tone >= 245
    )


def make_frame_white_trial(generator: np.random.Generator) -> RuleTrial:
    """A product on white, or a scene."""
    plain = generator.random() < 0.5
    picture = draw_product(generator, generator.uniform(40, 97)) if plain else draw_scene(generator)
    return RuleTrial(save_and_assess(picture, generator), plain)


def make_fill_sampler(limit: float, most: float) -> Callable[[np.random.Generator], RuleTrial]:
    """The longer side of the box around a limit."""

    def sample_trial(generator: np.random.Generator) -> RuleTrial:
        percent = min(sample_beside(generator, limit, 0.5, 25), most)
        return RuleTrial(save_and_assess(draw_product(generator, percent), generator), percent >= limit)

    return sample_trial


def make_fill_range_trial(generator: np.random.Generator) -> RuleTrial:
    """The longer side of the box, below, inside and above 75 to 90 %."""
    percent = float(
        generator.choice(
            [generator.uniform(45, 74.4), generator.uniform(75.6, 89.4), generator.uniform(90.6, 97)]
        )
    )
    return RuleTrial(save_and_assess(draw_product(generator, percent), generator), 75 <= percent <= 90)


def make_centred_trial(generator: np.random.Generator) -> RuleTrial:
    """The product moved by up to twice the limit."""
    shift = sample_beside(generator, 10, 0.5, 9)
    direction = (
        (shift, generator.uniform(-5, 5))
        if generator.random() < 0.5
        else (generator.uniform(-5, 5), shift)
    )
    return RuleTrial(
        save_and_assess(draw_product(generator, 45, move=direction), generator), shift <= 10
    )


def make_cropped_trial(generator: np.random.Generator) -> RuleTrial:
    """The product beyond the edge, or at least 1 % away from it."""
    is_cropped = generator.random() < 0.5
    size = generator.uniform(40, 70)
    shift = 50 - size / 2 + (generator.uniform(4, 15) if is_cropped else -generator.uniform(1, 10))
    picture = draw_rectangle(generator, size, shift)
    return RuleTrial(save_and_assess(picture, generator), not is_cropped)


def draw_rectangle(generator: np.random.Generator, size: float, shift: float) -> Pixels:
    """A square product of a size, moved to the right, per cent of the side."""
    side = 600
    picture = np.full((side, side, 3), 255, np.uint8)
    top, left = round(side * (50 - size / 2) / 100), round(side * (50 - size / 2 + shift) / 100)
    bottom, right = top + round(side * size / 100), min(left + round(side * size / 100), side)
    tones = generator.normal(0, 12, (bottom - top, right - left, 1)) + generator.uniform(40, 170, 3)
    picture[top:bottom, left:right] = np.clip(tones, 0, 230)
    return picture


def make_border_on_white_trial(generator: np.random.Generator) -> RuleTrial:
    """A frame of one tone around a product on white, or none."""
    return make_border_trial(generator, draw_product(generator))


def make_border_on_scene_trial(generator: np.random.Generator) -> RuleTrial:
    """A frame of one tone around a scene, or none."""
    return make_border_trial(generator, draw_scene(generator))


def make_border_trial(generator: np.random.Generator, picture: Pixels) -> RuleTrial:
    """A picture as it is, or with a frame."""
    without_border = generator.random() < 0.5
    if not without_border:
        thickness = int(generator.integers(3, 40))
        # A light frame around a product on white is its margin.
        tone = generator.integers(0, 160, 3)
        picture[:thickness] = picture[-thickness:] = tone
        picture[:, :thickness] = picture[:, -thickness:] = tone
    return RuleTrial(
        save_and_assess(picture, generator, "JPEG", quality=int(generator.integers(80, 98))),
        without_border,
    )


def make_sharp_trial(generator: np.random.Generator) -> RuleTrial:
    """Sharp, or blurred so that edges are wider than the limit at viewing size."""
    is_sharp = generator.random() < 0.5
    picture = draw_product(generator)
    # The limit is 2.2 pixels at 512; blur wider still, so that no edge of the texture stays.
    sigma = generator.uniform(0.3, 1.2) if is_sharp else generator.uniform(3.6, 7)
    return RuleTrial(
        save_and_assess(np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8), generator),
        is_sharp,
    )


def make_enlarged_trial(generator: np.random.Generator) -> RuleTrial:
    """As photographed, or enlarged from a thumbnail, two and a half to six times."""
    is_original_size = generator.random() < 0.5
    if is_original_size:
        return RuleTrial(save_and_assess(draw_product(generator), generator), is_original_size)
    factor = generator.uniform(2.5, 6)
    small = draw_product(generator, side=round(600 / factor))
    interpolation = int(generator.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
    large = cv2.resize(small, (600, 600), interpolation=interpolation)
    return RuleTrial(
        save_and_assess(large, generator, "JPEG", quality=int(generator.integers(88, 98))),
        is_original_size,
    )


def make_size_sampler(limit: int, later: bool = False) -> Callable[[np.random.Generator], RuleTrial]:
    """The shorter side around a limit, to the pixel."""

    def sample_trial(generator: np.random.Generator) -> RuleTrial:
        short = limit + int(generator.integers(-40, 40))
        long_side = short + int(generator.integers(0, 60))
        photo = save_and_assess(
            np.full((short, long_side, 3), 90, np.uint8), generator, "JPEG", quality=60
        )
        return RuleTrial(photo, short >= limit, LATER_DAY if later else PRESENT_DAY)

    return sample_trial


def make_aspect_trial(generator: np.random.Generator) -> RuleTrial:
    """Width to height around 1 : 1.44."""
    ratio = float(
        generator.choice(
            [
                generator.uniform(0.6, 0.678),
                generator.uniform(0.682, 0.708),
                generator.uniform(0.712, 0.8),
            ]
        )
    )
    picture = np.full((1200, round(1200 * ratio), 3), 90, np.uint8)
    return RuleTrial(save_and_assess(picture, generator, "JPEG", quality=60), 0.68 <= ratio <= 0.71)


def make_extension_trial(generator: np.random.Generator) -> RuleTrial:
    """The right name or another format's."""
    kind, name = (str(generator.choice(["jpeg", "png", "webp", "bmp", "gif", "tiff"])) for _ in range(2))
    stream = io.BytesIO()
    Image.fromarray(generator.integers(0, 256, (60, 60, 3)).astype(np.uint8)).save(stream, kind)
    return RuleTrial(make_assessment(Photo.open(stream.getvalue(), name=f"a.{name}")), kind == name)


def make_format_trial(generator: np.random.Generator) -> RuleTrial:
    """Any format, whatever it is called."""
    kind = str(generator.choice(["jpeg", "png", "webp", "bmp", "gif", "tiff"]))
    stream = io.BytesIO()
    Image.fromarray(generator.integers(0, 256, (60, 60, 3)).astype(np.uint8)).save(stream, kind)
    return RuleTrial(
        make_assessment(Photo.open(stream.getvalue(), name="a.jpg")), kind in ("jpeg", "png", "bmp")
    )


def make_transparency_trial(generator: np.random.Generator) -> RuleTrial:
    """See-through in places, or opaque with an alpha channel."""
    opaque = generator.random() < 0.5
    pixels = np.dstack([draw_product(generator, side=300), np.full((300, 300), 255, np.uint8)])
    if not opaque:
        pixels[:40, :40, 3] = int(generator.integers(0, 250))
    return RuleTrial(save_and_assess(pixels, generator, "PNG"), opaque)


def make_colour_mode_trial(generator: np.random.Generator) -> RuleTrial:
    """Grey, palette, CMYK or RGB."""
    mode, kind = [("RGB", "JPEG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("P", "PNG"), ("RGB", "PNG")][
        generator.integers(5)
    ]
    stream = io.BytesIO()
    Image.fromarray(draw_product(generator, side=300)).convert(mode).save(stream, kind)
    return RuleTrial(make_assessment(Photo.open(stream.getvalue(), name="a")), mode == "RGB")


RULE_CHECKS = (
    RuleCheck("amazon-main", "background-white", "1 level", make_white_trial),
    RuleCheck("amazon-main", "background-near", "3 levels", make_near_white_trial),
    RuleCheck("amazon-main", "background-frame", "white or a scene", make_frame_white_trial),
    RuleCheck("amazon-main", "fill", "0.5 %", make_fill_sampler(85, 97)),
    RuleCheck("tiktok-shop", "fill", "0.5 %", make_fill_sampler(80, 97)),
    RuleCheck("google-merchant", "fill", "0.6 %", make_fill_range_trial),
    RuleCheck("amazon-main", "not-cropped", "1 %", make_cropped_trial),
    RuleCheck("amazon-main", "border", "3 pixels, product on white", make_border_on_white_trial),
    RuleCheck("amazon-main", "border", "3 pixels, scene", make_border_on_scene_trial),
    RuleCheck("alibaba-white", "centred", "0.5 %", make_centred_trial),
    RuleCheck("amazon-main", "sharp", "sigma 1.2 or 3.6 of 600 px", make_sharp_trial),
    RuleCheck("google-merchant", "enlarged", "2.5 times", make_enlarged_trial),
    RuleCheck("google-merchant", "size-min", "1 pixel", make_size_sampler(500, later=True)),
    RuleCheck("temu", "size-min", "1 pixel", make_size_sampler(800)),
    RuleCheck("zalando", "aspect", "0.002", make_aspect_trial),
    RuleCheck("google-merchant", "extension", "", make_extension_trial),
    RuleCheck("walmart", "format", "", make_format_trial),
    RuleCheck("walmart", "colour-mode", "", make_colour_mode_trial),
    RuleCheck("otto", "transparency", "", make_transparency_trial),
)


def iter_false_alarms(data: Path) -> Iterator[dict[str, object]]:
    """One row for each split and rule: how many clean studio photos on white it does not pass."""
    policies = {name: load_policy(name) for name in RULES_ON_STUDIO}
    for split in ("train", "val"):
        photos = [
            make_assessment(photo, OVERLAYS)
            for photo in filter_on_white(list_studio_photos(data, split))
        ]
        for name, rules in RULES_ON_STUDIO.items():
            for rule in rules:
                decision_counts = Counter(decide(photo, policies[name], rule) for photo in photos)
                flagged = len(photos) - decision_counts[Decision.PASS]
                yield {
                    "split": split,
                    "policy": name,
                    "rule": rule,
                    "photos": len(photos),
                    "false_alarms": flagged,
                    "unmeasured": decision_counts[Decision.MANUAL],
                    "percent": round(100 * flagged / len(photos), 2),
                }


def filter_on_white(paths: Iterable[Path]) -> Iterator[Photo]:
    """The photos whose edge is pure white; see the head of this file."""
    for path in paths:
        photo = Photo.open(path, max_side=VIEWING_SIDE)
        pure = (photo.pixels == 255).all(axis=2)
        edge = np.ones(pure.shape, bool)
        edge[3:-3, 3:-3] = False
        if pure[edge].mean() >= 0.999:
            yield photo


if __name__ == "__main__":
    main()
