"""A perceptual hash that knows its own mirror images and quarter turns, and how to find close ones.

The hash is the signs of the lowest 8 x 8 cosine frequencies of the photo squeezed to 32 x 32 (after
Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, who compares with
the median).
Mirroring a picture changes the sign of every odd frequency along that axis, and nothing else, so
the hashes of its eight turns follow from one by arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from packshot.arrays import Int64Array, Mask, Pixels, UInt64Array

DCT_SIDE = 32
"""Pixels a side of the square that is transformed, as in Zauner's phash."""

HASH_SIDE = 8
"""Frequencies kept along each axis: 8 x 8 make 64 bits."""

MAX_HASH_DISTANCE = 8
"""Bits of 63 by which hashes of copies may differ. imagededup takes ten of 64; what is let through here
is compared pixel by pixel."""

_BANDS = ((0, 13), (13, 13), (26, 13), (39, 13), (52, 12))
"""First bit and length of each band. Five, so that four bits of difference always leave one band
untouched."""

_MAX_BUCKET_SIZE = 2000
"""Hashes that share a band above which the band is passed over: plain photos crowd there, and every
pair of them would be looked at."""

_QUERIES_PER_BLOCK = 20_000
"""Queries looked up together: bounds the memory that their pairs take."""


def perceptual_hash(pixels: Pixels) -> int:
    """Compute the hash of a photo; blank ones get an arbitrary one.

    Args:
        pixels: (H, W, 3) RGB.

    Returns:
        64 bits; the lowest, which would tell the mean brightness, is 0.

    Example:
        >>> from packshot.photo import Photo
        >>> mug, warm, speaker = (
        ...     perceptual_hash(Photo.open(f"examples/photos/{name}.jpg").pixels)
        ...     for name in ("mug", "mug-warm-cast", "speaker")
        ... )
        >>> (mug ^ warm).bit_count() <= MAX_HASH_DISTANCE < (mug ^ speaker).bit_count()
        True
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (DCT_SIDE, DCT_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    positive = cv2.dct(small)[:HASH_SIDE, :HASH_SIDE] > 0
    positive[0, 0] = False
    return _pack_bits(positive)


def compute_turned_hashes(hashes: UInt64Array) -> UInt64Array:
    """Compute the hashes of the eight turns of the pictures that have these hashes.

    Args:
        hashes: (Q,).

    Returns:
        (Q, 8): itself, mirrored left to right, upside down, both; then the same of the transposed.

    Example:
        >>> import numpy as np
        >>> from packshot.photo import Photo
        >>> pixels = Photo.open("examples/photos/mug.jpg").pixels
        >>> turned_hashes = compute_turned_hashes(np.array([perceptual_hash(pixels)], np.uint64))[0]
        >>> (int(turned_hashes[1]) ^ perceptual_hash(pixels[:, ::-1])).bit_count() <= 2
        True
    """
    bits = np.unpackbits(np.ascontiguousarray(hashes, "<u8").view(np.uint8), bitorder="little")
    transposed_bits = np.ascontiguousarray(bits.reshape(-1, HASH_SIDE, HASH_SIDE).transpose(0, 2, 1))
    transposed = np.packbits(transposed_bits.ravel(), bitorder="little").view("<u8")
    both = np.stack([np.asarray(hashes, np.uint64), transposed], axis=1)
    return np.asarray(both[:, :, None] ^ _mirror_masks(), np.uint64).reshape(-1, 8)


def _mirror_masks() -> UInt64Array:
    """Return (4,) bits that mirroring changes: none, odd columns, odd rows, where one is odd."""
    odd = np.arange(HASH_SIDE) % 2 == 1
    across, down = (
        np.broadcast_to(odd, (HASH_SIDE, HASH_SIDE)),
        np.broadcast_to(odd[:, None], (HASH_SIDE, HASH_SIDE)),
    )
    return np.array([0, _pack_bits(across), _pack_bits(down), _pack_bits(across ^ down)], np.uint64)


def find_close_hashes(
    hashes: UInt64Array, queries: UInt64Array, limit: int = MAX_HASH_DISTANCE
) -> Iterator[tuple[int, int]]:
    """Find pairs that differ in few bits, by bands of bits that are the same.

    Args:
        hashes: (N,) of the photos searched.
        queries: (Q,) of the photos sought.
        limit: Most bits of difference. Up to four are always found, but for queries that share a band
            with thousands; pairs of more only where at least one of five bands is untouched.

    Yields:
        Number of the query, number of the hash; a pair may come more than once.

    Example:
        >>> import numpy as np
        >>> hashes, queries = np.array([0b1111, 1 << 40], np.uint64), np.array([0b0111], np.uint64)
        >>> sorted(set(find_close_hashes(hashes, queries, limit=1)))
        [(0, 0)]
    """
    for start, length in _BANDS:
        shift, mask = np.uint64(start), np.uint64((1 << length) - 1)
        keys, query_keys = (hashes >> shift) & mask, (queries >> shift) & mask
        order = np.argsort(keys, kind="stable")
        for block_start in range(0, len(queries), _QUERIES_PER_BLOCK):
            rows = np.arange(block_start, min(block_start + _QUERIES_PER_BLOCK, len(queries)))
            query_numbers, places = _find_equal_keys(keys[order], query_keys[rows])
            hash_numbers, query_numbers = order[places], rows[query_numbers]
            is_near = np.bitwise_count(hashes[hash_numbers] ^ queries[query_numbers]) <= limit
            yield from zip(query_numbers[is_near].tolist(), hash_numbers[is_near].tolist(), strict=True)


def _find_equal_keys(keys: UInt64Array, query_keys: UInt64Array) -> tuple[Int64Array, Int64Array]:
    """Find pairs of a query and the places of its key among sorted keys; none of crowded keys."""
    lows = np.searchsorted(keys, query_keys, side="left")
    counts = np.searchsorted(keys, query_keys, side="right") - lows
    counts[counts > _MAX_BUCKET_SIZE] = 0
    query_numbers = np.repeat(np.arange(len(query_keys)), counts)
    ends = np.cumsum(counts)
    places = np.arange(len(query_numbers)) - np.repeat(ends - counts, counts) + np.repeat(lows, counts)
    return query_numbers, places


def _pack_bits(bits: Mask) -> int:
    return int.from_bytes(np.packbits(bits.ravel(), bitorder="little").tobytes(), "little")
