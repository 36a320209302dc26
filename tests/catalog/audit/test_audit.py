import csv
import json
import os
import threading
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import ClassVar

import jsonschema
import psutil
import pyarrow.parquet as pq
import pytest

from packshot.assess.pool import AssessorSettings
from packshot.catalog.audit import AuditSettings, run_audit
from packshot.catalog.audit.audit import AuditOptions, read_audit_date
from packshot.catalog.audit.journal import Journal
from packshot.errors import AuditError, InvalidInput, PackshotError, PolicyError, SourceError
from packshot.report import AuditSummary
from packshot.sources import Fetcher, Retries, WebSettings
from tests.catalog.audit.fake_examiner import (
    HANGING_CONTENT,
    KILLING_CONTENT,
    make_assessment,
    make_fake_engine,
    run_fake_audit,
    write_feed,
)

FILES = ("audit.parquet", "audit.csv", "audit.xlsx", "audit.html", "summary.json")


def read_rows(folder):
    return pq.read_table(folder / "audit.parquet").to_pylist()


@pytest.fixture
def feed(tmp_path):
    write_feed(tmp_path / "photos", 30)
    return tmp_path / "photos"


def test_every_input_is_a_row_in_the_order_of_the_feed(feed, tmp_path):
    (feed / "photo-0007b.jpg").write_bytes(b"text, not a photo")
    outcome = run_fake_audit(feed, tmp_path / "audit")
    rows = read_rows(tmp_path / "audit")
    assert [row["path"] for row in rows] == sorted(map(str, feed.iterdir()))
    for row in rows:
        content = Path(row["path"]).read_bytes()
        if content.startswith(b"text"):
            assert (row["status"], row["score"], row["decision"]) == ("unreadable", None, None)
            assert row["reason"] == "no photo"
        else:
            assessment = make_assessment(content)
            assert (row["status"], row["score"]) == ("ok", assessment.score)
            assert row["findings"] == [found.code for found in assessment.findings]
            assert row["sha256"] == assessment.facts.sha256
    assert outcome.done_count == outcome.summary.inputs == 31
    assert outcome.summary.statuses == {"ok": 30, "unreadable": 1}


