"""The segments of a JPEG (ITU-T T.81, annex B), and whether its scans bring the whole picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from packshot.photo.structure.directories import MAGIC as TIFF_MAGIC
from packshot.photo.structure.outline import ExcessiveFile, IncompleteFile, Outline, check_count

MAGIC = b"\xff\xd8\xff"

_MARKER = re.compile(rb"\xff[^\x00\xff]")
# By the byte behind 0xFF: whether it restarts a scan, or ends it; a stuffed zero and fill do neither.
_RESTARTS_SCAN = np.zeros(256, bool)
_RESTARTS_SCAN[0xD0:0xD8] = True
_ENDS_SCAN = ~_RESTARTS_SCAN
_ENDS_SCAN[[0x00, 0xFF]] = False
_SEARCH_CHUNK_BYTES = 2**20
"""Bytes of picture data that are searched at a time; nothing but memory depends on it."""
_START, _END, _SCAN, _RESTARTS = 0xD8, 0xD9, 0xDA, 0xDD
_STANDALONE_MARKERS = frozenset((0x01, _START, *range(0xD0, 0xD8)))
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE_MARKERS = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
_ARITHMETIC_MARKERS = frozenset((0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
# What decoding needs: frames, tables, and the two that tell the colour space.
_KEPT_MARKERS = _FRAME_MARKERS | {0xC4, 0xCC, 0xDB, _RESTARTS, 0xE0, 0xEE}
_EXIF, _XMP, _PROFILE = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_COEFFICIENTS = 64
"""Of a block of 8 x 8 samples."""

_MAX_SEGMENTS = 2000
"""Segments of a file; one with more is refused. A profile of 16 MB takes 250; some scanners add a few of
their own."""
_MAX_FILL_BYTES = 65_536
"""Fill bytes of a file; one with more is refused. Cameras align segments with a few; what looks for a
marker one byte at a time takes 90 s for 250 MB of them."""
_MAX_SCANS = 100
_MAX_SCANNED_PIXELS = 16 * 120_000_000
"""Scans, and pixels of all scans, of a file; one with more is refused. Encoders write about 10 scans, 12
to 20 when they search for the best script. Each visits every block, also when it brings nothing.
Measured with libjpeg on one core of an Intel Xeon, 4 megapixels, 10 or 50 scans: 0.2 to 1.1 ns a pixel
and scan where they bring next to nothing, as in a small bomb, 5.2 for noise at quality 95. The most let
in, 16 scans of 120 megapixels, takes 2 s, or 10 s of the latter."""


@dataclass(frozen=True)
class FrameHeader:
    """The frame header.

    Attributes:
        code: Its marker's second byte: the process.
        bits: Of a sample.
        height: In pixels.
        width: In pixels.
        sampling: Horizontal and vertical factor of each component, by its identifier.

    Example:
        >>> header = _parse_frame_header(0xC0, bytes((8, 0, 60, 0, 80, 1, 1, 0x22, 0)))
        >>> header.width, header.height, header.largest_factors
        (80, 60, (2, 2))
    """

    code: int
    bits: int
    height: int
    width: int
    sampling: dict[int, tuple[int, int]]

    @property
    def largest_factors(self) -> tuple[int, int]:
        """Of any component, horizontal and vertical."""
        factors = self.sampling.values()
        return max(across for across, _ in factors), max(down for _, down in factors)


@dataclass(frozen=True)
class Scan:
    """A scan header.

    Attributes:
        components: Identifiers.
        first: Of the spectral band, 0..63.
        last: Of the spectral band, 0..63.
        shift: Bits of the coefficients that are still to come after this scan.
        interval: Units between restart markers; 0 for none.
        begin: Offset of its data.
        end: Offset behind its data.
        restarts: Restart markers in them.

    Example:
        >>> frame = FrameHeader(0xC0, bits=8, height=60, width=80, sampling={1: (1, 1)})
        >>> scan = Scan((1,), first=0, last=63, shift=0, interval=0, begin=0, end=0, restarts=0)
        >>> _count_units(frame, scan)
        80
    """

    components: tuple[int, ...]
    first: int
    last: int
    shift: int
    interval: int
    begin: int
    end: int
    restarts: int


@dataclass(frozen=True)
class JpegOutline(Outline):
    """A JPEG's structure.

    Attributes:
        head: The file up to its first scan's data, without what decoding does not need.
        data: Offset of the first scan's data.
        end: Offset behind the last scan's data.
        one_pass: All is in one scan, so that decoding ends with the last row.
        arithmetic: Coded arithmetically, as next to no file is.

    Example:
        >>> data = open("examples/photos/mug.jpg", "rb").read()
        >>> outline = read_outline(data)
        >>> outline.one_pass, outline.arithmetic, 0 < outline.data < outline.end <= len(data)
        (True, False, True)
    """

    head: bytes = field(default=b"", repr=False)
    data: int = 0
    end: int = 0
    one_pass: bool = True
    arithmetic: bool = False


@dataclass
class _ParserState:
    """The parts that were found so far."""

    head: list[bytes] = field(default_factory=lambda: [b"\xff\xd8"])
    exif: list[bytes] = field(default_factory=list)
    profile: list[bytes] = field(default_factory=list)
    xmp: bytes = b""
    frame: FrameHeader | None = None
    interval: int = 0
    scans: list[Scan] = field(default_factory=list)


def read_outline(data: bytes) -> JpegOutline:
    """Walk through a JPEG, to its end marker.

    Raises:
        IncompleteFile: Segments or scans are missing.
        ExcessiveFile: It has more segments, fill or scans than a photo.

    Example:
        >>> data = open("examples/photos/mug.jpg", "rb").read()
        >>> read_outline(data).bits
        8
        >>> read_outline(data[:300])
        Traceback (most recent call last):
            ...
        packshot.photo.structure.outline.IncompleteFile: it ends within a segment
    """
    state = _ParserState()
    for code, begin, end in _iter_segments(data, state):
        _add_segment(state, code, data, begin, end)
    frame = state.frame
    if frame is None or not state.scans:
        raise IncompleteFile("it ends before its picture begins")
    _check_all_scans(frame, state.scans)
    first = state.scans[0]
    one_pass = len(state.scans) == 1 and frame.code not in _PROGRESSIVE_MARKERS
    return JpegOutline(
        format="JPEG",
        width=frame.width,
        height=frame.height,
        bits=frame.bits,
        decoder_bytes=_decoder_bytes(frame, one_pass),
        exif=_join_exif(state.exif),
        profile=b"".join(part[2:] for part in sorted(state.profile)),
        xmp=state.xmp,
        head=b"".join(state.head),
        data=first.begin,
        end=state.scans[-1].end,
        one_pass=one_pass,
        arithmetic=frame.code in _ARITHMETIC_MARKERS,
    )


def _iter_segments(data: bytes, state: _ParserState) -> Iterator[tuple[int, int, int]]:
    """Yield marker, begin and end of the content of each segment; a scan's data are stepped over."""
    position, fill, count = 2, 0, 0
    while found := _MARKER.search(data, position, position + _MAX_FILL_BYTES + 2):
        count += 1
        fill += found.start() - position
        check_count(count, _MAX_SEGMENTS, "segments")
        check_count(fill, _MAX_FILL_BYTES, "bytes between its segments")
        code, position = data[found.start() + 1], found.end()
        if code == _END:
            return
        if code in _STANDALONE_MARKERS:
            continue
        begin, position = position + 2, position + int.from_bytes(data[position : position + 2])
        if position < begin or position > len(data):
            raise IncompleteFile("it ends within a segment")
        yield code, begin, position
        if code == _SCAN:
            position = state.scans[-1].end
    check_count(len(data) - position, _MAX_FILL_BYTES, "bytes between its segments")


