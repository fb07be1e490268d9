"""Many connections in small pools: reused, given back, closed."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from zg_jupyter import networks
from zg_jupyter.transport.pools import Pools, make_http

pytestmark = pytest.mark.anyio
DEVNET = networks.get("devnet")


@pytest.fixture
async def server():
    """Answers every request after a moment, and counts its connections."""
    seen = {"connections": 0, "requests": 0}

    async def serve(reader, writer):
        seen["connections"] += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                seen["requests"] += 1
                await asyncio.sleep(0.02)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    made = await asyncio.start_server(serve, "127.0.0.1", 0)
    seen["url"] = f"http://127.0.0.1:{made.sockets[0].getsockname()[1]}/"
    yield seen
    made.close()
    await asyncio.sleep(0.01)


async def test_one_after_the_other_uses_one_connection(server):
    async with make_http(DEVNET, connect_timeout=1) as http:
        for _ in range(5):
            assert (await http.get(server["url"])).text == "ok"
    assert server["connections"] == 1


async def test_many_at_once_use_as_many_and_the_next_wave_uses_them_again(server):
    pools = Pools(DEVNET)
    async with httpx.AsyncClient(transport=pools) as http:
        for _ in range(3):
            await asyncio.gather(*(http.get(server["url"]) for _ in range(40)))
        assert not pools._running
    assert server["connections"] == 40
    assert server["requests"] == 120


@pytest.mark.parametrize("warm", [False, True])
async def test_a_request_may_be_cancelled_at_any_moment(server, warm):
    for steps in range(30):
        pools = Pools(DEVNET)
        async with httpx.AsyncClient(transport=pools) as http:
            if warm:
                await http.get(server["url"])
            task = asyncio.ensure_future(http.get(server["url"]))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert not pools._running
            assert (await http.get(server["url"], timeout=1)).text == "ok", steps
