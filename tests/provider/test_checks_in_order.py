"""The eleven checks of a request, each with its text, the first failing one first.

protocol/inference.md, section 4.
"""

from __future__ import annotations

import base64
import time

import pytest

from zg_jupyter.chain import abi, tokens

from .conftest import OG, error_of

pytestmark = pytest.mark.anyio

DAY = tokens.DAY_MS


async def refused(world, provider, user, token=None, **options):
    """The text of a refusal with status 400."""
    if token is not None:
        options["headers"] = user.headers(provider, token)
    answer = await world.ask(provider, user, **options)
    assert answer.status_code == 400
    assert "ZG-Res-Key" not in answer.headers
    return error_of(answer)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer sk-123", "app-sk-123", "bearer app-sk-e30=", "Basic app-sk-e30="],
)
async def test_1_the_header_must_carry_a_session_token(world, shared, header):
    user = await world.user()
    text = await refused(world, shared, user, headers={"Authorization": header})
    assert text == "validate session: missing or malformed Authorization header"


@pytest.mark.parametrize(
    ("blob", "reason"),
    [
        (b"!!", "token is not base64"),
        (base64.b64encode(b"{}"), "token has no signature part"),
        (base64.b64encode(b"no json|0x00"), "token is not the expected JSON"),
        (base64.b64encode(b"{}|0x00"), "token is not the expected JSON"),
        (base64.b64encode(b"[" * 20_000 + b"|0x"), "token is not the expected JSON"),
    ],
)
async def test_2_the_token_must_be_signed_json(world, shared, blob, reason):
    user = await world.user()
    headers = {"Authorization": "Bearer app-sk-" + blob.decode()}
    assert await refused(world, shared, user, headers=headers) == f"validate session: {reason}"


@pytest.mark.parametrize(
    "changes",
    [
        {"token_id": 256},
        {"token_id": -1},
        {"generation": -1},
        {"expires_at": -1},
        {"address": "0x12"},
        {"address": "19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"},
    ],
)
async def test_2_fields_must_be_possible(world, shared, changes):
    user = await world.user()
    text = await refused(world, shared, user, user.token(shared, **changes))
    assert text == "validate session: token is not the expected JSON"


async def test_3_the_token_must_be_for_this_provider_in_any_case_of_letters(world, shared):
    user = await world.user(shared)
    other = user.token(shared, provider=user.address)
    text = await refused(world, shared, user, other)
    assert text == "validate session: token is for another provider"
    lower = user.token(shared, provider=shared.address.lower())
    answer = await world.ask(shared, user, headers=user.headers(shared, lower))
    assert answer.status_code == 200


async def test_4_an_ephemeral_token_lives_at_most_a_day(world, shared):
    user = await world.user(shared)
    now = int(time.time() * 1000)
    for expires in (0, now + DAY + 1):
        token = user.token(shared, timestamp=now, expires_at=expires)
        text = await refused(world, shared, user, token)
        assert text == "validate session: ephemeral token must expire within 24 hours"
    persistent = user.token(shared, timestamp=now, expires_at=0, token_id=254)
    answer = await world.ask(shared, user, headers=user.headers(shared, persistent))
    assert answer.status_code == 200


async def test_5_an_expired_token_is_refused(world, shared):
    user = await world.user()
    past = int(time.time() * 1000) - 2000
    token = user.token(shared, timestamp=past - 1000, expires_at=past)
    text = await refused(world, shared, user, token)
    assert text == "validate session: session token has expired"


async def test_6_revoking_all_tokens_ends_older_ones_and_no_token_is_ahead(world, shared):
    user = await world.user(shared)
    old = user.headers(shared)
    assert (await world.ask(shared, user, headers=old)).status_code == 200
    ahead = user.token(shared, generation=1)
    text = await refused(world, shared, user, ahead)
    assert text == "validate session: invalid session token (future generation)"
    data = abi.REVOKE_ALL_TOKENS.encode(shared.address)
    await user.transactor.send(world.contracts.inference_address, data)
    # A refusal is never reported from memory: the new token counts at once ...
    answer = await world.ask(shared, user, headers=user.headers(shared, ahead))
    assert answer.status_code == 200
    # ... and from then on the account is known to have moved on.
    text = await refused(world, shared, user, headers=old)
    assert text == "validate session: session token has been revoked (generation expired)"


