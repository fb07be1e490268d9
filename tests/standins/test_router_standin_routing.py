"""Catalog, routing headers, preview and failover of the router's stand-in."""

from __future__ import annotations

import httpx
import pytest

from tests.standins.router import catalog
from zg_jupyter.trust import signature

MODEL = "qwen2.5-omni"
CHEAP, FAST, GONE = (catalog.address_of(name) for name in ("cheap", "fast", "gone"))
ADDRESS, SORT, TRUST, FALLBACKS = (
    f"X-0G-Provider-{name}" for name in ("Address", "Sort", "Trust-Mode", "Allow-Fallbacks")
)


def code(reply):
    return reply.status_code, reply.json()["error"]["code"]


def served(http, headers, model=MODEL, **body):
    reply = http.chat(model, headers=headers, body=body)
    assert reply.status_code == 200, reply.text
    return reply.headers["x-provider"]


def test_models_show_the_cheapest_price_and_the_strongest_tier(http):
    rows = {row["id"]: row for row in http("GET", "/models", key="").json()["data"]}
    row = rows[MODEL]
    assert row["pricing"] == {"prompt": "10000000000", "completion": "20000000000"}  # unhealthy too
    assert row["verifiability"] == "TeeML"
    assert row["provider_count"] == 4
    assert "pricing_usd" not in row
    assert rows["glm-5.3"]["pricing_usd"]["prompt"] == "0.0000006"
    assert rows["qwen-image"]["pricing"]["completion"] == rows["qwen-image"]["pricing"]["image"]
    assert rows["wan-video"]["pricing"]["variants"]


def test_filters_of_models_and_providers(http):
    def ids(query):
        return {row["id"] for row in http("GET", "/models", key="", params=query).json()["data"]}

    assert ids({"provider_address": CHEAP.lower()}) == {MODEL, "open-model", "qwen-image"}
    assert ids({"input_modality": ["text", "image"]}) == {"qwen-image-edit"}
    assert ids({"pricing": "usd"}) == {"glm-5.3", "qwen-image", "wan-video"}
    assert "Qwen/Qwen2.5-Omni-7B" in ids({"legacy": "true"})
    rows = http("GET", "/providers", key="", params={"canonical_id": MODEL}).json()["data"]
    assert {row["address"]: row["is_healthy"] for row in rows}[GONE] is False
    assert {row["trust_mode"] for row in rows} == {"private", "verified", "standard"}
    raw = http("GET", "/providers", key="", params={"model": "Qwen/Qwen2.5-Omni-7B"}).json()
    assert len(raw["data"]) == 4
    kinds = http("GET", "/service-types", key="").json()["data"]
    assert {"type": "text-to-image", "label": "Text to image", "provider_count": 2} in kinds


def test_a_raw_id_is_no_model(http):
    assert code(http.chat("Qwen/Qwen2.5-Omni-7B")) == (404, "model_not_found")


def test_headers_are_obeyed_and_any_case_is_read(http):
    assert served(http, {SORT: "price"}) == CHEAP
    assert served(http, {SORT.upper(): "latency"}) == FAST
    assert served(http, {TRUST: "private"}) == catalog.EXAMPLE
    assert served(http, {TRUST: "verified", SORT: "latency"}) == FAST
    assert served(http, {TRUST: "verified", SORT: "price"}) == catalog.EXAMPLE
    assert served(http, {ADDRESS: FAST.lower(), SORT: "price"}) == FAST
    assert served(http, {"X-0G-Provider-Identity": "alibaba"}) == FAST
    assert served(http, {ADDRESS: "", SORT: "price"}) == CHEAP


def test_without_a_wish_healthy_providers_take_turns_or_the_cheapest_answers(router, http):
    assert {served(http, {}) for _ in range(3)} == {catalog.EXAMPLE, CHEAP, FAST}
    router.faults.default_choice = "price"
    assert {served(http, {}) for _ in range(3)} == {CHEAP}


def test_a_header_wins_over_the_body_field_by_field(http):
    asked = {"address": CHEAP, "trust_mode": "private"}
    assert code(http.chat(body={"provider": asked})) == (503, "no_provider_for_trust_mode")
    assert served(http, {ADDRESS: catalog.EXAMPLE}, provider=asked) == catalog.EXAMPLE
    assert served(http, {SORT: "latency"}, provider={"sort": "price"}) == FAST


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({ADDRESS: "0x12"}, (400, "invalid_provider_header")),
        ({ADDRESS: "0x" + "1" * 40}, (400, "invalid_provider_header")),
        ({ADDRESS: catalog.address_of("think-1")}, (400, "provider_model_mismatch")),
        ({SORT: "speed"}, (400, "invalid_provider_header")),
        ({TRUST: "Private"}, (400, "invalid_trust_mode")),
        ({FALLBACKS: "yes"}, (400, "invalid_provider_header")),
        ({"X-0G-Provider-Identity": "Alibaba"}, (400, "provider_model_mismatch")),
        ({"X-0G-Provider-Max-Price-Usd-Prompt": "-1"}, (400, "invalid_max_price_usd")),
        ({"X-0G-Provider-Max-Price-Usd-Prompt": "1e3"}, (400, "invalid_max_price_usd")),
        ({ADDRESS: GONE}, (503, "no_available_provider")),
    ],
)
def test_what_cannot_be_obeyed_is_refused_and_not_billed(router, http, headers, says):
    assert code(http.chat(headers=headers)) == says
    assert router.account.rows == []


