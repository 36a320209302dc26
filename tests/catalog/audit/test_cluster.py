"""The same audit on a cluster of two nodes, one of which is killed on the way."""

import sys
import time
from functools import partial
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from packshot.catalog.audit import AuditSettings, RayEngine, run_audit
from packshot.catalog.audit.audit import Options
from packshot.errors import AuditError, InvalidInput
from tests.catalog.audit.quick import DEADLY, QuickExaminer, audited, write_feed
from tests.conftest import ROOT

try:
    import ray
    from ray.cluster_utils import Cluster
except ImportError:
    ray = None

needs_ray = pytest.mark.skipif(ray is None, reason="needs the extra cluster: ray")


@pytest.fixture
def cluster(monkeypatch):
    """Two nodes of this machine, a core each; a node that is asked to goes without a word."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}:{ROOT}")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 10**8})
    made.second = made.add_node(num_cpus=1, object_store_memory=10**8)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


def on_cluster(feed, folder, *, watch=lambda answers, _: answers, seconds=0.02):
    engine = partial(RayEngine, make_examiner=partial(QuickExaminer, seconds=seconds))
    return run_audit(AuditSettings(str(feed), worst=5), folder, Options(engine=engine), watch=watch)


@needs_ray
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_cluster_of_which_half_is_killed_gives_the_same_rows(cluster, tmp_path):
    write_feed(tmp_path / "photos", 300)
    (tmp_path / "photos" / "photo-0017b.jpg").write_bytes(DEADLY)
    (tmp_path / "photos" / "photo-0018b.jpg").write_bytes(b"text")
    nodes = []

    def alive():
        return sum(node["Alive"] for node in ray.nodes())

    def watch(answers, _done):
        for number, answer in enumerate(answers):
            if number == 100:
                nodes.append(alive())
                cluster.remove_node(cluster.second, allow_graceful=False)
            yield answer
        deadline = time.monotonic() + 60
        while alive() == 2 and time.monotonic() < deadline:
            time.sleep(0.5)  # It takes the cluster a while to give up a node that no longer answers.
        nodes.append(alive())

    outcome = on_cluster(tmp_path / "photos", tmp_path / "cluster", watch=watch)
    assert nodes == [2, 1]
    assert outcome.summary.statuses == {"ok": 300, "unreadable": 1, "crashed": 1}
    audited(tmp_path / "photos", tmp_path / "local", worst=5)
    ours, theirs = (
        pq.read_table(tmp_path / name / "audit.parquet").to_pylist() for name in ("cluster", "local")
    )
    for row in (*ours, *theirs):
        if row["status"] == "crashed":
            row["reason"] = row["sha256"] = None  # Told apart: who died is known in other words.
    assert ours == theirs


def test_a_cluster_that_lets_nobody_in_is_told(monkeypatch, tmp_path):
    def init(**_options):
        raise ConnectionError("Failed to connect to Ray cluster at 10.0.0.1:6379")

    stands_in = SimpleNamespace(init=init, is_initialized=lambda: False)
    monkeypatch.setitem(sys.modules, "ray", stands_in)
    write_feed(tmp_path / "photos", 1)
    with pytest.raises(AuditError, match=r"10\.0\.0\.1:6379.*RAY_AUTH_MODE=token"):
        on_cluster(tmp_path / "photos", tmp_path / "audit")


@needs_ray
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_photos_are_judged_alike_on_a_cluster(cluster, tmp_path):
    settings = AuditSettings(str(ROOT / "examples" / "photos"), policies=("amazon-main",), fail_under=60)
    run_audit(settings, tmp_path / "cluster", Options(engine=RayEngine))
    run_audit(settings, tmp_path / "local", Options())
    ours, theirs = (tmp_path / name for name in ("cluster", "local"))
    assert pq.read_table(ours / "audit.parquet").equals(pq.read_table(theirs / "audit.parquet"))
    assert (ours / "audit.html").read_bytes() == (theirs / "audit.html").read_bytes()


@pytest.mark.skipif(ray is not None, reason="ray is here")
def test_without_ray_it_is_said_what_to_install(tmp_path):
    write_feed(tmp_path / "photos", 1)
    with pytest.raises(InvalidInput, match=r"pip install 'ray>=[\d.]+'$"):
        on_cluster(tmp_path / "photos", tmp_path / "audit")
