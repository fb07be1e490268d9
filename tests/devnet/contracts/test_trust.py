"""What users decide themselves: trust in a signer, and which session tokens are void."""

from __future__ import annotations

import pytest
from contract_kit.world import DAY, ONE, World


def test_trust_can_be_taken_back_only_from_an_empty_sub_account(world: World) -> None:
    world.open(world.user, ONE)
    refused = world.serving.refusal(world.user, "acknowledgeTEESigner", world.provider, False)
    assert refused == ("CannotRevokeWithNonZeroBalance", world.user, world.provider, ONE)
    # Money asked back is still there.
    world.retrieve(world.user)
    refused = world.serving.refusal(world.user, "acknowledgeTEESigner", world.provider, False)
    assert refused == ("CannotRevokeWithNonZeroBalance", world.user, world.provider, ONE)

    world.pass_time(DAY)
    world.retrieve(world.user)
    done = world.serving.send(world.user, "acknowledgeTEESigner", world.provider, False)
    assert done.events == []
    assert world.account(world.user).acknowledged is False
    world.serving.send(world.user, "acknowledgeTEESigner", world.provider, False)
    world.serving.send(world.user, "acknowledgeTEESigner", world.provider, True)
    assert world.account(world.user).acknowledged is True


def test_trusting_again_needs_no_empty_sub_account(world: World) -> None:
    world.open(world.user, ONE)
    world.serving.send(world.user, "acknowledgeTEESigner", world.provider, True)
    assert world.account(world.user).acknowledged is True


@pytest.mark.parametrize("token", [0, 1, 127, 254, 255])
def test_one_token_is_revoked(world: World, token: int) -> None:
    world.open(world.user, ONE)
    done = world.serving.send(world.user, "revokeToken", world.provider, token)
    assert done.events == [("TokenRevoked", world.user, world.provider, token)]
    assert world.account(world.user).revokedBitmap == 1 << token
    revoked = [
        t
        for t in {0, 1, 127, 254, 255}
        if world.serving.call("isTokenRevoked", world.user, world.provider, t)
    ]
    assert revoked == [token]


def test_several_tokens_are_revoked_together(world: World) -> None:
    world.open(world.user, ONE)
    world.serving.send(world.user, "revokeToken", world.provider, 9)
    done = world.serving.send(world.user, "revokeTokens", world.provider, [0, 3, 3, 255])
    assert done.events == [("TokensRevoked", world.user, world.provider, [0, 3, 3, 255])]
    bits = world.account(world.user).revokedBitmap
    assert bits == 1 << 0 | 1 << 3 | 1 << 9 | 1 << 255
    world.serving.send(world.user, "revokeTokens", world.provider, [])
    assert world.account(world.user).revokedBitmap == bits


def test_a_new_generation_frees_all_token_ids(world: World) -> None:
    world.open(world.user, ONE)
    world.serving.send(world.user, "revokeTokens", world.provider, [1, 2])
    for generation in (1, 2):
        done = world.serving.send(world.user, "revokeAllTokens", world.provider)
        assert done.events == [("AllTokensRevoked", world.user, world.provider, generation)]
        account = world.account(world.user)
        assert (account.generation, account.revokedBitmap) == (generation, 0)
    assert world.serving.call("isTokenRevoked", world.user, world.provider, 1) is False


def test_tokens_of_other_pairs_are_not_touched(world: World) -> None:
    world.open(world.user, ONE, ONE)
    world.open(world.users[1], ONE)
    world.serving.send(world.user, "revokeToken", world.provider, 5)
    world.serving.send(world.user, "revokeAllTokens", world.provider)
    for user, provider in ((world.user, world.providers[1]), (world.users[1], world.provider)):
        account = world.account(user, provider)
        assert (account.generation, account.revokedBitmap) == (0, 0)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("acknowledgeTEESigner", [True]),
        ("revokeToken", [1]),
        ("revokeTokens", [[1]]),
        ("revokeAllTokens", []),
    ],
)
def test_without_a_sub_account_there_is_nothing_to_decide(
    world: World, function: str, args: list
) -> None:
    refused = world.serving.refusal(world.user, function, world.provider, *args)
    assert refused == ("AccountNotExists", world.user, world.provider)
