"""Settlements on disk: which fees are in which transaction, and how that ended.

A row belongs to at most one item, an item to one batch, and only one batch is live at a time.
The signed transaction is stored in the same commit that puts the rows into it, before anybody
sees it; from then on only its receipt, or proof that it can never be mined, moves the rows.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from eth_utils import keccak

from zg_jupyter.chain.journal import Signed
from zg_jupyter.provider.meter import Meter, now_ms
from zg_jupyter.provider.signer import Settlement
from zg_jupyter.provider.store import Store

SUCCESS, PARTIAL = 0, 1
#: What the contract's status numbers mean (protocol/contracts.md 2.7).
REASONS = {
    2: "the service is not registered by this provider",
    3: "the signer or the account is not acknowledged",
    4: "the nonce was used",
    5: "the signature or the sub-account is missing",
}
_BACKOFF_MS = (30_000, 60_000, 120_000, 300_000, 900_000)


@dataclass(frozen=True)
class Due:
    """Everything one user has outside of settlements; fee in neuron, ``rows`` by number."""

    user: str
    fee: int
    requests_hash: bytes
    rows: tuple[int, ...]
    last_nonce: int


@dataclass(frozen=True)
class Item:
    """One user's part of a batch."""

    settlement: Settlement
    signature: bytes
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Batch:
    """A settlement transaction that was signed and stored."""

    id: int
    signed: Signed
    tx_nonce: int
    created_ms: int
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Outcome:
    """How one item ended: contract status, and the part in neuron that was not paid."""

    status: int
    unsettled: int


