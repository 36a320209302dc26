"""What it costs to be sent a bomb: small tables that would fill the memory, or never end.

Each is written, then read by a process of its own. The columns of ``results/feed_bombs.csv``: ``reader``
and ``bomb``; ``file_bytes``; ``outcome``, how many rows came, or the error; ``seconds`` of reading;
``peak_mb``, the largest resident memory of that process, of which ``idle_mb`` is there before anything
is read.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow
from pyarrow import parquet

from benchmarks.support.record import write_results

TIME_LIMIT_S = 120
_READ_SCRIPT = """
import json, sys, time
from pathlib import Path
from packshot.errors import PackshotError
from packshot.policy import load_policy
from packshot.sources import read_feed, read_rows
import pyarrow.parquet, openpyxl, defusedxml

def megabytes():
    # The resource module would tell the parent's peak where that is higher.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(round(int(line.split()[1]) / 1024) for line in lines if line.startswith("VmHWM"))

idle, begun = megabytes(), time.monotonic()
how, place = sys.argv[1:]
try:
    if how == "policy":
        load_policy(place)
        outcome = "read"
    else:
        rows = read_feed(place) if how == "feed" else read_rows(Path(place))
        outcome = f"{sum(1 for _ in rows):,} rows"
except PackshotError as error:
    outcome = " ".join(str(error).replace(place, Path(place).name).split())
seconds = round(time.monotonic() - begun, 2)
told = {"outcome": outcome[:160], "seconds": seconds, "peak_mb": megabytes(), "idle_mb": idle}
print(json.dumps(told))
"""

_RELATIONS = "xl/_rels/workbook.xml.rels"
_SHARED_STRINGS_TYPE = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
)
_SHARED_STRINGS_RELATION = (
    f'<Relationship Id="rIdTexts" Type="{_SHARED_STRINGS_TYPE}" Target="sharedStrings.xml"/>'
)
BombContent = bytes | Callable[[Path], None]


def make_csv_bombs() -> Iterator[tuple[str, str, BombContent]]:
    """Text in rows."""
    yield "a line of 256 MB", "feed.csv", lambda path: path.write_bytes(b"x" * 2**28) and None
    yield "a quotation mark that is never closed", "feed.csv", b'path\n"' + b"a.jpg\n" * 10_000_000
    yield "a cell of 1 MB in each of 20 rows", "feed.csv", _make_long_cells()
    yield "4 million cells in a row", "feed.csv", b"path\n" + b"a," * 2_000_000 + b"\n"
    yield "2 million columns", "feed.csv", b"path," + b"b," * 2_000_000 + b"\na.jpg\n" * 1000
    yield "30 million blank lines", "feed.csv", b"path\n" + b"\n" * 30_000_000
    yield "64 MB of blank lines in gzip", "feed.csv.gz", gzip.compress(b"path\n" + b"\n" * 2**26)
    yield "1 GB of zeros in gzip", "feed.csv.gz", _compress_zeros(2**30)
    yield "a device without end", "feed.csv", lambda path: path.symlink_to("/dev/zero")
    yield "a pipe that nobody writes to", "feed.csv", lambda path: os.mkfifo(path)


def make_json_bombs() -> Iterator[tuple[str, str, BombContent]]:
    """An object a line."""
    yield "nested 900 deep", "feed.jsonl", b'{"path":' + b"[" * 900 + b"]" * 900 + b"}\n"
    yield "nested 2 million deep", "feed.jsonl", b'{"path":' + b"[" * 2_000_000
    yield "a line of 256 MB", "feed.jsonl", lambda path: path.write_bytes(b"[" * 2**28) and None
    yield "100 lines of 100 000 keys", "feed.jsonl", _make_keys(100_000) * 100
    yield "a million lists in a line", "feed.jsonl", b'{"path":[' + b"[]," * 1_300_000 + b"1]}\n"
    yield "64 MB of blank lines in gzip", "feed.jsonl.gz", gzip.compress(b"\n" * 2**26)


def make_xml_bombs() -> Iterator[tuple[str, str, BombContent]]:
    """Elements."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<!DOCTYPE r [<!ENTITY e0 "ha">{entities}]><r><item>&e9;</item></r>'
    yield "a billion laughs", "feed.xml", laughs.encode()
    yield "nested a million deep", "feed.xml", b"<r>" + b"<a>" * 1_000_000
    yield (
        "an entry of a million elements",
        "feed.xml",
        b"<r><item>" + b"<a/>" * 1_000_000 + b"</item></r>",
    )
    yield "an attribute of 256 MB", "feed.xml", b"<r a='" + b"x" * 2**28
    yield "elements that are no entries", "feed.xml", b"<r>" + b"<a/>" * 30_000_000
    junk = b"<item><path>a.jpg</path></item>" + b"<a/>" * 500_000
    yield "elements between entries", "feed.xml", b"<r>" + junk * 5 + b"</r>"


