"""What 0G costs in US dollars: a word of strangers, believed with care, asked for once."""

from __future__ import annotations

import asyncio
import contextlib
import json
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter import networks, usd
from zg_jupyter.catalog.rates import Rates
from zg_jupyter.errors import BadInput, ChainUnreachable
from zg_jupyter.records import Offer
from zg_jupyter.settings import Settings, changed
from zg_jupyter.transport.documents import Documents

NOW = 1_800_000_000.0
QUARTER = Decimal("0.25")
_GONE = (ConnectionError, asyncio.IncompleteReadError)


def listing(feed=None, *entries):
    document = {"object": "list", "data": list(entries)}
    if feed is not None:
        document["price_feed"] = feed
    return json.dumps(document).encode()


def feed(rate="0.25", **changes):
    made = {"rate_usd_per_og": rate, "updated_at": NOW - 60, "is_stale": False, **changes}
    return {name: value for name, value in made.items() if value is not ...}


def priced(neuron, dollars, **more):
    return {"id": "m", "pricing": neuron, "pricing_usd": dollars, **more}


@pytest.mark.parametrize(
    "said",
    [
        feed(),
        feed(0.25),
        feed(" 0.250 "),
        feed("2.5e-1"),
        feed(updated_at=..., is_stale=...),
        feed(updated_at="2027-01-15T07:59:00.123456789Z"),
        feed(updated_at=(NOW + 30) * 1000),
    ],
)
def test_a_fresh_price_feed_is_a_rate(said):
    assert usd.of_list(listing(said), NOW) == QUARTER


@pytest.mark.parametrize(
    "said",
    [
        *(
            feed(r)
            for r in ("0", "-1", "NaN", "Infinity", "1000000.01", "1e400", "dear", "", "1_0")
        ),
        *(feed(r) for r in (True, None, [1], {"usd": 1}, -0.5, "9" * 100, "1e-30")),
        feed(is_stale=True),
        feed(is_stale="false"),
        feed(updated_at=NOW - 2 * 86_400),
        feed(updated_at=NOW + 86_400),
        feed(updated_at="lately"),
        *("0.25", [], 7),
    ],
    ids=lambda said: str(said)[:30],
)
def test_what_is_stale_absurd_or_no_number_is_ignored(said):
    assert usd.of_list(listing(said), NOW) is None


