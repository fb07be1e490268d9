"""A wallet in the page, against the embedded chain.

The page is a stand-in: a real local key that signs and sends as MetaMask does. What a browser adds
is in tests/browser/test_panel_browser_wallet.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import secrets
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from tests.notebook.conftest import bare_shell, one_shell, shell  # noqa: F401
from zg_jupyter import client, networks, wallets
from zg_jupyter.chain import tokens
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.errors import ChainError, WalletError
from zg_jupyter.notebook import language
from zg_jupyter.notebook.shared import Session
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet import browser
from zg_jupyter.wallet.browser import BrowserWallet, PageError, PageGone
from zg_jupyter.wallet.kept import KeptTokens
from zg_jupyter.wallet.sources import devnet_account

KEY = "0x" + secrets.token_hex(32)  # an account that nobody else of this chain has
OWNER = Account.from_key(KEY)


class StandInPage:
    """Answers EIP-1193 requests with a real key and, where it has one, a real chain."""

    def __init__(self, rpc: Rpc | None = None, chain_id: int = 31337) -> None:
        self.rpc, self.chain_id = rpc, chain_id
        self.known = {chain_id}
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {}

    async def ask(self, method: str, params: list[Any]) -> Any:
        self.asked.append(method)
        if method in self.answers:
            answer = self.answers[method]
            if isinstance(answer, Exception):
                raise answer
            return answer
        return await getattr(self, method)(params)

    async def eth_chainId(self, _: Any) -> str:  # noqa: N802 - names of the standard
        return hex(self.chain_id)

    async def wallet_switchEthereumChain(self, params: Any) -> None:  # noqa: N802
        wanted = int(params[0]["chainId"], 16)
        if wanted not in self.known:
            raise PageError(4902, "Unrecognized chain")
        self.chain_id = wanted

    async def wallet_addEthereumChain(self, params: Any) -> None:  # noqa: N802
        assert params[0]["rpcUrls"]
        self.known.add(int(params[0]["chainId"], 16))

    async def personal_sign(self, params: Any) -> str:
        message, address = params
        assert address == OWNER.address
        return OWNER.sign_message(encode_defunct(hexstr=message)).signature.to_0x_hex()

    async def eth_sendTransaction(self, params: Any) -> str:  # noqa: N802
        assert self.rpc is not None
        call = params[0]
        nonce = await self.rpc.call("eth_getTransactionCount", call["from"], "pending")
        price = int(await self.rpc.call("eth_gasPrice"), 16)
        signed = OWNER.sign_transaction(
            {
                "to": call["to"],
                "data": call["data"],
                "value": int(call["value"], 16),
                "gas": int(call["gas"], 16),
                "gasPrice": price * 2,
                "nonce": int(nonce, 16),
                "chainId": self.chain_id,
            }
        )
        return str(
            await self.rpc.call("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
        )


def wallet_on(page: StandInPage) -> BrowserWallet:
    return BrowserWallet(OWNER.address, page, networks.get("devnet").at("http://127.0.0.1:1"))


def test_a_signature_is_the_one_of_the_account_that_was_connected():
    message = b"\x07" * 32
    signature = asyncio.run(wallet_on(StandInPage()).sign_message(message))
    assert Account.recover_message(encode_defunct(message), signature=signature) == OWNER.address


def test_recovery_bytes_zero_and_one_are_understood():
    page, message = StandInPage(), b"\x07" * 32
    signature = OWNER.sign_message(encode_defunct(message)).signature
    page.answers["personal_sign"] = "0x" + (signature[:64] + bytes([signature[64] - 27])).hex()
    assert asyncio.run(wallet_on(page).sign_message(message)) == bytes(signature)


@pytest.mark.parametrize("answer", ["", "0x", None, "0x12", "nonsense", "0x" + "11" * 65])
def test_what_is_no_signature_of_that_account_is_refused(answer):
    page = StandInPage()
    page.answers["personal_sign"] = answer
    with pytest.raises(WalletError, match="another account"):
        asyncio.run(wallet_on(page).sign_message(b"\x07" * 32))


def test_somebody_elses_signature_is_refused():
    page, message = StandInPage(), b"\x07" * 32
    other = Account.from_key("0x" + "11" * 32).sign_message(encode_defunct(message))
    page.answers["personal_sign"] = other.signature.to_0x_hex()
    with pytest.raises(WalletError, match="another account"):
        asyncio.run(wallet_on(page).sign_message(message))


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (4001, "You declined it"),
        (4100, "does not allow"),
        (4900, "not connected to any chain"),
        (-32002, "locked, or asks something already"),
        (123, "Your wallet refused"),
    ],
)
def test_each_refusal_says_what_happened_and_that_nothing_was_sent(code, sentence):
    page = StandInPage()
    page.answers["eth_sendTransaction"] = PageError(code, "no")
    with pytest.raises(WalletError, match=sentence) as caught:
        asyncio.run(wallet_on(page).send_transaction({"from": OWNER.address}))
    assert caught.value.charged == "Nothing was sent."


def test_a_page_that_is_gone_leaves_a_transaction_unsure_and_says_so():
    page = StandInPage()
    page.answers["eth_sendTransaction"] = PageGone("the page was loaded anew")
    with pytest.raises(ChainError, match="not known") as caught:
        asyncio.run(wallet_on(page).send_transaction({"from": OWNER.address}))
    assert "may still be carried out" in caught.value.charged


def test_the_wallet_is_brought_to_the_network_and_told_about_it_if_needed():
    page = StandInPage(chain_id=1)
    page.answers["eth_sendTransaction"] = "0x" + "ab" * 32
    asyncio.run(wallet_on(page).send_transaction({"from": OWNER.address}))
    assert page.chain_id == 31337
    assert page.asked == [
        "eth_chainId",
        "wallet_switchEthereumChain",
        "wallet_addEthereumChain",
        "wallet_switchEthereumChain",
        "eth_chainId",
        "eth_sendTransaction",
    ]


def test_a_wallet_that_stays_on_another_chain_sends_nothing():
    page = StandInPage(chain_id=1)
    page.answers["wallet_switchEthereumChain"] = None
    with pytest.raises(WalletError, match="another chain"):
        asyncio.run(wallet_on(page).send_transaction({"from": OWNER.address}))
    assert "eth_sendTransaction" not in page.asked


def test_without_a_connected_account_the_sentence_says_where_to_connect_one():
    browser.disconnect()
    with pytest.raises(WalletError, match=r"No browser wallet.*%zg panel"):
        browser.connected(networks.get("devnet"))


@pytest.fixture
def rpc_url(canned_network) -> str:
    """The embedded chain, with coins for the account of the page."""
    file = canned_network / "devnet" / "devnet.json"
    found = str(json.loads(file.read_text(encoding="utf-8"))["rpc_url"])

    async def fund() -> None:
        async with aclosing(Rpc(found)) as rpc:
            payer = Transactor(rpc, devnet_account(8), 31337)
            await payer.send(OWNER.address, b"", value=20 * NEURON_PER_0G)

    asyncio.run(fund())
    return found


def test_it_deposits_signs_in_and_asks_without_the_kernel_ever_holding_a_key(rpc_url):
    page = StandInPage(chain_id=1)
    wallet = BrowserWallet(OWNER.address, page, networks.get("devnet").at(rpc_url))
    with client.connect("devnet", rpc_url=rpc_url, wallet=wallet) as user:
        page.rpc = user._inner.rpc
        user.deposit(5 * NEURON_PER_0G)
        assert user.money.holdings().available == 5 * NEURON_PER_0G
        provider = user.offers()[0].provider
        user.sign_in(provider)
        before = list(page.asked)
        answer = user.ask("hello", provider=provider, max_tokens=5)
        user.checked()
        assert answer.text
        assert answer.receipt.verdict.status == "verified"
        assert page.asked == before, "a cell must not need the page"
        assert before.count("personal_sign") == 1
        assert before.count("eth_sendTransaction") == 2, "the deposit and the provider's share"


def test_what_the_wallet_sent_is_written_down_and_not_sent_again_from_here(rpc_url):
    page = StandInPage()
    wallet = BrowserWallet(OWNER.address, page, networks.get("devnet").at(rpc_url))
    with client.connect("devnet", rpc_url=rpc_url, wallet=wallet) as user:
        page.rpc = user._inner.rpc
        before = len(user._inner._journal.entries())
        user.deposit(4 * NEURON_PER_0G)
        (entry,) = user._inner._journal.entries()[before:]
        assert entry.signed.raw == b""
        assert entry.state == "mined"


def test_a_declined_deposit_moves_nothing(rpc_url):
    page = StandInPage()
    page.answers["eth_sendTransaction"] = PageError(4001, "User rejected the request.")
    wallet = BrowserWallet(OWNER.address, page, networks.get("devnet").at(rpc_url))
    with client.connect("devnet", rpc_url=rpc_url, wallet=wallet) as user:
        before = user.money.holdings()
        with pytest.raises(WalletError, match="You declined it"):
            user.deposit(3 * NEURON_PER_0G)
        after = user.money.holdings()
        assert (after.wallet, after.available) == (before.wallet, before.available)


# One signature a day -----------------------------------------------------------------------------


@pytest.fixture
def signed_in(rpc_url, canned_network, monkeypatch):
    """A notebook's session that pays with the account of the page, signed in once."""
    page = StandInPage(Rpc(rpc_url))
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setenv("ZG_NETWORK", "devnet")
    for name in ("ZG_LANGUAGE", "ZG_BUDGET", "ZG_VERIFY", "ZG_TIMEOUT"):
        monkeypatch.setenv(name, "")  # what a test sets is taken away again
    monkeypatch.setenv("ZG_WALLET", "browser")
    wallets.connect_browser(OWNER.address, page)
    notebook = Session()
    notebook.forget()
    user = notebook.client()
    if (user.overview().ledger or 0) == 0:
        user.deposit(5 * NEURON_PER_0G)
    provider = user.offers()[0].provider
    user.sign_in(provider)
    page.asked.clear()
    yield notebook, page, provider
    notebook.forget()
    wallets.disconnect_browser()
    language.speak("en")
    asyncio.run(page.rpc.aclose())


