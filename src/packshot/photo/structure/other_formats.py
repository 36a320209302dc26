"""The names of formats that do not open, by how their files begin."""

from __future__ import annotations

import codecs
import re

_Marks = tuple[tuple[int, bytes, str], ...]
_PICTURES: _Marks = (
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"\xff\xd8\xff\xf7", "JPEG-LS"),
    (0, b"II\xbc", "JPEG XR"),
    (0, b"8BPS\0\1", "a Photoshop document (PSD)"),
    (0, b"8BPS\0\2", "a large Photoshop document (PSB)"),
    (0, b"8BPS", "a Photoshop document (PSD)"),
    (0, b"gimp xcf", "a GIMP document (XCF)"),
    (0, b"KRITA", "a Krita document"),
    (0, b"AFFT", "an Affinity document"),
    (0, b"\0\xffKA", "an Affinity document"),
    (0, b"%PDF", "a PDF"),
    (0, b"%!PS", "PostScript (EPS)"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript (EPS)"),
    (0, b"FUJIFILMCCD-RAW", "a camera's raw file (RAF)"),
    (0, b"IIRO", "a camera's raw file (ORF)"),
    (0, b"IIRS", "a camera's raw file (ORF)"),
    (0, b"MMOR", "a camera's raw file (ORF)"),
    (0, b"IIU\0", "a camera's raw file (RW2)"),
    (0, b"FOVb", "a camera's raw file (X3F)"),
    (0, b"\0MRM", "a camera's raw file (MRW)"),
    (6, b"HEAPCCDR", "a camera's raw file (CRW)"),
    (0, b"ARRI", "a camera's raw file (ARI)"),
    (0, b"\0\0\1\0", "an icon (ICO)"),
    (0, b"\0\0\2\0", "a cursor (CUR)"),
    (0, b"icns", "an icon (ICNS)"),
    (0, b"qoif", "QOI"),
    (0, b"farbfeld", "farbfeld"),
    (0, b"FLIF", "FLIF"),
    (0, b"BPG\xfb", "BPG"),
    (0, b"DDS ", "a texture (DDS)"),
    (0, b"\xabKTX ", "a texture (KTX)"),
    (0, b"v/1\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"#?RGBE", "Radiance HDR"),
    (0, b"SDPX", "DPX"),
    (0, b"XPDS", "DPX"),
    (0, b"SIMPLE  =", "FITS"),
    (128, b"DICM", "DICOM"),
    (0, b"\xd7\xcd\xc6\x9a", "a Windows metafile (WMF)"),
    (40, b" EMF", "a Windows metafile (EMF)"),
    (0, b"AT&TFORM", "DjVu"),
    (0, b"\x8bJNG\r\n", "JNG"),
    (0, b"\x8aMNG\r\n", "MNG"),
    (0, b"\x0a\x05\x01\x08", "PCX"),
    (0, b"\x01\xda", "SGI"),
    (0, b"\x59\xa6\x6a\x95", "Sun raster"),
)
"""Of what holds pictures: where a format's mark stands, the mark, and what to call it; the first that
fits counts."""
_OTHERS: _Marks = (
    (0, b"\x1aE\xdf\xa3", "a film (Matroska or WebM)"),
    (0, b"FLV\1", "a film (FLV)"),
    (0, b"\0\0\1\xba", "a film (MPEG)"),
    (0, b"\0\0\1\xb3", "a film (MPEG)"),
    (8, b"AVI LIST", "a film (AVI)"),
    (8, b"WAVE", "a sound (WAV)"),
    (0, b"ID3", "a sound (MP3)"),
    (0, b"OggS", "a sound or film (Ogg)"),
    (0, b"PK\3\4", "a ZIP archive, or a document that is one"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ", "an xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (0, b"SQLite format 3", "an SQLite database"),
    (0, b"PAR1", "a Parquet table"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
    (0, b"RIFF", "RIFF of another kind than WebP"),
)
"""The same of what holds none, or more than one."""
_BRANDS = (
    (b"crx ", "a camera's raw file (CR3)"),
    (b"jxl ", "JPEG XL"),
    (b"jp2 ", "JPEG 2000"),
    (b"mif2", "HEIF of a kind that is not read"),
    (b"mif1", "HEIF of a kind that is not read"),
    (b"qt  ", "a film (QuickTime)"),
)
"""Of the box ``ftyp`` (ISO/IEC 14496-12), the major one."""
_SVG_NAME, _NETPBM_NAME = "SVG", "Netpbm (PPM, PGM, PBM)"
PICTURE_FORMATS = frozenset(
    (_SVG_NAME, _NETPBM_NAME, *(name for _, _, name in _PICTURES), *(name for _, name in _BRANDS[:-1]))
)
"""Names of what holds a picture, which can be exported."""
_NETPBM = re.compile(rb"P[1-7fF][\s#]")
_SVG = re.compile(r"<svg[\s>/]|<!DOCTYPE svg", re.IGNORECASE)
_HTML = re.compile(r"(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)", re.IGNORECASE | re.DOTALL)
_HEAD_BYTES = 4096
"""Bytes in which the beginning of a text is looked at. A judgement: before its first element an SVG has
a few lines, a licence at most."""
_CONTROLS = re.compile(r"[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]")


def name_other_format(data: bytes) -> str | None:
    """Name the format of a file that does not open; None for what is not known.

    Example:
        >>> name_other_format(b"%PDF-1.7"), name_other_format(b"8BPS" + bytes((0, 1)))
        ('a PDF', 'a Photoshop document (PSD)')
        >>> name_other_format(b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')
        'SVG'
    """
    head = data[:_HEAD_BYTES]
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return next((name for known, name in _BRANDS if brand == known), "a film (MP4) or its like")
    marks = (name for at, mark, name in (*_PICTURES, *_OTHERS) if head[at : at + len(mark)] == mark)
    return next(marks, None) or _name_text(head)


def _name_text(head: bytes) -> str | None:
    """Name what consists of letters: SVG, a page of a website, and so on."""
    if _NETPBM.match(head):
        return _NETPBM_NAME
    text = _decode_text(head).lstrip()
    if not text:
        return None
    if _HTML.match(text):
        return "HTML, a page of a website"
    if text.startswith("<"):
        return _SVG_NAME if _SVG.search(text) else "XML"
    return "JSON" if text[0] in "{[" else "text"


def _decode_text(head: bytes) -> str:
    """Decode text of UTF-8, or of UTF-16 with its mark; nothing of what is none."""
    is_wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    decoder = codecs.getincrementaldecoder("utf-16" if is_wide else "utf-8-sig")()
    try:
        text = decoder.decode(head)  # The last letter may be cut.
    except UnicodeDecodeError:
        return ""
    return "" if _CONTROLS.search(text) else text
