"""What each part of the score brings: evidence, lines, taught head, teacher, ratings, views, damage.

Takes the folder of intermediate results of ``packshot train everything``; what is missing there is
made. The order of photos that nothing was trained on is told. Each variant is calibrated on its own, so
that photos of products and of anything are on one scale.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from benchmarks.support.record import write_results
from packshot.assess.atlas import Atlas
from packshot.assess.ratings import read_ratings
from packshot.assess.retrieval import RetrievalOptions
from packshot.assess.scoring import ScoringResult, compute_score
from packshot.encode import PhotoEncoding
from packshot.encode.measurement_input import MEASUREMENT_NAMES
from packshot.train.datasets.product_ratings import HELD_OUT_SOURCES, Part, read_product_ratings
from packshot.train.features import CONTENT_SIZE
from packshot.train.networks.quality_head import QualityHead
from packshot.train.networks.statistics import STAGE_NUMBERS
from packshot.train.recipes.damage_costs import UNRATED_ORIGINAL
from packshot.train.recipes.distortion import ProjectionRecipe
from packshot.train.recipes.everything import (
    HEAD_FILE,
    RatedPhotos,
    TrainingInputs,
    Workshop,
    compute_all_features,
    join_data,
    load_head,
    look_at_all,
    make_damage,
)
from packshot.train.recipes.quality import (
    QualityData,
    QualityModel,
    calibrate_quality,
    encode_features,
    make_atlas_examples,
    train_quality,
)

Row = dict[str, object]

FORMS = {
    "shipped": RetrievalOptions(),
    "evidence alone: ratings as they are": RetrievalOptions(residual_share=None),
    "all that a rating differs is carried over": RetrievalOptions(residual_share=1.0),
    "equations 1-7, J=10": RetrievalOptions.from_paper(10),
}


def main(data: Path, work: Path, native: Path, untaught: Path | None, versions: int) -> None:
    """Train each variant on the training part, and order the rest."""
    nowhere = Path("none")
    inputs = TrainingInputs(
        checkpoint=nowhere,
        teacher=nowhere,
        product_ratings=data / "rated" / "ratings.csv",
        products=data / "products" / "manifest.csv",
        ratings=data / "biq2021" / "mos.csv",
        photos=data / "biq2021" / "images",
        scale=(0, 1),
        pleasantness=nowhere,
        pleasant_photos=nowhere,
        fonts=nowhere,
    )
    shop = Workshop(work, 2, print)
    rated = RatedPhotos(
        read_product_ratings(inputs.product_ratings),
        read_ratings(inputs.ratings, inputs.photos, inputs.scale),
        [],
    )
    damage = make_damage(inputs, rated, versions, shop)
    looks = look_at_all(inputs, rated, damage, shop)

    def load(content: Path) -> QualityData:
        return join_data(rated, damage, compute_all_features(looks, content, native, shop))

    joined, head = load(work / "content.onnx"), load_head(work / HEAD_FILE)
    variants = list(iter_variants(joined, head))
    if untaught is not None:
        variants.append(Variant("without the teacher", load(untaught), None))
    rows = [row for variant in variants for row in judge_variant(variant)]
    print(write_results("score_ablations", rows))


@dataclass(frozen=True, eq=False)
class Variant:
    """What is trained on, and the taught head that goes with its features; None without one."""

    name: str
    data: QualityData
    head: QualityHead | None


def iter_variants(joined: QualityData, head: QualityHead) -> Iterator[Variant]:
    """Yield what is trained on, whole and with a part taken away."""
    size = joined.products.features.shape[1]
    native = size - CONTENT_SIZE - STAGE_NUMBERS
    measured = slice(native - 2 * len(MEASUREMENT_NAMES), native)
    yield Variant("shipped", joined, head)
    yield Variant("without the taught head", joined, None)
    yield Variant("without measurements", _blank(joined, measured), head)
    yield Variant("without the native view", _blank(joined, slice(native, size)), head)
    yield Variant("without the whole view", _blank(joined, slice(CONTENT_SIZE, measured.start)), None)
    yield Variant("without damaged originals", _weaken(joined), head)
    yield Variant("without ratings of products", _forget_ratings(joined), None)


def _blank(joined: QualityData, columns: slice) -> QualityData:
    """Make some features nought, of all photos."""

    def blank(features: np.ndarray) -> np.ndarray:
        changed = features.copy()
        changed[:, columns] = 0
        return changed

    return QualityData(
        replace(joined.products, features=blank(joined.products.features)),
        replace(joined.people, features=blank(joined.people.features)),
        replace(joined.damaged, features=blank(joined.damaged.features)),
    )


def _weaken(joined: QualityData) -> QualityData:
    """Keep of the damaged originals what learning kinds of damage takes, and no version as evidence."""
    few = np.arange(len(joined.damaged.names)) % 20 == 0
    return replace(joined, damaged=joined.damaged.select(few))


def _forget_ratings(joined: QualityData) -> QualityData:
    """Know of the products trained on only what damage costs: each original is rated alike."""
    base = np.array(UNRATED_ORIGINAL, np.float32)
    known = [
        replace(photo, ratings=base) if photo.part is Part.TRAINING else photo
        for photo in joined.products.photos
    ]
    is_kept = np.array([photo.part is not Part.TRAINING or not photo.harm for photo in known], bool)
    return replace(joined, products=replace(joined.products, photos=known).select(is_kept))


def judge_variant(variant: Variant) -> Iterator[Row]:
    """Train on one part, and yield the order of the others by each form."""
    name, joined = variant.name, variant.data
    data, calibration = (joined.select(part) for part in (Part.TRAINING, Part.CALIBRATION))
    model = train_quality(data, calibration, ProjectionRecipe(), print, variant.head)
    examples = make_atlas_examples(data, model)
    sizes = (CONTENT_SIZE, len(examples[0].distortion))
    atlas = Atlas.create_empty("ablation", ("", ""), sizes).with_examples(examples)
    atlas = calibrate_quality(atlas, model.projection, calibration, data.products, name)
    forms = FORMS if name == "shipped" else {"shipped": FORMS["shipped"]}
    for form, options in forms.items():
        yield from _iter_order_rows(name, form, joined, model, atlas, options)
    yield from _iter_order_rows(name, "readings alone", joined, model, atlas, None)


def _iter_order_rows(
    name: str,
    form: str,
    joined: QualityData,
    model: QualityModel,
    atlas: Atlas,
    options: RetrievalOptions | None,
) -> Iterator[Row]:
    products = joined.products.select(~joined.products.is_in(Part.TRAINING))
    people = joined.people.select(joined.people.is_in(Part.VALIDATION))
    encodings = encode_features(model.projection, products.features)
    scores = np.array(
        [
            _read_scores(encoding, atlas, options, photo.group)
            for encoding, photo in zip(encodings, products.photos, strict=True)
        ]
    )
    apart = np.array([photo.source in HELD_OUT_SOURCES for photo in products.photos])
    unharmed = np.array([not photo.harm for photo in products.photos])
    parts = {"all": apart | True, "unharmed": unharmed, "shops kept apart": apart}
    for part, members in parts.items():
        row: Row = {"trained": name, "form": form, "photos": part, "count": int(members.sum())}
        for column, aspect in enumerate(("overall", "technical", "presentation")):
            order = spearmanr(scores[members, column], products.ratings[members, column])[0]
            row[aspect] = round(float(order), 4)
        print(row)
        yield row
    liked = [
        _read_scores(encoding, atlas, options, f"people:{group}", people=True)[0]
        for encoding, group in zip(
            encode_features(model.projection, people.features), people.groups, strict=True
        )
    ]
    order = round(float(spearmanr(liked, people.scores)[0]), 4)
    count = len(people.photos)
    yield {"trained": name, "form": form, "photos": "rated by people", "count": count, "overall": order}


def _read_scores(
    encoding: PhotoEncoding,
    atlas: Atlas,
    options: RetrievalOptions | None,
    group: str,
    *,
    people: bool = False,
) -> list[float]:
    """Overall, technical and presentation by evidence, or by the readings alone."""
    if options is None:
        return [float(value) for value in encoding.readings[[3, 3, 3] if people else [0, 1, 2]]]
    result: ScoringResult = compute_score(atlas, encoding, options, group)
    aspects = (result.technical, result.presentation)
    return [result.score, *(result.score if one is None else one.score for one in aspects)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, required=True, help="of `packshot train everything`")
    parser.add_argument("--native", type=Path, required=True, help="the native trunk, exported")
    parser.add_argument("--untaught", type=Path, help="a content network as ImageNet left it")
    parser.add_argument("--versions", type=int, default=6)
    arguments = parser.parse_args()
    main(arguments.data, arguments.work, arguments.native, arguments.untaught, arguments.versions)