async def test_6_one_persistent_token_can_be_revoked_but_number_255_cannot(world, shared):
    user = await world.user(shared)
    for number in (7, 255):
        data = abi.REVOKE_TOKEN.encode(shared.address, number)
        await user.transactor.send(world.contracts.inference_address, data)
    text = await refused(world, shared, user, user.token(shared, token_id=7))
    assert text == "validate session: session token has been revoked"
    for number in (8, 255):
        token = user.token(shared, token_id=number)
        answer = await world.ask(shared, user, headers=user.headers(shared, token))
        assert answer.status_code == 200


async def test_7_the_signature_must_be_of_the_address_in_the_token(world, shared):
    user, thief = await world.user(shared), await world.user()
    stolen = thief.headers(shared, user.token(shared))
    reason = "validate session: signature does not match the address of the token"
    assert await refused(world, shared, user, headers=stolen) == reason
    token = user.token(shared)
    for signature in (b"", b"0x", b"0x" + b"00" * 65, b"0x" + b"11" * 64, "0xä".encode()):
        blob = base64.b64encode(token.message + b"|" + signature).decode()
        headers = {"Authorization": f"Bearer app-sk-{blob}"}
        assert await refused(world, shared, user, headers=headers) == reason


async def test_8_a_sub_account_must_exist_and_counts_at_once(world, shared):
    user = await world.user()
    text = await refused(world, shared, user)
    assert text.startswith("account does not exist")
    await user.ledger.deposit(5 * OG)
    await user.ledger.transfer(shared.address, 2 * OG)
    assert (await world.ask(shared, user)).status_code == 200


async def test_9_the_user_must_acknowledge_the_signer(world, shared):
    user = await world.user(shared)
    await _retrieve_all(world, user, shared)
    data = abi.ACKNOWLEDGE_SIGNER.encode(shared.address, False)
    await user.transactor.send(world.contracts.inference_address, data)
    text = await refused(world, shared, user)
    assert text == f"user not acknowledge the provider {shared.address}"


async def _retrieve_all(world, user, provider):
    """Empty a sub-account: the refund needs its lock time."""
    await user.ledger.retrieve([provider.address])
    minimums = await world.contracts.minimums()
    await world.rpc.call("evm_increaseTime", hex(minimums.lock_time + 1))
    await world.rpc.call("evm_mine")
    await user.ledger.retrieve([provider.address])


async def test_10_the_owner_must_acknowledge_the_signer_and_it_counts_at_once(world):
    provider = await world.start(acknowledged=False)
    assert not provider.acknowledged
    user = await world.user(provider)
    assert await refused(world, provider, user) == "service not acknowledge the tee signer"
    await world.acknowledge(provider.address)
    assert (await world.ask(provider, user)).status_code == 200


async def test_11_one_0g_must_be_free_and_a_top_up_counts_at_once(world, shared):
    user = await world.user(shared, locked=OG)
    assert (await world.ask(shared, user)).status_code == 200
    text = await refused(world, shared, user)
    fee = await world.unsettled(shared, user)
    assert text.startswith(
        f"insufficient balance: locked balance {OG} neuron is below the required minimum "
        f"{OG + fee} neuron (unsettled fee {fee} + estimated fee 0 + minimum {OG})"
    )
    await user.ledger.transfer(shared.address, fee)
    assert (await world.ask(shared, user)).status_code == 200


async def test_the_first_failing_check_is_the_one_reported(world, shared):
    """One token that breaks 3, 4, 5, 6 and 7 at once, mended one by one."""
    user, thief = await world.user(shared), await world.user()
    now = int(time.time() * 1000)
    token = user.token(shared, provider=user.address, generation=1, timestamp=1, expires_at=2 * DAY)
    heard = []
    for changes in (
        {"provider": shared.address},
        {"timestamp": DAY},
        {"timestamp": now, "expires_at": now + 60_000},
        {"generation": 0},
    ):
        headers = thief.headers(shared, token)
        heard.append(await refused(world, shared, user, headers=headers))
        token = tokens.SessionToken(**{**token.__dict__, **changes})
    heard.append(await refused(world, shared, user, headers=thief.headers(shared, token)))
    assert [text.removeprefix("validate session: ").split(" ")[0] for text in heard] == [
        "token",
        "ephemeral",
        "session",
        "invalid",
        "signature",
    ]


async def test_after_the_first_request_the_chain_is_not_asked_again(world):
    provider = await world.start()
    user = await world.user(provider)
    headers = user.headers(provider)
    assert (await world.ask(provider, user, headers=headers)).status_code == 200
    asked = provider.settler._contracts.rpc.requests
    for _ in range(5):
        assert (await world.ask(provider, user, headers=headers)).status_code == 200
    assert provider.settler._contracts.rpc.requests == asked
