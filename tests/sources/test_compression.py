import gzip
import io

import pytest

from packshot.errors import SourceError
from packshot.sources.compression import BASE_LIMIT_BYTES, max_unpacked_bytes, open_gzip


def read(packed, **options):
    with open_gzip(io.BytesIO(packed), "feed.csv.gz", **{"spool": False, **options}) as file:
        return file.read()


@pytest.mark.parametrize("spool", [False, True])
def test_what_was_packed(spool):
    content = b"path\n" + b"".join(b"%d.jpg\n" % n for n in range(100_000))
    assert read(gzip.compress(content), spool=spool) == content


def test_a_second_pass():
    with open_gzip(io.BytesIO(gzip.compress(b"a\nb\n")), "feed.csv.gz", spool=False) as file:
        assert file.readlines() == [b"a\n", b"b\n"]
        file.seek(0)
        assert file.read() == b"a\nb\n"


@pytest.mark.parametrize("spool", [False, True])
def test_a_bomb_is_refused_before_it_is_unpacked(spool):
    with pytest.raises(SourceError, match=r"feed\.csv\.gz: unpacks to more than is safe"):
        read(gzip.compress(bytes(2 * BASE_LIMIT_BYTES)), spool=spool)


def test_how_much():
    assert max_unpacked_bytes(10) == BASE_LIMIT_BYTES
    assert max_unpacked_bytes(10**9, 100) == 10**11
