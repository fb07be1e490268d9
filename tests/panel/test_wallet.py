"""The section Wallet against a real chain: every button, and what must never happen."""

from __future__ import annotations

import json
import os
import secrets
import time

import httpx
import ipywidgets
import pytest
from eth_account import Account

from tests.chain.nodes import Node
from tests.test_chain_gone import Line as Wire
from zg_jupyter import client, consent, keyonly, networks, wallets
from zg_jupyter.background import LoopThread, shared
from zg_jupyter.devnet.chain import Chain
from zg_jupyter.devnet.deploy import deploy
from zg_jupyter.devnet.rpc_server import serve
from zg_jupyter.notebook.shared import Session
from zg_jupyter.panel import wallet_widgets
from zg_jupyter.panel.room import Room
from zg_jupyter.panel.wallet import Wallet
from zg_jupyter.panel.wallet_desk import _joined, _labels
from zg_jupyter.panel.wallet_widgets import Address, Bar, Phrase
from zg_jupyter.panel.widgets import Line, Secret
from zg_jupyter.panel.words import Words
from zg_jupyter.records import Offer
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account

OG = NEURON_PER_0G
PASSPHRASE = "correct horse battery"
KEY = "0x" + secrets.token_hex(32)  # nobody else of this chain pays with it
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"


class Shown:
    """The section as the panel keeps it: in front and refreshed; widgets by what they say."""

    def __init__(self, language="en"):
        self.session = Session()
        room = Room(self.session, Words(language), changed=lambda: None, go=lambda _: None)
        self.section = Wallet(room)
        self.section.front = True
        self.section.opened()
        self.section.refresh()

    def until(self, wanted, seconds=60):
        deadline = time.monotonic() + seconds
        while True:
            self.section.refresh()
            if found := wanted():
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not come to that; {self.lines()} {self.pages()}")
            time.sleep(0.02)

    def close(self):
        """The panel ends, and whoever reads for it has done so."""
        self.section.close()
        with self.section._desk.changing():
            pass

    def all(self, kind=ipywidgets.Widget):
        return [w for w in _below(self.section.box) if isinstance(w, kind)]

    def named(self, description):
        shown = _below(self.section.box, hidden=False)
        found = [w for w in shown if getattr(w, "description", None) == description]
        assert len(found) == 1, description
        return found[0]

    def lines(self):
        return [w.text for w in self.all(Line) if w.text]

    def pages(self):
        return " ".join(w.value for w in self.all(ipywidgets.HTML))

    def says(self, text):
        return self.until(lambda: next((line for line in self.lines() if text in line), None))

    def amounts(self):
        (bar,) = self.all(Bar)
        return {s["place"]: s["amount"] for s in bar.segments}

    def secret(self, button):
        return next(w for w in self.all(Secret) if w.button == button)

    def move(self, kind, amount="", provider=None):
        self.named("What").value = kind
        if provider is not None:
            which = "To which provider" if kind == "transfer" else "From which provider"
            self.until(lambda: provider in [v for _, v in self.named(which).options])
            self.named(which).value = provider
        if amount:
            self.named("Amount in 0G").value = amount
        return self.named(self.section.words(f"wallet.go_{kind}"))


def _below(widget, *, hidden=True):
    if hidden or widget.layout is None or widget.layout.display != "none":
        yield widget
        for child in getattr(widget, "children", ()):
            yield from _below(child, hidden=hidden)


def given(secret, **values):
    """What the page sends when the button of a secret's form is pressed."""
    secret._handle_custom_msg({"secret": values}, [])


def states():
    """The state of every widget of this process, as a saved notebook would hold it."""
    from ipywidgets.widgets.widget import _instances

    return [{key: getattr(w, key) for key in w.keys} for w in list(_instances.values())]


def held_anywhere(text):
    return text in repr(states())


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """A home without anything, and no setting from outside."""
    for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
        monkeypatch.delenv(name)
    for name in ("ZG_NETWORK", "ZG_BUDGET", "ZG_WALLET", "ZG_RPC_URL"):
        monkeypatch.setenv(name, "")  # what the panel sets is taken back
    monkeypatch.setenv("ZG_HOME", str(tmp_path / "home"))
    client.forget_session()
    yield monkeypatch
    client.forget_session()
    consent.withdraw()
    keyonly.hold("")
    wallets.lock()
    wallet_widgets._unwritten.clear()


