"""Edits of images through a router (protocol/router.md 5); the router is a stand-in."""

from __future__ import annotations

import pytest

from tests.image_provider import png
from tests.standins.router.catalog import EXAMPLE
from zg_jupyter.errors import NoOffer, ProviderRefused

IMAGE = 5 * 10**15


def sent(router):
    return [one for one in router.requests if one.path == "/v1/images/edits"]


def test_an_edit_costs_what_the_router_says(router, connect):
    made = connect()
    answer = made.edit(png(9), "darker", n=2)
    assert len(answer.images) == 2
    assert answer.cost == 2 * IMAGE
    assert (answer.receipt.route, answer.receipt.provider) == ("router", EXAMPLE)
    (asked,) = sent(router)
    assert asked.headers["x-0g-provider-address"] == EXAMPLE
    assert png(9) in asked.body
    (row,) = made._inner.store.rows()
    assert (row.state, row.cost, row.model) == ("settled", 2 * IMAGE, "qwen-image-edit")


def test_a_model_that_makes_images_from_words_is_refused(router, connect):
    with pytest.raises(NoOffer, match="is for images, not for edits of images") as caught:
        connect().edit(png(), "darker", model="qwen-image")
    assert "qwen-image-edit" in str(caught.value)
    assert not sent(router)


def test_a_body_that_a_proxy_finds_too_large_charges_nothing(router, connect):
    router.faults.refuse(413, "payload_too_large")
    made = connect()
    with pytest.raises(ProviderRefused, match="413") as caught:
        made.edit(png(), "darker")
    assert "Nothing was charged." in str(caught.value)
    assert len(sent(router)) == 1  # nobody else would like it better
