"""Imported first: no connection leaves this machine, and every host asked for is reported."""

import atexit
import ipaddress
import json
import sys
from typing import Any

#: Where our facts go. The SDK prints to what it takes for stdout.
facts_out = sys.stdout
sys.stdout = sys.stderr

reached: set[str] = set()
#: Hosts that a library wanted to reach on the network, and was not let.
refused: set[str] = set()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = str(address[0]) if isinstance(address, tuple) else str(address)
    elif event == "socket.getaddrinfo":
        host = str(arguments[0])
    else:
        return
    if not _is_loopback(host):
        refused.add(host)
        raise ConnectionRefusedError(f"only this machine may be reached, not {host}")
    reached.add(host)


def _report() -> None:
    print(json.dumps({"step": "reached", "facts": sorted(reached)}), file=facts_out, flush=True)


sys.addaudithook(_watch)
atexit.register(_report)
