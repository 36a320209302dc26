import io

import pyarrow
import pytest
from pyarrow import parquet

from packshot.sources.formats.parquet_pages import iter_pages


def write_column(values, **options):
    """A file of one column, and where its pages lie."""
    file = io.BytesIO()
    parquet.write_table(pyarrow.table({"a": values}), file, **options)
    chunk = parquet.ParquetFile(file).metadata.row_group(0).column(0)
    start = min(filter(None, (chunk.dictionary_page_offset, chunk.data_page_offset)))
    return file, start, chunk


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
@pytest.mark.parametrize("words", [True, False])
def test_pages_are_those_that_the_footer_tells_of(version, compression, words):
    values = [f"{n % 500}.jpg" for n in range(20_000)]
    file, start, chunk = write_column(
        values,
        data_page_version=version,
        compression=compression,
        use_dictionary=words,
        data_page_size=10_000,
    )
    found = list(iter_pages(file, start, chunk.total_compressed_size))
    assert len(found) > 1
    assert sum(page.values for page in found) == 20_000
    assert sum(page.packed_bytes for page in found) < chunk.total_compressed_size
    assert sum(page.unpacked_bytes for page in found) < chunk.total_uncompressed_size
    assert (found[0].values == 0) is words


@pytest.mark.parametrize(
    "junk", [b"", b"\x15", b"\x15\xff" * 20, b"\x1c" * 50, b"\x19\xff" + b"\xff" * 9, bytes(9)]
)
def test_what_is_no_header(junk):
    with pytest.raises(ValueError, match=r"header of a page"):
        list(iter_pages(io.BytesIO(junk), 0, 50))
