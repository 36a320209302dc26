"""Feeds and policies that are small, or plausible, and cost a reader minutes, gigabytes or its run."""

from __future__ import annotations

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PHOTO = "photo.jpg"
OTHER = "other.jpg"
"""A second one, as a list that names a photo twice has it assessed once."""
"""The photo beside a feed that its rows name."""


@dataclass(frozen=True)
class Feed:
    """A hostile table of photos.

    Attributes:
        name: Of its file.
        write: Writes it to a path.
        rows: Photos that it names, each to become a row; None where nobody could say. To refuse the
            whole feed, in one line, is right for any.
        commands: What it is given to, by name.
    """

    name: str
    write: Callable[[Path], object]
    rows: int | None = None
    commands: tuple[str, ...] = ("audit",)


@dataclass(frozen=True)
class PolicyFile:
    """A file that is no policy, and must be refused in one line."""

    name: str
    write: Callable[[Path], object]


def _text(text: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return lambda path: path.write_bytes(text.encode(encoding, "surrogatepass"))


def _packed(pieces: Mapping[bytes, int]) -> Callable[[Path], object]:
    """A gzip of pieces, each as often as said."""

    def write(path: Path) -> None:
        with gzip.GzipFile(path, "wb", compresslevel=9, mtime=0) as file:
            for piece, times in pieces.items():
                together = max(1, 2**20 // len(piece))
                for _ in range(times // together):
                    file.write(piece * together)
                file.write(piece * (times % together))

    return write


_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _relations(**targets: str) -> str:
    entries = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets.items(), start=1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{entries}</Relationships>'


def _row(number: int, text: str) -> str:
    cell = f'<c r="A{number}" t="inlineStr"><is><t>{text}</t></is></c>'
    return f'<row r="{number}">{cell}</row>'


def workbook(*, second_row: int = 2, cell_formats: int = 1, texts: int = 0) -> bytes:
    """An XLSX of a column ``image`` and one photo.

    Args:
        second_row: The number that the photo's row claims.
        cell_formats: Styles of cells, all the same.
        texts: Empty texts in the part that all cells share.
    """
    rows = _row(1, "image") + _row(second_row, PHOTO)
    sheet = f"<worksheet {_MAIN}><sheetData>{rows}</sheetData></worksheet>"
    styles = (
        f"<styleSheet {_MAIN}><fonts><font/></fonts><fills><fill><patternFill/></fill></fills>"
        "<borders><border/></borders>"
        f"<cellStyleXfs><xf/></cellStyleXfs><cellXfs>{'<xf/>' * cell_formats}</cellXfs></styleSheet>"
    )
    book = (
        f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>"
    )
    inside = _relations(
        worksheet="worksheets/sheet1.xml", styles="styles.xml", sharedStrings="sharedStrings.xml"
    )
    return _zipped(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _relations(officeDocument="xl/workbook.xml"),
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": inside,
            "xl/worksheets/sheet1.xml": sheet,
            "xl/styles.xml": styles,
            "xl/sharedStrings.xml": f"<sst {_MAIN}>{'<si/>' * texts}</sst>",
        }
    )


def _zipped(parts: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def with_false_size(
    archive: bytes, name: str, *, packed: int | None = None, size: int | None = None
) -> bytes:
    """A ZIP whose table of contents lies about the size of a part, packed or unpacked."""
    changed, encoded = bytearray(archive), name.encode()
    entry = archive.rfind(encoded) - 46
    if archive[entry : entry + 4] != b"PK\x01\x02":
        raise ValueError(f"{name} is no part of the archive")
    for value, place in ((packed, entry + 20), (size, entry + 24)):
        if value is not None:
            changed[place : place + 4] = struct.pack("<I", value)
    return bytes(changed)


def _workbook(**options: int) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(workbook(**options))


def _lying_workbook(**sizes: int) -> Callable[[Path], object]:
    """Sixty million styles, whose part says that it is packed hardly at all, or small."""

    def write(path: Path) -> None:
        whole = workbook(cell_formats=60_000_000)
        path.write_bytes(with_false_size(whole, "xl/styles.xml", **sizes))

    return write


def _parquet_of_one_long_text(path: Path) -> None:
    """A thousand rows that all mean the same entry of 8 million letters in the dictionary."""
    import pyarrow as pa
    from pyarrow import parquet

    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), ["a" * 8_000_000])
    parquet.write_table(
        pa.table({"image": column}),
        path,
        compression="zstd",
        store_schema=False,
        write_statistics=False,
        dictionary_pagesize_limit=2**30,
    )


def _parquet_that_is_no_text(path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    content = pa.array([b"caf\xe9.jpg", PHOTO.encode()], pa.binary())
    column = pa.Array.from_buffers(pa.string(), len(content), content.buffers())
    parquet.write_table(pa.table({"image": column}), path)


def _xml(encoding: str, written: str | None = None) -> Callable[[Path], object]:
    item = f"<rss><channel><item><image_link>{PHOTO}</image_link></item></channel></rss>"
    return _text(f'<?xml version="1.0" encoding="{encoding}"?>{item}', written or "ascii")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link_to(target: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(target)


_NESTED = 100_000
_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))

FEEDS: tuple[Feed, ...] = (
    Feed("row-number.xlsx", _workbook(second_row=2_000_000_000), rows=1),
    Feed("styles.xlsx", _workbook(cell_formats=6_000_000), rows=1),
    Feed("texts.xlsx", _workbook(texts=6_000_000), rows=1),
    Feed("false-packed-size.xlsx", _lying_workbook(packed=100_000_000), rows=1),
    Feed("false-size.xlsx", _lying_workbook(size=1000), rows=1),
    Feed("dictionary.parquet", _parquet_of_one_long_text),
    Feed("no-utf-8.parquet", _parquet_that_is_no_text, rows=2),
    Feed("long-field.csv", _text(f"image,text\n{PHOTO},{'a' * 200_000}\n{PHOTO},b\n"), rows=2),
    Feed("long-line.csv", _text(f"image,text\n{PHOTO},{'a' * 20_000_000}\n"), rows=1),
    Feed("open-quote.csv", _text(f'image,text\n{PHOTO},"' + "a,b\n" * 5_000_000)),
    Feed("no-text.csv", lambda path: path.write_bytes(bytes(100_000))),
    Feed("unknown-encoding.xml", _xml("x-nothing"), rows=1),
    Feed("utf-7.xml", _xml("utf-7"), rows=1),
    Feed("rot13.xml", _xml("rot13"), rows=1),
    Feed("utf-32.xml", _xml("utf-32", "utf-32"), rows=1),
    Feed("false-encoding.xml", _xml("utf-16"), rows=1),
    Feed("entities.xml", _text(f'<!DOCTYPE r [<!ENTITY e0 "a">{_ENTITIES}]><r><item>&e9;</item></r>')),
    Feed("nested.xml", _text("<item>" * _NESTED + "</item>" * _NESTED)),
    Feed("nested.jsonl", _text('{"image": ' + "[" * _NESTED + "]" * _NESTED + "}\n"), rows=1),
    Feed("half-letter.jsonl", _text('{"image": "\\ud800.jpg"}\n{"image": "photo.jpg"}\n'), rows=2),
    Feed("half-letter-address.jsonl", _text('{"image": "http://127.0.0.1/\\ud800.jpg"}\n'), rows=1),
    Feed(
        "large-number.jsonl",
        _text('{"image": "photo.jpg", "sku": 1e999, "id": ' + "9" * 5000 + "}\n"),
        rows=1,
    ),
    Feed("blank-lines.csv.gz", _packed({b"\n": 64 * 2**20})),
    Feed("blank-lines.jsonl.gz", _packed({b"\n": 64 * 2**20})),
    Feed("one-line.csv.gz", _packed({b"a": 2**30})),
    Feed("one-line.xml.gz", _packed({b"<r>": 1, b" ": 2**30})),
    Feed("empty-cells.csv", _text(f"path,text\n{PHOTO},a\n,b\n{OTHER},c\n"), 3, ("audit", "assess")),
    Feed(
        "address-among-paths.csv",
        _text(f"path,text\n{PHOTO},a\nhttps://127.0.0.1/a.jpg,b\n{OTHER},c\n"),
        3,
        ("audit", "assess"),
    ),
    Feed("endless.csv", _link_to("/dev/zero"), commands=("audit", "assess")),
    Feed("pipe.csv", _pipe, commands=("audit", "assess")),
)
"""Hostile tables of photos."""

POLICIES: tuple[PolicyFile, ...] = (
    PolicyFile("pipe.yaml", _pipe),
    PolicyFile("endless.yaml", _link_to("/dev/zero")),
    PolicyFile("folder.yaml", lambda path: path.mkdir()),
    PolicyFile("large.yaml", _text("a: b\n" * 2_000_000)),
    PolicyFile("no-utf-8.yaml", lambda path: path.write_bytes(b"policy: caf\xe9\n")),
    PolicyFile("no-text.yaml", lambda path: path.write_bytes(bytes(1000))),
    PolicyFile("nested.yaml", _text("[" * 50_000)),
    PolicyFile(
        "aliases.yaml",
        _text("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 12))),
    ),
    PolicyFile("itself.yaml", _text("policy: itself\nextends: [itself.yaml]\n")),
)
"""What a user might name as a policy, by mistake or worse."""
