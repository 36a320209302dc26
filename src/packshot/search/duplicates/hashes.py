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

SIDE = 32
KEPT = 8
LIMIT = 8
"""Bits of 63 by which hashes of copies may differ."""

_BANDS = ((0, 13), (13, 13), (26, 13), (39, 13), (52, 12))
_LARGEST_BUCKET = 2000
_QUERIES = 20_000


def perceptual_hash(pixels: Pixels) -> int:
    """The hash of a photo; blank ones get an arbitrary one.

    Args:
        pixels: (H, W, 3) RGB.

    Returns:
        64 bits; the lowest, which would tell the mean brightness, is 0.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    positive = cv2.dct(small)[:KEPT, :KEPT] > 0
    positive[0, 0] = False
    return _packed(positive)


def turned_hashes(hashes: UInt64Array) -> UInt64Array:
    """Hashes of the eight turns of the pictures that have these hashes.

    Args:
        hashes: (Q,).

    Returns:
        (Q, 8): itself, mirrored left to right, upside down, both; then the same of the transposed.
    """
    bits = np.unpackbits(np.ascontiguousarray(hashes, "<u8").view(np.uint8), bitorder="little")
    turned_over = np.ascontiguousarray(bits.reshape(-1, KEPT, KEPT).transpose(0, 2, 1))
    transposed = np.packbits(turned_over.ravel(), bitorder="little").view("<u8")
    both = np.stack([np.asarray(hashes, np.uint64), transposed], axis=1)
    return np.asarray(both[:, :, None] ^ _mirrorings(), np.uint64).reshape(-1, 8)


def _mirrorings() -> UInt64Array:
    """(4,) bits that mirroring changes: of none, of odd columns, of odd rows, of where one is odd."""
    odd = np.arange(KEPT) % 2 == 1
    across, down = np.broadcast_to(odd, (KEPT, KEPT)), np.broadcast_to(odd[:, None], (KEPT, KEPT))
    return np.array([0, _packed(across), _packed(down), _packed(across ^ down)], np.uint64)


def close_hashes(
    hashes: UInt64Array, queries: UInt64Array, limit: int = LIMIT
) -> Iterator[tuple[int, int]]:
    """Pairs that differ in few bits, found by bands of bits that are the same.

    Args:
        hashes: (N,) of the photos searched.
        queries: (Q,) of the photos sought.
        limit: Most bits of difference. Up to four are always found, but for queries that share a band
            with thousands; pairs of more only where at least one of five bands is untouched.

    Yields:
        Number of the query, number of the hash; a pair may come more than once.
    """
    for start, length in _BANDS:
        shift, mask = np.uint64(start), np.uint64((1 << length) - 1)
        keys, wanted = (hashes >> shift) & mask, (queries >> shift) & mask
        order = np.argsort(keys, kind="stable")
        for some in range(0, len(queries), _QUERIES):
            rows = np.arange(some, min(some + _QUERIES, len(queries)))
            sought, places = _same_key(keys[order], wanted[rows])
            found, sought = order[places], rows[sought]
            near = np.bitwise_count(hashes[found] ^ queries[sought]) <= limit
            yield from zip(sought[near].tolist(), found[near].tolist(), strict=True)


def _same_key(keys: UInt64Array, wanted: UInt64Array) -> tuple[Int64Array, Int64Array]:
    """All pairs of a wanted key and a place among sorted keys where it stands; none of crowded keys."""
    lows = np.searchsorted(keys, wanted, side="left")
    counts = np.searchsorted(keys, wanted, side="right") - lows
    counts[counts > _LARGEST_BUCKET] = 0
    sought = np.repeat(np.arange(len(wanted)), counts)
    ends = np.cumsum(counts)
    places = np.arange(len(sought)) - np.repeat(ends - counts, counts) + np.repeat(lows, counts)
    return sought, places


def _packed(bits: Mask) -> int:
    return int.from_bytes(np.packbits(bits.ravel(), bitorder="little").tobytes(), "little")
