import io
import json

import pytest

from packshot.errors import SourceError
from packshot.sources.formats import jsonlines


def read(content):
    return list(jsonlines.read_records(io.BytesIO(content), "feed.jsonl"))


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
        (b'{"path": ' + b"[" * 900 + b"]" * 900 + b"}", "not JSON"),
        (b'{"path": ' + b'{"a":' * 60 + b"1" + b"}" * 61, "not JSON"),
        (b'{"path": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"path": "' + b"x" * 17_000_000 + b'"}', "longer than"),
    ],
)
def test_broken_lines_are_named(line, reason):
    with pytest.raises(SourceError, match=rf"feed\.jsonl, line 2: {reason}"):
        read(b'{"path": "a.jpg"}\n' + line + b"\n")


def test_brackets_in_texts_are_letters():
    text = '["[{' + "[" * 100 + "\\\\"
    assert read(json.dumps({"path": text}).encode())[0].cells == {"path": text}


def test_odd_values_are_read():
    content = b'{"path": "\\ud800.jpg", "sku": NaN, "role": 1e999, "path": "b\\udce9.jpg"}'
    [record] = read(content)
    assert record.cells["path"] == "b\udce9.jpg"