def ask(notebook, provider):
    return notebook.client().ask("hello", provider=provider, max_tokens=5, failover="none")


@pytest.mark.parametrize(
    "values",
    [{"language": "id"}, {"budget": "3"}, {"timeout": "25"}, {"budget": "", "verify": "warn"}],
)
def test_a_changed_setting_costs_no_signature(signed_in, values):
    notebook, page, provider = signed_in
    notebook.change(values)
    assert ask(notebook, provider).text
    assert page.asked == []


def test_every_provider_has_its_own_signature(signed_in):
    notebook, page, provider = signed_in
    other = next(o.provider for o in notebook.client().offers() if o.provider != provider)
    notebook.client().sign_in(other)
    notebook.forget()
    assert ask(notebook, provider).text
    assert ask(notebook, other).text
    assert page.asked.count("personal_sign") == 1


def test_a_page_that_comes_back_with_the_same_account_need_not_sign_again(signed_in):
    notebook, page, provider = signed_in
    wallets.connect_browser(OWNER.address, page)
    notebook.forget()
    assert ask(notebook, provider).text
    assert page.asked == []


def test_after_a_lock_it_is_signed_again(signed_in):
    notebook, page, provider = signed_in
    assert wallets.lock() == ["browser"]
    assert wallets.lock("browser") == []
    notebook.forget()
    assert ask(notebook, provider).text
    assert page.asked == ["personal_sign"]


