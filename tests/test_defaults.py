"""Defaults of requests: set once, in every request, and never stronger than what was said."""

from __future__ import annotations

import contextlib

import pytest

from zg_jupyter import aio, client
from zg_jupyter.choices import Choices, choices
from zg_jupyter.defaults import completed
from zg_jupyter.errors import BadInput, NoOffer
from zg_jupyter.records import ChatRequest, Message
from zg_jupyter.settings import Settings, asking, changed, load, save
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account

MODEL = "canned-8t-5ms"


@pytest.mark.parametrize(
    ("name", "typed", "meant"),
    [
        ("model", "llama", "llama"),
        ("temperature", "0", 0.0),
        ("top_p", 0.5, 0.5),
        ("sort", "latency", "latency"),
        ("failover", "none", "none"),
        ("max_cost", "0.1", "0.1"),
        ("max_price", "2", "2"),
        ("only_verified", "on", True),
        ("retries", "0", 0),
        ("hedge", "1.5", 1.5),
        ("system", "Be brief.", "Be brief."),
    ],
)
def test_a_default_is_set_and_taken_away(name, typed, meant):
    now = changed(Settings(), {name: typed})
    assert asking(now) == {name: meant}
    assert getattr(choices(**completed({}, now)), name) == meant
    for off in ("off", "", " OFF "):
        assert changed(now, {name: off}) == Settings()


def test_without_defaults_a_request_is_as_it_was():
    assert asking(Settings()) == {}
    assert choices(**completed({}, Settings())) == Choices()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("temperature", value) for value in ("hot", "3", "nan", True, [1])),
        *(("retries", value) for value in ("1.5", "-1", 1.5, 21)),
        *(("sort", "cheap"), ("failover", "nxt"), ("hedge", "0"), ("top_p", "2")),
        *(("max_cost", "much"), ("max_cost", "0"), ("max_price", 5), ("only_verified", "perhaps")),
    ],
)
def test_a_default_that_cannot_be_meant_is_refused_by_name(name, value):
    with pytest.raises(BadInput, match=rf"{name}|not an amount|limit of zero"):
        changed(Settings(), {name: value})


def test_off_in_the_environment_wins_over_the_file(tmp_path):
    file = tmp_path / "settings.json"
    save({"model": "llama", "temperature": 0.2}, file)
    assert asking(load({}, file)) == {"model": "llama", "temperature": 0.2}
    assert asking(load({"ZG_MODEL": "off"}, file)) == {"temperature": 0.2}
    save({"model": "off", "temperature": None}, file)
    assert load({}, file) == Settings()


DEFAULTS = Settings(model="llama", system="Be brief.", temperature=0.5, top_p=0.9)


def test_what_is_given_wins_and_none_is_not_given():
    found = completed({"model": "other", "temperature": 0.0, "top_p": None}, DEFAULTS, "hello")
    assert found == {
        "model": "other",
        "system": "Be brief.",
        "temperature": 0.0,
        "top_p": 0.9,
    }
    assert completed({"only_verified": False}, Settings(only_verified=True)) == {
        "only_verified": False
    }


def test_what_a_request_says_itself_wins():
    user, system = Message("user", "hello"), Message("system", "Be long.")
    request = ChatRequest((system, user), temperature=0.0)
    assert completed({}, DEFAULTS, request) == {"model": "llama", "top_p": 0.9}
    assert "system" not in completed({}, DEFAULTS, [system, user])
    assert completed({}, DEFAULTS, [user])["system"] == "Be brief."


@pytest.fixture
def connect(canned_network, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    with contextlib.ExitStack() as stack:

        def make(**settings):
            made = client.connect(
                "devnet", wallet=devnet_account(14), settings=Settings(**settings)
            )
            return stack.enter_context(made)

        yield make


def test_every_way_of_asking_uses_them(connect):
    lost = connect(model="nobody")
    lost.deposit(3 * NEURON_PER_0G)
    for ask in (lost.ask, lost.plan, lambda prompt: list(lost.stream(prompt))):
        with pytest.raises(NoOffer, match="'nobody'"):
            ask("hello")
    (item,) = lost.map(["hello"], progress=False)
    assert "'nobody'" in item.error
    assert lost.ask("hello", model=MODEL).complete
    assert lost.map(["hello again"], progress=False, model=MODEL)[0].ok


def test_a_default_system_prompt_is_in_the_request_once(connect):
    plain, primed = connect(), connect(system="one two three four five six")
    plain.deposit(3 * NEURON_PER_0G)
    without = plain.ask("hello").usage.prompt_tokens
    asked = primed.ask("hello").usage.prompt_tokens
    assert asked > without
    assert primed.ask("hello", system="one").usage.prompt_tokens < asked
    primed.map(["hello"], progress=False)
    assert primed.last.usage.prompt_tokens == asked


def test_a_default_limit_is_for_a_whole_batch_and_a_given_one_wins(connect):
    step = connect().plan("hello", max_tokens=8).steps[0]
    most = f"{2 * step.cost.high / NEURON_PER_0G:.18f}"
    limited = connect(max_cost=most)
    limited.deposit(3 * NEURON_PER_0G)
    prompts = [f"hello {n}" for n in range(8)]
    done = limited.map(prompts, progress=False, max_tokens=8)
    assert done.cost <= 2 * step.cost.high
    assert not all(item.ok for item in done)
    free = limited.map(prompts, progress=False, max_tokens=8, max_cost="1")
    assert all(item.ok for item in free)


def test_a_stopped_batch_under_another_default_is_another_batch(connect):
    payer = connect(system="one")
    payer.deposit(3 * NEURON_PER_0G)
    prompts = ["hello", "again", "more"]
    most = f"{payer.plan('hello', max_tokens=8).steps[0].cost.high / NEURON_PER_0G:.18f}"
    first = payer.map(prompts, progress=False, max_tokens=8, max_cost=most)
    assert [item.ok for item in first].count(True) == 1
    other = connect(system="two").map(prompts, progress=False, max_tokens=8)
    assert not any(item.reused for item in other)
    rest = payer.map(prompts, progress=False, max_tokens=8)
    assert [item.reused for item in rest].count(True) == 1
