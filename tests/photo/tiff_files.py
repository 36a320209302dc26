"""TIFF files written byte by byte, in layouts that no encoder at hand writes."""

import struct
import zlib

import numpy as np

_LETTERS = {1: "B", 2: "B", 3: "H", 4: "L", 7: "B", 16: "Q"}
_PACKERS = {1: bytes, 8: zlib.compress}


def make_tiff(
    pixels,
    *,
    order="<",
    orientation=None,
    photometric=None,
    compression=1,
    planar=False,
    tile=None,
    rows_per_strip=None,
    extra_samples=(),
    big=False,
    bits=None,
    pages=1,
    tags=None,
    base=0,
):
    """A TIFF of (H, W) or (H, W, C) numbers of 8, 16, 32 or 64 bits, as they are.

    `tags` adds or replaces tags: by number, the type and the list of values; None drops one. `base` is
    where in another file it is going to begin.
    """
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    height, width, channels = pixels.shape
    stored = pixels.astype(pixels.dtype.newbyteorder(order))
    planes = [stored[..., channel : channel + 1] for channel in range(channels)] if planar else [stored]
    parts = [part for plane in planes for part in _cut(plane, tile, rows_per_strip or height)]
    packed = [_PACKERS[compression](part.tobytes()) for part in parts]
    if photometric is None:
        photometric = 1 if channels - len(extra_samples) == 1 else 2
    entries = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [bits or pixels.dtype.itemsize * 8] * channels),
        259: (3, [compression]),
        262: (3, [photometric]),
        277: (3, [channels]),
        284: (3, [2 if planar else 1]),
    }
    if orientation is not None:
        entries[274] = (3, [orientation])
    if extra_samples:
        entries[338] = (3, list(extra_samples))
    if pixels.dtype.kind in "if":
        entries[339] = (3, [{"i": 2, "f": 3}[pixels.dtype.kind]] * channels)
    if tile is None:
        entries[278] = (4, [rows_per_strip or height])
    else:
        entries |= {322: (4, [tile]), 323: (4, [tile])}
    entries = {tag: value for tag, value in (entries | (tags or {})).items() if value is not None}
    return _write(entries, packed, order, big, pages, tile is not None, base)


def _cut(plane, tile, rows):
    if tile is None:
        return [plane[top : top + rows] for top in range(0, len(plane), rows)]
    height, width, channels = plane.shape
    padded = np.zeros((-(-height // tile) * tile, -(-width // tile) * tile, channels), plane.dtype)
    padded[:height, :width] = plane
    return [
        np.ascontiguousarray(padded[top : top + tile, left : left + tile])
        for top in range(0, padded.shape[0], tile)
        for left in range(0, padded.shape[1], tile)
    ]


def _write(entries, packed, order, big, pages, tiled, base):
    """The header, the directories, what they point at, and the data of all of them."""
    word, size, count_letter, head = ("Q", 20, "Q", 16) if big else ("L", 12, "H", 8)
    offsets_tag, sizes_tag = (324, 325) if tiled else (273, 279)
    kind = 16 if big else 4
    entries = entries | {
        offsets_tag: (kind, [0] * len(packed)),
        sizes_tag: (kind, [len(p) for p in packed]),
    }
    inline = struct.calcsize("=" + word)
    directory = struct.calcsize("=" + count_letter) + len(entries) * size + inline
    outside = sum(
        struct.calcsize("=" + _LETTERS[kind]) * len(values)
        for kind, values in entries.values()
        if struct.calcsize("=" + _LETTERS[kind]) * len(values) > inline
    )
    begin = base + head + pages * (directory + outside)
    places = [begin + sum(map(len, packed[:at])) for at in range(len(packed))]
    entries[offsets_tag] = (kind, places)
    header = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    header += struct.pack(order + "HH", 8, 0) if big else b""
    out = [header + struct.pack(order + word, head)]
    for page in range(pages):
        at = head + page * (directory + outside)
        values_at, body, values = (
            base + at + directory,
            struct.pack(order + count_letter, len(entries)),
            b"",
        )
        for tag in sorted(entries):
            value_kind, numbers = entries[tag]
            raw = struct.pack(f"{order}{len(numbers)}{_LETTERS[value_kind]}", *numbers)
            if len(raw) > inline:
                pointer = struct.pack(order + word, values_at + len(values))
                values, raw = values + raw, pointer
            body += struct.pack(order + "HH" + word, tag, value_kind, len(numbers)) + raw.ljust(
                inline, b"\0"
            )
        following = base + at + directory + outside if page < pages - 1 else 0
        out.append(body + struct.pack(order + word, following) + values)
    return b"".join([*out, *packed])