def _add_segment(state: _ParserState, code: int, data: bytes, begin: int, end: int) -> None:
    """Take one segment into account."""
    content = data[begin:end]
    if not state.scans and (code in _KEPT_MARKERS or code == _SCAN):
        state.head.append(data[begin - 4 : end])
    if code in _FRAME_MARKERS and state.frame is None:
        state.frame = _parse_frame_header(code, content)
    elif code == _RESTARTS:
        state.interval = int.from_bytes(content[:2])
    elif code == _SCAN:
        _add_scan(state, data, content, end)
    elif code == 0xE1 and content.startswith(_EXIF):
        state.exif.append(content[len(_EXIF) :])
    elif code == 0xE1 and content.startswith(_XMP):
        state.xmp = state.xmp or content[len(_XMP) :]
    elif code == 0xE2 and content.startswith(_PROFILE):
        state.profile.append(content[len(_PROFILE) :])


def _join_exif(parts: list[bytes]) -> bytes:
    """Join a block of EXIF that goes on in further segments; of several blocks the first that is one."""
    starts = [at for at, part in enumerate(parts) if part.startswith(TIFF_MAGIC)]
    if not starts:
        return b"".join(parts)
    first, *others = starts
    return b"".join(parts[first : others[0] if others else None])


def _parse_frame_header(code: int, content: bytes) -> FrameHeader:
    if len(content) < 6 or len(content) < 6 + 3 * content[5]:
        raise IncompleteFile("its frame header is cut short")
    parts = (content[start : start + 3] for start in range(6, 6 + 3 * content[5], 3))
    sampling = {part[0]: (part[1] >> 4, part[1] & 15) for part in parts}
    if not sampling or not all(across and down for across, down in sampling.values()):
        raise IncompleteFile("its frame header makes no sense")
    height, width = int.from_bytes(content[1:3]), int.from_bytes(content[3:5])
    return FrameHeader(code, content[0], height, width, sampling)


