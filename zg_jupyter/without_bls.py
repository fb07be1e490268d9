"""eth_account without half a second of curve arithmetic that nobody asked for.

Its key file reader imports py_ecc, which computes tables of a pairing curve while it is imported.
They serve validators' keys (version 4 of the format), which no wallet here has. So those modules
are stood in for while eth_account is imported, and loaded the moment that anybody uses them.
"""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType
from typing import Any

#: The order of BLS12-381's group: the only thing that is read while eth_keyfile is imported.
_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
_lock = threading.Lock()


def import_eth_account() -> None:
    """Import ``eth_account``; later imports of it find it done."""
    if "eth_account" in sys.modules:
        return
    with _lock:
        stand_ins = [
            _StandIn("py_ecc.bls", G2ProofOfPossession=_Later("py_ecc.bls", "G2ProofOfPossession")),
            _StandIn("py_ecc.bls12_381", curve_order=_ORDER),
        ]
        ours = [one for one in stand_ins if sys.modules.setdefault(one.__name__, one) is one]
        try:
            importlib.import_module("eth_account")
        finally:
            for one in ours:
                _real(one.__name__, load=False)


def _real(name: str, *, load: bool = True) -> Any:
    """The module itself; its stand-in goes out of the way for good."""
    if isinstance(sys.modules.get(name), _StandIn):
        del sys.modules[name]
        parent, _, child = name.rpartition(".")
        if isinstance(vars(sys.modules.get(parent, ModuleType(""))).get(child), _StandIn):
            delattr(sys.modules[parent], child)
    return importlib.import_module(name) if load else None


class _StandIn(ModuleType):
    """Has what is asked for by name already; everything else loads the module."""

    def __init__(self, name: str, **known: object) -> None:
        super().__init__(name)
        self.__dict__.update(known)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_real(self.__name__), name)


class _Later:
    """One object of a module, loaded when something of it is used."""

    def __init__(self, module: str, name: str) -> None:
        self._where = module, name

    def __getattr__(self, name: str) -> Any:
        module, own = self._where
        return getattr(getattr(_real(module), own), name)