def _make_keys(count: int) -> bytes:
    return json.dumps({f"key{number}": {"a": []} for number in range(count)}).encode() + b"\n"


def _make_long_cells() -> bytes:
    return b"path,note\n" + b"".join(b"a.jpg," + b"x" * 1_000_000 + b"\n" for _ in range(20))


def _compress_zeros(size: int) -> bytes:
    file = io.BytesIO()
    with gzip.open(file, "wb") as packed:
        for _ in range(size // 2**20):
            packed.write(bytes(2**20))
    return file.getvalue()


def make_xlsx_bombs() -> Iterator[tuple[str, str, BombContent]]:
    """Workbooks."""
    sheet = "<worksheet><sheetData>{}</sheetData></worksheet>"
    cell = '<c r="{}" t="inlineStr"><is><t>path</t></is></c>'
    far = f'<row r="1">{cell.format("A1")}</row><row r="{{}}">{cell.format("A2")}</row>'
    yield (
        "a row of the number 2 000 000 000",
        "feed.xlsx",
        _make_workbook(sheet.format(far.format(2_000_000_000))),
    )
    yield (
        "a row of the number 1 048 576",
        "feed.xlsx",
        _make_workbook(sheet.format(far.format(1_048_576))),
    )
    last = f"<row>{cell.format('A1')}</row>" + f"<row>{cell.format('XFD1')}</row>" * 100_000
    yield "100 000 rows with the last column alone", "feed.xlsx", _make_workbook(sheet.format(last))
    yield (
        "2 million cells in a row",
        "feed.xlsx",
        _make_workbook(sheet.format(f"<row>{'<c/>' * 2_000_000}</row>")),
    )
    yield (
        "an inline text of 64 MB",
        "feed.xlsx",
        _make_workbook(sheet.format(f"<row><c><is><t>{'x' * 2**26}")),
    )
    styles = f"<styleSheet><cellXfs>{'<xf/>' * 6_000_000}</cellXfs></styleSheet>"
    yield "6 million styles", "feed.xlsx", _make_workbook(sheet.format(""), {"styles": styles})
    texts = f"<sst>{'<si/>' * 50_000_000}</sst>"
    yield (
        "50 million shared texts",
        "feed.xlsx",
        _make_workbook(sheet.format(""), {"sharedStrings": texts}),
    )
    words = f"<sst>{'<si><t>ab</t></si>' * 400_000}</sst>"
    yield (
        "400 000 shared texts",
        "feed.xlsx",
        _make_workbook(sheet.format(far.format(2)), {"sharedStrings": words}),
    )
    long = _make_workbook(sheet.format(f"<row><c><is><t>{'x' * 2**28}"))
    yield "a false size of what is compressed", "feed.xlsx", _forge_sizes(long, packed=2**27)
    yield "a false size of what comes out", "feed.xlsx", _forge_sizes(long, unpacked=100)
    yield "an archive of 100 000 parts", "feed.xlsx", _make_many_parts(100_000)


def _make_workbook(sheet: str, more: dict[str, str] | None = None) -> bytes:
    """A workbook of one sheet, with other parts by their kinds."""
    stream, parts = io.BytesIO(), zipfile.ZipFile(_make_plain_workbook())
    changed = {f"xl/{kind}.xml": content for kind, content in (more or {}).items()}
    changed["xl/worksheets/sheet1.xml"] = sheet
    relations = parts.read(_RELATIONS).decode()
    if "sharedStrings" not in relations:
        changed[_RELATIONS] = relations.replace(
            "</Relationships>", f"{_SHARED_STRINGS_RELATION}</Relationships>"
        )
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name in {**dict.fromkeys(parts.namelist()), **changed}:
            file.writestr(name, changed[name] if name in changed else parts.read(name))
    return stream.getvalue()


def _make_plain_workbook() -> io.BytesIO:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["path"])
    book.save(file)
    return file


def _forge_sizes(book: bytes, packed: int | None = None, unpacked: int | None = None) -> bytes:
    """A workbook whose directory tells other sizes of its sheet."""
    found = book.rindex(b"xl/worksheets/sheet1.xml") - 46
    entry = bytearray(book[found : found + 46])
    if packed is not None:
        entry[20:24] = packed.to_bytes(4, "little")
    if unpacked is not None:
        entry[24:28] = unpacked.to_bytes(4, "little")
    return book[:found] + bytes(entry) + book[found + 46 :]


