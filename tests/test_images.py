"""Images from words: priced, paid, checked and signed. The provider is a stand-in on loopback."""

from __future__ import annotations

import asyncio

import pytest

from tests.dispatch.conftest import unchained
from tests.image_provider import ImageProvider, png
from zg_jupyter import image_kinds, imaging, networks, plan
from zg_jupyter.aio import AsyncClient
from zg_jupyter.errors import BadInput, BudgetExceeded, NoOffer, ProviderRefused, ProviderTimeout
from zg_jupyter.records import Offer
from zg_jupyter.wallet.sources import devnet_account

pytestmark = pytest.mark.anyio
PRICE = 10**15
JPEG, WEBP = b"\xff\xd8\xff\xe0rest", b"RIFF\x04\x00\x00\x00WEBPVP8 "


@pytest.fixture
async def client(tmp_path, monkeypatch):
    """A client whose sessions are open and whose offers are given; no chain behind it."""
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    made = AsyncClient(networks.get("devnet").at("http://127.0.0.1:9"), devnet_account())
    unchained(made)
    yield made
    await made.aclose()


@pytest.fixture
async def selling(client):
    """Makes stand-ins the client's offers, each dearer than the one before."""
    running = []

    async def sell(*providers):
        offers = []
        for number, provider in enumerate(providers, 1):
            running.append(provider)
            offers.append(await provider.start(f"0x{number:040x}", PRICE * number))

        class Listed:
            async def offers(self, *, fresh=False):
                return offers

        client.catalog = Listed()
        return offers

    yield sell
    await client.checked()  # nobody is asked for a signature any more
    for provider in running:
        await provider.close()


async def test_images_are_paid_one_by_one_and_the_signature_is_over_their_files(client, selling):
    painter = ImageProvider()
    (offer,) = await selling(painter)
    answer = await client.image("a grey square", n=2, size="512x512")
    assert answer.images == (png(0), png(1))
    assert answer.text == ""
    assert answer.cost == 2 * PRICE
    assert (answer.usage.images, answer.usage.estimated) == (2, False)
    verdict = await answer.receipt.verdict.found()
    assert verdict.status == "verified"
    assert verdict.development
    assert repr(answer).startswith("<Answer of 2 images from painter")
    assert painter.asked == [
        {
            "model": "painter",
            "prompt": "a grey square",
            "n": 2,
            "size": "512x512",
            "response_format": "b64_json",
        }
    ]
    (row,) = client.store.rows()
    assert (row.state, row.cost, row.provider) == ("settled", 2 * PRICE, offer.provider)
    assert client.last == answer


async def test_a_signature_over_other_images_is_a_mismatch(client, selling):
    await selling(ImageProvider(signs=[png(9)]))
    answer = await client.image("a square")
    assert (await answer.receipt.verdict.found()).status == "mismatch"


async def test_fewer_images_than_asked_for_cost_less(client, selling):
    await selling(ImageProvider(lambda _: [JPEG]))
    answer = await client.image("a square", n=3)
    assert (answer.images, answer.cost) == ((JPEG,), PRICE)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"no json", "holds no images"),
        (b'{"data":5}', "holds no images"),
        (b'{"data":[{"url":"http://127.0.0.1/x.png"}]}', "holds no images"),
        (b'{"data":[{"b64_json":"%%%"}]}', "holds no images"),
        (b'{"data":[]}', "holds 0 images"),
        (b'{"data":[{"b64_json":"/9j/"},{"b64_json":"/9j/"}]}', "holds 2 images, not 1"),
        (b'{"data":[{"b64_json":"PHN2Zz4="}]}', "no PNG, JPEG or WebP"),
        (b"[" * 100_000, "is larger than 28"),
    ],
)
async def test_what_is_no_image_is_refused_and_counted_as_spent(client, selling, body, said):
    body = body if len(body) < 90_000 else body * 300
    painter = ImageProvider(body=body)
    await selling(painter)
    with pytest.raises(ProviderRefused, match=said) as caught:
        await client.image("a square")
    assert "0.001 0G is counted as spent" in str(caught.value)
    assert len(painter.asked) == 1
    assert client.store.total(network="devnet", user=client.wallet.address) == PRICE


async def test_a_busy_provider_is_passed_over_for_nothing(client, selling):
    await selling(ImageProvider(status=503), ImageProvider())
    answer = await client.image("a square", retries=0)
    assert answer.cost == 2 * PRICE
    assert [one.outcome for one in answer.attempts] == ["failed", "answered"]


async def test_a_stop_while_images_are_made_counts_as_paid(client, selling):
    painter = ImageProvider(wait=30)
    await selling(painter)
    task = asyncio.ensure_future(client.image("a square", n=2))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert client.last.usage.estimated
    assert client.last.cost == 2 * PRICE
    assert client.store.rows()[-1].state == "estimated"


async def test_a_silent_provider_ends_after_the_timeout(client, selling):
    await selling(ImageProvider(wait=30))
    with pytest.raises(ProviderTimeout):
        await client.image("a square", timeout=0.3)


async def test_a_limit_pays_all_images_or_none(client, selling):
    cheap, dear = ImageProvider(status=503), ImageProvider()
    await selling(cheap, dear)
    with pytest.raises(BudgetExceeded, match="limit of this cell"):
        await client.image("a square", n=3, max_cost="0.002")
    assert cheap.asked == []
    with pytest.raises(ProviderRefused, match="503"):
        await client.image("a square", n=3, max_cost="0.004", retries=0)
    assert dear.asked == []  # three of its images cost 0.006


async def test_a_plan_says_what_images_may_cost(client, selling):
    await selling(ImageProvider())
    made = await client.plan(imaging.request("a square", 3))
    assert (made.steps[0].cost.low, made.steps[0].cost.high) == (PRICE, 3 * PRICE)


async def test_text_and_images_are_asked_of_different_services(client, selling):
    (painter,) = await selling(ImageProvider())
    with pytest.raises(NoOffer, match="serves chat"):
        await client.ask("hello")
    writer = Offer("direct", painter.provider, painter.url, "m", "chatbot", 1, 1, acknowledged=True)
    with pytest.raises(NoOffer, match="serves images"):
        plan.make(imaging.request("a square"), [writer], max_tokens=1)


@pytest.mark.parametrize(
    "options", [{"n": 0}, {"n": 11}, {"n": True}, {"size": "big"}, {"system": "x"}, {"hedge": 1.0}]
)
async def test_what_cannot_be_painted_is_refused(client, selling, options):
    painter = ImageProvider()
    await selling(painter)
    with pytest.raises(BadInput):
        await client.image("a square", **options)
    assert painter.asked == []


def test_kinds_are_told_by_the_first_bytes():
    kinds = [
        image_kinds.kind_of(data) for data in (png(), JPEG, WEBP, b"<svg>", b"RIFFxxxxWAVE", b"")
    ]
    assert kinds == ["image/png", "image/jpeg", "image/webp", "", "", ""]