@pytest.fixture
def wire(alone, canned_network):
    """The network of the session behind a wire of this test."""
    state = json.loads((canned_network / "devnet" / "devnet.json").read_text(encoding="utf-8"))
    made = Wire(state["rpc_url"])
    made.chain = state["rpc_url"]
    alone.setenv("ZG_RPC_URL", made.url)
    yield made
    made.cut()


@pytest.fixture
def payer(wire, alone):
    """An account with coins that nobody used before; gives its address."""
    account = Account.create()
    faucet = {"jsonrpc": "2.0", "id": 1, "method": "zg_faucet"}
    faucet["params"] = [account.address, hex(1000 * NEURON_PER_0G)]
    assert "result" in httpx.post(wire.chain, json=faucet, trust_env=False, timeout=30).json()
    alone.setenv("ZG_PRIVATE_KEY", "0x" + bytes(account.key).hex())
    alone.setenv("ZG_WALLET", "env")
    return account.address


@pytest.fixture
def shown():
    made = Shown()
    yield made
    made.close()


def sent_by(address):
    inner = client.session()._inner
    return int(shared().run(inner.rpc.call("eth_getTransactionCount", address, "latest")), 16)


def test_money_goes_all_ways_and_is_seen_in_the_bar(payer, shown):
    shown.until(lambda: shown.all(Bar)[0].segments)
    assert "deposit 3 0G or more" in shown.pages()
    shown.move("deposit", "6").click()
    done = shown.says("6 0G are in your ledger now.")
    assert "Transaction 0x" in done
    shown.until(lambda: shown.amounts()["available"] == "6 0G")
    assert "deposit 3 0G or more" not in shown.pages()
    provider = client.session().offers()[0].provider
    shown.move("transfer", "2").click()
    shown.says("Choose a provider first. Nothing was sent.")
    shown.move("transfer", "2", provider).click()
    shown.says("2 0G are with")
    shown.until(lambda: shown.amounts().get("locked") == "2 0G")
    shown.move("retrieve", provider="").click()
    said = shown.says("were asked back")
    assert "Retrieve once more in 24:00:00" in said or "in 23:59" in said
    shown.until(lambda: shown.amounts().get("pending") == "2 0G")
    (bar,) = shown.all(Bar)
    (refund,) = [s for s in bar.segments if s["place"] == "pending"]
    assert 86_000 < refund["due"] - time.time() < 86_500
    before = sent_by(payer)
    shown.move("retrieve", provider="").click()
    assert "Nothing was sent" in shown.says("Everything was asked back already")
    assert sent_by(payer) == before
    shown.move("withdraw")
    shown.named("Everything").click()
    assert shown.named("Amount in 0G").value == "4"
    shown.named("Withdraw").click()
    shown.says("4 0G are in your wallet again.")
    shown.until(lambda: shown.amounts()["available"] == "0 0G")
    still = shown.section.still()
    assert payer in still
    assert "Coming back from" in still


def test_clicking_again_and_again_pays_once(payer, shown):
    shown.until(lambda: shown.all(Bar)[0].segments)
    before = sent_by(payer)
    go = shown.move("deposit", "5")
    for _ in range(5):
        go.click()
    shown.says("5 0G are in your ledger now.")
    shown.until(lambda: not go.disabled)
    go.click()  # one that was on its way until now
    assert "Type an amount first. Nothing was sent." in shown.lines()
    assert any("5 0G are in your ledger now." in line for line in shown.lines())
    shown.until(lambda: shown.amounts()["available"] == "5 0G")
    assert sent_by(payer) == before + 1


def test_the_cost_is_said_while_typing_and_what_cannot_be_meant_too(payer, shown):
    shown.until(lambda: shown.all(Bar)[0].segments)
    shown.move("deposit", "5")
    assert "at most 0.0" in shown.says("Fee of the network: about 0.0")
    shown.move("deposit", "1")
    shown.says("at least 3 0G")
    shown.move("deposit", "1,5")
    shown.says("can be read in two ways")
    shown.move("withdraw", "1")
    shown.says("more than your ledger has available")
    shown.move("deposit", "100000000").click()
    assert "Nothing was charged." in shown.says("gas included")
    assert shown.named("Amount in 0G").value == "100000000"  # to be corrected, not typed again


@pytest.fixture
def node(wire):
    """A node between the wire and the chain that keeps transactions waiting when it is told to."""

    async def entered():
        return await Node(wire.chain).__aenter__()

    made = shared().run(entered())
    wire.cut()
    wire.mend(("127.0.0.1", int(made.url.rpartition(":")[2])))
    yield made
    wire.cut()
    shared().run(made.__aexit__())


