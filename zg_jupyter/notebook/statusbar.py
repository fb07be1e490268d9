"""The line our JupyterLab extension shows in the status bar, seen from the kernel.

Each update is a one-shot comm on target `zg_jupyter.status` (Jupyter messaging, "Custom
Messages": comm_open followed by comm_close): an event without a state, so a page that is loaded
again has nothing to restore. That page asks for `percent_encoded()` once instead. What is said
there, and when, is :mod:`zg_jupyter.notebook.status`.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import quote

TARGET = "zg_jupyter.status"

_latest: dict[str, Any] = {"text": "", "tooltip": ""}


def publish(text: str, tooltip: str = "", **facts: Any) -> None:
    """Show `text` in the status bar of every front end on this kernel.

    Without a kernel (plain Python, IPython in a terminal) it is only remembered. Front ends
    without our extension ignore it. It never fails because a front end cannot be reached.

    Parameters:
        text: one line of plain text, shown up to 120 characters; "" takes the item away.
        tooltip: plain text shown on hover, up to 600 characters; the text itself if empty.
        facts: the same as JSON values, for what the extension writes in its own words. It knows
            `network`, `balance`, `spent`, `budget` (texts), `trust` (`verified`, `development`,
            `checking`, `not verified`, `local` or `none`), `offer` and `offers` (`model`, `input`,
            `output` in neuron for 1,000,000 tokens as text; the first also `max_tokens` and
            `usd_rate`) and `language`.
    """
    global _latest
    _latest = _encodable({**facts, "text": str(text), "tooltip": str(tooltip)})
    zmq: Any = sys.modules.get("zmq")
    unreachable: tuple[type[Exception], ...] = (OSError, RuntimeError)
    if zmq is not None:
        unreachable += (zmq.ZMQError,)
    try:
        _send(dict(_latest))
    except unreachable:
        # The kernel's sockets are closing: nobody is left to show it to, and the next page asks.
        return


def latest() -> dict[str, Any]:
    """What was published last; `text` and `tooltip` are empty before the first time."""
    return dict(_latest)


def percent_encoded() -> str:
    """`latest()` as percent-encoded JSON (RFC 3986), the form the front end asks for.

    It has no character that the `repr` of a string would escape.
    """
    return quote(json.dumps(_latest), safe="")


def is_seen() -> bool:
    """Whether this process is a kernel, so that somebody may look."""
    kernelbase: Any = sys.modules.get("ipykernel.kernelbase")
    return kernelbase is not None and bool(kernelbase.Kernel.initialized())


def _encodable(value: Any) -> Any:
    # A lone surrogate, from a name decoded with surrogateescape, fits in no message.
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {name: _encodable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_encodable(inner) for inner in value]
    return value


def _send(data: dict[str, Any]) -> None:
    channel = _open(data)
    if channel is not None:
        channel.close()


def _open(data: dict[str, Any]) -> Any:
    """An opened comm, or None where there is no kernel.

    A kernel has imported what it sends comms with, so nothing is imported to find out.
    """
    comm: Any = sys.modules.get("comm")
    if comm is not None:
        channel = comm.create_comm(target_name=TARGET, data=data)
        if not isinstance(channel, comm.DummyComm):
            return channel
    if not is_seen():
        return None
    import ipykernel.comm  # before 6.18, as in Colab: it does not know the package `comm`

    comm_class: Any = ipykernel.comm.Comm
    return comm_class(target_name=TARGET, data=data)
