import io
import sys
import tracemalloc
from itertools import chain, repeat

import pytest

from packshot.errors import InvalidInput, SourceError
from packshot.sources.formats import syndication

RSS = b"""<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>
<title>Shop</title><image><url>https://shop.example/logo.png</url></image>
<item><g:id>1</g:id><link>https://shop.example/1</link>
<g:image_link> https://shop.example/1.jpg </g:image_link>
<g:additional_image_link>https://shop.example/1b.jpg</g:additional_image_link>
<g:additional_image_link>https://shop.example/1c.jpg</g:additional_image_link></item>
<item><g:id>2</g:id><g:image_link/><description><![CDATA[<b>5 < 6</b>]]></description></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<entry><g:id>ü1</g:id><g:image_link>https://shop.example/1.jpg</g:image_link></entry></feed>"""


def read(content):
    return [
        (record.line, record.cells)
        for record in syndication.read_records(io.BytesIO(content), "feed.xml")
    ]


def test_rss():
    shop = "https://shop.example/"
    assert read(RSS) == [
        (
            1,
            {
                "id": "1",
                "link": f"{shop}1",
                "image_link": f"{shop}1.jpg",
                "additional_image_link": [f"{shop}1b.jpg", f"{shop}1c.jpg"],
            },
        ),
        (2, {"id": "2", "image_link": "", "description": "<b>5 < 6</b>"}),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_atom(encoding):
    content = f'<?xml version="1.0" encoding="{encoding}"?>{ATOM}'.encode(encoding)
    assert read(content) == [(1, {"id": "ü1", "image_link": "https://shop.example/1.jpg"})]


def test_entries_inside_entries_are_their_parts():
    content = b"<products><product><id>1</id><offer><id>2</id></offer></product><product/></products>"
    assert read(content) == [(1, {"id": "1", "offer": ""}), (2, {})]


class Endless(io.RawIOBase):
    """A beginning, and then the same for ever."""

    def __init__(self, start, piece):
        self.pieces = chain([start], repeat(piece))

    def read(self, _size):
        return next(self.pieces)


@pytest.mark.parametrize("start", [b"<rss><item><id>", b"<html>", b"<rss><item id='"])
def test_an_entry_without_end_is_cut_off(start):
    with pytest.raises(SourceError, match=r"feed\.xml: an entry of more than 4,194,304 bytes, or none"):
        list(syndication.read_records(Endless(start, b"x" * 16384), "feed.xml"))


def test_read_entries_are_forgotten():
    tracemalloc.start()
    records = syndication.read_records(
        Endless(b"<rss>", b"<item><id>" + b"x" * 4000 + b"</id></item>"), "feed.xml"
    )
    for _ in range(200):
        next(records)
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(10_000):
        next(records)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 1_000_000 < 10_000 * 4000


@pytest.mark.parametrize(
    "document_type",
    [
        b'<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>',
        b'<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE rss SYSTEM "http://169.254.169.254/x.dtd">',
    ],
)
def test_document_types_are_refused(document_type):
    with pytest.raises(SourceError, match="document type"):
        read(document_type + b"<rss><item><id>&b;</id></item></rss>")


@pytest.mark.parametrize("content", [b"", b"path\na.jpg\n", RSS[:-40]])
def test_not_well_formed(content):
    with pytest.raises(SourceError, match=r"feed\.xml: not well-formed XML after entry \d"):
        read(content)


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "defusedxml", None)
    with pytest.raises(InvalidInput, match=r"pip install 'defusedxml>=[\d.]+'$"):
        read(RSS)


@pytest.mark.parametrize(
    "encoding", ["utf-7", "klingon", "idna", "utf-32", "rot13", "gb18030", "x" * 5000]
)
def test_unknown_encodings(encoding):
    with pytest.raises(SourceError, match=r"feed\.xml: not well-formed XML after entry 0"):
        read(f'<?xml version="1.0" encoding="{encoding}"?><rss/>'.encode())


@pytest.mark.parametrize("content", [b"<a>" * 10_000, b"<rss><item>" + b"<a>" * 200 + b"</a>" * 200])
def test_deep_elements(content):
    with pytest.raises(SourceError, match="nested more than 100 deep"):
        read(content)


def test_half_a_character_in_utf_16():
    content = "<rss><item><id>".encode("utf-16") + b"\0\xd8" + "</id></item></rss>".encode("utf-16-le")
    with pytest.raises(SourceError, match="not well-formed"):
        read(content)


def test_what_lies_between_entries_is_forgotten():
    records = syndication.read_records(
        Endless(b"<rss>", b"<item><id>1</id></item>" + b"<a/>" * 4000), "feed.xml"
    )
    for _ in range(20):
        next(records)
    tracemalloc.start()
    for _ in range(100):
        next(records)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 1_000_000
