import sys

import pytest

from benchmarks.performance.assess_speed import link_photos, make_ratio_row, make_row
from benchmarks.support.timing import CommandCost, measure_command, time_command

BUSY = "import time\nwhile time.process_time() < .4: pass"


def test_processor_time_of_children_counts():
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}])"
    cost = measure_command([sys.executable, "-c", code])
    assert cost.processor_s >= 0.4
    assert cost.seconds > 0


def test_a_command_that_fails_is_told():
    with pytest.raises(SystemExit, match="ended with 3"):
        time_command([sys.executable, "-c", "raise SystemExit(3)"])


def test_what_a_photo_takes():
    row = make_row("a tool", 0, 100, CommandCost(seconds=2, processor_s=3, peak_mb=400.4))
    assert (row["photos_per_second"], row["processor_ms_per_photo"]) == (50, 30)
    assert make_row("start", 0, 0, CommandCost(1, 1, 1))["processor_ms_per_photo"] == ""


def test_the_ratio_is_of_sums():
    ours = [CommandCost(2, 4, 300), CommandCost(4, 2, 300)]
    row = make_ratio_row(10, ours, [CommandCost(3, 3, 100), CommandCost(3, 9, 200)])
    assert (row["seconds"], row["processor_s"], row["peak_memory_mb"]) == (1, 0.5, 2)


def test_both_tools_get_the_same_photos(tmp_path):
    photo, links = tmp_path / "mug.JPG", tmp_path / "links"
    photo.write_bytes(b"a")
    links.mkdir()
    assert link_photos([photo, photo], links) == 2
    assert [path.read_bytes() for path in sorted(links.glob("*.jpg"))] == [b"a", b"a"]
