"""Agreement with people: the shipped assessor on held-out BIQ2021 photos.

Photos are split by name, as `packshot train everything` splits them: those of "validation" serve for
nothing but this, those of "held out" are these and others that calibrate. Rows compare the shipped form
with the source's (content alone picks J groups), with other distances and aggregations.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.support.agreement import compute_agreement
from benchmarks.support.record import write_results
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.assess.atlas import Atlas
from packshot.assess.observation import observe
from packshot.assess.ratings import read_ratings
from packshot.assess.retrieval import Aggregation, Distance, RetrievalOptions
from packshot.assess.scoring import compute_score
from packshot.encode import Encoders
from packshot.photo import Photo
from packshot.train.datasets.product_ratings import Part
from packshot.train.recipes.everything import find_people_part

FORMS = {
    "shipped": RetrievalOptions(),
    "content alone, weighted, J=10": RetrievalOptions.from_paper(10),
    "pool 50": RetrievalOptions(pool=50),
    "pool 100": RetrievalOptions(pool=100),
    "pool 200": RetrievalOptions(pool=200),
    "pool 400": RetrievalOptions(pool=400),
    "ratings as they are": RetrievalOptions(residual_share=None),
    "all groups": RetrievalOptions(pool=10**6),
    "10 neighbours": RetrievalOptions(neighbours=10),
    "simple, 32 neighbours": RetrievalOptions(aggregation=Aggregation.SIMPLE),
    "weighted, 32 neighbours": RetrievalOptions(aggregation=Aggregation.WEIGHTED),
    "euclidean, weighted": RetrievalOptions(
        distance=Distance.EUCLIDEAN, aggregation=Aggregation.WEIGHTED
    ),
    "manhattan, weighted": RetrievalOptions(
        distance=Distance.MANHATTAN, aggregation=Aggregation.WEIGHTED
    ),
}


def main(data: Path) -> None:
    """Encode the photos held out, and judge them in every form."""
    rated = read_ratings(data / "biq2021" / "mos.csv", data / "biq2021" / "images", (0, 1))
    photos = [photo for photo in rated if find_people_part(photo) is not Part.TRAINING]
    encoders = Encoders.load_shipped(threads=2)
    codes = [
        observe(encoders, [Photo.open(p.path, max_side=ASSESSMENT_SIDE)])[0].encoding for p in photos
    ]
    parts = [find_people_part(photo) for photo in photos]
    atlas = Atlas.load_shipped()
    sets = {"validation": [Part.VALIDATION], "held out": [Part.VALIDATION, Part.CALIBRATION]}
    rows = []
    for subject, wanted in sets.items():
        chosen = [number for number, part in enumerate(parts) if part in wanted]
        truth = np.array([photos[i].score for i in chosen])
        for name, options in FORMS.items() if subject == "held out" else [("shipped", FORMS["shipped"])]:
            scores = np.array([compute_score(atlas, codes[i], options).score for i in chosen])
            error = {"mean_absolute_error": round(float(np.abs(scores - truth).mean()), 2)}
            columns = {"set": subject, "form": name}
            rows.append(columns | compute_agreement(scores, truth, draws=500) | error)
            print(rows[-1])
    print(write_results("people_scores", rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    main(parser.parse_args().data)
