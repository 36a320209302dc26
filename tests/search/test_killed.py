"""A process killed at any moment loses nothing that it acknowledged."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from packshot.search import open_index
from tests.conftest import ROOT
from tests.search.vectors import make_clustered_vectors

WRITER = """
import sys
from packshot.search import Item, create_index, open_index
from tests.search.vectors import make_clustered_vectors, make_settings

place, kind = sys.argv[1:]
vectors = make_clustered_vectors(60_000)
index = create_index(place, make_settings(kind=kind))
for number in range(0, 60_000, 60):
    index.put([Item(f"p{n}", vectors[n], {"n": n}) for n in range(number, number + 60)])
    print(number + 60, flush=True)
    if number % 300 == 240:
        index.delete([f"p{number}"])
        print(f"-{number}", flush=True)
    if number % 1200 == 1140:
        index.flush() if number % 2400 == 2340 else index.compact()
"""


@pytest.mark.parametrize("kind", ["exact", "ivf-pq"])
@pytest.mark.parametrize("delay", [0.05, 0.31, 0.84, 1.6])
def test_killed_writers_lose_nothing_acknowledged(tmp_path, kind, delay):
    lines = _kill_writer_after(delay, tmp_path / "i", kind)
    taken = max((int(line) for line in lines if not line.startswith("-")), default=0)
    deleted = {f"p{line[1:]}" for line in lines if line.startswith("-")}
    with open_index(tmp_path / "i", writable=True) as index:
        index.verify()
        there = set(index.iter_ids())
        acknowledged = {f"p{n}" for n in range(taken)} - deleted
        unfinished = {f"p{n}" for n in range(taken, taken + 60)}
        lost = acknowledged - there
        assert lost <= {f"p{taken - 60}"}, "only the deletion on its way may be done and not yet said"
        assert there - acknowledged <= unfinished
        assert not there & deleted
        vectors = make_clustered_vectors(60_000)
        for item in index.get(sorted(there, key=lambda name: int(name[1:]))[:: max(1, taken // 50)]):
            np.testing.assert_array_equal(item.vector, vectors[item.metadata["n"]])
        assert index.query(vectors[:1] + 0.01, 1)[0][0].id == "p0"
        index.put([])


def _kill_writer_after(delay, place, kind):
    """Lines that the writer printed before it was killed, `delay` seconds after the first."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, place, kind],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    first = process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    return [line for line in (first + rest).split("\n")[:-1] if line]
