"""How a student gets a key without copying one: a code that is good once."""

from __future__ import annotations

import html
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from zg_jupyter.gateway.group import GroupBook
from zg_jupyter.gateway.keys import KeyBook
from zg_jupyter.gateway.money import Money
from zg_jupyter.gateway.refusals import Refused
from zg_jupyter.units import to_0g

_MINUTE, _TRIES, _TRIES_OF_ALL = 60.0, 20, 600
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Join {name}</title>
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}}
pre{{background:#f3f3f3;color:#111;padding:1rem;border-radius:.4rem;white-space:pre-wrap}}</style>
<h1>Join {name}</h1><p>Type this into a cell of your notebook, and run it:</p>
<pre>%pip install -q zg-jupyter
%load_ext zg_jupyter
%zg join {link}</pre><p>The code is good once. Then ask, in another cell:</p>
<pre>%%zg_infer
What is a ledger?</pre></html>"""


class Joining:
    """Gives keys for codes.

    Parameters
    ----------
    keys, group, money:
        What a code stands for.
    base_url:
        Where students reach the gateway; as they came when empty.
    now:
        Unix seconds.
    """

    def __init__(
        self,
        keys: KeyBook,
        group: GroupBook,
        money: Money,
        base_url: str,
        now: Callable[[], float],
    ) -> None:
        self._keys = keys
        self._group = group
        self._money = money
        self._base_url = base_url
        self._now = now
        self._tried: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def join(self, code: str, address: str, base: str) -> dict[str, Any]:
        """The key behind a code; raises Refused for one that is wrong, used or guessed at."""
        self._count(address)
        found = self._keys.redeem(code[:40])
        if found is None:
            what = "That code is not known, or was used already. Ask your teacher for a new one."
            raise Refused(404, "join_code_not_found", what)
        key, secret = found
        group, left = self._group.now(), self._money.of_key(key).left
        models = key.models or group.models
        return {
            "key": secret,
            "base_url": self._base_url or base,
            "network": "class",
            "name": key.name,
            "class": group.name,
            "model": models[0] if models else "",
            "budget": None if left is None else f"{to_0g(left):f}",
        }

    async def page(self, request: Request) -> HTMLResponse:
        """Says what to type; the code stays unused."""
        base = self._base_url.removesuffix("/v1") or str(request.base_url).rstrip("/")
        link = f"{base}/join/{request.path_params['code'][:40]}"
        shown = _PAGE.format(name=html.escape(self._group.now().name), link=html.escape(link))
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        return HTMLResponse(
            shown, headers={"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
        )

    def _count(self, address: str) -> None:
        """Codes have 40 bits: guessing is hopeless at this pace."""
        now = self._now()
        with self._lock:
            for name, most in ((address, _TRIES), ("", _TRIES_OF_ALL)):
                tried = self._tried[name]
                while tried and tried[0] <= now - _MINUTE:
                    tried.popleft()
                if len(tried) >= most:
                    what = "Too many codes were tried. Wait a minute."
                    raise Refused(429, "rate_limit_exceeded", what, retry_after=_MINUTE)
            for name in (address, ""):
                self._tried[name].append(now)
