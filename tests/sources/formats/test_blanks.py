import io

import pytest

from packshot.errors import SourceError
from packshot.sources.formats import delimited, jsonlines


@pytest.mark.parametrize("read", [delimited.read_records, jsonlines.read_records])
def test_blank_lines_without_end(read):
    with pytest.raises(SourceError, match="more than 1,000,000 blank lines"):
        list(read(io.BytesIO(b"\n" * 1_000_002), "feed"))


def test_blank_lines_between_rows():
    content = b"path\n" + b"a.jpg\n\n\n\n" * 400_000
    assert sum(1 for _ in delimited.read_records(io.BytesIO(content), "feed.csv")) == 400_000