def test_tables_agree_and_the_summary_follows_its_schema(feed, tmp_path):
    outcome = run_fake_audit(feed, tmp_path / "audit", fail_under=50)
    with (tmp_path / "audit" / "audit.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    rows = read_rows(tmp_path / "audit")
    assert [line["path"] for line in lines] == [row["path"] for row in rows]
    assert [float(line["score"]) for line in lines] == [row["score"] for row in rows]
    assert [row["decision"] == "fail" for row in rows] == [row["score"] < 50 for row in rows]
    written = json.loads((tmp_path / "audit" / "summary.json").read_text())
    jsonschema.validate(written, AuditSummary.model_json_schema())
    assert AuditSummary.model_validate(written) == outcome.summary
    assert outcome.summary.failed == sum(row["score"] < 50 for row in rows)
    assert all((tmp_path / "audit" / name).stat().st_size for name in FILES)
    assert not list((tmp_path / "audit").glob(".*")), "no half-written file is left"


def test_the_published_schema_is_that_of_the_summary():
    published = Path(__file__).parents[3] / "docs" / "audit-summary.schema.json"
    assert json.loads(published.read_text()) == AuditSummary.model_json_schema()


def test_what_a_feed_tells_stands_in_the_rows(tmp_path):
    write_feed(tmp_path / "photos", 2)
    (tmp_path / "feed.csv").write_text(
        "sku,path,role,category,seller\n"
        "=1+1,photos/photo-0000.jpg,main,shoes,Ann\n"
        "B,photos/none.jpg,other,,Bob\n"
        "C,,main,,\n"
    )
    outcome = run_fake_audit(tmp_path / "feed.csv", tmp_path / "audit")
    rows = read_rows(tmp_path / "audit")
    assert [row["sku"] for row in rows] == ["=1+1", "B", "C"]
    assert [row["status"] for row in rows] == ["ok", "missing", "missing"]
    assert rows[0]["category"] == "shoes"
    assert rows[2]["reason"]
    assert outcome.summary.failed >= 2
    with (tmp_path / "audit" / "audit.csv").open(newline="") as file:
        assert [line["sku"] for line in csv.DictReader(file)] == ["'=1+1", "B", "C"]


def test_equal_bytes_are_assessed_once_and_known_to_the_next_audit(tmp_path):
    (tmp_path / "photos").mkdir()
    for number in range(12):
        (tmp_path / "photos" / f"{number}.jpg").write_bytes(b"photo %d" % (number % 3))
    (tmp_path / "photos" / "other.png").write_bytes(b"photo 0")
    log, cache = tmp_path / "log", tmp_path / "cache"
    first = run_fake_audit(tmp_path / "photos", tmp_path / "first", log=log, cache=cache)
    assert len(log.read_text().split()) == 4, "an extension belongs to what is judged"
    assert first.summary.run.remembered == 9
    second = run_fake_audit(tmp_path / "photos", tmp_path / "second", log=log, cache=cache)
    assert len(log.read_text().split()) == 4
    assert second.summary.run.remembered == 13
    assert read_rows(tmp_path / "first") == read_rows(tmp_path / "second")
    run_fake_audit(tmp_path / "photos", tmp_path / "third", log=log)
    assert len(log.read_text().split()) == 4 + 13, "without a cache each is assessed for itself"


def test_a_stopped_audit_goes_on_where_it_was(feed, tmp_path):
    log = tmp_path / "log"
    results = []
    outcome = run_fake_audit(
        feed,
        tmp_path / "audit",
        log=log,
        progress=lambda answers, _: (results.append(answer) or answer for answer in answers),
        should_stop=lambda: len(results) >= 5,
        seconds=0.01,
    )
    assert outcome.summary is None
    assert 5 <= outcome.done_count < 30
    assert outcome.done_count == len(results), "what was on its way is finished and kept"
    assert not (tmp_path / "audit" / "audit.parquet").exists()
    done_counts = []
    outcome = run_fake_audit(
        feed, tmp_path / "audit", log=log, progress=lambda answers, n: done_counts.append(n) or answers
    )
    assert done_counts == [len(results)]
    assert outcome.summary.inputs == 30
    assert len(log.read_text().split()) == 30, "nothing was done twice"
    run_fake_audit(feed, tmp_path / "whole")
    assert read_rows(tmp_path / "audit") == read_rows(tmp_path / "whole")
    assert (tmp_path / "audit" / "audit.html").read_text() == (
        tmp_path / "whole" / "audit.html"
    ).read_text()


def test_an_audit_that_is_done_is_only_written_again(feed, tmp_path):
    log = tmp_path / "log"
    first = run_fake_audit(feed, tmp_path / "audit", log=log)
    (tmp_path / "audit" / "audit.csv").unlink()
    second = run_fake_audit(feed, tmp_path / "audit", log=log)
    assert len(log.read_text().split()) == 30
    assert (tmp_path / "audit" / "audit.csv").exists()
    assert first.summary.run.seconds == second.summary.run.seconds


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"fail_under": 61}, "fail-under: 60 then, 61 now"), ({"worst": 3}, "page"), ({}, None)],
)
def test_another_audit_in_the_folder_is_refused_unless_told_to_restart(feed, tmp_path, changed, message):
    settings = {"fail_under": 60, "worst": 10}
    run_fake_audit(feed, tmp_path / "audit", **settings)
    if message is None:
        run_fake_audit(feed, tmp_path / "audit", **settings)
        return
    with pytest.raises(AuditError, match=f"{message}.*--restart"):
        run_fake_audit(feed, tmp_path / "audit", **settings | changed)
    run_fake_audit(feed, tmp_path / "audit", **settings | changed, restart=True)


