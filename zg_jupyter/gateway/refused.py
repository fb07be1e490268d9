"""Refusals in the envelope of the router's dialect (protocol/router.md 13)."""

from __future__ import annotations

import json
from collections.abc import Callable

from zg_jupyter.errors import (
    NOTHING_CHARGED,
    BadInput,
    BudgetExceeded,
    InsufficientFunds,
    NoOffer,
    ProviderRefused,
    RouteError,
    ZgError,
)
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.spend.budget import SCOPES

_TYPES = {
    402: "payment_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_BUSY_SECONDS = 2.0


class Refused(Refusal):
    """Ends a request with a status, a code and one sentence.

    Parameters
    ----------
    status, code, text:
        As in protocol/router.md 13.
    retry_after:
        Seconds after which trying again makes sense.
    """

    def __init__(
        self, status: int, code: str, text: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(status, text, code=code, retry_after=retry_after)

    @property
    def kind(self) -> str:
        """The ``type`` of the envelope."""
        return _TYPES.get(
            self.status, "server_error" if self.status >= 500 else "invalid_request_error"
        )

    def fields(self) -> dict[str, str]:
        """What stands under ``error``."""
        return {"message": self.text, "type": self.kind, "code": self.code}

    def body(self) -> bytes:
        """The body that the client gets."""
        return json.dumps({"error": self.fields()}, separators=(",", ":")).encode()


def of_refusal(refusal: Refusal) -> Refused:
    """A refusal of a part that the gateway shares with providers, in this dialect."""
    if isinstance(refusal, Refused):
        return refusal
    code = {413: "invalid_body", 408: "invalid_body", 400: "invalid_request"}.get(refusal.status)
    text = f"{refusal.text[:1].upper()}{refusal.text[1:].rstrip('.')}. {NOTHING_CHARGED}"
    wait = refusal.retry_after
    return Refused(refusal.status, code or "internal_error", text, retry_after=wait)


def of_error(error: ZgError) -> Refused:
    """What a student is told of an error of the client that pays; not what to type in a kernel."""
    for kind, told in _TOLD:
        if isinstance(error, kind):
            return told(error)
    return Refused(503, "no_available_provider", _sentence(error), retry_after=_BUSY_SECONDS)


def _budget(error: ZgError) -> Refused:
    assert isinstance(error, BudgetExceeded)
    code, whose = {
        "notebook": ("key_limit_reached", "your share"),
        "batch": ("class_limit_reached", "the class's budget"),
    }.get(error.scope, ("insufficient_balance", "the budget of whoever pays for this class"))
    if error.scope:
        error.what = error.what.replace(SCOPES[error.scope][0], whose)
    return Refused(402, code, _sentence(error))


def _provider(error: ZgError) -> Refused:
    assert isinstance(error, ProviderRefused)
    if error.status == 429:
        wait = error.retry_after or _BUSY_SECONDS
        return Refused(429, "rate_limit_exceeded", _sentence(error), retry_after=wait)
    if error.status == 400:
        return Refused(400, "invalid_request", _sentence(error))
    return Refused(502, "provider_error", _sentence(error))


def _sentence(error: ZgError) -> str:
    return f"{error.what} {error.charged}".strip()


_TOLD: list[tuple[type[ZgError], Callable[[ZgError], Refused]]] = [
    (BudgetExceeded, _budget),
    (InsufficientFunds, lambda e: Refused(402, "insufficient_balance", _sentence(e))),
    (BadInput, lambda e: Refused(400, "invalid_request", _sentence(e))),
    (NoOffer, lambda e: Refused(503, "no_available_provider", _sentence(e))),
    (ProviderRefused, _provider),
    (RouteError, lambda e: Refused(502, "provider_error", _sentence(e))),
]
