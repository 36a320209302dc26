import io

import pytest

from packshot.errors import SourceError
from packshot.sources.formats import jsonlines


def read(content):
    return list(jsonlines.read(io.BytesIO(content), "feed.jsonl"))


def test_objects():
    found = read('\ufeff{"sku": 1, "path": "ü.jpg"}\r\n\n{"images": ["a.jpg", "b.jpg"]}'.encode())
    assert [(record.line, record.cells) for record in found] == [
        (1, {"sku": 1, "path": "ü.jpg"}),
        (3, {"images": ["a.jpg", "b.jpg"]}),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"path": "a.jpg"', "not JSON"),
        (b"path,sku", "not JSON"),
        (b'{"path": "\xff"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'["a.jpg"]', "not a JSON object"),
        (b'"a.jpg"', "not a JSON object"),
        (b'{"path": "' + b"x" * 17_000_000 + b'"}', "longer than"),
    ],
)
def test_broken_lines_are_named(line, reason):
    with pytest.raises(SourceError, match=rf"feed\.jsonl, line 2: {reason}"):
        read(b'{"path": "a.jpg"}\n' + line + b"\n")
