"""No network, no wallet, no money: a client that nobody but this machine answers.

It is an ordinary client whose catalog says why it is not connected. Its answers cost nothing and
have rows in the spend record like all others; where that cannot be used, they go on without one.
"""

from __future__ import annotations

import tempfile
from copy import copy
from pathlib import Path
from typing import Any, NoReturn

from zg_jupyter import aio, networks
from zg_jupyter.errors import StoreError, WalletError, ZgError
from zg_jupyter.networks import NETWORKS, Network
from zg_jupyter.records import Offer
from zg_jupyter.settings import Settings
from zg_jupyter.spend.store import Reservation, SpendStore

#: What ``connect`` calls it.
NAME = "local"


class Nobody:
    """Stands where a wallet stands, and pays for nothing."""

    address = "0x" + 40 * "0"

    def sign_message(self, _: bytes) -> NoReturn:
        raise _no_wallet()

    def sign_transaction(self, _: dict[str, Any]) -> NoReturn:
        raise _no_wallet()

    def __repr__(self) -> str:
        return "<Nobody>"


class Unconnected:
    """A catalog that knows only why there is nobody in it.

    Parameters
    ----------
    why:
        What went wrong when a network was tried.
    """

    age_seconds: float | None = None

    def __init__(self, why: ZgError) -> None:
        self.why = why

    async def offers(self, *, fresh: bool = False) -> list[Offer]:
        """Raises the error that stood in the way."""
        del fresh
        raise copy(self.why)  # whoever adds to an error adds to this one only


class Client(aio.AsyncClient):
    """Asks this machine.

    Parameters
    ----------
    settings:
        Which network it would be, and the model of this machine.
    why:
        Why nobody else can be asked.
    """

    def __init__(self, settings: Settings, why: ZgError) -> None:
        self.nobody_else = Unconnected(why)
        super().__init__(
            _network(settings),
            Nobody(),
            settings,
            _store(settings),
            catalog=self.nobody_else,
        )

    async def open(self) -> None:
        """There is no chain to look at."""


def chosen() -> ZgError:
    """Why there is nobody else for who wanted it so."""
    return ZgError("This client is connected to no network.")


class _Unusable(SpendStore):
    """A record in a folder that is gone with this process; what is paid for finds no row in it."""

    def __init__(self, error: StoreError) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="zg-jupyter-")
        self._error = error
        super().__init__(Path(self._folder.name) / "spend.sqlite")

    def reserve(self, **_: Any) -> Reservation:
        raise self._error

    def close(self) -> None:
        super().close()
        self._folder.cleanup()


def _store(settings: Settings) -> SpendStore:
    try:
        return SpendStore(aio.default_store(), settings.spend_store)
    except StoreError as error:
        return _Unusable(error)


def _network(settings: Settings) -> Network:
    try:
        found = networks.get(settings.network)
    except ZgError:
        found = NETWORKS["devnet"]
    return found.at("")


def _no_wallet() -> ZgError:
    return WalletError(
        "This client is connected to no network and has no wallet.",
        next_step="Start the embedded network with: %zg up",
    )
