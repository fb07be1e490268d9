"""One request from the wallet to the receipt, on a real chain with real providers."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import signal
import threading
import time
from decimal import Decimal

import httpx
import pytest

from zg_jupyter import aio, client
from zg_jupyter.chain import tokens
from zg_jupyter.errors import (
    BadInput,
    DevnetError,
    InsufficientFunds,
    NetworkMismatch,
    NoOffer,
    ProviderUnreachable,
    StoreError,
    WalletError,
)
from zg_jupyter.records import Delta, Finished, Message, Notice
from zg_jupyter.settings import Settings
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account

WORDS = " ".join(f"wörd{i}" for i in range(8))


@pytest.fixture
def home(canned_network, tmp_path, monkeypatch):
    """The network of the session, a spend file of this test."""
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    return canned_network


@pytest.fixture
def connect(home):
    """Clients of funded wallets; account 2 and up, so that tests do not share money."""
    with contextlib.ExitStack() as stack:

        def make(account: int = 2, **settings):
            made = client.connect(
                "devnet", wallet=devnet_account(account), settings=Settings(**settings)
            )
            return stack.enter_context(made)

        yield make


@pytest.fixture
def funded(connect):
    made = connect()
    made.deposit(5 * NEURON_PER_0G)
    return made


def unsettled(made, provider):
    """What a provider says it has not settled yet, in neuron."""
    offer = next(o for o in made.offers() if o.provider == provider)
    wallet = devnet_account(2)
    token = tokens.seal(tokens.ephemeral(wallet.address, provider, 0), wallet.sign_message)
    answer = httpx.get(
        f"{offer.url}/v1/user/{wallet.address}/unsettledfee",
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    return int(answer.json()["unsettledFee"])


def test_an_answer_is_paid_by_its_tokens_and_verified(funded):
    answer = funded.ask("one two three")
    assert answer.text == WORDS
    offer = next(o for o in funded.offers() if o.provider == answer.receipt.provider)
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (3, 8)
    assert answer.cost == 3 * offer.input_price + 8 * offer.output_price
    assert answer.receipt.verdict.status == "verified"
    assert answer.receipt.verdict.signer == offer.signer
    assert answer.complete
    assert funded.last == answer


def test_a_development_signer_is_called_one(funded):
    verdict = funded.ask("hi").receipt.verdict
    assert verdict.development
    assert "development signer, no TEE hardware" in str(verdict)


def test_the_cheapest_provider_is_asked(funded):
    prices = {o.provider: o.output_price for o in funded.offers()}
    assert prices[funded.ask("hi").receipt.provider] == min(prices.values())


def test_a_stream_gives_pieces_then_the_whole_answer(funded):
    events = list(funded.stream("hi"))
    text = "".join(e.text for e in events if isinstance(e, Delta))
    assert text == WORDS
    assert isinstance(events[-1], Finished)
    assert events[-1].answer.text == text
    assert events[-1].answer.receipt.verdict.status == "verified"


def test_after_the_first_request_the_chain_is_not_asked_again(funded):
    funded.ask("hi")
    before = funded._inner.rpc.requests
    for _ in range(3):
        funded.ask("hi")
        list(funded.stream("hi"))
    assert funded._inner.rpc.requests == before


def test_without_the_chain_requests_go_on_while_the_token_is_good(funded):
    funded.ask("hi")
    funded._inner.rpc.url = "http://127.0.0.1:9"
    assert funded.ask("again").receipt.verdict.status == "verified"


def test_the_spend_table_agrees_with_the_receipts(funded):
    answers = [funded.ask("hi"), funded.ask("hi there")]
    table = funded.spend_table()
    assert len(table) == 2
    assert table["total_0g"].iloc[-1] == Decimal(sum(a.cost for a in answers)) / 10**18
    assert set(table["signature"]) == {"verified"}


def test_what_we_count_is_what_the_provider_counts(funded):
    provider = funded.ask("hi").receipt.provider
    account = next(a for a in funded.overview().accounts if a.provider == provider)
    before = account.balance - unsettled(funded, provider)
    cost = sum(funded.ask("how much").cost for _ in range(3))
    account = next(a for a in funded.overview().accounts if a.provider == provider)
    assert before - (account.balance - unsettled(funded, provider)) == cost


def test_moving_money_to_a_provider_is_said_before_the_answer(connect):
    made = connect(3)
    made.deposit(3 * NEURON_PER_0G)
    events = list(made.stream("hi"))
    assert isinstance(events[0], Notice)
    assert "from your ledger to provider" in events[0].text


def test_without_a_ledger_the_sentence_has_the_command_that_works(connect):
    made = connect(4)
    with pytest.raises(InsufficientFunds) as raised:
        made.ask("hi")
    assert "Nothing was charged. Run: %zg deposit 3" in str(raised.value)
    assert made.spend_table().empty
    made.deposit(3 * NEURON_PER_0G)
    assert made.ask("hi").text == WORDS


def test_a_first_deposit_below_the_minimum_is_refused_before_any_gas(connect):
    made = connect(5)
    wallet = made.overview().wallet
    with pytest.raises(BadInput, match=r"must be at least 3 0G.*%zg deposit 3"):
        made.deposit(NEURON_PER_0G)
    assert made.overview().wallet == wallet


def test_more_than_the_wallet_holds_is_refused(connect):
    with pytest.raises(InsufficientFunds, match="holds"):
        connect(5).deposit(10**6 * NEURON_PER_0G)


@pytest.mark.parametrize("prompt", ["", "  \n ", []])
def test_an_empty_prompt_is_refused(funded, prompt):
    with pytest.raises(BadInput, match=r"empty.*Nothing was charged"):
        funded.ask(prompt)


def test_an_unknown_model_is_refused_with_the_closest_name(funded):
    with pytest.raises(NoOffer, match="Did you mean 'canned-8t-5ms'"):
        funded.ask("hi", model="canned-8t-5m")


def test_messages_and_a_system_text_are_sent_in_order(funded):
    talk = [Message("user", "a"), Message("assistant", "b"), Message("user", "c d")]
    assert funded.ask(talk, system="be kind").usage.prompt_tokens == 6


def test_an_answer_is_cut_at_max_tokens(funded):
    answer = funded.ask("hi", max_tokens=3)
    assert answer.usage.completion_tokens == 3
    assert answer.finish_reason == "length"


def test_the_stop_button_stops_keeps_the_part_and_settles_it_as_an_estimate(connect, slow):
    made = connect(6)
    made.deposit(3 * NEURON_PER_0G)
    seen = []

    def press():
        while len(seen) < 3:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        for event in made.stream("hi", provider=slow):
            if isinstance(event, Delta):
                seen.append(event.text)
    thread.join()
    assert made.last is not None
    assert made.last.finish_reason == "interrupted"
    assert made.last.text.startswith("".join(seen))
    assert made.last.usage.estimated
    assert [a.outcome for a in made.last.receipt.attempts] == ["interrupted"]
    row = made.spend_table().iloc[-1]
    assert (row["state"], row["outcome"]) == ("estimated", "interrupted")
    assert row["cost_0g"] > 0


@pytest.fixture
def slow(home):
    """A provider that takes 50 ms a token for 200 tokens."""
    from tests.support import extra_provider

    with extra_provider(home, name="slow", account=12, model="canned-200t-50ms") as address:
        yield address


@pytest.fixture
def failing(home):
    """A provider whose engine breaks after three tokens."""
    from tests.support import extra_provider

    with extra_provider(home, name="failing", account=13, model="canned-8t-5ms-fails") as address:
        yield address


def test_a_stream_that_breaks_keeps_its_part_and_asks_nobody_else(connect, failing):
    made = connect(7)
    made.deposit(3 * NEURON_PER_0G)
    with pytest.raises(Exception, match=r"The part that arrived is billed") as raised:
        list(made.stream("hi", provider=failing))
    assert raised.value.next_step is not None
    assert made.last.finish_reason == "error"
    assert made.last.text == "wörd0 wörd1 wörd2"
    assert [a.outcome for a in made.last.receipt.attempts] == ["partial"]
    assert list(made.spend_table()["outcome"]) == ["partial"]


def test_a_provider_that_is_down_is_passed_over_and_named(connect, home):
    from tests.support import extra_provider

    made = connect(8)
    made.deposit(6 * NEURON_PER_0G)
    cheapest = extra_provider(home, name="gone", account=14, model="canned-8t-5ms", price=1)
    with cheapest:
        gone = made.ask("hi").receipt.provider
        cheapest.kill()
        events = list(made.stream("hi"))
    notices = [e.text for e in events if isinstance(e, Notice)]
    assert any("instead" in text for text in notices)
    receipt = events[-1].answer.receipt
    assert receipt.provider != gone
    outcomes = [a.outcome for a in receipt.attempts]
    assert outcomes == ["failed", "answered"], [a.reason for a in receipt.attempts]
    assert [a.cost > 0 for a in receipt.attempts] == [False, True]


def test_when_all_fail_a_silent_one_may_still_bill_and_that_is_said(connect, home):
    from tests.support import extra_provider

    made = connect(8, first_byte_timeout=0.3)
    made.deposit(6 * NEURON_PER_0G)
    gone = extra_provider(home, name="gone2", account=16, model="canned-9t-1ms", price=1)
    silent = extra_provider(home, name="silent", account=17, model="canned-9t-2000ms", price=2)
    with gone as first, silent as second:
        made.offers(fresh=True)
        made.ask("hi", provider=first, max_tokens=1)
        gone.kill()
        made._inner.catalog._offers = [o for o in made.offers() if o.provider in (first, second)]
        with pytest.raises(ProviderUnreachable, match="All 2 providers failed") as raised:
            made.ask("hi")
    assert "may still bill" in str(raised.value)
    assert "Nothing was charged" not in str(raised.value)


def test_an_answer_changed_on_the_way_is_not_verified(connect, home):
    from tests.support import extra_provider, tampering_proxy

    made = connect(9)
    made.deposit(3 * NEURON_PER_0G)
    with (
        extra_provider(home, name="honest", account=15, model="canned-8t-5ms") as address,
        tampering_proxy(home, account=15, old="wörd1", new="wörd7"),
    ):
        made.offers(fresh=True)
        answer = made.ask("hi", provider=address)
    assert "wörd7" in answer.text
    assert answer.receipt.verdict.status == "mismatch"
    assert "another response" in str(answer.receipt.verdict)


def test_a_record_that_breaks_midway_says_that_the_answer_is_billed(connect):
    made = connect(8)
    made.deposit(3 * NEURON_PER_0G)
    events = made.stream("hi")
    while not isinstance(next(events), Delta):
        pass
    made._inner.store.database._db.execute("DROP TABLE spend")
    with pytest.raises(StoreError, match=r"cannot be used.*was delivered and costs.*ZG_HOME"):
        list(events)
    assert made.last.text == WORDS


def test_providers_and_models_are_tables_with_our_own_numbers(funded):
    answer = funded.ask("one two three")
    list(funded.stream("one two three"))
    frame = funded.providers_table(type="chatbot", verified=True, sort="throughput")
    assert len(frame) == 2
    assert frame["output_0g_per_1m"].notna().all()
    first = frame.iloc[0]
    assert first["provider"] == answer.receipt.provider, "nobody else was ever asked"
    assert (first["health"], first["health_from"]) == ("healthy", "measured")
    assert first["tokens_per_s"] > 0
    assert 0 < first["latency_s"] < 10
    assert frame.iloc[1]["health"] == "unknown"
    assert set(frame["attestation"]) == {"development (no TEE hardware)"}
    (model,) = funded.models_table(sort="latency").to_dict("records")
    assert (model["providers"], model["latency_s"]) == (2, first["latency_s"])
    assert frame.attrs["age_seconds"] < 60
    plan = funded.plan("hi", sort="throughput")
    assert plan.steps[0].offer.provider == answer.receipt.provider
    assert plan.steps[0].why == "fastest"


def test_a_list_that_is_narrowed_down_to_nothing_is_empty(connect):
    made = connect()
    assert made.providers_table(max_price="0").empty
    assert made.models_table(type="embedding").empty
    with pytest.raises(NoOffer, match="Did you mean 'canned-8t-5ms'"):
        made.providers_table(model="caned-8t")
    with pytest.raises(BadInput, match="Did you mean 'chatbot'"):
        made.models_table(type="chatbt")


def test_another_chain_than_the_chosen_one_is_refused(home):
    with client.connect("devnet") as made:
        url = made.network.rpc_url
    with pytest.raises(NetworkMismatch, match="serves chain 31337, but testnet is chain 16602"):
        client.connect("testnet", rpc_url=url, wallet=devnet_account(2))


def test_a_real_network_without_a_wallet_says_what_to_set(home, monkeypatch):
    monkeypatch.delenv("ZG_PRIVATE_KEY", raising=False)
    with pytest.raises(WalletError, match="ZG_PRIVATE_KEY"):
        client.connect("testnet")


def test_without_a_running_network_the_next_command_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    with pytest.raises(DevnetError, match="Run: %zg up"):
        client.connect("devnet")


def test_the_sync_and_async_faces_have_the_same_methods():
    public = {n for n, _ in inspect.getmembers(aio.AsyncClient, callable) if n[0] != "_"}
    same = public - {"aclose", "open", "plan"} | {"close"}
    sync = {n for n, _ in inspect.getmembers(client.Client, callable) if n[0] != "_"}
    assert same <= sync


@pytest.mark.anyio
async def test_the_async_face_works_in_a_running_loop(home):
    state = json.loads((home / "devnet" / "devnet.json").read_text(encoding="utf-8"))
    network = client.networks.get("devnet").at(state["rpc_url"])
    async with aio.AsyncClient(network, devnet_account(2)) as made:
        await made.deposit(3 * NEURON_PER_0G)
        answer = await made.ask("hi")
        assert answer.text == WORDS
        assert (await answer.receipt.verdict.found()).status == "verified"
        assert answer.receipt.verdict.status == "verified"


def test_a_first_request_on_a_cold_kernel_asks_the_chain_three_times(connect):
    warm = connect(2)
    warm.deposit(3 * NEURON_PER_0G)
    warm.ask("hi")
    cold = connect(2)
    cold.ask("hi")
    assert cold._inner.rpc.requests <= 3


def test_an_overview_asks_the_chain_twice(connect):
    made = connect(2)
    before = made._inner.rpc.requests
    made.overview()
    assert made._inner.rpc.requests - before <= 2
