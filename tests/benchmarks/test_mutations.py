import zlib
from collections import Counter

from benchmarks.robustness.hostile_inputs import png
from benchmarks.robustness.hostile_inputs.mutations import MUTATIONS, PICTURES, mutate_photo
from benchmarks.robustness.hostile_inputs.seeds import FORMATS, KINDS, encode_seed_photo
from benchmarks.robustness.hostile_inputs.structure import find_structure
from packshot.sources import PHOTO_SUFFIXES

SOME = 1200


def test_a_file_can_be_made_again_from_its_number():
    some = [mutate_photo(number, 17) for number in range(60)]
    assert [mutate_photo(number, 17) for number in reversed(range(60))] == some[::-1]
    assert [mutate_photo(number, 18).data for number in range(60)] != [made.data for made in some]


def test_all_formats_kinds_and_mutations_have_their_share():
    made = [mutate_photo(number, 17) for number in range(SOME)]
    formats = Counter(one.format for one in made)
    assert formats == {name: SOME // len(FORMATS) for name in FORMATS}
    mutations = Counter(one.mutation for one in made)
    assert mutations.keys() == MUTATIONS.keys()
    assert min(mutations.values()) > SOME / len(MUTATIONS) / 2
    for kind in KINDS:
        assert sum(f"-{kind.name}-" in one.name for one in made) >= SOME / len(FORMATS) / 11
    assert len({one.name for one in made}) == SOME
    assert all(f".{one.name.rsplit('.')[-1]}" in PHOTO_SUFFIXES for one in made)


def test_what_is_mutated_is_no_longer_whole():
    whole = {encode_seed_photo(kind, number) for kind in KINDS for number in range(PICTURES)}
    made = [mutate_photo(number, 17) for number in range(SOME)]
    same = [one for one in made if one.data in whole and one.mutation != "extension"]
    assert len(same) < SOME / 20
    assert all(one.data in whole for one in made if one.mutation == "extension")
    assert max(len(one.data) for one in made) < 5_000_000


def test_damage_behind_checksums_keeps_them_right():
    made = [mutate_photo(number, 17) for number in range(3000)]
    hidden = [one.data for one in made if one.format == "PNG" and one.mutation == "checksums"]
    whole = sum(all(_iter_checksums(data)) for data in hidden if data.startswith(png.SIGNATURE))
    assert whole > len(hidden) / 2


def _iter_checksums(data):
    for begin, end in find_structure("PNG", data).parts:
        content, checksum = data[begin + 4 : end - 4], data[end - 4 : end]
        yield zlib.crc32(content) == int.from_bytes(checksum, "big")
