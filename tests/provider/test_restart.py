"""Stopping and starting again: what goes, what stays, and what an earlier end left behind."""

from __future__ import annotations

import contextlib
import json

import pytest

from zg_jupyter.chain import abi
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.errors import ChainUnreachable, InsufficientFunds, ProviderError
from zg_jupyter.provider.meter import Bill, Meter
from zg_jupyter.provider.run import serving
from zg_jupyter.provider.settle import Settler
from zg_jupyter.provider.store import Store
from zg_jupyter.records import Usage

from .conftest import INPUT_PRICE, OG, OUTPUT_PRICE

pytestmark = pytest.mark.anyio

FEE = 3 * INPUT_PRICE + 8 * OUTPUT_PRICE


async def balance_of(world, address):
    return int(await world.rpc.call("eth_getBalance", address, "latest"), 16)


async def test_a_clean_stop_settles_everything_and_gives_the_stake_back(world):
    wallet = await world.wallet(110 * OG)
    async with world.serving(wallet) as provider:
        user = await world.user(provider)
        await world.ask(provider, user)
        assert await balance_of(world, wallet.address) < 11 * OG
    assert await world.contracts.service(wallet.address) is None
    assert (await world.contracts.account(user.address, wallet.address)).balance == 2 * OG - FEE
    assert await balance_of(world, wallet.address) > 109 * OG


async def test_with_keep_service_it_stays_registered_and_acknowledged(world):
    wallet = await world.wallet(110 * OG)
    async with world.serving(wallet, keep_service=True) as first:
        signer, url = first.face.signer.address, first.url
    kept = await world.contracts.service(wallet.address)
    assert (kept.signer, kept.url, kept.acknowledged) == (signer, url, True)
    async with world.serving(wallet) as second:
        assert second.acknowledged
        assert second.face.signer.address == signer
        now = await world.contracts.service(wallet.address)
        assert (now.url, now.acknowledged) == (second.url, True)


async def test_an_unchanged_record_needs_no_transaction(world):
    wallet = await world.wallet(110 * OG)
    async with world.serving(wallet, keep_service=True) as first:
        port = int(first.url.rsplit(":", 1)[1])
    count = await world.rpc.call("eth_getTransactionCount", wallet.address, "latest")
    async with world.serving(wallet, port=port, keep_service=True):
        pass
    assert await world.rpc.call("eth_getTransactionCount", wallet.address, "latest") == count
    async with world.serving(wallet, port=port):
        pass


async def test_fees_that_could_not_be_settled_wait_for_the_next_start(world):
    wallet = await world.wallet(110 * OG)
    provider = await world.stack.enter_async_context(world.serving(wallet, acknowledged=True))
    user = await world.user(provider)
    answer = await world.ask(provider, user)
    revoke = abi.Function("revokeTEESignerAcknowledgement(address)")
    await world.owner(revoke, wallet.address)
    await world.stack.aclose()  # stops it: the last settlement is refused
    assert (await world.contracts.account(user.address, wallet.address)).balance == 2 * OG
    async with world.serving(wallet) as again:
        assert await world.unsettled(again, user) == FEE
        key = answer.headers["ZG-Res-Key"]
        found = await world.http.get(f"{again.url}/v1/proxy/signature/{key}")
        assert found.status_code == 200
    assert (await world.contracts.account(user.address, wallet.address)).balance == 2 * OG - FEE


async def crashed_while_settling(world, wallet, *, sent):
    """What a provider leaves that died after it stored a settlement, or after sending it."""
    async with world.serving(wallet, keep_service=True) as provider:
        user = await world.user(provider)
    settler = provider.settler
    transactor = Transactor(world.rpc, wallet, 31337)
    with contextlib.closing(Store(provider.meter.store.path)) as store:
        meter = Meter(store, settler._signer.sign_text)
        ticket = meter.begin("a-key", user.address, "m")
        await meter.finish(ticket, Bill("complete", Usage(3, 8), 0, FEE))
        dying = Settler(
            meter, settler._signer, world.contracts, transactor, 31337, every=1, above=10**30
        )
        items = await dying._items(dying.batches.due(held_too=False))
        data = abi.SETTLE_FEES.encode([i.settlement.signed_with(i.signature) for i in items])
        signed = await transactor.sign(world.contracts.inference_address, data)
        await dying.batches.create(items, signed, signed.nonce)
        if sent:
            await transactor.broadcast(signed)
    return user, signed


