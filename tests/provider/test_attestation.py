"""What a provider says about itself: prices that bill, and an attestation that hides nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from zg_jupyter.networks import NETWORKS
from zg_jupyter.provider.signer import personal_digest, recover
from zg_jupyter.trust import dcap, document, hpke, quote
from zg_jupyter.trust.enclave import Report

from .conftest import INPUT_PRICE, OUTPUT_PRICE

pytestmark = pytest.mark.anyio
COLLATERAL = Path(__file__).parents[1] / "trust" / "vectors" / "collateral.json"


async def test_the_development_attestation_says_what_it_is_everywhere(world, shared):
    body = (await world.http.get(f"{shared.url}/v1/quote")).json()
    assert body["development"] is True
    told = bytes.fromhex(body["quote"])[:100].decode()
    assert "DEVELOPMENT ATTESTATION" in told
    assert "no TEE hardware" in told
    assert json.loads(body["vm_config"])["development"] is True
    compose = json.loads(json.loads(body["tcb_info"])["app_compose"])
    assert compose["development"] is True


async def test_the_report_data_binds_the_signer_in_the_legacy_layout(world, shared):
    body = (await world.http.get(f"{shared.url}/v1/quote")).json()
    report_data = base64.b64decode(body["report_data"], validate=True)
    assert len(report_data) == 64
    service = await world.contracts.service(shared.address)
    assert report_data.rstrip(b"\0").decode() == service.signer


async def test_the_binary_layout_names_the_key_for_private_prompts(world, shared):
    legacy = (await world.http.get(f"{shared.url}/v1/quote")).json()
    other = (await world.http.get(f"{shared.url}/v1/quote", params={"legacy": "false"})).json()
    changed = {name for name in other if other[name] != legacy.get(name)}
    assert changed == {"quote", "report_data", "development_signature"}
    quote = bytes.fromhex(other["quote"])
    assert quote.startswith(b"DEVELOPMENT ATTESTATION")
    assert base64.b64decode(other["report_data"], validate=True) == quote[568:632]
    service = await world.contracts.service(shared.address)
    report = Report.read(quote[568:632])
    assert report.signer == service.signer.lower()
    assert len(quote) == 632
    signature = bytes.fromhex(other["development_signature"][2:])
    assert recover(personal_digest(quote), signature) == service.signer
    key = (await world.http.get(f"{shared.url}/v1/e2ee/pubkey")).json()
    assert key == {
        "v": 1,
        "kem_id": "0x0020",
        "enc_pub": hpke.encode(report.enc_pub),
        "key_id": hpke.key_id(report.enc_pub),
        "signer_address": service.signer,
    }


async def test_without_a_key_the_legacy_layout_is_answered_and_nothing_is_opened(world):
    """As brokers do that have no such quote (protocol/inference.md section 11)."""
    provider = await world.start()
    provider.face.enclave = None
    legacy = (await world.http.get(f"{provider.url}/v1/quote")).json()
    url = f"{provider.url}/v1/quote"
    assert (await world.http.get(url, params={"legacy": "false"})).json() == legacy
    answer = await world.http.get(f"{provider.url}/v1/e2ee/pubkey")
    assert answer.status_code == 503


async def test_a_key_to_seal_to_is_in_the_binary_layout_only(world, shared):
    key = shared.face.enclave.key.public
    legacy = document.read((await world.http.get(f"{shared.url}/v1/quote")).content)
    asked = await world.http.get(f"{shared.url}/v1/quote", params={"legacy": "false"})
    binary = document.read(asked.content)
    assert quote.parse_report_data(legacy.quote.report_data).enc_pub is None
    told = quote.parse_report_data(binary.quote.report_data)
    assert (told.enc_pub, told.signer) == (key, shared.face.signer.address.lower())
    assert base64.b64decode(asked.json()["report_data"]) == binary.quote.report_data


async def test_the_stand_in_is_signed_and_can_be_no_quote_of_intels(world, shared):
    body = (await world.http.get(f"{shared.url}/v1/quote")).json()
    raw = bytes.fromhex(body["quote"])
    signer = recover(personal_digest(raw), bytes.fromhex(body["development_signature"][2:]))
    assert signer == shared.face.signer.address
    judged = dcap.verify(raw, COLLATERAL.read_text(encoding="utf-8"), 1750331763)
    assert judged.outcome == "fail"
    assert "decode quote" in judged.why


async def test_the_compose_hash_fits_its_event(world, shared):
    body = (await world.http.get(f"{shared.url}/v1/quote")).json()
    compose = json.loads(body["tcb_info"])["app_compose"]
    (event,) = [e for e in json.loads(body["event_log"]) if e["event"] == "compose-hash"]
    assert event["event_payload"] == hashlib.sha256(compose.encode()).hexdigest()


async def test_the_service_on_chain_is_what_clients_look_for(world, shared):
    service = await world.contracts.service(shared.address)
    assert service.service_type == "chatbot"
    assert service.url == shared.url
    assert not service.url.endswith("/")
    assert (service.input_price, service.output_price) == (INPUT_PRICE, OUTPUT_PRICE)
    assert service.model == shared.config.model
    assert service.verifiability == "TeeML"
    assert service.acknowledged
    info = json.loads(service.additional_info)
    assert info["ProviderType"] == "decentralized"
    assert info["TEEVerifier"] == "development"
    assert "TargetSeparated" not in info


async def test_the_catalog_has_the_shape_and_the_prices_that_bill(world, shared):
    answer = await world.http.get(f"{shared.url}/v1/models")
    body = answer.json()
    assert body["object"] == "list"
    (model,) = body["data"]
    assert model["id"] == shared.config.model
    assert (model["object"], model["type"]) == ("model", "chatbot")
    assert model["pricing"] == {"prompt": str(INPUT_PRICE), "completion": str(OUTPUT_PRICE)}
    assert model["context_length"] == 2048
    assert model["tee_attested"] is False
    assert model["tee_verifier"] == "development"


async def test_the_addresses_of_the_embedded_network_are_the_default(net):
    assert net.deployment.inference == NETWORKS["devnet"].inference
