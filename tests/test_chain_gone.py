"""The chain goes away, before a client connects or after: what goes on, and what must not."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time

import pytest

from zg_jupyter import aio, client, networks
from zg_jupyter.chain.known import KnownChain
from zg_jupyter.errors import ChainUnreachable, NetworkMismatch
from zg_jupyter.records import Notice
from zg_jupyter.settings import Settings
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account

CANNED = "tests.bench.canned:CannedEngine"
WORDS = " ".join(f"wörd{i}" for i in range(8))


class Line:
    """A TCP line to the chain that can be cut and mended, always at the same port."""

    def __init__(self, url: str) -> None:
        self.target = ("127.0.0.1", int(url.rpartition(":")[2].strip("/")))
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self.port = 0
        self.mend()
        self.url = f"http://127.0.0.1:{self.port}"

    def mend(self, target=None) -> None:
        self.target = target or self.target
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        for one in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _accept(self, listener) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self.target)
                self._open |= {near, far}
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source, sink) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@pytest.fixture
def line(canned_network, tmp_path, monkeypatch):
    """The network of the session behind a line of this test; files of this test."""
    state = json.loads((canned_network / "devnet" / "devnet.json").read_text(encoding="utf-8"))
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    made = Line(state["rpc_url"])
    yield made
    made.cut()


@pytest.fixture
def connect(line):
    with contextlib.ExitStack() as stack:

        def make(**settings):
            chosen = Settings(local_engine=CANNED, local_model="canned-8t-0ms", **settings)
            made = client.connect(
                "devnet", wallet=devnet_account(15), settings=chosen, rpc_url=line.url
            )
            return stack.enter_context(made)

        yield make


def test_a_chain_that_stops_midway_stops_nobody_whose_token_is_good(line, connect):
    made = connect()
    made.deposit(5 * NEURON_PER_0G)
    made.ask("hi")
    line.cut()
    with pytest.raises(ChainUnreachable):
        made.overview()
    made._inner.catalog._read_at = time.time() - 3600  # offers from an hour ago serve on
    for _ in range(3):
        answer = made.ask("again")
        assert answer.text == WORDS
        assert answer.receipt.verdict.status == "verified"
    assert len(made.spend_table()) == 4
    line.mend()
    assert made.overview().providers == 2


@pytest.mark.parametrize("which", [0, 1])
def test_whoever_is_funded_already_answers_also_when_another_one_comes_first(line, connect, which):
    made = connect()
    made.deposit(5 * NEURON_PER_0G)
    funded = made.plan("hi").steps[which].offer.provider
    made.ask("hi", provider=funded)
    # Something is still to be said about money that was moved: that needs no chain either.
    made._inner._sessions._notices.append("More was moved.")
    line.cut()
    made._inner.catalog._read_at = time.time() - 3600
    answer = made.ask("again", failover="restart")
    assert answer.text == WORDS
    assert answer.receipt.provider == funded
    with pytest.raises(ChainUnreachable, match="Nothing was charged"):
        made.ask("again", failover="none", provider=made.plan("hi").steps[1 - which].offer.provider)


def test_a_new_kernel_starts_with_the_chain_it_knew(line, connect):
    before = connect()
    line.cut()
    after = connect(fallback="local")
    assert after._inner.books == before._inner.books
    first, *_, finished = after.stream("hi")
    assert isinstance(first, Notice)
    assert "does not answer" in first.text
    assert "no money can be moved" in first.text
    assert finished.answer.receipt.route == "local"
    assert len(after.spend_table()) == 1
    with pytest.raises(ChainUnreachable):
        after.deposit(NEURON_PER_0G)
    with pytest.raises(ChainUnreachable, match="Or ask this machine: --fallback local"):
        after.ask("hi", fallback="none")


def test_and_works_in_full_once_the_chain_is_back(line, connect):
    connect()
    line.cut()
    made = connect()
    line.mend()
    made.deposit(5 * NEURON_PER_0G)
    assert made.ask("hi").receipt.verdict.status == "verified"


def test_another_chain_in_its_place_is_refused_before_anything_else(line, connect, tmp_path):
    connect()
    path = tmp_path / "cache" / "chain-devnet.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**known, "genesis": "0x" + 64 * "9"}), encoding="utf-8")
    line.cut()
    made = connect()
    line.mend()
    for refused in (lambda: made.deposit(NEURON_PER_0G), made.overview, lambda: made.ask("hi")):
        with pytest.raises(NetworkMismatch, match="another chain"):
            refused()


def test_a_chain_that_was_never_seen_is_an_error(line, connect):
    line.cut()
    with pytest.raises(ChainUnreachable):
        connect()


def test_what_is_known_belongs_to_one_url_and_does_not_show_it(tmp_path):
    here = networks.get("testnet").at("https://rpc.example/secret-key")
    KnownChain(tmp_path, here).keep("0xabc")
    assert KnownChain(tmp_path, here).genesis() == "0xabc"
    assert KnownChain(tmp_path, here.at("https://rpc.example/")).genesis() is None
    (file,) = tmp_path.iterdir()
    assert "secret-key" not in file.read_text(encoding="utf-8")
    for spoiled in ("", "[]", "{", '{"genesis": 5}'):
        file.write_text(spoiled, encoding="utf-8")
        assert KnownChain(tmp_path, here).genesis() is None
    KnownChain(tmp_path / "file" / "x", here).keep("0x1")
    (tmp_path / "taken").write_text("", encoding="utf-8")
    KnownChain(tmp_path / "taken", here).keep("0x1")


@pytest.mark.anyio
async def test_the_async_face_starts_without_its_chain_too(line):
    network = networks.get("devnet").at(line.url)
    async with aio.AsyncClient(network, devnet_account(15)) as made:
        books = made.books
    line.cut()
    async with aio.AsyncClient(network, devnet_account(15)) as made:
        assert made.books == books
        with pytest.raises(ChainUnreachable):
            await made.ask("hi")