def test_other_encoders_make_another_audit_and_know_nothing_of_the_cache(
    feed, tmp_path, encoder_folder, other_encoder_folder
):
    cache = tmp_path / "cache"
    copies, other = (AssessorSettings(encoder=one) for one in (encoder_folder, other_encoder_folder))
    run_fake_audit(feed, tmp_path / "audit", cache=cache)
    again = run_fake_audit(feed, tmp_path / "copies", cache=cache, assessor=copies)
    assert again.summary.run.remembered == again.summary.inputs
    run_fake_audit(feed, tmp_path / "audit", cache=cache, assessor=copies)
    with pytest.raises(AuditError, match=r"differs in models: .*--restart"):
        run_fake_audit(feed, tmp_path / "audit", cache=cache, assessor=other)
    anew = run_fake_audit(feed, tmp_path / "audit", cache=cache, assessor=other, restart=True)
    assert anew.summary.run.remembered == 0


def test_a_feed_that_changed_is_noticed(feed, tmp_path):
    run_fake_audit(feed, tmp_path / "audit")
    (feed / "photo-0000.jpg").rename(feed / "photo-0000x.jpg")
    with pytest.raises(AuditError, match=r"row 1 is now .*photo-0000x.jpg.*--restart"):
        run_fake_audit(feed, tmp_path / "audit")
    (feed / "photo-0000x.jpg").rename(feed / "photo-0000.jpg")
    (feed / "photo-0029.jpg").unlink()
    with pytest.raises(AuditError, match=r"fewer rows now \(29\).*--restart"):
        run_fake_audit(feed, tmp_path / "audit")


def test_a_feed_that_grew_at_its_end_is_audited_further(feed, tmp_path):
    run_fake_audit(feed, tmp_path / "audit")
    (feed / "photo-9999.jpg").write_bytes(b"a photo that came later")
    assert run_fake_audit(feed, tmp_path / "audit").summary.inputs == 31


def test_one_audit_at_a_time_works_in_a_folder(feed, tmp_path):
    errors = []

    def report_progress(answers, _done):
        for answer in answers:
            if not errors:
                with pytest.raises(AuditError) as refused:
                    run_fake_audit(feed, tmp_path / "audit")
                errors.append(str(refused.value))
            yield answer

    run_fake_audit(feed, tmp_path / "audit", progress=report_progress)
    assert f"process {os.getpid()}" in errors[0]


def test_a_photo_that_kills_is_blamed_alone(feed, tmp_path):
    (feed / "photo-0011b.jpg").write_bytes(KILLING_CONTENT)
    (feed / "photo-0020b.jpg").write_bytes(KILLING_CONTENT + b"too")
    outcome = run_fake_audit(feed, tmp_path / "audit")
    assert outcome.summary.statuses == {"ok": 30, "crashed": 2}
    crashed = [row for row in read_rows(tmp_path / "audit") if row["status"] == "crashed"]
    assert [Path(row["path"]).name for row in crashed] == ["photo-0011b.jpg", "photo-0020b.jpg"]
    assert all("SIGKILL" in row["reason"] for row in crashed)


def test_a_photo_that_takes_for_ever_is_given_up(feed, tmp_path):
    (feed / "photo-0000a.jpg").write_bytes(HANGING_CONTENT)
    outcome = run_fake_audit(feed, tmp_path / "audit", timeout_s=8)
    assert outcome.summary.statuses == {"ok": 30, "crashed": 1}
    assert "longer than 8 seconds" in read_rows(tmp_path / "audit")[1]["reason"]


def test_only_a_window_of_the_feed_is_on_its_way(feed, tmp_path, monkeypatch):
    from packshot.catalog.audit import audit
    from packshot.sources import FeedRow

    read_numbers = []

    def iter_endless_feed(_place, _columns, _fetcher):
        for number in range(10**9):
            read_numbers.append(number)
            yield FeedRow(number, str(feed / f"photo-{number % 30:04}.jpg"))

    monkeypatch.setattr(audit, "read_feed", iter_endless_feed)
    results = []

    def report_progress(answers, _done):
        for answer in islice(answers, 60):
            results.append(answer)
            yield answer

    outcome = run_fake_audit(
        feed, tmp_path / "audit", progress=report_progress, should_stop=lambda: len(results) >= 40
    )
    assert outcome.summary is None
    assert len(read_numbers) <= len(results) + 25


