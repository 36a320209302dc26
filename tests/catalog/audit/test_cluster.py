"""The same audit on a cluster of two nodes, one of which is killed on the way."""

import sys
import time
from functools import partial
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from packshot.catalog.audit import AuditSettings, RayEngine, run_audit
from packshot.catalog.audit.audit import AuditOptions
from packshot.errors import AuditError, InvalidInput
from tests.catalog.audit.fake_examiner import KILLING_CONTENT, FakeExaminer, run_fake_audit, write_feed
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
    test_cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 10**8}
    )
    test_cluster.second = test_cluster.add_node(num_cpus=1, object_store_memory=10**8)
    ray.init(address=test_cluster.address, log_to_driver=False)
    yield test_cluster
    ray.shutdown()
    test_cluster.shutdown()


def run_on_cluster(feed, folder, *, progress=lambda answers, _: answers, seconds=0.02):
    engine = partial(RayEngine, make_examiner=partial(FakeExaminer, seconds=seconds))
    return run_audit(
        AuditSettings(str(feed), worst=5), folder, AuditOptions(engine_factory=engine), progress=progress
    )


@needs_ray
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_cluster_of_which_half_is_killed_gives_the_same_rows(cluster, tmp_path):
    write_feed(tmp_path / "photos", 300)
    (tmp_path / "photos" / "photo-0017b.jpg").write_bytes(KILLING_CONTENT)
    (tmp_path / "photos" / "photo-0018b.jpg").write_bytes(b"text")
    nodes = []

    def count_alive_nodes():
        return sum(node["Alive"] for node in ray.nodes())

    def report_progress(answers, _done):
        for number, answer in enumerate(answers):
            if number == 100:
                nodes.append(count_alive_nodes())
                cluster.remove_node(cluster.second, allow_graceful=False)
            yield answer
        deadline = time.monotonic() + 60
        while count_alive_nodes() == 2 and time.monotonic() < deadline:
            time.sleep(0.5)  # It takes the cluster a while to give up a node that no longer answers.
        nodes.append(count_alive_nodes())

    outcome = run_on_cluster(tmp_path / "photos", tmp_path / "cluster", progress=report_progress)
    assert nodes == [2, 1]
    assert outcome.summary.statuses == {"ok": 300, "unreadable": 1, "crashed": 1}
    run_fake_audit(tmp_path / "photos", tmp_path / "local", worst=5)
    cluster_result, local_result = (
        pq.read_table(tmp_path / name / "audit.parquet").to_pylist() for name in ("cluster", "local")
    )
    for row in (*cluster_result, *local_result):
        if row["status"] == "crashed":
            row["reason"] = row["sha256"] = None  # Told apart: who died is known in other words.
    assert cluster_result == local_result


def test_a_cluster_that_lets_nobody_in_is_told(monkeypatch, tmp_path):
    def init(**_options):
        raise ConnectionError("Failed to connect to Ray cluster at 10.0.0.1:6379")

    fake_ray = SimpleNamespace(init=init, is_initialized=lambda: False)
    monkeypatch.setitem(sys.modules, "ray", fake_ray)
    write_feed(tmp_path / "photos", 1)
    with pytest.raises(AuditError, match=r"10\.0\.0\.1:6379.*RAY_AUTH_MODE=token"):
        run_on_cluster(tmp_path / "photos", tmp_path / "audit")


@needs_ray
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_photos_are_judged_alike_on_a_cluster(cluster, tmp_path):
    settings = AuditSettings(str(ROOT / "examples" / "photos"), policies=("amazon-main",), fail_under=60)
    run_audit(settings, tmp_path / "cluster", AuditOptions(engine_factory=RayEngine))
    run_audit(settings, tmp_path / "local", AuditOptions())
    cluster_result, local_result = (tmp_path / name for name in ("cluster", "local"))
    assert pq.read_table(cluster_result / "audit.parquet").equals(
        pq.read_table(local_result / "audit.parquet")
    )
    assert (cluster_result / "audit.html").read_bytes() == (local_result / "audit.html").read_bytes()


@pytest.mark.skipif(ray is not None, reason="ray is here")
def test_without_ray_it_is_said_what_to_install(tmp_path):
    write_feed(tmp_path / "photos", 1)
    with pytest.raises(InvalidInput, match=r"pip install 'ray>=[\d.]+'$"):
        run_on_cluster(tmp_path / "photos", tmp_path / "audit")
