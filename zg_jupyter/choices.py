"""What a person can ask for beside the prompt: how, at whom, at what price."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields
from typing import Any, Literal

from zg_jupyter.errors import BadInput
from zg_jupyter.units import parse_amount

Sort = Literal["price", "latency", "throughput"]
Failover = Literal["next", "restart", "none"]
Fallback = Literal["local", "remote", "none"]
Verify = Literal["strict", "warn", "off"]
_ALLOWED: dict[str, tuple[str, ...]] = {
    "sort": ("price", "latency", "throughput"),
    "failover": ("next", "restart", "none"),
    "fallback": ("local", "remote", "none"),
    "verify": ("strict", "warn", "off"),
}


@dataclass(frozen=True)
class Choices:
    """The options of one request; ``None`` means that the settings, or nobody, decides.

    Attributes
    ----------
    system, temperature, top_p, seed, stop:
        As the model understands them.
    max_tokens:
        Upper bound of the answer in tokens.
    model, provider:
        Only this model, only this provider (address or the start of it; ``local`` is this
        machine).
    sort:
        What makes an offer better than another: ``price``, ``latency`` or ``throughput``.
    max_price:
        The most that a million tokens of the answer may cost, in 0G as text.
    max_cost:
        The most that this request may cost, in 0G as text; the answer is kept shorter for it.
    only_verified:
        Leave out services that do not sign their answers.
    verify:
        ``warn`` checks the signature after the answer, and the receipt says what came of it;
        ``strict`` shows no answer before it is verified and asks elsewhere when it is not, which
        is a second bill; ``off`` checks nothing.
    failover:
        After the first byte: ``next`` keeps the part that arrived, ``restart`` asks elsewhere
        again (a second bill); ``none`` asks one provider only, whatever happens.
    fallback:
        Who answers when nobody else could before the first word: ``local`` is this machine, free
        of charge; ``remote`` are the paid providers, behind ``provider="local"``.
    hedge:
        Seconds without a first word after which a second provider is asked as well.
    timeout:
        Seconds for a whole answer.
    retries:
        How often everything is tried again when all providers are busy.
    private:
        Seal prompt and answer, so that the provider's enclave alone can read them.
    reuse:
        Record the answer, and give it again for nothing when the same is asked again.
    """

    system: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    model: str | None = None
    provider: str | None = None
    sort: Sort = "price"
    max_price: str | None = None
    max_cost: str | None = None
    only_verified: bool = False
    verify: Verify = "warn"
    failover: Failover = "next"
    fallback: Fallback | None = None
    hedge: float | None = None
    timeout: float | None = None
    retries: int = 1
    private: bool | None = None
    reuse: bool = False

    @property
    def signed_only(self) -> bool:
        """Whether an answer without a signature is of no use."""
        return self.only_verified or self.verify == "strict"

    @property
    def most(self) -> int | None:
        """``max_cost`` in neuron."""
        return None if self.max_cost is None else parse_amount(self.max_cost)

    @property
    def most_per_million(self) -> int | None:
        """``max_price`` in neuron per million tokens."""
        return None if self.max_price is None else parse_amount(self.max_price)


_NAMES = {f.name for f in fields(Choices)}


def choices(**given: Any) -> Choices:
    """Options as they were given, checked.

    Raises
    ------
    BadInput
        For an unknown name (with the closest match), or a value that cannot be meant.
    """
    for name in given:
        if name not in _NAMES:
            close = difflib.get_close_matches(name, sorted(_NAMES), n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"There are: {sorted(_NAMES)}."
            raise BadInput(f"There is no option {name[:40]!r}.", next_step=hint)
    if isinstance(given.get("stop"), str):
        given["stop"] = (given["stop"],)
    made = Choices(**{k: v for k, v in given.items() if v is not None})
    for name, allowed in _ALLOWED.items():
        value = getattr(made, name)
        if value is not None and value not in allowed:
            close = difflib.get_close_matches(str(value), allowed, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Choose {', '.join(allowed)}."
            raise BadInput(f"{name} cannot be {str(value)[:40]!r}.", next_step=hint)
    _check_numbers(made)
    if made.private not in (None, True, False):
        raise BadInput(f"private is True or False, not {str(made.private)[:40]!r}.")
    if made.most == 0 or made.most_per_million == 0:
        raise BadInput("A limit of zero leaves nothing to ask for.")
    return made


def _check_numbers(made: Choices) -> None:
    bounds = {
        "temperature": (0, 2),
        "top_p": (0, 1),
        "max_tokens": (1, 10**7),
        "hedge": (0.01, 3600),
        "timeout": (0.01, 86_400),
        "retries": (0, 20),
    }
    for name, (low, high) in bounds.items():
        value = getattr(made, name)
        if value is not None and not low <= value <= high:  # NaN is in no range
            raise BadInput(f"{name} is between {low} and {high}, not {value}.")
