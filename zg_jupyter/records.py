"""The things that travel between the rooms. All frozen; all amounts ``int`` neuron."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

from zg_jupyter.chat_request import ChatRequest as ChatRequest
from zg_jupyter.chat_request import Message as Message
from zg_jupyter.evidence import Evidence, proof_of
from zg_jupyter.prices import Prices, prices_of_service
from zg_jupyter.verdict import NOT_CHECKED as NOT_CHECKED
from zg_jupyter.verdict import Verdict as Verdict
from zg_jupyter.verdict import VerdictStatus as VerdictStatus
from zg_jupyter.vitals import Health as Health
from zg_jupyter.vitals import HealthState as HealthState
from zg_jupyter.vitals import Machine as Machine
from zg_jupyter.vitals import Outcome as Outcome
from zg_jupyter.vitals import Sample as Sample
from zg_jupyter.vitals import Speed as Speed

_SHORTEST = 0.05  # seconds; an answer that comes in one piece has no pace
RouteName = Literal["direct", "router", "local", "endpoint"]


@dataclass(frozen=True)
class Service:
    """One record of InferenceServing (protocol/contracts.md 2.2); prices per token in neuron."""

    provider: str
    service_type: str
    url: str
    input_price: int
    output_price: int
    updated_at: int
    model: str
    verifiability: str
    additional_info: str
    signer: str
    acknowledged: bool


@dataclass(frozen=True)
class Refund:
    """Neuron asked back from a sub-account, and when (unix seconds of the chain's clock)."""

    amount: int
    created_at: int


@dataclass(frozen=True)
class Account:
    """One sub-account of InferenceServing (protocol/contracts.md 2.2); amounts in neuron."""

    user: str
    provider: str
    nonce: int
    balance: int
    pending_refund: int
    acknowledged: bool
    generation: int
    revoked_bitmap: int
    refunds: tuple[Refund, ...] = ()

    @property
    def locked_balance(self) -> int:
        """What the provider's balance rule counts (protocol/inference.md section 8)."""
        return self.balance - self.pending_refund


@dataclass(frozen=True)
class Ledger:
    """A user's main account in LedgerManager; amounts in neuron."""

    user: str
    available: int
    total: int

    @property
    def locked(self) -> int:
        """Sum of what sits in sub-accounts."""
        return self.total - self.available


@dataclass(frozen=True)
class Offer:
    """A model at a provider at a price (neuron per token).

    ``info`` is the service's ``additionalInfo``; ``pricing.prices_at`` reads tiers and cache rules
    from it. Of an endpoint of the user's own, ``provider`` is the name he gave it.
    """

    route: RouteName
    provider: str
    url: str
    model: str
    service_type: str
    input_price: int
    output_price: int
    verifiability: str = ""
    signer: str = ""
    acknowledged: bool = False
    development: bool = False
    info: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def prices(self) -> Prices:
        """Its prices with every rule in ``info``; raises ValueError where one makes no sense."""
        return prices_of_service(self.input_price, self.output_price, self.info)

    @property
    def is_paid(self) -> bool:
        """Whether an answer costs anything."""
        return bool(self.input_price or self.output_price)

    @property
    def is_told(self) -> bool:
        """Whether its token counts are somebody else's word; this machine counts itself."""
        return self.route != "local"

    @property
    def has_account(self) -> bool:
        """Whether whoever sells it is paid from a sub-account, and has a signer on the chain."""
        return self.route == "direct"

    @property
    def label(self) -> str:
        """Short name for people: the address's first and last digits."""
        p = self.provider
        if len(p) == 42:
            return f"{p[:6]}…{p[-4:]}"
        return p or ("this machine" if self.route == "local" else self.route)


@dataclass(frozen=True)
class Usage:
    """What one exchange used; ``estimated`` when no usage came from the provider.

    The prompt's tokens include those that were read from a cache or written to it (for longer:
    ``_1h``). ``images`` and ``seconds`` (of speech, as billed) are what other services count.
    """

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    images: int = 0
    seconds: int = 0

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class CostRange:
    """Least and most an exchange may cost, in neuron."""

    low: int
    high: int


@dataclass(frozen=True)
class Step:
    """One entry of a plan: an offer, what it may cost, and why it stands here.

    ``max_tokens`` bounds the answer: what was asked for, or what a budget still pays. A
    ``fallback`` is asked only when nobody else could answer. ``if_it_fails`` says what happens
    when this provider does not answer.
    """

    offer: Offer
    cost: CostRange
    why: str
    max_tokens: int = 0
    fallback: bool = False
    if_it_fails: str = ""


@dataclass(frozen=True)
class Plan:
    """Ordered attempts, and the offers that were left out with the reason.

    ``instead`` says why the fallback is all there is.
    """

    steps: tuple[Step, ...]
    left_out: tuple[tuple[Offer, str], ...] = ()
    instead: str = ""

    @property
    def stages(self) -> tuple[tuple[Step, ...], ...]:
        """The steps, and apart from them the fallback: it comes when all before it failed."""
        first = tuple(step for step in self.steps if not step.fallback)
        last = tuple(step for step in self.steps if step.fallback)
        return tuple(stage for stage in (first, last) if stage)

    @property
    def worst_cost(self) -> int:
        """The most one answer may cost, in neuron."""
        return max((step.cost.high for step in self.steps), default=0)


@dataclass(frozen=True)
class Attempt:
    """One try at one provider: who, why, when (unix seconds), bytes, outcome; neuron.

    ``unclear`` is what it may have been billed beyond ``cost``: nobody saw its end.
    """

    provider: str
    model: str
    route: RouteName
    started_at: float
    outcome: Outcome
    reason: str = ""
    received_bytes: int = 0
    cost: int = 0
    seconds: float = 0.0
    unclear: int = 0


def _after_first(usage: Usage) -> int:
    return max(0, usage.completion_tokens - 1)


class Attempts(tuple[Attempt, ...]):
    """The tries of an answer, in their order; a notebook shows them as a table."""


@dataclass(frozen=True)
class Receipt:
    """What one answer was: who gave it, what it cost, how long it took, what was proved.

    ``recorded_at`` (unix seconds) says that the answer is not a new one: usage, signature and
    ``request_id`` are those of when it was paid for; ``replayed``: from a file of ``%zg record``.
    ``sealed`` says that nobody between this machine and the provider's enclave could read prompt
    or answer; ``development`` that the enclave is a stand-in. ``machine``: of local answers.
    """

    request_id: str
    network: str
    route: RouteName
    provider: str
    model: str
    usage: Usage
    cost: int
    first_token_seconds: float | None
    total_seconds: float
    verdict: Verdict
    attempts: tuple[Attempt, ...] = ()
    recorded_at: float | None = None
    sealed: bool = False
    development: bool = False
    replayed: bool = False
    machine: Machine | None = None
    evidence: Evidence | None = field(default=None, compare=False, repr=False)

    @property
    def reused(self) -> bool:
        """Whether a recorded answer was given again, for nothing."""
        return self.recorded_at is not None

    @property
    def tokens_per_second(self) -> float | None:
        """The pace after the first token; ``None`` where tokens or times are not known well."""
        if self.machine is not None:
            return self.machine.tokens_per_second
        if self.first_token_seconds is None or self.usage.estimated or len(self.attempts) > 1:
            return None
        seconds, more = self.total_seconds - self.first_token_seconds, _after_first(self.usage)
        return more / seconds if more and seconds > _SHORTEST else None

    def proof(self) -> dict[str, Any]:
        """All that is needed to check the answer again, as plain JSON; waits for its signature."""
        return proof_of(self, self.verdict.wait())


@dataclass(frozen=True)
class Answer:
    """The text, and everything known about it.

    ``finish_reason`` is the model's own (``stop``, ``length``) or ``interrupted`` / ``error``
    for a partial text. ``value`` is what the text says as data, where data was asked for;
    ``before`` are the receipts of earlier answers that were no such data. ``images`` are PNG, JPEG
    or WebP files, where those were asked for.
    """

    text: str
    finish_reason: str
    receipt: Receipt
    value: Any = field(default=None, hash=False)
    before: tuple[Receipt, ...] = ()
    images: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def usage(self) -> Usage:
        return self.receipt.usage

    @property
    def cost(self) -> int:
        """Cost in neuron, of ``before`` too; :func:`zg_jupyter.units.to_0g` gives 0G."""
        return sum(receipt.cost for receipt in (*self.before, self.receipt))

    @property
    def attempts(self) -> Attempts:
        """Every try at a provider that it took."""
        return Attempts(a for receipt in (*self.before, self.receipt) for a in receipt.attempts)

    @property
    def reused(self) -> bool:
        """Whether it was recorded earlier and given again, for nothing."""
        return self.receipt.reused

    @property
    def complete(self) -> bool:
        return self.finish_reason not in ("interrupted", "error")

    @property
    def cut(self) -> bool:
        """Whether it ended at its limit of tokens."""
        return self.finish_reason == "length"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        head = repr(self.text if self.value is None else self.value)
        head = head if len(head) <= 62 else head[:59] + "..."
        if self.images:
            head = f"of {len(self.images)} image{'s' * (len(self.images) > 1)}"
        return f"<Answer {head} from {self.receipt.model}, {self.cost} neuron>"


@dataclass(frozen=True)
class Delta:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True)
class Notice:
    """Something a person should see while waiting: a transfer, a failover."""

    text: str


@dataclass(frozen=True)
class Restarted:
    """The text so far counts no more: the answer starts over, for this reason."""

    reason: str = ""


@dataclass(frozen=True)
class Finished:
    """The last event of a stream."""

    answer: Answer


Event: TypeAlias = Delta | Notice | Restarted | Finished
