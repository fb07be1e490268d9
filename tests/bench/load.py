"""A small HTTP/1.1 load: the same POST over and over on kept connections.

httpx would be busier than the server it measures, so this writes bytes and counts answers.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Result:
    """What a load saw: answers with status 200, others, and seconds."""

    good: int
    bad: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.good / self.seconds


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one response whole; gives its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    await reader.readexactly(length)
    return status


async def _worker(host: str, port: int, request: bytes, until: float, counts: list[int]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while time.perf_counter() < until:
            writer.write(request)
            await writer.drain()
            counts[await _answer(reader) != 200] += 1
    finally:
        writer.close()


async def post(
    url: str, body: bytes, headers: dict[str, str], *, concurrency: int, seconds: float
) -> Result:
    """POST ``body`` from ``concurrency`` connections for some seconds."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    request = "\r\n".join(lines).encode() + body
    counts, started = [0, 0], time.perf_counter()
    until = started + seconds
    await asyncio.gather(
        *(_worker(parts.hostname, parts.port, request, until, counts) for _ in range(concurrency))
    )
    return Result(counts[0], counts[1], time.perf_counter() - started)
