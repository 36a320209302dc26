import gzip
import socket
import ssl
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpcore2
import pytest
import trustme

from packshot.errors import InvalidInput, PhotoMissing, PhotoRefused, PhotoUnreachable
from packshot.sources.addresses import resolve_host
from packshot.sources.settings import WebSettings
from packshot.sources.web import WebClient
from tests.conftest import TIMEOUT_S
from tests.sources.conftest import ShopServer, send_response

PHOTO = bytes(range(256)) * 40
PUBLIC = "93.184.216.34"


def make_client(shop, resolve=resolve_host, **settings):
    settings = {"allow_private": True, "ports": frozenset({80, 443, shop.port}), **settings}
    return WebClient(WebSettings(**settings), resolve)


def check_refusal(shop, path, match, **settings):
    with pytest.raises(PhotoRefused, match=match) as caught:
        make_client(shop, **settings).get(shop.url(path))
    assert not caught.value.retry
    assert caught.value.location == shop.url(path)


def check_unreachable(shop, path, match, retry, **settings):
    with pytest.raises(PhotoUnreachable, match=match) as caught:
        make_client(shop, **settings).get(shop.url(path))
    assert caught.value.retry is retry
    return caught.value


@pytest.fixture
def internet(monkeypatch, shop):
    """A connection to a public address ends at the shop; the addresses connected to are written down."""
    hosts = []

    class Routed(httpcore2.SyncBackend):
        def connect_tcp(self, host, port, **options):
            hosts.append(host)
            return super().connect_tcp("127.0.0.1", shop.port, **options)

    monkeypatch.setattr(httpcore2, "SyncBackend", Routed)
    return hosts


def test_a_file(shop):
    shop.pages["/a.jpg"] = PHOTO
    assert make_client(shop).get(shop.url("/a.jpg")) == PHOTO
    assert shop.hosts == [f"127.0.0.1:{shop.port}"]


def test_connections_are_used_again(shop):
    shop.pages["/a.jpg"] = PHOTO
    fetches = make_client(shop)
    for _ in range(5):
        fetches.get(shop.url("/a.jpg"))
    assert shop.request_counts["/a.jpg"] == 5
    assert shop.connections == 1
    fetches.close()


def test_threads_share_a_client(shop):
    for number in range(40):
        shop.pages[f"/{number}"] = str(number).encode() * 1000
    fetches, found = make_client(shop), {}

    def fetch_some(start):
        for number in range(start, 40, 8):
            found[number] = fetches.get(shop.url(f"/{number}"))

    threads = [threading.Thread(target=fetch_some, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: str(number).encode() * 1000 for number in range(40)}


def test_this_machine_is_refused_unless_allowed(shop):
    shop.pages["/a.jpg"] = PHOTO
    check_refusal(shop, "/a.jpg", "this machine itself", allow_private=False)
    assert not shop.connections


def test_other_ports_are_refused(shop):
    check_refusal(shop, "/a.jpg", "not among those allowed", ports=frozenset({80}))
    assert not shop.connections


def test_redirects_are_followed(shop):
    shop.pages["/a.jpg"] = lambda request: send_response(request, 302, Location="sub/b.jpg?x=ü y")
    shop.pages["/sub/b.jpg?x=%C3%BC%20y"] = PHOTO
    assert make_client(shop).get(shop.url("/a.jpg")) == PHOTO


def test_redirects_end(shop):
    for number in range(7):
        shop.pages[f"/{number}"] = lambda request, n=number: send_response(
            request, 301, Location=f"/{n + 1}"
        )
    shop.pages["/7"] = PHOTO
    assert make_client(shop).get(shop.url("/2")) == PHOTO
    check_refusal(shop, "/1", "more than 5 redirects")
    assert shop.request_counts["/7"] == 1


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data", "metadata"),
        ("http://[::ffff:127.0.0.1]/", "IPv4 address inside"),
        ("file:///etc/passwd", "neither http nor https"),
        ("http://me:secret@shop.example/", "user name"),
        ("http://shop.example:22/", "port 22"),
        ("http://[bad", "a redirect to what is not a URL"),
        ("http://xn--\u00ff/", "not a valid host name"),
        (f"http://{'a' * 64}.example/", "not a valid host name"),
        (f"http://{'a.' * 130}example/", "not a valid host name"),
        ("http://a..example/", "not a valid host name"),
        ("http://shop.example:99999/", "Port out of range"),
        ("javascript:alert(1)", "neither http nor https"),
    ],
)
def test_redirects_are_checked(shop, target, reason):
    shop.pages["/a.jpg"] = lambda request: send_response(request, 302, Location=target)
    check_refusal(shop, "/a.jpg", reason)