def test_the_command_locks_it_for_the_client_that_is_connected_as_well(
    signed_in,
    shell,  # noqa: F811
    capsys,
):
    notebook, page, provider = signed_in
    shell.run_line_magic("zg", "wallet lock")
    assert "browser" in capsys.readouterr().out
    assert ask(notebook, provider).text
    assert page.asked == ["personal_sign"]


def test_after_a_disconnection_or_another_account_nothing_is_left(signed_in):
    _, page, _ = signed_in
    assert len(browser.connected(networks.get("devnet")).tokens) == 1
    wallets.connect_browser(devnet_account(3).address, page)
    assert len(browser.connected(networks.get("devnet")).tokens) == 0
    wallets.connect_browser(OWNER.address, page)
    assert len(browser.connected(networks.get("devnet")).tokens) == 0


def test_another_network_has_another_drawer(signed_in):
    _ = signed_in
    assert len(browser.connected(networks.get("testnet")).tokens) == 0


def test_after_all_tokens_are_revoked_it_is_signed_again(signed_in):
    notebook, page, provider = signed_in
    notebook.client().keys.revoke_all(provider)
    page.asked.clear()
    notebook.forget()
    assert ask(notebook, provider).text
    assert page.asked == ["personal_sign"]


def test_a_token_that_the_provider_does_not_take_is_signed_anew_once(signed_in):
    notebook, page, provider = signed_in
    drawer = browser.connected(networks.get("devnet")).tokens
    generation = drawer._Drawer__kept[provider.lower()][0]
    token = tokens.ephemeral(OWNER.address, provider, generation, now_ms=1)  # long gone
    stale = tokens.seal(token, lambda digest: bytes(_signed(digest)))
    drawer.keep(provider, generation, 2**53, stale)
    notebook.forget()
    assert ask(notebook, provider).text
    assert page.asked == ["personal_sign"]
    notebook.forget()
    assert ask(notebook, provider).text
    assert page.asked == ["personal_sign"]


def _signed(digest: bytes) -> bytes:
    return bytes(OWNER.sign_message(encode_defunct(digest)).signature)


def test_tokens_end_with_their_day_and_are_never_shown_or_copied():
    drawer = KeptTokens().at(1, "0xAb")
    drawer.keep("0xAB", 0, 1000, "app-sk-secret")
    assert drawer.find("0xab", 0, 1000) == ("app-sk-secret", 1000)
    assert "secret" not in repr(drawer)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(drawer)
    assert drawer.find("0xab", 0, 1001) is None
    assert drawer.find("0xab", 0, 1) is None  # it is gone
    drawer.keep("0xab", 0, 1000, "app-sk-secret")
    assert drawer.find("0xab", 1, 1) is None


def test_nothing_that_was_signed_is_written_to_disk(signed_in):
    _, _, provider = signed_in
    drawer = browser.connected(networks.get("devnet")).tokens
    token = drawer._Drawer__kept[provider.lower()][2].encode()
    files = [f for f in Path(os.environ["ZG_HOME"]).rglob("*") if f.is_file()]
    assert files
    assert not [f for f in files if token in f.read_bytes()]
