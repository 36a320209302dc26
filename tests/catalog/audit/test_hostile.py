"""A folder of files that mean harm: each is accounted for, and none stops the audit."""

import os
import struct
import zlib

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from packshot.catalog.audit import AuditSettings, run_audit
from packshot.catalog.audit.audit import AuditOptions
from tests.catalog.audit.fake_examiner import write_photo
from tests.conftest import make_packshot

OK, UNREADABLE, MISSING, REFUSED = "ok", "unreadable", "missing", "refused"


def make_png(width, height, rows=b""):
    """A PNG that says what it likes about its size."""

    def build_chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + build_chunk(b"IHDR", header)
        + build_chunk(b"IDAT", zlib.compress(rows))
        + build_chunk(b"IEND", b"")
    )


@pytest.fixture(scope="module")
def hostile_folder(tmp_path_factory):
    """The folder, and the status of each input by its name as bytes."""
    folder = tmp_path_factory.mktemp("hostile") / "photos"
    folder.mkdir()
    product = make_packshot()
    write_photo(folder / "fine.jpg", product)
    fine = (folder / "fine.jpg").read_bytes()
    expected = {b"fine.jpg": OK}

    def add_file(name, content, status):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(content)
        expected[name] = status

    add_file(b"bomb-pixels.png", make_png(60_000, 60_000), REFUSED)
    add_file(b"bomb-black.png", make_png(4000, 4000, b"\0" * 50_000_000), OK)
    add_file(b"bomb-zip.jpg", b"PK\x03\x04" + zlib.compress(b"\0" * 10_000_000), UNREADABLE)
    add_file(b"truncated.jpg", fine[: len(fine) // 2], UNREADABLE)
    add_file(b"empty.jpg", b"", UNREADABLE)
    add_file(b"text.jpg", b"hello", UNREADABLE)
    add_file(b"really-a-jpeg.png", fine, OK)
    add_file(b"new\nline.jpg", fine, OK)
    add_file(b"caf\xe9.jpg", fine, OK)
    add_file(b"=cmd|calc.jpg", fine, OK)
    add_file(b"<script>alert(1)<", b"", None)
    add_file(b"<img onerror=alert(1)>.jpg", fine, OK)
    write_photo(folder / "large.png", np.full((10_000, 10_000, 3), 250, np.uint8))
    expected[b"large.png"] = OK
    Image.fromarray(product).convert("CMYK").save(folder / "cmyk.jpg")
    expected[b"cmyk.jpg"] = OK
    cv2.imwrite(str(folder / "deep.png"), product.astype(np.uint16) * 257)
    expected[b"deep.png"] = OK
    frames = [Image.fromarray(np.roll(product, shift, 0)) for shift in (0, 9, 18)]
    frames[0].save(folder / "animated.gif", save_all=True, append_images=frames[1:])
    expected[b"animated.gif"] = OK
    (folder / "folder.jpg").mkdir()
    expected[b"folder.jpg"] = REFUSED
    (folder / "inside").mkdir()
    (folder / "inside" / "loop").symlink_to(folder)
    (folder / "itself.jpg").symlink_to(folder / "itself.jpg")
    expected[b"itself.jpg"] = MISSING
    (folder / "gone.jpg").symlink_to(folder / "nothing.jpg")
    expected[b"gone.jpg"] = MISSING
    (folder / "link.jpg").symlink_to(folder / "fine.jpg")
    expected[b"link.jpg"] = OK
    os.mkfifo(folder / "pipe.jpg")
    expected[b"pipe.jpg"] = REFUSED
    del expected[b"<script>alert(1)<"]
    return folder, expected


@pytest.fixture(scope="module")
def audit_folder(hostile_folder, tmp_path_factory):
    """The folder of an audit by the real examiner."""
    folder = tmp_path_factory.mktemp("audit")
    settings = AuditSettings(str(hostile_folder[0]), policies=("amazon-main",))
    run_audit(settings, folder, AuditOptions(workers=1, cache_folder=folder / "cache"))
    return folder


def to_shown_name(name):
    return name.decode("utf-8", "backslashreplace")


def test_each_is_accounted_for_once(hostile_folder, audit_folder):
    folder, expected = hostile_folder
    rows = pq.read_table(audit_folder / "audit.parquet").to_pylist()
    rows_by_name = {row["path"].removeprefix(f"{folder}/"): row for row in rows}
    assert len(rows_by_name) == len(rows)
    assert {name: row["status"] for name, row in rows_by_name.items()} == {
        to_shown_name(name): status for name, status in expected.items()
    }
    for row in rows:
        assert (row["status"] == OK) == (row["score"] is not None) == (row["decision"] is not None)
        assert (row["status"] == OK) == (not row["reason"])
    assert rows_by_name["really-a-jpeg.png"]["format"] == "JPEG"
    assert "extension-mismatch" in rows_by_name["really-a-jpeg.png"]["findings"]
    assert "animated" in rows_by_name["animated.gif"]["findings"]


def test_no_name_gets_out_of_the_page(audit_folder):
    page = (audit_folder / "audit.html").read_text(encoding="utf-8")
    assert "<img onerror" not in page
    assert "&lt;img onerror" in page


def test_tables_can_be_read_again(audit_folder):
    import csv

    import openpyxl

    with (audit_folder / "audit.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    sheet = openpyxl.load_workbook(audit_folder / "audit.xlsx", read_only=True)["audit"]
    cells = list(sheet.iter_rows(values_only=True))
    assert len(lines) == len(cells) - 1
    assert [line["path"] for line in lines] == [row[0] for row in cells[1:]]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_unreachable(tmp_path):
    write_photo(tmp_path / "secret.jpg", make_packshot())
    (tmp_path / "secret.jpg").chmod(0)
    outcome = run_audit(AuditSettings(str(tmp_path)), tmp_path / "audit", AuditOptions(workers=1))
    assert outcome.summary.statuses == {"unreachable": 1}
