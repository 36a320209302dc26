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

PHOTO_NAME = "photo.jpg"
OTHER_PHOTO_NAME = "other.jpg"
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


def _make_text_writer(text: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return lambda path: path.write_bytes(text.encode(encoding, "surrogatepass"))


def _make_gzip_writer(pieces: Mapping[bytes, int]) -> Callable[[Path], object]:
    """A gzip of pieces, each as often as said."""

    def write(path: Path) -> None:
        with gzip.GzipFile(path, "wb", compresslevel=9, mtime=0) as file:
            for piece, times in pieces.items():
                pieces_per_write = max(1, 2**20 // len(piece))
                for _ in range(times // pieces_per_write):
                    file.write(piece * pieces_per_write)
                file.write(piece * (times % pieces_per_write))

    return write


_CONTENT_TYPES = (
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
_OFFICE_NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN_NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _make_relations(**targets: str) -> str:
    entries = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE_NAMESPACE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets.items(), start=1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{entries}</Relationships>'


def _make_row(number: int, text: str) -> str:
    cell = f'<c r="A{number}" t="inlineStr"><is><t>{text}</t></is></c>'
    return f'<row r="{number}">{cell}</row>'


def make_workbook(*, second_row: int = 2, cell_formats: int = 1, texts: int = 0) -> bytes:
    """An XLSX of a column ``image`` and one photo.

    Args:
        second_row: The number that the photo's row claims.
        cell_formats: Styles of cells, all the same.
        texts: Empty texts in the part that all cells share.
    """
    rows = _make_row(1, "image") + _make_row(second_row, PHOTO_NAME)
    sheet = f"<worksheet {_MAIN_NAMESPACE}><sheetData>{rows}</sheetData></worksheet>"
    styles = (
        f"<styleSheet {_MAIN_NAMESPACE}><fonts><font/></fonts><fills><fill><patternFill/></fill></fills>"
        "<borders><border/></borders>"
        f"<cellStyleXfs><xf/></cellStyleXfs><cellXfs>{'<xf/>' * cell_formats}</cellXfs></styleSheet>"
    )
    book = (
        f'<workbook {_MAIN_NAMESPACE} xmlns:r="{_OFFICE_NAMESPACE}">'
        '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>"
    )
    workbook_relations = _make_relations(
        worksheet="worksheets/sheet1.xml", styles="styles.xml", sharedStrings="sharedStrings.xml"
    )
    return _make_zip(
        {
            "[Content_Types].xml": _CONTENT_TYPES,
            "_rels/.rels": _make_relations(officeDocument="xl/workbook.xml"),
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": workbook_relations,
            "xl/worksheets/sheet1.xml": sheet,
            "xl/styles.xml": styles,
            "xl/sharedStrings.xml": f"<sst {_MAIN_NAMESPACE}>{'<si/>' * texts}</sst>",
        }
    )


def _make_zip(parts: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def forge_size(
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


def _make_workbook_writer(**options: int) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(make_workbook(**options))


def _make_false_workbook_writer(**sizes: int) -> Callable[[Path], object]:
    """Sixty million styles, whose part says that it is packed hardly at all, or small."""

    def write(path: Path) -> None:
        archive = make_workbook(cell_formats=60_000_000)
        path.write_bytes(forge_size(archive, "xl/styles.xml", **sizes))

    return write


def _write_long_text_parquet(path: Path) -> None:
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


def _write_binary_parquet(path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    content = pa.array([b"caf\xe9.jpg", PHOTO_NAME.encode()], pa.binary())
    column = pa.Array.from_buffers(pa.string(), len(content), content.buffers())
    parquet.write_table(pa.table({"image": column}), path)


def _make_xml_writer(encoding: str, actual_encoding: str | None = None) -> Callable[[Path], object]:
    item = f"<rss><channel><item><image_link>{PHOTO_NAME}</image_link></item></channel></rss>"
    return _make_text_writer(
        f'<?xml version="1.0" encoding="{encoding}"?>{item}', actual_encoding or "ascii"
    )


def _make_pipe(path: Path) -> None:
    os.mkfifo(path)


def _make_link_writer(target: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(target)


_NESTING_DEPTH = 100_000
_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))

FEEDS: tuple[Feed, ...] = (
    Feed("row-number.xlsx", _make_workbook_writer(second_row=2_000_000_000), rows=1),
    Feed("styles.xlsx", _make_workbook_writer(cell_formats=6_000_000), rows=1),
    Feed("texts.xlsx", _make_workbook_writer(texts=6_000_000), rows=1),
    Feed("false-packed-size.xlsx", _make_false_workbook_writer(packed=100_000_000), rows=1),
    Feed("false-size.xlsx", _make_false_workbook_writer(size=1000), rows=1),
    Feed("dictionary.parquet", _write_long_text_parquet),
    Feed("no-utf-8.parquet", _write_binary_parquet, rows=2),
    Feed(
        "long-field.csv",
        _make_text_writer(f"image,text\n{PHOTO_NAME},{'a' * 200_000}\n{PHOTO_NAME},b\n"),
        rows=2,
    ),
    Feed("long-line.csv", _make_text_writer(f"image,text\n{PHOTO_NAME},{'a' * 20_000_000}\n"), rows=1),
    Feed("open-quote.csv", _make_text_writer(f'image,text\n{PHOTO_NAME},"' + "a,b\n" * 5_000_000)),
    Feed("no-text.csv", lambda path: path.write_bytes(bytes(100_000))),
    Feed("unknown-encoding.xml", _make_xml_writer("x-nothing"), rows=1),
    Feed("utf-7.xml", _make_xml_writer("utf-7"), rows=1),
    Feed("rot13.xml", _make_xml_writer("rot13"), rows=1),
    Feed("utf-32.xml", _make_xml_writer("utf-32", "utf-32"), rows=1),
    Feed("false-encoding.xml", _make_xml_writer("utf-16"), rows=1),
    Feed(
        "entities.xml",
        _make_text_writer(f'<!DOCTYPE r [<!ENTITY e0 "a">{_ENTITIES}]><r><item>&e9;</item></r>'),
    ),
    Feed("nested.xml", _make_text_writer("<item>" * _NESTING_DEPTH + "</item>" * _NESTING_DEPTH)),
    Feed(
        "nested.jsonl",
        _make_text_writer('{"image": ' + "[" * _NESTING_DEPTH + "]" * _NESTING_DEPTH + "}\n"),
        rows=1,
    ),
    Feed(
        "half-letter.jsonl",
        _make_text_writer('{"image": "\\ud800.jpg"}\n{"image": "photo.jpg"}\n'),
        rows=2,
    ),
    Feed(
        "half-letter-address.jsonl",
        _make_text_writer('{"image": "http://127.0.0.1/\\ud800.jpg"}\n'),
        rows=1,
    ),
    Feed(
        "large-number.jsonl",
        _make_text_writer('{"image": "photo.jpg", "sku": 1e999, "id": ' + "9" * 5000 + "}\n"),
        rows=1,
    ),
    Feed("blank-lines.csv.gz", _make_gzip_writer({b"\n": 64 * 2**20})),
    Feed("blank-lines.jsonl.gz", _make_gzip_writer({b"\n": 64 * 2**20})),
    Feed("one-line.csv.gz", _make_gzip_writer({b"a": 2**30})),
    Feed("one-line.xml.gz", _make_gzip_writer({b"<r>": 1, b" ": 2**30})),
    Feed(
        "empty-cells.csv",
        _make_text_writer(f"path,text\n{PHOTO_NAME},a\n,b\n{OTHER_PHOTO_NAME},c\n"),
        3,
        ("audit", "assess"),
    ),
    Feed(
        "address-among-paths.csv",
        _make_text_writer(
            f"path,text\n{PHOTO_NAME},a\nhttps://127.0.0.1/a.jpg,b\n{OTHER_PHOTO_NAME},c\n"
        ),
        3,
        ("audit", "assess"),
    ),
    Feed("endless.csv", _make_link_writer("/dev/zero"), commands=("audit", "assess")),
    Feed("pipe.csv", _make_pipe, commands=("audit", "assess")),
)
"""Hostile tables of photos."""

POLICIES: tuple[PolicyFile, ...] = (
    PolicyFile("pipe.yaml", _make_pipe),
    PolicyFile("endless.yaml", _make_link_writer("/dev/zero")),
    PolicyFile("folder.yaml", lambda path: path.mkdir()),
    PolicyFile("large.yaml", _make_text_writer("a: b\n" * 2_000_000)),
    PolicyFile("no-utf-8.yaml", lambda path: path.write_bytes(b"policy: caf\xe9\n")),
    PolicyFile("no-text.yaml", lambda path: path.write_bytes(bytes(1000))),
    PolicyFile("nested.yaml", _make_text_writer("[" * 50_000)),
    PolicyFile(
        "aliases.yaml",
        _make_text_writer(
            "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 12))
        ),
    ),
    PolicyFile("itself.yaml", _make_text_writer("policy: itself\nextends: [itself.yaml]\n")),
)
"""What a user might name as a policy, by mistake or worse."""
