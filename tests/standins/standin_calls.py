"""Calls to the router's stand-in by hand, for its own tests."""

from __future__ import annotations

from typing import Any

import httpx


class Caller:
    """Calls the stand-in by hand; gives replies as they come.

    Attributes
    ----------
    key:
        The secret that is sent when a call names no other one.
    """

    def __init__(self, base_url: str, key: str) -> None:
        self.key = key
        self._http = httpx.Client(base_url=base_url, trust_env=False)

    def __call__(
        self, method: str, path: str, *, key: str | None = None, **more: Any
    ) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        token = self.key if key is None else key
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self._http.request(method, path, headers=headers, **more)

    def chat(self, model: str = "qwen2.5-omni", **more: Any) -> httpx.Response:
        """Ask for one word."""
        body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
        body.update(more.pop("body", {}))
        return self("POST", "/chat/completions", json=body, **more)

    def close(self) -> None:
        self._http.close()
