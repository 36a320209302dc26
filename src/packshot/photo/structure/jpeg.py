"""The segments of a JPEG (ITU-T T.81, annex B), and whether its scans bring the whole picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from packshot.photo.structure.outline import Excessive, Incomplete, Outline, require_few

MAGIC = b"\xff\xd8\xff"

_MARKER = re.compile(rb"\xff[^\x00\xff]")
# By the byte behind 0xFF: whether it restarts a scan, or ends it; a stuffed zero and fill do neither.
_RESTARTS_SCAN = np.zeros(256, bool)
_RESTARTS_SCAN[0xD0:0xD8] = True
_ENDS_SCAN = ~_RESTARTS_SCAN
_ENDS_SCAN[[0x00, 0xFF]] = False
_LOOKED_AT = 2**20
_START, _END, _SCAN, _RESTARTS = 0xD8, 0xD9, 0xDA, 0xDD
_BARE = frozenset((0x01, _START, *range(0xD0, 0xD8)))
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
_ARITHMETIC = frozenset((0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
# What decoding needs: frames, tables, and the two that tell the colour space.
_KEPT = _FRAMES | {0xC4, 0xCC, 0xDB, _RESTARTS, 0xE0, 0xEE}
_EXIF, _XMP, _PROFILE = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_COEFFICIENTS = 64

# A profile of 16 MB takes 250 segments; some scanners add a few of their own.
_MOST_SEGMENTS = 2000
# Cameras align segments with a few fill bytes; what looks for a marker one byte at a time takes
# 90 s for 250 MB of them.
_MOST_FILL = 65_536
# Encoders write about 10 scans, 12 to 20 when they search for the best script. Each visits every block,
# also when it brings nothing. Measured with libjpeg on one core of an Intel Xeon, 4 megapixels, 10 or 50
# scans: 0.2 to 1.1 ns a pixel and scan where they bring next to nothing, as in a small bomb, 5.2 for
# noise at quality 95. The most let in, 16 scans of 120 megapixels, takes 2 s, or 10 s of the latter.
_MOST_SCANS = 100
_MOST_SCANNED = 16 * 120_000_000


@dataclass(frozen=True)
class Frame:
    """The frame header.

    Attributes:
        code: Its marker's second byte: the process.
        bits: Of a sample.
        height: In pixels.
        width: In pixels.
        sampling: Horizontal and vertical factor of each component, by its identifier.
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
    """

    head: bytes = field(default=b"", repr=False)
    data: int = 0
    end: int = 0
    one_pass: bool = True
    arithmetic: bool = False


@dataclass
class _Walk:
    """What was met so far."""

    head: list[bytes] = field(default_factory=lambda: [b"\xff\xd8"])
    exif: list[bytes] = field(default_factory=list)
    profile: list[bytes] = field(default_factory=list)
    xmp: bytes = b""
    frame: Frame | None = None
    interval: int = 0
    scans: list[Scan] = field(default_factory=list)


def outline(data: bytes) -> JpegOutline:
    """Walk through a JPEG, to its end marker.

    Raises:
        Incomplete: Segments or scans are missing.
        Excessive: It has more segments, fill or scans than a photo.
    """
    walk = _Walk()
    for code, begin, end in _segments(data, walk):
        _meet(walk, code, data, begin, end)
    frame = walk.frame
    if frame is None or not walk.scans:
        raise Incomplete("it ends before its picture begins")
    _require_all_scans(frame, walk.scans)
    first = walk.scans[0]
    one_pass = len(walk.scans) == 1 and frame.code not in _PROGRESSIVE
    return JpegOutline(
        kind="JPEG",
        width=frame.width,
        height=frame.height,
        bits=frame.bits,
        decoder_bytes=_decoder_bytes(frame, one_pass),
        exif=b"".join(walk.exif),
        profile=b"".join(part[2:] for part in sorted(walk.profile)),
        xmp=walk.xmp,
        head=b"".join(walk.head),
        data=first.begin,
        end=walk.scans[-1].end,
        one_pass=one_pass,
        arithmetic=frame.code in _ARITHMETIC,
    )


def _segments(data: bytes, walk: _Walk) -> Iterator[tuple[int, int, int]]:
    """Marker, begin and end of the content of each segment; a scan's data are stepped over."""
    place, fill, met = 2, 0, 0
    while found := _MARKER.search(data, place, place + _MOST_FILL + 2):
        met += 1
        fill += found.start() - place
        require_few(met, _MOST_SEGMENTS, "segments")
        require_few(fill, _MOST_FILL, "bytes between its segments")
        code, place = data[found.start() + 1], found.end()
        if code == _END:
            return
        if code in _BARE:
            continue
        begin, place = place + 2, place + int.from_bytes(data[place : place + 2])
        if place < begin or place > len(data):
            raise Incomplete("it ends within a segment")
        yield code, begin, place
        if code == _SCAN:
            place = walk.scans[-1].end
    require_few(len(data) - place, _MOST_FILL, "bytes between its segments")


