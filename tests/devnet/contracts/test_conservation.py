"""No neuron is made or lost: random histories against an independent model.

Every step is first played in the model. Where the model refuses, the contracts must refuse with
the same error; otherwise both must end in the same state, down to each refund.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from contract_kit.contract import Contract, Done, Said
from contract_kit.evm import PyEvm
from contract_kit.model import Books, Refused
from contract_kit.world import DAY, NAME, ONE, STAKE, World, service_params, signer
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

PEOPLE = st.integers(0, 2)
TWO = st.integers(0, 1)
#: Amounts at and around every limit, and any others.
AMOUNTS = st.one_of(
    st.sampled_from([0, 1, ONE - 1, ONE, ONE + 1, 3 * ONE - 1, 3 * ONE, 7 * ONE]),
    st.integers(0, 6 * ONE),
)
ITEMS = st.lists(
    st.tuples(PEOPLE, AMOUNTS, st.integers(0, 2), st.sampled_from([True, True, True, False])),
    min_size=1,
    max_size=4,
)


class History(RuleBasedStateMachine):
    """Three users, two providers, one owner."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self._undo = self.world.chain.undone()
        self._undo.__enter__()
        self.users = self.world.users[:3]
        self.providers = self.world.providers[:2]
        self.books = Books()
        self.start = {p: self.world.chain.balance(p) for p in (*self.users, *self.providers)}
        self.fees = dict.fromkeys(self.start, 0)

    def teardown(self) -> None:
        self._undo.__exit__(None, None, None)

    # -- both sides of a step ------------------------------------------------------------------

    def step(
        self,
        play: Callable[[Books, int], Any],
        contract: Contract,
        sender: str,
        function: str,
        *args: Any,
        value: int = 0,
    ) -> Done | None:
        """Play it in the model, then for real."""
        if refused := self.refusal_by_the_model(play):
            assert contract.refusal(sender, function, *args, value=value) == refused
            return None
        done = contract.send(sender, function, *args, value=value)
        if sender in self.fees:
            self.fees[sender] += done.receipt.fee
        play(self.books, done.receipt.timestamp)
        return done

    def refusal_by_the_model(self, play: Callable[[Books, int], Any]) -> Said | None:
        try:
            play(deepcopy(self.books), self.world.chain.now())
        except Refused as refused:
            return refused.said
        return None

    def ledger_step(
        self, play: Callable[[Books, int], Any], user: str, *call: Any, value: int = 0
    ) -> None:
        self.step(play, self.world.ledger, user, *call, value=value)

    def market_step(
        self, play: Callable[[Books, int], Any], sender: str, *call: Any, value: int = 0
    ) -> Done | None:
        return self.step(play, self.world.serving, sender, *call, value=value)

    # -- users ---------------------------------------------------------------------------------

    @initialize()
    def everybody_starts_with_something(self) -> None:
        for user in self.users[:2]:
            self.deposit(self.users.index(user), 20 * ONE)
        self.transfer(0, 0, 8 * ONE)
        self.offer(0, STAKE)
        self.confirm(0, True)

    @rule(user=PEOPLE, amount=AMOUNTS)
    def deposit(self, user: int, amount: int) -> None:
        who = self.users[user]
        self.ledger_step(
            lambda books, _: books.deposit(who, who, amount), who, "depositFund", value=amount
        )

    @rule(payer=PEOPLE, user=PEOPLE, amount=AMOUNTS)
    def deposit_for(self, payer: int, user: int, amount: int) -> None:
        giver, who = self.users[payer], self.users[user]
        self.ledger_step(
            lambda books, _: books.deposit(giver, who, amount),
            giver,
            "depositFundFor",
            who,
            value=amount,
        )

    @rule(user=PEOPLE, provider=TWO, amount=AMOUNTS)
    def transfer(self, user: int, provider: int, amount: int) -> None:
        who, whom = self.users[user], self.providers[provider]
        self.ledger_step(
            lambda books, _: books.transfer(who, whom, amount),
            who,
            "transferFund",
            whom,
            NAME,
            amount,
        )

    @rule(user=PEOPLE, providers=st.lists(TWO, max_size=3))
    def retrieve(self, user: int, providers: list[int]) -> None:
        who, whom = self.users[user], [self.providers[p] for p in providers]
        self.ledger_step(
            lambda books, now: books.retrieve(who, whom, now), who, "retrieveFund", whom, NAME
        )

    @rule(user=PEOPLE, keep=st.sampled_from([0, 0, 1, 3 * ONE, 5 * ONE, -1]))
    def refund(self, user: int, keep: int) -> None:
        who = self.users[user]
        amount = max(0, self.books.available.get(who, 0) - keep)
        self.ledger_step(lambda books, _: books.refund(who, amount), who, "refund", amount)

    @rule(user=PEOPLE)
    def delete_ledger(self, user: int) -> None:
        who = self.users[user]
        self.ledger_step(lambda books, _: books.delete_ledger(who), who, "deleteLedger")

    @rule(user=PEOPLE, provider=TWO, yes=st.booleans())
    def trust(self, user: int, provider: int, yes: bool) -> None:
        who, whom = self.users[user], self.providers[provider]
        self.market_step(
            lambda books, _: books.trust(who, whom, yes), who, "acknowledgeTEESigner", whom, yes
        )

    @rule(user=PEOPLE, provider=TWO, token=st.integers(0, 255))
    def revoke(self, user: int, provider: int, token: int) -> None:
        who, whom = self.users[user], self.providers[provider]
        self.market_step(
            lambda books, _: books.revoke(who, whom, token), who, "revokeToken", whom, token
        )

    @rule(user=PEOPLE, provider=TWO)
    def revoke_all(self, user: int, provider: int) -> None:
        who, whom = self.users[user], self.providers[provider]
        self.market_step(lambda books, _: books.revoke_all(who, whom), who, "revokeAllTokens", whom)

    # -- providers, the owner, time ------------------------------------------------------------

    @rule(provider=TWO, stake=st.sampled_from([0, STAKE - 1, STAKE, STAKE + 5]))
    def offer(self, provider: int, stake: int) -> None:
        whom = self.providers[provider]
        params = service_params(self.world.signer.address)
        self.market_step(
            lambda books, _: books.offer(whom, stake, STAKE),
            whom,
            "addOrUpdateService",
            params,
            value=stake,
        )

    @rule(provider=TWO, yes=st.booleans())
    def confirm(self, provider: int, yes: bool) -> None:
        whom = self.providers[provider]
        function = "acknowledgeTEESignerByOwner" if yes else "revokeTEESignerAcknowledgement"
        self.market_step(
            lambda books, _: books.confirm(whom, yes), self.world.owner, function, whom
        )

    @rule(provider=TWO)
    def remove(self, provider: int) -> None:
        whom = self.providers[provider]
        self.market_step(lambda books, _: books.remove(whom), whom, "removeService")

    @precondition(lambda self: self.books.accounts)
    @rule(caller=TWO, provider=TWO, items=ITEMS, odd=st.integers(0, 9))
    def settle(self, caller: int, provider: int, items: list[Any], odd: int) -> None:
        # Mostly the provider itself; one time in ten somebody else's items.
        by = self.providers[caller if odd == 0 else provider]
        whom = self.providers[provider]
        batch, plays = [], []
        for user, fee, ahead, good in items:
            who = self.users[user]
            nonce = self.books.nonces.get((who, whom), 0) + ahead
            by_whom = None if good else signer("nobody")
            batch.append(self.world.item(who, fee, nonce, whom, by=by_whom))
            plays.append((by, who, whom, fee, nonce, good))

        expected: list[tuple[Any, ...]] = []

        def play(books: Books, _: int) -> None:
            expected[:] = [("TEESettlementResult", p[1], *books.settle(*p)) for p in plays]

        done = self.market_step(play, by, "settleFeesWithTEE", batch)
        assert done is not None
        assert [event for event in done.events if event[0] == "TEESettlementResult"] == expected

    @rule(seconds=st.sampled_from([60, DAY // 2, DAY]))
    def pass_time(self, seconds: int) -> None:
        self.world.pass_time(seconds)
        self.world.chain.send(self.world.owner, self.world.owner)

    # -- what must always hold -----------------------------------------------------------------

    @invariant()
    def the_ledgers_are_those_of_the_model(self) -> None:
        ledgers, count = self.world.ledger.call("getAllLedgers", 0, 0)
        assert count == len(ledgers)
        books = self.books
        assert {m.user: (m.availableBalance, m.totalBalance) for m in ledgers} == {
            user: (available, books.total(user)) for user, available in books.available.items()
        }

    @invariant()
    def the_sub_accounts_are_those_of_the_model(self) -> None:
        accounts, count = self.world.serving.call("getAllAccounts", 0, 0)
        assert count == len(accounts)
        seen = {
            (a.user, a.provider): (
                a.balance,
                a.pendingRefund,
                [(r.amount, r.createdAt) for r in a.refunds[: a.validRefundsLength]],
                a.acknowledged,
                a.nonce,
                a.generation,
                a.revokedBitmap,
            )
            for a in accounts
        }
        books = self.books
        assert seen == {
            pair: (
                account.balance,
                account.pending,
                account.refunds,
                account.acknowledged,
                books.nonces.get(pair, 0),
                books.generations.get(pair, 0),
                account.bitmap,
            )
            for pair, account in books.accounts.items()
        }
        for account in accounts:
            valid = account.refunds[: account.validRefundsLength]
            assert [r.index for r in valid] == list(range(len(valid)))

    @invariant()
    def the_contracts_hold_exactly_what_they_owe(self) -> None:
        balance, books = self.world.chain.balance, self.books
        assert balance(self.world.ledger.address) == sum(books.available.values())
        in_accounts = sum(account.balance for account in books.accounts.values())
        assert balance(self.world.serving.address) == in_accounts + sum(books.stakes.values())

    @invariant()
    def everybody_has_what_came_in_and_went_out(self) -> None:
        for person, start in self.start.items():
            expected = start + self.books.pockets.get(person, 0) - self.fees[person]
            assert self.world.chain.balance(person) == expected


def test_random_histories_agree_with_the_model(deployed: World) -> None:
    # About 4 s a history on py-evm, half a second on anvil.
    examples = 8 if isinstance(deployed.chain, PyEvm) else 30
    machine = type("HistoryHere", (History,), {"world": deployed})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