def _add_scan(state: _ParserState, data: bytes, content: bytes, begin: int) -> None:
    count = content[0] if content else 0
    if state.frame is None or not count or len(content) < 4 + 2 * count:
        raise IncompleteFile("its scan header makes no sense")
    check_count(len(state.scans) + 1, _MAX_SCANS, "scans")
    if (len(state.scans) + 1) * state.frame.width * state.frame.height > _MAX_SCANNED_PIXELS:
        raise ExcessiveFile(
            f"{len(state.scans) + 1} scans of so large a picture take too long to decode"
        )
    first, last, shifts = content[1 + 2 * count : 4 + 2 * count]
    end, restarts = _find_scan_end(data, begin)
    components = tuple(content[1 : 1 + 2 * count : 2])
    state.scans.append(Scan(components, first, last, shifts & 15, state.interval, begin, end, restarts))


def _find_scan_end(data: bytes, begin: int) -> tuple[int, int]:
    """Find the first marker that is no restart, or the data's end; count the restarts before."""
    values = np.frombuffer(data, np.uint8)
    restarts = fill = 0
    for start in range(begin, len(data) - 1, _SEARCH_CHUNK_BYTES):
        marker_offsets = start + np.flatnonzero(
            values[start : min(start + _SEARCH_CHUNK_BYTES, len(data) - 1)] == 0xFF
        )
        second_bytes = values[marker_offsets + 1]
        ends = np.flatnonzero(_ENDS_SCAN[second_bytes])
        before = second_bytes[: ends[0]] if len(ends) else second_bytes
        restarts += int(np.count_nonzero(_RESTARTS_SCAN[before]))
        fill += int(np.count_nonzero(before == 0xFF))
        check_count(fill, _MAX_FILL_BYTES, "fill bytes in its picture data")
        if len(ends):
            return int(marker_offsets[ends[0]]), restarts
    return len(data), restarts


def _check_all_scans(frame: FrameHeader, scans: list[Scan]) -> None:
    """Refuse a file that lacks coefficients, to the last bit, or restarts of the last scan."""
    progressive = frame.code in _PROGRESSIVE_MARKERS
    for component in frame.sampling:
        missing = [-1] * _COEFFICIENTS
        for scan in (scan for scan in scans if component in scan.components):
            first, last = (scan.first, scan.last) if progressive else (0, _COEFFICIENTS - 1)
            shift = scan.shift if progressive else 0
            missing[first : last + 1] = [shift] * len(missing[first : last + 1])
        if any(missing):
            raise IncompleteFile("the data ends before the image is complete: later scans are missing")
    for scan in scans:
        _check_restarts(frame, scan, last=scan is scans[-1] and len(scans) > 1)


def _check_restarts(frame: FrameHeader, scan: Scan, last: bool) -> None:
    """Refuse restarts where none belong (a decoder stops at one), and too few in a last of several."""
    if scan.restarts and not scan.interval:
        raise IncompleteFile("its image data is damaged: restart markers where none belong")
    if last and scan.interval and scan.restarts < ceil(_count_units(frame, scan) / scan.interval) - 1:
        raise IncompleteFile(
            "the data ends before the image is complete: parts of its last scan are missing"
        )


def _count_units(frame: FrameHeader, scan: Scan) -> int:
    """Count the minimum coded units of a scan: blocks of one component, groups of blocks of several."""
    across, down = frame.largest_factors
    if len(scan.components) > 1:
        return ceil(frame.width / (8 * across)) * ceil(frame.height / (8 * down))
    own_across, own_down = frame.sampling.get(scan.components[0], (across, down))
    width, height = ceil(frame.width * own_across / across), ceil(frame.height * own_down / down)
    return ceil(width / 8) * ceil(height / 8)


def _decoder_bytes(frame: FrameHeader, one_pass: bool) -> float:
    """Estimate: four for the picture; with several scans, two for each coefficient of a component."""
    picture = 1.0 if len(frame.sampling) == 1 else 4.0
    if one_pass:
        return picture
    across, down = frame.largest_factors
    return picture + sum(2 * a * d / (across * down) for a, d in frame.sampling.values())
