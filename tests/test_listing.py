"""Looking through offers: filters, order, one line per model."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter import listing
from zg_jupyter.errors import BadInput, NoOffer
from zg_jupyter.listing import Listing, by_model, filters, select
from zg_jupyter.market import models_frame, providers_frame, with_usd
from zg_jupyter.notebook.options import SORTS
from zg_jupyter.records import Health, Offer
from zg_jupyter.trust.signature import SIGNING_VERIFIABILITY
from zg_jupyter.usd import Rate


def one(number, model="m", price=2, *, latency=None, throughput=None, **changed):
    values = {
        "route": "direct",
        "provider": f"0x{number:040x}",
        "url": "https://x.example.org",
        "model": model,
        "service_type": "chatbot",
        "input_price": 1,
        "output_price": price,
        "verifiability": "TeeML",
        "acknowledged": True,
    }
    offer = Offer(**{**values, **changed})
    if latency is None and throughput is None:
        return Listing(offer)
    health = Health(offer.provider, model, "healthy", latency, throughput, "measured", 0.0)
    return Listing(offer, health)


def providers(found):
    return [int(listed.offer.provider, 16) for listed in found]


MIXED = [
    one(1, "llama-large", 30, latency=0.9, throughput=10.0),
    one(2, "llama-small", 10),
    one(3, "whisper", 20, service_type="speech-to-text", latency=0.2),
    one(4, "brush", 5, service_type="text-to-image", throughput=99.0),
    one(5, "Llama-Small", 10, latency=0.2, throughput=50.0, acknowledged=False),
    one(6, "qwen", 40, verifiability="standard"),
    one(7, "qwen", 41, development=True),
    one(8, "qwen", 42, info={"ProviderType": "standard"}),
]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [2, 5, 3, 1, 6, 7, 8, 4]),
        ({"type": "speech-to-text"}, [3]),
        ({"type": "embedding"}, []),
        ({"model": "LLAMA"}, [2, 5, 1]),
        ({"model": "small", "type": "chatbot"}, [2, 5]),
        ({"verified": True}, [2, 3, 1, 4]),
        ({"max_price": "20000000 neuron"}, [2, 5, 3, 4]),
        ({"max_price": "19999999 neuron"}, [2, 5, 4]),
        ({"max_price": "4 neuron"}, []),
        ({"sort": "latency"}, [5, 3, 1, 2, 6, 7, 8, 4]),
        ({"sort": "throughput"}, [4, 5, 1, 2, 3, 6, 7, 8]),
        ({"sort": "latency", "model": "llama", "verified": True}, [1, 2]),
    ],
)
def test_what_fits_is_shown_in_the_order_that_was_asked_for(asked, expected):
    assert providers(select(MIXED, filters(**asked))) == expected


def test_signers_without_hardware_count_as_verified_on_the_embedded_network_only():
    wanted = filters(verified=True, model="qwen")
    assert providers(select(MIXED, wanted)) == []
    assert providers(select(MIXED, wanted, development=True)) == [7]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"sort": "prise"}, "Did you mean 'price'?"),
        ({"sort": "zzz"}, "Choose one of: price, latency, throughput."),
        ({"type": "chatbt"}, "Did you mean 'chatbot'?"),
        ({"type": "images"}, "There is no service type 'images'."),
        ({"max_price": "cheap"}, "not an amount"),
        ({"max_price": 0.1}, "cannot be a float"),
        ({"max_price": "1,5"}, "two ways"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_with_the_way_out(asked, said):
    with pytest.raises(BadInput) as raised:
        select(MIXED, filters(**asked))
    assert said in str(raised.value)


def test_a_model_that_nobody_offers_is_named_with_the_closest_one():
    with pytest.raises(NoOffer, match=r"like 'lama-smol'.*Did you mean 'Llama-Small'\?"):
        select(MIXED, filters(model="lama-smol"))
    assert select([], filters(model="any", type="chatbot")) == []


def test_a_type_that_somebody_offers_need_not_be_in_our_table():
    odd = [one(1, service_type="weather")]
    assert providers(select(odd, filters(type="weather"))) == [1]


def test_a_model_has_one_line_with_the_best_of_its_providers():
    found = select(MIXED, filters())
    small = next(line for line in by_model(found) if line.model == "llama-small")
    assert (small.providers, small.latency) == (1, None)
    same = [
        one(1, price=9, latency=0.5),
        one(2, price=3, throughput=7.0),
        one(2, price=4, latency=0.1, input_price=0),
    ]
    (line,) = by_model(same)
    assert (line.providers, line.input_price, line.output_price) == (2, 0, 3)
    assert (line.latency, line.throughput) == (0.1, 7.0)


def test_the_words_are_those_of_the_other_commands():
    assert listing.SORTS == SORTS
    assert listing.SIGNED == SIGNING_VERIFIABILITY


def test_the_table_has_exact_prices_and_the_unit_that_they_are_for():
    dear = 123_456_789_012_345_678
    frame = providers_frame([one(1, price=dear), MIXED[3], MIXED[6]], 75.0)
    assert frame["output_0g_per_1m"][0] == Decimal(dear) / 10**12
    assert frame["output_0g_per_1m"][1] is None or math.isnan(frame["output_0g_per_1m"][1])
    assert frame["image_0g"][1] == Decimal("5E-18")
    assert frame["attestation"].tolist() == ["TeeML", "TeeML", "development (no TEE hardware)"]
    assert frame["health"].tolist() == ["unknown", "healthy", "unknown"]
    assert frame.attrs["age_seconds"] == 75.0


SPEECH = {"service_type": "speech-to-text", "input_price": 2 * 10**13}


def test_a_second_of_sound_has_a_price_of_its_own():
    image = one(2, price=10**15, service_type="text-to-image")
    frame = providers_frame([one(1, price=10**12), image, one(3, price=0, **SPEECH)], 0.0)
    assert frame["second_0g"].tolist()[2] == Decimal("0.00002")
    assert frame["second_0g"].tolist()[:2] == [None, None]
    assert frame["input_0g_per_1m"].tolist()[2] is None
    priced = with_usd(frame, Rate(Decimal(2), "yours"))
    assert priced["cost_usd"].tolist() == [Decimal(2), Decimal("0.002"), Decimal("0.00004")]


def test_who_counts_the_words_of_a_recording_has_prices_of_tokens():
    frame = providers_frame([one(1, price=7, **SPEECH)], 0.0)
    assert frame["second_0g"].tolist() == [None]
    assert frame["output_0g_per_1m"].tolist() == [Decimal("7E-12")]


def test_what_is_paid_by_the_second_is_not_cheaper_than_what_is_paid_by_the_token():
    found = select([one(3, price=0, **SPEECH), one(1, price=5)], filters())
    assert providers(found) == [1, 3]


@pytest.mark.parametrize("build", [providers_frame, models_frame])
def test_a_table_of_nothing_has_its_columns(build):
    frame = build([], None)
    assert frame.empty
    assert "output_0g_per_1m" in frame.columns


PRICES = st.integers(0, 2**256 - 1)
SPEEDS = st.one_of(st.none(), st.floats(0.001, 1000))


@given(
    st.lists(st.tuples(PRICES, SPEEDS, SPEEDS), max_size=30),
    st.sampled_from(listing.SORTS),
    st.one_of(st.none(), st.integers(0, 2**250)),
)
def test_nothing_that_fits_is_lost_and_nothing_else_is_kept(lines, sort, most):
    listed = [
        one(n, price=price, latency=latency, throughput=throughput)
        for n, (price, latency, throughput) in enumerate(lines)
    ]
    wanted = filters(sort=sort, max_price=None if most is None else f"{most} neuron")
    found = select(listed, wanted)
    fits = {n for n, (price, _, _) in enumerate(lines) if most is None or price * 1_000_000 <= most}
    assert set(providers(found)) == fits
    assert len(found) == len(fits)
    ranks = {
        "price": [listed.offer.output_price for listed in found],
        "latency": [math.inf if f.latency is None else f.latency for f in found],
        "throughput": [math.inf if f.throughput is None else -f.throughput for f in found],
    }[sort]
    assert ranks == sorted(ranks)