def test_without_a_feed_prices_in_both_currencies_are_a_rate():
    one = priced({"prompt": "1000000000000", "completion": "2000000000000"}, {"completion": "5e-7"})
    assert usd.of_list(listing(None, one), NOW) == QUARTER
    image = priced({"prompt": "0", "completion": "0", "image": str(10**18)}, {"image": "0.25"})
    assert usd.of_list(listing(feed(is_stale=True), image), NOW) == QUARTER
    assert usd.of_list(listing(feed("3"), one), NOW) == 3


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"pricing": [], "pricing_usd": []},
        priced({"completion": "0"}, {"completion": "5"}),
        priced({"completion": "7"}, {"completion": "0"}),
        priced({"completion": "7"}, {"completion": "9e90"}),
        priced({"completion": "-7"}, {"completion": "1"}),
    ],
)
def test_prices_that_make_no_rate_are_left_out(entry):
    assert usd.of_list(listing(None, entry), NOW) is None


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data":{}}', b"\xff", b"[" * 9999])
def test_what_is_no_list_says_so(body):
    with pytest.raises(ValueError, match=r"."):
        usd.of_list(body, NOW)
    with pytest.raises(ValueError, match=r"."):
        usd.of_status_page(body)


def test_the_status_page_gives_a_rate_per_provider():
    entries = [
        priced({"completion": str(10**12)}, {"completion": p}, provider=who)
        for who, p in (("0xAA", "2.5e-7"), ("0xAA", "2.6e-7"), ("0xAA", "9"), ("0xBB", "3e-7"))
    ]
    page = usd.of_status_page(listing(None, *entries, {"provider": 7}, {"provider": "0xCC"}))
    assert page == {"0xaa": Decimal("0.26"), "0xbb": Decimal("0.3")}


@given(st.lists(st.decimals("0.01", "100", places=2), min_size=3, max_size=20), st.data())
def test_a_minority_cannot_move_the_rate_out_of_what_the_others_say(honest, data):
    liars = data.draw(
        st.lists(st.sampled_from([Decimal("1e-9"), Decimal(10**6)]), max_size=len(honest) - 1)
    )
    rate = usd.from_providers([*honest, *liars])
    assert min(honest) <= rate.usd <= max(honest)


def test_who_says_it_stands_beside_the_rate():
    assert usd.from_providers([]) is None
    assert str(usd.from_providers([QUARTER])) == "0.25 USD for 1 0G (by the word of 1 provider)"
    rate = usd.from_providers([QUARTER, Decimal("0.2"), Decimal("0.3")])
    assert str(rate) == "0.25 USD for 1 0G (median of 3 providers)"
    assert usd.from_providers([QUARTER, Decimal("0.5")]).usd == Decimal("0.5")
    assert str(usd.from_setting("$0.25")) == "0.25 USD for 1 0G (your setting usd_rate)"
    assert usd.from_setting("") is None


def test_usd_without_a_rate_say_how_to_give_one():
    with pytest.raises(BadInput, match=r"not known what 0G costs.*%zg set usd_rate"):
        usd.in_neuron("0.5 USD", None)
    assert usd.in_neuron("0.5 USD", usd.from_setting("0.25")) == 2 * 10**18


@pytest.mark.parametrize("value", ["0", "-1", "cheap", "10000000"])
def test_a_setting_that_is_no_rate_is_refused(value):
    with pytest.raises(BadInput):
        changed(Settings(), {"usd_rate": value})
    assert changed(Settings(), {"usd_rate": "0.25"}).usd_rate == "0.25"


class Said:
    """Servers on loopback with a list of models each, and a status page."""

    def __init__(self):
        self.asked = []
        self._tasks = set()
        self._stack = contextlib.AsyncExitStack()
        self._http = httpx.AsyncClient(trust_env=False)
        self.documents = Documents(self._http, networks.get("devnet"))
        self.offers = []

    async def serve(self, body, *, seconds=0.0):
        async def answer(reader, writer):
            self._tasks.add(asyncio.current_task())
            with contextlib.closing(writer), contextlib.suppress(*_GONE):
                self.asked.append((await reader.readuntil(b"\r\n\r\n")).split()[1].decode())
                await asyncio.sleep(seconds)
                size = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                writer.write(b"HTTP/1.1 200 OK\r\n" + size.encode() + body)
                await writer.drain()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        self._stack.callback(server.close)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def provider(self, body, **options):
        url = await self.serve(body, **options)
        address = f"0x{len(self.offers):040x}"
        self.offers += [Offer("direct", address, url, model, "chatbot", 1, 1) for model in "ab"]

    def rates(self, **options):
        async def offers():
            return self.offers

        return Rates(offers, self.documents.read, **options)

    async def close(self):
        await self._http.aclose()
        await self._stack.aclose()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # closed transports say so in the next round of the loop


@pytest.fixture
async def said():
    made = Said()
    yield made
    await made.close()


@pytest.mark.anyio
async def test_providers_are_asked_once_and_the_median_is_kept(said):
    for rate in ("0.2", "0.25", "999999"):
        await said.provider(listing(feed(rate, updated_at=...)))
    await said.provider(b"no list")
    rates = said.rates()
    assert rates.known is None
    assert str(await rates.read()) == "0.25 USD for 1 0G (median of 3 providers)"
    assert (await rates.read()) is rates.known
    assert said.asked == ["/v1/models"] * 4


@pytest.mark.anyio
async def test_a_provider_s_own_word_comes_before_the_status_page_s(said):
    await said.provider(listing(feed("0.5", updated_at=...)))
    await said.provider(listing())
    entries = [
        priced({"completion": str(10**12)}, {"completion": "2e-7"}, provider=f"0x{n:040x}")
        for n in range(2)
    ]
    page = await said.serve(listing(None, *entries))
    rate = await said.rates(status_url=page).read()
    assert (rate.usd, rate.source) == (Decimal("0.5"), "median of 2 providers")
    assert "/models" in said.asked


@pytest.mark.anyio
async def test_a_setting_asks_nobody(said):
    await said.provider(listing(feed("0.5", updated_at=...)))
    rates = said.rates(setting="0.25")
    assert rates.known.usd == (await rates.read()).usd == QUARTER
    assert said.asked == []


@pytest.mark.anyio
async def test_the_late_the_absurd_and_a_dead_chain_stop_nothing(said, monkeypatch):
    monkeypatch.setattr("zg_jupyter.catalog.rates._SECONDS", 0.4)
    await said.provider(listing(feed("0.5", updated_at=...)), seconds=5)
    await said.provider(listing(feed("0.25", updated_at=...)))
    assert (await said.rates().read()).usd == QUARTER

    async def gone():
        raise ChainUnreachable("The chain does not answer.")

    rates = Rates(gone, said.documents.read)
    assert await rates.read() is None
    assert await rates.read() is None
