"""Any story of deposits, uses, settlements, refunds and waiting: all books agree to the neuron."""

from __future__ import annotations

import tempfile
from pathlib import Path

# Both raise the recursion limit when imported, and hypothesis minds if that happens midway.
import eth  # noqa: F401
import py_ecc  # noqa: F401
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.chain.conftest import HandProvider
from zg_jupyter import networks
from zg_jupyter.background import LoopThread
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.history import read_history
from zg_jupyter.chain.ledger import LedgerActions
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.chain.transact import Transactor
from zg_jupyter.devnet.chain import Chain
from zg_jupyter.devnet.deploy import deploy
from zg_jupyter.devnet.rpc_server import serve
from zg_jupyter.errors import BadInput, InsufficientFunds
from zg_jupyter.records import NOT_CHECKED, Receipt, Usage
from zg_jupyter.spend.store import SpendStore
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account

OG = NEURON_PER_0G
DAY = 86_400
amounts = st.integers(1, 6).map(lambda n: n * OG // 2) | st.integers(1, 3 * OG)


class Story(RuleBasedStateMachine):
    """A plain model beside the chain: what should be in the ledger and with the provider."""

    @initialize(midway=st.sampled_from([True, True, True, False]))
    def begin(self, midway: bool) -> None:
        self.loop = LoopThread()
        self.folder = tempfile.TemporaryDirectory()
        self.store = SpendStore(Path(self.folder.name) / "spend.sqlite")
        self.available = self.balance = self.settled = self.used = 0
        self.ledger = self.account = False
        self.refunds: list[list[int]] = []  # amount, ripe at
        self.now = 0
        self.serving = serve(Chain())
        self.loop.run(self._open())
        # Most stories begin in the middle: from nothing, few would ever come to a settlement.
        if midway:
            self.loop.run(self._move_in())

    async def _open(self) -> None:
        served = await self.serving.__aenter__()
        await deploy(served.rpc_url)
        self.rpc = Rpc(served.rpc_url)
        network = networks.get("devnet")
        contracts = Contracts(self.rpc, network.ledger, network.inference)
        transactor = Transactor(self.rpc, devnet_account(), network.chain_id)
        self.actions = LedgerActions(contracts, transactor)
        self.provider = HandProvider(self.rpc)
        await self.provider.register()

    async def _move_in(self) -> None:
        await self.actions.deposit(12 * OG)
        await self.actions.transfer(self.provider.address, 4 * OG)
        self.ledger = self.account = True
        self.available, self.balance = 8 * OG, 4 * OG

    @property
    def pending(self) -> int:
        return sum(amount for amount, _ in self.refunds)

    def attempt(self, work, *, allowed: bool) -> None:
        """Do it; it must work exactly when the model says so."""
        try:
            self.loop.run(work)
        except (BadInput, InsufficientFunds):
            assert not allowed
        else:
            assert allowed

    @rule(amount=amounts)
    def deposit(self, amount: int) -> None:
        allowed = self.ledger or amount >= 3 * OG
        self.attempt(self.actions.deposit(amount), allowed=allowed)
        if allowed:
            self.ledger, self.available = True, self.available + amount

    @rule(amount=amounts)
    def transfer(self, amount: int) -> None:
        cancelled = min(amount, self.pending)
        enough = self.available >= amount - cancelled
        allowed = self.ledger and enough and (self.account or amount >= OG)
        self.attempt(self.actions.transfer(self.provider.address, amount), allowed=allowed)
        if allowed:
            self.account = True
            self.available -= amount - cancelled
            self.balance += amount - cancelled
            self.cancel(cancelled)

    def cancel(self, amount: int) -> None:
        """Newest refunds first, as the contract does."""
        while amount:
            taken = min(amount, self.refunds[-1][0])
            self.refunds[-1][0] -= taken
            amount -= taken
            if not self.refunds[-1][0]:
                self.refunds.pop()

    @precondition(lambda self: self.account and self.balance > self.used - self.settled)
    @rule(share=st.integers(1, 100), settled_at_once=st.booleans())
    def use(self, share: int, settled_at_once: bool) -> None:
        """An answer: on our record now, on the provider's for its next settlement."""
        fee = max(1, (self.balance - (self.used - self.settled)) * share // 100)
        row = self.store.reserve(network="devnet", user=self.actions.user, amount=fee)
        receipt = Receipt(
            *("", "devnet", "direct", self.provider.address, "m", Usage(1, 1), fee),
            *(None, 0.1, NOT_CHECKED),
        )
        self.store.settle(row, receipt, "answered")
        self.used += fee
        if settled_at_once:
            self.settle_now()

    @precondition(lambda self: self.account and self.used > self.settled)
    @rule()
    def settle(self) -> None:
        self.settle_now()

    def settle_now(self) -> None:
        fee = min(self.used - self.settled, self.balance)
        self.loop.run(self.provider.settle(self.actions.user, fee))
        free = self.balance - self.pending
        if fee > free:
            self.cancel(fee - free)
        self.balance -= fee
        self.settled += fee

    @rule()
    def retrieve(self) -> None:
        ripe = [r for r in self.refunds if r[1] <= self.chain_time()]
        new = self.balance - self.pending
        full = len(self.refunds) - len(ripe) >= 5 and new > 0
        allowed = self.balance > 0 and not full
        self.attempt(self.actions.retrieve(), allowed=allowed)
        if not allowed:
            return
        back = sum(amount for amount, _ in ripe)
        self.refunds = [r for r in self.refunds if r not in ripe]
        self.balance, self.available = self.balance - back, self.available + back
        if new:
            # Its time is the block's, which the chain alone knows.
            account = self.loop.run(
                self.actions.contracts.account(self.actions.user, self.provider.address)
            )
            self.refunds.append([new, account.refunds[-1].created_at + DAY])

    @rule(hours=st.sampled_from([1, 13, 25]))
    def wait(self, hours: int) -> None:
        self.loop.run(self.rpc.call("evm_increaseTime", hex(hours * 3600)))
        self.loop.run(self.rpc.call("evm_mine"))

    @rule(amount=amounts)
    def withdraw(self, amount: int) -> None:
        rest = self.available - amount
        allowed = self.ledger and (rest == 0 or rest >= 3 * OG)
        self.attempt(self.actions.withdraw(amount), allowed=allowed)
        if allowed:
            self.available = rest
            if not rest and not self.balance:
                self.ledger = self.account = False
                self.refunds = []

    def chain_time(self) -> int:
        return self.loop.run(self.actions.holdings()).now

    @invariant()
    def all_books_agree(self) -> None:
        if not hasattr(self, "actions"):
            return
        held = self.loop.run(self.actions.holdings())
        account = held.account(self.provider.address)
        assert held.available == self.available
        assert (account.balance if account else 0) == self.balance
        assert (account.pending_refund if account else 0) == self.pending
        assert sum(r.amount for r in held.pending) == self.pending
        assert (held.ledger.total if held.ledger else 0) == self.available + self.balance
        ours = self.store.total(network="devnet", user=self.actions.user)
        assert ours == self.used
        moves = self.loop.run(read_history(self.actions.contracts, self.actions.user))
        paid = -sum(m.amount for m in moves if m.kind == "settlement")
        assert paid == self.settled, "what the chain settled is what we used and was taken"
        assert ours - paid == self.used - self.settled

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.loop.run(self._close())
            self.store.close()
            self.folder.cleanup()
            self.loop.close()

    async def _close(self) -> None:
        await self.rpc.aclose()
        await self.serving.__aexit__(None, None, None)


TestStory = Story.TestCase
TestStory.settings = settings(
    max_examples=12,
    stateful_step_count=18,
    deadline=None,
    phases=[Phase.generate],  # shrinking a story on a real chain takes minutes
    suppress_health_check=list(HealthCheck),
)
pytestmark = pytest.mark.slow
