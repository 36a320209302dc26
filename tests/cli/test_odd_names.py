"""One odd name, one row: in every command, as a user meets it."""

import csv
import io
import json
import os
import shutil

import pytest

from packshot.sources import read_feed
from tests.cli.command import run_packshot
from tests.conftest import ROOT

SAMPLES = ROOT / "examples" / "photos"
LATIN = os.fsdecode(b"caf\xe9.jpg")
"""As programs of another time wrote café.jpg."""
NAMES = {
    LATIN: r"caf\xe9.jpg",
    r"caf\xe9.jpg": r"caf\xe9.jpg",
    "=cmd()|x.jpg": "=cmd()|x.jpg",
    "a\nb\x1b[31m.jpg": "a\nb\x1b[31m.jpg",
    "x" * 246 + ".jpg": "x" * 246 + ".jpg",
    "-o.jpg": "-o.jpg",
}
SHOWN_NAMES = sorted(NAMES.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("odd")
    photos = sorted(SAMPLES.glob("*.jpg"))
    for name, photo in zip(NAMES, photos, strict=False):
        shutil.copy(photo, target / name)
    return target


def strip_folder(paths, folder):
    return sorted(path.removeprefix(f"{folder}/") for path in paths)


def parse_lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    "command",
    [("assess",), ("screen", "--policy", "amazon-main"), ("emotion",), ("optimize", "-o", "{tmp}/out")],
)
def test_a_line_each(folder, tmp_path, command):
    options = [part.format(tmp=tmp_path) for part in command[1:]]
    records = parse_lines(run_packshot(command[0], folder, *options, "-f", "jsonl", check=0))
    assert strip_folder((one["path"] for one in records), folder) == SHOWN_NAMES
    assert {one["status"] for one in records} == {"ok"}
    if command[0] == "optimize":
        assert set(os.listdir(tmp_path / "out")) == set(NAMES)


@pytest.mark.parametrize("command", [("assess",), ("emotion",)])
def test_tables_and_pages(folder, tmp_path, command):
    run_packshot(*command, folder, "-o", tmp_path / "table.csv", check=0)
    rows = list(csv.DictReader((tmp_path / "table.csv").open(encoding="utf-8", newline="")))
    assert strip_folder((row["path"] for row in rows), folder) == SHOWN_NAMES
    run_packshot(*command, folder, "-o", tmp_path / "page.html", check=0)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<article") == len(NAMES)
    assert page.count("data:image/jpeg") >= len(NAMES)
    assert r"caf\xe9.jpg" in page


def test_groups_of_copies(folder, tmp_path):
    copies_folder = tmp_path / "copies"
    shutil.copytree(folder, copies_folder)
    shutil.copy(copies_folder / LATIN, copies_folder / "copy.jpg")
    command = ("duplicates", copies_folder, "--store", tmp_path / "store", "-f", "jsonl")
    groups = parse_lines(run_packshot(*command, check=0))
    assert [r"caf\xe9.jpg" in " ".join(one["paths"]) for one in groups if one["kind"] == "exact"] == [
        True
    ]
    assert parse_lines(run_packshot(*command, check=0)) == groups


def test_an_index(folder, tmp_path):
    index_folder = tmp_path / "index"
    result = run_packshot("search", "index", folder, "--index", index_folder, check=0)
    assert f"{len(NAMES)} added" in result.stderr
    second_result = run_packshot("search", "index", folder, "--index", index_folder, "--prune", check=0)
    assert f"{len(NAMES)} unchanged" in second_result.stderr
    [search_result] = parse_lines(
        run_packshot("search", "query", folder / LATIN, "--index", index_folder, "-f", "jsonl", check=0)
    )
    nearest = search_result["hits"][0]
    assert (nearest["id"], nearest["path"]) == (r"./caf\xe9.jpg", rf"{folder}/caf\xe9.jpg")
    assert nearest["metadata"] == {}
    page = tmp_path / "page.html"
    run_packshot("search", "query", folder / LATIN, "--index", index_folder, "-o", page, check=0)
    assert page.read_text(encoding="utf-8").count("data:image/jpeg") == 1 + len(search_result["hits"])


