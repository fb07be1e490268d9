"""Requests that are answered with an error, in the router's words (protocol/router.md 13)."""

from __future__ import annotations

import math
from typing import Any

from starlette.responses import JSONResponse

from zg_jupyter.errors import (
    BadInput,
    BudgetExceeded,
    InsufficientFunds,
    NoOffer,
    ProviderRefused,
    StoreError,
    ZgError,
)

_TYPES = {
    401: "invalid_request_error",
    402: "payment_error",
    403: "permission_error",
    404: "not_found_error",
    409: "invalid_request_error",
    410: "invalid_request_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
}


class Refused(Exception):
    """Ends a request.

    Parameters
    ----------
    status, code:
        HTTP status, and the reason in one word.
    message:
        What was wrong and what to do, for people.
    retry_after:
        Seconds after which trying again makes sense.
    """

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after

    def envelope(self, request_id: str) -> dict[str, Any]:
        """The body that the client gets."""
        default = "server_error" if self.status >= 500 else "invalid_request_error"
        kind = _TYPES.get(self.status, default)
        error = {"message": self.message, "type": kind, "code": self.code}
        return {"error": error, "request_id": request_id}

    def response(self, request_id: str) -> JSONResponse:
        """The whole answer."""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(max(1, math.ceil(self.retry_after)))
        return JSONResponse(self.envelope(request_id), self.status, headers=headers)


def of_error(error: ZgError) -> Refused:
    """What a student hears of an error of ours: who pays and how is not for students."""
    said = f"{error.what} {error.charged}".strip()
    if isinstance(error, BudgetExceeded):
        return Refused(402, "key_limit_reached", said)
    if isinstance(error, InsufficientFunds):
        what = "The account behind this gateway has no money left. Tell your teacher."
        return Refused(402, "insufficient_balance", what)
    if isinstance(error, NoOffer):
        return Refused(404, "model_not_found", f"{said} {error.next_step}".strip())
    if isinstance(error, BadInput):
        return Refused(400, "invalid_request", said)
    if isinstance(error, ProviderRefused):
        return _of_provider(error, said)
    if isinstance(error, StoreError):
        what = "The gateway cannot write its record, so nothing is sent. Tell your teacher."
        return Refused(503, "internal_error", what)
    return Refused(502, "provider_error", said)


def _of_provider(error: ProviderRefused, said: str) -> Refused:
    if error.status == 429:
        return Refused(429, "rate_limit_exceeded", said, retry_after=error.retry_after or 1)
    if error.status in (400, 413, 422):
        return Refused(400, "invalid_request", said)
    if error.status == 503:
        return Refused(503, "no_available_provider", said)
    return Refused(502, "provider_error", said)
