"""What every user owes right now, in memory: the numbers behind the balance rule.

A chain account shows a balance *and* the nonce of the last settlement taken from it. Items of
a settlement are therefore kept with their nonces, and count as owed exactly when the account
they are compared with does not have them yet: no moment counts a fee twice or not at all,
however old the account is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.records import Account
from zg_jupyter.units import format_0g

#: Broker minimum of every service type (protocol/inference.md section 8), in neuron.
MINIMUM = 10**18


@dataclass
class _Item:
    amount: int
    live: bool = True


@dataclass
class _Owed:
    loose: int = 0
    reserved: int = 0
    items: dict[int, _Item] = field(default_factory=dict)


class Book:
    """Fees per user in neuron; users are addresses in any case."""

    def __init__(self) -> None:
        self._users: dict[str, _Owed] = defaultdict(_Owed)

    def unsettled(self, user: str) -> int:
        """Fees metered and not yet known to be settled."""
        owed = self._users.get(user.lower())
        if owed is None:
            return 0
        return owed.loose + sum(i.amount for i in owed.items.values() if i.live)

    def charge(self, user: str, fee: int) -> int:
        """Add a metered fee; returns what the user now has outside of settlements."""
        owed = self._users[user.lower()]
        owed.loose += fee
        return owed.loose

    def reserve(self, account: Account, worst: int) -> None:
        """The balance rule (check 11), and the hold on what a request may cost at most.

        A reservation lasts until :meth:`release`. Requests of one user that run at the same
        time count with their worst cost, so together they cannot spend more than is there.

        Parameters
        ----------
        account:
            The sub-account as last read.
        worst:
            The most the request can cost in neuron; 0 only asks.

        Raises
        ------
        Refusal
            400, naming locked balance, required minimum and its parts.
        """
        owed = self._users[account.user.lower()]
        for nonce in [n for n, i in owed.items.items() if n <= account.nonce and not i.live]:
            del owed.items[nonce]
        unsettled = owed.loose + sum(
            item.amount for nonce, item in owed.items.items() if nonce > account.nonce
        )
        spare = max(MINIMUM, worst)
        required = unsettled + owed.reserved + spare
        if account.locked_balance < required:
            parts = [f"unsettled fee {unsettled}"]
            if owed.reserved:
                parts.append(f"running requests {owed.reserved}")
            parts.append("estimated fee 0")
            parts.append(
                f"minimum {MINIMUM}" if spare == MINIMUM else f"most this request can cost {worst}"
            )
            raise Refusal(
                400,
                f"insufficient balance: locked balance {account.locked_balance} neuron is below "
                f"the required minimum {required} neuron ({' + '.join(parts)}); transfer at "
                f"least {format_0g(required - account.locked_balance)} to this provider",
            )
        owed.reserved += worst

    def release(self, user: str, worst: int) -> None:
        """End a reservation."""
        self._users[user.lower()].reserved -= worst

    def settling(self, user: str, nonce: int, amount: int) -> None:
        """Fees went into a settlement that is on its way."""
        owed = self._users[user.lower()]
        owed.loose -= amount
        owed.items[nonce] = _Item(amount)

    def resolved(self, user: str, nonce: int, *, paid: int, back: int) -> None:
        """A settlement ended: ``paid`` left the account, ``back`` is owed as before."""
        owed = self._users[user.lower()]
        del owed.items[nonce]
        if paid:
            # Kept until an account with this nonce is seen: older ones still show the money.
            owed.items[nonce] = _Item(paid, live=False)
        owed.loose += back

    def restore(self, user: str, loose: int, items: dict[int, int]) -> None:
        """Set what a user owed at the last stop."""
        self._users[user.lower()] = _Owed(loose, 0, {n: _Item(a) for n, a in items.items()})