def test_a_public_server_cannot_redirect_to_this_machine(shop, internet):
    shop.pages["/a.jpg"] = lambda request: send_response(request, 302, Location=shop.url("/secret"))
    shop.pages["/secret"] = b"secret"
    fetches = make_client(
        shop, lambda host, port: [PUBLIC if host == "cdn.example" else host], allow_private=False
    )
    with pytest.raises(PhotoRefused, match="this machine itself"):
        fetches.get("http://cdn.example/a.jpg")
    assert internet == [PUBLIC]
    assert not shop.request_counts["/secret"]


def test_a_name_that_changes_its_address_is_resolved_once(shop, internet):
    """DNS rebinding: public when checked, this machine a moment later."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    shop.pages["/a.jpg"] = lambda request: send_response(request, 200, PHOTO, Connection="close")
    fetches = make_client(shop, lambda *_: next(answers), allow_private=False)
    assert fetches.get("http://rebind.example/a.jpg") == PHOTO
    assert internet == [PUBLIC]
    assert shop.hosts == ["rebind.example"]
    with pytest.raises(PhotoRefused, match=r"rebind\.example is this machine itself"):
        fetches.get("http://rebind.example/a.jpg")
    assert internet == [PUBLIC]


def test_of_several_addresses_only_allowed_ones_are_tried(shop, internet):
    shop.pages["/a.jpg"] = PHOTO
    fetches = make_client(shop, lambda *_: ["10.0.0.1", "::1", PUBLIC], allow_private=False)
    assert fetches.get("http://cdn.example/a.jpg") == PHOTO
    assert internet == [PUBLIC]


def test_a_dead_address_is_passed_over(shop):
    shop.pages["/a.jpg"] = PHOTO
    fetches = make_client(shop, lambda *_: ["127.0.0.2", "127.0.0.1"])
    assert fetches.get(shop.url("/a.jpg", "cdn.example")) == PHOTO


def test_hosts_that_do_not_resolve(shop):
    def make_failing_resolver(number):
        def resolve(*_):
            raise socket.gaierror(number, "says the name server")

        return resolve

    for number, retry in ((socket.EAI_AGAIN, True), (socket.EAI_NONAME, False)):
        check_unreachable(
            shop,
            "/a.jpg",
            "host not found: says the name server",
            retry,
            resolve=make_failing_resolver(number),
        )
    check_refusal(shop, "/a.jpg", "has no address", resolve=lambda *_: [])


def test_nobody_listens(shop):
    shop.close()
    check_unreachable(shop, "/a.jpg", "the connection broke", retry=True)


@pytest.mark.parametrize(
    ("status", "retry", "match"),
    [
        (401, False, "denies access"),
        (403, False, "denies access"),
        (400, False, "status 400"),
        (304, False, "status 304"),
        (408, True, "busy or broken"),
        (429, True, "busy or broken"),
        (500, True, "busy or broken"),
        (503, True, "busy or broken"),
    ],
)
def test_statuses(shop, status, retry, match):
    shop.pages["/a.jpg"] = lambda request: send_response(request, status)
    assert check_unreachable(shop, "/a.jpg", match, retry).wait_s is None


@pytest.mark.parametrize("status", [404, 410])
def test_missing(shop, status):
    shop.pages["/a.jpg"] = lambda request: send_response(request, status)
    with pytest.raises(PhotoMissing, match=f"no such file .status {status}") as caught:
        make_client(shop).get(shop.url("/a.jpg"))
    assert not caught.value.retry


@pytest.mark.parametrize(
    ("told", "wait"), [("7", 7), ("0", 0), ("soon", None), ("-5", None), ("", None)]
)
def test_how_long_the_server_asks_to_wait(shop, told, wait):
    shop.pages["/a.jpg"] = lambda request: send_response(request, 429, Retry_After=told)
    assert check_unreachable(shop, "/a.jpg", "busy", retry=True).wait_s == wait


@pytest.mark.parametrize(("hours", "low", "high"), [(1, 3400, 3600), (-1, 0, 0)])
def test_until_when_the_server_asks_to_wait(shop, hours, low, high):
    until = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
    shop.pages["/a.jpg"] = lambda request: send_response(request, 503, Retry_After=until)
    assert low <= check_unreachable(shop, "/a.jpg", "busy", retry=True).wait_s <= high


def test_a_header_that_drips_is_cut_off(shop):
    def drip(request):
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000:
            request.wfile.write(bytes([byte]))
            time.sleep(0.05)

    shop.pages["/a.jpg"] = drip
    begun = time.monotonic()
    check_unreachable(shop, "/a.jpg", "too slow", retry=True, total_s=0.6)
    assert 0.5 < time.monotonic() - begun < 250, "all of it takes 500 s"


def test_a_body_that_drips_is_cut_off(shop):
    def drip(request):
        request.send_response(200)
        request.send_header("Content-Length", "10000")
        request.end_headers()
        for _ in range(10_000):
            request.wfile.write(b"x")
            time.sleep(0.05)

    shop.pages["/a.jpg"] = drip
    begun = time.monotonic()
    check_unreachable(shop, "/a.jpg", "too slow", retry=True, total_s=0.6)
    assert 0.5 < time.monotonic() - begun < 250, "all of it takes 500 s"


def test_silence_is_cut_off(shop):
    shop.pages["/a.jpg"] = lambda request: time.sleep(3)
    check_unreachable(shop, "/a.jpg", "too slow", retry=True, read_s=0.2)


def test_redirects_share_one_deadline(shop):
    def redirect_late(request):
        time.sleep(0.3)
        send_response(request, 302, Location="/a.jpg")

    shop.pages["/a.jpg"] = redirect_late
    check_unreachable(shop, "/a.jpg", "too slow", retry=True, total_s=0.7)
    assert shop.request_counts["/a.jpg"] <= 3


def test_a_body_without_end_is_cut_off(shop):
    sizes = []

    def send_endless(request):
        request.send_response(200)
        request.send_header("Connection", "close")
        request.end_headers()
        while True:
            request.wfile.write(b"x" * 65536)
            sizes.append(65536)

    shop.pages["/a.jpg"] = send_endless
    check_refusal(shop, "/a.jpg", "larger than the limit of 100,000 bytes", max_bytes=100_000)
    assert sum(sizes) < 50_000_000


def test_a_length_over_the_limit_is_not_waited_for(shop):
    refused_event, waited = threading.Event(), []

    def send_huge(request):
        send_response(request, Content_Length=10**12)
        waited.append(refused_event.wait(TIMEOUT_S))

    shop.pages["/a.jpg"] = send_huge
    check_refusal(shop, "/a.jpg", "larger than the limit")
    assert waited == [], "the server still has a body to send"
    refused_event.set()


def test_the_limit_itself_is_allowed(shop):
    shop.pages["/a.jpg"] = PHOTO
    assert make_client(shop, max_bytes=len(PHOTO)).get(shop.url("/a.jpg")) == PHOTO
    check_refusal(shop, "/a.jpg", "larger than", max_bytes=len(PHOTO) - 1)


def test_a_body_cut_short_may_be_whole_next_time(shop):
    def send_short(request):
        send_response(request, 200, PHOTO, Content_Length=len(PHOTO) + 1)
        request.close_connection = True

    shop.pages["/a.jpg"] = send_short
    check_unreachable(shop, "/a.jpg", "the connection broke", retry=True)


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_content_is_unpacked(shop, coding, pack):
    shop.pages["/a.jpg"] = lambda request: send_response(
        request, 200, pack(PHOTO), Content_Encoding=coding
    )
    assert make_client(shop, max_bytes=len(PHOTO)).get(shop.url("/a.jpg")) == PHOTO
    check_refusal(shop, "/a.jpg", "larger than", max_bytes=len(PHOTO) - 1)


def test_a_bomb_is_cut_off(shop, monkeypatch):
    bomb = gzip.compress(bytes(200_000_000), 1)
    shop.pages["/a.jpg"] = lambda request: send_response(request, 200, bomb, Content_Encoding="gzip")
    assert len(bomb) < 2_000_000
    check_refusal(shop, "/a.jpg", "larger than the limit of 2,000,000", max_bytes=2_000_000)


def test_broken_compression(shop):
    packed = gzip.compress(PHOTO)
    shop.pages["/short"] = lambda request: send_response(
        request, 200, packed[:-9], Content_Encoding="gzip"
    )
    shop.pages["/damaged"] = lambda request: send_response(request, 200, PHOTO, Content_Encoding="gzip")
    shop.pages["/unknown"] = lambda request: send_response(request, 200, PHOTO, Content_Encoding="br")
    check_unreachable(shop, "/short", "cut short", retry=True)
    check_unreachable(shop, "/damaged", "damaged", retry=False)
    check_refusal(shop, "/unknown", "not asked for: br")


def test_no_http_at_all(shop):
    shop.pages["/a.jpg"] = lambda request: request.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    check_unreachable(shop, "/a.jpg", "the connection broke", retry=True)


@pytest.fixture
def secure(tmp_path):
    """A shop with a certificate for photos.example, and the authority that signed it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("photos.example").configure_cert(context)
    asked_for = []
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    server = ShopServer(context)
    server.asked_for, server.authority = asked_for, tmp_path / "authority.pem"
    yield server
    server.close()


