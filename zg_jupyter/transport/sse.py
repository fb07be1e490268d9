"""Server-sent events, fed with bytes as they arrive (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from collections.abc import Iterator

from zg_jupyter.errors import ProviderRefused

MAX_EVENT = 4 * 1024 * 1024  # bytes of one event; more is no chat chunk


class SseParser:
    """Splits a byte stream into the ``data`` of its events.

    Line ends may be LF, CR LF or CR, and may fall anywhere between two reads; other fields and
    comments are skipped. Bytes are decoded per line, so characters are never torn.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []
        self._size = 0
        self._after_cr = False

    def feed(self, received: bytes) -> Iterator[str]:
        """Take some bytes and give the data of every event that they complete.

        Raises
        ------
        ProviderRefused
            When one event grows past 4 MiB.
        """
        if self._after_cr and received.startswith(b"\n"):
            received = received[1:]
        self._after_cr = received.endswith(b"\r") if received else self._after_cr
        buffer = self._rest + received
        if b"\r" in buffer:
            buffer = buffer.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, self._rest = buffer.split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                value = line[5:].decode("utf-8", "replace")
                self._data.append(value[1:] if value.startswith(" ") else value)
                self._size += len(line)
            elif not line and self._data:
                yield "\n".join(self._data)
                self._data.clear()
                self._size = 0
            if self._size > MAX_EVENT:
                break
        if self._size + len(self._rest) > MAX_EVENT:
            raise ProviderRefused("The provider's stream has an event over 4 MiB.", status=200)
