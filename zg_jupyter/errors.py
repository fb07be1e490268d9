"""Every error this package raises on purpose.

    ZgError
    ├── BadInput                what was typed cannot be meant
    │   └── NotHeld             a form of answers that nobody can be held to here
    ├── ConfigError             settings or environment
    │   ├── MissingExtra        a part that was not installed
    │   └── NetworkMismatch     the chain is not the one that was chosen
    ├── WalletError             no key, or a key that cannot sign
    ├── ChainError
    │   ├── ChainUnreachable    no answer from the RPC endpoint
    │   └── ContractReverted    the contract said no, with its own error name
    ├── MoneyError
    │   ├── InsufficientFunds   not enough 0G where it is needed
    │   └── BudgetExceeded      a limit that the user set
    ├── RouteError              sending a prompt
    │   ├── NoOffer             nobody offers what was asked for
    │   ├── ProviderUnreachable no connection, or it broke
    │   ├── ProviderRefused     the provider answered with an error
    │   ├── ProviderTimeout     the provider went silent
    │   ├── AnswerUnfit         an answer that is not of the form that was asked for
    │   ├── FundingRefused      the provider claims what our records do not know
    │   ├── JobLost             a job at a provider whose end cannot be seen now
    │   ├── NotVerified         nothing proves whose an answer is, and that was asked for
    │   ├── NotPrivate          nothing shows that only the provider's enclave reads the prompt
    │   └── UnsafeAddress       a URL that the guard refuses
    ├── TrustError              a signature or attestation that does not hold
    ├── ModelError              a local model: download, checksum, loading
    ├── ProviderError           running a provider
    ├── DevnetError             the embedded network
    ├── JobStopped              a job that was stopped before its answer was whole
    └── StoreError              the spend store on disk

Each one carries three sentences: what happened, what was or was not charged, and what to do
next. ``str(error)`` joins them, in the language of the front end, and IPython shows exactly that
line instead of a traceback. The three themselves stay English: programs may depend on them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NOTHING_CHARGED = "Nothing was charged."
#: Gives a text for people in the language of the front end; set by it, English without one.
in_other_words: Callable[[str], str] | None = None


def told(text: str) -> str:
    """Say a text of this package, made in English, in the language that people chose.

    Parameters
    ----------
    text:
        Sentences of an error, a notice or a verdict.

    Returns
    -------
    The same in that language; what is not known there stays as it is.
    """
    return in_other_words(text) if in_other_words is not None and text else text


class ZgError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    what:
        One sentence that says what was wrong.
    charged:
        What was, or was not, charged.
    next_step:
        What to do next, with the command to type.
    """

    def __init__(self, what: str, *, charged: str = NOTHING_CHARGED, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.charged = charged
        self.next_step = next_step

    def __str__(self) -> str:
        return " ".join(map(told, self.sentences()))

    def sentences(self, *, charged: bool = True) -> tuple[str, ...]:
        """What there is to read, in English: what happened, what it cost, what to do next."""
        cost = self.charged if charged else ""
        return tuple(part for part in (self.what, cost, self.next_step) if part)

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between processes: as they are, not by making them anew."""
        return _as_it_was, (type(self), self.args, dict(self.__dict__))

    def _render_traceback_(self) -> list[str]:
        """IPython's hook: the cell fails, and people read sentences, not frames."""
        return [f"{type(self).__name__}: {self}"]


def _as_it_was(kind: type[ZgError], args: tuple[Any, ...], known: dict[str, Any]) -> ZgError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(known)
    return error


class BadInput(ZgError):
    """What was typed cannot be meant."""


class NotHeld(BadInput):
    """A form that answers cannot be held to here; they can still be asked for it, and checked."""


class ConfigError(ZgError):
    """Settings or environment that do not work."""


class MissingExtra(ConfigError):
    """A part of the package that was not installed.

    Parameters
    ----------
    feature:
        What needs it, as the start of a sentence.
    extra:
        Name of the extra, for example ``devnet``.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs an optional part that is not installed.",
            next_step=f'Run: pip install "zg-jupyter[{extra}]"',
        )
        self.extra = extra


class NetworkMismatch(ConfigError):
    """The chain behind the RPC URL is not the one that was chosen."""


class WalletError(ZgError):
    """No key, or one that cannot sign."""


class ChainError(ZgError):
    """Anything the chain refused or failed to do."""


class ChainUnreachable(ChainError):
    """The RPC endpoint did not answer."""


class ContractReverted(ChainError):
    """A contract call was reverted.

    Parameters
    ----------
    name:
        Name of the custom error, or the revert string.
    arguments:
        Decoded arguments of the custom error, in order.
    sentence:
        What that means, for people; the name and its arguments when omitted.
    """

    def __init__(
        self,
        name: str,
        arguments: tuple[object, ...] = (),
        *,
        sentence: str = "",
        next_step: str = "",
    ) -> None:
        shown = f"{name}({', '.join(str(a) for a in arguments)})" if arguments else name
        what = f"{sentence[:-1]} ({name})." if sentence else f"The contract refused: {shown}."
        super().__init__(what, next_step=next_step)
        self.name = name
        self.arguments = arguments


class MoneyError(ZgError):
    """Not enough 0G, or more than a limit allows."""


class InsufficientFunds(MoneyError):
    """Not enough 0G where it is needed.

    Parameters
    ----------
    needed, available:
        Amounts in neuron.
    """

    def __init__(self, what: str, *, needed: int, available: int, next_step: str) -> None:
        super().__init__(what, next_step=next_step)
        self.needed = needed
        self.available = available


class BudgetExceeded(MoneyError):
    """A spending limit set by the user would be passed.

    Parameters
    ----------
    scope:
        Which one (:data:`zg_jupyter.spend.budget.SCOPES`), where it is known.
    """

    def __init__(self, what: str, *, next_step: str = "", scope: str = "") -> None:
        super().__init__(what, next_step=next_step)
        self.scope = scope


class RouteError(ZgError):
    """A prompt could not be sent or answered."""


class NoOffer(RouteError):
    """No service matches what was asked for."""


class ProviderUnreachable(RouteError):
    """No connection to the provider, or it broke."""


class ProviderRefused(RouteError):
    """The provider answered with an error status.

    Parameters
    ----------
    status:
        HTTP status code.
    code:
        The reason in one word, where a router gave one (protocol/router.md 13).
    """

    def __init__(
        self,
        what: str,
        *,
        status: int,
        charged: str = NOTHING_CHARGED,
        next_step: str = "",
        retry_after: float | None = None,
        code: str = "",
    ) -> None:
        super().__init__(what, charged=charged, next_step=next_step)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class ProviderTimeout(RouteError):
    """The provider went silent for longer than the limit."""


class AnswerUnfit(RouteError):
    """An answer came and is paid, but it is not of the form that was asked for."""


class FundingRefused(RouteError):
    """The provider claims, or took, what our own records do not know: it gets no top-up."""


class JobLost(RouteError):
    """A job at a provider whose end cannot be seen from here; it may go on, and be charged.

    Attributes
    ----------
    gone:
        Whether looking again later is of no use.
    """

    gone = False


class NotVerified(RouteError):
    """An answer came, and nothing proves whose it is; only verified ones were asked for."""


class NotPrivate(RouteError):
    """Nothing that can be believed shows that only the provider's enclave would read a prompt."""


class UnsafeAddress(RouteError):
    """A provider's URL that must not be called."""


class TrustError(ZgError):
    """A signature or attestation that does not hold."""


class ModelError(ZgError):
    """A local model could not be fetched, checked or loaded."""


class ProviderError(ZgError):
    """Running a provider failed."""


class DevnetError(ZgError):
    """The embedded network could not do what was asked."""


class JobStopped(ZgError):
    """A job that was stopped before its answer was whole."""


class StoreError(ZgError):
    """The spend store on disk could not be read or written."""
