"""The key of a router (``sk-...``): what it looks like, and who holds it for a client."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from zg_jupyter.errors import BadInput, WalletError, ZgError

if TYPE_CHECKING:
    from zg_jupyter.catalog.router import RouterCatalog
    from zg_jupyter.checks import Judge
    from zg_jupyter.records import Offer
    from zg_jupyter.transport.base import Transport

PREFIX = "sk-"
_MANAGES = "mk-"
_SENDABLE = re.compile(r"[!-~]{4,300}")


def is_routers(key: str) -> bool:
    """Whether a text belongs at a router: its key, its management key, or a Hub's token."""
    return key.strip().startswith((PREFIX, _MANAGES)) or _is_hub_token(key)


def check_key(key: str) -> None:
    """``BadInput`` for what is no router's key; it is never repeated."""
    key = key.strip()
    if key.startswith(_MANAGES):
        raise BadInput(
            "That is a management key (mk-...): it makes keys, and asks nothing.",
            next_step="Make a key for yourself with: %zg class new",
        )
    if not (key.startswith(PREFIX) or _is_hub_token(key)) or not _SENDABLE.fullmatch(key):
        raise BadInput("That is not an API key of a router (sk-...).")


def _is_hub_token(key: str) -> bool:
    return bool(key) and key == os.environ.get("JUPYTERHUB_API_TOKEN")


class RouterKey:
    """Stands where a wallet stands: a name for the spend record, and nothing to sign with."""

    def __init__(self, key: str) -> None:
        digest = hashlib.sha256(key.strip().encode()).hexdigest()
        self.address = f"key-{digest[:12]}"

    def sign_message(self, _: bytes) -> NoReturn:
        raise no_wallet()

    def sign_transaction(self, _: dict[str, Any]) -> NoReturn:
        raise no_wallet()

    def __repr__(self) -> str:
        return f"<RouterKey {self.address}>"


class RouterSession:
    """Gives the one key to the one router.

    Parameters
    ----------
    key:
        ``sk-...``.
    """

    __slots__ = ("__key",)

    def __init__(self, key: str) -> None:
        check_key(key)
        self.__key = key.strip()

    def key(self) -> str:
        """The key."""
        return self.__key

    async def token(self, _: Offer, __: int, ___: int, ____: Callable[[str], None]) -> str:
        """The key."""
        return self.__key

    def at_hand(self, _: Offer, __: int, ___: int) -> str:
        """The key."""
        return self.__key

    def needs_chain(self, _: Offer, __: int) -> bool:
        """The router pays, and knows no chain of ours."""
        return False

    async def claimed(self, _: Offer) -> int | None:
        """A router's providers claim nothing of its users."""
        return None

    def spent(self, provider: str, cost: int) -> None:
        """The router counts; a key knows no balance."""

    def forget(self, provider: str = "", *, token: bool = False) -> None:
        """There is nothing to read anew."""

    async def aclose(self) -> None:
        """Nothing runs."""

    def __repr__(self) -> str:
        return "<RouterSession>"


@dataclass(frozen=True)
class Router:
    """The parts of a client that are a router's: who sells and is paid, how it is asked, and what
    is proved of its answers."""

    session: RouterSession
    catalog: RouterCatalog
    transport: Transport
    media: Transport
    judge: Judge


def no_wallet() -> ZgError:
    """Why a session with a router's key moves no money."""
    return WalletError(
        "This session has a router's key and no wallet, so it can ask and not move money.",
        next_step="To pay with a wallet: %zg use wallet",
    )