class Batches:
    """Reads and writes settlements of one meter.

    Parameters
    ----------
    meter:
        The meter whose rows are settled.
    provider:
        Address of the provider, checksummed.
    """

    def __init__(self, meter: Meter, provider: str) -> None:
        self._meter = meter
        self._store: Store = meter.store
        self._provider = provider

    def due(self, *, held_too: bool) -> list[Due]:
        """Users with fees outside of settlements; ``held_too`` counts those that must wait."""
        held = set()
        nonces: dict[str, int] = {}
        for user, nonce, until in self._store.read("SELECT user, nonce, held_until_ms FROM payer"):
            nonces[user] = int(nonce)
            if until > now_ms() and not held_too:
                held.add(user)
        rows: dict[str, list[tuple[int, int, str]]] = {}
        for n, user, fee, parts, text in self._store.read(
            "SELECT n, user, fee, fee || input_fee || output_fee, text FROM request"
            " WHERE item IS NULL AND fee <> '0' ORDER BY n"
        ):
            if user not in held:
                rows.setdefault(user, []).append((n, int(fee), text[:64] + user + parts))
        return [
            Due(
                user=user,
                fee=sum(fee for _, fee, _ in found),
                requests_hash=bytes(keccak(text="".join(text for _, _, text in found))),
                rows=tuple(n for n, _, _ in found),
                last_nonce=nonces.get(user, 0),
            )
            for user, found in rows.items()
        ]

    def live(self) -> Batch | None:
        """The batch whose end is not known yet."""
        found = self._store.read(
            "SELECT id, hash, raw, tx_nonce, created_ms FROM batch WHERE state = 'live'"
        )
        if not found:
            return None
        number, transaction_hash, raw, tx_nonce, created = found[0]
        items = tuple(
            Item(Settlement(user, self._provider, int(fee), requests_hash, int(nonce)), signature)
            for user, fee, requests_hash, nonce, signature in self._store.read(
                "SELECT user, total_fee, requests_hash, nonce, signature FROM item"
                " WHERE batch = ? ORDER BY position",
                (number,),
            )
        )
        return Batch(number, Signed(transaction_hash, raw, tx_nonce), tx_nonce, created, items)

    async def create(self, items: list[Item], signed: Signed, tx_nonce: int) -> Batch:
        """Store a signed transaction and put the rows into it."""
        created = now_ms()

        def job(connection: sqlite3.Connection) -> int:
            number = connection.execute(
                "INSERT INTO batch (created_ms, hash, raw, tx_nonce, state)"
                " VALUES (?, ?, ?, ?, 'live')",
                (created, signed.hash, signed.raw, tx_nonce),
            ).lastrowid
            for position, item in enumerate(items):
                settlement = item.settlement
                user = settlement.user.lower()
                item_number = connection.execute(
                    "INSERT INTO item (batch, position, user, nonce, total_fee, requests_hash,"
                    " signature) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        number,
                        position,
                        settlement.user,
                        str(settlement.nonce),
                        str(settlement.total_fee),
                        settlement.requests_hash,
                        item.signature,
                    ),
                ).lastrowid
                taken = connection.executemany(
                    "UPDATE request SET item = ? WHERE n = ? AND item IS NULL",
                    [(item_number, n) for n in item.rows],
                ).rowcount
                if taken != len(item.rows):
                    raise RuntimeError("a fee is already in a settlement")
                connection.execute(
                    "INSERT INTO payer (user, nonce) VALUES (?, ?)"
                    " ON CONFLICT (user) DO UPDATE SET nonce = excluded.nonce",
                    (user, str(settlement.nonce)),
                )
            assert number is not None
            return number

        def then(_: int) -> None:
            for item in items:
                settlement = item.settlement
                self._meter.book.settling(settlement.user, settlement.nonce, settlement.total_fee)

        number = await self._store.write(job, then=then)
        return Batch(number, signed, tx_nonce, created, tuple(items))

    async def mined(self, batch: Batch, outcomes: list[Outcome]) -> None:
        """Record what the chain did with every item; the missing parts are owed again."""
        carried = [self._meter.next_number() for _ in outcomes]

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE batch SET state = 'mined' WHERE id = ?", (batch.id,))
            for position, outcome in enumerate(outcomes):
                settlement = batch.items[position].settlement
                paid = _paid(settlement.total_fee, outcome)
                (number,) = connection.execute(
                    "SELECT id FROM item WHERE batch = ? AND position = ?", (batch.id, position)
                ).fetchone()
                connection.execute(
                    "UPDATE item SET status = ?, settled = ? WHERE id = ?",
                    (outcome.status, str(paid), number),
                )
                if outcome.status == SUCCESS:
                    _free(connection, settlement.user)
                elif outcome.status == PARTIAL:
                    _carry(connection, carried[position], settlement, outcome.unsettled, number)
                    _hold(connection, settlement.user, "the sub-account did not hold enough")
                else:
                    connection.execute("UPDATE request SET item = NULL WHERE item = ?", (number,))
                    reason = REASONS.get(outcome.status, f"status {outcome.status}")
                    _hold(connection, settlement.user, reason)

        def then(_: None) -> None:
            for item, outcome in zip(batch.items, outcomes, strict=True):
                settlement = item.settlement
                paid = _paid(settlement.total_fee, outcome)
                self._meter.book.resolved(
                    settlement.user,
                    settlement.nonce,
                    paid=paid,
                    back=settlement.total_fee - paid,
                )

        await self._store.write(job, then=then)

    async def gone(self, batch: Batch, state: str, *, hold: str = "") -> None:
        """Give the rows back: the transaction is ``reverted`` or ``replaced`` and paid nothing.

        ``hold`` keeps the users out of the next settlements for a while, with this reason.
        """

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE batch SET state = ? WHERE id = ?", (state, batch.id))
            connection.execute(
                "UPDATE request SET item = NULL"
                " WHERE item IN (SELECT id FROM item WHERE batch = ?)",
                (batch.id,),
            )
            connection.execute("UPDATE item SET settled = '0' WHERE batch = ?", (batch.id,))
            if hold:
                for item in batch.items:
                    _hold(connection, item.settlement.user, hold)

        def then(_: None) -> None:
            for item in batch.items:
                settlement = item.settlement
                self._meter.book.resolved(
                    settlement.user, settlement.nonce, paid=0, back=settlement.total_fee
                )

        await self._store.write(job, then=then)

    async def hold(self, user: str, reason: str) -> None:
        """Keep a user's fees out of settlements for a while, longer after each failure."""
        await self._store.write(lambda connection: _hold(connection, user, reason))

    def settled(self) -> int:
        """Sum of all that settlements ever paid, in neuron."""
        return sum(
            int(paid) for (paid,) in self._store.read("SELECT settled FROM item WHERE settled > ''")
        )


def _paid(total_fee: int, outcome: Outcome) -> int:
    return total_fee - outcome.unsettled if outcome.status in (SUCCESS, PARTIAL) else 0


def _carry(
    connection: sqlite3.Connection, n: int, settlement: Settlement, missing: int, item: int
) -> None:
    """A row for the part that a partial settlement left open."""
    now = now_ms()
    connection.execute(
        "INSERT INTO request (n, key, user, model, started_ms, ended_ms, state, fee)"
        " VALUES (?, ?, ?, '', ?, ?, 'carried', ?)",
        (n, f"carried-{item}", settlement.user.lower(), now, now, str(missing)),
    )


def _free(connection: sqlite3.Connection, user: str) -> None:
    connection.execute(
        "UPDATE payer SET failures = 0, held_until_ms = 0, reason = '' WHERE user = ?",
        (user.lower(),),
    )


def _hold(connection: sqlite3.Connection, user: str, reason: str) -> None:
    user = user.lower()
    connection.execute("INSERT OR IGNORE INTO payer (user) VALUES (?)", (user,))
    (failures,) = connection.execute(
        "SELECT failures FROM payer WHERE user = ?", (user,)
    ).fetchone()
    wait = _BACKOFF_MS[min(failures, len(_BACKOFF_MS) - 1)]
    connection.execute(
        "UPDATE payer SET failures = failures + 1, held_until_ms = ?, reason = ? WHERE user = ?",
        (now_ms() + wait, reason, user),
    )
