"""Photos that were damaged, by accident or on purpose; each file can be made again from its number."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.hostile_inputs import png
from benchmarks.hostile_inputs.seeds import FORMATS, KINDS, Kind, seed_photo
from benchmarks.hostile_inputs.structure import Structure, structure_of

PICTURES = 12
"""Different pictures of each kind."""

_SUFFIXES = (".jpg", ".png", ".gif", ".webp", ".bmp", ".tif", ".avif", ".heic")


@dataclass(frozen=True)
class Victim:
    """A whole photo about to be damaged.

    Attributes:
        kind: Of photo.
        data: Its bytes.
        structure: Where its parts are.
    """

    kind: Kind
    data: bytes = field(repr=False)
    structure: Structure = field(repr=False)


@dataclass(frozen=True)
class Mutated:
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


Mutation = Callable[[random.Random, Victim], bytes]


def mutated(number: int, seed: int) -> Mutated:
    """The file of a number: formats take turns, then their kinds; what is damaged is drawn by lot."""
    chance = random.Random(f"{seed}/{number}")
    turn, place = divmod(number, len(FORMATS))
    kinds = [kind for kind in KINDS if kind.format == FORMATS[place]]
    kind = kinds[turn % len(kinds)]
    mutation = chance.choice(tuple(MUTATIONS))
    data = MUTATIONS[mutation](chance, _victim(chance, kind))
    suffix = chance.choice(_SUFFIXES) if mutation == "extension" else kind.suffix
    return Mutated(f"{number:06}-{kind.name}-{mutation}{suffix}", kind.format, mutation, data)


def _victim(chance: random.Random, kind: Kind) -> Victim:
    data = seed_photo(kind, chance.randrange(PICTURES))
    return Victim(kind, data, structure_of(kind.format, data))


def _flip_bits(chance: random.Random, victim: Victim) -> bytes:
    data = bytearray(victim.data)
    for _ in range(chance.choice((1, 1, 2, 4, 32))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _overwrite(chance: random.Random, victim: Victim) -> bytes:
    data = bytearray(victim.data)
    for _ in range(chance.choice((1, 1, 3, 10))):
        place, length = chance.randrange(len(data)), chance.choice((1, 1, 4, 40))
        data[place : place + length] = _noise(chance, length)
    return bytes(data[: len(victim.data)])


def _overwrite_the_head(chance: random.Random, victim: Victim) -> bytes:
    """Where what follows is described: worth more than its share of the bytes."""
    data = bytearray(victim.data)
    for _ in range(chance.choice((1, 2, 5))):
        data[chance.randrange(min(len(data), 256))] = chance.choice((0, 1, 127, 128, 255))
    return bytes(data)


def _truncate(chance: random.Random, victim: Victim) -> bytes:
    return victim.data[: chance.randrange(1, len(victim.data))]


def _insert(chance: random.Random, victim: Victim) -> bytes:
    place = chance.randrange(len(victim.data))
    added = _noise(chance, chance.choice((1, 2, 16, 512)))
    return victim.data[:place] + added + victim.data[place:]


def _cut_out(chance: random.Random, victim: Victim) -> bytes:
    place = chance.randrange(len(victim.data))
    return victim.data[:place] + victim.data[place + chance.choice((1, 2, 16, 512)) :]


def _blank(chance: random.Random, victim: Victim) -> bytes:
    """As where a disk or a transfer lost a block."""
    place = chance.randrange(len(victim.data))
    length = chance.choice((16, 512, len(victim.data)))
    end = min(place + length, len(victim.data))
    return victim.data[:place] + bytes(end - place) + victim.data[end:]


def _delete_part(chance: random.Random, victim: Victim) -> bytes:
    begin, end = chance.choice(victim.structure.parts)
    return victim.data[:begin] + victim.data[end:]


def _repeat_part(chance: random.Random, victim: Victim) -> bytes:
    begin, end = chance.choice(victim.structure.parts)
    times = chance.choice((1, 1, 2, 50))
    return victim.data[:end] + victim.data[begin:end] * times + victim.data[end:]


def _swap_parts(chance: random.Random, victim: Victim) -> bytes:
    parts, data = victim.structure.parts, victim.data
    if len(parts) < 2:
        return _delete_part(chance, victim)
    (begin, end), (other, last) = sorted(chance.sample(parts, 2))
    return data[:begin] + data[other:last] + data[end:other] + data[begin:end] + data[last:]


def _extreme_length(chance: random.Random, victim: Victim) -> bytes:
    data = bytearray(victim.data)
    for _ in range(chance.choice((1, 1, 3))):
        place = chance.choice(victim.structure.fields)
        top = 256**place.length
        value = chance.choice((0, 1, 2, top // 2 - 1, top // 2, top - 2, top - 1, top // 256))
        data[place.place : place.place + place.length] = value.to_bytes(
            place.length,
            "big" if place.order == "big" else "little",
        )
    changed = bytes(data[: len(victim.data)])
    return _mended(victim, changed) if chance.random() < 0.5 else changed


def _splice(chance: random.Random, victim: Victim) -> bytes:
    """The head of one photo, the tail of another, of any format."""
    other = _victim(chance, chance.choice(KINDS)).data
    return victim.data[: chance.randrange(len(victim.data))] + other[chance.randrange(len(other)) :]


def _hide_checksums(chance: random.Random, victim: Victim) -> bytes:
    """Damage behind checksums that are right, where the format has any."""
    return _mended(victim, _overwrite(chance, victim))


def _mended(victim: Victim, data: bytes) -> bytes:
    same = victim.kind.format == "PNG" and len(data) == len(victim.data)
    return png.mended(data, victim.structure.parts) if same else data


def _other_extension(_chance: random.Random, victim: Victim) -> bytes:
    return victim.data


def _noise(chance: random.Random, length: int) -> bytes:
    if chance.random() < 0.5:
        return chance.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * length
    return chance.randbytes(length)


MUTATIONS: Mapping[str, Mutation] = {
    "bits": _flip_bits,
    "bytes": _overwrite,
    "head": _overwrite_the_head,
    "truncated": _truncate,
    "inserted": _insert,
    "removed": _cut_out,
    "blanked": _blank,
    "part-deleted": _delete_part,
    "part-repeated": _repeat_part,
    "parts-swapped": _swap_parts,
    "length": _extreme_length,
    "spliced": _splice,
    "checksums": _hide_checksums,
    "extension": _other_extension,
}
"""What can be done to a photo, by name."""
