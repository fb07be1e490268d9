"""The accounts everybody knows from Hardhat and Anvil."""

from __future__ import annotations

import pytest

from zg_jupyter.devnet import accounts
from zg_jupyter.errors import BadInput

# Printed by both tools at every start.
FIRST_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
LAST_KEY = "0xdf57089febbacf7ba0bc227dafbffa9fc08a93fdc68e1e42411a14efcf23656e"


def test_the_first_and_the_last_account_are_those_of_hardhat_and_anvil():
    assert accounts.account(0).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert accounts.account(0).key == FIRST_KEY
    assert accounts.account(19).address == "0x8626f6940E2eb28930eFb4CeF49B2d1F2C9C1199"
    assert accounts.account(19).key == LAST_KEY


def test_each_account_has_one_role():
    roles = [accounts.role(index) for index in range(20)]
    assert roles[0] == "owner"
    assert roles[1:4] == ["user"] * 3
    assert roles[4:10] == ["spare"] * 6
    assert roles[10:19] == ["provider"] * 9
    assert roles[19] == "faucet"
    assert accounts.owner().index == 0
    assert accounts.user().index == 1
    assert accounts.provider(8).index == 18
    assert accounts.faucet().index == 19


def test_keys_stay_out_of_the_text_of_an_account():
    assert FIRST_KEY[2:] not in repr(accounts.owner())


@pytest.mark.parametrize("index", [-1, 20, 10**9])
def test_other_numbers_are_refused_with_the_range(index):
    with pytest.raises(BadInput, match="accounts 0 to 19"):
        accounts.account(index)


def test_users_and_providers_out_of_range_are_refused():
    with pytest.raises(BadInput, match="users 1 to 3"):
        accounts.user(4)
    with pytest.raises(BadInput, match="provider accounts 0 to 8"):
        accounts.provider(9)
