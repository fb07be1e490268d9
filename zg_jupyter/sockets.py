"""Listening sockets for the servers of this package."""

from __future__ import annotations

import socket


def listening(host: str, port: int, *, backlog: int = 256) -> socket.socket:
    """A bound, listening TCP socket; port 0 lets the system choose.

    Raises
    ------
    OSError
        The port is in use, or the host is not one of this machine.
    OverflowError
        The port is not one.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay (40 ms an answer) off only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # On Windows SO_REUSEADDR would let two servers share a port.
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        listener.setsockopt(socket.SOL_SOCKET, exclusive or socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(backlog)
    except BaseException:
        listener.close()
        raise
    return listener