def test_certificates_are_checked_for_the_host_not_the_address(secure):
    secure.pages["/a.jpg"] = PHOTO
    fetches = make_client(secure, lambda *_: ["127.0.0.1"], certificates=secure.authority)
    assert fetches.get(secure.url("/a.jpg", "photos.example", "https")) == PHOTO
    assert secure.asked_for == ["photos.example"]
    assert secure.hosts == [f"photos.example:{secure.port}"]
    with pytest.raises(PhotoUnreachable, match="certificate is not valid") as caught:
        fetches.get(secure.url("/a.jpg", "other.example", "https"))
    assert not caught.value.retry


def test_unknown_authorities_are_not_trusted(secure):
    fetches = make_client(secure, lambda *_: ["127.0.0.1"])
    with pytest.raises(PhotoUnreachable, match="certificate is not valid"):
        fetches.get(secure.url("/a.jpg", "photos.example", "https"))
    assert not secure.request_counts


def test_certificates_that_are_none(shop, tmp_path):
    (tmp_path / "empty.pem").write_bytes(b"")
    for name in ("empty.pem", "none.pem"):
        with pytest.raises(InvalidInput, match=name):
            make_client(shop, certificates=tmp_path / name)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("9" * 500, 86_400),
        ("Fri, 31 Dec 9999 23:59:59 -0001", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Mon, 01 Jan 0001 00:00:00 +2359", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2020 00:00:00 +999999999999999999", None),
        ("-5", None),
        ("\u0663", None),
        ("soon", None),
    ],
)
def test_absurd_waits_are_rows(shop, told, seconds):
    shop.pages["/a.jpg"] = lambda request: send_raw(request, 503, b"Retry-After: " + told.encode())
    error = check_unreachable(shop, "/a.jpg", "busy or broken", retry=True)
    assert error.wait_s in ((seconds,) if seconds else (None, 0.0, 86_400))


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: " + b"9" * 5000,
        b"Content-Length: -1",
        b"Content-Length: \xc2\xb2",
        b"Content-Length: 1\r\nContent-Length: 2",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"\0odd\xff: x",
        b"X: " + b"a" * 2_000_000,
    ],
)
def test_malformed_answers_are_rows(shop, header):
    shop.pages["/a.jpg"] = lambda request: send_raw(request, 200, header, b"-5\r\nzz\r\n")
    check_unreachable(shop, "/a.jpg", "the connection broke", retry=True)


def send_raw(request, status, header, body=b""):
    request.close_connection = True
    request.wfile.write(b"HTTP/1.1 %d Odd\r\n%b\r\n" % (status, header))
    request.wfile.write(
        (b"" if b"Content-Length" in header or body else b"Content-Length: 0\r\n") + b"\r\n"
    )
    request.wfile.write(body)
