"""A class gateway over the embedded network, as a teacher and students see it."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from typing import Any

import httpx
import openai
import pytest

from zg_jupyter import client as clients
from zg_jupyter.background import shared
from zg_jupyter.gateway.keys import Rules
from zg_jupyter.gateway.run import Config, serving

MODEL = "canned-8t-5ms"


@dataclass
class Classroom:
    """A gateway that runs, and who pays for it."""

    url: str
    manager: str
    payer: Any
    name: str

    def teacher(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.manager}"}
        return httpx.request(method, self.url + path, headers=headers, json=body, timeout=30)

    def new_key(self, name: str = "", **fields: Any) -> dict[str, Any]:
        body = {"name": name or f"student-{secrets.token_hex(4)}", **fields}
        reply = self.teacher("POST", "/api-keys", body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def item(self, key_id: str) -> dict[str, Any]:
        data = self.teacher("GET", "/api-keys").json()["data"]
        return next(one for one in data if one["key_id"] == key_id)

    def ask(self, key: str, model: str = MODEL, **fields: Any) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": "one two three"}]}
        return httpx.post(
            f"{self.url}/chat/completions",
            headers={"Authorization": f"Bearer {key}", **fields.pop("headers", {})},
            json={**body, "max_tokens": 64, **fields},
            timeout=60,
        )

    def openai(self, key: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=self.url, api_key=key, max_retries=0)


@contextlib.contextmanager
def classroom(*, name="", network="devnet", connecting=None, **config):
    """A gateway in this process, whose payer has money; a new class unless one is named."""
    name = name or f"class-{secrets.token_hex(4)}"
    with clients.connect(network, **(connecting or {})) as payer, contextlib.ExitStack() as stack:
        config = Config(name, port=0, **config)
        running = serving(config, payer._inner)
        seen = shared().run(running.__aenter__())
        stack.callback(lambda: shared().run(running.__aexit__(None, None, None)))
        yield Classroom(seen.url, seen.manager_file.read_text().strip(), payer, name)


@pytest.fixture
def network_home(canned_network, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    with clients.connect("devnet") as payer:
        if payer.overview().ledger is None or payer.overview().ledger.available < 2 * 10**18:
            payer.deposit(4 * 10**18)
    return canned_network


@pytest.fixture
def room(network_home):
    with classroom(rules=Rules(model=MODEL)) as made:
        yield made