def test_a_ranking(folder):
    [product] = parse_lines(run_packshot("rank", folder, "--by-folder", "-f", "jsonl", check=0))
    assert strip_folder((one["path"] for one in product["order"]), folder) == SHOWN_NAMES


def test_a_cleaned_set_opens_the_same_files(folder, tmp_path):
    table = tmp_path / "set.csv"
    with table.open("w", encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        csv.writer(file).writerows([["path", "label"], *([str(folder / name), "a"] for name in NAMES)])
    target = tmp_path / "cleaned"
    run_packshot("clean", table, "--store", tmp_path / "s", "--apply", "--to", target, check=0)
    kept = {os.path.basename(row.location) for row in read_feed(target / "feed.csv")}
    assert LATIN in kept
    assert kept <= set(NAMES)


def test_an_audit_of_a_folder_with_such_a_name(folder, tmp_path):
    odd = tmp_path / os.fsdecode(b"sh\xf6p")
    shutil.copytree(folder, odd)
    run_packshot("audit", odd, "-o", tmp_path / "audit", "--no-cache", check=0)
    summary = json.loads((tmp_path / "audit" / "summary.json").read_text(encoding="utf-8"))
    assert (summary["statuses"], summary["feed"]) == ({"ok": len(NAMES)}, str(tmp_path / r"sh\xf6p"))


def test_rows_without_a_photo(tmp_path):
    shutil.copy(SAMPLES / "mug.jpg", tmp_path / "a.jpg")
    table = tmp_path / "list.csv"
    table.write_text(f"sku,path\n1,a.jpg\n2,\n3,https://shop.example/a.jpg\n4,a\0b\n5,{'x' * 5000}\n")
    reasons = [
        None,
        "no path in this row",
        "of an address that nobody answers at, whatever the reason",
        "not a path: it holds a null character",
    ]
    for command in (
        ("assess", table),
        ("assess", table, "--workers", 2),
        ("screen", table, "--policy", "amazon-main"),
        ("emotion", table),
        ("optimize", table, "-o", tmp_path / "out"),
    ):
        records = parse_lines(run_packshot(*command, "--retries", 0, "-f", "jsonl", check=0))
        assert [one["error"] for one in (*records[:2], records[3])] == [*reasons[:2], reasons[3]], (
            command
        )
        assert records[2]["path"] == "https://shop.example/a.jpg"
        assert records[2]["error"], command
        assert [one["status"] for one in records] == ["ok", *["unreadable"] * 4], command
        assert "too long" in records[4]["error"], command
    records = parse_lines(
        run_packshot(
            *("duplicates", table, "--store", tmp_path / "s", "--retries", 0, "-f", "jsonl"), check=0
        )
    )
    assert [one["error"] for one in records[:3:2]] == reasons[1::2]
    result = run_packshot(
        *("search", "index", table, "--index", tmp_path / "index", "--retries", 0), check=0
    )
    assert "1 added, 0 updated, 0 unchanged, 4 unreadable" in result.stderr
    assert run_packshot("assess", table, "--fail-under", 1, "-q").returncode == 1


def test_what_is_no_file_is_told_at_once(tmp_path):
    shutil.copy(SAMPLES / "mug.jpg", tmp_path / "a.jpg")
    for name in ("a.csv", "a.xlsx", "a.jsonl", "p.yaml"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    photo = tmp_path / "a.jpg"
    for command in (
        ("audit", tmp_path / "a.csv", "-o", tmp_path / "audit"),
        ("rank", tmp_path / "a.xlsx"),
        ("clean", tmp_path / "a.jsonl"),
        ("screen", tmp_path / "a.jsonl", "--policy", "amazon-main"),
        ("screen", photo, "--policy", tmp_path / "p.yaml"),
        ("screen", photo, "--policy", tmp_path / "zero.yaml"),
        ("duplicates", photo, "--owners", tmp_path / "a.csv"),
        ("search", "index", photo, "--table", tmp_path / "a.csv", "--index", tmp_path / "index"),
    ):
        result = run_packshot(*command, check=2)
        assert "a pipe or a device, not a file" in result.stderr, command
    result = run_packshot("assess", tmp_path / "a.csv", "-f", "csv", check=1)
    assert [row["error"] for row in csv.DictReader(io.StringIO(result.stdout))] == [
        "is not a regular file"
    ]
