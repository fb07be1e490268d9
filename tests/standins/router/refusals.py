"""What the stand-in says when it refuses: the envelope of protocol/router.md section 13."""

from __future__ import annotations

from collections.abc import Mapping

_TYPES = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    402: "payment_error",
    403: "permission_error",
    404: "not_found_error",
    # Types of these are unverified.
    409: "invalid_request_error",
    410: "invalid_request_error",
    423: "payment_error",
    424: "server_error",
    429: "rate_limit_error",
    500: "server_error",
    501: "server_error",
    502: "server_error",
    503: "server_error",
}


class Refused(Exception):
    """Ends a call with an error envelope.

    Parameters
    ----------
    status, code:
        What clients may branch on.
    message:
        What they may not.
    headers:
        Further headers, such as ``Retry-After``.
    type:
        Of the error; by its status when empty.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        headers: Mapping[str, str] | None = None,
        type: str = "",  # noqa: A002 - the field's own name
    ) -> None:
        self.status, self.code, self.message = status, code, message or code.replace("_", " ")
        self.headers = dict(headers or {})
        self.type = type or _TYPES.get(status, "server_error")
        super().__init__(f"{status} {code}: {self.message}")

    def envelope(self, request_id: str = "") -> dict[str, object]:
        """The JSON of it; without ``request_id`` when there is none."""
        error = {"message": self.message, "type": self.type, "code": self.code}
        return {"error": error, "request_id": request_id} if request_id else {"error": error}
