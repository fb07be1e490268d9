"""Public documents of strangers: fetched within bounds, and only where the guard lets us."""

from __future__ import annotations

import contextlib
import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import httpx
import pytest

from zg_jupyter import networks
from zg_jupyter.errors import ProviderUnreachable, UnsafeAddress
from zg_jupyter.records import Offer
from zg_jupyter.settings import Settings
from zg_jupyter.transport import documents
from zg_jupyter.transport.direct import DirectTransport
from zg_jupyter.transport.documents import Documents

pytestmark = pytest.mark.anyio
DEVNET, TESTNET = networks.get("devnet"), networks.get("testnet")


CONTENTS = {
    "/v1/proxy/signature/long?model=a%20b%2F%26c": b"x" * 1_000_000,
    "/v1/proxy/signature/nonsense?model=a%20b%2F%26c": b"[]",
    "/long": b"x" * 4096,
    "/slow": b"x" * 1000,
    "/bomb": gzip.compress(b"0" * 50_000_000),
}


class _Provider(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self):
        self.asked.append(self.path)
        found = self.path == "/v1/models"
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/v1/models")
        else:
            self.send_response(200 if found or self.path in CONTENTS else 404)
        content = CONTENTS.get(self.path, b"{}")
        if self.path == "/bomb":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.path == "/slow":
            with contextlib.suppress(OSError):
                for _ in range(30):
                    self.wfile.write(b"x")
                    time.sleep(0.05)
            return
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def base():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
async def http():
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def test_a_document_is_read(http, base):
    assert await Documents(http, DEVNET).read(f"{base}/", "/v1/models") == b"{}"


@pytest.mark.parametrize("path", ["/nothing", "/moved"])
async def test_anything_but_a_plain_yes_is_no_document(http, base, path):
    with pytest.raises(ProviderUnreachable, match=f"has no {path}"):
        await Documents(http, DEVNET).read(base, path)


async def test_a_document_that_does_not_end_is_cut_off(http, base, monkeypatch):
    monkeypatch.setattr(documents, "_MOST_BYTES", 1000)
    with pytest.raises(ProviderUnreachable, match="too long"):
        await Documents(http, DEVNET).read(base, "/long")


async def test_a_document_that_comes_drop_by_drop_is_given_up(http, base, monkeypatch):
    monkeypatch.setattr(documents, "_SECONDS", 0.3)
    with pytest.raises(ProviderUnreachable, match="does not answer"):
        await Documents(http, DEVNET).read(base, "/slow")


async def test_what_was_not_to_be_compressed_is_not_unpacked(http, base):
    assert await Documents(http, DEVNET).read(base, "/bomb") == CONTENTS["/bomb"]


async def test_nobody_there_is_one_sentence(http):
    with pytest.raises(ProviderUnreachable, match="does not answer"):
        await Documents(http, DEVNET).read("http://127.0.0.1:9", "/v1/models")


async def test_a_url_into_a_private_network_is_refused(http, base):
    with pytest.raises(UnsafeAddress):
        await Documents(http, TESTNET).read(base.replace("http", "https"), "/v1/models")


@pytest.mark.parametrize("chat_id", ["long", "nonsense", "missing", "../../x", ""])
async def test_a_signature_that_is_none_is_no_signature(http, base, chat_id):
    offer = Offer("direct", "0x" + "a" * 40, base, "a b/&c", "chatbot", 1, 1)
    _Provider.asked.clear()
    assert await DirectTransport(http, DEVNET, Settings()).signature(offer, chat_id) is None
    path = f"/v1/proxy/signature/{chat_id}?model=a%20b%2F%26c"
    assert _Provider.asked == ([path] if chat_id.isalpha() else [])