def cut_off(wire, node, shown):
    """A deposit of 7 0G that was sent, and whose chain then stops answering."""
    shown.until(lambda: shown.all(Bar)[0].segments)
    node.holds = True
    go = shown.move("deposit", "7")
    go.click()
    shown.says("Waiting for its block")
    assert go.disabled
    wire.cut()
    assert "sends nothing twice" in shown.says("does not answer")
    shown.until(lambda: not go.disabled)
    return go


def test_a_chain_that_stops_in_the_middle_is_said_and_a_new_panel_knows_the_end(
    payer, wire, node, shown
):
    cut_off(wire, node, shown)
    shown.until(lambda: "Below is what was seen last." in shown.pages())
    assert shown.amounts()["available"] == "0 0G"
    wire.mend()
    shown.section._desk.stale()
    shown.says("The deposit of 7 0G")
    shown.says("is not in a block yet")
    shared().run(node.release())
    shown.close()
    client.forget_session()  # the kernel is another one now
    later = Shown()
    assert "went through" in later.says("The deposit of 7 0G")
    assert "is not in a block yet" not in " ".join(later.lines())
    later.until(lambda: later.amounts()["available"] == "7 0G")
    later.close()


def test_pressing_again_after_that_waits_for_the_first_and_pays_nothing_twice(
    payer, wire, node, shown
):
    before = sent_by(payer)
    go = cut_off(wire, node, shown)
    assert shown.named("Amount in 0G").value == "7"
    wire.mend()
    go.click()
    shown.says("The same was begun before and cut off")
    shared().run(node.release())
    shown.says("7 0G are in your ledger now.")
    shown.until(lambda: shown.amounts()["available"] == "7 0G")
    assert sent_by(payer) == before + 1
    shown.close()


def test_real_money_needs_a_tick_and_a_budget_every_time(alone, shown):
    alone.setenv("ZG_RPC_URL", "http://127.0.0.1:9")
    picker, real = shown.named("Another network"), shown.section._network._real
    assert {value for _, value in picker.options} >= {"devnet", "testnet", "mainnet"}
    use = shown.named("Use this network")
    picker.value = "testnet"
    assert real.layout.display == "none"
    picker.value = "mainnet"
    assert real.layout.display == ""
    use.click()
    shown.says("tick the box first")
    assert wallets.network().name == "devnet"
    tick, budget = (
        shown.named("This is real money, and I want to use it"),
        "Budget of this kernel in 0G",
    )
    for typed in ("", "0"):
        tick.value, shown.named(budget).value = True, typed
        shown.until(lambda: not use.disabled)
        use.click()
        shown.says("Give a budget in 0G")
    assert tick.value is False
    with pytest.raises(Exception, match="needs your yes"):
        consent.require(networks.get("mainnet"), "5")
    tick.value, shown.named(budget).value = True, "2.5"
    shown.until(lambda: not use.disabled)
    use.click()
    shown.says("mainnet is in use now.")
    assert (wallets.network().name, os.environ["ZG_BUDGET"]) == ("mainnet", "2.5")
    shown.until(lambda: "REAL MONEY" in shown.pages())
    assert "faucet" not in shown.pages()


@pytest.fixture
def real_money(alone):
    """A network whose chain has an id of no known test chain; gives who has coins there."""
    loop, account = LoopThread(), Account.create()
    served = serve(Chain(chain_id=777))
    chain = loop.run(served.__aenter__())
    made = loop.run(deploy(chain.rpc_url, chain_id=777))
    networks.add(networks.Network("school", 777, chain.rpc_url, made.ledger, made.inference))
    faucet = {"jsonrpc": "2.0", "id": 1, "method": "zg_faucet"}
    faucet["params"] = [account.address, hex(10 * OG)]
    assert "result" in httpx.post(chain.rpc_url, json=faucet, trust_env=False, timeout=30).json()
    consent.give(networks.get("school"), "1")
    settings = {"NETWORK": "school", "BUDGET": "1", "WALLET": "env"}
    for name, value in {**settings, "PRIVATE_KEY": "0x" + bytes(account.key).hex()}.items():
        alone.setenv(f"ZG_{name}", value)
    yield account.address
    client.forget_session()
    loop.run(served.__aexit__(None, None, None))
    loop.close()