@pytest.mark.parametrize("sent", [False, True], ids=["stored", "stored-and-mined"])
async def test_a_settlement_cut_off_by_a_crash_is_finished_once_at_the_next_start(world, sent):
    wallet = await world.wallet(110 * OG)
    user, signed = await crashed_while_settling(world, wallet, sent=sent)
    async with world.serving(wallet) as again:
        found = again.meter.store.read("SELECT hash, state FROM batch")
        assert found == [(signed.hash, "mined")]
        assert (await user.account(again)).balance == 2 * OG - FEE
        assert await world.unsettled(again, user) == 0
    assert (await world.contracts.account(user.address, wallet.address)).balance == 2 * OG - FEE


async def test_another_chain_behind_the_same_folder_gets_a_meter_of_its_own(world, net):
    """Fees of a wiped development chain must not be settled on the next one."""
    async with world.serving() as provider:
        name = provider.meter.store.path.name
    block = await world.rpc.call("eth_getBlockByNumber", "0x1", False)
    assert block["hash"][2:10] in name
    assert provider.address[2:10].lower() in name


async def test_two_providers_cannot_share_a_state_folder(world):
    await world.start()
    with pytest.raises(ProviderError, match="Another provider already runs"):
        async with world.serving():
            pass


async def test_a_taken_port_stops_the_start_before_any_coin_moves(world):
    first = await world.start()
    wallet = await world.wallet(110 * OG)
    port = int(first.url.rsplit(":", 1)[1])
    with pytest.raises(ProviderError, match=f"port {port}"):
        async with world.serving(wallet, port=port, state_dir=world.tmp_path / "other"):
            pass
    assert await balance_of(world, wallet.address) == 110 * OG


async def test_too_few_coins_for_the_stake_are_named(world):
    wallet = await world.wallet(50 * OG)
    with pytest.raises(InsufficientFunds, match=r"holds 50 0G, but needs 100\.1 0G") as caught:
        async with serving(world.config(), wallet):
            pass
    assert (caught.value.needed, caught.value.available) == (100 * OG + OG // 10, 50 * OG)


async def test_a_silent_chain_stops_the_start(world):
    with pytest.raises(ChainUnreachable):
        async with serving(world.config(rpc_url="http://127.0.0.1:9"), await world.wallet(0)):
            pass


async def test_a_model_that_cannot_be_loaded_stops_the_start_before_any_coin_moves(world):
    wallet = await world.wallet(110 * OG)
    with pytest.raises(Exception, match="not a canned model"):
        async with serving(world.config(model="nonsense"), wallet):
            pass
    assert await balance_of(world, wallet.address) == 110 * OG


async def test_the_announcement_is_there_while_it_serves(world):
    file = world.tmp_path / "run" / "alpha.json"
    file.parent.mkdir()
    file.write_text("left by a run that was killed")
    async with world.serving(announce=file, name="alpha") as provider:
        said = json.loads(file.read_text())
        assert {k: said[k] for k in ("url", "provider", "model", "name")} == {
            "url": provider.url,
            "provider": provider.address,
            "model": provider.config.model,
            "name": "alpha",
        }
        assert (said["input_price"], said["output_price"]) == (INPUT_PRICE, OUTPUT_PRICE)
        assert isinstance(said["pid"], int)
    assert list(file.parent.iterdir()) == []


async def test_a_start_that_fails_leaves_no_announcement(world):
    file = world.tmp_path / "alpha.json"
    file.write_text("left by a run that was killed")
    with contextlib.suppress(ChainUnreachable):
        config = world.config(rpc_url="http://127.0.0.1:9", announce=file)
        async with serving(config, await world.wallet(0)):
            pass
    assert not file.exists()
