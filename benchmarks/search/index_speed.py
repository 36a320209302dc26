"""Table 3: milliseconds a query by number of vectors, exhaustive against IVF-PQ with exact re-ranking.

The catalogue is drawn from a distribution fitted to content vectors of real photos (see
`content_vectors.VectorDistribution`); queries are real photos that took no part in the fit. Exhaustive
search is faiss's flat index in memory; both sides get one query at a time, one thread, the same process.
Building uses all cores and includes ingestion. Memory is what the process holds of its own, beyond what
it held before the index was opened; pages of the vector file that the kernel keeps are given beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.support.content_vectors import VectorDistribution, load_photo_vectors
from benchmarks.support.record import write_results
from packshot.search import IndexSettings, Item, create_index, open_index
from packshot.search.items import Precision

SIZES = (100_000, 200_000, 500_000, 1_000_000)
QUERIES = 300
_EXHAUSTIVE_QUERIES = 30
_BATCH = 4096
_ANSWERS = 10


def main(data: Path, sizes: list[int]) -> None:
    """Build, then ask in a process of its own, for each size; rows are written as they come."""
    real = load_photo_vectors(data).vectors
    chosen = np.random.default_rng(7).permutation(len(real))
    queries, fitted = real[chosen[:QUERIES]], real[chosen[QUERIES:]]
    rows: list[dict[str, Any]] = []
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="packshot-index-", dir="build"))
        try:
            np.save(folder / "queries.npy", queries)
            rows.append(
                {"vectors": size} | _build_index(folder / "index", fitted, size) | _run_queries(folder)
            )
        finally:
            shutil.rmtree(folder)
        print(rows[-1], flush=True)
        print(write_results("index_speed", sorted(rows, key=lambda row: row["vectors"])))


def _build_index(path: Path, fitted: np.ndarray, size: int) -> dict[str, object]:
    distribution = VectorDistribution(fitted)
    settings = IndexSettings(dimensions=fitted.shape[1], kind="ivf-pq", precision=Precision.HALF)
    drawing, started = 0.0, time.perf_counter()
    with create_index(path, settings) as index:
        for first in range(0, size, _BATCH):
            before = time.perf_counter()
            vectors = distribution.sample(min(_BATCH, size - first))
            drawing += time.perf_counter() - before
            index.put([Item(f"photo-{n}.jpg", v, {"n": n}) for n, v in enumerate(vectors, first)])
        ingested = time.perf_counter()
        index.flush()
        ended = time.perf_counter()
        return {
            "ingest_seconds": round(ingested - started - drawing, 1),
            "train_and_fill_seconds": round(ended - ingested, 1),
            "structure": index.describe(),
        }


def _run_queries(folder: Path) -> dict[str, Any]:
    """Return what the second process, with one thread, finds out."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [sys.executable, "-m", "benchmarks.search.index_speed", "--ask", str(folder)]
    completed = subprocess.run(command, env=os.environ | threads, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(completed.stdout))


def measure_queries(folder: Path) -> None:
    """Time queries and compare answers; prints figures as JSON."""
    queries = np.load(folder / "queries.npy")
    import faiss

    before = _read_memory()
    with open_index(folder / "index") as index:
        index.query(queries[:2], _ANSWERS)
        milliseconds, found = [], []
        for query in queries:
            started = time.perf_counter()
            hits = index.query(query[None], _ANSWERS)[0]
            milliseconds.append(1000 * (time.perf_counter() - started))
            found.append({hit.metadata["n"] for hit in hits})
        after, count = _read_memory(), index.count()
    exhaustive = faiss.IndexFlatL2(queries.shape[1])
    for block in _iter_stored_vectors(folder, queries.shape[1]):
        exhaustive.add(_normalise(block))
    exhaustive_ms = []
    for query in queries[:_EXHAUSTIVE_QUERIES]:
        started = time.perf_counter()
        exhaustive.search(_normalise(query[None]), _ANSWERS)
        exhaustive_ms.append(1000 * (time.perf_counter() - started))
    _, true = exhaustive.search(_normalise(queries), _ANSWERS)
    matches = [len(one & set(other.tolist())) for one, other in zip(found, true, strict=True)]
    figures = {
        "exhaustive_ms": round(float(np.mean(exhaustive_ms)), 2),
        "exhaustive_ms_median": round(float(np.median(exhaustive_ms)), 2),
        "ivf_pq_ms": round(float(np.mean(milliseconds)), 3),
        "ivf_pq_ms_median": round(float(np.median(milliseconds)), 3),
        "ivf_pq_ms_p95": round(float(np.percentile(milliseconds, 95)), 3),
        "times_faster": round(float(np.mean(exhaustive_ms) / np.mean(milliseconds)), 1),
        "recall_at_10": round(float(np.mean(matches)) / _ANSWERS, 4),
        "own_memory_bytes_a_vector": round((after["RssAnon"] - before["RssAnon"]) / count, 1),
        "file_pages_bytes_a_vector": round((after["RssFile"] - before["RssFile"]) / count, 1),
    }
    print(json.dumps(figures))


def _iter_stored_vectors(folder: Path, dimensions: int) -> Iterator[np.ndarray]:
    """The vectors as the index holds them."""
    (path,) = (folder / "index").glob("vectors-*")
    vectors = np.memmap(path, "<f2", "r").reshape(-1, dimensions)
    for first in range(0, len(vectors), _BATCH):
        yield vectors[first : first + _BATCH].astype(np.float32)


def _normalise(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _read_memory() -> dict[str, int]:
    """Bytes of this process: its own (RssAnon) and pages of files (RssFile)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.startswith("Rss")}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ask is None:
        main(arguments.data, arguments.sizes)
    else:
        measure_queries(arguments.ask)
