"""The same audit on two machines, as good as: `ray start` in two network namespaces, one of which dies.

What Ray's own test cluster leaves out is here: nodes with addresses and loopback devices of their own,
that were started by the command that users start them by, and a driver that knows but an address. The
machine that dies loses all its processes at once. What the two still share is one disk, as an audit of
local files asks for, and one kernel.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from packshot.catalog.audit.journal import JOURNAL_NAME
from tests.catalog.audit.fake_examiner import run_fake_audit, write_feed
from tests.conftest import ROOT

ray = pytest.importorskip("ray", reason="needs the extra cluster: ray")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PHOTOS = 300
SECONDS = 0.05
NETWORK = "10.213.77"
PORT = 6379
TIMEOUT_S = 300

DRIVER = f"""
import sys
from functools import partial
from pathlib import Path
import ray
from packshot.catalog.audit import AuditSettings, RayEngine, run_audit
from packshot.catalog.audit.audit import AuditOptions
from tests.catalog.audit.fake_examiner import FakeExaminer

def alive():
    return sorted(node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"])

def track(results, done_count):
    for number, result in enumerate(results):
        if number in (0, {PHOTOS}):
            print("alive at", number, *alive(), flush=True)
        yield result

class Placed(FakeExaminer):
    def __call__(self, task):
        with open(self.places, "a") as log:
            log.write(ray.util.get_node_ip_address() + "\\n")
        return super().__call__(task)

feed, folder, Placed.places = sys.argv[1:]
engine = partial(RayEngine, make_examiner=partial(Placed, seconds={SECONDS}))
options = AuditOptions(engine_factory=engine)
run_audit(AuditSettings(feed, worst=5), Path(folder), options, progress=track)
"""


def run_system_command(*command, check=True):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=check)


@dataclass
class Machine:
    """A network namespace with an address, and what runs in it."""

    name: str
    address: str
    environment: dict[str, str]
    processes: list[subprocess.Popen] = field(default_factory=list)

    def start(self, *command, **options):
        command = ["ip", "netns", "exec", self.name, *map(str, command)]
        process = subprocess.Popen(command, env=self.environment, **options)
        self.processes.append(process)
        return process

    def kill_processes(self):
        """All its processes at once, those too that come up meanwhile."""
        deadline = time.monotonic() + 30
        while pids := run_system_command("ip", "netns", "pids", self.name, check=False).stdout.split():
            assert time.monotonic() < deadline
            for pid in map(int, pids):
                _kill_process(pid)
            time.sleep(0.05)
        for process in self.processes:
            process.wait(20)

    def remove(self):
        self.kill_processes()
        run_system_command("ip", "netns", "del", self.name)


def _kill_process(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def machines():
    """Two, joined by a wire, with a node of a core each; gone at the end with all that runs in them."""
    if os.name != "posix" or os.geteuid() or not shutil.which("ip"):
        pytest.skip("network namespaces need Linux, root, and iproute2's ip")
    with ExitStack() as cleanup:
        session = Path(tempfile.mkdtemp(prefix="ps"))  # Sockets allow for no long path.
        cleanup.callback(shutil.rmtree, session, ignore_errors=True)
        created = [_create_machine(number, session, cleanup) for number in (1, 2)]
        _connect_machines(created)
        head, other = created
        node = ["--num-cpus=1", "--object-store-memory=100000000", "--block"]
        ray_start = [sys.executable, "-m", "ray.scripts.scripts", "start"]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        head_address_options = [
            f"--node-ip-address={head.address}",
            f"--port={PORT}",
            f"--temp-dir={session}",
        ]
        head.start(
            *ray_start, "--head", "--include-dashboard=false", *head_address_options, *node, **silent
        )
        node_address_options = [f"--node-ip-address={other.address}", f"--address={head.address}:{PORT}"]
        _wait_until(lambda: _list_nodes(head) == [head.address])
        other.start(*ray_start, *node_address_options, *node, **silent)
        _wait_until(lambda: _list_nodes(head) == [head.address, other.address])
        yield created


def _create_machine(number, session, cleanup):
    name = f"packshot-{os.getpid()}-{number}"
    result = run_system_command("ip", "netns", "add", name, check=False)
    if result.returncode:
        pytest.skip(f"network namespaces cannot be made here: {result.stderr.strip()}")
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "HOME": str(session),  # Where Ray keeps the token by which nodes know each other.
        "RAY_ADDRESS": f"{NETWORK}.1:{PORT}",
        "RAY_AUTH_MODE": "token",  # `ray start` asks for one; who joins has to be told that it does.
        "RAY_AUTH_TOKEN": "0123456789abcdef" * 4,
        "RAY_USAGE_STATS_ENABLED": "0",
        "OMP_NUM_THREADS": "1",
    }
    machine = Machine(name, f"{NETWORK}.{number}", environment)
    cleanup.callback(machine.remove)
    return machine


def _connect_machines(machines):
    one, other = machines
    wire = ("ip", "link", "add", "wire", "netns", one.name, "type", "veth")
    run_system_command(*wire, "peer", "name", "wire", "netns", other.name)
    for machine in machines:
        for device in ("lo", "wire"):
            run_system_command("ip", "-n", machine.name, "link", "set", device, "up")
        run_system_command(
            "ip", "-n", machine.name, "addr", "add", f"{machine.address}/24", "dev", "wire"
        )


def _list_nodes(machine):
    """Addresses of the nodes that the cluster has."""
    script = (
        "import ray; ray.init(log_to_driver=False);"
        "print(*sorted(n['NodeManagerAddress'] for n in ray.nodes() if n['Alive']))"
    )
    process = machine.start(
        sys.executable, "-c", script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    return process.communicate(timeout=TIMEOUT_S)[0].split()


def _wait_until(is_ready):
    deadline = time.monotonic() + TIMEOUT_S
    while not is_ready():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_an_audit_of_two_machines_outlives_one_of_them(machines, tmp_path):
    head, other = machines
    feed, folder, address_log = tmp_path / "photos", tmp_path / "cluster", tmp_path / "places"
    write_feed(feed, PHOTOS)
    (feed / "photo-0018b.jpg").write_bytes(b"text")
    driver = head.start(
        sys.executable, "-c", DRIVER, feed, folder, address_log, stdout=subprocess.PIPE, text=True
    )

    def count_judged_by(machine):
        return address_log.read_text().count(f"{machine.address}\n") if address_log.exists() else 0

    _wait_until(lambda: min(map(count_judged_by, machines)) >= PHOTOS // 10 or driver.poll() is not None)
    other.kill_processes()
    assert driver.poll() is None, "it died on the way"
    output_lines = driver.communicate(timeout=TIMEOUT_S)[0].splitlines()  # Ray says things there too.
    assert driver.returncode == 0
    assert [line for line in output_lines if line.startswith("alive")] == [
        f"alive at 0 {head.address} {other.address}",
        f"alive at {PHOTOS} {head.address}",
    ]
    assert PHOTOS // 10 <= count_judged_by(other) < PHOTOS - PHOTOS // 10
    assert count_judged_by(head) + count_judged_by(other) <= PHOTOS + 1 + 1, "one row was on its way"

    run_fake_audit(feed, tmp_path / "local", worst=5)
    cluster_table, local_table = (
        pq.read_table(place / "audit.parquet") for place in (folder, tmp_path / "local")
    )
    assert cluster_table.equals(local_table)
    for name in ("audit.csv", "audit.html"):
        assert (folder / name).read_bytes() == (tmp_path / "local" / name).read_bytes()
    assert sorted(os.listdir(folder)) == sorted(os.listdir(tmp_path / "local"))
    assert (folder / JOURNAL_NAME).exists()
