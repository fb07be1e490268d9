"""The line our JupyterLab extension shows in the status bar, seen from the kernel.

Each update is a one-shot comm on target `zg_jupyter.status` (Jupyter messaging, "Custom
Messages": comm_open followed by comm_close): an event without a state, so a page that is loaded
again has nothing to restore. That page asks for `percent_encoded()` once instead.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import quote

TARGET = "zg_jupyter.status"

_latest: dict[str, str] = {"text": "", "tooltip": ""}


def publish(text: str, tooltip: str = "") -> None:
    """Show `text` in the status bar of every front end on this kernel.

    Without a kernel (plain Python, IPython in a terminal) it is only remembered. Front ends
    without our extension ignore it. It never fails because a front end cannot be reached.

    Parameters:
        text: one line of plain text, shown up to 120 characters; "" takes the item away.
        tooltip: plain text shown on hover, up to 600 characters; the text itself if empty.
    """
    global _latest
    _latest = {"text": _encodable(text), "tooltip": _encodable(tooltip)}
    zmq: Any = sys.modules.get("zmq")
    unreachable: tuple[type[Exception], ...] = (OSError, RuntimeError)
    if zmq is not None:
        unreachable += (zmq.ZMQError,)
    try:
        _send(dict(_latest))
    except unreachable:
        # The kernel's sockets are closing: nobody is left to show it to, and the next page asks.
        return


def latest() -> dict[str, str]:
    """What was published last: keys `text` and `tooltip`, both empty before the first time."""
    return dict(_latest)


def percent_encoded() -> str:
    """`latest()` as percent-encoded JSON (RFC 3986), the form the front end asks for.

    It has no character that the `repr` of a string would escape.
    """
    return quote(json.dumps(_latest), safe="")


def _encodable(text: str) -> str:
    # A lone surrogate, from a name decoded with surrogateescape, fits in no message.
    return str(text).encode("utf-8", "replace").decode("utf-8")


def _send(data: dict[str, str]) -> None:
    channel = _open(data)
    if channel is not None:
        channel.close()


def _open(data: dict[str, str]) -> Any:
    """An opened comm, or None where there is no kernel.

    A kernel has imported what it sends comms with, so nothing is imported to find out.
    """
    comm: Any = sys.modules.get("comm")
    if comm is not None:
        channel = comm.create_comm(target_name=TARGET, data=data)
        if not isinstance(channel, comm.DummyComm):
            return channel
    kernelbase: Any = sys.modules.get("ipykernel.kernelbase")
    if kernelbase is None or not kernelbase.Kernel.initialized():
        return None
    import ipykernel.comm  # before 6.18, as in Colab: it does not know the package `comm`

    comm_class: Any = ipykernel.comm.Comm
    return comm_class(target_name=TARGET, data=data)
