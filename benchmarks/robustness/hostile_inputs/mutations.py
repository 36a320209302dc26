"""Photos that were damaged, by accident or on purpose; each file can be made again from its number."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.robustness.hostile_inputs import png
from benchmarks.robustness.hostile_inputs.seeds import FORMATS, KINDS, PhotoKind, encode_seed_photo
from benchmarks.robustness.hostile_inputs.structure import FileStructure, find_structure

PICTURES = 12
"""Different pictures of each kind."""

_SUFFIXES = (".jpg", ".png", ".gif", ".webp", ".bmp", ".tif", ".avif", ".heic")


@dataclass(frozen=True)
class SourcePhoto:
    """A whole photo about to be damaged.

    Attributes:
        kind: Of photo.
        data: Its bytes.
        structure: Where its parts are.
    """

    kind: PhotoKind
    data: bytes = field(repr=False)
    structure: FileStructure = field(repr=False)


@dataclass(frozen=True)
class MutatedPhoto:
    """A damaged photo.

    Attributes:
        name: Of its file: number, kind, mutation, extension.
        format: Of the photo that it was.
        mutation: What was done to it.
        data: Its bytes.
    """

    name: str
    format: str
    mutation: str
    data: bytes = field(repr=False)


Mutation = Callable[[random.Random, SourcePhoto], bytes]


def mutate_photo(number: int, seed: int) -> MutatedPhoto:
    """The file of a number: formats take turns, then their kinds; what is damaged is drawn by lot."""
    generator = random.Random(f"{seed}/{number}")
    turn, place = divmod(number, len(FORMATS))
    kinds = [kind for kind in KINDS if kind.format == FORMATS[place]]
    kind = kinds[turn % len(kinds)]
    mutation = generator.choice(tuple(MUTATIONS))
    data = MUTATIONS[mutation](generator, _make_source(generator, kind))
    suffix = generator.choice(_SUFFIXES) if mutation == "extension" else kind.suffix
    return MutatedPhoto(f"{number:06}-{kind.name}-{mutation}{suffix}", kind.format, mutation, data)


def _make_source(generator: random.Random, kind: PhotoKind) -> SourcePhoto:
    data = encode_seed_photo(kind, generator.randrange(PICTURES))
    return SourcePhoto(kind, data, find_structure(kind.format, data))


def _flip_bits(generator: random.Random, source: SourcePhoto) -> bytes:
    data = bytearray(source.data)
    for _ in range(generator.choice((1, 1, 2, 4, 32))):
        data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
    return bytes(data)


def _overwrite(generator: random.Random, source: SourcePhoto) -> bytes:
    data = bytearray(source.data)
    for _ in range(generator.choice((1, 1, 3, 10))):
        place, length = generator.randrange(len(data)), generator.choice((1, 1, 4, 40))
        data[place : place + length] = _make_noise(generator, length)
    return bytes(data[: len(source.data)])


def _overwrite_head(generator: random.Random, source: SourcePhoto) -> bytes:
    """Return where what follows is described: worth more than its share of the bytes."""
    data = bytearray(source.data)
    for _ in range(generator.choice((1, 2, 5))):
        data[generator.randrange(min(len(data), 256))] = generator.choice((0, 1, 127, 128, 255))
    return bytes(data)


def _truncate(generator: random.Random, source: SourcePhoto) -> bytes:
    return source.data[: generator.randrange(1, len(source.data))]


def _insert(generator: random.Random, source: SourcePhoto) -> bytes:
    place = generator.randrange(len(source.data))
    added = _make_noise(generator, generator.choice((1, 2, 16, 512)))
    return source.data[:place] + added + source.data[place:]


def _remove_bytes(generator: random.Random, source: SourcePhoto) -> bytes:
    place = generator.randrange(len(source.data))
    return source.data[:place] + source.data[place + generator.choice((1, 2, 16, 512)) :]


def _zero_block(generator: random.Random, source: SourcePhoto) -> bytes:
    """As where a disk or a transfer lost a block."""
    place = generator.randrange(len(source.data))
    length = generator.choice((16, 512, len(source.data)))
    end = min(place + length, len(source.data))
    return source.data[:place] + bytes(end - place) + source.data[end:]


def _delete_part(generator: random.Random, source: SourcePhoto) -> bytes:
    begin, end = generator.choice(source.structure.parts)
    return source.data[:begin] + source.data[end:]


def _repeat_part(generator: random.Random, source: SourcePhoto) -> bytes:
    begin, end = generator.choice(source.structure.parts)
    times = generator.choice((1, 1, 2, 50))
    return source.data[:end] + source.data[begin:end] * times + source.data[end:]


def _swap_parts(generator: random.Random, source: SourcePhoto) -> bytes:
    parts, data = source.structure.parts, source.data
    if len(parts) < 2:
        return _delete_part(generator, source)
    (begin, end), (other, last) = sorted(generator.sample(parts, 2))
    return data[:begin] + data[other:last] + data[end:other] + data[begin:end] + data[last:]


def _write_extreme_length(generator: random.Random, source: SourcePhoto) -> bytes:
    data = bytearray(source.data)
    for _ in range(generator.choice((1, 1, 3))):
        place = generator.choice(source.structure.fields)
        top = 256**place.length
        value = generator.choice((0, 1, 2, top // 2 - 1, top // 2, top - 2, top - 1, top // 256))
        data[place.offset : place.offset + place.length] = value.to_bytes(
            place.length,
            "big" if place.order == "big" else "little",
        )
    changed = bytes(data[: len(source.data)])
    return _fix_checksums(source, changed) if generator.random() < 0.5 else changed


def _splice(generator: random.Random, source: SourcePhoto) -> bytes:
    """The head of one photo, the tail of another, of any format."""
    other = _make_source(generator, generator.choice(KINDS)).data
    return (
        source.data[: generator.randrange(len(source.data))] + other[generator.randrange(len(other)) :]
    )


def _overwrite_with_valid_checksums(generator: random.Random, source: SourcePhoto) -> bytes:
    """Damage behind checksums that are right, where the format has any."""
    return _fix_checksums(source, _overwrite(generator, source))


def _fix_checksums(source: SourcePhoto, data: bytes) -> bytes:
    same = source.kind.format == "PNG" and len(data) == len(source.data)
    return png.fix_checksums(data, source.structure.parts) if same else data


def _keep_bytes(_generator: random.Random, source: SourcePhoto) -> bytes:
    return source.data


def _make_noise(generator: random.Random, length: int) -> bytes:
    if generator.random() < 0.5:
        return generator.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * length
    return generator.randbytes(length)


MUTATIONS: Mapping[str, Mutation] = {
    "bits": _flip_bits,
    "bytes": _overwrite,
    "head": _overwrite_head,
    "truncated": _truncate,
    "inserted": _insert,
    "removed": _remove_bytes,
    "blanked": _zero_block,
    "part-deleted": _delete_part,
    "part-repeated": _repeat_part,
    "parts-swapped": _swap_parts,
    "length": _write_extreme_length,
    "spliced": _splice,
    "checksums": _overwrite_with_valid_checksums,
    "extension": _keep_bytes,
}
"""What can be done to a photo, by name."""