@pytest.mark.slow
def test_memory_does_not_grow_with_the_feed(tmp_path):
    """Ten thousand rows, without networks: the parent's memory stays where it was after a thousand."""
    write_feed(tmp_path / "photos", 100)
    names = [f"photos/photo-{number:04}.jpg" for number in range(100)]
    (tmp_path / "feed.csv").write_text("path\n" + "\n".join(names * 100) + "\n")
    process, results, sizes = psutil.Process(), [0], []

    def report_progress(answers, _done):
        for answer in answers:
            yield answer
            results[0] += 1
            if results[0] % 1000 == 0:
                sizes.append(process.memory_full_info().uss / 2**20)

    run_fake_audit(tmp_path / "feed.csv", tmp_path / "audit", progress=report_progress)
    assert len(sizes) == 10
    assert sizes[-1] - sizes[0] < 8


def test_what_cannot_be_used_is_refused_before_work_begins(feed, tmp_path):
    with pytest.raises(SourceError):
        run_fake_audit(tmp_path / "nowhere", tmp_path / "a")
    with pytest.raises(PolicyError):
        run_fake_audit(feed, tmp_path / "b", policies=("amazin-main",))
    with pytest.raises(InvalidInput):
        run_fake_audit(feed, tmp_path / "c", assessor=AssessorSettings(language="xx"))
    (tmp_path / "file").write_text("")
    with pytest.raises(AuditError, match="cannot write"):
        run_fake_audit(feed, tmp_path / "file" / "d")


def test_an_audit_goes_on_with_its_own_day(feed, tmp_path):
    from datetime import date

    assert read_audit_date(tmp_path / "audit", restart=False) is None
    run_fake_audit(feed, tmp_path / "audit", on=date(2025, 2, 3))
    assert read_audit_date(tmp_path / "audit", restart=False) == date(2025, 2, 3)
    assert read_audit_date(tmp_path / "audit", restart=True) is None


def test_a_journal_that_is_none_is_refused(feed, tmp_path):
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "audit.journal").write_text("something else altogether, " * 100)
    with pytest.raises(AuditError, match="--restart"):
        run_fake_audit(feed, tmp_path / "audit")
    run_fake_audit(feed, tmp_path / "audit", restart=True)


def test_an_engine_may_be_another(feed, tmp_path):
    jobs = []

    def make_engine(job):
        jobs.append(job)
        return make_fake_engine()(job)

    settings = AuditSettings(str(feed))
    run_audit(settings, tmp_path / "audit", AuditOptions(workers=1, engine_factory=make_engine))
    assert jobs[0].settings is settings
    assert jobs[0].workers == 1


class PhotoServerHandler(SimpleHTTPRequestHandler):
    """Serves files, one of them only when asked a second time."""

    requested_paths: ClassVar[list[str]] = []

    def do_GET(self):
        self.requested_paths.append(self.path)
        if "busy" in self.path and self.requested_paths.count(self.path) == 1:
            self.send_error(503)
        elif "down" in self.path:
            self.send_error(500)
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def photo_server(tmp_path):
    write_feed(tmp_path / "shelf", 2)
    (tmp_path / "shelf" / "busy.jpg").write_bytes(b"a photo at the second attempt")
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(PhotoServerHandler, directory=tmp_path / "shelf")
    )
    PhotoServerHandler.requested_paths.clear()
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_photos_of_the_web_are_fetched_tried_again_and_accounted_for(photo_server, tmp_path):
    pytest.importorskip("httpcore2", reason="needs the extra remote")
    names = ["photo-0000.jpg", "busy.jpg", "none.jpg", "down.jpg"]
    lines = [f"http://127.0.0.1:{photo_server}/{place}" for place in names]
    (tmp_path / "feed.csv").write_text(
        "image\n" + "\n".join([*lines, "http://169.254.1.1/a.jpg"]) + "\n"
    )
    web = WebSettings(allow_private=True, ports=frozenset({photo_server}))
    fetcher = Fetcher(web, Retries(attempts=2, first_wait_s=0.01))
    run_fake_audit(tmp_path / "feed.csv", tmp_path / "audit", fetcher=fetcher)
    rows = read_rows(tmp_path / "audit")
    statuses = [row["status"] for row in rows]
    assert statuses == ["ok", "ok", "missing", "unreachable", "refused"]
    assert (
        PhotoServerHandler.requested_paths.count("/busy.jpg")
        == PhotoServerHandler.requested_paths.count("/down.jpg")
        == 2
    )
    assert (
        rows[0]["sha256"] == make_assessment((tmp_path / "shelf" / names[0]).read_bytes()).facts.sha256
    )