def test_real_money_moves_at_the_second_press_and_only_as_it_was_shown(real_money, shown):
    shown.until(lambda: shown.all(Bar)[0].segments)
    before = sent_by(real_money)
    shown.move("deposit", "4").click()
    shown.says("Real money: 4 0G would go from your wallet into your ledger. Nothing was sent yet.")
    shown.named("Amount in 0G").value = "5"  # another amount: nobody agreed to that
    shown.named("Deposit").click()
    shown.says("Real money: 5 0G would go")
    assert sent_by(real_money) == before
    shown.named("Yes, send it").click()
    shown.says("5 0G are in your ledger now.")
    assert shown.named("Deposit")
    shown.until(lambda: shown.amounts()["available"] == "5 0G")
    assert sent_by(real_money) == before + 1


def test_a_test_network_says_what_its_money_is_and_where_to_get_some(alone, shown):
    alone.setenv("ZG_RPC_URL", "http://127.0.0.1:9")
    shown.named("Another network").value = "testnet"
    shown.named("Use this network").click()
    shown.says("testnet is in use now.")
    shown.until(lambda: "it is worth nothing" in shown.pages())
    link = 'href="https://faucet.0g.ai" target="_blank" rel="noopener noreferrer"'
    assert link in shown.pages()
    shown.until(lambda: "There is no wallet for testnet." in shown.pages())


def test_with_nothing_connected_it_says_what_to_do(alone, shown):
    shown.until(lambda: "The embedded network is not running. Run: %zg up" in shown.pages())
    assert shown.all(Bar)[0].segments == []
    assert shown.section._moves.box.layout.display == "none"
    assert shown.section.still() == ""


def test_with_only_a_key_there_is_no_wallet_and_it_says_so(wire, alone):
    student = client.connect("devnet", rpc_url=wire.url, wallet=devnet_account(15))
    student.deposit(5 * OG)
    provider = student.offers()[0].provider
    student.money.transfer(provider, OG)
    key = student.keys.create(provider).secret
    student.close()
    alone.setenv("ZG_API_KEY", key)
    shown = Shown()
    shown.until(lambda: "You ask with a key" in shown.pages())
    assert shown.all(Bar)[0].segments == []
    assert shown.section._moves.box.layout.display == "none"
    assert not held_anywhere(key)
    shown.named("Wallet").value = "devnet"
    shown.named("Use this wallet").click()
    shown.says("devnet pays from now on")
    shown.until(lambda: shown.all(Bar)[0].segments)
    shown.close()


def test_a_new_wallet_shows_its_phrase_once_and_keeps_it_nowhere(alone, monkeypatch):
    alone.setenv("ZG_NETWORK", "testnet")
    alone.setenv("ZG_RPC_URL", "http://127.0.0.1:9")
    shown = Shown()
    sent = []
    monkeypatch.setattr(Phrase, "send", lambda self, content, buffers=None: sent.append(content))
    shown.named("Name of the wallet (no secret)").value = "Main"
    form = shown.secret("Make the wallet")
    given(form, passphrase="", again="")
    shown.says("Fill in the fields first")
    given(form, passphrase=PASSPHRASE, again="something else")
    shown.says("passphrases differ")
    shown.until(lambda: not form.disabled)
    given(form, passphrase="short", again="short")
    shown.says("at least 8 characters")
    shown.until(lambda: not form.disabled)
    given(form, passphrase=PASSPHRASE, again=PASSPHRASE)
    given(form, passphrase=PASSPHRASE, again=PASSPHRASE)  # twice, as impatient people do
    assert "It is in use and unlocked." in shown.says("The wallet main (0x")
    (view,) = shown.all(Phrase)
    assert view.waiting
    assert sent == []  # until the page is ready to show it
    view._handle_custom_msg({"ready": True}, [])
    (words,) = [message["phrase"] for message in sent]
    assert wallets.is_phrase(" ".join(words))
    assert wallets.address("main") in shown.named("Wallet").label or wallets.address("main")
    shown.close()
    again = Shown("id")  # another language before it is written down
    (view,) = again.all(Phrase)
    assert view.waiting
    assert not held_anywhere(" ".join(words))
    assert not any(word in view.get_state()["title"] for word in words[:1])
    view._handle_custom_msg({"noted": True}, [])
    view._handle_custom_msg({"ready": True}, [])
    assert [m for m in sent if "phrase" in m] == [{"phrase": words}]
    assert not view.waiting
    assert not held_anywhere(PASSPHRASE)
    assert " ".join(words) not in again.section.still()
    again.close()


