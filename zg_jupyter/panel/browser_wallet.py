"""The bridge to a wallet in the page: button, page, callback, and never a wait inside a cell."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import itertools
import sys
from collections.abc import Callable, Mapping
from typing import Any

import traitlets

from zg_jupyter import wallets
from zg_jupyter.errors import WalletError, ZgError
from zg_jupyter.panel.widgets import STATIC, Widget
from zg_jupyter.panel.words import Words

_SECONDS = 180.0  # a person reads, and looks for the right button
_SHORT = 15.0  # for what no person is asked
_ASKS_NOBODY = frozenset({"eth_chainId", "eth_accounts"})
_LONGEST = 4096
_KEYS = (
    *("none", "choose", "connect", "connected", "disconnect", "declined"),
    *("pending", "wallet", "changed"),
)


class BrowserWallets(Widget):
    """The wallets of the page a person looks at, and the requests to the one that was chosen.

    One kernel may be shown in several pages. Requests go to the page in which the person pressed
    the button, known by an id that outlives a reload; the others only show the state.

    Parameters
    ----------
    words:
        Of the panel.
    told:
        Called in the main thread when an account was connected (its address) or is gone (empty).
    """

    _esm = STATIC / "browser_wallet.js"
    address = traitlets.Unicode().tag(sync=True)
    words: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, words: Words, told: Callable[[str], None]) -> None:
        super().__init__(words={key: words(f"browser.{key}") for key in _KEYS})
        self._told = told
        self._say = words
        self._page = ""
        self._numbers = itertools.count(1)
        self._open: dict[int, concurrent.futures.Future[Any]] = {}
        self.on_msg(self._heard)

    async def ask(self, method: str, params: list[Any]) -> Any:
        """One EIP-1193 request in the page; see :class:`zg_jupyter.wallets.Page`.

        Raises
        ------
        PageError, PageGone, WalletError
            As described there.
        """
        if _runs_a_cell():
            raise WalletError(
                "Your wallet is asked in the page, and a running cell keeps the page waiting.",
                charged="Nothing was sent.",
                next_step="Open %zg panel, section Wallet, press the button there, then run the "
                "cell again.",
            )
        number = next(self._numbers)
        answer = self._open[number] = concurrent.futures.Future()
        self.send({"ask": number, "page": self._page, "method": method, "params": params})
        seconds = _SHORT if method in _ASKS_NOBODY else _SECONDS
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), seconds)
        except asyncio.TimeoutError:
            raise wallets.PageGone(self._say("browser.late", seconds=int(seconds))) from None
        finally:
            self._open.pop(number, None)
            with contextlib.suppress(Exception):  # the front end may be gone
                self.send({"over": number})

    def _heard(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        page = str(content.get("page", ""))[:64]
        if "hello" in content:
            if page and page == self._page:
                self._lose(self._say("browser.reloaded"))
        elif "connect" in content:
            self._connect(str(content["connect"])[:64], page)
        elif "disconnect" in content or "changed" in content:
            if page == self._page:
                self._disconnect()
        elif page == self._page and (answer := self._open.get(content.get("answer", 0))):
            _settle(answer, content)

    def _connect(self, address: str, page: str) -> None:
        self._lose(self._say("browser.other_page"))
        try:
            wallets.connect_browser(address, self)
        except ZgError:
            return  # a wallet that names no address is none
        self._page, self.address = page, address
        self._told(address)

    def _disconnect(self) -> None:
        if self.address:
            self._lose(self._say("browser.other_account"))
            wallets.disconnect_browser()
            self.address, self._page = "", ""
            self._told("")

    def _lose(self, why: str) -> None:
        """Whatever was asked gets no answer any more."""
        for answer in list(self._open.values()):
            if not answer.done():
                answer.set_exception(wallets.PageGone(why))


def _settle(answer: concurrent.futures.Future[Any], content: Mapping[str, Any]) -> None:
    if answer.done():
        return  # said twice
    error = content.get("error")
    if isinstance(error, Mapping):
        code = error.get("code")
        message = str(error.get("message", ""))[:200]
        answer.set_exception(wallets.PageError(code if isinstance(code, int) else 0, message))
        return
    result = content.get("result")
    good = result is None or (isinstance(result, str) and len(result) <= _LONGEST)
    answer.set_result(result if good else "")


def _runs_a_cell() -> bool:
    """Whether the kernel is in a cell, and hears nothing from the page until that ends."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return _running.get(id(shell), False)


_running: dict[int, bool] = {}


def watch(shell: Any) -> None:
    """Know from now on when this shell runs a cell."""
    if id(shell) not in _running:
        _running[id(shell)] = False
        shell.events.register("pre_run_cell", lambda *_: _running.update({id(shell): True}))
        shell.events.register("post_run_cell", lambda *_: _running.update({id(shell): False}))
