"""The section of providers: what is listed, all about one, a test of it, and defaults."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.market import TESTNET, Market, address, service
from tests.panel.conftest import QUICK, SLOW, settled, shown, until
from zg_jupyter import aio, client, endpoint_book, endpoints, settings
from zg_jupyter.catalog.offers import Catalog
from zg_jupyter.listing import Listing
from zg_jupyter.offline import Nobody
from zg_jupyter.panel import market as section_module
from zg_jupyter.panel.market_rows import LOCAL, example, facts, key_of, row
from zg_jupyter.panel.words import Words
from zg_jupyter.records import Health, Offer
from zg_jupyter.settings import Settings
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.units import format_0g

EVIL = '<img src=x onerror=alert(1)>"\u202egnp.exe\n\x1b[2J'


@pytest.fixture
def here(monkeypatch):
    """A model of this machine that says the same words at once."""
    monkeypatch.setenv("ZG_LOCAL_ENGINE", "tests.bench.canned:CannedEngine")
    monkeypatch.setenv("ZG_LOCAL_MODEL", "canned-8t-0ms")


@pytest.fixture
def large(room, home, tmp_path, monkeypatch):
    """A room whose client is connected to a node with as many services as a test wants."""
    made = []

    def connect(services):
        network = replace(TESTNET, status_url="", rpc_url="https://market.example.org")
        node = services if isinstance(services, Market) else Market(services)
        catalog = Catalog(node.contracts(), network, folder=tmp_path / "cache")
        store = SpendStore(tmp_path / "spend.sqlite")
        inner = aio.AsyncClient(
            network, Nobody(), Settings(usd_rate="0.25"), store, catalog=catalog
        )
        one = client.Client(inner)
        made.append(one)
        monkeypatch.setattr(client, "_session", one)
        return room

    yield connect
    for one in made:
        one.close()


def opened(room):
    """The section in front, as it is when its offers are read."""
    section = section_module.Market(room)
    section.front = True
    section.refresh()
    settled(section._line)
    return section


def pick(section, found):
    """Pick the first row that fits, as the page does."""
    key = next(row["key"] for row in section._table.rows if found(row))
    section._table._received(section._table, {"picked": key}, [])


def test_while_nothing_is_connected_it_says_what_to_do_and_lists_this_machine(room, home, here):
    section = opened(room)
    assert "Nothing is connected" in shown(section)
    assert [(one["provider"], one["out"]) for one in section._table.rows] == [("this machine", 0)]
    section._read.click()
    assert settled(section._line) == (
        "The embedded network is not running. Nothing was charged. Run: %zg up"
    )
    assert client.current() is None


def test_an_endpoint_is_listed_as_unverified_and_tried_though_nothing_is_connected(
    room,
    home,
    here,
    odd_server,
    monkeypatch,
):
    monkeypatch.setattr(endpoint_book, "_path", lambda: home / "own.json")
    home.mkdir(exist_ok=True)
    endpoints.add("lab", odd_server.url, input_price="0.1", output_price="0.4")
    section = opened(room)
    (one,) = [r for r in section._table.rows if "lab" in r["provider"]]
    assert one["provider"] == "lab (your own endpoint)"
    assert (one["in"], one["out"]) == (Decimal("0.1"), Decimal("0.4"))
    assert (one["verified"], one["private"]) == (False, False)
    section._verified.value = True
    assert not [r for r in section._table.rows if "lab" in r["provider"]]
    section._verified.value = False
    pick(section, lambda r: "lab" in r["provider"])
    assert "none: unverified" in section._facts.value
    assert "nobody vouches for its answers" in section._facts.value
    assert "no 0G moves for it" in section._note.value
    section._test.click()
    said = settled(section._acted)
    assert said.startswith("It answered “one two three")
    assert len(odd_server.asked) == 1
    odd_server.key = "another"
    section._test.click()
    assert "%zg endpoint key lab" in settled(section._acted)


def test_offers_are_read_with_prices_and_their_age(online):
    section = opened(online)
    assert online.known() is None  # opening it connects nobody
    section._read.click()
    assert settled(section._line) == "3 offers."
    rows = {one["key"]: one for one in section._table.rows}
    offers = online.client().offers()
    assert {key_of(offer) for offer in offers} <= set(rows)
    cheap = min(offers, key=lambda offer: offer.output_price)
    assert rows[key_of(cheap)]["out"] == Decimal(cheap.output_price * 10**6) / 10**18
    assert rows[key_of(cheap)]["verified"] is True
    assert "Read from the chain less than a minute ago." in section._table.caption
    assert "Nothing is connected" not in shown(section)
    assert QUICK in section.still()


def test_a_thousand_offers_are_filtered_by_type_price_and_proof(large):
    services = [service(n) for n in range(1000)]
    services[3] = service(3, type="text-to-image", output_price=10**15)
    services[4] = service(4, acknowledged=False)
    section = opened(large(services))

    def of_network():
        return [one for one in section._table.rows if one["provider"] != "this machine"]

    assert len(of_network()) == 1000
    assert "US dollars at 0.25 USD for 1 0G" in section._table.caption
    section._type.value = "text-to-image"
    (image,) = of_network()
    assert (image["image"], image["out"], image["in_usd"]) == (Decimal("0.001"), None, None)
    section._type.value = ""
    section._verified.value = True
    assert len(of_network()) == 999
    section._limit.value = "2.000000005"  # 0G for a million tokens
    assert 0 < len(of_network()) < 999
    assert all(one["out"] is None or one["out"] <= Decimal("2.000000005") for one in of_network())
    section._limit.value = "0.5 USD"
    assert all(one["out"] is None or one["out"] <= 2 for one in of_network())
    section._limit.value = "cheap"
    assert section._bad_limit.kind == "error"
    assert len(of_network()) == 999
    section._limit.value = ""
    assert section._bad_limit.text == ""


def test_what_strangers_write_stays_text_on_one_line(large):
    section = opened(large([service(0, EVIL, url=f"https://me@evil.example:9/{EVIL}")]))
    pick(section, lambda one: one["provider"] != "this machine")
    seen = shown(section) + section.still() + str(section._table.cells())
    assert "<img" not in shown(section) + section.still()
    assert not {"\u202e", "\x1b"} & set(seen)
    assert "<dd>evil.example:9</dd>" in shown(section)
    assert len(section._table.selected) < 40


def test_all_about_one_offer(room):
    words = Words("en")
    offer = Offer(
        "direct",
        address(1),
        "https://p.example.org:8443/x",
        "m",
        "chatbot",
        10**12,
        2 * 10**12,
        "TeeML",
        address(2),
        acknowledged=False,
        info={"contextLength": 8192},
    )
    health = Health(offer.provider, "m", "warning", 0.5, 20.0, "status", 0.0, 97.25)
    known = facts(Listing(offer, health), words, development=False)
    pairs = dict(known.pairs)
    assert pairs["Provider's address"] == address(1)
    assert pairs["Listens at"] == "p.example.org:8443"
    assert "not acknowledged" in pairs["Signer"]
    assert pairs["0G / 1M out"] == "2 0G"
    assert known.sentences[0] == "1,000 tokens in and 500 out cost 0.002 0G."
    line = row(Listing(offer, health), words, None, development=False)
    assert (line["context"], line["uptime"], line["health"]) == (8192, 97.2, "warning")
    odd = replace(offer, info={"TieredPricing": "?", "tieredPricing": "?"})
    assert "cannot be told" in example(odd, words)


def test_the_price_of_a_test_is_said_before_it_and_kept(online):
    section = opened(online)
    section._read.click()
    settled(section._line)
    assert section._test.disabled
    pick(section, lambda one: one["model"] == QUICK)
    most = section_module.market_rows.cost_of_test(section._one().offer)
    assert section._test.description == f"Test it (at most {format_0g(most, digits=4)})"
    before = online.session.spent
    section._test.click()
    said = settled(section._acted)
    assert said.startswith("It answered “wörd0")
    assert "signature verified (development signer" in said
    assert 0 < online.session.spent - before <= most
    row = online.client()._inner.store.rows()
    assert list(row)[-1].cell == "panel"


def test_a_test_of_this_machine_costs_nothing(room, home, here):
    section = opened(room)
    pick(section, lambda one: one["provider"] == "this machine")
    assert section._test.description == "Test it"
    section._test.click()
    assert "0 0G" in settled(section._acted)
    assert client.current() is None
    assert room.session.answers == 1


def test_one_that_is_no_chat_service_can_be_neither_tested_nor_asked(large):
    section = opened(large([service(0, type="text-to-image"), service(1)]))
    pick(section, lambda one: one["type"] == "text-to-image")
    assert section._test.disabled
    assert section._use.disabled
    assert section._default.make.disabled
    assert "Only chat services" in shown(section)


def test_use_hands_it_to_the_prompt(online):
    asked = []
    online.picked.append(lambda provider, model: asked.append((provider, model)))
    section = opened(online)
    section._read.click()
    settled(section._line)
    pick(section, lambda one: one["model"] == SLOW)
    section._use.click()
    assert asked == [(section._one().offer.provider, SLOW)]
    assert online.went == ["prompt"]


def test_a_default_is_set_and_taken_back(online):
    section = opened(online)
    section._read.click()
    settled(section._line)
    assert "no default" in shown(section)
    pick(section, lambda one: one["model"] == SLOW)
    chosen = section._one().offer
    assert section._default.back.disabled
    section._default.make.click()
    assert SLOW in settled(section._acted)
    assert settings.load().provider == chosen.provider
    assert online.known().plan("hello").steps[0].offer == chosen  # connected again, and meant
    assert f"Default of this notebook: {SLOW}" in shown(section)
    until(lambda: not section._default.back.disabled)
    section._default.back.click()
    until(lambda: section._acted.text.startswith("The default before"))
    assert (settings.load().provider, settings.load().model) == ("", "")
    assert "no default" in shown(section)
    assert os.environ["ZG_MODEL"] == "off"


def test_this_machine_as_the_default(room, home, here, monkeypatch):
    monkeypatch.setenv("ZG_PROVIDER", "")
    monkeypatch.setenv("ZG_MODEL", "")
    section = opened(room)
    pick(section, lambda one: one["provider"] == "this machine")
    section._default.make.click()
    assert "this machine" in settled(section._acted)
    assert settings.load().provider == LOCAL
    assert client.current() is None


def test_a_chain_that_fails_is_said_and_not_asked_every_two_seconds(large):
    node = Market([service(1)])
    node.down = True
    room = large(node)
    section = opened(room)
    assert section._line.kind == "error"
    asked = node.requests
    until(lambda: not section._read.disabled)
    section.refresh()
    assert not section._read.disabled  # nothing was started
    assert node.requests == asked