def _make_many_parts(count: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        for number in range(count):
            parts.writestr(f"a{number}", b"")
    return file.getvalue()


def make_parquet_bombs() -> Iterator[tuple[str, str, BombContent]]:
    """Columns."""
    word = pyarrow.array(["x" * 2**20])
    few = pyarrow.DictionaryArray.from_arrays(np.zeros(6000, np.int32), word)
    yield "6000 rows of one word of 1 MB", "feed.parquet", _encode_columns(path=few)
    many = pyarrow.DictionaryArray.from_arrays(np.zeros(2_000_000, np.int32), word)
    yield "2 million rows of one word of 1 MB", "feed.parquet", _encode_columns(path=many)
    wide = {
        f"image_{n}": pyarrow.DictionaryArray.from_arrays(np.zeros(100_000, np.int32), word)
        for n in range(20)
    }
    yield "20 columns of 100 000 rows of such a word", "feed.parquet", _encode_columns(**wide)
    yield "a word of 256 MB", "feed.parquet", _encode_columns(path=pyarrow.array(["x" * 2**28]))
    repeated = ["x" * 2**20] * 2000
    prefixed = _encode_columns({"path": "DELTA_BYTE_ARRAY"}, path=pyarrow.array(repeated))
    yield "2000 rows that repeat the one before", "feed.parquet", prefixed
    listed = pyarrow.ListArray.from_arrays([0, 20_000_000], pyarrow.array(["a"] * 20_000_000))
    yield "a list of 20 million entries", "feed.parquet", _encode_columns(images=listed)
    yield (
        "100 million empty rows",
        "feed.parquet",
        _encode_columns(path=pyarrow.nulls(100_000_000, pyarrow.string())),
    )


def _encode_columns(encoding: dict[str, str] | None = None, **columns: pyarrow.Array) -> bytes:
    file = io.BytesIO()
    options = {"use_dictionary": False, "column_encoding": encoding} if encoding else {}
    parquet.write_table(
        pyarrow.table(columns), file, compression="zstd", write_statistics=False, **options
    )
    return file.getvalue()


def make_table_bombs() -> Iterator[tuple[str, str, BombContent]]:
    """Return what is read into memory as a whole."""
    yield "2 million columns and 1000 rows", "table.csv", b"path" + b",b" * 2_000_000 + b"\na" * 1000
    yield "30 million rows", "table.csv", b"path\n" + b"a\n" * 30_000_000
    yield "a device without end", "table.csv", lambda path: path.symlink_to("/dev/zero")


def make_policy_bombs() -> Iterator[tuple[str, str, BombContent]]:
    """YAML."""
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    yield "aliases of aliases", "p.yaml", "\n".join(["a0: &a0 [x]", *lines]).encode()
    yield "nested a million deep", "p.yaml", b"[" * 999_000
    yield "a million bytes of keys", "p.yaml", b"\n".join(b"k%d: 1" % n for n in range(90_000))
    yield "a device without end", "p.yaml", lambda path: path.symlink_to("/dev/zero")
    yield "a pipe that nobody writes to", "p.yaml", lambda path: os.mkfifo(path)


BOMBS = {
    "CSV": ("feed", make_csv_bombs),
    "JSON lines": ("feed", make_json_bombs),
    "XML": ("feed", make_xml_bombs),
    "XLSX": ("feed", make_xlsx_bombs),
    "Parquet": ("feed", make_parquet_bombs),
    "table of a user": ("table", make_table_bombs),
    "policy": ("policy", make_policy_bombs),
}


def main() -> None:
    """Measure all bombs and write the table."""
    rows = []
    for reader, (reader_kind, bombs) in BOMBS.items():
        for bomb, name, content in bombs():
            with tempfile.TemporaryDirectory() as folder:
                rows.append(
                    {
                        "reader": reader,
                        "bomb": bomb,
                        **_measure(reader_kind, Path(folder, name), content),
                    }
                )
            print(rows[-1], flush=True)
    write_results("feed_bombs", rows)


def _measure(reader_kind: str, path: Path, content: BombContent) -> dict[str, object]:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)
    size = path.stat().st_size if path.is_file() else 0
    try:
        completed = subprocess.run(
            [sys.executable, "-c", _READ_SCRIPT, reader_kind, str(path)],
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return {
            "file_bytes": size,
            "outcome": f"not done after {TIME_LIMIT_S} s",
            "seconds": TIME_LIMIT_S,
        }
    if completed.returncode:
        last = (completed.stderr.strip() or f"ended by signal {-completed.returncode}").splitlines()[-1]
        return {"file_bytes": size, "outcome": f"traceback: {last}"[:160]}
    return {"file_bytes": size, **json.loads(completed.stdout)}


if __name__ == "__main__":
    main()
