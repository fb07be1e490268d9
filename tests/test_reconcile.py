"""Our rows, the provider's claim and the chain: whoever is wrong is named, to the neuron."""

from __future__ import annotations

import pytest

from zg_jupyter import aio, client
from zg_jupyter.reconcile import Account, reconcile_table
from zg_jupyter.wallet.sources import devnet_account


@pytest.mark.parametrize(
    ("ours", "unclear", "settled", "claimed", "drift", "verdict"),
    [
        (100, 0, 60, 40, 0, "agrees"),
        (100, 0, 100, 1, 1, "overcharged by 0.000000000000000001 0G"),
        (100, 9, 100, 10, 10, "overcharged by 0.000000000000000001 0G"),
        (100, 10, 100, 10, 10, "explained by requests whose end nobody saw"),
        (100, 0, 60, None, -40, "does not say what is due"),
        (100, 0, 60, 30, -10, "less than recorded"),
        (0, 0, 5, 0, 5, "rows are missing here"),
    ],
)
def test_the_verdict_says_who_is_wrong(ours, unclear, settled, claimed, drift, verdict):
    account = Account("0xP", ours, unclear, settled, claimed)
    assert account.drift == drift
    assert verdict in account.verdict
    assert list(reconcile_table([account])["verdict"]) == [account.verdict]


def test_after_real_requests_everything_agrees_to_the_neuron(canned_network, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.setattr(aio, "default_store", lambda: tmp_path / "spend.sqlite")
    with client.connect("devnet", wallet=devnet_account(13)) as made:
        made.deposit(5 * 10**18)
        answers = [made.ask("hi", max_tokens=n) for n in (1, 3, 8)]
        (account,) = made.reconcile()
        assert account.ours == sum(a.cost for a in answers)
        assert (account.drift, account.verdict) == (0, "agrees to the neuron")
        assert account.claimed + account.settled == account.ours