def test_ceilings_are_in_usd_per_million_tokens(http):
    ceiling = "X-0G-Provider-Max-Price-Usd-"
    near = {ceiling + "Prompt": "0.6", ceiling + "Completion": "2.2", SORT: "latency"}
    assert served(http, near, "glm-5.3") == catalog.address_of("think-1")
    assert code(http.chat("glm-5.3", headers={ceiling + "Prompt": "0.59"})) == (
        400,
        "no_provider_within_max_price",
    )
    pinned = {ADDRESS: catalog.address_of("think-2"), ceiling + "Prompt": "0.6"}
    assert code(http.chat("glm-5.3", headers=pinned)) == (400, "pinned_provider_exceeds_max_price")


def test_required_parameters_drop_providers_that_do_not_take_them(http):
    required = {"X-0G-Provider-Require-Parameters": "true", SORT: "price"}
    assert served(http, required, seed=1) == catalog.EXAMPLE
    assert served(http, {SORT: "price"}, seed=1) == CHEAP


def test_the_next_provider_answers_for_a_broken_one_unless_forbidden(router, http):
    router.models[0].endpoints[1].broken = True
    assert served(http, {SORT: "price"}) == catalog.EXAMPLE
    for headers in ({SORT: "price", FALLBACKS: "false"}, {ADDRESS: CHEAP}):
        reply = http.chat(headers=headers)
        assert code(reply) == (502, "provider_error")
        assert reply.headers["zg-failure-source"] == "broker"
    assert served(http, {ADDRESS: CHEAP, FALLBACKS: "true", SORT: "latency"}) in {
        FAST,
        catalog.EXAMPLE,
    }
    assert len(router.account.rows) == 2


def test_a_pin_comes_first_also_where_others_may_follow(http):
    for _ in range(3):
        assert served(http, {ADDRESS: CHEAP, FALLBACKS: "true", SORT: "latency"}) == CHEAP


def test_a_model_without_a_healthy_provider_is_listed_and_cannot_answer(router, http):
    assert code(http.chat("sleeping-model")) == (503, "no_available_provider")
    router.faults.no_provider_code = "no_providers_available"
    assert code(http.chat("sleeping-model")) == (503, "no_providers_available")


def test_a_preview_names_who_would_be_asked_and_costs_nothing(router, http):
    body = {"model": MODEL, "service_type": "chatbot"}
    reply = http("POST", "/routing/preview", json=body, headers={SORT: "latency"}).json()
    assert reply["object"] == "routing.preview"
    assert [one["address"] for one in reply["providers"]] == [FAST, catalog.EXAMPLE, CHEAP]
    assert reply["providers"][0]["canonical_id"] == MODEL
    assert reply["providers"][0]["model_id"] == "Qwen/Qwen2.5-Omni-7B"
    body["model"] = "nope"
    assert code(http("POST", "/routing/preview", json=body)) == (404, "model_not_found")
    assert router.account.rows == []
    router.faults.preview = False
    assert http("POST", "/routing/preview", json=body).text == "404 page not found"


def signed(router, reply, chat_id):
    url = f"{router.provider_url(reply.headers['x-provider'])}/v1/proxy/signature/{chat_id}"
    found = httpx.get(url, params={"model": MODEL}, trust_env=False)
    return signature.SignedText.read(found.content) if found.status_code == 200 else None


def test_a_provider_signs_what_it_gave_the_router(router, http):
    reply = http.chat("glm-5.3", headers={ADDRESS: catalog.address_of("think-1")})
    record = signed(router, reply, reply.headers["zg-res-key"].upper())
    signer = router.signer_of(catalog.address_of("think-1"))
    assert signature.by_signer(record, signer, True).status == "verified"
    given = reply.content[: reply.content.index(b',"x_0g_trace"')] + b"}"
    assert record.text == signature.exchange_text(reply.request.content, given)


def test_a_stream_is_signed_as_it_was_before_the_trace(router, http):
    headers = {ADDRESS: catalog.EXAMPLE}
    router.models[0].endpoints[0].raw = ""
    reply = http.chat(headers=headers, body={"stream": True})
    record = signed(router, reply, reply.headers["zg-res-key"])
    frames = reply.content.split(b"\n\n")
    given = b"\n\n".join(one for one in frames if b"x_0g_trace" not in one)
    assert record.text == signature.exchange_text(reply.request.content, given)


def test_what_is_signed_can_be_wrong_in_each_way(router, http):
    headers = {ADDRESS: catalog.EXAMPLE}
    signer = router.signer_of(catalog.EXAMPLE)
    router.faults.signs = "client"
    reply = http.chat(headers=headers)
    text = signature.exchange_text(reply.request.content, reply.content)
    assert signed(router, reply, reply.headers["zg-res-key"]).text == text
    router.faults.signs = "other"
    reply = http.chat(headers=headers)
    assert signed(router, reply, reply.headers["zg-res-key"]).text == "another text"
    router.faults.signs = "stranger"
    reply = http.chat(headers=headers)
    record = signed(router, reply, reply.headers["zg-res-key"])
    assert signature.by_signer(record, signer, True).status == "signed-by-unknown"


def test_a_relay_names_whom_it_asked_and_standard_providers_sign_nothing(router, http):
    reply = http.chat(headers={ADDRESS: FAST})
    assert ":centralized:alibaba:" in signed(router, reply, reply.headers["zg-res-key"]).text
    reply = http.chat(headers={ADDRESS: CHEAP})
    assert signed(router, reply, reply.headers["zg-res-key"]) is None


def test_without_a_response_key_the_signature_lies_under_the_body_id(router, http):
    router.faults.res_key = False
    reply = http.chat(headers={ADDRESS: catalog.EXAMPLE})
    assert "zg-res-key" not in reply.headers
    assert signed(router, reply, reply.json()["id"]) is not None
