"""Size of the page of assessments, and how fast a browser opens and filters it, by the number of photos.

    pip install playwright
    python -m benchmarks.performance.page_load --chromium /usr/bin/chromium

The photos of ``examples/photos`` are assessed once and repeated under other names and with other scores,
up to 20 000. The page is opened from disk in Chromium without a window, 1400 x 900 pixels. Opening ends
with the first cards and their thumbnails drawn; each way of filtering with its cards drawn. Times are
medians of `ROUNDS`, each in a new tab, and the best of them in the columns ``best_``: other work on the
machine makes times longer; ``load`` tells how many processes wanted a core.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.support.record import write_results
from packshot.assess.pool import AssessorSettings, assess_paths
from packshot.render import RenderOptions, renderer_for
from packshot.report import Assessment

COUNTS = (10, 500, 756, 20_000)
ROUNDS = 9
_PHOTOS = Path("examples/photos")
_DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
_FILTER = """async ([name, value]) => {
  const form = document.getElementById("tools"), list = document.getElementById("cards");
  const large = document.getElementById("stored");
  const control = form.elements[name];
  const start = performance.now();
  control.value = value;
  const change = done => new MutationObserver(done).observe(list, { childList: true });
  const changed = large && new Promise(change);
  control.dispatchEvent(new Event("input", { bubbles: true }));
  const filtered = performance.now() - start;
  await changed;
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return [filtered, performance.now() - start];
}"""
FILTERS = {
    "search": ("search", "mug"),
    "show": ("show", "errors"),
    "sort": ("sort", "name"),
}


def iter_assessments(count: int) -> Iterator[Assessment]:
    """Assessments of the example photos, repeated: other names, scores within ten points."""
    generator = random.Random(0)
    photos = sorted(_PHOTOS.glob("*.jpg"))
    known = list(assess_paths(photos, settings=AssessorSettings(), workers=0))
    for number, assessment in enumerate(islice(cycle(known), count)):
        path = Path(assessment.path)
        score = min(max((assessment.score or 0.0) + generator.uniform(-10, 10), 0.0), 100.0)
        name = f"catalogue/{number % 97:02}/{path.stem}-{number:05}.jpg"
        yield assessment.model_copy(update={"path": name, "score": round(score, 1)})


def find_example(name: str) -> Path:
    """The photo that a made-up name stands for."""
    return _PHOTOS / (Path(name).stem.rsplit("-", 1)[0] + ".jpg")


def write_page(path: Path, count: int) -> None:
    """Write the page of so many photos."""
    options = RenderOptions(file_of=find_example, page_file=path)
    with (
        path.open("w", encoding="utf-8", newline="") as stream,
        renderer_for(Assessment, "html", stream, options) as renderer,
    ):
        for assessment in iter_assessments(count):
            renderer.add(assessment)


def measure_page(browser: Any, page: Path) -> dict[str, float]:
    """Medians of opening and filtering, and the best of those that draw, in milliseconds."""
    rounds = [_measure_once(browser, page) for _ in range(ROUNDS)]
    times = {name: [figures[name] for figures in rounds] for name in rounds[0]}
    medians = {name: round(statistics.median(values), 1) for name, values in times.items()}
    drawn = [name for name in times if name == "open_ms" or name.endswith("_drawn_ms")]
    return medians | {f"best_{name}": round(min(times[name]), 1) for name in drawn}


def _measure_once(browser: Any, page: Path) -> dict[str, float]:
    tab = browser.new_page(viewport={"width": 1400, "height": 900})
    start = time.perf_counter()
    tab.goto(page.absolute().as_uri(), timeout=300_000)
    tab.evaluate(_DRAWN)
    figures = {"open_ms": (time.perf_counter() - start) * 1000}
    for name, change in FILTERS.items():
        filtered, drawn = tab.evaluate(_FILTER, list(change))
        figures |= {f"{name}_ms": filtered, f"{name}_drawn_ms": drawn}
    figures["heap_mb"] = tab.evaluate("performance.memory.usedJSHeapSize / 2 ** 20")
    tab.close()
    return figures


def make_row(browser: Any, folder: Path, count: int) -> dict[str, object]:
    """Write a page of so many photos and measure it."""
    page = folder / f"report-{count}.html"
    start = time.perf_counter()
    write_page(page, count)
    seconds = time.perf_counter() - start
    beside = [path.stat().st_size for path in (folder / f"report-{count}_files").glob("*")]
    return {
        "photos": count,
        "page_mb": round(page.stat().st_size / 1e6, 2),
        "folder_mb": round(sum(beside) / 1e6, 1),
        "folder_files": len(beside),
        "write_seconds": round(seconds, 1),
        **measure_page(browser, page),
        "load": round(os.getloadavg()[0], 1),
        "browser": f"Chromium {browser.version}",
    }


def main() -> None:
    """Measure and write the CSV."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description="Measure pages of assessments")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="the browser's program")
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="numbers of photos")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=arguments.chromium, args=["--no-sandbox", "--enable-precise-memory-info"]
        )
        rows = []
        for count in arguments.counts:
            rows.append(make_row(browser, Path(folder), count))
            print(json.dumps(rows[-1]), flush=True)
    print(write_results("page_load", rows))


if __name__ == "__main__":
    main()
