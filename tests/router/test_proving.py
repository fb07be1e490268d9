"""What a provider's signature proves of an answer that came through a router.

A real chain has the providers' records; the stand-in's providers sign with throwaway keys, so what
is proved here is the check, and nothing about any enclave.
"""

from __future__ import annotations

import dataclasses

import pytest

from tests.standins.router.catalog import Endpoint, Model
from zg_jupyter import evidence, networks, proofs, routed
from zg_jupyter.chain import abi
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.devnet.chain import Chain
from zg_jupyter.devnet.deploy import deploy
from zg_jupyter.devnet.rpc_server import serve
from zg_jupyter.errors import NotVerified
from zg_jupyter.records import ChatRequest, Message
from zg_jupyter.settings import Settings
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account

pytestmark = pytest.mark.anyio
PROVIDER = devnet_account(5)
PRICES = {"prompt": 10**9, "completion": 2 * 10**9}
ASKED = {"model": "same-name", "max_tokens": 32}


@pytest.fixture
async def chain(router):
    """A chain on which the stand-in's provider of two models is registered."""
    at = Endpoint(PROVIDER.address, PRICES, "private")
    renamed = dataclasses.replace(at, raw="another/name")
    router.models += [Model("same-name", [at]), Model("renamed", [renamed])]
    drawn = Endpoint(PROVIDER.address, {"image": 10**15}, "private")
    router.models.append(Model("drawer", [drawn], "text-to-image"))
    async with serve(Chain()) as served:
        await deploy(served.rpc_url)
        rpc = Rpc(served.rpc_url)
        yield Registry(rpc, router)
        await rpc.aclose()


class Registry:
    """Who is registered there."""

    def __init__(self, rpc, router):
        self.rpc, self._router = rpc, router
        self.network = networks.get("devnet").at(rpc.url)

    async def register(self, signer="", verifiability="TeeML", *, acknowledged=True):
        url = self._router.provider_url(PROVIDER.address)
        signer = signer or self._router.signer_of(PROVIDER.address)
        params = ("chatbot", url, "same-name", verifiability, 1, 1, "", signer)
        await self._send(PROVIDER, abi.ADD_OR_UPDATE_SERVICE.encode(params), 100 * NEURON_PER_0G)
        if acknowledged:
            data = abi.ACKNOWLEDGE_SIGNER_BY_OWNER.encode(PROVIDER.address)
            await self._send(devnet_account(0), data)

    async def _send(self, wallet, data, value=0):
        sender = Transactor(self.rpc, wallet, self.network.chain_id)
        await sender.send(self.network.inference, data, value=value)


@pytest.fixture
async def client(router, chain, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    made = routed.connected(chain.network, Settings(), router.new_key(), router.base_url)
    async with made:
        yield made


@pytest.mark.parametrize("streamed", [True, False])
async def test_bytes_that_only_got_a_trace_are_proved(client, chain, streamed):
    await chain.register()
    answer = await client.ask("hi", streamed=streamed, keep_body=True, **ASKED)
    verdict = await answer.receipt.verdict.found()
    assert verdict.status == "verified"
    assert "added only its trace" in verdict.reason
    assert verdict.development
    proof = evidence.proof_of(answer.receipt, verdict, prompt=True)
    judged = proofs.judge(proof)
    assert (judged.outcome, judged.text) == ("verified", answer.text)


async def test_a_request_that_was_rewritten_proves_the_answer_and_not_the_question(client, chain):
    await chain.register()
    answer = await client.ask("hi", **{**ASKED, "model": "renamed"})
    verdict = await answer.receipt.verdict.found()
    assert verdict.status == "unsigned"
    assert "what it was asked is not proved" in verdict.reason


async def test_other_bytes_prove_nothing_and_are_no_alarm(client, chain, router):
    router.faults.signs = "other"
    await chain.register()
    verdict = await (await client.ask("hi", **ASKED)).receipt.verdict.found()
    assert verdict.status == "unsigned"
    assert "this answer is not proved" in verdict.reason


async def test_a_stranger_who_signs_is_named(client, chain, router):
    router.faults.signs = "stranger"
    await chain.register()
    verdict = await (await client.ask("hi", **ASKED)).receipt.verdict.found()
    assert verdict.status == "signed-by-unknown"


async def test_the_signer_is_the_one_on_the_chain(client, chain):
    await chain.register(signer=devnet_account(7).address)
    verdict = await (await client.ask("hi", **ASKED)).receipt.verdict.found()
    assert verdict.status == "signed-by-unknown"
    assert devnet_account(7).address in verdict.reason


async def test_who_is_not_acknowledged_proves_nothing(client, chain):
    await chain.register(acknowledged=False)
    verdict = await (await client.ask("hi", **ASKED)).receipt.verdict.found()
    assert verdict.status == "signed-by-unknown"


async def test_a_provider_that_the_chain_does_not_know_proves_nothing(client):
    verdict = await (await client.ask("hi", **ASKED)).receipt.verdict.found()
    assert (verdict.status, "knows no provider" in verdict.reason) == ("unsigned", True)


async def test_a_chain_that_is_gone_is_asked_once_and_said(client, chain):
    client._through._rpc.url = "http://127.0.0.1:9"
    for _ in range(3):
        verdict = await (await client.ask("hi", **ASKED)).receipt.verdict.found()
        assert (verdict.status, "did not answer" in verdict.reason) == ("not-checked", True)
    assert client._through._rpc.requests == 1


async def test_what_the_router_says_of_it_stands_beside_and_changes_nothing(client, chain, router):
    router.faults.signs = "other"
    await chain.register()
    answer = await client.ask("hi", **{**ASKED, "provider": PROVIDER.address})
    assert "the router says" not in (await answer.receipt.verdict.found()).reason
    prompt = ChatRequest((Message("user", "hi"),), extra={"verify_tee": True})
    verdict = await (await client.ask(prompt, **ASKED)).receipt.verdict.found()
    assert verdict.status == "unsigned"
    assert "the router says that the provider's signature is good" in verdict.reason


async def test_images_are_proved_by_their_files(client, chain):
    await chain.register()
    answer = await client.image("a square", model="drawer")
    assert (await answer.receipt.verdict.found()).status == "verified"


async def test_strict_shows_only_what_is_proved(client, chain, router):
    await chain.register()
    assert (await client.ask("hi", verify="strict", **ASKED)).text
    router.faults.signs = "other"
    with pytest.raises(NotVerified, match="billed all the same"):
        await client.ask("hi", verify="strict", failover="none", **ASKED)


async def test_without_an_id_of_the_provider_the_answers_own_id_is_asked_for(client, chain, router):
    router.faults.res_key = False
    await chain.register()
    verdict = await (await client.ask("hi", **ASKED)).receipt.verdict.found()
    assert verdict.status == "verified"


async def test_a_receipt_names_the_chain_on_which_it_can_be_checked_again(client, chain):
    await chain.register()
    answer = await client.ask("hi", keep_body=True, **ASKED)
    proof = evidence.proof_of(answer.receipt, await answer.receipt.verdict.found())
    assert proof["chain_id"] == chain.network.chain_id
    assert proof["registered_signer"] == proof["signer"] != ""