def _meet(walk: _Walk, code: int, data: bytes, begin: int, end: int) -> None:
    """Take one segment into account."""
    content = data[begin:end]
    if not walk.scans and (code in _KEPT or code == _SCAN):
        walk.head.append(data[begin - 4 : end])
    if code in _FRAMES and walk.frame is None:
        walk.frame = _frame(code, content)
    elif code == _RESTARTS:
        walk.interval = int.from_bytes(content[:2])
    elif code == _SCAN:
        _add_scan(walk, data, content, end)
    elif code == 0xE1 and content.startswith(_EXIF):
        walk.exif.append(content[len(_EXIF) :])
    elif code == 0xE1 and content.startswith(_XMP):
        walk.xmp = walk.xmp or content[len(_XMP) :]
    elif code == 0xE2 and content.startswith(_PROFILE):
        walk.profile.append(content[len(_PROFILE) :])


def _frame(code: int, content: bytes) -> Frame:
    if len(content) < 6 or len(content) < 6 + 3 * content[5]:
        raise Incomplete("its frame header is cut short")
    parts = (content[start : start + 3] for start in range(6, 6 + 3 * content[5], 3))
    sampling = {part[0]: (part[1] >> 4, part[1] & 15) for part in parts}
    if not sampling or not all(across and down for across, down in sampling.values()):
        raise Incomplete("its frame header makes no sense")
    height, width = int.from_bytes(content[1:3]), int.from_bytes(content[3:5])
    return Frame(code, content[0], height, width, sampling)


def _add_scan(walk: _Walk, data: bytes, content: bytes, begin: int) -> None:
    count = content[0] if content else 0
    if walk.frame is None or not count or len(content) < 4 + 2 * count:
        raise Incomplete("its scan header makes no sense")
    require_few(len(walk.scans) + 1, _MOST_SCANS, "scans")
    if (len(walk.scans) + 1) * walk.frame.width * walk.frame.height > _MOST_SCANNED:
        raise Excessive(f"{len(walk.scans) + 1} scans of so large a picture take too long to decode")
    first, last, shifts = content[1 + 2 * count : 4 + 2 * count]
    end, restarts = _scanned(data, begin)
    components = tuple(content[1 : 1 + 2 * count : 2])
    walk.scans.append(Scan(components, first, last, shifts & 15, walk.interval, begin, end, restarts))


def _scanned(data: bytes, begin: int) -> tuple[int, int]:
    """Offset of the first marker that is no restart, or of the data's end; and the restarts before."""
    values = np.frombuffer(data, np.uint8)
    restarts = fill = 0
    for start in range(begin, len(data) - 1, _LOOKED_AT):
        marked = start + np.flatnonzero(values[start : min(start + _LOOKED_AT, len(data) - 1)] == 0xFF)
        seconds = values[marked + 1]
        ends = np.flatnonzero(_ENDS_SCAN[seconds])
        before = seconds[: ends[0]] if len(ends) else seconds
        restarts += int(np.count_nonzero(_RESTARTS_SCAN[before]))
        fill += int(np.count_nonzero(before == 0xFF))
        require_few(fill, _MOST_FILL, "fill bytes in its picture data")
        if len(ends):
            return int(marked[ends[0]]), restarts
    return len(data), restarts


def _require_all_scans(frame: Frame, scans: list[Scan]) -> None:
    """Every coefficient of every component, to its last bit; and the last scan to its last restart."""
    progressive = frame.code in _PROGRESSIVE
    for component in frame.sampling:
        missing = [-1] * _COEFFICIENTS
        for scan in (scan for scan in scans if component in scan.components):
            first, last = (scan.first, scan.last) if progressive else (0, _COEFFICIENTS - 1)
            shift = scan.shift if progressive else 0
            missing[first : last + 1] = [shift] * len(missing[first : last + 1])
        if any(missing):
            raise Incomplete("the data end before the picture is whole: later scans are missing")
    for scan in scans:
        _require_restarts(frame, scan, last=scan is scans[-1] and len(scans) > 1)


def _require_restarts(frame: Frame, scan: Scan, last: bool) -> None:
    """None where none belong: a decoder stops at one. All of them in a last scan of several."""
    if scan.restarts and not scan.interval:
        raise Incomplete("its picture data are damaged: restart markers where none belong")
    if last and scan.interval and scan.restarts < ceil(_units(frame, scan) / scan.interval) - 1:
        raise Incomplete("the data end before the picture does: parts of its last scan are missing")


def _units(frame: Frame, scan: Scan) -> int:
    """Minimum coded units of a scan: blocks of one component, or groups of blocks of several."""
    across, down = frame.largest_factors
    if len(scan.components) > 1:
        return ceil(frame.width / (8 * across)) * ceil(frame.height / (8 * down))
    own_across, own_down = frame.sampling.get(scan.components[0], (across, down))
    width, height = ceil(frame.width * own_across / across), ceil(frame.height * own_down / down)
    return ceil(width / 8) * ceil(height / 8)


def _decoder_bytes(frame: Frame, one_pass: bool) -> float:
    """Four for the picture; where there are several scans, two for each coefficient of a component."""
    picture = 1.0 if len(frame.sampling) == 1 else 4.0
    if one_pass:
        return picture
    across, down = frame.largest_factors
    return picture + sum(2 * a * d / (across * down) for a, d in frame.sampling.values())
