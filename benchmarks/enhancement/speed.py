"""What `packshot enhance` costs on one photo, as a user runs it: a whole command each, started anew.

The sample photos at 1 and at 12 megapixels, as they are and under damage of other code than the damage
model. Start-up, decoding, every assessment, encoding and writing are included. Wall time is the best of
several runs; processor time, of all processes together for the user and for the system, is that of the
same run, and does not grow where other work shares the machine; memory is the largest of all runs.
Bytecode is compiled once before, as an installation has it.

Besides, rows `the loop alone`: what a round costs, in assessments of the same photo. An assessment is
all of `Assessor.assess_photo` but decoding and the damage map, at the size photos are judged at:
measurements, networks, retrieval, findings. A round is all the loop does more than its first assessment,
by the number of its trials: planning before and after, applying the step, guards, judge of versions, the
assessment of the result. What applying the steps that were kept takes by itself, once each, is told
apart. Processor time on one thread, each the median of several runs that take turns, so that other work
on the machine weighs on all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from benchmarks.support.foreign_damage import FOREIGN_DAMAGE
from benchmarks.support.record import write_results
from benchmarks.support.timing import measure_command
from packshot.arrays import Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE, Assessor
from packshot.enhance.loop import LoopResult, improve
from packshot.enhance.loop_options import LoopOptions
from packshot.enhance.version_judge import VersionJudge
from packshot.photo import Photo
from packshot.photo.pixels import shrink_to_fit

SAMPLE = Path(__file__).parents[2] / "examples" / "photos" / "table-lamp.jpg"
SIZES = {"1 megapixel": (1154, 866), "12 megapixels": (4000, 3000)}
UNDAMAGED = "none"
DAMAGE = {
    "1 megapixel": (UNDAMAGED, "defocus", "noise", "dark", "JPEG 10", "colour cast", "flat"),
    "12 megapixels": (UNDAMAGED, "defocus", "noise", "dark"),
}
JPEG_QUALITY = 95
ROUND_COLUMNS = (
    "assessment_processor_s",
    "round_processor_s",
    "step_processor_s_a_round",
    "round_in_assessments",
    "round_without_its_step_in_assessments",
)
MIN_ROUND_RUNS = 5


def main(runs: int) -> None:
    """Time each size under each damage, in turn, then a round of the loop."""
    rows = [*_iter_commands(runs), *_iter_rounds(runs)]
    print(write_results("enhancement_speed", rows))


def _iter_commands(runs: int) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        _keep_bytecode(Path(folder) / "bytecode")
        _write_photo(Path(folder) / "in.jpg", _damage_sample(SIZES["1 megapixel"], "noise"))
        _time_command(Path(folder) / "in.jpg", runs=1)  # Compiles, and fills the system's cache.
        for size in SIZES:
            for damage in DAMAGE[size]:
                photo = Path(folder) / "in.jpg"
                _write_photo(photo, _damage_sample(SIZES[size], damage))
                row = {"photo": size, "damage": damage, **_time_command(photo, runs)}
                print(row)
                yield row


def _keep_bytecode(folder: Path) -> None:
    """Have commands compile their modules once, as for an installed package, but leave none behind."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)


def _time_command(photo: Path, runs: int) -> dict[str, object]:
    report = photo.with_name("report.jsonl")
    command = [sys.executable, "-m", "packshot", "enhance", str(photo), "--quiet", "--explain"]
    command += ["-o", str(photo.with_name("out.jpg")), "--report", str(report)]
    costs = [measure_command(command) for _ in range(runs)]
    best = min(costs, key=lambda cost: cost.seconds)
    record = json.loads(report.read_text())
    return {
        "action": record["action"],
        "steps": " ".join(record["steps"]),
        "rounds_of_the_loop": len(record["trace"]),
        "seconds": round(best.seconds, 2),
        "processor_s": round(best.processor_s, 2),
        "peak_memory_mb": round(max(cost.peak_mb for cost in costs)),
        **dict.fromkeys(ROUND_COLUMNS, ""),
    }


def _iter_rounds(runs: int) -> Iterator[dict[str, object]]:
    """What the loop takes besides its first assessment, by rounds."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    assessor, judge = Assessor(draws_map=False), VersionJudge.load_shipped()
    for damage in DAMAGE["1 megapixel"][2:]:
        damaged = _damage_sample(SIZES["1 megapixel"], damage)
        photo = Photo.from_pixels(shrink_to_fit(damaged, ASSESSMENT_SIDE))
        row = _time_rounds(assessor, judge, photo, max(runs, MIN_ROUND_RUNS))
        if row is not None:
            row = {"photo": "1 megapixel", "damage": damage, **row}
            print(row)
            yield row
    cv2.setNumThreads(threads)


def _time_rounds(
    assessor: Assessor, judge: VersionJudge, photo: Photo, runs: int
) -> dict[str, object] | None:
    """Time an assessment, the loop and its steps in turn; None where the loop tries nothing."""
    run_loop = partial(improve, assessor, photo, LoopOptions(), judge=judge)
    result = run_loop()
    rounds = len(result.trace)
    if not rounds:
        return None
    assess = partial(assessor.assess_photo, photo)
    apply_steps = partial(_do_all, _plan_kept_steps(photo, result))
    assessment_s, loop_s, steps_s = _time_in_turn((assess, run_loop, apply_steps), runs)
    round_s, step_s = (loop_s - assessment_s) / rounds, steps_s / rounds
    values = (assessment_s, round_s, step_s, round_s / assessment_s, (round_s - step_s) / assessment_s)
    return {
        "action": "the loop alone",
        "steps": " ".join(trial.step for trial in result.trace),
        "rounds_of_the_loop": rounds,
        "seconds": "",
        "processor_s": round(loop_s, 3),
        "peak_memory_mb": "",
        **{name: round(value, 3) for name, value in zip(ROUND_COLUMNS, values, strict=True)},
    }


def _plan_kept_steps(photo: Photo, result: LoopResult) -> list[Callable[[], object]]:
    """List the changes that were kept, each to be made again on what it was made on."""
    changes, pixels = [], photo.pixels
    for application in result.applications:
        for plan in application.planners:
            step = plan(pixels)
            if step is not None:
                changes.append(partial(step.apply, pixels))
                pixels = step.apply(pixels)
    return changes


def _do_all(changes: Sequence[Callable[[], object]]) -> None:
    for change in changes:
        change()


def _time_in_turn(work: Sequence[Callable[[], object]], runs: int) -> list[float]:
    """Median processor time of each of several things to do, done in turn."""
    times: list[list[float]] = [[] for _ in work]
    for _ in range(runs):
        for place, one in enumerate(work):
            started = time.process_time()
            one()
            times[place].append(time.process_time() - started)
    return [statistics.median(one) for one in times]


def _damage_sample(size: Sequence[int], damage: str) -> Pixels:
    pixels = np.asarray(cv2.resize(Photo.open(SAMPLE).pixels, size, interpolation=cv2.INTER_CUBIC))
    if damage == UNDAMAGED:
        return pixels
    return FOREIGN_DAMAGE[damage](pixels, np.random.default_rng(1))


def _write_photo(path: Path, pixels: Pixels) -> None:
    cv2.imwrite(str(path), pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    main(parser.parse_args().runs)
