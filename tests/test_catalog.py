"""Offers: every page of the contract, models of one provider, and the file that keeps them."""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import replace

import pytest

from tests.market import TESTNET, Market, address, service
from zg_jupyter import networks, pricing
from zg_jupyter.catalog import Catalog, disk
from zg_jupyter.catalog.models import listed
from zg_jupyter.catalog.offers import offer_of
from zg_jupyter.errors import ChainUnreachable, ProviderUnreachable

pytestmark = pytest.mark.anyio

SEVERAL = '{"MultiModel":true,"tieredPricing":{"tiers":[]},"ProviderName":"p"}'


def model(name, prompt="5", completion="7", **more):
    pricing = {"prompt": prompt, "completion": completion, **more.pop("pricing", {})}
    return {"id": name, "type": "chatbot", "pricing": pricing, **more}


def body(*models):
    return json.dumps({"object": "list", "data": list(models)}).encode()


@pytest.fixture
def made(tmp_path):
    """Catalogs of one market that share a folder."""

    def catalog(market, fetch=None, network=TESTNET):
        return Catalog(market.contracts(), network, fetch, folder=tmp_path)

    return catalog


def age(tmp_path, seconds):
    """Make the file older."""
    path = tmp_path / "offers-testnet.jsonl"
    head, *rest = path.read_text().splitlines()
    fields = json.loads(head)
    fields["read_at"] -= seconds
    path.write_text("\n".join([json.dumps(fields), *rest]))


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 130, 1201])
async def test_every_page_is_read_in_few_requests(made, count):
    market = Market([service(n) for n in range(count)])
    offers = await made(market).offers()
    assert [o.provider for o in offers] == [address(n) for n in range(count)]
    assert market.requests <= 2 + count // 500


async def test_a_contract_with_smaller_pages_loses_nobody(made):
    market = Market([service(n) for n in range(95)], most=20)
    assert len(await made(market).offers()) == 95


async def test_a_service_that_moves_between_pages_is_listed_once(made):
    market = Market([*(service(n) for n in range(60)), service(3)])
    assert len(await made(market).offers()) == 60


async def test_a_second_kernel_takes_the_file_and_asks_nobody(made):
    market = Market([service(n) for n in range(60)])
    first = await made(market).offers()
    market.down = True
    other = made(market)
    assert other.age_seconds is None
    assert await other.offers() == first
    assert [o.info for o in await other.offers()] == [o.info for o in first]
    assert 0 <= other.age_seconds < 60


async def test_fresh_reads_the_chain_again(made):
    market = Market([service(0)])
    catalog = made(market)
    await catalog.offers()
    market.services.append(service(1))
    assert len(await catalog.offers()) == 1
    assert len(await catalog.offers(fresh=True)) == 2
    assert len(await made(market).offers()) == 2


async def test_after_ten_minutes_the_chain_is_read_again(made, tmp_path):
    market = Market([service(0)])
    await made(market).offers()
    market.services.append(service(1))
    age(tmp_path, 590)
    assert len(await made(market).offers()) == 1
    age(tmp_path, 20)
    assert len(await made(market).offers()) == 2


@pytest.mark.parametrize("fresh", [False, True])
async def test_without_a_chain_an_old_file_serves_and_tells_its_age(made, tmp_path, fresh):
    market = Market([service(0)])
    await made(market).offers()
    age(tmp_path, 86_400)
    market.down = True
    catalog = made(market)
    assert len(await catalog.offers(fresh=fresh)) == 1
    assert 86_400 <= catalog.age_seconds < 86_500
    asked = market.requests
    await catalog.offers()
    assert market.requests == asked, "a chain that is gone is not asked for every answer"


async def test_without_a_chain_and_a_file_it_is_an_error(made):
    market = Market([service(0)])
    market.down = True
    with pytest.raises(ChainUnreachable):
        await made(market).offers()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"version": 1', '"version": 2').replace(
            '"version":1', '"version":2'
        ),
        lambda text: text.replace(":16602", ":16661"),
        lambda text: text.replace(TESTNET.inference.lower(), "0x" + "1" * 40),
        lambda text: text.replace("1000000000000", '"much"'),
        lambda text: "",
        lambda text: "[]",
        lambda text: "[" * 10_000,
        lambda text: text.replace('"read_at":', '"read_at":9'),
        lambda text: text + "\n[]",
    ],
)
async def test_a_file_that_cannot_be_used_is_no_file(made, tmp_path, spoil):
    market = Market([service(0)])
    await made(market).offers()
    path = tmp_path / "offers-testnet.jsonl"
    path.write_text(spoil(path.read_text()))
    asked = market.requests
    assert len(await made(market).offers()) == 1
    assert market.requests == asked + 1
    assert disk.OffersFile(tmp_path, TESTNET).read() is not None, "and it is made anew"


