"""Our rows against the provider's claim and the chain's settlements, to the neuron."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zg_jupyter.chain.history import Move
from zg_jupyter.records import Offer
from zg_jupyter.spend.moves import Exposure
from zg_jupyter.units import format_0g, to_0g

if TYPE_CHECKING:
    import pandas as pd

Claim = Callable[[Offer], Awaitable[int | None]]


@dataclass(frozen=True)
class Account:
    """One provider's account with us; amounts in neuron.

    ``ours`` is what our rows say it earned, ``unclear`` what requests without an end may have
    cost beyond that, ``settled`` what it took on chain, ``claimed`` what it says is still due
    (``None``: it does not say). Of a period, ``owed_before`` is what it had earned and not yet
    taken when the period began; it takes that within the period.
    """

    provider: str
    ours: int
    unclear: int
    settled: int
    claimed: int | None
    owed_before: int = 0

    @property
    def drift(self) -> int:
        """What it took and claims beyond our rows; negative: it has asked for less so far."""
        return self.settled + (self.claimed or 0) - self.ours - self.owed_before

    @property
    def verdict(self) -> str:
        """What that means, in words."""
        if self.drift == 0:
            return "agrees to the neuron"
        if self.drift > self.unclear:
            beyond = format_0g(self.drift - self.unclear)
            return f"overcharged by {beyond}, or rows are missing here"
        if self.drift > 0:
            return "explained by requests whose end nobody saw"
        if self.claimed is None:
            return "not settled yet, and the provider does not say what is due"
        return "less than recorded: estimates were too high, or it forgot something"


async def reconcile(
    exposures: dict[str, Exposure], history: Iterable[Move], offers: Iterable[Offer], claim: Claim
) -> list[Account]:
    """Compare, provider by provider.

    Parameters
    ----------
    exposures:
        What our records know.
    history:
        What happened on chain.
    offers:
        Who can be asked what is still due.
    claim:
        Asks one of them; ``None`` when it does not say.
    """
    settled: dict[str, int] = {}
    for move in history:
        if move.kind == "settlement":
            settled[move.provider] = settled.get(move.provider, 0) - move.amount
    known = {provider for provider in exposures if provider} | set(settled)
    asked = {offer.provider: offer for offer in offers if offer.provider in known}
    claims = dict(
        zip(asked, await asyncio.gather(*(claim(o) for o in asked.values())), strict=True)
    )
    nothing = Exposure(0, 0, 0, 0, 0)
    return [
        Account(
            provider,
            exposures.get(provider, nothing).spent,
            exposures.get(provider, nothing).unclear,
            settled.get(provider, 0),
            claims.get(provider),
        )
        for provider in sorted(known)
    ]


def within(
    accounts: Iterable[Account],
    earned: dict[str, tuple[int, int]],
    history: Iterable[Move],
    since: float,
) -> list[Account]:
    """The same accounts for a period that lasts until now.

    Parameters
    ----------
    accounts:
        Over all time.
    earned:
        What each provider earned in the period, and may have earned beyond that.
    history:
        What happened on chain.
    since:
        Unix seconds, for the chain's clock as well.
    """
    settled: dict[str, int] = {}
    for move in history:
        if move.kind == "settlement" and move.time >= since:
            settled[move.provider] = settled.get(move.provider, 0) - move.amount
    found = []
    for whole in accounts:
        ours, unclear = earned.get(whole.provider, (0, 0))
        taken = settled.get(whole.provider, 0)
        before = (whole.ours - ours) - (whole.settled - taken)
        # Taken too much earlier: that is another period's verdict. Something left open earlier:
        # it is taken now, and so may be what nobody saw the end of.
        owed = max(0, before)
        unclear = whole.unclear if owed else unclear
        if ours or taken or owed or whole.claimed:
            found.append(Account(whole.provider, ours, unclear, taken, whole.claimed, owed))
    return found


def reconcile_table(accounts: Iterable[Account], since: float | None = None) -> pd.DataFrame:
    """One line per provider; amounts are exact ``Decimal`` 0G.

    Parameters
    ----------
    since:
        When their period began, in unix seconds; adds ``owed_before_0g``.
    """
    import pandas as pd

    accounts = list(accounts)
    frame = pd.DataFrame(
        [
            (
                *(a.provider, to_0g(a.ours), to_0g(a.settled)),
                *(None if a.claimed is None else to_0g(a.claimed), to_0g(a.drift), a.verdict),
            )
            for a in accounts
        ],
        columns=["provider", "our_rows_0g", "settled_0g", "claimed_0g", "drift_0g", "verdict"],
    )
    if since is not None:
        frame.insert(1, "owed_before_0g", [to_0g(a.owed_before) for a in accounts])
        frame.attrs["since"] = since
    return frame
