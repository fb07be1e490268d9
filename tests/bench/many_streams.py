"""Many streamed answers at once through a provider: with chain, tokens, metering and signatures."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

STREAMS = 32


async def through_provider(engine: str, model: str, most: int) -> tuple[float, float]:
    """Tokens a second of 32 streams at once, and the slowest answer of ``/health`` meanwhile."""
    import httpx

    from tests.provider.conftest import Net, World, chat
    from zg_jupyter.chain.contracts import Contracts
    from zg_jupyter.chain.rpc import Rpc
    from zg_jupyter.devnet.chain import Chain
    from zg_jupyter.devnet.deploy import deploy
    from zg_jupyter.devnet.rpc_server import serve
    from zg_jupyter.provider.config import Limits

    with tempfile.TemporaryDirectory() as folder:
        async with (
            serve(Chain(), instance="bench") as served,
            httpx.AsyncClient(
                timeout=600, trust_env=False, limits=httpx.Limits(max_connections=None)
            ) as http,
        ):
            deployment = await deploy(served.rpc_url)
            rpc = Rpc(served.rpc_url)
            contracts = Contracts(rpc, deployment.ledger, deployment.inference)
            net = Net(served.rpc_url, deployment, served)
            world = World(net, rpc, contracts, http, Path(folder))
            async with world.stack:
                provider = await world.start(
                    engine=engine,
                    model=model,
                    context_length=256,
                    limits=Limits(concurrent=STREAMS),
                )
                user = await world.user(provider, locked=5 * 10**18)
                body = chat("Tell me a story about the sea.", max_tokens=most, stream=True)
                body |= {"temperature": 0, "stream_options": {"include_usage": True}}
                started = time.perf_counter()
                asked = asyncio.gather(
                    *(world.stream(provider, user, body) for _ in range(STREAMS))
                )
                slowest = 0.0
                while not asked.done():
                    at = time.perf_counter()
                    assert (await http.get(f"{provider.url}/health")).status_code == 200
                    slowest = max(slowest, time.perf_counter() - at)
                    await asyncio.sleep(0.1)
                seconds = time.perf_counter() - started
                usages = [answer.events[-1]["usage"] for answer in asked.result()]
            await rpc.aclose()
    return sum(usage["completion_tokens"] for usage in usages) / seconds, slowest
