"""What stands where a chain would be, for a client that needs none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.errors import ZgError


class NoChain(Rpc):
    """Says to every question why it cannot be asked.

    Parameters
    ----------
    why:
        Makes the error that says it.
    """

    def __init__(self, why: Callable[[], ZgError]) -> None:
        super().__init__("")
        self._why = why

    async def view(self, *_: Any, **__: Any) -> Any:
        """Not here."""
        raise self._why()

    async def mixed(self, *_: Any, **__: Any) -> Any:
        """Not here."""
        raise self._why()

    async def _post(self, body: Any) -> Any:
        del body
        raise self._why()
