"""A shop's web server on this machine that can misbehave in every way the real ones do."""

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class ShopServer:
    """Serves what a test puts at a path: bytes, or a function of the request's handler."""

    def __init__(self, context=None):
        self.pages, self.request_counts, self.hosts, self.connections = {}, Counter(), [], 0
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                shop.connections += 1
                super().setup()

            def do_GET(self):
                shop.request_counts[self.path] += 1
                shop.hosts.append(self.headers["Host"])
                page = shop.pages.get(self.path)
                if callable(page):
                    page(self)
                else:
                    send_response(self, 404 if page is None else 200, page or b"")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # clients that hang up are what is tested
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, path="/", host="127.0.0.1", scheme="http"):
        return f"{scheme}://{host}:{self.port}{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def send_response(handler, status=200, body=b"", **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    if "Content_Length" not in headers:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def shop():
    server = ShopServer()
    yield server
    server.close()
