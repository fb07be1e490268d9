"""API keys: made once, recognised, revoked; and asking with nothing but one."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from zg_jupyter import ComputeClient, client
from zg_jupyter.chain import keybook, tokens
from zg_jupyter.chain.keybook import KeyBook
from zg_jupyter.errors import (
    BadInput,
    NoOffer,
    ProviderRefused,
    WalletError,
)
from zg_jupyter.settings import Settings
from zg_jupyter.units import NEURON_PER_0G, to_0g
from zg_jupyter.wallet.sources import devnet_account, from_key

OG = NEURON_PER_0G
PROVIDER = "0x00000000000000000000000000000000000000A1"
DEAD = "http://127.0.0.1:9"


@pytest.fixture
def book(tmp_path):
    return KeyBook(tmp_path / "keys.sqlite", "devnet", "0xU")


def test_ids_are_the_lowest_that_are_neither_revoked_nor_in_use(book):
    first = book.reserve(PROVIDER, 0, 0b10, "a", 0)
    second = book.reserve(PROVIDER, 0, 0b10, "b", 0)
    other = book.reserve("0xB", 0, 0, "a", 0)
    assert [k.id for k in (first, second, other)] == [0, 2, 0]
    book.revoke(PROVIDER, 0)
    assert book.reserve(PROVIDER, 0, 0b11, "a", 0).id == 3
    assert book.reserve(PROVIDER, 1, 0, "c", 0).id == 0  # a new generation frees all ids


def test_the_id_of_an_expired_key_is_free_and_a_label_is_not_used_twice(book):
    book.reserve(PROVIDER, 0, 0, "a", 1)
    assert book.reserve(PROVIDER, 0, 0, "a", 0).id == 0
    with pytest.raises(BadInput, match="labelled 'a'"):
        book.reserve(PROVIDER, 0, 0, "a", 0)


def test_when_all_ids_are_gone_the_way_out_is_named(book):
    with pytest.raises(BadInput, match=r"All 255 keys.*revoke-all"):
        book.reserve(PROVIDER, 0, 2**255 - 1, "", 0)


def test_two_processes_never_share_an_id(tmp_path):
    code = (
        "import sys, pathlib; from zg_jupyter.chain.keybook import KeyBook\n"
        "book = KeyBook(pathlib.Path(sys.argv[1]), 'devnet', '0xU')\n"
        "print(*(book.reserve('0xP', 0, 0, '', 0).id for _ in range(20)))"
    )
    path = str(tmp_path / "keys.sqlite")
    running = [
        subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ids = [int(n) for each in running for n in each.communicate(timeout=60)[0].split()]
    assert sorted(ids) == list(range(60))


def test_the_book_holds_no_key_and_is_for_this_user_only(book, tmp_path):
    token = tokens.persistent("0xU", PROVIDER, 0, 0)
    secret = tokens.seal(token, from_key("11" * 32).sign_message)
    book.recognise(book.reserve(PROVIDER, 0, 0, "", 0), secret)
    path = tmp_path / "keys.sqlite"
    assert secret.encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert not keybook.is_revoked(path, secret)
    book.revoke(PROVIDER)
    assert keybook.is_revoked(path, f" {secret} ")
    assert not keybook.is_revoked(tmp_path / "none.sqlite", secret)


@pytest.mark.parametrize("text", ["", "sk-123", "app-sk-", "app-sk-!!!", "app-sk-aGk="])
def test_what_is_no_key_is_refused_and_not_repeated(text):
    with pytest.raises(BadInput, match="not an API key of the direct route") as caught:
        tokens.read_key(text)
    assert len(text) < 8 or text not in str(caught.value)


@pytest.mark.parametrize("number", [-1, 255, 256])
def test_ids_of_keys_are_0_to_254(number):
    with pytest.raises(BadInput, match="0 to 254"):
        tokens.persistent("0xU", PROVIDER, 0, number)


@pytest.fixture
def home(canned_network, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    for name in ("ZG_API_KEY", "ZG_PRIVATE_KEY"):
        monkeypatch.delenv(name, raising=False)
    return canned_network


@pytest.fixture
def payer(home):
    with client.connect("devnet", wallet=devnet_account(8)) as made:
        made.deposit(5 * OG)
        made.ask("Open a sub-account", max_tokens=5)
        yield made


def test_a_key_works_without_a_wallet_until_it_is_revoked(payer):
    provider = payer.last.receipt.provider
    new = payer.keys.create(provider, label="student 7", days=30)
    assert new.secret not in repr(new)
    with client.connect("devnet", api_key=new.secret) as student:
        answer = student.ask("Who pays?", max_tokens=5)
        assert answer.receipt.provider == provider
        assert answer.receipt.verdict.status == "verified"
        assert student.address == payer.address
        with pytest.raises(WalletError, match=r"API key and no wallet.*%zg wallet use"):
            student.deposit(5 * OG)
        assert payer.keys.revoke(provider, "student 7") == new.issued.id
        # The provider would still believe in it for some minutes; we do not.
        with pytest.raises(ProviderRefused, match="was revoked"):
            student.ask("And now?", max_tokens=5)
    states = [k.state for k in payer.keys.list() if k.issued.created == new.issued.created]
    assert states == ["revoked"]
    assert "revoked" in payer.keys.table()["state"].tolist()


def test_a_key_works_without_a_chain(payer):
    receipt = payer.last.receipt
    url = next(o.url for o in payer.offers() if o.provider == receipt.provider)
    key = payer.keys.create(receipt.provider).secret
    with client.connect("devnet", api_key=key, rpc_url=DEAD, provider_url=url) as student:
        answer = student.ask("Still there?", max_tokens=5)
        assert answer.text
        assert answer.receipt.verdict.status == "not-checked"
        assert answer.cost == payer.ask("Still there?", max_tokens=5).cost
    with (
        client.connect("devnet", api_key=key, rpc_url=DEAD) as student,
        pytest.raises(NoOffer, match=r"%zg set provider_url"),
    ):
        student.ask("Where?", max_tokens=5)


def test_an_expired_key_and_one_for_somebody_else_are_not_sent(home, payer):
    provider, wallet = payer.last.receipt.provider, devnet_account(8)
    old = tokens.persistent(wallet.address, provider, 0, 7, expires_at=1)
    with (
        client.connect("devnet", api_key=tokens.seal(old, wallet.sign_message)) as student,
        pytest.raises(ProviderRefused, match="has expired"),
    ):
        student.ask("Hello?", max_tokens=5)
    other = tokens.persistent(wallet.address, devnet_account(9).address, 0, 7)
    with (
        client.connect("devnet", api_key=tokens.seal(other, wallet.sign_message)) as student,
        pytest.raises(NoOffer),
    ):
        student.ask("Hello?", max_tokens=5)


def test_a_key_needs_a_sub_account(payer):
    with pytest.raises(BadInput, match=r"no sub-account.*%zg transfer"):
        payer.keys.create(devnet_account(7).address)


def test_every_key_dies_with_its_generation(payer):
    provider = payer.last.receipt.provider
    payer.keys.create(provider, label="one")
    payer.keys.revoke_all(provider)
    assert {k.state for k in payer.keys.list() if k.issued.provider == provider} == {"revoked"}
    assert payer.keys.create(provider, label="two").issued.id == 0


def test_the_environment_gives_the_key(payer, monkeypatch):
    provider = payer.last.receipt.provider
    monkeypatch.setenv("ZG_API_KEY", payer.keys.create(provider).secret)
    with client.connect("devnet") as student:
        assert student.address == payer.address
    with client.connect("devnet", settings=Settings(wallet="devnet:2")) as other:
        assert other.address == devnet_account(2).address


def test_the_short_way_in_as_tutorials_write_it(payer):
    provider = payer.last.receipt.provider
    with ComputeClient(payer.keys.create(provider).secret, network="devnet") as compute:
        first = compute.inference(prompt="One", max_tokens=5)
        second = compute.inference(payer.last.receipt.model, "Two", max_tokens=6)
        usage = compute.get_usage()
        assert isinstance(first.output, str)
        assert str(second) == second.output == second.answer.text
        assert usage.total_cost == first.cost + second.cost > Decimal(0)
        assert usage.total_cost == to_0g(first.answer.cost + second.answer.cost)
        assert (usage.requests, usage.completion_tokens) == (2, 11)
        assert len(compute.table()) >= 2
