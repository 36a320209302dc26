"""An examiner without networks, and small feeds: what is tested is all around the assessment."""

import hashlib
import os
import signal
import time
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from packshot.catalog.audit.audit import AuditOptions, run_audit
from packshot.catalog.audit.engine import LocalEngine
from packshot.catalog.audit.examine import RowResult, compute_rank, pack_row
from packshot.catalog.audit.rows import build_assessed_row, failed_row
from packshot.catalog.audit.settings import AuditSettings
from packshot.report import (
    AspectScore,
    Assessment,
    AuditStatus,
    Cause,
    Facts,
    Finding,
    Grade,
    Severity,
    Status,
)
from packshot.sources import Fetcher, WebSettings

KILLING_CONTENT = b"deadly"
HANGING_CONTENT = b"hanging"


def make_assessment(content, name="photo.jpg"):
    """Return what a photo of these bytes could have been found to be."""
    digest = hashlib.sha256(content).digest()
    score = round(digest[0] / 2.55, 2)
    codes = [code for code, byte in (("blurred", 1), ("noise", 2), ("too-dark", 3)) if digest[byte] < 60]
    return Assessment(
        path=name,
        status=Status.OK,
        score=score,
        technical=AspectScore(score=round(digest[4] / 2.55, 2), confidence=0.5),
        causes=make_causes(score, codes),
        grade=Grade.GOOD,
        confidence=0.5,
        facts=make_facts(hashlib.sha256(content).hexdigest(), len(content)),
        findings=tuple(
            Finding(code=code, severity=Severity.WARNING, reason="why", remedy=f"Mend {code}.")
            for code in codes
        ),
    )


def make_causes(score, codes):
    """Share out what the score lacks of 100, evenly."""
    share = round((100 - score) / (len(codes) + 1), 2)
    rest = round(100 - score - share * len(codes), 2)
    causes = [Cause(code=code, points=share) for code in codes]
    return (*causes, Cause(code=Cause.RATED_LOW, points=rest))


def make_facts(sha256="0" * 64, byte_size=1):
    return Facts(
        format="JPEG",
        byte_size=byte_size,
        width=40,
        height=30,
        bit_depth=8,
        colour_mode="RGB",
        icc_profile=None,
        has_alpha=False,
        frames=1,
        jpeg_quality=90,
        exif={},
        had_location=False,
        extension_matches=True,
        sha256=sha256,
    )


class FakeExaminer:
    """Judges by the digest; notes in a file whose bytes it was given to judge."""

    def __init__(self, settings, log=None, seconds=0.0):
        self._settings = settings
        self._log = log
        self._seconds = seconds

    def __call__(self, task):
        content = task.content if isinstance(task.content, bytes) else Path(task.content).read_bytes()
        if content.startswith(KILLING_CONTENT):
            os.kill(os.getpid(), signal.SIGKILL)
        if content.startswith(HANGING_CONTENT):
            time.sleep(600)
        time.sleep(self._seconds)
        if content.startswith(b"text"):
            row = failed_row(task.row, AuditStatus.UNREADABLE, "no photo", task.sha256)
            return RowResult(task.row, pack_row(row), compute_rank(row))
        if task.cached_assessment is None and self._log:
            with open(self._log, "a") as log:
                log.write(task.sha256 + "\n")
        row = build_assessed_row(task.row, make_assessment(content), {}, self._settings.fail_under)
        rank = compute_rank(row)
        thumbnail = content[:40] if rank <= task.thumbnail_rank_limit else None
        cached_assessment = task.cached_assessment or content[:10]
        return RowResult(
            task.row,
            pack_row(row),
            rank,
            cached_assessment,
            thumbnail,
            task.cached_assessment is not None,
        )


def make_fake_engine(log=None, seconds=0.0):
    make_examiner = partial(FakeExaminer, log=log, seconds=seconds)
    return partial(LocalEngine, make_examiner=make_examiner)


def run_fake_audit(
    feed, folder, *, log=None, seconds=0.0, cache=None, restart=False, timeout_s=60, **settings
):
    """Run an audit with the fake examiner.

    `settings` go to `AuditSettings`, but for `should_stop` and `progress`, which go to
    `run_audit`.
    """
    run_options = {name: settings.pop(name) for name in ("should_stop", "progress") if name in settings}
    options = AuditOptions(2, cache, restart, timeout_s, make_fake_engine(log, seconds))
    return run_audit(AuditSettings(str(feed), **settings), folder, options, **run_options)


def serve_feed(shop, photos, feed):
    """A feed of the URLs under which a web server of the tests gives photos, and its fetcher."""
    shop.pages |= {f"/{name}": content for name, content in photos.items()}
    feed.write_text("\n".join(["image", *(shop.url(f"/{name}") for name in photos)]) + "\n")
    return make_fetcher(shop.port)


def make_fetcher(port):
    """A fetcher that is allowed to ask this machine."""
    return Fetcher(WebSettings(allow_private=True, ports=frozenset({port})))


def write_feed(folder, count, seed=0):
    """A folder of files that the quick examiner takes for photos; and their bytes by name."""
    folder.mkdir(exist_ok=True)
    generator = np.random.default_rng(seed)
    written = {}
    for number in range(count):
        name = f"photo-{number:04}.jpg"
        written[name] = bytes(generator.integers(97, 123, 60, np.uint8))
        (folder / name).write_bytes(written[name])
    return written


def write_photo(path, pixels, suffix=None, *options):
    """A real photo."""
    _, data = cv2.imencode(suffix or path.suffix, np.ascontiguousarray(pixels[..., ::-1]), *options)
    path.write_bytes(data.tobytes())
