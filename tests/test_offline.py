"""No key, no wallet, no network: this machine still answers, and what it did is on record."""

from __future__ import annotations

import contextlib
import os
import sys

import pytest

from zg_jupyter import client, nearest
from zg_jupyter.errors import (
    BadInput,
    ChainUnreachable,
    DevnetError,
    NoOffer,
    StoreError,
    WalletError,
    ZgError,
)
from zg_jupyter.records import Delta, Finished, Notice

CANNED = "tests.bench.canned:CannedEngine"
WORDS = " ".join(f"wörd{i}" for i in range(8))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with nothing in it: no network, no wallet; the model of this machine is canned."""
    for name in [n for n in os.environ if n.startswith("ZG_") and n != "ZG_TEST_CACHE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ZG_LOCAL_ENGINE", CANNED)
    monkeypatch.setenv("ZG_LOCAL_MODEL", "canned-8t-0ms")
    client.forget_session()
    yield tmp_path / "home"
    client.forget_session()


def test_the_devnet_does_not_run(home):
    answer = nearest.session_for(None, "local").ask("Hello?", fallback="local")
    assert answer.text == WORDS
    assert (answer.receipt.route, answer.receipt.provider) == ("local", "")
    assert answer.receipt.model == "canned-8t-0ms"
    assert str(answer.receipt.verdict) == "unsigned: made on this machine"
    assert answer.cost == 0


def test_why_is_said_before_the_answer(home):
    asked = nearest.session_for(None, "local")
    first, *rest = asked.stream("Hello?", fallback="local")
    assert first == Notice("The embedded network is not running. Asking this machine instead.")
    assert isinstance(rest[0], Delta)
    assert isinstance(rest[-1], Finished)


def test_who_asks_for_this_machine_hears_nothing_of_networks(home):
    asked = nearest.session_for("local")
    first, *_ = asked.stream("Hello?", provider="local")
    assert isinstance(first, Delta)


def test_a_network_that_cannot_be_meant_is_not_passed_over(home, monkeypatch):
    monkeypatch.setenv("ZG_NETWORK", "tesnet")
    with pytest.raises(BadInput, match="Did you mean 'testnet'"):
        nearest.session_for(None, "local")


@pytest.mark.parametrize("network", ["testnet", "mainnet"])
def test_there_is_no_wallet_or_no_consent(home, monkeypatch, network):
    monkeypatch.setenv("ZG_NETWORK", network)
    with pytest.raises(ZgError):
        nearest.session_for()
    assert nearest.session_for(None, "local").ask("Hello?", fallback="local").text == WORDS
    assert nearest.session_for("local").ask("Hello?", provider="local").text == WORDS


def test_the_chain_does_not_answer(home, monkeypatch):
    monkeypatch.setenv("ZG_RPC_URL", "http://127.0.0.1:9")
    with pytest.raises(ChainUnreachable):
        nearest.session_for()
    asked = nearest.session_for(None, "local")
    notice = next(iter(asked.stream("Hello?", fallback="local")))
    assert "does not answer" in notice.text


def test_a_setting_is_enough(home, monkeypatch):
    monkeypatch.setenv("ZG_FALLBACK", "local")
    assert nearest.session_for().ask("Hello?").text == WORDS
    with pytest.raises(DevnetError):
        nearest.session_for(None, "none")


@pytest.mark.parametrize(
    ("network", "kind"), [("devnet", DevnetError), ("testnet", WalletError)], ids=str
)
def test_without_a_fallback_the_error_names_this_way_out(home, monkeypatch, network, kind):
    monkeypatch.setenv("ZG_NETWORK", network)
    with pytest.raises(kind, match="Or ask this machine: --fallback local"):
        nearest.session_for()


def test_unless_nothing_is_installed_that_could(home, monkeypatch):
    for library in ("xllamacpp", "torch"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DevnetError) as refused:
        nearest.session_for()
    assert "--fallback" not in str(refused.value)


def test_the_answers_are_on_record_and_cost_nothing(home):
    nearest.session_for("local").ask("Hello?", provider="local", cell="In [1]")
    client.forget_session()
    frame = nearest.session_for("local").spend_table()
    assert len(frame) == 1
    row = frame.iloc[0]
    assert (row["model"], row["cost_0g"], row["state"]) == ("canned-8t-0ms", 0, "settled")


def test_one_client_serves_a_process_and_has_the_last_answer(home):
    first = nearest.session_for("local")
    assert nearest.known() is first
    answer = first.ask("Hello?", provider="local")
    assert nearest.session_for(None, "local") is first
    assert nearest.known().last is answer


def test_a_plan_needs_no_network(home):
    plan = nearest.session_for(None, "local").plan("Hello?", fallback="local")
    (step,) = plan.steps
    assert (step.offer.route, step.cost.high, step.why) == ("local", 0, "if nobody else answers")
    assert "not running" in plan.instead


def test_from_code_no_network_is_a_network(home):
    with client.connect("local") as here:
        assert here.ask("Hello?").text == WORDS
        assert len(here.map(["One?", "Two?"], progress=False)) == 2
        with pytest.raises(WalletError, match="no wallet"):
            here._inner.wallet.sign_message(b"")


def test_what_cannot_be_done_here_is_refused_and_not_done_otherwise(home):
    asked = nearest.session_for("local")
    with pytest.raises(NoOffer, match="not signed"):
        asked.ask("Hello?", provider="local", only_verified=True)
    with pytest.raises(NoOffer, match="no model 'deepseek'"):
        asked.ask("Hello?", provider="local", model="deepseek")
    with pytest.raises(ZgError, match="connected to no network"):
        asked.ask("Hello?", fallback="none")


def test_without_the_library_the_pip_command_is_named(home, monkeypatch):
    monkeypatch.setenv("ZG_LOCAL_ENGINE", "llamacpp")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ZgError, match=r'pip install "zg-jupyter\[cpu\]"') as refused:
        nearest.session_for(None, "local").ask("Hello?", fallback="local")
    assert "The embedded network is not running." in str(refused.value)
    assert "Nothing was charged." in str(refused.value)


def test_an_unusable_spend_record_does_not_take_a_free_answer_away(home):
    home.mkdir()
    (home / "spend.sqlite").mkdir()  # a folder where the file should be
    with pytest.raises(StoreError):
        client.connect("devnet", rpc_url="http://127.0.0.1:9")
    *said, finished = nearest.session_for("local").stream("Hello?", provider="local")
    assert finished.answer.text == WORDS
    assert "cannot be used" in said[-1].text
    assert "not written down; it cost nothing" in said[-1].text


def test_the_network_takes_over_when_it_is_there(home, canned_network, monkeypatch):
    answer = nearest.session_for("local").ask("Hello?", provider="local")
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    connected = nearest.session_for(None, "local")
    assert client.is_connected()
    assert nearest.known() is connected
    assert connected.last is answer
    with contextlib.suppress(ZgError):
        assert connected.ask("Hello?", provider="local").text == WORDS


def test_a_network_that_is_slow_to_be_missed_is_not_tried_for_every_question(home, monkeypatch):
    monkeypatch.setattr(nearest, "_SLOW", 0.0)
    nearest.session_for(None, "local")
    monkeypatch.setattr(client, "session", lambda: pytest.fail("tried again"))
    nearest.session_for(None, "local").ask("Hello?", fallback="local")
