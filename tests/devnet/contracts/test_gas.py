"""What calls cost: no surprise for clients with fixed gas limits, and always inside a block."""

from __future__ import annotations

from contract_kit.world import DAY, NAME, ONE, World, service_params

#: Opening a sub-account on the original contracts.
ORIGINAL_FIRST_TRANSFER = 444_105
#: The most one transaction may use since EIP-7825; far below a block of 30 million.
TRANSACTION_LIMIT = 2**24


def test_users_calls_cost_no_more_than_on_the_original_contracts(world: World) -> None:
    deposit = world.ledger.send(world.user, "addLedger", "", value=100 * ONE)
    first = world.transfer(world.user, ONE)
    second = world.transfer(world.user, ONE, world.providers[1])
    more = world.transfer(world.user, ONE)
    assert deposit.receipt.gas_used < 200_000
    assert 300_000 < second.receipt.gas_used < first.receipt.gas_used < ORIGINAL_FIRST_TRANSFER
    assert more.receipt.gas_used < 100_000

    asked = world.retrieve(world.user)
    stopped = world.transfer(world.user, 2 * ONE)
    world.retrieve(world.user)
    world.pass_time(DAY)
    returned = world.retrieve(world.user)
    assert asked.receipt.gas_used < 200_000
    assert stopped.receipt.gas_used < 110_000
    assert returned.receipt.gas_used < 120_000
    paid = world.ledger.send(world.user, "refund", ONE)
    revoked = world.serving.send(world.user, "revokeAllTokens", world.provider)
    assert paid.receipt.gas_used < 70_000
    assert revoked.receipt.gas_used < 70_000


def test_providers_calls_are_cheap_per_user(world: World) -> None:
    params = service_params(world.signer.address)
    listed = world.serving.send(world.provider, "addOrUpdateService", params, value=100 * ONE)
    world.serving.send(world.owner, "acknowledgeTEESignerByOwner", world.provider)
    updated = world.serving.send(world.provider, "addOrUpdateService", params)
    assert listed.receipt.gas_used < 450_000
    assert updated.receipt.gas_used < 120_000

    for user in world.users[:3]:
        world.open(user, 10 * ONE)
    alone = world.settle(world.item(world.users[0], ONE, 1))
    again = world.settle(world.item(world.users[0], ONE, 2))
    three = world.settle(*(world.item(user, ONE, 3) for user in world.users[:3]))
    assert again.receipt.gas_used < alone.receipt.gas_used < 170_000
    per_user = (three.receipt.gas_used - again.receipt.gas_used) / 2
    assert per_user < 120_000


def test_the_largest_settlement_fits_into_a_transaction(world: World) -> None:
    world.open(world.user, 60 * ONE)
    world.offer()
    done = world.settle(*(world.item(world.user, ONE, nonce) for nonce in range(1, 51)))
    assert done.receipt.gas_used < TRANSACTION_LIMIT / 4


def test_a_user_with_fifty_providers_can_still_take_everything_out(world: World) -> None:
    puppet = world.puppet()
    world.ledger.send(world.user, "depositFundFor", puppet.address, value=50 * ONE)
    providers = [f"0x{number:040x}" for number in range(1, 51)]
    calls = [world.ledger.data("transferFund", provider, NAME, ONE) for provider in providers]
    batches = [providers[start : start + 20] for start in (0, 20, 40)]
    retrieve = [world.ledger.data("retrieveFund", batch, NAME) for batch in batches]

    def act(call: bytes) -> int:
        return puppet.send(world.user, "act", world.ledger.address, 0, call).receipt.gas_used

    for part in (calls[:25], calls[25:]):
        puppet.send(world.user, "actMany", world.ledger.address, part)
    asked = [act(call) for call in retrieve]
    world.pass_time(DAY)
    returned = [act(call) for call in retrieve]
    left = act(world.ledger.data("refund", 50 * ONE))
    assert max(asked + returned + [left]) < TRANSACTION_LIMIT / 2
    assert world.chain.balance(puppet.address) == 50 * ONE
