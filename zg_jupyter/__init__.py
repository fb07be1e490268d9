"""0G Compute from a notebook: ask, pay, verify.

``%load_ext zg_jupyter`` gives ``%%zg_infer`` and ``%zg``; from code, start with ``connect()``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from zg_jupyter._version import __version__

if TYPE_CHECKING:
    from zg_jupyter.aio import AsyncClient
    from zg_jupyter.client import Client, connect, down, session, up
    from zg_jupyter.compute import ComputeClient
    from zg_jupyter.errors import ZgError
    from zg_jupyter.overview import Overview
    from zg_jupyter.records import Answer, ChatRequest, Message, Receipt, Usage
    from zg_jupyter.settings import Settings

# Name -> module: looked up on first use, so that importing the package costs next to nothing.
_HOMES = {
    "Answer": "records",
    "AsyncClient": "aio",
    "ChatRequest": "records",
    "Client": "client",
    "ComputeClient": "compute",
    "Message": "records",
    "Overview": "overview",
    "Receipt": "records",
    "Settings": "settings",
    "Usage": "records",
    "ZgError": "errors",
    "connect": "client",
    "down": "client",
    "session": "client",
    "up": "client",
}

__all__ = [
    "Answer",
    "AsyncClient",
    "ChatRequest",
    "Client",
    "ComputeClient",
    "Message",
    "Overview",
    "Receipt",
    "Settings",
    "Usage",
    "ZgError",
    "__version__",
    "connect",
    "down",
    "load_ipython_extension",
    "session",
    "unload_ipython_extension",
    "up",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ipython: Any) -> None:
    """What ``%load_ext zg_jupyter`` calls."""
    from zg_jupyter import notebook

    notebook.register(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """What ``%unload_ext zg_jupyter`` calls."""
    from zg_jupyter import notebook

    notebook.unregister(ipython)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "zg-jupyter"}]