async def test_bytes_that_are_no_text_are_no_file(tmp_path):
    (tmp_path / "offers-testnet.jsonl").write_bytes(b"\xff\xfe\x00")
    assert disk.OffersFile(tmp_path, TESTNET).read() is None


@pytest.mark.skipif(os.name == "nt", reason="folders there have no such permission")
async def test_a_folder_that_cannot_be_written_costs_only_the_file(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    market = Market([service(0)])
    catalog = Catalog(market.contracts(), TESTNET, folder=blocked / "cache")
    assert len(await catalog.offers()) == 1


async def test_the_embedded_network_has_no_file(made, tmp_path):
    market = Market([service(0)])
    catalog = made(market, network=networks.get("devnet"))
    assert len(await catalog.offers()) == 1
    assert list(tmp_path.iterdir()) == []


async def test_a_provider_with_several_models_has_an_offer_for_each(made):
    async def fetch(url, path):
        assert (url, path) == ("https://p1.example.org", "/v1/models")
        cheap = model("small", "1", "2", canonical_id="org/small", context_length=8192)
        tiers = [{"max_input_tokens": 0, "input_multiplier": 2, "output_multiplier": 2}]
        dear = model("large", pricing={"tiered_pricing": tiers})
        painter = model("brush", "0", "0", type="text-to-image", pricing={"image": "99"})
        return body(cheap, dear, painter)

    market = Market([service(0), service(1, "large", info=SEVERAL), service(2)])
    offers = await made(market, fetch).offers()
    assert [o.model for o in offers] == ["model-0", "small", "large", "brush", "model-2"]
    small, large, brush = offers[1:4]
    assert (small.input_price, small.output_price) == (1, 2)
    assert small.info["canonicalId"] == "org/small"
    assert "tieredPricing" not in small.info, "the chain's is of another model"
    assert pricing.prices_at(large).tiers[0].max_prompt_tokens == 0
    assert (brush.service_type, brush.output_price) == ("text-to-image", 99)
    assert {o.signer.lower() for o in offers} == {"0x" + "99" * 20}
    assert len({o.provider for o in (small, large, brush)}) == 1
    market.down = True
    assert await made(market).offers() == offers, "and they are in the file"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no json",
        b"[" * 5000,
        b'{"data":{}}',
        b'{"data":[]}',
        body({"id": "x"}),
        body(model("*")),
        body(model("x", prompt="-1")),
        body(model("x", prompt=5.5)),
        body(model("x", completion="1e9")),
        body(*(model(f"m{n}") for n in range(1001))),
        ProviderUnreachable("gone"),
    ],
)
async def test_a_list_that_makes_no_sense_leaves_the_offer_of_the_chain(made, answer):
    async def fetch(url, path):
        if isinstance(answer, Exception):
            raise answer
        return answer

    market = Market([service(0, "default", info=SEVERAL)])
    (offer,) = await made(market, fetch).offers()
    assert (offer.model, offer.input_price) == ("default", 10**12)


async def test_lists_are_fetched_side_by_side_but_not_all_at_once(made):
    running, most = 0, 0

    async def fetch(url, path):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return body(model("a"), model("b"))

    market = Market([service(n, info=SEVERAL) for n in range(48)])
    started = time.monotonic()
    assert len(await made(market, fetch).offers()) == 96
    assert 1 < most <= 16
    assert time.monotonic() - started < 5


async def test_a_list_that_never_comes_holds_nobody_up(made, monkeypatch):
    monkeypatch.setattr("zg_jupyter.catalog.models._SECONDS", 0.1)

    async def fetch(url, path):
        if url == "https://p0.example.org":
            await asyncio.sleep(60)
        return body(model("a"))

    market = Market([service(n, "default", info=SEVERAL) for n in range(2)])
    assert [o.model for o in await made(market, fetch).offers()] == ["default", "a"]


async def test_one_model_at_one_provider_asks_nobody_but_the_chain(made):
    async def fetch(url, path):
        raise AssertionError("nothing to ask")

    assert len(await made(Market([service(0), service(1, info="{")]), fetch).offers()) == 2


def test_a_list_cannot_make_a_service_look_better_proved():
    from zg_jupyter.chain.contracts import _service

    unsigned = offer_of(
        _service(service(0, verifiability="standard", info=SEVERAL, acknowledged=False)), TESTNET
    )
    better = model("a", verifiability="TeeML", tee_attested=True, signer="0x1", acknowledged=True)
    (offer,) = listed(body(better), unsigned)
    assert (offer.verifiability, offer.acknowledged) == ("standard", False)
    assert offer.signer == unsigned.signer
    signed = replace(unsigned, verifiability="TeeML")
    (offer,) = listed(body(model("a", verifiability="standard")), signed)
    assert offer.verifiability == "standard", "but it may say that it does not sign"