def test_wallets_are_imported_unlocked_used_and_locked(wire, shown):
    shown.until(lambda: shown.all(Bar)[0].segments)
    how, name = shown.named("How"), shown.named("Name of the wallet (no secret)")
    for way, values in (("key", {"key": KEY}), ("phrase", {"phrase": PHRASE})):
        how.value, name.value = way, f"from-{way}"
        form = shown.secret(f"Import the {way}")
        assert form.fields[0][0] == way
        given(form, **values, passphrase=PASSPHRASE, again=PASSPHRASE)
        shown.says(f"The wallet from-{way} (0x")
        shown.until(lambda form=form: not form.disabled)
    assert wallets.address("from-key") == wallets.address_of_key(KEY)
    picker = shown.named("Wallet")
    picker.value = "from-key"
    shown.named("Use this wallet").click()
    shown.says("from-key pays from now on")
    shown.until(lambda: shown.all(Address)[0].address == wallets.address_of_key(KEY))
    shown.until(lambda: "The wallet named devnet has" in shown.pages())  # empty: what next
    shown.move("deposit", "5").click()
    assert "gas included" in shown.says("holds 0 0G")
    unlock = shown.secret("Unlock")
    shown.until(lambda: not unlock.disabled)
    given(unlock, passphrase="not the right one")
    shown.says("passphrase")
    shown.until(lambda: not unlock.disabled)
    assert not [w for w in wallets.names() if w.state == "unlocked"]
    given(unlock, passphrase=PASSPHRASE)
    shown.says("from-key is unlocked until")
    shown.until(lambda: "unlocked" in picker.label)
    shown.named("Lock").click()
    shown.says("from-key is locked.")
    for secret in (KEY, KEY[2:], PHRASE, PASSPHRASE):
        assert not held_anywhere(secret)
        assert secret not in shown.section.still()


def test_a_key_of_the_environment_is_in_the_list_and_in_use_until_another_is_chosen(wire, alone):
    alone.setenv("ZG_PRIVATE_KEY", KEY)
    shown = Shown()
    picker, address = shown.named("Wallet"), wallets.address_of_key(KEY)
    assert picker.value == "env"
    assert "in use" in picker.label
    shown.until(lambda: shown.all(Address)[0].address == address)
    picker.value = "devnet"
    shown.named("Use this wallet").click()
    shown.until(lambda: shown.all(Address)[0].address == devnet_account().address)
    shown.until(lambda: "in use" in picker.label)
    assert not held_anywhere(KEY[2:])
    shown.close()


def test_a_key_typed_where_names_stand_is_gone_at_once(alone, shown):
    name = shown.named("Name of the wallet (no secret)")
    for secret in (KEY, PHRASE):
        name.value = secret
        assert name.value == ""
        assert not held_anywhere(secret)
    shown.says("If that was a key or a phrase")


def test_what_providers_and_nodes_call_themselves_stays_text_of_one_line():
    name = "<img src=x onerror=alert(1)>\u202egnol\n" + "x" * 500
    offer = Offer("direct", "0x" + "ab" * 20, "http://x", name, "chatbot", 1, 1)
    ((label, address),) = _labels([offer])
    assert address == offer.provider
    assert len(label) < 60
    assert not {"\n", "\u202e"} & set(label)


def test_the_list_of_providers_only_grows_so_that_a_number_always_means_the_same():
    before = (("a", "0xa"), ("b", "0xb"))
    assert _joined(before, [("new", "0xc"), ("other", "0xb")]) == (*before, ("new", "0xc"))


def test_a_file_of_networks_that_lies_is_one_sentence(alone, tmp_path, shown):
    (tmp_path / "home").mkdir(exist_ok=True)
    entry = {
        "chain_id": 5,
        "rpc_url": "https://rpc.example",
        "ledger": "0x" + "ab" * 20,
        "inference": "0x" + "ab" * 20,
    }
    path = tmp_path / "home" / "networks.json"
    path.write_text(json.dumps({"<script>alert(1)</script>": entry}), encoding="utf-8")
    shown.until(lambda: "does not describe networks" in shown.pages())
    path.write_text(
        json.dumps({"lab": {**entry, "faucet_url": "javascript:alert(1)"}}), encoding="utf-8"
    )
    shown.until(lambda: "lab" in [v for _, v in shown.named("Another network").options])
    assert "javascript:" not in shown.pages()


def test_an_address_has_a_code_to_scan_that_can_run_nothing(payer, shown):
    (address,) = shown.all(Address)
    shown.until(lambda: address.address == payer)
    assert address.qr.startswith("data:image/svg+xml")
    assert "script" not in address.qr
    assert payer in address.words["qr_alt"].format(address=payer)
