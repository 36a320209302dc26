import pytest

from packshot.sources.urls import AddressRefused, Url, parse_url, scheme_of

PORTS = {80, 443}


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://Shop.Example/a.jpg", Url("https", "shop.example", 443, "/a.jpg")),
        ("http://shop.example", Url("http", "shop.example", 80, "/")),
        ("HTTP://shop.example:443/x?a=1&b=%2F#top", Url("http", "shop.example", 443, "/x?a=1&b=%2F")),
        ("https://shop.example/rote Tasse.jpg", Url("https", "shop.example", 443, "/rote%20Tasse.jpg")),
        ("https://shop.example/图.jpg", Url("https", "shop.example", 443, "/%E5%9B%BE.jpg")),
        ("https://bücher.example/", Url("https", "xn--bcher-kva.example", 443, "/")),
        ("https://[2606:2800::1]/", Url("https", "2606:2800::1", 443, "/")),
        ("https://img_1.shop.example/", Url("https", "img_1.shop.example", 443, "/")),
    ],
)
def test_parts(location, expected):
    assert parse_url(location, PORTS) == expected


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("ftp://shop.example/a.jpg", "neither http nor https"),
        ("file:///etc/passwd", "neither http nor https"),
        ("shop.example/a.jpg", "neither http nor https"),
        ("https://me:secret@shop.example/", "user name"),
        ("https://shop.example@10.0.0.1/", "user name"),
        ("https://shop.example:22/", "port 22 is not among those allowed: 80, 443"),
        ("https://shop.example:99999/", "not a URL"),
        ("https://shop.example:x/", "not a URL"),
        ("https://[::1/", "not a URL"),
        ("https://", "not a valid host name"),
        ("https://a..b/", "not a valid host name"),
        ("https://evil.example\\.shop.example/", "not a valid host name"),
        ("https://a b/", "not a valid host name"),
        ("https://a%00b/", "not a valid host name"),
        ("https://[fe80::1%25eth0]/", "not a valid host name"),
    ],
)
def test_refused(location, reason):
    with pytest.raises(AddressRefused, match=reason):
        parse_url(location, PORTS)


def test_nothing_can_be_smuggled_into_a_request():
    url = parse_url("http://shop.example/a\r\nHost: evil\r\n\r\n b?c=\x00", PORTS)
    assert not set("\r\n\0 ") & set(url.target + url.host)


def test_authority():
    assert parse_url("https://shop.example/", PORTS).authority == "shop.example"
    assert parse_url("http://shop.example:8080/", {8080}).authority == "shop.example:8080"
    assert parse_url("http://[2606:2800::1]:8080/", {8080}).authority == "[2606:2800::1]:8080"


def test_schemes():
    assert [scheme_of(text) for text in ("S3://b/k", "a/b.jpg", "C:\\a.jpg", "x://", "")] == [
        "s3",
        None,
        None,
        None,
        None,
    ]
