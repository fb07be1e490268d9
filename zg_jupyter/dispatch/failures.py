"""What a failure means: whose fault it is, whether anybody else may be asked, what people read."""

from __future__ import annotations

from zg_jupyter.errors import (
    NOTHING_CHARGED,
    ChainUnreachable,
    FundingRefused,
    InsufficientFunds,
    NotPrivate,
    NotVerified,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnreachable,
    RouteError,
    UnsafeAddress,
    ZgError,
)
from zg_jupyter.records import Offer, Step

#: What is wrong with our own request, token or money: nobody else would like it better.
_OURS = frozenset({400, 401, 402, 403, 409, 413, 422, 423})
_BUSY = frozenset({429, 502, 503, 504})
_TOKEN_TROUBLE = ("session token", "expired", "validate session")
_FUNDS_TROUBLE = ("insufficient balance", "account not exist", "account does not exist")


#: After which somebody else may be asked.
Failure = RouteError | ChainUnreachable


def mendable(refused: ProviderRefused, offer: Offer) -> bool:
    """Whether a new session token, or money, may help: with a provider's own, not with a key."""
    if offer.route != "direct":
        return False
    text = refused.what.lower()
    return refused.status in (400, 402) and any(
        word in text for word in (*_TOKEN_TROUBLE, *_FUNDS_TROUBLE)
    )


def doubts_token(refused: ProviderRefused) -> bool:
    """Whether it is the session token that a provider does not take."""
    return any(word in refused.what.lower() for word in _TOKEN_TROUBLE)


def is_busy(error: Failure) -> bool:
    return isinstance(error, ProviderRefused) and error.status in _BUSY


def is_routers(error: Failure, offer: Offer) -> bool:
    """Whether a router speaks for itself: of its key, its account or its own trouble.

    Limits and money are of the account (protocol/router.md 11, 13), so the router says the same
    whichever of its providers is named.
    """
    if offer.route != "router" or not isinstance(error, ProviderRefused):
        return False
    return error.status in (401, 402, 403, 423, 429) or error.code == "vault_unavailable"


def is_in_vain(failures: list[tuple[Step, Failure]], step: Step) -> bool:
    """Whether a step would be refused as the last one was."""
    if not failures or step.offer.route != "router":
        return False
    before, error = failures[-1]
    if is_routers(error, before.offer):
        return True
    unknown = isinstance(error, ProviderRefused) and error.code == "model_not_found"
    return unknown and before.offer.model == step.offer.model


def may_pass_over(error: RouteError) -> bool:
    if isinstance(error, ProviderRefused):
        return error.status not in _OURS
    return isinstance(
        error,
        (
            *(ProviderUnreachable, ProviderTimeout, UnsafeAddress, FundingRefused),
            *(NotPrivate, NotVerified),
        ),
    )


def advised(refused: ProviderRefused, step: Step) -> ProviderRefused | InsufficientFunds:
    """A refusal for money becomes advice on money."""
    if step.offer.route == "direct" and "insufficient balance" in refused.what.lower():
        return InsufficientFunds(
            refused.what, needed=step.cost.high, available=0, next_step="Run: %zg deposit 1"
        )
    return refused


def both(first: ZgError, then: ZgError) -> ZgError:
    """The fallback failed as well: why it was needed must not be lost."""
    then.what = f"{first.what} {then.what}"
    if then.charged == NOTHING_CHARGED:
        then.charged = first.charged
    return then


def all_failed(failures: list[tuple[Step, Failure]]) -> Failure:
    if all(isinstance(error, ChainUnreachable) for _, error in failures):
        return failures[0][1]  # the same trouble for each of them
    if len(failures) == 1:
        error = failures[0][1]
        error.next_step = error.next_step or "Look for another one with: %zg providers"
        return error
    said = " ".join(error.what for _, error in failures)
    # One that went silent may still bill: the others must not hide that.
    unsure = [error.charged for _, error in failures if error.charged != NOTHING_CHARGED]
    return ProviderUnreachable(
        f"All {len(failures)} providers failed. {said}",
        charged=unsure[0] if unsure else NOTHING_CHARGED,
        next_step="Check the network with: %zg status",
    )
