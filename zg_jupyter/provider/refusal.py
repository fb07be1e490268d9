"""A request that is answered with an error status (protocol/inference.md section 10)."""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import Literal

Source = Literal["client", "broker", "upstream"]


class Refusal(Exception):
    """Ends a request with a status and a text for the client.

    Parameters
    ----------
    status:
        HTTP status. From 500 on only the generic text of the status reaches the client.
    text:
        What was wrong.
    source:
        Whose failure it is, for the header ``ZG-Failure-Source``.
    retry_after:
        Seconds after which trying again makes sense.
    code:
        Set for errors in the shape that OpenAI clients know.
    raw:
        The body is the text itself, not JSON.
    """

    def __init__(
        self,
        status: int,
        text: str,
        *,
        source: Source = "client",
        retry_after: float | None = None,
        code: str = "",
        raw: bool = False,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.source = source
        self.retry_after = retry_after
        self.code = code
        self.raw = raw

    def body(self) -> bytes:
        """The body that the client gets."""
        if self.raw:
            return self.text.encode()
        if self.status >= 500:
            return _json({"error": HTTPStatus(self.status).phrase})
        if self.code:
            error = {"message": self.text, "type": "invalid_request_error", "code": self.code}
            return _json({"error": error})
        return _json({"error": self.text})

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Headers that go with it."""
        headers = [
            (b"content-type", b"text/plain" if self.raw else b"application/json"),
            (b"zg-failure-source", self.source.encode()),
        ]
        if self.retry_after is not None:
            headers.append((b"retry-after", str(max(1, math.ceil(self.retry_after))).encode()))
        return headers


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
