import io
import json

import pytest

from packshot.errors import SourceError
from packshot.sources.formats import jsonarray
from packshot.sources.formats.jsonarray import read_records

ODD = [{"path": 'a "]}[{\\ .jpg', "n": n, "list": [{"url": "x"}, []]} for n in range(40)]


def read(text):
    data = text if isinstance(text, bytes) else text.encode()
    return [record.cells for record in read_records(io.BytesIO(data), "feed.json")]


@pytest.mark.parametrize("chunk_bytes", [1, 3, 65_536])
@pytest.mark.parametrize("indent", [None, 2])
def test_objects_are_cut_out_wherever_the_pieces_end(monkeypatch, chunk_bytes, indent):
    monkeypatch.setattr(jsonarray, "_CHUNK_BYTES", chunk_bytes)
    assert read(json.dumps(ODD, indent=indent)) == ODD
    assert read(json.dumps({"next": None, "items": ODD, "count": 40}, indent=indent)) == ODD


def test_other_shapes():
    assert read('\ufeff[{"a": "1"}]') == [{"a": "1"}]
    assert read('{"a": "1", "images": [{"url": "x"}]}') == [{"a": "1", "images": [{"url": "x"}]}]
    assert read('{"a": "1"}\n{"a": "2"}\n') == [{"a": "1"}, {"a": "2"}]
    assert read("[]") == read("") == []


@pytest.mark.parametrize("text", ['[{"a": 1}', '[{"a": "1', '"a"', "3", '[{"a": }]', '{"a": 1'])
def test_damage_is_an_error(text):
    with pytest.raises(SourceError, match=r"feed\.json.*not JSON"):
        read(text)


def test_what_is_too_large_or_too_deep_is_refused(monkeypatch):
    with pytest.raises(SourceError, match="nested"):
        read('[{"a":' + "[" * 60 + "]" * 60 + "}]")
    monkeypatch.setattr(jsonarray, "MAX_OBJECT_BYTES", 1000)
    with pytest.raises(SourceError, match="more than 1,000 bytes"):
        read('[{"a": "' + "x" * 200_000 + '"}]')
