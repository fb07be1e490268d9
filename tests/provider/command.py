"""A provider in a process of its own, started by its command line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import sys
from pathlib import Path

from zg_jupyter.wallet.sources import from_key

from .conftest import OG, eventually


class Command:
    """A provider in a process of its own."""

    def __init__(self, world, *options, key=None, **environment):
        self.announce = world.tmp_path / "announce.json"
        self.log = world.tmp_path / "log.txt"
        self._arguments = [
            *(sys.executable, "-m", "zg_jupyter.provider"),
            *("--rpc", world.rpc.url),
            *("--state-dir", str(world.tmp_path / "provider")),
            *("--engine", "tests.bench.canned:CannedEngine", "--model", "canned-8t-0ms"),
            *("--announce", str(self.announce)),
            *options,
        ]
        self._environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), **environment}
        self._environment.pop("ZG_PROVIDER_KEY", None)
        if key is not None:
            self._environment["ZG_PROVIDER_KEY"] = key

    async def __aenter__(self):
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._arguments,
                env=self._environment,
                stdin=asyncio.subprocess.PIPE,
                stderr=log,
            )
        return self

    async def __aexit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        self.process.stdin.close()
        with contextlib.suppress(ConnectionError, BrokenPipeError):
            await self.process.stdin.wait_closed()

    async def ended(self):
        """Exit code and what it said."""
        code = await asyncio.wait_for(self.process.wait(), 40)
        return code, self.log.read_text(encoding="utf-8", errors="replace")

    async def ready(self):
        """What it announced."""
        await eventually(lambda: self.announce.exists() or self.process.returncode is not None, 40)
        assert self.announce.exists(), self.log.read_text()
        return json.loads(self.announce.read_text())


class Seller:
    """The two things that other helpers want to know of a provider."""

    def __init__(self, said):
        self.url, self.address = said["url"], said["provider"]


async def funded(world):
    """The key of a wallet that can pay the stake, and its address."""
    key = secrets.token_hex(32)
    address = from_key(key).address
    await world.rpc.call("zg_faucet", address, hex(110 * OG))
    return key, address