def test_a_feed_from_elsewhere_names_no_files_of_this_machine():
    assert AuditSettings("feed.csv").photo_fetcher.local_files
    assert not AuditSettings("https://shop.example/feed.csv").photo_fetcher.local_files
    assert not AuditSettings("s3://bucket/feed.csv").photo_fetcher.local_files


class TestAnAuditThatFailsAtItsStart:
    """Leaves no claim on its folder: the corrected command goes on as if nothing had been."""

    @pytest.fixture
    def shop(self, tmp_path):
        write_feed(tmp_path / "photos", 4)
        names = sorted(path.name for path in (tmp_path / "photos").iterdir())
        (tmp_path / "photos" / "feed.csv").write_text("\n".join(["picture", *names]))
        return tmp_path / "photos" / "feed.csv"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"feed": "none.csv"},
            {"columns": {"location": "nowhere"}},
            {"policies": ("of-nobody",)},
            {"assessor": AssessorSettings(atlas=Path("none.npz"))},
            {"assessor": AssessorSettings(encoder=Path("nowhere"))},
        ],
        ids=["feed", "columns", "policies", "atlas", "encoder"],
    )
    @pytest.mark.parametrize("folder_exists", [False, True], ids=["new", "there"])
    def test_wrong_settings(self, shop, tmp_path, wrong, folder_exists):
        folder = tmp_path / "deep" / "audit"
        if folder_exists:
            folder.mkdir(parents=True)
            (folder / "notes.txt").write_text("mine")
        settings = {"feed": str(shop), "columns": {"location": "picture"}} | wrong
        with pytest.raises(PackshotError):
            run_fake_audit(settings.pop("feed"), folder, **settings)
        assert (tmp_path / "deep").exists() is folder_exists
        assert not folder_exists or os.listdir(folder) == ["notes.txt"]
        if not folder_exists:
            assert run_fake_audit(shop, folder, columns={"location": "picture"}).done_count == 4

    def test_wrong_settings_with_restart_leave_the_audit_that_is_there(self, shop, tmp_path):
        columns = {"location": "picture"}
        run_fake_audit(shop, tmp_path / "audit", columns=columns)
        with pytest.raises(PolicyError):
            run_fake_audit(
                shop, tmp_path / "audit", columns=columns, policies=("of-nobody",), restart=True
            )
        log = tmp_path / "log"
        run_fake_audit(shop, tmp_path / "audit", columns=columns, log=log)
        assert not log.exists(), "every row was known"

    def test_an_engine_that_does_not_start(self, shop, tmp_path):
        def fail_to_start(_job):
            raise AuditError("no machine answers")

        settings = AuditSettings(str(shop), {"location": "picture"}, on=date(2027, 1, 1))
        with pytest.raises(AuditError, match="no machine"):
            run_audit(settings, tmp_path / "audit", AuditOptions(engine_factory=fail_to_start))
        assert not (tmp_path / "audit").exists()

    def test_a_journal_without_a_row_is_of_no_audit(self, shop, tmp_path):
        with Journal(tmp_path / "audit", 200) as journal:
            journal.write_identity({"date": "2020-01-01", "feed": "another"})
        assert read_audit_date(tmp_path / "audit", restart=False) is None
        assert run_fake_audit(shop, tmp_path / "audit", columns={"location": "picture"}).done_count == 4
