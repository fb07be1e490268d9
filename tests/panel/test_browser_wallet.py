"""The part of the section Wallet for a wallet of the browser, on a real network.

The page is a stand-in that signs with a real key and answers as the page's script does; what a
browser adds is in tests/browser/test_panel_browser_wallet.py.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.panel.conftest import settled
from tests.wallet.test_browser import OWNER, StandInPage
from zg_jupyter import client
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.devnet import up as devnet
from zg_jupyter.notebook import language
from zg_jupyter.panel.browser_signing import BrowserPart
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account


class Paged:
    """The part, and the stand-in of the page that it is shown in."""

    def __init__(self, room, rpc_url, monkeypatch):
        self.part = BrowserPart(room)
        self.page = StandInPage(Rpc(rpc_url))
        self.bridge = self.part.bridge
        monkeypatch.setattr(self.bridge, "send", self._sent)

    def _sent(self, content):
        if "ask" in content:
            self._answering = asyncio.ensure_future(self._answer(content))

    async def _answer(self, content):
        result = await self.page.ask(content["method"], content["params"])
        said = {"page": "p1", "answer": content["ask"], "result": result}
        self.bridge._heard(None, said, None)

    def connect(self):
        self.bridge._heard(None, {"connect": OWNER.address, "page": "p1"}, None)
        return settled(self.part._line)

    def disconnect(self):
        self.bridge._heard(None, {"disconnect": True, "page": "p1"}, None)

    def sign_in(self):
        self.part._sign.click()
        return settled(self.part._line)


@pytest.fixture
def paged(online, monkeypatch):
    """Connected, with money of its own in the ledger."""
    rpc_url = devnet.find().rpc_url
    for name in ("WALLET", "LANGUAGE", "BUDGET", "TIMEOUT"):
        monkeypatch.setenv(f"ZG_{name}", "")
    asyncio.run(_fund(rpc_url))
    made = Paged(online, rpc_url, monkeypatch)
    made.connect()
    user = client.session()
    if user.overview().ledger is None:
        user.deposit(5 * NEURON_PER_0G)
    yield made
    made.disconnect()
    made.part.close()
    language.speak("en")
    asyncio.run(made.page.rpc.aclose())


async def _fund(rpc_url):
    rpc = Rpc(rpc_url)
    await Transactor(rpc, devnet_account(8), 31337).send(
        OWNER.address, b"", value=20 * NEURON_PER_0G
    )
    await rpc.aclose()


def test_one_signature_serves_the_day_whatever_is_set_in_between(paged):
    assert "Signed in with" in paged.sign_in()
    assert paged.page.asked.count("personal_sign") == 1
    provider = paged.part._provider.value
    for values in ({"language": "id"}, {"timeout": "25"}, {"budget": "3"}):
        paged.part._room.session.change(values)
        user = client.session()
        assert user._inner.wallet.address == OWNER.address
        assert user.ask("hello", provider=provider, max_tokens=5).text
    assert "Signed in with" in paged.sign_in()
    assert paged.page.asked.count("personal_sign") == 1


def test_after_a_disconnection_the_page_is_asked_again(paged):
    paged.sign_in()
    paged.disconnect()
    before = paged.page.asked.count("personal_sign")
    assert OWNER.address in paged.connect()
    paged.sign_in()
    assert paged.page.asked.count("personal_sign") == before + 1
